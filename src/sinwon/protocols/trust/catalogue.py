"""The catalogue: which missions issue, which services may ask for what, since when. Public, signed, sequenced.

Owns the shape and the questions one asks of it. Signing, fetching and rollback protection are in the neighbouring modules.
"""

from datetime import date
from typing import Final, Literal
from zoneinfo import ZoneInfo

import msgspec

from sinwon.core.clock import seoul_date, utc

Level = Literal["L1", "L2", "L3"]
LINKAGE: Final = "linkage."


class Preset(msgspec.Struct, frozen=True, omit_defaults=True):
    """The most a service may ask for one purpose. Claims are dotted paths of the credential types (`contact.email`)."""

    name: str
    """`gov-minwon`: also the OpenID Connect scope."""
    purpose_ko: str
    purpose_en: str
    level: Level
    retention_ko: str
    retention_en: str
    legal_basis_ko: str
    legal_basis_en: str
    required: tuple[str, ...] = ()
    """Beyond the pairwise identifier, which is included unless the purpose is anonymous."""
    optional: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    """One of these that is true is required, the first one preferred; the others stay with the person."""
    anonymous: bool = False
    """Nobody learns who it is: no identifier is asked for, and the subject is another at each sign-in."""
    retains: bool = False
    """Whether the service keeps what it is shown for longer than it takes to look at it."""

    @property
    def claims(self) -> tuple[str, ...]:
        """Everything that may be asked for."""
        return (*self.required, *self.one_of, *self.optional)

    @property
    def asks_for_linkage(self) -> bool:
        """Whether it asks for what leads to the person's records elsewhere: the resident number."""
        return any(is_linkage(name) for name in self.claims)

    @property
    def is_permissible(self) -> bool:
        """Whether anybody may ask so: for the resident number only at L3 and where a law is named that says so."""
        return not self.asks_for_linkage or (self.level == "L3" and bool(self.legal_basis_ko.strip()))


def is_linkage(name: str) -> bool:
    """Whether the claim of that dotted path stands in a linkage certificate, and nowhere else."""
    return name.startswith(LINKAGE)


class Service(msgspec.Struct, frozen=True, omit_defaults=True):
    id: str
    """`gov24`."""
    name_ko: str
    name_en: str
    operator_ko: str
    operator_en: str
    status: Literal["live", "planned"]
    presets: tuple[str, ...]
    live_since: date | None = None
    waiting_for_ko: str = ""
    """What a planned service waits for: its legal basis, a confirmation."""
    waiting_for_en: str = ""
    demonstration: bool = False

    def is_live(self, now: int) -> bool:
        """Live on its legal date (Seoul), never before, never without one."""
        return self.status == "live" and self.live_since is not None and self.live_since <= seoul_date(now)


class Mission(msgspec.Struct, frozen=True, omit_defaults=True):
    """One mission (재외공관)."""

    id: str
    """Ours and immutable; `code` may be corrected."""
    code: str
    name_ko: str
    name_en: str
    type: str
    country: str
    region: str
    time_zone: str | None = None
    opens_on: date | None = None
    """First day of issuance, local date of the mission. None: not known, so not open."""
    counter: bool = True
    """Whether people can be sent there at all: a delegation to an organisation has no consular counter."""

    def is_open(self, now: int) -> bool:
        today = utc(now).astimezone(ZoneInfo(self.time_zone)).date() if self.time_zone else seoul_date(now)
        return self.opens_on is not None and self.opens_on <= today


class Catalogue(msgspec.Struct, frozen=True):
    sequence: int
    issued_at: int
    next_update: int
    missions: tuple[Mission, ...]
    presets: tuple[Preset, ...]
    services: tuple[Service, ...]
    covered: dict[str, str]
    """Country without a mission of its own → id of the mission that covers it (겸임)."""

    def mission(self, mission_id: str) -> Mission | None:
        return next((mission for mission in self.missions if mission.id == mission_id), None)

    def service(self, service_id: str) -> Service | None:
        return next((service for service in self.services if service.id == service_id), None)

    def preset(self, name: str) -> Preset | None:
        return next((preset for preset in self.presets if preset.name == name), None)
