"""Encrypted issuance, from the wallet's side (OpenID4VCI 1.0 §10): whether to, to which key of the issuer; reading the answer.

Owns the choice among what an issuer offers. The messages and what of JOSE is spoken are protocols.vci.encryption's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sinwon.core.fetch import Answer
from sinwon.core.refusal import Malformed, Unmet
from sinwon.formats.jose.jwe import ALG, ZIP, decrypt, encrypt, parse_jwe
from sinwon.keys.jwk import parse_public_jwk
from sinwon.keys.software import SoftwareKey, generate_key
from sinwon.protocols.vci.encryption import MEDIA_TYPE, RequestEncryption, ResponseEncryption
from sinwon.protocols.vci.metadata import INVALID_METADATA, IssuerMetadata

ENC_PREFERRED: Final = ("A256GCM", "A128GCM")
JSON: Final = "application/json"
NOT_ENCRYPTED: Final = "answer_not_encrypted"
ANSWER_KID: Final = "answer"


@dataclass(frozen=True, slots=True)
class Envelope:
    """For one request and its answer."""

    to: Mapping[str, Any] | None = None
    """The issuer's key; None: neither is encrypted."""
    enc: str = ""
    zipped: bool = False
    key: SoftwareKey | None = None
    """Of this request alone, for the answer; None: only the request is encrypted."""
    answer_enc: str = ""
    answer_zipped: bool = False

    @property
    def wish(self) -> dict[str, Any]:
        """What the request says of its answer [OID4VCI 8.2]."""
        if self.key is None:
            return {}
        jwk = {**self.key.public_jwk, "kid": ANSWER_KID, "alg": ALG, "use": "enc"}
        packed = {"zip": ZIP} if self.answer_zipped else {}
        return {"credential_response_encryption": {"jwk": jwk, "enc": self.answer_enc, **packed}}

    def seal(self, plain: bytes) -> tuple[bytes, str]:
        """Body and media type of the request."""
        if self.to is None:
            return plain, JSON
        return encrypt(plain, self.to, enc=self.enc, cty="json", zipped=self.zipped).encode(), MEDIA_TYPE

    def open(self, answer: Answer, *, limit: int) -> bytes:
        """What an answer that is no error says. Raises Malformed, and Unmet for one in the open that was to be encrypted."""
        if self.key is None:
            return answer.body
        if answer.media_type != MEDIA_TYPE:
            raise Unmet(NOT_ENCRYPTED, "the answer came as anybody can read it")
        try:
            return decrypt(parse_jwe(answer.body.decode("ascii").strip(), zipped=self.answer_zipped), self.key, limit=limit)
        except UnicodeDecodeError:
            raise Malformed(NOT_ENCRYPTED, "the answer is no encrypted message") from None


OPEN: Final = Envelope()


def envelope_for(metadata: IssuerMetadata, *, wanted: bool) -> Envelope:
    """For one request: where the issuer requires encryption, or offers it and it is `wanted`. Raises Unmet when an issuer
    requires what we do not speak, or would send an answer to a key that anybody could have put into the request."""
    request, answer = metadata.credential_request_encryption, metadata.credential_response_encryption
    required = any(one is not None and one.encryption_required for one in (request, answer))
    if not required and (not wanted or request is None):
        return OPEN
    # 1 nobody but the issuer reads which key the answer is for [OID4VCI 8.2, 10]
    if request is None:
        raise Unmet(INVALID_METADATA, "an encrypted answer to a request that cannot be")
    to, enc = _key_of(request), _enc(request.enc_values_supported)
    zipped = ZIP in request.zip_values_supported
    if answer is None:
        return Envelope(to, enc, zipped)
    return Envelope(to, enc, zipped, generate_key(), _answer_enc(answer), ZIP in answer.zip_values_supported)


def _key_of(request: RequestEncryption) -> Mapping[str, Any]:
    # 2 to a key of the issuer for this use [OID4VCI 10, 12.2.4]
    for jwk in request.jwks.keys:
        if jwk.get("alg") == ALG and jwk.get("crv") == "P-256" and jwk.get("use", "enc") == "enc":
            parse_public_jwk({name: value for name, value in jwk.items() if name != "x5c"})
            return jwk
    raise Unmet(INVALID_METADATA, "no key that we could encrypt to")


def _answer_enc(answer: ResponseEncryption) -> str:
    if ALG not in answer.alg_values_supported:
        raise Unmet(INVALID_METADATA, "no key agreement that we speak")
    return _enc(answer.enc_values_supported)


def _enc(offered: tuple[str, ...]) -> str:
    # 3 by a cipher both speak [OID4VCI 12.2.4]
    found = next((enc for enc in ENC_PREFERRED if enc in offered), None)
    if found is None:
        raise Unmet(INVALID_METADATA, "no cipher that we speak")
    return found
