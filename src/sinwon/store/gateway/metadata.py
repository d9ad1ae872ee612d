"""The tables of the gateway hang here, its audit trail among them."""

from typing import Final

from sqlalchemy import MetaData

from sinwon.store.audit import AuditTrail, audit_table

METADATA: Final = MetaData()
AUDIT: Final = AuditTrail(audit_table(METADATA))
