"""SD-JWT VC for the measurements: 20 claims of which 5 are shown, bound to a key; by us, by the `sd-jwt` package, and as others
are told to do it."""

import os
import time
from collections.abc import Callable, Mapping
from typing import Any

from tests.interop.shapes import private_jwk

from sinwon.formats.sdjwt.issue import issue_sd_jwt
from sinwon.formats.sdjwt.key_binding import check_key_binding
from sinwon.formats.sdjwt.parse import parse_sd_jwt
from sinwon.formats.sdjwt.present import bind_key, select
from sinwon.formats.sdjwt.vc import verify_sd_jwt_vc
from sinwon.keys.authority import create_authority
from sinwon.keys.jwk import certificate_text
from sinwon.keys.signer import CertifiedSigner
from sinwon.keys.software import generate_key
from sinwon.keys.trust import Anchor, Purpose, TrustAnchors
from sinwon.protocols.credential_types import IDENTITY

ISSUER = "https://issuer.example"
SHOWN = 5
CLAIMS: dict[str, object] = {f"claim_{number}": f"value of claim {number}" for number in range(20)}
NOW = int(time.time())
AUDIENCE = "x509_hash:bench"
NONCE = "n" * 43


class SdJwtWork:
    """One issuer, one holder, one presentation that everybody verifies."""

    def __init__(self) -> None:
        authority = create_authority(generate_key(), "Bench root", now=NOW, random=os.urandom)
        self.key, self.holder = generate_key(), generate_key()
        self.signer = CertifiedSigner(self.key, (authority.certify(self.key, "Bench", ISSUER, now=NOW, random=os.urandom),))
        self.anchors = TrustAnchors((Anchor(authority.certificate, Purpose.ISSUANCE, "Bench", ISSUER, frozenset({IDENTITY})),))
        self.visible = {
            "iss": ISSUER,
            "vct": IDENTITY,
            "nbf": NOW - 60,
            "exp": NOW + 86_400,
            "cnf": {"jwk": dict(self.holder.public_jwk)},
            "status": {"status_list": {"idx": 7, "uri": f"{ISSUER}/status-lists/1"}},
        }
        self.header = {"typ": "dc+sd-jwt", "x5c": [certificate_text(der) for der in self.signer.chain]}
        shown = select(parse_sd_jwt(self.issue()), [(name,) for name in list(CLAIMS)[:SHOWN]])
        self.presented = bind_key(shown, audience=AUDIENCE, nonce=NONCE, now=NOW, signer=self.holder)

    def issue(self) -> str:
        return issue_sd_jwt(self.visible, CLAIMS, typ="dc+sd-jwt", by=self.signer, random=os.urandom)

    def verify(self) -> None:
        presentation = parse_sd_jwt(self.presented)
        verified = verify_sd_jwt_vc(presentation, anchors=self.anchors, now=NOW)
        check_key_binding(presentation, verified.holder_key, audience=AUDIENCE, nonce=NONCE, now=NOW)

    def by_others(self) -> Mapping[str, dict[str, Any]]:
        """What a library in another process is told, by the name of its work."""
        issuing = {"key": private_jwk(self.key), "payload": {**self.visible, **CLAIMS}, "hidden": list(CLAIMS)}
        verifying = {"key": dict(self.key.public_jwk), "presentation": self.presented, "nonce": NONCE, "now": NOW}
        return {"sd-jwt-issue": {**issuing, "header": self.header}, "sd-jwt-verify": verifying}

    def by_package(self) -> tuple[Callable[[], object], Callable[[], object]]:
        """The same work with the `sd-jwt` package: issue and verify."""
        from jwcrypto.jwk import JWK
        from sd_jwt.common import SDObj
        from sd_jwt.issuer import SDJWTIssuer
        from sd_jwt.verifier import SDJWTVerifier

        own = JWK(**private_jwk(self.key))
        members = {**self.visible, **{SDObj(name): value for name, value in CLAIMS.items()}}

        def issue() -> str:
            issued: Any = SDJWTIssuer(members, own, extra_header_parameters=self.header)
            return str(issued.sd_jwt_issuance)

        def verify() -> object:
            return SDJWTVerifier(self.presented, lambda _issuer, _header: own, AUDIENCE, NONCE).get_verified_payload()

        return issue, verify
