"""The tables of the issuer's database. Statements over them are in the module of their aggregate.

What is at rest:

- the person sealed, until the certificate ends (certificates.person); the resident number outside it as a keyed hash only
  (persons.rrn_index);
- the issuance PIN as a keyed hash (offers.tx_code), and until the certificate ends the revocation code and the registration
  number with the birth date (certificates.revocation_code, .registration_index);
- of a wallet's authorization request what it pushed, for an hour (authorizations); its names, browsers and codes as digests;
- codes, links, tokens and holder keys as digests, also those that are mailed (mailed_secrets); of a refresh token nothing but
  how often it was renewed;
- addresses of a notice sealed, and wiped when it was sent or given up;
- of whoever asks for a link to stop a certificate nothing but the keyed hash that finds it, for a minute (loss_asks.of);
- of an issuance to come the public keys and how the answer is encrypted, sealed, until it came (pendings.sealed).

After its end stay the certificate's id, application, reason and person id, and each copy's place in a status list: a place is
never given twice, so its row is never deleted.
"""

from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
    text,
)

from sinwon.store.audit import AuditTrail, audit_table

METADATA: Final = MetaData()
WITHOUT_ROWID: Final[Any] = {"sqlite_with_rowid": False}
"""For tables written by every wallet: the key is the table, one page less to log in each transaction. For the same reason they
have no index on `expires_at`: they are kept short, and swept whole."""
ID: Final = 22
DIGEST: Final = 43

PERSONS: Final = Table(
    "persons",
    METADATA,
    Column("rrn_index", String(DIGEST), primary_key=True),
    Column("person_id", String(ID), nullable=False, unique=True),
    Column("since", BigInteger, nullable=False),
)
CERTIFICATES: Final = Table(
    "certificates",
    METADATA,
    Column("id", String(ID), primary_key=True),
    Column("application", String(128), nullable=False, unique=True),
    Column("person_id", String(ID), ForeignKey("persons.person_id"), nullable=False, index=True),
    Column("mission", String(64), nullable=False),
    Column("person", LargeBinary),
    Column("state", String(16), nullable=False),
    Column("reason", String(32)),
    Column("valid_until", BigInteger, nullable=False, index=True),
    Column("language", String(2), nullable=False),
    Column("revocation_code", String(DIGEST), unique=True, index=True),
    Column("registration_index", String(DIGEST), index=True),
    Column("issued_at", BigInteger, nullable=False),
    Column("fetched_at", BigInteger),
    Column("stale", String(16)),
    Column("changes", Integer, nullable=False),
    Column("reminded", Integer),
)
HOLDS: Final = Table(
    "holds",
    METADATA,
    Column("certificate", String(ID), ForeignKey("certificates.id"), nullable=False),
    Column("reason", String(32), nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("by", String(16), nullable=False),
    PrimaryKeyConstraint("certificate", "reason"),
    **WITHOUT_ROWID,
)
EVENT_TIMES: Final = Table(
    "event_times",
    METADATA,
    Column("certificate", String(ID), ForeignKey("certificates.id"), nullable=False),
    Column("aspect", String(16), nullable=False),
    Column("occurred_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("certificate", "aspect"),
    **WITHOUT_ROWID,
)
REGISTER_EVENTS: Final = Table(
    "register_events",
    METADATA,
    Column("event", String(DIGEST), primary_key=True),
    Column("answer", String(1024), nullable=False),
    Column("at", BigInteger, nullable=False),
    **WITHOUT_ROWID,
)
NOTICES: Final = Table(
    "notices",
    METADATA,
    Column("id", String(ID), primary_key=True),
    Column("certificate", String(ID), ForeignKey("certificates.id"), nullable=False, index=True),
    Column("kind", String(32), nullable=False),
    Column("facts", JSON, nullable=False),
    Column("language", String(2), nullable=False),
    Column("zone", String(64)),
    Column("sealed_to", LargeBinary),
    Column("created_at", BigInteger, nullable=False),
    Column("due_at", BigInteger),
    Column("attempts", Integer, nullable=False),
    Column("sent_at", BigInteger),
)
Index(
    "notices_due",
    NOTICES.c.due_at,
    sqlite_where=text("due_at IS NOT NULL"),
    postgresql_where=text("due_at IS NOT NULL"),
)
OFFERS: Final = Table(
    "offers",
    METADATA,
    Column("id", String(ID), primary_key=True),
    Column("certificate", String(ID), ForeignKey("certificates.id"), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("link", String(DIGEST), unique=True),
    Column("tx_code", String(DIGEST)),
    Column("tries", Integer, nullable=False),
    Column("mintings", Integer, nullable=False),
    Column("configurations", String(512), nullable=False),
    Column("state", String(16), nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)
CODES: Final = Table(
    "codes",
    METADATA,
    Column("digest", String(DIGEST), primary_key=True),
    Column("offer", String(ID), ForeignKey("offers.id"), nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    **WITHOUT_ROWID,
)
TOKENS: Final = Table(
    "tokens",
    METADATA,
    Column("digest", String(DIGEST), primary_key=True),
    Column("certificate", String(ID), ForeignKey("certificates.id"), nullable=False),
    Column("configurations", String(512), nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("key", String(DIGEST)),
    Column("by_identifier", Integer, nullable=False, server_default="0"),
    **WITHOUT_ROWID,
)
DEVICES: Final = Table(
    "devices",
    METADATA,
    Column("certificate", String(ID), ForeignKey("certificates.id"), nullable=False),
    Column("key", String(DIGEST), nullable=False),
    Column("state", String(16), nullable=False),
    Column("added_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("certificate", "key"),
    **WITHOUT_ROWID,
)
REFRESHES: Final = Table(
    "refreshes",
    METADATA,
    Column("id", String(ID), primary_key=True),
    Column("certificate", String(ID), ForeignKey("certificates.id"), nullable=False, index=True),
    Column("key", String(DIGEST), nullable=False),
    Column("configurations", String(512), nullable=False),
    Column("generation", Integer, nullable=False),
    Column("rotated_at", BigInteger, nullable=False),
    Column("state", String(16), nullable=False),
    Column("by_identifier", Integer, nullable=False, server_default="0"),
    Column("client", String(256)),
    Column("instance", String(DIGEST)),
    **WITHOUT_ROWID,
)
PENDINGS: Final = Table(
    "pendings",
    METADATA,
    Column("id", String(DIGEST), primary_key=True),
    Column("certificate", String(ID), ForeignKey("certificates.id"), nullable=False, index=True),
    Column("configuration", String(64), nullable=False),
    Column("key", String(DIGEST)),
    Column("sealed", LargeBinary, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    **WITHOUT_ROWID,
)
AUTHORIZATIONS: Final = Table(
    "authorizations",
    METADATA,
    Column("request", String(DIGEST), primary_key=True),
    Column("client", String(256), nullable=False),
    Column("instance", String(DIGEST)),
    Column("redirect_uri", String(2048), nullable=False),
    Column("state", String(2048)),
    Column("configurations", String(512), nullable=False),
    Column("by_details", Integer, nullable=False),
    Column("code_challenge", String(DIGEST), nullable=False),
    Column("key", String(DIGEST)),
    Column("wanted", String(ID)),
    Column("pushed_until", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    Column("progress", String(16), nullable=False),
    Column("browser", String(DIGEST)),
    Column("certificate", String(ID), ForeignKey("certificates.id"), index=True),
    Column("offer", String(ID), ForeignKey("offers.id")),
    Column("code", String(DIGEST), unique=True),
    Column("code_ends_at", BigInteger, nullable=False),
    **WITHOUT_ROWID,
)
USED_ONCE: Final = Table(
    "used_once",
    METADATA,
    Column("value", String(DIGEST), primary_key=True),
    Column("expires_at", BigInteger, nullable=False),
    **WITHOUT_ROWID,
)
CEILINGS: Final = Table(
    "ceilings",
    METADATA,
    Column("name", String(64), primary_key=True),
    Column("begun", BigInteger, nullable=False),
    Column("count", Integer, nullable=False),
    **WITHOUT_ROWID,
)
LOSS_ASKS: Final = Table(
    "loss_asks",
    METADATA,
    Column("id", String(ID), primary_key=True),
    Column("of", String(DIGEST), nullable=False),
    Column("at", BigInteger, nullable=False),
    **WITHOUT_ROWID,
)
MAILED_SECRETS: Final = Table(
    "mailed_secrets",
    METADATA,
    Column("digest", String(DIGEST), primary_key=True),
    Column("certificate", String(ID), ForeignKey("certificates.id"), nullable=False),
    Column("purpose", String(16), nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
    **WITHOUT_ROWID,
)
Index("mailed_of_certificate", MAILED_SECRETS.c.certificate, MAILED_SECRETS.c.purpose, MAILED_SECRETS.c.made_at)
STATUS_LISTS: Final = Table(
    "status_lists",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("id", String(ID), nullable=False, unique=True),
    Column("kind", String(8), nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("closed_at", BigInteger),
)
COPIES: Final = Table(
    "copies",
    METADATA,
    Column("list", Integer, ForeignKey("status_lists.number"), nullable=False),
    Column("place", Integer, nullable=False),
    Column("certificate", String(ID), ForeignKey("certificates.id"), nullable=False),
    Column("configuration", String(64), nullable=False),
    Column("key", String(DIGEST), nullable=False),
    Column("batch", String(DIGEST), nullable=False),
    Column("event", String(32)),
    Column("expires_at", BigInteger, nullable=False),
    Column("status", Integer, nullable=False),
    Column("changed", BigInteger),
    PrimaryKeyConstraint("list", "place"),
    UniqueConstraint("key"),
    **WITHOUT_ROWID,
)
Index("copies_of_certificate", COPIES.c.certificate, COPIES.c.expires_at, COPIES.c.status)
"""All that counting living copies needs: a certificate of three years has had thousands, and few live."""
Index(
    "one_device_of_certificate",
    DEVICES.c.certificate,
    unique=True,
    sqlite_where=text("state = 'current'"),
    postgresql_where=text("state = 'current'"),
)
Index(
    "copies_changed",
    COPIES.c.list,
    COPIES.c.changed,
    sqlite_where=text("changed IS NOT NULL"),
    postgresql_where=text("changed IS NOT NULL"),
)
"""What publishing reads: the sequence of a copy's last change; copies that never changed are not in it."""
RESTORATIONS: Final = Table(
    "restorations",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
)
AUDIT: Final = AuditTrail(audit_table(METADATA))
