"""May this service ask for this, today? The signed catalogue decides, at every step of a presentation, not only at first."""

from dataclasses import dataclass
from typing import Final

from sinwon.core.refusal import Unmet
from sinwon.protocols.oauth.errors import INVALID_SCOPE, UNAUTHORIZED_CLIENT
from sinwon.protocols.oidc.id_token import ACR
from sinwon.protocols.trust.catalogue import Catalogue, Preset, Service

UNMET_LEVEL: Final = "unmet_authentication_requirements"


@dataclass(frozen=True, slots=True)
class Permission:
    """A live service and a purpose it is registered for, at a level that can be reached."""

    service: Service
    preset: Preset


def permit(catalogue: Catalogue, *, service: str, preset: str, now: int) -> Permission:
    """Raises Unmet."""
    # 1 listed, and live on its legal date
    known = catalogue.service(service)
    if known is None or not known.is_live(now):
        raise Unmet(UNAUTHORIZED_CLIENT, "the service is not live")
    # 2 registered for this purpose
    wanted = catalogue.preset(preset)
    if wanted is None or preset not in known.presets:
        raise Unmet(INVALID_SCOPE, "a purpose the service is not registered for")
    # 3 at a level there is evidence for: L3 needs attested keys, which nobody has yet
    if wanted.level not in ACR:
        raise Unmet(UNMET_LEVEL, "no attested keys yet")
    return Permission(known, wanted)
