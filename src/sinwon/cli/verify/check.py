"""From a file to a report: recognised, then checked by what belongs to its kind."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from sinwon.cli.inspect.loose import typ_of
from sinwon.cli.inspect.reading import UNREADABLE
from sinwon.cli.inspect.recognise import Found, Kind
from sinwon.cli.verify import mdoc, sd_jwt, status
from sinwon.cli.verify.asked import Asked
from sinwon.cli.verify.report import Report
from sinwon.core.refusal import Malformed
from sinwon.formats.status.token_jwt import TYP as STATUS_LIST

STATUS_JWT: Final = "status-list-jwt"
STATUS_CWT: Final = "status-list-cwt"
Check = Callable[[Report, Any, Asked], None]
CHECKS: Final[Mapping[str, Check]] = {
    Kind.SD_JWT: sd_jwt.check_compact,
    Kind.SD_JWT_JSON: sd_jwt.check_json,
    Kind.ISSUER_SIGNED: mdoc.check_issuer_signed,
    Kind.DEVICE_RESPONSE: mdoc.check_device_response,
    STATUS_JWT: status.check_jwt,
    STATUS_CWT: status.check_cwt,
}


def kind_of(found: Found) -> str:
    """The check that is meant. Raises Malformed for what is recognised and not checked here."""
    kind: str = found.kind
    if found.kind is Kind.JWS and typ_of(found.value) == STATUS_LIST:
        kind = STATUS_JWT
    elif found.kind is Kind.SIGN1:
        kind = STATUS_CWT
    if kind not in CHECKS:
        raise Malformed(UNREADABLE, f"{kind} is not among what is checked here; sinwon inspect shows it")
    return kind


def check(report: Report, found: Found, asked: Asked) -> None:
    """Adds to `report`, whose kind is kind_of(found)."""
    CHECKS[report.kind](report, found.value, asked)
