"""What people are told that a request is for: each certificate once, whatever its formats, and what stands in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sinwon.formats.mdoc.names import MDOC
from sinwon.protocols.credential_types import CredentialType
from sinwon.protocols.vci.configurations import DISPLAYS, ISSUED

FORMATS: Final = {MDOC: "mdoc"}
SD_JWT: Final = "SD-JWT VC"


@dataclass(frozen=True, slots=True)
class Listed:
    name: str
    description: str
    formats: tuple[str, ...]
    claims: tuple[str, ...]


def listed(configurations: Sequence[str], language: str) -> tuple[Listed, ...]:
    kinds = {ISSUED[name].type.vct: ISSUED[name].type for name in configurations if name in ISSUED}
    return tuple(_listed(kind, configurations, language) for kind in kinds.values())


def _listed(kind: CredentialType, configurations: Sequence[str], language: str) -> Listed:
    display = next(one for one in DISPLAYS[kind.vct] if one.locale == language)
    mine = [ISSUED[name].format for name in configurations if name in ISSUED and ISSUED[name].type.vct == kind.vct]
    formats = dict.fromkeys(FORMATS.get(one, SD_JWT) for one in mine)
    claims = dict.fromkeys(claim.korean if language == "ko" else claim.english for claim in kind.claims if claim.english)
    return Listed(display.name, display.description or "", tuple(formats), tuple(claims))
