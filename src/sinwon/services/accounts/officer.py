"""An officer as the use cases know them: who, and for which mission."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Officer:
    """Somebody whose session holds. Only `officer_of` and tests make one."""

    id: str
    mission: str
    """The immutable id of the one mission they act for."""
    name: str
