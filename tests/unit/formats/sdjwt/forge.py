"""Credentials as an issuer makes them and as nobody should: everything can be set, and is signed afterwards."""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from sinwon.core import base64url
from sinwon.formats.jose.jws import sign_jws, sign_with_chain
from sinwon.formats.sdjwt.issue import issue_sd_jwt
from sinwon.formats.sdjwt.key_binding import sd_hash
from sinwon.formats.sdjwt.parse import parse_sd_jwt
from sinwon.formats.sdjwt.present import select
from sinwon.formats.status.reference import StatusReference
from sinwon.keys.signer import CertifiedSigner
from sinwon.protocols.credential_types import IDENTITY
from tests.world import ISSUER, NOW, SeededRandomness, issuer_signer, key

HOLDER = key("holder")
AUDIENCE = "x509_hash:k2B7vQ2p2i0Q0b1h3j4k5l6m7n8o9p0q1r2s3t4u5v6"
NONCE = "pNoncePNoncePNoncePNoncePNoncePNoncePNonce1"
STATUS = StatusReference("https://issuer.example/status/1", 77)
HIDDEN = {
    "name_ko": "남궁옥분",
    "birthdate": "1961-02-28",
    "passport": {"number": "M12345567", "issuing_state": "KOR", "type": "PM"},
    "is_overseas_national": True,
}


def visible(**changed: object) -> dict[str, Any]:
    """The members every credential shows. A change to None leaves one out."""
    members = {
        "iss": ISSUER,
        "vct": IDENTITY,
        "nbf": NOW - 3600,
        "exp": NOW + 86_400,
        "cnf": {"jwk": dict(HOLDER.public_jwk)},
        "status": STATUS.claim,
    }
    return {name: member for name, member in {**members, **changed}.items() if member is not None}


def issued(**changed: object) -> str:
    """A correct credential, as the issuer hands it out."""
    return issue_sd_jwt(visible(**changed), HIDDEN, typ="dc+sd-jwt", by=issuer_signer(), random=SeededRandomness(5))


def presented(credential: str | None = None, *paths: tuple[str | int | None, ...]) -> str:
    """A correct presentation of `paths`, or of the name and the passport number."""
    shown = select(parse_sd_jwt(credential or issued()), paths or [("name_ko",), ("passport", "number")])
    return bound(shown)


def bound(shown: str, *, typ: object = "kb+jwt", signer: Any = HOLDER, **changed: object) -> str:
    """`shown` with a KB-JWT whose claims can be set. A change to None leaves one out."""
    claims = {"iat": NOW, "aud": AUDIENCE, "nonce": NONCE, "sd_hash": sd_hash(shown), **changed}
    return shown + sign_jws({"typ": typ}, {name: claim for name, claim in claims.items() if claim is not None}, signer)


def disclosure(*parts: object) -> str:
    return raw_disclosure(json.dumps(list(parts)).encode())


def raw_disclosure(content: bytes) -> str:
    return base64url.encode(content)


def digest(text: str) -> str:
    return base64url.encode(sha256(text.encode()).digest())


def forged(
    payload: Mapping[str, object] | bytes,
    disclosures: Sequence[str] = (),
    *,
    typ: str = "dc+sd-jwt",
    by: CertifiedSigner | None = None,
) -> str:
    """`payload` signed as it is, with `disclosures` appended as they are."""
    return "~".join([sign_with_chain(typ, payload, by or issuer_signer()), *disclosures, ""])


def with_disclosures(*disclosures: str, **changed: object) -> str:
    """A credential that refers to each of `disclosures` once, at the top."""
    members = {**visible(), "_sd": sorted(map(digest, disclosures)), "_sd_alg": "sha-256", **changed}
    return forged({name: member for name, member in members.items() if member is not None}, disclosures)
