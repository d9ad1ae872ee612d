"""A JWE made by hand, so that a test can put any header over any bytes, and a wallet that talks to the issuer in such. Nothing
here is how the project encrypts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zlib import MAX_WBITS, compressobj

import httpx2
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sinwon.core import base64url
from sinwon.core.strict_json import dump, parse_object
from sinwon.formats.jose.jwe import agreed_key, decrypt, parse_jwe
from sinwon.keys.jwk import parse_public_jwk
from sinwon.keys.software import SoftwareKey, generate_key
from sinwon.protocols.vci.configurations import IDENTITY_SD_JWT
from tests.issuing import Issuing

IV = b"\x05" * 12


def deflated(plain: bytes) -> bytes:
    """Raw DEFLATE."""
    stream = compressobj(9, wbits=-MAX_WBITS)
    return stream.compress(plain) + stream.flush()


def seal(content: bytes, jwk: Mapping[str, Any], **header: Any) -> str:
    """`content` as it is, compressed or not, to `jwk`; header members that are None are left out."""
    ephemeral = generate_key()
    named = {"alg": "ECDH-ES", "enc": "A128GCM", "kid": jwk.get("kid"), "epk": dict(ephemeral.public_jwk), **header}
    members = {name: value for name, value in named.items() if value is not None}
    point = parse_public_jwk({name: jwk[name] for name in ("kty", "crv", "x", "y")})
    protected = base64url.encode(dump(members))
    content_key = agreed_key(ephemeral.agree(point), {"enc": "A128GCM", **members})
    sealed = AESGCM(content_key).encrypt(IV, content, protected.encode())
    return ".".join((protected, "", *map(base64url.encode, (IV, sealed[:-16], sealed[-16:]))))


@dataclass
class EncryptingWallet:
    """A wallet's half of encrypted issuance, over the issuer's HTTP doors; what it sends can be spoiled."""

    issuing: Issuing
    key: SoftwareKey = field(default_factory=generate_key)
    enc: str = "A128GCM"
    zipped: bool = False

    @property
    def issuer_key(self) -> dict[str, Any]:
        """What the issuer publishes for requests."""
        metadata = self.issuing.get("/.well-known/openid-credential-issuer").json()
        return dict(metadata["credential_request_encryption"]["jwks"]["keys"][0])

    def wish(self, **changes: Any) -> dict[str, Any]:
        """`credential_response_encryption`; members of its `jwk` are changed as `jwk_…`, None takes a member away."""
        jwk: dict[str, Any] = {**self.key.public_jwk, "kid": "wallet-key", "alg": "ECDH-ES", "use": "enc"}
        wish: dict[str, Any] = {"enc": self.enc, "zip": "DEF" if self.zipped else None}
        for name, value in changes.items():
            part = jwk if name.startswith("jwk_") else wish
            part[name.removeprefix("jwk_")] = value
        return {"jwk": _without_none(jwk), **_without_none(wish)}

    def body(self, configuration: str = IDENTITY_SD_JWT, count: int = 1, **more: Any) -> dict[str, Any]:
        proofs = {"jwt": self.issuing.proofs(count)}
        wish = {"credential_response_encryption": self.wish()}
        return _without_none({"credential_configuration_id": configuration, "proofs": proofs, **wish, **more})

    def sealed(self, body: object, **header: Any) -> str:
        plain = body if isinstance(body, bytes) else dump(body)
        packed = {"zip": "DEF"} if self.zipped else {}
        return seal(deflated(plain) if self.zipped else plain, self.issuer_key, **{"cty": "json", **packed, **header})

    def post(self, token: str, content: str, path: str = "/credential", scheme: str = "Bearer") -> httpx2.Response:
        headers = {"Authorization": f"{scheme} {token}", "Content-Type": "application/jwt"}
        return self.issuing.client.post(path, content=content, headers=headers)

    def send(self, token: str, body: object, path: str = "/credential") -> httpx2.Response:
        return self.post(token, self.sealed(body), path)

    def open(self, answer: httpx2.Response) -> dict[str, Any]:
        """What an encrypted answer says, after its envelope was looked at."""
        assert answer.headers["content-type"] == "application/jwt"
        assert answer.headers["cache-control"] == "no-store"
        message = parse_jwe(answer.text, zipped=True)
        expected = {"alg": "ECDH-ES", "enc": self.enc, "kid": "wallet-key", **({"zip": "DEF"} if self.zipped else {})}
        assert {name: value for name, value in message.header.items() if name != "epk"} == expected
        return parse_object(decrypt(message, self.key, limit=1 << 22), limit=1 << 22)


def _without_none(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
