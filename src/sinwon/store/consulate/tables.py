"""The tables of the consulate. Whatever is personal is sealed (LargeBinary) or a keyed hash (String(43))."""

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    text,
)

from sinwon.store.audit import AuditTrail, audit_table

METADATA: Final = MetaData()
AUDIT: Final = AuditTrail(audit_table(METADATA))
ID: Final = 22
HASH: Final = 43
CURSOR: Final = 256
"""The longest place in a register's feed that we remember."""

APPLICATIONS: Final = Table(
    "applications",
    METADATA,
    Column("id", String(ID), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("mission", String(64), nullable=False),
    Column("secret_digest", String(HASH), nullable=False),
    Column("person_index", String(HASH), nullable=False, index=True),
    # The person's place at the counter: one application at a time, taken when an officer has seen the person.
    Column("place", String(HASH), unique=True),
    Column("submitted_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("form", LargeBinary, nullable=False),
    Column("findings", JSON, nullable=False),
    Column("differences", LargeBinary, nullable=False),
    Column("told", Boolean, nullable=False),
    Column("phone_proven_at", BigInteger),
    Column("witness", LargeBinary),
    Column("pin", LargeBinary),
    Column("visit", LargeBinary),
    Column("visited_at", BigInteger),
    Column("person", LargeBinary),
    Column("offer", LargeBinary),
    Column("offered_as", String(64)),
    Column("asked_until", BigInteger, nullable=False),
    Column("offer_expires_at", BigInteger),
    Index("applications_by_mission", "mission", "state", "submitted_at"),
)
DECISIONS: Final = Table(
    "decisions",
    METADATA,
    Column("application", String(ID), ForeignKey("applications.id"), primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("officer", String(ID), nullable=False),
    Column("verdict", String(8), nullable=False),
    Column("codes", JSON, nullable=False),
    Column("overridden", JSON, nullable=False),
    Column("reasons", LargeBinary, nullable=False),
    Column("policy", String(16), nullable=False),
    Column("inputs", JSON, nullable=False),
)
ENROLLED_PASSPORTS: Final = Table(
    "enrolled_passports",
    METADATA,
    Column("passport_index", String(HASH), primary_key=True),
    Column("person_index", String(HASH), nullable=False),
)
PHONE_PROOFS: Final = Table(
    "phone_proofs",
    METADATA,
    Column("id", String(ID), primary_key=True),
    Column("application", String(ID), ForeignKey("applications.id"), nullable=False, index=True),
    Column("state", String(8), nullable=False),
    Column("number", LargeBinary, nullable=False),
    Column("code_hash", String(HASH), nullable=False),
    Column("sent_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False),
)
SEND_LIMITS: Final = Table(
    "send_limits",
    METADATA,
    Column("scope", String(HASH), primary_key=True),
    *(Column(f"sent_{number}", BigInteger, nullable=False) for number in range(1, 6)),
)
CERTIFIED: Final = Table(
    "certified",
    METADATA,
    Column("application", String(ID), ForeignKey("applications.id"), primary_key=True),
    Column("rrn_index", String(HASH), nullable=False, index=True),
    Column("passport_index", String(HASH), nullable=False, index=True),
    Column("registration_index", String(HASH), nullable=False, index=True),
    Column("numbers", LargeBinary, nullable=False),
    # Field → keyed hash of what the issuer was last given: says what is new without keeping it.
    Column("known", JSON, nullable=False),
)
REGISTER_EVENTS: Final = Table(
    "register_events",
    METADATA,
    Column("event", String(HASH), primary_key=True),
    Column("register", String(16), nullable=False),
    Column("kind", String(24), nullable=False),
    Column("occurred_at", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    # Sealed, until something came of it.
    Column("told", LargeBinary),
    Column("attempts", Integer, nullable=False),
    Column("due_at", BigInteger),
    Column("outcome", String(16)),
)
Index(
    "register_events_due",
    REGISTER_EVENTS.c.due_at,
    sqlite_where=text("due_at IS NOT NULL"),
    postgresql_where=text("due_at IS NOT NULL"),
)
REGISTER_CURSORS: Final = Table(
    "register_cursors",
    METADATA,
    Column("register", String(16), primary_key=True),
    Column("cursor", String(CURSOR), nullable=False),
    Column("read_at", BigInteger, nullable=False),
)
USED_REQUESTS: Final = Table(
    "used_requests",
    METADATA,
    Column("request", String(HASH), primary_key=True),
    Column("expires_at", BigInteger, nullable=False),
)
OFFICERS: Final = Table(
    "officers",
    METADATA,
    Column("id", String(ID), primary_key=True),
    Column("login_index", String(HASH), nullable=False, unique=True),
    Column("name", LargeBinary, nullable=False),
    Column("mission", String(64), nullable=False),
    Column("secret", String(200), nullable=False),
    Column("failures", Integer, nullable=False),
    Column("locked_until", BigInteger, nullable=False),
)
SESSIONS: Final = Table(
    "sessions",
    METADATA,
    Column("digest", String(HASH), primary_key=True),
    Column("officer", String(ID), ForeignKey("officers.id"), nullable=False, index=True),
    Column("expires_at", BigInteger, nullable=False),
)
