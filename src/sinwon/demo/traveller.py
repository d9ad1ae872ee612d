"""A person on their way through the demonstration, and what has become of them."""

from dataclasses import dataclass, field
from typing import Final

from sinwon.adapters.registers.people import InventedPerson
from sinwon.core.text import masked_name
from sinwon.holder.wallet import Holder
from sinwon.protocols.roles.messages import OfferMade

LONGEST: Final = 6  # signs of a masked name


@dataclass(frozen=True, slots=True)
class Application:
    id: str
    secret: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Why somebody cannot have a certificate now, and what they can do."""

    code: str
    text: str
    next_step: str


@dataclass
class Traveller:
    """A person in the demonstration and what has become of them."""

    person: InventedPerson
    holder: Holder
    pin: str = ""
    application: Application | None = None
    offer: OfferMade | None = None
    reasons: tuple[Reason, ...] = ()
    """What the officer's screen gave as reasons."""
    stopped_by: str | None = None
    """The error code of the step that was refused."""
    phone_proven: bool = False
    received: bool = False
    """Copies of every credential type are in the wallet."""
    subjects: dict[str, str] = field(default_factory=dict)
    """Service → the identifier it knows this person by."""

    @property
    def short_name(self) -> str:
        """The masked name, a very long one shortened: 60 stars say no more than five."""
        masked = masked_name(self.person.form.name_ko)
        return masked if len(masked) <= LONGEST else f"{masked[0]}{'*' * (LONGEST - 2)}{masked[-1]}"

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(reason.code for reason in self.reasons)
