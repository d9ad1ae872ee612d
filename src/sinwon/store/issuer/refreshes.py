"""Refresh tokens, by family: the tokens that came one from another, of one certificate on one device.

A family has one living token at a time, that of its `generation`; nothing of the token itself is kept. Renewing it is one
conditional UPDATE, which also asks whether the certificate may have new copies. A family ends when a token comes that was
renewed long ago, or when another device takes the certificate over.
"""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, bindparam, delete, exists, insert, or_, select, update

from sinwon.store.issuer.certificates import LIVING
from sinwon.store.issuer.tables import CERTIFICATES, REFRESHES, TOKENS
from sinwon.store.kept import Kept


class FamilyState(StrEnum):
    LIVING = "living"
    REUSED = "reused"
    """One of its old tokens came again: somebody has a copy of it."""
    REPLACED = "replaced"
    """The certificate is on another device."""


@dataclass(frozen=True, slots=True)
class NewFamily:
    """`key` is the thumbprint of the device's key."""

    id: str
    certificate: str
    key: str
    configurations: tuple[str, ...]
    by_identifier: bool = False
    """Whether its access tokens come with credential identifiers."""
    client: str | None = None
    """Who renews, and nobody else; None for a wallet that does not say who it is."""
    instance: str | None = None
    """The thumbprint of the instance key of an attested client."""


@dataclass(frozen=True, slots=True)
class Renewed:
    """What a renewed token is good for."""

    certificate: str
    configurations: tuple[str, ...]
    by_identifier: bool = False


@dataclass(frozen=True, slots=True)
class Family:
    certificate: str
    configurations: tuple[str, ...]
    key: str
    generation: int
    rotated_at: int
    state: FamilyState
    certificate_state: str
    valid_until: int
    """Of the certificate."""
    by_identifier: bool = False
    client: str | None = None
    instance: str | None = None


_INSERT = Kept(insert(REFRESHES))
_MAY_REFRESH = exists().where(
    CERTIFICATES.c.id == REFRESHES.c.certificate,
    CERTIFICATES.c.valid_until > bindparam("now"),
    or_(*(CERTIFICATES.c.state == state.value for state in LIVING)),
)
_ROTATE = Kept(
    update(REFRESHES)
    .where(
        REFRESHES.c.id == bindparam("family"),
        REFRESHES.c.generation <= bindparam("present"),
        REFRESHES.c.key == bindparam("of_key"),
        REFRESHES.c.client.is_not_distinct_from(bindparam("of_client")),
        REFRESHES.c.instance.is_not_distinct_from(bindparam("of_instance")),
        REFRESHES.c.state == FamilyState.LIVING.value,
        _MAY_REFRESH,
    )
    .values(generation=bindparam("following"), rotated_at=bindparam("now"))
    .returning(REFRESHES.c.certificate, REFRESHES.c.configurations, REFRESHES.c.by_identifier)
)
_FIND = Kept(
    select(
        REFRESHES.c.certificate,
        REFRESHES.c.configurations,
        REFRESHES.c.key,
        REFRESHES.c.generation,
        REFRESHES.c.rotated_at,
        REFRESHES.c.state,
        CERTIFICATES.c.state,
        CERTIFICATES.c.valid_until,
        REFRESHES.c.by_identifier,
        REFRESHES.c.client,
        REFRESHES.c.instance,
    )
    .join(CERTIFICATES, CERTIFICATES.c.id == REFRESHES.c.certificate)
    .where(REFRESHES.c.id == bindparam("family"))
)
_END = Kept(
    update(REFRESHES)
    .where(REFRESHES.c.id == bindparam("family"), REFRESHES.c.state == FamilyState.LIVING.value)
    .values(state=bindparam("end"))
)
_END_OTHERS = Kept(
    update(REFRESHES)
    .where(
        REFRESHES.c.certificate == bindparam("of"),
        REFRESHES.c.key != bindparam("but"),
        REFRESHES.c.state == FamilyState.LIVING.value,
    )
    .values(state=FamilyState.REPLACED.value)
)
_DROP_TOKENS = Kept(delete(TOKENS).where(TOKENS.c.certificate == bindparam("of"), TOKENS.c.key == bindparam("of_key")))
_END_OF_KEY = Kept(
    update(REFRESHES)
    .where(
        REFRESHES.c.certificate == bindparam("of"),
        REFRESHES.c.key == bindparam("of_key"),
        REFRESHES.c.state == FamilyState.LIVING.value,
    )
    .values(state=FamilyState.REPLACED.value)
)
_DROP_OTHER_TOKENS = Kept(
    delete(TOKENS).where(TOKENS.c.certificate == bindparam("of"), TOKENS.c.key.is_distinct_from(bindparam("but")))
)
_FORGET = Kept(delete(REFRESHES).where(REFRESHES.c.certificate == bindparam("of")))


def start(connection: Connection, family: NewFamily, *, now: int) -> None:
    """The family of a first refresh token, of generation 0."""
    row = {
        "id": family.id,
        "certificate": family.certificate,
        "key": family.key,
        "configurations": " ".join(family.configurations),
        "generation": 0,
        "rotated_at": now,
        "state": FamilyState.LIVING.value,
        "by_identifier": int(family.by_identifier),
        "client": family.client,
        "instance": family.instance,
    }
    _INSERT.run(connection, row)


def rotate(
    connection: Connection,
    family: str,
    *,
    generation: int,
    key: str,
    now: int,
    client: str | None = None,
    instance: str | None = None,
) -> Renewed | None:
    """Renews the token of this generation, for the device with this key as this instance of this client, and for nobody twice;
    None where it may not be.

    The token was given by us. One that is ahead of the table was given after the backup that the table was restored from: what
    was renewed before it is as old as ever, and the device goes on.
    """
    values: dict[str, str | int | None] = {
        "family": family,
        "present": generation,
        "following": generation + 1,
        "of_key": key,
        "now": now,
    }
    values |= {"of_client": client, "of_instance": instance}
    row = _ROTATE.run(connection, values).fetchone()
    return Renewed(row[0], tuple(row[1].split(" ")), bool(row[2])) if row else None


def find(connection: Connection, family: str) -> Family | None:
    row = _FIND.run(connection, {"family": family}).fetchone()
    if row is None:
        return None
    certificate, configurations, key, generation, rotated_at, state, of_certificate, valid_until, named, *whose = row
    asked, is_in = tuple(configurations.split(" ")), FamilyState(state)
    return Family(certificate, asked, key, generation, rotated_at, is_in, of_certificate, valid_until, bool(named), *whose)


def end_reused(connection: Connection, family: str, certificate: str, key: str) -> bool:
    """Whether this call ended the family; the access tokens of its device are dead too."""
    ended = _END.run(connection, {"family": family, "end": FamilyState.REUSED.value}).rowcount == 1
    if ended:
        _DROP_TOKENS.run(connection, {"of": certificate, "of_key": key})
    return bool(ended)


def end_of_other_keys(connection: Connection, certificate: str, key: str) -> None:
    """Only the device with this key goes on getting copies."""
    _END_OTHERS.run(connection, {"of": certificate, "but": key})
    _DROP_OTHER_TOKENS.run(connection, {"of": certificate, "but": key})


def end_of_key(connection: Connection, certificate: str, key: str) -> None:
    """The device with this key gets no more copies."""
    _END_OF_KEY.run(connection, {"of": certificate, "of_key": key})
    _DROP_TOKENS.run(connection, {"of": certificate, "of_key": key})


def forget(connection: Connection, certificate: str) -> None:
    """The certificate is over."""
    _FORGET.run(connection, {"of": certificate})
