"""Making an SD-JWT (RFC 9901 §4, §9.3): fresh salts, sorted digests, one disclosure per hidden member or element.

Owns the form only: what a credential says and to whom it is bound is the caller's. Copies of one credential share everything
but salts: `prepare` and `prepare_hidden` check and write the members once, each copy adds its own salts.
"""

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from struct import unpack
from typing import Any, Final

from msgspec import Struct

from sinwon.core.base64url import encode_bytes
from sinwon.core.ids import Randomness
from sinwon.core.refusal import Fault
from sinwon.core.strict_json import dump
from sinwon.formats.jose.jws import sign_with_chain
from sinwon.formats.sdjwt.hide import Hole, Text, Writer
from sinwon.formats.sdjwt.names import ALGORITHM, DIGESTS, HASH, PLACEHOLDER, PROTECTED
from sinwon.keys.signer import CertifiedSigner

SALT_TEXT: Final = 24  # characters of 6 random bits: 144, where 128 are the least (RFC 9901 §9.3)
SALT_CHARACTERS: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" * 4
"""By random byte: each of 64 characters for four of them."""
OPENING_BYTES: Final = SALT_TEXT + 3  # `["`, a salt and `"`: a multiple of three, so that its base64url stands by itself
DECOY_BYTES: Final = 32
ALGORITHM_MEMBER: Final = dump({ALGORITHM: HASH})[1:-1]
DIGESTS_MARK, ALGORITHM_MARK, PLACEHOLDER_MARK = [dump(name) + b":" for name in (DIGESTS, ALGORITHM, PLACEHOLDER)]


class Hidden(Struct, frozen=True):
    """Members of which all or parts are hidden, checked and written once."""

    text: Text
    leaves: tuple[bytes, ...]
    names: frozenset[str]
    count: int
    """Disclosures of one copy."""


class _Copy(Struct, frozen=True):
    """One copy in the making. A Struct, because there is one per credential."""

    openings: Iterator[bytes]
    """Not used yet."""
    disclosures: list[bytes]
    """Made so far: at first those of the leaves."""
    digests: Sequence[bytes]
    """Of the leaves, in base64url."""
    random: Randomness


def prepare_hidden(hidden: Mapping[str, Any], *, decoys: int = 0) -> Hidden:
    """Every member, nested ones too, disclosable by itself; arrays whole, but for elements marked with Hide. `decoys` digests
    of nothing join those of each object (§4.2.5). Raises Fault for names no issuer may use: they come from our own code,
    never from a stranger."""
    if PROTECTED & hidden.keys():
        raise Fault("a claim that must not be hidden")
    return _prepared(hidden, Writer(every=True, decoys=decoys))


def prepare(members: Mapping[str, Any], *, decoys: int = 0) -> Hidden:
    """As prepare_hidden, but only what is marked with Hide is hidden, at any depth. Raises Fault."""
    for name in PROTECTED & members.keys():
        if Writer(every=False, decoys=0).members({name: members[name]}).holes:
            raise Fault("a claim that must not be hidden")
    return _prepared(members, Writer(every=False, decoys=decoys))


def _prepared(members: Mapping[str, Any], writer: Writer) -> Hidden:
    text = writer.members(members)
    return Hidden(text, tuple(writer.leaves), frozenset(members), len(writer.leaves) + writer.parents)


def issue_sd_jwt(
    visible: Mapping[str, Any], hidden: Mapping[str, Any] | Hidden, *, typ: str, by: CertifiedSigner, random: Randomness
) -> str:
    """An SD-JWT with `visible` members plain and `hidden` ones as digests, their disclosures behind it. Raises Fault."""
    prepared = hidden if isinstance(hidden, Hidden) else prepare_hidden(hidden)
    if not prepared.names.isdisjoint(visible):
        raise Fault("a claim is both visible and hidden")
    copy = _begin(prepared, random)
    members = (_visible(visible), _write(prepared.text, copy), ALGORITHM_MEMBER)
    token = sign_with_chain(typ, b"{%b}" % b",".join(filter(None, members)), by)
    return b"~".join([token.encode(), *copy.disclosures, b""]).decode()


def _visible(members: Mapping[str, Any]) -> bytes:
    """JSON without the braces. A reserved name would show as itself, a quote before it and a colon after it."""
    text = dump(members)[1:-1]
    if DIGESTS_MARK in text or ALGORITHM_MARK in text or PLACEHOLDER_MARK in text:
        raise Fault("reserved claim name")
    return text


def _begin(prepared: Hidden, random: Randomness) -> _Copy:
    """A copy with all leaves disclosed."""
    openings = iter(_openings(prepared.count, random))
    disclosures = [opening + leaf for leaf, opening in zip(prepared.leaves, openings, strict=False)]
    # Each digest with a byte of zero is 44 characters of base64url, the first 43 of them the digest's own.
    texts = encode_bytes(b"".join([sha256(text).digest() + b"\0" for text in disclosures]))
    return _Copy(openings, disclosures, unpack("43sx" * len(disclosures), texts), random)


def _openings(count: int, random: Randomness) -> Sequence[bytes]:
    """How each disclosure begins, up to the quote after its salt, in base64url: all at once."""
    texts = bytearray(random(OPENING_BYTES * count).translate(SALT_CHARACTERS))
    texts[0::OPENING_BYTES] = b"[" * count
    texts[1::OPENING_BYTES] = texts[OPENING_BYTES - 1 :: OPENING_BYTES] = b'"' * count
    return unpack("36s" * count, encode_bytes(bytes(texts)))


def _write(text: Text, copy: _Copy) -> bytes:
    """`text` with the digests of this copy. Children are disclosed before their parent."""
    written = [text.texts[0]]
    for hole, after in zip(text.holes, text.texts[1:], strict=True):
        written += (_digests(hole, copy), after)
    return b"".join(written)


def _digests(hole: Hole, copy: _Copy) -> bytes:
    """What goes into `hole`: digests in base64url, sorted, with quotes and commas between them."""
    digests = list(copy.digests[hole.first : hole.end])
    for rest in hole.nested:
        disclosure = next(copy.openings) + encode_bytes(_write(rest, copy))
        copy.disclosures.append(disclosure)
        digests.append(encode_bytes(sha256(disclosure).digest()))
    digests += [encode_bytes(sha256(copy.random(DECOY_BYTES)).digest()) for _ in range(hole.decoys)]
    digests.sort()
    return b'","'.join(digests)
