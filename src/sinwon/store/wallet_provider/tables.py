"""The tables of the wallet provider's database. Nothing personal is kept: an instance is the thumbprint of a key that a wallet
made for one purpose, and of what it was attested for there is no trace but that it was.
"""

from typing import Final

from sqlalchemy import BigInteger, Column, Integer, MetaData, String, Table

from sinwon.store.audit import AuditTrail, audit_table

METADATA: Final = MetaData()
INSTANCES: Final = Table(
    "instances",
    METADATA,
    Column("key", String(43), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("registered_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False, index=True),
    Column("revoked_at", BigInteger),
    sqlite_with_rowid=False,
)
USED_CHALLENGES: Final = Table(
    "used_challenges",
    METADATA,
    Column("challenge", String(43), primary_key=True),
    Column("expires_at", BigInteger, nullable=False, index=True),
    sqlite_with_rowid=False,
)
REGISTRATIONS: Final = Table(
    "registrations",
    METADATA,
    Column("minute", BigInteger, primary_key=True, autoincrement=False),
    Column("count", Integer, nullable=False),
)
AUDIT: Final = AuditTrail(audit_table(METADATA))
