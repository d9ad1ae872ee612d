"""Making an mdoc (ISO/IEC 18013-5 §9.1.2): fresh random bytes and digest ids, digests, one signature.

Owns the form only: what a certificate says and to whom it is bound is the caller's. Copies of one certificate share everything
but random bytes, ids, key, status and signature: `prepare_mdoc` writes the elements once, each copy splices its own bytes in.
Elements never get `keyAuthorizations`: a device signs nothing of its own here.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from itertools import islice
from struct import Struct as Packed
from typing import Final

from msgspec import Struct

from sinwon.core.cbor import byte_string, date_time, dump_cbor, head, text_string
from sinwon.core.ids import Randomness
from sinwon.core.refusal import Fault
from sinwon.formats.cose.headers import chain_value
from sinwon.formats.cose.key import written_key
from sinwon.formats.cose.names import X5CHAIN
from sinwon.formats.cose.sign1 import PROTECTED_ES256, to_sign
from sinwon.formats.mdoc.names import SHA_256, VERSION
from sinwon.formats.status.reference import StatusReference
from sinwon.keys.jwk import PublicKey
from sinwon.keys.signer import CertifiedSigner
from sinwon.keys.x509 import parse_certificate

RANDOM_BYTES: Final = 24  # beside each element: at least 16, more cost nothing
ID_BYTES: Final = 4
ID_BITS: Final = 0x3FFFFFFF
ID_BASE: Final = 0x40000000
"""Digest ids are 30 random bits above 2^30: below 2^31, all of one length, and without relation to element or copy."""
CACHE: Final = 64
CACHE_NAMES: Final = 512  # elements of all types that one issuer has
TAG_24: Final = head(6, 24)
ID_HEAD: Final = b"\x1a"
BEFORE_ID: Final = dump_cbor("digestID")
BEFORE_RANDOM: Final = dump_cbor("random") + head(2, RANDOM_BYTES)
BEFORE_IDENTIFIER: Final = dump_cbor("elementIdentifier")
BEFORE_VALUE: Final = dump_cbor("elementValue")
BEFORE_DIGEST: Final = head(2, 32)
ID_END: Final = len(ID_HEAD) + ID_BYTES
MIDDLE: Final = ID_END + len(BEFORE_RANDOM) + RANDOM_BYTES
"""Bytes of an element that are drawn for a copy: the id, up to the end of the random bytes."""
BEFORE_DOCTYPE: Final = dump_cbor({"version": VERSION, "digestAlgorithm": SHA_256})[1:] + dump_cbor("docType")
BEFORE_DIGESTS: Final = dump_cbor("valueDigests")
BEFORE_KEY, BEFORE_KEY_AND_INFO = [dump_cbor("deviceKeyInfo") + head(5, count) + dump_cbor("deviceKey") for count in (1, 2)]
BEFORE_INDEX: Final = dump_cbor("status") + head(5, 1) + dump_cbor("status_list") + head(5, 2) + dump_cbor("idx")
BEFORE_URI: Final = dump_cbor("uri")


class Validity(Struct, frozen=True):
    """Seconds: when it was signed, from when and until when it holds. Whole hours, so that copies do not betray each other."""

    signed: int
    valid_from: int
    valid_until: int


class Prepared(Struct, frozen=True):
    """Elements written once: by namespace, what stands before the id and after the random bytes of each."""

    namespaces: tuple[tuple[bytes, tuple[tuple[bytes, bytes], ...]], ...]
    before_digests: bytes
    before_key: bytes
    after_key: bytes
    """What stands around the device's key: `keyInfo`, or nothing."""
    count: int
    """Elements of one copy."""


def prepare_mdoc(
    doctype: str, claims: Mapping[str, Mapping[str, object]], *, key_info: Mapping[int, object] | None = None
) -> Prepared:
    """`claims` by namespace and element, each to be disclosed by itself; `key_info` about the device's key, never withheld.
    Raises Fault for a value that has no CBOR form."""
    namespaces = tuple(
        [
            (text_string(name), tuple([_element(identifier, value) for identifier, value in elements.items()]))
            for name, elements in claims.items()
            if elements
        ]
    )
    opening = BEFORE_DOCTYPE + text_string(doctype) + BEFORE_DIGESTS + head(5, len(namespaces))
    before_key = BEFORE_KEY_AND_INFO if key_info else BEFORE_KEY
    after_key = dump_cbor("keyInfo") + dump_cbor(key_info) if key_info else b""
    return Prepared(namespaces, opening, before_key, after_key, sum([len(elements) for _, elements in namespaces]))


def issue_mdoc(
    prepared: Prepared,
    *,
    holder: PublicKey,
    validity: Validity,
    status: StatusReference | None,
    by: CertifiedSigner,
    random: Randomness,
) -> bytes:
    """One copy for `holder`: the CBOR of IssuerSigned. Raises Fault for times that the signer's certificate does not cover."""
    times = _validity_info(validity, by.chain[0])
    drawn = iter(_drawn(prepared.count, random))
    namespaces, digests = [], []
    for name, elements in prepared.namespaces:
        items, found = _items(elements, drawn)
        namespaces += [name, head(4, len(items)), *items]
        digests += [name, head(5, len(found)), *found]
    mso = b"".join(
        (
            head(5, 7 if status else 6),
            prepared.before_digests,
            *digests,
            prepared.before_key,
            written_key(holder),
            prepared.after_key,
            times,
            _status(status) if status else b"",
        )
    )
    payload = TAG_24 + byte_string(mso)
    signature = by.signer.sign(to_sign(PROTECTED_ES256, payload))
    return b"".join(
        (
            b"\xa2jnameSpaces",
            head(5, len(prepared.namespaces)),
            *namespaces,
            _before_payload(by.chain),
            byte_string(payload),
            byte_string(signature),
        )
    )


def _element(identifier: str, value: object) -> tuple[bytes, bytes]:
    after = _naming(identifier) + (text_string(value) if type(value) is str else dump_cbor(value))
    return _opening(len(after)), after


@lru_cache(CACHE_NAMES)
def _naming(identifier: str) -> bytes:
    return BEFORE_IDENTIFIER + text_string(identifier) + BEFORE_VALUE


@lru_cache(CACHE_NAMES)
def _opening(after: int) -> bytes:
    """How an element with so many bytes after its random ones begins."""
    return TAG_24 + head(2, 1 + len(BEFORE_ID) + MIDDLE + after) + head(5, 4) + BEFORE_ID


def _items(elements: tuple[tuple[bytes, bytes], ...], drawn: Iterator[bytes]) -> tuple[list[bytes], list[bytes]]:
    """IssuerSignedItemBytes, and the entries of valueDigests for them in the order of their ids."""
    middles = list(islice(drawn, len(elements)))
    items = [before + middle + after for (before, after), middle in zip(elements, middles, strict=True)]
    digests = [middle[:ID_END] + BEFORE_DIGEST + sha256(item).digest() for middle, item in zip(middles, items, strict=True)]
    digests.sort()
    return items, digests


def _drawn(count: int, random: Randomness) -> Sequence[bytes]:
    """For each element of a copy an id, none twice in the whole copy, and random bytes: as they stand in the element."""
    bits, base, pieces = _masks(count)
    while True:
        drawn = (int.from_bytes(random(MIDDLE * count)) & bits | base).to_bytes(MIDDLE * count)
        middles: Sequence[bytes] = pieces.unpack(drawn)
        if len({middle[:ID_END] for middle in middles}) == count:
            return middles


@lru_cache(CACHE)
def _masks(count: int) -> tuple[int, int, Packed]:
    """For the middles of `count` elements, one after the other: the bits that are drawn, those that are set, and the parts."""
    drawn = bytes(len(ID_HEAD)) + ID_BITS.to_bytes(ID_BYTES) + bytes(len(BEFORE_RANDOM)) + b"\xff" * RANDOM_BYTES
    fixed = ID_HEAD + ID_BASE.to_bytes(ID_BYTES) + BEFORE_RANDOM + bytes(RANDOM_BYTES)
    return int.from_bytes(drawn * count), int.from_bytes(fixed * count), Packed(f"{MIDDLE}s" * count)


def _status(status: StatusReference) -> bytes:
    """The CBOR of its claim as a member, without the head of a map."""
    return b"".join((BEFORE_INDEX, head(0, status.index), BEFORE_URI, text_string(status.uri)))


@lru_cache(CACHE)
def _validity_info(validity: Validity, leaf: bytes) -> bytes:
    """As a member, without the head of a map. A reader refuses what outlives its signer (ISO/IEC 18013-5 §9.1.2.4)."""
    certificate = parse_certificate(leaf)
    begin, end = certificate.not_valid_before_utc.timestamp(), certificate.not_valid_after_utc.timestamp()
    if not begin <= validity.signed <= validity.valid_from < validity.valid_until <= end:
        raise Fault("times of an mdoc out of order, or beyond its signer's certificate")
    times = {
        "signed": date_time(validity.signed),
        "validFrom": date_time(validity.valid_from),
        "validUntil": date_time(validity.valid_until),
    }
    return dump_cbor({"validityInfo": times})[1:]


@lru_cache(CACHE)
def _before_payload(chain: tuple[bytes, ...]) -> bytes:
    headers = byte_string(PROTECTED_ES256) + dump_cbor({X5CHAIN: chain_value(chain)})
    return dump_cbor("issuerAuth") + head(4, 4) + headers
