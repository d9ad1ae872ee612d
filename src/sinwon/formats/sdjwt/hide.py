"""What an issuer hides, written once for all copies (RFC 9901 §4.2): JSON text with holes where the digests of a copy go.

Owns where digests stand and what a disclosure says behind its salt. Salts and digests are made per copy (issue). A salt with
what stands before it, `["` + 24 characters + `"`, is 27 bytes, a multiple of three: so the base64url of a disclosure is that
of this opening followed by that of the rest, and the rest of a member without hidden parts, a leaf, is encoded here, once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from msgspec import Struct

from sinwon.core.base64url import encode_bytes, encode_lines
from sinwon.core.refusal import Fault
from sinwon.core.strict_json import dump, dump_lines
from sinwon.formats.sdjwt.names import RESERVED

CONTAINERS: Final = (dict, list, tuple)
SCALARS: Final = frozenset({str, int, float, bool, type(None)})


class Hide(Struct, frozen=True):
    """Marks one value: this member of an object, or this element of an array, can be disclosed or withheld by itself."""

    value: Any


class Hole(Struct, frozen=True):
    """A place for digests: of one array element, or of all hidden members of one object."""

    first: int
    """Of its leaves, the first and the one after the last among all leaves."""
    end: int
    nested: tuple["Text", ...]
    """Rests of disclosures with holes of their own, in JSON."""
    decoys: int = 0


class Text(Struct, frozen=True):
    """JSON with holes: `texts[0]`, a hole, `texts[1]`, …"""

    texts: tuple[bytes, ...]
    holes: tuple[Hole, ...] = ()


Piece = bytes | Hole


@dataclass(slots=True)
class Writer:
    """Writes members and gathers the leaves of all holes. Raises Fault for names no issuer may use."""

    every: bool
    """Each member of an object is hidden, of those below it too, and arrays whole, but for the elements marked with Hide;
    without it, only what is marked is hidden."""
    decoys: int
    """Digests of nothing that join those of each object."""
    leaves: list[bytes] = field(default_factory=list)
    """Rests of disclosures without holes, in base64url."""
    parents: int = 0
    """Disclosures with holes."""

    def members(self, members: Mapping[str, Any]) -> Text:
        """The members of an object, without its braces."""
        return _text(self._members(members, self.every))

    def _members(self, members: Mapping[str, Any], every: bool) -> list[Piece]:
        if not RESERVED.isdisjoint(members):
            raise Fault("reserved claim name")
        shown: list[Piece] = []
        leaves = _scalar_leaves(members) if every else []
        nested: list[Text] = []
        for name, value in members.items():
            if every and type(value) in SCALARS:
                continue
            if every or type(value) is Hide:
                rest = self._rest(name, value.value if type(value) is Hide else value, every)
                if isinstance(rest, bytes):
                    leaves.append(rest)
                else:
                    nested.append(rest)
            else:
                shown += (b"," if shown else b"", dump(name), b":", *self._value(value, every))
        if leaves or nested:
            shown += (b',"_sd":["' if shown else b'"_sd":["', self._hole(leaves, nested, self.decoys), b'"]')
        return shown

    def _rest(self, name: str, value: Any, every: bool) -> bytes | Text:
        if not isinstance(value, CONTAINERS):
            return encode_bytes(b"," + dump((name, value))[1:])
        return self._container(b",%b," % dump(name), value, every)

    def _container(self, opening: bytes, value: Any, every: bool) -> bytes | Text:
        """What a disclosure says behind its salt: a leaf, or JSON with holes."""
        text = _text([opening, *self._value(value, every), b"]"])
        if not text.holes:
            return encode_bytes(text.texts[0])
        self.parents += 1
        return text

    def _value(self, value: Any, every: bool) -> list[Piece]:
        if isinstance(value, dict):
            return [b"{", *self._members(value, every), b"}"]
        if not isinstance(value, CONTAINERS):
            return [dump(value)]
        elements: list[Piece] = []
        for element in value:
            elements += (b"," if elements else b"", *self._element(element))
        return [b"[", *elements, b"]"]

    def _element(self, element: Any) -> list[Piece]:
        if type(element) is not Hide:
            return self._value(element, False)
        rest = self._container(b",", element.value, False)
        hole = self._hole([rest], [], 0) if isinstance(rest, bytes) else self._hole([], [rest], 0)
        return [b'{"...":"', hole, b'"}']

    def _hole(self, leaves: list[bytes], nested: list[Text], decoys: int) -> Hole:
        first = len(self.leaves)
        self.leaves += leaves
        return Hole(first, len(self.leaves), tuple(nested), decoys)


def _scalar_leaves(members: Mapping[str, Any]) -> list[bytes]:
    """Leaves of all members that are no containers, written in one go: a line of JSON each, which has no line ends in it."""
    lines = dump_lines([member for member in members.items() if type(member[1]) in SCALARS])
    return encode_lines(b"," + lines[1:-1].replace(b"\n[", b"\n,")) if lines else []


def _text(pieces: Iterable[Piece]) -> Text:
    texts, holes = [b""], []
    for piece in pieces:
        if isinstance(piece, bytes):
            texts[-1] += piece
        else:
            holes.append(piece)
            texts.append(b"")
    return Text(tuple(texts), tuple(holes))
