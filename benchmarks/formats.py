"""scripts/bench formats: SD-JWT VC issue and verify, beside the bare cost and the reference library of the Python index."""

import os
import time
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from benchmarks.bare import Bare
from benchmarks.rows import Row, interleaved
from sinwon.formats.sdjwt.issue import issue_sd_jwt
from sinwon.formats.sdjwt.key_binding import check_key_binding
from sinwon.formats.sdjwt.parse import parse_sd_jwt
from sinwon.formats.sdjwt.present import bind_key, select
from sinwon.formats.sdjwt.vc import verify_sd_jwt_vc
from sinwon.keys.authority import create_authority
from sinwon.keys.signer import CertifiedSigner
from sinwon.keys.software import SoftwareKey, generate_key
from sinwon.keys.trust import Anchor, Purpose, TrustAnchors
from sinwon.protocols.credential_types import IDENTITY

ISSUER = "https://issuer.example"
SHOWN = 5
CLAIMS: dict[str, object] = {f"claim_{number}": f"value of claim {number}" for number in range(20)}
NOW = int(time.time())


def rows() -> list[Row]:
    bare, world = Bare(), _World()
    peer_issue, peer_verify = world.peer()
    works: dict[str, Callable[[], object]] = {
        "bare sign": bare.sign,
        "bare verifies": bare.two_verifies,
        "issue": world.issue,
        "verify": world.verify,
        "peer issue": peer_issue,
        "peer verify": peer_verify,
    }
    cost = interleaved(works, calls=150)
    return [
        Row("sd-jwt-issue", cost["issue"], "µs", cost["bare sign"], "≤ 4× bare", {"sd-jwt": cost["peer issue"]}),
        Row("sd-jwt-verify", cost["verify"], "µs", cost["bare verifies"], "≤ 2× bare", {"sd-jwt": cost["peer verify"]}),
    ]


class _World:
    """A credential of 20 claims of which 5 are shown, bound to a key."""

    def __init__(self) -> None:
        authority = create_authority(generate_key(), "Bench root", now=NOW, random=os.urandom)
        self.key, self.holder = generate_key(), generate_key()
        self.signer = CertifiedSigner(self.key, (authority.certify(self.key, "Bench", ISSUER, now=NOW, random=os.urandom),))
        self.anchors = TrustAnchors((Anchor(authority.certificate, Purpose.ISSUANCE, "Bench", ISSUER, frozenset({IDENTITY})),))
        shown = select(parse_sd_jwt(self.issue()), [(name,) for name in list(CLAIMS)[:SHOWN]])
        self.presented = bind_key(shown, audience="x509_hash:bench", nonce="n" * 43, now=NOW, signer=self.holder)

    def issue(self) -> str:
        status = {"status_list": {"idx": 7, "uri": f"{ISSUER}/status-lists/1"}}
        visible = {
            "iss": ISSUER,
            "vct": IDENTITY,
            "nbf": NOW - 60,
            "exp": NOW + 86_400,
            "cnf": {"jwk": self.holder.public_jwk},
            "status": status,
        }
        return issue_sd_jwt(visible, CLAIMS, typ="dc+sd-jwt", by=self.signer, random=os.urandom)

    def verify(self) -> None:
        presentation = parse_sd_jwt(self.presented)
        verified = verify_sd_jwt_vc(presentation, anchors=self.anchors, now=NOW)
        check_key_binding(presentation, verified.holder_key, audience="x509_hash:bench", nonce="n" * 43, now=NOW)

    def peer(self) -> tuple[Callable[[], object], Callable[[], object]]:
        """The same work with the `sd-jwt` package."""
        from jwcrypto.jwk import JWK
        from sd_jwt.common import SDObj
        from sd_jwt.holder import SDJWTHolder
        from sd_jwt.issuer import SDJWTIssuer
        from sd_jwt.verifier import SDJWTVerifier

        issuer_key, holder_key = _jwk(JWK, self.key), _jwk(JWK, self.holder)
        hidden = {SDObj(name): value for name, value in CLAIMS.items()}
        visible = {"iss": ISSUER, "vct": IDENTITY, "nbf": NOW - 60, "exp": NOW + 86_400}

        def issue() -> str:
            issued: Any = SDJWTIssuer(
                {**visible, **hidden}, issuer_key, holder_key, extra_header_parameters={"typ": "dc+sd-jwt"}
            )
            return str(issued.sd_jwt_issuance)

        wallet: Any = SDJWTHolder(issue())
        wallet.create_presentation(dict.fromkeys(list(CLAIMS)[:SHOWN], True), "n" * 43, "x509_hash:bench", holder_key)
        presented = wallet.sd_jwt_presentation

        def verify() -> object:
            return SDJWTVerifier(
                presented, lambda _issuer, _header: issuer_key, "x509_hash:bench", "n" * 43
            ).get_verified_payload()

        return issue, verify


def _jwk(kind: Any, key: SoftwareKey) -> Any:
    pem = key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    made = kind.from_pem(pem)
    assert made.export_public(as_dict=True)["x"] == key.public_jwk["x"]
    return made
