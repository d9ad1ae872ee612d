"""Making an mdoc (ISO/IEC 18013-5 §9.1.2): fresh random bytes and digest ids, digests, one signature.

Owns the form only: what a certificate says and to whom it is bound is the caller's. Copies of one certificate share everything
but random bytes, ids, key, status and signature: `prepare_mdoc` writes the elements once, each copy splices its own bytes in.
Elements never get `keyAuthorizations`: a device signs nothing of its own here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Final

from sinwon.core.cbor import byte_string, date_time, dump_cbor, head
from sinwon.core.ids import Randomness
from sinwon.core.refusal import Fault
from sinwon.formats.cose.headers import chain_value
from sinwon.formats.cose.key import cose_key
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
DRAWN: Final = ID_BYTES + RANDOM_BYTES
CACHE: Final = 64
TAG_24: Final = head(6, 24)
BEFORE_ID: Final = dump_cbor("digestID") + b"\x1a"
BEFORE_RANDOM: Final = dump_cbor("random") + head(2, RANDOM_BYTES)
BEFORE_IDENTIFIER: Final = dump_cbor("elementIdentifier")
BEFORE_VALUE: Final = dump_cbor("elementValue")
BEFORE_DIGEST: Final = head(2, 32)


@dataclass(frozen=True, slots=True)
class Validity:
    """Seconds: when it was signed, from when and until when it holds. Whole hours, so that copies do not betray each other."""

    signed: int
    valid_from: int
    valid_until: int


@dataclass(frozen=True, slots=True)
class Prepared:
    """Elements written once: by namespace, what stands before the id and after the random bytes of each."""

    namespaces: tuple[tuple[bytes, tuple[tuple[bytes, bytes], ...]], ...]
    before_digests: bytes
    count: int
    """Elements of one copy."""


def prepare_mdoc(doctype: str, claims: Mapping[str, Mapping[str, object]]) -> Prepared:
    """`claims` by namespace and element, each to be disclosed by itself. Raises Fault for a value that has no CBOR form."""
    namespaces = tuple(
        (dump_cbor(name), tuple(_element(identifier, value) for identifier, value in elements.items()))
        for name, elements in claims.items()
        if elements
    )
    before = {"version": VERSION, "digestAlgorithm": SHA_256, "docType": doctype}
    opening = dump_cbor(before)[1:] + dump_cbor("valueDigests") + head(5, len(namespaces))
    return Prepared(namespaces, opening, sum(len(elements) for _, elements in namespaces))


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
    _check_covered(validity, by.chain[0])
    drawn = _drawn(prepared.count, random)
    namespaces, digests = [], []
    for name, elements in prepared.namespaces:
        items, found = _items(elements, drawn)
        namespaces += [name, head(4, len(items)), *items]
        digests += [name, head(5, len(found)), *sorted(found)]
    mso = b"".join(
        (
            head(5, 7 if status else 6),
            prepared.before_digests,
            *digests,
            b"mdeviceKeyInfo\xa1ideviceKey",
            dump_cbor(cose_key(holder)),
            _validity_info(validity),
            dump_cbor({"status": status.claim})[1:] if status else b"",
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
    after = BEFORE_IDENTIFIER + dump_cbor(identifier) + BEFORE_VALUE + dump_cbor(value)
    length = 1 + len(BEFORE_ID) + ID_BYTES + len(BEFORE_RANDOM) + RANDOM_BYTES + len(after)
    return TAG_24 + head(2, length) + head(5, 4) + BEFORE_ID, after


def _items(elements: tuple[tuple[bytes, bytes], ...], drawn: Iterator[tuple[bytes, bytes]]) -> tuple[list[bytes], list[bytes]]:
    """IssuerSignedItemBytes, and the entries of valueDigests for them."""
    items, digests = [], []
    for (before, after), (identity, salt) in zip(elements, drawn, strict=False):
        item = b"".join((before, identity, BEFORE_RANDOM, salt, after))
        items.append(item)
        digests.append(b"\x1a" + identity + BEFORE_DIGEST + sha256(item).digest())
    return items, digests


def _drawn(count: int, random: Randomness) -> Iterator[tuple[bytes, bytes]]:
    """For each element of a copy an id, none twice in the whole copy, and random bytes."""
    bits, base = _masks(count)
    while True:
        drawn = random(DRAWN * count)
        split = ID_BYTES * count
        ids = _pieces((int.from_bytes(drawn[:split]) & bits | base).to_bytes(split), ID_BYTES)
        if len(set(ids)) == count:
            return zip(ids, _pieces(drawn[split:], RANDOM_BYTES), strict=True)


@lru_cache(CACHE)
def _masks(count: int) -> tuple[int, int]:
    """For `count` ids side by side: the bits that are drawn, and those that are set."""
    side_by_side = sum(1 << 8 * ID_BYTES * at for at in range(count))
    return ID_BITS * side_by_side, ID_BASE * side_by_side


def _pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@lru_cache(CACHE)
def _validity_info(validity: Validity) -> bytes:
    times = {
        "signed": date_time(validity.signed),
        "validFrom": date_time(validity.valid_from),
        "validUntil": date_time(validity.valid_until),
    }
    return dump_cbor({"validityInfo": times})[1:]


@lru_cache(CACHE)
def _check_covered(validity: Validity, leaf: bytes) -> None:
    """A reader refuses what outlives its signer (ISO/IEC 18013-5 §9.1.2.4)."""
    certificate = parse_certificate(leaf)
    begin, end = certificate.not_valid_before_utc.timestamp(), certificate.not_valid_after_utc.timestamp()
    if not begin <= validity.signed <= validity.valid_from < validity.valid_until <= end:
        raise Fault("times of an mdoc out of order, or beyond its signer's certificate")


@lru_cache(CACHE)
def _before_payload(chain: tuple[bytes, ...]) -> bytes:
    headers = byte_string(PROTECTED_ES256) + dump_cbor({X5CHAIN: chain_value(chain)})
    return dump_cbor("issuerAuth") + head(4, 4) + headers
