"""Certificates and the persons they are about.

A certificate is *offered* when a consulate asks for it, *active* from its first copy on, and ends *revoked* (final),
*expired* or *lapsed* (never fetched). The person is sealed; whoever opens it uses `seal_context`.
"""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from sinwon.store.issuer.tables import CERTIFICATES, PERSONS, STATUS_LISTS, TOKENS


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


_INSERT_PERSON = insert(PERSONS)
_PERSON_ID = select(PERSONS.c.person_id).where(PERSONS.c.rrn_index == bindparam("rrn_index"))
_INSERT = insert(CERTIFICATES)
_NEWEST = select(STATUS_LISTS.c.number).order_by(STATUS_LISTS.c.number.desc()).limit(1).scalar_subquery()
_GRANTED = (
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
_OF_TOKEN = select(TOKENS.c.certificate).where(TOKENS.c.digest == bindparam("digest"), TOKENS.c.expires_at > bindparam("now"))
_OF_APPLICATION = select(CERTIFICATES.c.id, CERTIFICATES.c.state).where(CERTIFICATES.c.application == bindparam("of"))
_ACTIVATE = (
    update(CERTIFICATES)
    .where(CERTIFICATES.c.id == bindparam("certificate"), CERTIFICATES.c.state.in_(LIVING))
    .values(state=CertificateState.ACTIVE)
)
_END = (
    update(CERTIFICATES)
    .where(CERTIFICATES.c.id == bindparam("certificate"), CERTIFICATES.c.state.in_(LIVING))
    .values(state=bindparam("end"), reason=bindparam("because"), person=None)
)
_EXPIRED = select(CERTIFICATES.c.id).where(CERTIFICATES.c.valid_until < bindparam("now"), CERTIFICATES.c.state.in_(LIVING))
_HAS_ACTIVE = (
    select(CERTIFICATES.c.id)
    .join(PERSONS, PERSONS.c.person_id == CERTIFICATES.c.person_id)
    .where(
        PERSONS.c.rrn_index == bindparam("rrn_index"),
        CERTIFICATES.c.state == CertificateState.ACTIVE,
        CERTIFICATES.c.valid_until > bindparam("now"),
    )
    .limit(1)
)


def seal_context(certificate: str) -> str:
    return f"certificates.person:{certificate}"


def person_id_of(connection: Connection, rrn_index: str, fresh: str, *, now: int) -> str:
    """The person's stable id: the one on file, or `fresh` from now on."""
    on_file = connection.execute(_PERSON_ID, {"rrn_index": rrn_index}).scalar_one_or_none()
    if on_file is not None:
        return str(on_file)
    try:
        with connection.begin_nested():
            connection.execute(_INSERT_PERSON, {"rrn_index": rrn_index, "person_id": fresh, "since": now})
    except IntegrityError:  # another transaction was faster
        return str(connection.execute(_PERSON_ID, {"rrn_index": rrn_index}).scalar_one())
    return fresh


def add(connection: Connection, certificate: NewCertificate) -> bool:
    """Whether the application had none yet. After False the transaction must be rolled back."""
    row = {
        "id": certificate.id,
        "application": certificate.application,
        "person_id": certificate.person_id,
        "mission": certificate.mission,
        "person": certificate.person,
        "state": CertificateState.OFFERED,
        "reason": None,
        "valid_until": certificate.valid_until,
    }
    try:
        connection.execute(_INSERT, row)
    except IntegrityError:
        return False
    return True


def granted(connection: Connection, token: str, *, now: int) -> Granted | None:
    """What a living access token (by digest) grants."""
    row = connection.execute(_GRANTED, {"digest": token, "now": now}).one_or_none()
    if row is None:
        return None
    certificate, configurations, person_id, person, state, valid_until, number, list_id = row
    return Granted(
        certificate, tuple(configurations.split(" ")), person_id, person, CertificateState(state), valid_until, number, list_id
    )


def of_token(connection: Connection, token: str, *, now: int) -> str | None:
    """The certificate a living access token (by digest) is for."""
    return connection.execute(_OF_TOKEN, {"digest": token, "now": now}).scalar_one_or_none()


def of_application(connection: Connection, application: str) -> Found | None:
    row = connection.execute(_OF_APPLICATION, {"of": application}).one_or_none()
    return Found(row[0], CertificateState(row[1])) if row else None


def activate(connection: Connection, certificate: str) -> bool:
    """Whether the certificate lives; it is active from now on. Holds off a revocation until this transaction ends."""
    return connection.execute(_ACTIVATE, {"certificate": certificate}).rowcount == 1


def end(connection: Connection, certificate: str, state: CertificateState, *, reason: str | None) -> bool:
    """Whether this call ended the certificate's life; the sealed person is erased."""
    return connection.execute(_END, {"certificate": certificate, "end": state, "because": reason}).rowcount == 1


def has_active(connection: Connection, rrn_index: str, *, now: int) -> bool:
    return connection.execute(_HAS_ACTIVE, {"rrn_index": rrn_index, "now": now}).one_or_none() is not None


def expired(connection: Connection, *, now: int) -> tuple[str, ...]:
    """Living certificates whose time is over."""
    return tuple(connection.execute(_EXPIRED, {"now": now}).scalars())
