"""From a preset of the catalogue to the DCQL query that asks for it (OpenID4VP 1.0 §6).

Any one credential answers: of the narrowest type that holds the claims, as SD-JWT VC or as mdoc, the former preferred. Each is
asked for the person's opaque name, unless the preset is anonymous, for what the preset requires, and for what it would like:
claim sets let a person leave out what is optional, and show only one of several proofs. What the preset does not list cannot be
asked for. At L3 the resident number is asked of a linkage credential beside the identity credential, and an SD-JWT VC for what
its issuer says of the key; an mdoc cannot be asked for that, but what it says is looked at in the answer (decision 17).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from sinwon.core.strict_json import dump
from sinwon.formats.dcql.query import Query, parse_query
from sinwon.formats.mdoc.names import MDOC
from sinwon.formats.sdjwt.names import KEY_ASSURANCE, SD_JWT_VC
from sinwon.protocols.attestation.key_assurance import PIN_AND_PASSKEY
from sinwon.protocols.credential_types import AGE_TYPE, IDENTITY_TYPE, LINKAGE_TYPE, PERSON_ID, CredentialType
from sinwon.protocols.trust.catalogue import Preset, is_linkage

KNOWN_PRESETS: Final = 256  # compiled queries kept; a catalogue has about ten presets
NARROWEST_FIRST: Final = ((AGE_TYPE, "age"), (IDENTITY_TYPE, "identity"))
STRONG: Final = ((IDENTITY_TYPE, "identity"), (LINKAGE_TYPE, "linkage"))
CLAIM_FIELDS: Final = ("required", "one_of", "optional")
ATTESTED_KEY: Final[Mapping[str, Any]] = {
    "id": KEY_ASSURANCE,
    "path": [KEY_ASSURANCE, "user_authentication", None],
    "values": [PIN_AND_PASSKEY],
}
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PresetQuery:
    """A preset's query, as it goes on the wire and compiled, and the claims it may bring."""

    wire: Mapping[str, Any]
    encoded: msgspec.Raw
    """`wire` as JSON: the same for every request."""
    compiled: Query
    parts: tuple[frozenset[str], ...]
    """The ids of the credential queries, one of which answers each part of what is asked."""
    kinds: Mapping[str, CredentialType]
    """What each credential query, by id, asks for."""
    formats: Mapping[str, str]
    """And in which format."""
    paths: tuple[Path, ...]
    """Without the person's name, which is never passed on."""
    anonymous: bool


@lru_cache(KNOWN_PRESETS)
def query_for(preset: Preset) -> PresetQuery:
    """The query for one preset; the same object each time."""
    split = [(part, dict(_credentials(part))) for part in _parts(preset)]
    asked = {name: query for _part, queries in split for name, query in queries.items()}
    wire: dict[str, Any] = {"credentials": [credential for credential, _kind in asked.values()]}
    if len(asked) > 1:
        wire["credential_sets"] = [_set(part, queries) for part, queries in split]
    kinds = {name: kind for name, (_credential, kind) in asked.items()}
    formats = {name: credential["format"] for name, (credential, _kind) in asked.items()}
    paths = tuple(_path(name) for name in preset.claims)
    parts = tuple(frozenset(queries) for _part, queries in split)
    return PresetQuery(wire, msgspec.Raw(dump(wire)), parse_query(wire), parts, kinds, formats, paths, preset.anonymous)


def _parts(preset: Preset) -> tuple[Preset, ...]:
    """What one certificate answers: at L3 the resident number comes from one of its own."""
    if preset.level != "L3" or not preset.asks_for_linkage:
        return (preset,)
    rest, linkage = _only(preset, linkage=False), _only(preset, linkage=True)
    return (rest, linkage) if rest.claims else (linkage,)


def _only(preset: Preset, *, linkage: bool) -> Preset:
    kept = {name: tuple(filter(lambda claim: is_linkage(claim) is linkage, getattr(preset, name))) for name in CLAIM_FIELDS}
    return replace(preset, **kept)


def _credentials(part: Preset) -> Iterator[tuple[str, tuple[dict[str, Any], CredentialType]]]:
    """Credential queries by id, the preferred one first."""
    paths = {_path(name) for name in _named(part)}
    possible = STRONG if part.level == "L3" else NARROWEST_FIRST
    covering = [(kind, name) for kind, name in possible if paths <= kind.by_path.keys()]
    for kind, name in covering or NARROWEST_FIRST[-1:]:
        yield name, (_sd_jwt(name, kind, part), kind)
        if all(path in kind.by_path and kind.by_path[path].element for path in paths):
            yield f"{name}-mdoc", (_mdoc(f"{name}-mdoc", kind, part), kind)


def _set(part: Preset, names: Iterable[str]) -> dict[str, Any]:
    """One of these answers the part, which may be left out if all of it may."""
    choice: dict[str, Any] = {"options": [[name] for name in names]}
    return choice if part.required or part.one_of or not part.asks_for_linkage else {**choice, "required": False}


def _sd_jwt(name: str, kind: CredentialType, preset: Preset) -> dict[str, Any]:
    claims = [_claim(each, list(_path(each)), preset) for each in _named(preset)]
    always = [ATTESTED_KEY] if preset.level == "L3" else []
    sets = _claim_sets(preset, [claim["id"] for claim in always])
    return {"id": name, "format": SD_JWT_VC, "meta": {"vct_values": [kind.vct]}, "claims": [*claims, *always], **sets}


def _mdoc(name: str, kind: CredentialType, preset: Preset) -> dict[str, Any]:
    claims = [_claim(each, [kind.doctype, kind.by_path[_path(each)].element], preset) for each in _named(preset)]
    for claim in claims:
        claim["intent_to_retain"] = preset.retains
    return {"id": name, "format": MDOC, "meta": {"doctype_value": kind.doctype}, "claims": claims, **_claim_sets(preset, [])}


def _claim(name: str, path: list[str | None], preset: Preset) -> dict[str, Any]:
    """One of several proofs is one only if it is true."""
    return {"id": _claim_id(name), "path": path, **({"values": [True]} if name in preset.one_of else {})}


def _claim_sets(preset: Preset, besides: list[str]) -> dict[str, Any]:
    """Everything, then only what is required; each of them once for every proof that suffices. All with `besides`."""
    always = _always(preset)
    proofs: list[tuple[str, ...]] = [(name,) for name in preset.one_of] or [()]
    lengths = (preset.optional, ()) if preset.optional else ((),)
    chosen = [(*always, *proof, *optional) for optional in lengths for proof in proofs]
    sets = [[*map(_claim_id, names), *besides] for names in chosen]
    return {"claim_sets": sets} if len(sets) > 1 else {}


def _named(preset: Preset) -> tuple[str, ...]:
    return (*_always(preset), *preset.one_of, *preset.optional)


def _always(preset: Preset) -> tuple[str, ...]:
    return (*(() if preset.anonymous else (PERSON_ID,)), *preset.required)


def _claim_id(name: str) -> str:
    return name.replace(".", "-")


def _path(name: str) -> Path:
    return tuple(name.split("."))
