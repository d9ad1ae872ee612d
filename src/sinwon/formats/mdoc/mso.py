"""The mobile security object, what the issuer signs (ISO/IEC 18013-5 §9.1.2.4): digests, the device's key, times, status.

Owns its shape. Does not know the elements behind the digests, nor whether anybody signed it.
"""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from sinwon.core.cbor import DateTime
from sinwon.core.refusal import Malformed, Refusal
from sinwon.formats.cose.key import parse_cose_key
from sinwon.formats.mdoc.names import INVALID
from sinwon.formats.status.reference import StatusReference, parse_status
from sinwon.keys.jwk import PublicKey


class Mso(Struct, frozen=True):
    """What it says; only shapes have been looked at."""

    version: object
    digest_algorithm: object
    digests: Mapping[str, Mapping[int, bytes]]
    """By namespace and digest id."""
    doctype: object
    device_key: PublicKey
    authorizations: Mapping[str, Any]
    """`keyAuthorizations`: which elements the device itself may sign."""
    key_info: Mapping[Any, Any]
    """`keyInfo`: what the issuer says of the device's key."""
    signed: int
    valid_from: int
    valid_until: int
    status: StatusReference | None


def mso_of(value: object) -> Mso:
    """The object from parsed CBOR. Raises Malformed."""
    try:
        return _parse(value)
    except Refusal as refusal:
        raise Malformed(INVALID, refusal.why) from None


def _parse(value: object) -> Mso:
    mso = _dict(value, "mobile security object")
    digests = _dict(mso.get("valueDigests"), "valueDigests")
    key_info = _dict(mso.get("deviceKeyInfo"), "deviceKeyInfo")
    times = _dict(mso.get("validityInfo"), "validityInfo")
    return Mso(
        mso.get("version"),
        mso.get("digestAlgorithm"),
        {namespace: _dict(members, "valueDigests") for namespace, members in digests.items()},
        mso.get("docType"),
        parse_cose_key(key_info.get("deviceKey")),
        _dict(key_info.get("keyAuthorizations", {}), "keyAuthorizations"),
        _dict(key_info.get("keyInfo", {}), "keyInfo"),
        _moment(times.get("signed")),
        _moment(times.get("validFrom")),
        _moment(times.get("validUntil")),
        parse_status(mso["status"]) if "status" in mso else None,
    )


def _dict(value: object, name: str) -> dict[Any, Any]:
    if not isinstance(value, dict):
        raise Malformed(INVALID, f"{name} is not a map")
    return value


def _moment(value: object) -> int:
    if type(value) is not DateTime:
        raise Malformed(INVALID, "a time that is not a tdate")
    return value.seconds
