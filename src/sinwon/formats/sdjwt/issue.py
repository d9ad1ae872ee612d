"""Making an SD-JWT (RFC 9901 §4, §9.3): fresh salts, sorted digests, one disclosure per hidden member.

Owns the form only: what a credential says and to whom it is bound is the caller's. Arrays are hidden whole. Copies of one
credential share everything but salts: `prepare_hidden` checks and writes the members once, each copy adds its own salts.
"""

from binascii import b2a_base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from msgspec import Raw, Struct

from sinwon.core import base64url
from sinwon.core.ids import Randomness
from sinwon.core.refusal import Fault
from sinwon.core.strict_json import dump
from sinwon.formats.jose.jws import sign_with_chain
from sinwon.formats.sdjwt.names import ALGORITHM, DIGESTS, HASH, PROTECTED, RESERVED
from sinwon.keys.signer import CertifiedSigner

SALT_BYTES: Final = 18  # at least 128 bits (RFC 9901 §9.3); 144 fill 24 characters, so that all are drawn and written at once
SALT_TEXT: Final = 24
CONTAINERS: Final = (dict, list, tuple)
URL_SAFE: Final = bytes.maketrans(b"+/", b"-_")


class _Member(Struct):
    """A member to hide: what its disclosure says behind the salt, and the members below it."""

    head: bytes
    below: tuple["_Member", ...] = ()


@dataclass(frozen=True, slots=True)
class Hidden:
    """Members to hide, checked and written once."""

    members: tuple[_Member, ...]
    names: frozenset[str]
    count: int
    """Disclosures of one copy."""


def prepare_hidden(hidden: Mapping[str, Any]) -> Hidden:
    """Every member, nested ones too, disclosable by itself. Raises Fault for names no issuer may use: they come from our own
    code, never from a stranger."""
    if PROTECTED & hidden.keys():
        raise Fault("a claim that must not be hidden")
    _check_names(hidden)
    return Hidden(_members(hidden), frozenset(hidden), _count(hidden))


def issue_sd_jwt(
    visible: Mapping[str, Any], hidden: Mapping[str, Any] | Hidden, *, typ: str, by: CertifiedSigner, random: Randomness
) -> str:
    """An SD-JWT with `visible` members plain and `hidden` ones as digests, their disclosures behind it. Raises Fault."""
    prepared = hidden if isinstance(hidden, Hidden) else prepare_hidden(hidden)
    if not prepared.names.isdisjoint(visible):
        raise Fault("a claim is both visible and hidden")
    _check_names(visible)
    disclosures: list[bytes] = []
    digests = _hide(prepared.members, _salts(prepared.count, random), disclosures)
    payload = {**visible, **({DIGESTS: Raw(digests)} if prepared.members else {}), ALGORITHM: HASH}
    token = sign_with_chain(typ, payload, by)
    return b"~".join([token.encode(), *disclosures, b""]).decode()


def _hide(members: tuple[_Member, ...], salts: Iterator[bytes], disclosures: list[bytes]) -> bytes:
    """The digests of `members` as a JSON array; children are disclosed before their parent."""
    digests = []
    for member in members:
        below = b'{"_sd":%b}]' % _hide(member.below, salts, disclosures) if member.below else b""
        text = b2a_base64(b'["%b",%b%b' % (next(salts), member.head, below), newline=False).translate(URL_SAFE, b"=")
        disclosures.append(text)
        digests.append(b2a_base64(sha256(text).digest(), newline=False).translate(URL_SAFE, b"="))
    return b'["%b"]' % b'","'.join(sorted(digests))


def _members(hidden: Mapping[str, Any]) -> tuple[_Member, ...]:
    return tuple([_member(name, value) for name, value in hidden.items()])


def _member(name: str, value: Any) -> _Member:
    if isinstance(value, dict) and value:
        return _Member(dump(name) + b",", _members(value))
    return _Member(dump((name, value))[1:])


def _salts(count: int, random: Randomness) -> Iterator[bytes]:
    drawn = base64url.encode(random(SALT_BYTES * count)).encode()
    return (drawn[at : at + SALT_TEXT] for at in range(0, len(drawn), SALT_TEXT))


def _count(members: Mapping[str, Any]) -> int:
    return len(members) + sum(_count(value) for value in members.values() if isinstance(value, dict))


def _check_names(value: Any) -> None:
    if isinstance(value, Mapping):
        if not RESERVED.isdisjoint(value):
            raise Fault("reserved claim name")
        value = value.values()
    for member in value:
        if isinstance(member, CONTAINERS):
            _check_names(member)
