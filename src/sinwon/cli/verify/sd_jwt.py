"""An SD-JWT VC, shown by its holder or not, in compact or JSON form: the checks in order."""

from functools import partial
from typing import Final

from sinwon.cli.verify.asked import Asked
from sinwon.cli.verify.report import Opening, Report
from sinwon.cli.verify.status import check_status
from sinwon.core.clock import utc
from sinwon.core.refusal import Refusal
from sinwon.formats.sdjwt.disclosures import payload_of
from sinwon.formats.sdjwt.json_form import parse_json_form
from sinwon.formats.sdjwt.key_binding import check_key_binding
from sinwon.formats.sdjwt.parse import SdJwt, parse_sd_jwt
from sinwon.formats.sdjwt.vc import VerifiedSdJwtVc, verify_sd_jwt_vc
from sinwon.formats.status.token import Kind
from sinwon.keys.trust import TrustAnchors
from sinwon.keys.x509 import parse_x5c

COMPACT: Final = Opening("an issuer's JWT, disclosures and perhaps a key binding, within bounds", "RFC 9901 4")
JSON: Final = Opening("an SD-JWT in JSON, within bounds", "RFC 9901 8")
TYPED: Final = Opening("it says of which type it is", "SD-JWT VC 3.2.2.1")


def check_compact(report: Report, text: str, asked: Asked) -> None:
    sd_jwt = report.take("shape", partial(parse_sd_jwt, text), opening=COMPACT)
    _check(report, sd_jwt, asked, bound=not text.endswith("~"))


def check_json(report: Report, text: str, asked: Asked) -> None:
    form = report.take("shape", partial(parse_json_form, text), parse_json_form, opening=JSON)
    if form is not None and form.others:
        report.notes.append("other-signatures")
    _check(report, form.sd_jwt if form else None, asked, bound="kb_jwt" in text)


def _check(report: Report, sd_jwt: SdJwt | None, asked: Asked, *, bound: bool) -> None:
    anchors = _anchors(sd_jwt, asked) if sd_jwt else asked.trust.listed
    verify = partial(verify_sd_jwt_vc, sd_jwt, anchors=anchors, now=asked.now) if sd_jwt else None
    found: VerifiedSdJwtVc | None = report.take("issuer", verify, verify_sd_jwt_vc, opening=TYPED)
    if bound or asked.expects_holder:
        _check_holder(report, sd_jwt, found, asked)
    else:
        report.notes.append("not-presented")
    check_status(report, found.status if found else None, found.issuer if found else "", Kind.JWT, anchors, asked)
    if found is not None:
        until = f"{utc(found.expires_at):%Y-%m-%d %H:%M:%S} UTC"
        report.facts |= {"issuer": found.issuer, "type": found.vct, "until": until}


def _check_holder(report: Report, sd_jwt: SdJwt | None, found: VerifiedSdJwtVc | None, asked: Asked) -> None:
    nonce, audience = asked.nonce, asked.client_id
    if nonce is None or audience is None:
        report.take("holder", None, check_key_binding, needs="needs-audience")
        return
    check = partial(check_key_binding, audience=audience, nonce=nonce, now=asked.now)
    prove = partial(check, sd_jwt, found.holder_key, algorithm=found.algorithm) if sd_jwt and found else None
    report.take("holder", prove, check_key_binding)


def _anchors(sd_jwt: SdJwt, asked: Asked) -> TrustAnchors:
    try:
        leaf = parse_x5c(sd_jwt.issuer_signed.header.get("x5c"))[0]
        kind = payload_of(sd_jwt).get("vct")
    except Refusal:
        return asked.trust.of(None, "")
    return asked.trust.of(leaf, kind if isinstance(kind, str) else "")
