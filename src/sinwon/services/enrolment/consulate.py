"""The powers of the consulate role: everything its use cases may touch, in one frozen value."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import Engine

from sinwon.core.clock import DAY, Clock
from sinwon.core.ids import Randomness
from sinwon.core.strict_json import dump, parse_as
from sinwon.keys.jwk import PublicKey
from sinwon.keys.seal import Seal
from sinwon.protocols.trust.catalogue import Catalogue
from sinwon.services.accounts.password import Cost
from sinwon.services.enrolment.checks import POLICY
from sinwon.services.enrolment.eligibility import Check, Rules
from sinwon.services.enrolment.issuer import IssuerPort
from sinwon.services.enrolment.registers import Registers
from sinwon.services.notify.message import MessagePort

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Settings:
    policy: tuple[Check, ...] = POLICY
    rules: Rules = field(default_factory=Rules)
    chip_reader: bool = False
    """Whether a reader vouches for a chip. Without one no evidence claims a verified chip, whatever the officer noted."""
    cost: Cost = field(default_factory=Cost)
    """Of officers' secrets."""
    keep_ended: int = 30 * DAY
    """How long a refused, withdrawn or revoked application can still be looked at; then it is deleted."""
    keep_idle: int = 90 * DAY
    """How long an open application waits for somebody to go on with it."""


@dataclass(frozen=True, slots=True)
class Consulate:
    origin: str
    engine: Engine
    seal: Seal
    registers: Registers
    messages: MessagePort
    issuer: IssuerPort
    catalogue: Callable[[], Catalogue]
    clock: Clock
    random: Randomness
    register_keys: Mapping[str, PublicKey] = field(default_factory=dict)
    """Register → the key by which it signs what it tells us."""
    settings: Settings = field(default_factory=Settings)

    def sealed(self, value: object, column: str, record: str) -> bytes:
        """`value` for a sealed column, bound to its record."""
        return self.seal.seal(dump(value), f"{column}:{record}")

    def opened(self, sealed: bytes, column: str, record: str, shape: type[T]) -> T:
        """What was sealed: our own bytes, so whatever went in comes out. A person's portrait makes them long."""
        plain = self.seal.open(sealed, f"{column}:{record}")
        return parse_as(plain, shape, limit=len(plain))
