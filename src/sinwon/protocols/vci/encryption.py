"""Encrypted issuance (OpenID4VCI 1.0 §10): a request to the issuer's key, an answer to the key that the request names.

Owns the messages, what of JOSE is spoken, and that a wish for an encrypted answer travels encrypted itself: whoever could read
or change the request would put another key there. Whatever is wrong with a request that does not decrypt, it is refused alike.
Does not decide whether encryption is required (a setting), nor which answers are encrypted: successes are, errors never.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from sinwon.core.refusal import Malformed, Refusal, Unmet
from sinwon.core.strict_json import convert
from sinwon.formats.jose.jwe import ALG, ENC_VALUES, ZIP, decrypt, encrypt, parse_jwe
from sinwon.keys.jwk import parse_public_jwk
from sinwon.keys.signer import Agreement
from sinwon.protocols.vci.errors import INVALID_ENCRYPTION_PARAMETERS

MEDIA_TYPE: Final = "application/jwt"
JSON: Final = "json"
MAX_KID: Final = 256  # it is copied into the header of the answer


class JwkSet(msgspec.Struct, frozen=True):
    keys: tuple[Mapping[str, Any], ...]


class RequestEncryption(msgspec.Struct, frozen=True, omit_defaults=True):
    """`credential_request_encryption` [OID4VCI 12.2.4]."""

    jwks: JwkSet
    enc_values_supported: tuple[str, ...]
    encryption_required: bool
    zip_values_supported: tuple[str, ...] = ()


class ResponseEncryption(msgspec.Struct, frozen=True, omit_defaults=True):
    """`credential_response_encryption` of the metadata [OID4VCI 12.2.4]."""

    alg_values_supported: tuple[str, ...]
    enc_values_supported: tuple[str, ...]
    encryption_required: bool
    zip_values_supported: tuple[str, ...] = ()


class AnswerKey(msgspec.Struct, frozen=True):
    """How the answer to one request is encrypted: `credential_response_encryption` of the request [OID4VCI 8.2]."""

    jwk: Mapping[str, str]
    """The public key, and its `kid` where it has one."""
    enc: str
    zipped: bool


class _Wish(msgspec.Struct, frozen=True):
    jwk: dict[str, Any]
    enc: str
    zip: str | None = None


def request_encryption(jwk: Mapping[str, str], kid: str, *, required: bool) -> RequestEncryption:
    """What an issuer with this public key says of itself."""
    key = {**jwk, "kid": kid, "alg": ALG, "use": "enc"}
    return RequestEncryption(JwkSet((key,)), ENC_VALUES, required, (ZIP,))


def response_encryption(*, required: bool) -> ResponseEncryption:
    return ResponseEncryption((ALG,), ENC_VALUES, required, (ZIP,))


def open_request(body: bytes, key: Agreement, kid: str, *, limit: int) -> bytes:
    """What an encrypted request says. Raises Malformed("invalid_encryption_parameters"), whatever was wrong."""
    try:
        message = parse_jwe(body.decode("ascii"), zipped=True)
        # 1 to the key we publish [OID4VCI 10]
        if message.header.get("kid") != kid:
            raise Malformed(INVALID_ENCRYPTION_PARAMETERS, "not to our key")
        return decrypt(message, key, limit=limit)
    except (Refusal, UnicodeDecodeError):
        raise Malformed(INVALID_ENCRYPTION_PARAMETERS, "the request does not decrypt") from None


def parse_answer_key(value: object, *, sealed: bool) -> AnswerKey | None:
    """`credential_response_encryption` of a request, which was `sealed` or not. Raises Refusal."""
    if value is None:
        return None
    # 2 asked for in a request that is encrypted itself [OID4VCI 8.2]
    if not sealed:
        raise Unmet(INVALID_ENCRYPTION_PARAMETERS, "an encrypted answer to a request that was not encrypted")
    try:
        wish = convert(value, _Wish)
        key = parse_public_jwk(wish.jwk)
    except Malformed as refusal:
        raise Malformed(INVALID_ENCRYPTION_PARAMETERS, refusal.why) from None
    # 3 as we said that we can [OID4VCI 8.2, 10]
    if wish.jwk.get("alg") != ALG or wish.enc not in ENC_VALUES or wish.zip not in {None, ZIP}:
        raise Unmet(INVALID_ENCRYPTION_PARAMETERS, "alg, enc or zip is not one we offer")
    return AnswerKey({**key.jwk, **_kid(wish.jwk)}, wish.enc, wish.zip == ZIP)


def check_encrypted(*, sealed: bool, answer: bool, required: bool) -> None:
    """Where encryption is `required`: the request was `sealed`, and the `answer` will be. Raises Unmet."""
    # 4 both ways, where it must be [OID4VCI 12.2.4]
    if required and not (sealed and answer):
        raise Unmet(INVALID_ENCRYPTION_PARAMETERS, "encryption is required")


def seal_answer(plain: bytes, to: AnswerKey) -> str:
    """The answer, encrypted as it was asked for [OID4VCI 10]."""
    return encrypt(plain, to.jwk, enc=to.enc, zipped=to.zipped)


def _kid(jwk: Mapping[str, Any]) -> dict[str, str]:
    kid = jwk.get("kid")
    if kid is None:
        return {}
    if not isinstance(kid, str) or len(kid) > MAX_KID:
        raise Malformed(INVALID_ENCRYPTION_PARAMETERS, "kid is not a short string")
    return {"kid": kid}
