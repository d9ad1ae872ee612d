"""May this service ask for this, today? The signed catalogue decides, at every step of a presentation, not only at first."""

from dataclasses import dataclass

from sinwon.core.refusal import Unmet
from sinwon.protocols.oauth.errors import INVALID_SCOPE, UNAUTHORIZED_CLIENT
from sinwon.protocols.trust.catalogue import Catalogue, Preset, Service


@dataclass(frozen=True, slots=True)
class Permission:
    """A live service and a purpose it is registered for. Whether its level is reached, the answer shows."""

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
    # 3 for a resident number only where a law says so, and at the level that goes with it [decision 17]
    if not wanted.is_permissible:
        raise Unmet(INVALID_SCOPE, "a resident number below L3 or without a legal basis")
    return Permission(known, wanted)
