"""From a preset of the catalogue to the DCQL query that asks for it (OpenID4VP 1.0 §6).

One credential, the identity certificate: the person's opaque name, what the preset requires, and what it would like. Two
claim sets, everything or only what is required, so that a person may leave out what is optional. What the preset does not
list cannot be asked for. Presets that need a linkage credential or a higher key assurance are refused elsewhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from sinwon.formats.dcql.query import Query, parse_query
from sinwon.formats.sdjwt.names import SD_JWT_VC
from sinwon.protocols.credential_types import IDENTITY, PERSON_ID
from sinwon.protocols.trust.catalogue import Preset

QUERY_ID: Final = "identity"
KNOWN_PRESETS: Final = 256  # compiled queries kept; a catalogue has about ten presets
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PresetQuery:
    """A preset's query, as it goes on the wire and compiled, and the claims it may bring."""

    wire: Mapping[str, Any]
    compiled: Query
    paths: tuple[Path, ...]
    """Without the person's name, which is never passed on."""


@lru_cache(KNOWN_PRESETS)
def query_for(preset: Preset) -> PresetQuery:
    """The query for one preset; the same object each time."""
    required = (PERSON_ID, *preset.required)
    everything = (*required, *preset.optional)
    credential: dict[str, Any] = {
        "id": QUERY_ID,
        "format": SD_JWT_VC,
        "meta": {"vct_values": [IDENTITY]},
        "claims": [{"id": _claim_id(name), "path": list(_path(name))} for name in everything],
    }
    if preset.optional:
        credential["claim_sets"] = [[_claim_id(name) for name in names] for names in (everything, required)]
    wire = {"credentials": [credential]}
    return PresetQuery(wire, parse_query(wire), tuple(_path(name) for name in everything[1:]))


def _claim_id(name: str) -> str:
    return name.replace(".", "-")


def _path(name: str) -> Path:
    return tuple(name.split("."))
