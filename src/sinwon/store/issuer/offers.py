"""Offers: a certificate's first one, and those that move it to another device. Each is open until one code is redeemed, the PIN
was wrong too often, or the window is over.

Every step that counts is one conditional UPDATE. Codes and tokens are kept as digests.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, bindparam, case, insert, or_, select, update

from sinwon.protocols.roles.application_names import NAMES
from sinwon.store.issuer.certificates import IS_NOT_OVER
from sinwon.store.issuer.tables import CERTIFICATES, CODES, OFFERS, TOKENS
from sinwon.store.kept import Kept

FIRST: Final = "first"
"""The kind of offer that a certificate begins with."""
TRANSFER: Final = "transfer"
"""The kind that moves it to another device."""


class OfferState(StrEnum):
    OPEN = "open"
    REDEEMED = "redeemed"
    DEAD = "dead"
    """Too many wrong PINs; only an officer can help."""
    CLOSED = "closed"
    """The certificate was revoked or the window passed."""


@dataclass(frozen=True, slots=True)
class NewOffer:
    id: str
    certificate: str
    link: str | None
    tx_code: str | None
    configurations: tuple[str, ...]
    expires_at: int
    kind: str = FIRST


@dataclass(frozen=True, slots=True)
class OfferOfCode:
    """What a living code leads to."""

    id: str
    certificate: str
    tx_code: str | None
    configurations: tuple[str, ...]
    state: OfferState
    kind: str = FIRST


@dataclass(frozen=True, slots=True)
class MintedOffer:
    id: str
    configurations: tuple[str, ...]
    has_tx_code: bool
    kind: str = FIRST


_INSERT = Kept(insert(OFFERS))
_INSERT_CODE = Kept(insert(CODES))
_INSERT_TOKEN = Kept(insert(TOKENS))
_COUNT_MINTING = Kept(
    update(OFFERS)
    .where(
        OFFERS.c.link == bindparam("the_link"),
        OFFERS.c.state == OfferState.OPEN.value,
        OFFERS.c.expires_at > bindparam("now"),
        OFFERS.c.mintings < bindparam("limit"),
    )
    .values(mintings=OFFERS.c.mintings + 1)
    .returning(OFFERS.c.id, OFFERS.c.configurations, OFFERS.c.tx_code.is_not(None), OFFERS.c.kind)
)
_OF_CODE = Kept(
    select(OFFERS.c.id, OFFERS.c.certificate, OFFERS.c.tx_code, OFFERS.c.configurations, OFFERS.c.state, OFFERS.c.kind)
    .join(CODES, CODES.c.offer == OFFERS.c.id)
    .where(CODES.c.digest == bindparam("digest"), CODES.c.expires_at > bindparam("now"))
    .with_for_update(of=OFFERS)
)
_REDEEM = Kept(
    update(OFFERS)
    .where(OFFERS.c.id == bindparam("offer"), OFFERS.c.state == OfferState.OPEN.value)
    .values(state=OfferState.REDEEMED.value)
)
_COUNT_WRONG = Kept(
    update(OFFERS)
    .where(OFFERS.c.id == bindparam("offer"), OFFERS.c.state == OfferState.OPEN.value)
    .values(
        tries=OFFERS.c.tries + 1,
        state=case((OFFERS.c.tries + 1 >= bindparam("limit"), OfferState.DEAD.value), else_=OfferState.OPEN.value),
    )
    .returning(OFFERS.c.tries)
)
_CLOSE = Kept(
    update(OFFERS)
    .where(OFFERS.c.certificate == bindparam("of"), OFFERS.c.state == OfferState.OPEN.value)
    .values(state=OfferState.CLOSED.value)
)
_CLOSE_TRANSFERS = Kept(
    update(OFFERS)
    .where(OFFERS.c.certificate == bindparam("of"), OFFERS.c.kind == TRANSFER, OFFERS.c.state == OfferState.OPEN.value)
    .values(state=OfferState.CLOSED.value)
)
_OF_APPLICATION = Kept(
    select(OFFERS.c.id, OFFERS.c.certificate, OFFERS.c.tx_code, OFFERS.c.configurations, OFFERS.c.state, OFFERS.c.kind)
    .join(CERTIFICATES, CERTIFICATES.c.id == OFFERS.c.certificate)
    .where(
        or_(*(CERTIFICATES.c.application == bindparam(f"name_{number}") for number in range(NAMES))),
        OFFERS.c.kind == FIRST,
        OFFERS.c.state == OfferState.OPEN.value,
        OFFERS.c.expires_at > bindparam("now"),
    )
    .order_by(CERTIFICATES.c.issued_at.desc())
    .limit(1)
    .with_for_update(of=OFFERS)
)
_CERTIFICATE = Kept(select(OFFERS.c.certificate).where(OFFERS.c.id == bindparam("offer")))
_LAPSED = (
    select(OFFERS.c.certificate)
    .join(CERTIFICATES, CERTIFICATES.c.id == OFFERS.c.certificate)
    .where(OFFERS.c.kind == FIRST, OFFERS.c.expires_at < bindparam("before"), CERTIFICATES.c.fetched_at.is_(None), IS_NOT_OVER)
    .limit(bindparam("most"))
)


def add(connection: Connection, offer: NewOffer) -> None:
    row = {
        "id": offer.id,
        "certificate": offer.certificate,
        "kind": offer.kind,
        "link": offer.link,
        "tx_code": offer.tx_code,
        "tries": 0,
        "mintings": 0,
        "configurations": " ".join(offer.configurations),
        "state": OfferState.OPEN.value,
        "expires_at": offer.expires_at,
    }
    _INSERT.run(connection, row)


def count_minting(connection: Connection, link: str, *, now: int, limit: int) -> MintedOffer | None:
    """Counts one opening of the link with this digest; None if it is unknown, closed, over or opened too often."""
    row = _COUNT_MINTING.run(connection, {"the_link": link, "now": now, "limit": limit}).fetchone()
    return MintedOffer(row[0], tuple(row[1].split(" ")), bool(row[2]), row[3]) if row else None


def add_code(connection: Connection, code: str, offer: str, *, expires_at: int) -> None:
    """`code` is a digest."""
    _INSERT_CODE.run(connection, {"digest": code, "offer": offer, "expires_at": expires_at})


def of_code(connection: Connection, code: str, *, now: int) -> OfferOfCode | None:
    """The offer of a code (by digest) whose time is not over, whatever the offer's state. It is the caller's alone until the
    transaction ends: whoever compares a PIN with it has seen every try before."""
    row = _OF_CODE.run(connection, {"digest": code, "now": now}).fetchone()
    return _read(row)


def of_application(connection: Connection, names: Sequence[str], *, now: int) -> OfferOfCode | None:
    """The open offer that a certificate begins with, by any of the names its application may have. It is the caller's alone, as
    above."""
    row = _OF_APPLICATION.run(connection, {**{f"name_{at}": name for at, name in enumerate(names)}, "now": now}).fetchone()
    return _read(row)


def certificate_of(connection: Connection, offer: str) -> str | None:
    row = _CERTIFICATE.run(connection, {"offer": offer}).fetchone()
    return str(row[0]) if row else None


def redeem(connection: Connection, offer: str) -> bool:
    """Whether this call, and no other, redeemed the offer; all its codes are dead from now on."""
    return bool(_REDEEM.run(connection, {"offer": offer}).rowcount == 1)


def count_wrong(connection: Connection, offer: str, *, limit: int) -> int | None:
    """Counts a wrong PIN and kills the offer at `limit`; how many there were, None if the offer is not open."""
    row = _COUNT_WRONG.run(connection, {"offer": offer, "limit": limit}).fetchone()
    return int(row[0]) if row else None


def add_token(
    connection: Connection,
    token: str,
    certificate: str,
    configurations: tuple[str, ...],
    *,
    expires_at: int,
    key: str | None = None,
    by_identifier: bool = False,
) -> None:
    """`token` is a digest; `key` is the thumbprint of the key it is bound to, None for a bearer token; `by_identifier`, whether
    it came with credential identifiers."""
    row = {
        "digest": token,
        "certificate": certificate,
        "configurations": " ".join(configurations),
        "expires_at": expires_at,
        "key": key,
        "by_identifier": int(by_identifier),
    }
    _INSERT_TOKEN.run(connection, row)


def close(connection: Connection, certificate: str) -> None:
    _CLOSE.run(connection, {"of": certificate})


def close_transfers(connection: Connection, certificate: str) -> None:
    _CLOSE_TRANSFERS.run(connection, {"of": certificate})


def lapsed(connection: Connection, *, before: int, most: int) -> tuple[str, ...]:
    """Certificates that were offered and never fetched, their window over before `before`."""
    return tuple(connection.execute(_LAPSED, {"before": before, "most": most}).scalars())


def _read(row: Any) -> OfferOfCode | None:
    return OfferOfCode(row[0], row[1], row[2], tuple(row[3].split(" ")), OfferState(row[4]), row[5]) if row else None
