"""Making an SD-JWT (RFC 9901 §4, §9.3): fresh salts, sorted digests, one disclosure per hidden member.

Owns the form only: what a credential says and to whom it is bound is the caller's. Arrays are hidden whole.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

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


def issue_sd_jwt(
    visible: Mapping[str, Any], hidden: Mapping[str, Any], *, typ: str, by: CertifiedSigner, random: Randomness
) -> str:
    """An SD-JWT with `visible` members plain and every member of `hidden`, nested ones too, disclosable by itself.

    Raises Fault for names no issuer may use: they come from our own code, never from a stranger.
    """
    if visible.keys() & hidden.keys() or PROTECTED & hidden.keys():
        raise Fault("a claim is both visible and hidden, or must not be hidden")
    _check_names(visible)
    _check_names(hidden)
    writing = _Writing(_salts(_count(hidden), random))
    payload = {**visible, **writing.hide(hidden), ALGORITHM: HASH}
    return "~".join([sign_with_chain(typ, payload, by), *writing.disclosures, ""])


@dataclass(slots=True)
class _Writing:
    """One credential being written. All its salts are drawn at once; children are disclosed before their parent."""

    salts: Iterator[str]
    disclosures: list[str] = field(default_factory=list)

    def hide(self, members: Mapping[str, Any]) -> dict[str, Any]:
        """`members` as the digests of their disclosures."""
        digests = []
        for name, value in members.items():
            shown = self.hide(value) if isinstance(value, dict) else value
            text = base64url.encode(dump((next(self.salts), name, shown)))
            self.disclosures.append(text)
            digests.append(base64url.encode(sha256(text.encode()).digest()))
        return {DIGESTS: sorted(digests)} if digests else {}


def _salts(count: int, random: Randomness) -> Iterator[str]:
    drawn = base64url.encode(random(SALT_BYTES * count))
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
