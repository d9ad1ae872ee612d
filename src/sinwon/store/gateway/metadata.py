"""The tables of the gateway hang here, its audit trail among them."""

from re import compile as pattern
from typing import Final

from sqlalchemy import MetaData

from sinwon.store.audit import AuditTrail, audit_table

METADATA: Final = MetaData()
AUDIT: Final = AuditTrail(audit_table(METADATA))
KEY: Final = pattern(r"[\x21-\x7e]{1,128}\Z")


def is_key(text: str) -> bool:
    """Whether a stranger's text can be the name of a record: PostgreSQL does not even take every text as a question."""
    return KEY.match(text) is not None
