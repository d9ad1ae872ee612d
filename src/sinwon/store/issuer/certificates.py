"""Certificates and the persons they are about.

A certificate is *offered* when a consulate asks for it, *active* from its first copy on, perhaps *suspended* or *in need of
renewal*, and ends *revoked* (final), *expired* or *lapsed* (never fetched). What moves it from one to another is in
store.issuer.lives. The person is sealed; whoever opens it uses `seal_context`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, ScalarSelect, and_, bindparam, func, insert, or_, select, update

from sinwon.formats.status.token import Kind
from sinwon.store.issuer.tables import CERTIFICATES, DEVICES, PERSONS, STATUS_LISTS, TOKENS
from sinwon.store.kept import Conflict, Kept


class CertificateState(StrEnum):
    OFFERED = "offered"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    NEEDS_RENEWAL = "needs_renewal"
    REVOKED = "revoked"
    LAPSED = "lapsed"
    EXPIRED = "expired"


LIVING = (CertificateState.OFFERED, CertificateState.ACTIVE, CertificateState.NEEDS_RENEWAL)
"""May have copies. Named one by one: a certificate that is stopped in whatever way gets no new ones."""
HELD = (CertificateState.ACTIVE, CertificateState.NEEDS_RENEWAL, CertificateState.SUSPENDED)
"""On somebody's phone, usable or stopped for a while. Whoever was stopped before the first copy counts too."""
NOT_OVER = (CertificateState.OFFERED, *HELD)
IS_NOT_OVER = or_(*(CERTIFICATES.c.state == state.value for state in NOT_OVER))


@dataclass(frozen=True, slots=True)
class NewCertificate:
    id: str
    application: str
    person_id: str
    mission: str
    person: bytes
    valid_until: int
    issued_at: int = 0
    """When the offer was made; what its longest time counts from."""
    language: str = "ko"
    revocation_code: str | None = None
    """A keyed hash, as is the next. None: it cannot be found by one."""
    registration_index: str | None = None
    reminded: int | None = None
    """Which reminder of its end came last, in days before it."""


@dataclass(frozen=True, slots=True)
class OpenList:
    """The list that places are drawn from."""

    number: int
    id: str


@dataclass(frozen=True, slots=True)
class Granted:
    """What an access token leads to: the certificate, and the open status list of each kind that has one."""

    certificate: str
    configurations: tuple[str, ...]
    person_id: str
    person: bytes | None
    state: CertificateState
    valid_until: int
    changes: int
    """How often the certificate's life changed: says whether it still is what was read."""
    lists: Mapping[Kind, OpenList]
    key: str | None = None
    """The thumbprint of the key the token is bound to; None for a bearer token."""
    device: str | None = None
    """The state of the device with that key (store.issuer.devices)."""
    by_identifier: bool = False
    """Whether credential identifiers came with the token, which a request then has to use."""


@dataclass(frozen=True, slots=True)
class OfToken:
    """Whose an access token is, and which key it is bound to."""

    certificate: str
    key: str | None


@dataclass(frozen=True, slots=True)
class Found:
    id: str
    state: CertificateState


_INSERT_PERSON = Kept(insert(PERSONS))
_PERSON_ID = Kept(select(PERSONS.c.person_id).where(PERSONS.c.rrn_index == bindparam("rrn_index")))
_INSERT = Kept(insert(CERTIFICATES))
_JWT_LIST, _CWT_LIST = STATUS_LISTS.alias("jwt_list"), STATUS_LISTS.alias("cwt_list")


def _newest(kind: Kind) -> ScalarSelect[int]:
    of_kind = select(func.max(STATUS_LISTS.c.number)).where(
        STATUS_LISTS.c.kind == kind.value, STATUS_LISTS.c.closed_at.is_(None)
    )
    return of_kind.scalar_subquery()


_GRANTED = Kept(
    select(
        CERTIFICATES.c.id,
        TOKENS.c.configurations,
        CERTIFICATES.c.person_id,
        CERTIFICATES.c.person,
        CERTIFICATES.c.state,
        CERTIFICATES.c.valid_until,
        CERTIFICATES.c.changes,
        TOKENS.c.key,
        DEVICES.c.state,
        _JWT_LIST.c.number,
        _JWT_LIST.c.id,
        _CWT_LIST.c.number,
        _CWT_LIST.c.id,
        TOKENS.c.by_identifier,
    )
    .select_from(TOKENS)
    .join(CERTIFICATES, CERTIFICATES.c.id == TOKENS.c.certificate)
    .outerjoin(DEVICES, and_(DEVICES.c.certificate == CERTIFICATES.c.id, DEVICES.c.key == TOKENS.c.key))
    .outerjoin(_JWT_LIST, _JWT_LIST.c.number == _newest(Kind.JWT))
    .outerjoin(_CWT_LIST, _CWT_LIST.c.number == _newest(Kind.CWT))
    .where(TOKENS.c.digest == bindparam("digest"), TOKENS.c.expires_at > bindparam("now"))
)
_OF_TOKEN = Kept(
    select(TOKENS.c.certificate, TOKENS.c.key).where(
        TOKENS.c.digest == bindparam("digest"), TOKENS.c.expires_at > bindparam("now")
    )
)
_OF_APPLICATION = Kept(select(CERTIFICATES.c.id, CERTIFICATES.c.state).where(CERTIFICATES.c.application == bindparam("of")))
_APPLICATION = Kept(select(CERTIFICATES.c.application).where(CERTIFICATES.c.id == bindparam("of")))
_ACTIVATE = Kept(
    update(CERTIFICATES)
    .where(
        CERTIFICATES.c.id == bindparam("certificate"),
        CERTIFICATES.c.changes == bindparam("seen"),
        or_(*(CERTIFICATES.c.state == state.value for state in (CertificateState.OFFERED, CertificateState.ACTIVE))),
    )
    .values(state=CertificateState.ACTIVE.value, fetched_at=func.coalesce(CERTIFICATES.c.fetched_at, bindparam("now")))
)
_HAS_ACTIVE = Kept(
    select(CERTIFICATES.c.id)
    .join(PERSONS, PERSONS.c.person_id == CERTIFICATES.c.person_id)
    .where(
        PERSONS.c.rrn_index == bindparam("rrn_index"),
        or_(*(CERTIFICATES.c.state == state.value for state in HELD)),
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
        "language": certificate.language,
        "revocation_code": certificate.revocation_code,
        "registration_index": certificate.registration_index,
        "issued_at": certificate.issued_at,
        "fetched_at": None,
        "stale": None,
        "changes": 0,
        "reminded": certificate.reminded,
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
    certificate, configurations, person_id, person, state, valid_until, changes, key, device, *numbers, named = row
    found = {Kind.JWT: numbers[:2], Kind.CWT: numbers[2:]}
    lists = {kind: OpenList(*pair) for kind, pair in found.items() if pair[0] is not None}
    asked = tuple(configurations.split(" "))
    now_is = CertificateState(state)
    return Granted(certificate, asked, person_id, person, now_is, valid_until, changes, lists, key, device, bool(named))


def of_token(connection: Connection, token: str, *, now: int) -> OfToken | None:
    """Whose a living access token (by digest) is."""
    row = _OF_TOKEN.run(connection, {"digest": token, "now": now}).fetchone()
    return OfToken(*row) if row else None


def of_application(connection: Connection, application: str) -> Found | None:
    row = _OF_APPLICATION.run(connection, {"of": application}).fetchone()
    return Found(row[0], CertificateState(row[1])) if row else None


def application_of(connection: Connection, certificate: str) -> str | None:
    row = _APPLICATION.run(connection, {"of": certificate}).fetchone()
    return str(row[0]) if row else None


def activate(connection: Connection, certificate: str, changes: int, *, now: int) -> bool:
    """Whether the certificate is offered or active, nothing changed since it was read, and it is active from now on: the usual
    case of a fetch. Holds off every change until this transaction ends."""
    return bool(_ACTIVATE.run(connection, {"certificate": certificate, "seen": changes, "now": now}).rowcount == 1)


def has_active(connection: Connection, rrn_index: str, *, now: int) -> bool:
    return _HAS_ACTIVE.run(connection, {"rrn_index": rrn_index, "now": now}).fetchone() is not None
