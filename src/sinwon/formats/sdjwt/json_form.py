"""SD-JWT in JWS JSON Serialization, flattened and general (RFC 9901 §8; RFC 7515 §7.2): the same SD-JWT in other clothes.

Owns turning them into the compact SD-JWT that everything else works on, and back. `disclosures` and `kb_jwt` stand in the
unprotected header, of the first signature where there are several; nothing else is believed from there. Our own credentials
are compact: these forms are for others. Verifies nothing.
"""

from collections.abc import Sequence
from typing import Any, Final

from msgspec import UNSET, Struct, UnsetType

from sinwon.core.limits import MAX_SD_JWT
from sinwon.core.refusal import Malformed
from sinwon.core.strict_json import dump, parse_as
from sinwon.formats.jose.jws import Jws, parse_jws
from sinwon.formats.sdjwt.names import INVALID
from sinwon.formats.sdjwt.parse import SdJwt, parse_sd_jwt

MAX_SIGNATURES: Final = 4  # one is what everybody makes; two is a change of keys
DISCLOSURES: Final = "disclosures"
KEY_BINDING: Final = "kb_jwt"


class JsonForm(Struct, frozen=True):
    """What a JSON form says. Nothing in it is verified."""

    sd_jwt: SdJwt
    """With the first signature, over which `sd_hash` of a key binding is made."""
    others: tuple[Jws, ...] = ()
    """The further signatures over the same payload."""


class _Signature(Struct, frozen=True):
    protected: str
    signature: str
    header: dict[str, Any] | UnsetType = UNSET


class _Message(Struct, frozen=True):
    payload: str
    signatures: tuple[_Signature, ...] | UnsetType = UNSET
    protected: str | UnsetType = UNSET
    signature: str | UnsetType = UNSET
    header: dict[str, Any] | UnsetType = UNSET


def parse_json_form(data: bytes | str) -> JsonForm:
    """Either form. Raises Malformed."""
    try:
        message = parse_as(data, _Message, limit=MAX_SD_JWT)
        first, *others = _signatures(message)
        sd_jwt = parse_sd_jwt(_compact(message.payload, first))
        further = tuple([_further(message.payload, signature) for signature in others])
    except Malformed as refusal:
        raise refusal.coded(INVALID) from None
    for jws, signature in zip((sd_jwt.issuer_signed, *further), (first, *others), strict=True):
        # 4 the names of the two headers are disjoint [RFC 7515 7.2.1]
        if not jws.header.keys().isdisjoint(_header(signature)):
            raise Malformed(INVALID, "a header name both protected and unprotected")
    return JsonForm(sd_jwt, further)


def write_flattened(sd_jwt: SdJwt) -> bytes:
    """As flattened JSON Serialization."""
    protected, payload, signature = sd_jwt.issuer_signed.raw.split(".")
    return dump({"payload": payload, "protected": protected, "header": _unprotected(sd_jwt), "signature": signature})


def write_general(sd_jwt: SdJwt, others: Sequence[Jws] = ()) -> bytes:
    """As general JSON Serialization, `others` being signatures over the same payload."""
    protected, payload, signature = sd_jwt.issuer_signed.raw.split(".")
    first = {"protected": protected, "header": _unprotected(sd_jwt), "signature": signature}
    further = [jws.raw.split(".") for jws in others]
    rest = [{"protected": protected, "signature": signature} for protected, _, signature in further]
    return dump({"payload": payload, "signatures": [first, *rest]})


def _signatures(message: _Message) -> tuple[_Signature, ...]:
    flattened = (message.protected, message.signature, message.header)
    if isinstance(message.signatures, UnsetType):
        if isinstance(message.protected, UnsetType) or isinstance(message.signature, UnsetType):
            raise Malformed(INVALID, "neither one signature nor several")
        return (_Signature(message.protected, message.signature, message.header),)
    if any(member is not UNSET for member in flattened):
        raise Malformed(INVALID, "both one signature and several")
    if not 0 < len(message.signatures) <= MAX_SIGNATURES:
        raise Malformed(INVALID, f"not 1 to {MAX_SIGNATURES} signatures")
    return message.signatures


def _compact(payload: str, signature: _Signature) -> str:
    """The compact form, from the texts as received."""
    header = _header(signature)
    disclosures, key_binding = header.get(DISCLOSURES, []), header.get(KEY_BINDING, "")
    if not isinstance(disclosures, list) or not all(isinstance(text, str) for text in (*disclosures, key_binding)):
        raise Malformed(INVALID, "disclosures or key binding are not text")
    # 1 one that is there is a JWT [RFC 9901 8.1]
    if KEY_BINDING in header and not key_binding:
        raise Malformed(INVALID, "an empty key binding")
    parts = (f"{signature.protected}.{payload}.{signature.signature}", *disclosures, key_binding)
    # 2 no part is two in the compact form, or none
    if any("~" in part for part in parts) or not all(parts[:-1]):
        raise Malformed(INVALID, "an empty part, or a tilde in one")
    return "~".join(parts)


def _further(payload: str, signature: _Signature) -> Jws:
    # 3 disclosures and key binding stand with the first signature only [RFC 9901 8.3]
    if not {DISCLOSURES, KEY_BINDING}.isdisjoint(_header(signature)):
        raise Malformed(INVALID, "disclosures beside another signature than the first")
    return parse_jws(f"{signature.protected}.{payload}.{signature.signature}", limit=MAX_SD_JWT)


def _header(signature: _Signature) -> dict[str, Any]:
    return {} if isinstance(signature.header, UnsetType) else signature.header


def _unprotected(sd_jwt: SdJwt) -> dict[str, object]:
    header: dict[str, object] = {DISCLOSURES: [disclosure.text for disclosure in sd_jwt.disclosures]}
    return header if sd_jwt.key_binding is None else {**header, KEY_BINDING: sd_jwt.key_binding.raw}
