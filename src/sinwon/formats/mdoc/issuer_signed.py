"""IssuerSigned (ISO/IEC 18013-5 §8.3.2.1.2.2): elements as received, and the issuer's signature over their digests.

Owns its shape. Each element keeps the bytes that were hashed; nothing here has been compared or verified yet.
"""

from collections.abc import Mapping
from itertools import chain, islice
from typing import Any, Final

from msgspec import Struct

from sinwon.core.cbor import Encoded, opened, parse_each, parse_encoded, parse_frame
from sinwon.core.refusal import Malformed, Refusal
from sinwon.formats.cose.sign1 import Sign1, parse_sign1
from sinwon.formats.mdoc.mso import Mso, mso_of
from sinwon.formats.mdoc.names import INVALID, MAX_MDOC, MIN_RANDOM

MEMBERS: Final = frozenset({"nameSpaces", "issuerAuth"})
"""No other, so that elements cannot vanish under a name that nobody reads."""


class Item(Struct, frozen=True):
    """One element: IssuerSignedItemBytes as received, beside what they say."""

    encoded: Encoded
    digest_id: int
    identifier: str
    value: Any


class IssuerSigned(Struct, frozen=True):
    """Elements by namespace, and the signed object as received."""

    namespaces: Mapping[str, tuple[Item, ...]]
    auth: Sign1
    mso: Mso
    """What the payload of `auth` says."""


def parse_issuer_signed(data: bytes) -> IssuerSigned:
    """What an issuer sends to a wallet, of at most MAX_MDOC bytes. Raises Malformed."""
    return issuer_signed_of(parse_frame(data, limit=MAX_MDOC, code=INVALID), data)


def issuer_signed_of(value: object, frame: bytes) -> IssuerSigned:
    """IssuerSigned from parsed CBOR that stands in `frame`. Raises Malformed."""
    if not isinstance(value, dict) or not value.keys() <= MEMBERS:
        raise Malformed(INVALID, "IssuerSigned is not a map of nameSpaces and issuerAuth")
    try:
        auth = parse_sign1(value.get("issuerAuth"))
    except Refusal as refusal:
        raise refusal.coded(INVALID) from None
    if auth.payload is None:
        raise Malformed(INVALID, "the mobile security object is missing")
    namespaces = _namespaces(value.get("nameSpaces", {}))
    elements = opened(chain.from_iterable(namespaces.values()), frame, code=INVALID)
    parts = [parse_encoded(auth.payload, code=INVALID).raw, *[encoded.raw for encoded in elements]]
    mso, *said = parse_each(parts, limit=MAX_MDOC, code=INVALID)
    items = map(_item, elements, said)
    return IssuerSigned({name: tuple(islice(items, len(tags))) for name, tags in namespaces.items()}, auth, mso_of(mso))


def _namespaces(value: object) -> dict[str, list[object]]:
    if not isinstance(value, dict):
        raise Malformed(INVALID, "nameSpaces is not a map")
    for name, members in value.items():
        if type(name) is not str:
            raise Malformed(INVALID, "a namespace that is not text")
        if not isinstance(members, list) or not members:
            raise Malformed(INVALID, "elements are not a list of tag 24")
    return value


def _item(encoded: Encoded, said: object) -> Item:
    if not isinstance(said, dict) or "elementValue" not in said:
        raise Malformed(INVALID, "an element without a value")
    digest_id, random, identifier = said.get("digestID"), said.get("random"), said.get("elementIdentifier")
    if type(digest_id) is not int or digest_id < 0 or type(identifier) is not str:
        raise Malformed(INVALID, "an element without digestID or identifier")
    if type(random) is not bytes or len(random) < MIN_RANDOM:
        raise Malformed(INVALID, f"an element beside less than {MIN_RANDOM} random bytes")
    return Item(encoded, digest_id, identifier, said["elementValue"])
