"""What tests of issuance look at afterwards: a copy, the status lists, the audit trail."""

from typing import Any

from sqlalchemy import select

from sinwon.formats.sdjwt.parse import parse_sd_jwt
from sinwon.formats.sdjwt.vc import VerifiedSdJwtVc, verify_sd_jwt_vc
from sinwon.formats.status.reference import StatusReference
from sinwon.formats.status.token import VerifiedStatusList
from sinwon.formats.status.token_jwt import verify_status_list
from sinwon.store.issuer.tables import AUDIT
from tests import world
from tests.issuing import Issuing


def verified(answer: dict[str, Any], number: int = 0, now: int = world.NOW) -> VerifiedSdJwtVc:
    text = answer["credentials"][number]["credential"]
    return verify_sd_jwt_vc(parse_sd_jwt(text), anchors=world.trust_anchors(), now=now)


def place_of(copy: VerifiedSdJwtVc) -> StatusReference:
    """Where its status stands: every copy of ours says so."""
    assert copy.status is not None
    return copy.status


def status_list(issuing: Issuing, uri: str) -> VerifiedStatusList:
    token = issuing.get(uri, headers={"Accept": "application/statuslist+jwt"}).content
    return verify_status_list(token, uri=uri, anchors=world.trust_anchors(), now=issuing.clock.now)


def actions(issuing: Issuing) -> list[str]:
    with issuing.issuer.engine.connect() as connection:
        return list(connection.execute(select(AUDIT.table.c.action).order_by(AUDIT.table.c.number)).scalars())
