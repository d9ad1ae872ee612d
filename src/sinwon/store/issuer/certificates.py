"""Certificates and the persons they are about.

A certificate is *offered* when a consulate asks for it, *active* from its first copy on, and ends *revoked* (final),
*expired* or *lapsed* (never fetched). The person is sealed; whoever opens it uses `seal_context`.
"""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, bindparam, insert, null, or_, select, update

from sinwon.store.issuer.tables import CERTIFICATES, PERSONS, STATUS_LISTS, TOKENS
from sinwon.store.kept import Conflict, Kept


class CertificateState(StrEnum):
    OFFERED = "offered"
    ACTIVE = "active"
    REVOKED = "revoked"
    LAPSED = "lapsed"
    EXPIRED = "expired"


LIVING = (CertificateState.OFFERED, CertificateState.ACTIVE)


@dataclass(frozen=True, slots=True)
class NewCertificate:
    id: str
    application: str
    person_id: str
    mission: str
    person: bytes
    valid_until: int


@dataclass(frozen=True, slots=True)
class Granted:
    """What an access token leads to: the certificate, and the newest status list (None before the first)."""

    certificate: str
    configurations: tuple[str, ...]
    person_id: str
    person: bytes | None
    state: CertificateState
    valid_until: int
    list: int | None
    list_id: str | None


@dataclass(frozen=True, slots=True)
class Found:
    id: str
    state: CertificateState


_IS_LIVING = or_(*(CERTIFICATES.c.state == state.value for state in LIVING))
_INSERT_PERSON = Kept(insert(PERSONS))
_PERSON_ID = Kept(select(PERSONS.c.person_id).where(PERSONS.c.rrn_index == bindparam("rrn_index")))
_INSERT = Kept(insert(CERTIFICATES))
_NEWEST = select(STATUS_LISTS.c.number).order_by(STATUS_LISTS.c.number.desc()).limit(1).scalar_subquery()
_GRANTED = Kept(
    select(
        CERTIFICATES.c.id,
        TOKENS.c.configurations,
        CERTIFICATES.c.person_id,
        CERTIFICATES.c.person,
        CERTIFICATES.c.state,
        CERTIFICATES.c.valid_until,
        STATUS_LISTS.c.number,
        STATUS_LISTS.c.id,
    )
    .select_from(TOKENS)
    .join(CERTIFICATES, CERTIFICATES.c.id == TOKENS.c.certificate)
    .outerjoin(STATUS_LISTS, STATUS_LISTS.c.number == _NEWEST)
    .where(TOKENS.c.digest == bindparam("digest"), TOKENS.c.expires_at > bindparam("now"))
)
_OF_TOKEN = Kept(
    select(TOKENS.c.certificate).where(TOKENS.c.digest == bindparam("digest"), TOKENS.c.expires_at > bindparam("now"))
)
_OF_APPLICATION = Kept(select(CERTIFICATES.c.id, CERTIFICATES.c.state).where(CERTIFICATES.c.application == bindparam("of")))
_ACTIVATE = Kept(
    update(CERTIFICATES)
    .where(CERTIFICATES.c.id == bindparam("certificate"), _IS_LIVING)
    .values(state=CertificateState.ACTIVE.value)
)
_END = Kept(
    update(CERTIFICATES)
    .where(CERTIFICATES.c.id == bindparam("certificate"), _IS_LIVING)
    .values(state=bindparam("end"), reason=bindparam("because"), person=null())
)
_EXPIRED = select(CERTIFICATES.c.id).where(CERTIFICATES.c.valid_until < bindparam("now"), _IS_LIVING)
_HAS_ACTIVE = Kept(
    select(CERTIFICATES.c.id)
    .join(PERSONS, PERSONS.c.person_id == CERTIFICATES.c.person_id)
    .where(
        PERSONS.c.rrn_index == bindparam("rrn_index"),
        CERTIFICATES.c.state == CertificateState.ACTIVE.value,
        CERTIFICATES.c.valid_until > bindparam("now"),
    )
    .limit(1)
)


def seal_context(certificate: str) -> str:
    return f"certificates.person:{certificate}"


def person_id_of(connection: Connection, rrn_index: str, fresh: str, *, now: int) -> str:
    """The person's stable id: the one on file, or `fresh` from now on."""
    on_file = _PERSON_ID.run(connection, {"rrn_index": rrn_index}).fetchone()
    if on_file is not None:
        return str(on_file[0])
    try:
        with connection.begin_nested():
            _INSERT_PERSON.run(connection, {"rrn_index": rrn_index, "person_id": fresh, "since": now})
    except Conflict:  # another transaction was faster
        return str(_PERSON_ID.run(connection, {"rrn_index": rrn_index}).fetchone()[0])
    return fresh


def add(connection: Connection, certificate: NewCertificate) -> bool:
    """Whether the application had none yet. After False the transaction must be rolled back."""
    row = {
        "id": certificate.id,
        "application": certificate.application,
        "person_id": certificate.person_id,
        "mission": certificate.mission,
        "person": certificate.person,
        "state": CertificateState.OFFERED.value,
        "reason": None,
        "valid_until": certificate.valid_until,
    }
    try:
        _INSERT.run(connection, row)
    except Conflict:
        return False
    return True


def granted(connection: Connection, token: str, *, now: int) -> Granted | None:
    """What a living access token (by digest) grants."""
    row = _GRANTED.run(connection, {"digest": token, "now": now}).fetchone()
    if row is None:
        return None
    certificate, configurations, person_id, person, state, valid_until, number, list_id = row
    return Granted(
        certificate, tuple(configurations.split(" ")), person_id, person, CertificateState(state), valid_until, number, list_id
    )


def of_token(connection: Connection, token: str, *, now: int) -> str | None:
    """The certificate a living access token (by digest) is for."""
    row = _OF_TOKEN.run(connection, {"digest": token, "now": now}).fetchone()
    return str(row[0]) if row else None


def of_application(connection: Connection, application: str) -> Found | None:
    row = _OF_APPLICATION.run(connection, {"of": application}).fetchone()
    return Found(row[0], CertificateState(row[1])) if row else None


def activate(connection: Connection, certificate: str) -> bool:
    """Whether the certificate lives; it is active from now on. Holds off a revocation until this transaction ends."""
    return bool(_ACTIVATE.run(connection, {"certificate": certificate}).rowcount == 1)


def end(connection: Connection, certificate: str, state: CertificateState, *, reason: str | None) -> bool:
    """Whether this call ended the certificate's life; the sealed person is erased."""
    ended = _END.run(connection, {"certificate": certificate, "end": state.value, "because": reason})
    return bool(ended.rowcount == 1)


def has_active(connection: Connection, rrn_index: str, *, now: int) -> bool:
    return _HAS_ACTIVE.run(connection, {"rrn_index": rrn_index, "now": now}).fetchone() is not None


def expired(connection: Connection, *, now: int) -> tuple[str, ...]:
    """Living certificates whose time is over."""
    return tuple(connection.execute(_EXPIRED, {"now": now}).scalars())
