"""The tables of the trust site's database. All of it is public knowledge; nothing personal is kept here.

Published documents are never changed or deleted: the history of what was trusted when stays complete.
"""

from typing import Final

from sqlalchemy import JSON, BigInteger, Boolean, Column, Date, ForeignKey, Integer, LargeBinary, MetaData, String, Table, Text

from sinwon.store.audit import AuditTrail, audit_table

METADATA: Final = MetaData()
MISSION_ID: Final = 64
NAME: Final = 200
TEXT: Final = 500

MISSIONS: Final = Table(
    "missions",
    METADATA,
    Column("id", String(MISSION_ID), primary_key=True),
    Column("code", String(32), nullable=False, unique=True),
    Column("code_confirmed", Boolean, nullable=False),
    Column("name_ko", String(NAME), nullable=False),
    Column("name_en", String(NAME), nullable=False),
    Column("type", String(32), nullable=False),
    Column("country", String(2), nullable=False),
    Column("region", String(16), nullable=False),
    Column("time_zone", String(64)),
    Column("opens_on", Date),
    Column("hold", String(16)),
)
COVERED: Final = Table(
    "covered_countries",
    METADATA,
    Column("country", String(2), primary_key=True),
    Column("mission", String(MISSION_ID), ForeignKey("missions.id"), nullable=False),
)
PRESETS: Final = Table(
    "presets",
    METADATA,
    Column("name", String(64), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("purpose_ko", String(NAME), nullable=False),
    Column("purpose_en", String(NAME), nullable=False),
    Column("level", String(2), nullable=False),
    Column("retention_ko", String(NAME), nullable=False),
    Column("retention_en", String(NAME), nullable=False),
    Column("legal_basis_ko", String(TEXT), nullable=False),
    Column("legal_basis_en", String(TEXT), nullable=False),
    Column("required", JSON, nullable=False),
    Column("optional", JSON, nullable=False),
    Column("one_of", JSON, nullable=False),
    Column("anonymous", Boolean, nullable=False),
    Column("retains", Boolean, nullable=False),
)
SERVICES: Final = Table(
    "services",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("name_ko", String(NAME), nullable=False),
    Column("name_en", String(NAME), nullable=False),
    Column("operator_ko", String(NAME), nullable=False),
    Column("operator_en", String(NAME), nullable=False),
    Column("status", String(16), nullable=False),
    Column("presets", JSON, nullable=False),
    Column("live_since", Date),
    Column("waiting_for_ko", String(TEXT), nullable=False),
    Column("waiting_for_en", String(TEXT), nullable=False),
    Column("demonstration", Boolean, nullable=False),
)
ANCHORS: Final = Table(
    "anchors",
    METADATA,
    Column("purpose", String(16), primary_key=True),
    Column("uri", String(NAME), primary_key=True),
    Column("fingerprint", String(43), primary_key=True),
    Column("certificate", LargeBinary, nullable=False),
    Column("name", String(NAME), nullable=False),
    Column("types", JSON, nullable=False),
)
PUBLICATIONS: Final = Table(
    "publications",
    METADATA,
    Column("sequence", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("issued_at", BigInteger, nullable=False),
    Column("next_update", BigInteger, nullable=False),
    Column("trust_list", Text, nullable=False),
    Column("catalogue", Text, nullable=False),
)
AUDIT: Final = AuditTrail(audit_table(METADATA))
