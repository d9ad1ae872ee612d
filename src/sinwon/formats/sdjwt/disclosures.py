"""Putting disclosures back where their digests are (RFC 9901 §7.1, steps 3 to 5).

Owns the processed payload and every way a disclosure can fail to belong. Independent of the credential's type, of
signatures and of trust: the caller has verified the issuer's signature or is only looking.
"""

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from sinwon.core.base64url import encode
from sinwon.core.limits import MAX_SD_JWT
from sinwon.core.refusal import Malformed, Unmet
from sinwon.formats.sdjwt.names import ALGORITHM, DIGESTS, HASH, HASHES, INVALID, PLACEHOLDER, RESERVED
from sinwon.formats.sdjwt.parse import Disclosure, SdJwt

CONTAINERS: Final = frozenset({dict, list})
TEXT: Final = frozenset({str})
MAX_NESTING: Final = 16  # of the processed payload; ours nest three deep

Path = tuple[str | int, ...]


def process(sd_jwt: SdJwt) -> dict[str, Any]:
    """The payload with every disclosure in its place and no trace of the others. Raises Malformed, Unmet."""
    return process_payload(payload_of(sd_jwt), sd_jwt.disclosures)


def payload_of(sd_jwt: SdJwt) -> dict[str, Any]:
    """The issuer-signed payload as it is, digests and all. Raises Malformed."""
    try:
        return sd_jwt.issuer_signed.claims(limit=MAX_SD_JWT)
    except Malformed as refusal:
        raise refusal.coded(INVALID) from None


def hash_of(payload: Mapping[str, Any]) -> str:
    """The name of the hash of all digests, and of the key binding's `sd_hash`. Raises Unmet."""
    algorithm = payload.get(ALGORITHM, HASH)
    if not isinstance(algorithm, str) or algorithm not in HASHES:
        raise Unmet(INVALID, "digests by a hash that is not on our list")
    return algorithm


def process_payload(payload: Mapping[str, Any], disclosures: tuple[Disclosure, ...]) -> dict[str, Any]:
    """As process, for a payload already parsed. Raises Malformed, Unmet."""
    return _run(payload, disclosures, None)


def locate(sd_jwt: SdJwt) -> list[tuple[Path, Disclosure]]:
    """Where each disclosure ends up in the processed payload. Raises Malformed, Unmet."""
    places: list[tuple[Path, Disclosure]] = []
    _run(payload_of(sd_jwt), sd_jwt.disclosures, places)
    return places


def _run(
    payload: Mapping[str, Any], disclosures: tuple[Disclosure, ...], places: list[tuple[Path, Disclosure]] | None
) -> dict[str, Any]:
    # 1 a hash of our list [RFC 9901 4.1.1]
    hashing = HASHES[hash_of(payload)]
    waiting = {encode(hashing(disclosure.text.encode()).digest()): disclosure for disclosure in disclosures}
    if len(waiting) != len(disclosures):
        raise Unmet(INVALID, "the same disclosure twice")
    # 2 digests replaced, recursively [RFC 9901 7.1]
    claims = _Processing(waiting, set(), places).unpack_object(payload, ())
    # 3 nothing left over [RFC 9901 7.1]
    if waiting:
        raise Unmet(INVALID, "a disclosure no digest refers to")
    return claims


class _Processing(Struct):
    """One run: the disclosures not placed yet, the digests met so far, and where things went, if that is asked for."""

    waiting: dict[str, Disclosure]
    met: set[str]
    places: list[tuple[Path, Disclosure]] | None

    def unpack(self, value: Any, path: Path, step: str | int) -> Any:
        if type(value) is dict:
            return self.unpack_object(value, (*path, step))
        return self._unpack_array(value, (*path, step)) if type(value) is list else value

    def unpack_object(self, value: Mapping[str, Any], path: Path) -> dict[str, Any]:
        if len(path) >= MAX_NESTING:
            raise Malformed(INVALID, "payload nested too deeply")
        if RESERVED.isdisjoint(value) and CONTAINERS.isdisjoint(map(type, value.values())):
            return dict(value)
        if PLACEHOLDER in value or (path and ALGORITHM in value):
            raise Malformed(INVALID, "reserved name where it means nothing")
        claims = dict(value)
        claims.pop(ALGORITHM, None)
        digests = claims.pop(DIGESTS, None)
        for name, member in claims.items():
            if type(member) in CONTAINERS:
                claims[name] = self.unpack(member, path, name)
        for disclosure in self._named(digests) if DIGESTS in value else ():
            if (step := disclosure.name) is None:
                raise Unmet(INVALID, "array element disclosed where a claim belongs")
            if step in claims:
                raise Unmet(INVALID, "disclosed claim already present")
            claims[step] = self._place(disclosure, path, step)
        return claims

    def _unpack_array(self, value: list[Any], path: Path) -> list[Any]:
        if len(path) >= MAX_NESTING:
            raise Malformed(INVALID, "payload nested too deeply")
        elements: list[Any] = []
        for element in value:
            if not isinstance(element, dict) or PLACEHOLDER not in element:
                elements.append(self.unpack(element, path, len(elements)))
                continue
            if len(element) != 1:
                raise Malformed(INVALID, "array placeholder with other members")
            for disclosure in self._named([element[PLACEHOLDER]]):
                if disclosure.name is not None:
                    raise Unmet(INVALID, "claim disclosed where an array element belongs")
                elements.append(self._place(disclosure, path, len(elements)))
        return elements

    def _named(self, digests: object) -> list[Disclosure]:
        """The disclosures at hand for `digests`; each digest may be met once in the whole credential."""
        if type(digests) is not list or not set(map(type, digests)) <= TEXT:
            raise Malformed(INVALID, "digests are not an array of strings")
        met_before = len(self.met)
        self.met.update(digests)
        if len(self.met) != met_before + len(digests):
            raise Unmet(INVALID, "the same digest twice")
        waiting = self.waiting
        return [waiting.pop(digest) for digest in digests if digest in waiting]

    def _place(self, disclosure: Disclosure, path: Path, step: str | int) -> Any:
        if self.places is not None:
            self.places.append(((*path, step), disclosure))
        return self.unpack(disclosure.value, path, step) if type(disclosure.value) in CONTAINERS else disclosure.value
