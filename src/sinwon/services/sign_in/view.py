"""Where a sign-in stands, for the page that shows it."""

from dataclasses import dataclass
from enum import StrEnum

from sinwon.core.refusal import Unmet
from sinwon.protocols.trust.catalogue import Preset, Service
from sinwon.protocols.vp.client_identifier import x509_hash
from sinwon.protocols.vp.request_object import wallet_link
from sinwon.services.presentation.gateway import Gateway
from sinwon.services.sign_in.browser import OVER, own_sign_in
from sinwon.store.engine import reading
from sinwon.store.gateway.presentations import Presentation
from sinwon.store.gateway.presentations import Progress as Shown
from sinwon.store.gateway.sign_ins import Progress, SignIn


class Stage(StrEnum):
    OPEN = "open"
    EXPIRED = "expired"
    """This question is too old; it can be asked again."""
    DECLINED = "declined"
    ANSWERED = "answered"
    """The wallet has sent; its link back to this browser is still to be followed."""
    OVER = "over"


@dataclass(frozen=True, slots=True)
class View:
    sign_in: str
    stage: Stage
    service: Service
    preset: Preset
    redirect_uri: str
    link: str
    """Opens a wallet."""
    expires_at: int
    seconds_left: int
    failed_step: str | None
    wallet_error: str | None
    cross_device: bool


def view_sign_in(gateway: Gateway, sign_in_id: str, browser: str | None) -> View:
    """Raises Unmet(OVER | OTHER_BROWSER)."""
    now = gateway.clock()
    with reading(gateway.engine) as connection:
        sign_in, presentation = own_sign_in(connection, sign_in_id, browser)
    catalogue = gateway.catalogue()
    service, preset = catalogue.service(presentation.service), catalogue.preset(presentation.preset)
    if service is None or preset is None:
        raise Unmet(OVER, "the service left the catalogue")
    client_id = x509_hash(gateway.access(service.id).chain[0])
    request_uri = gateway.request_uri(presentation.id)
    return View(
        sign_in=sign_in.id,
        stage=_stage(sign_in, presentation, now),
        service=service,
        preset=preset,
        redirect_uri=sign_in.redirect_uri,
        link=wallet_link(gateway.settings.wallet_endpoint, client_id=client_id, request_uri=request_uri),
        expires_at=presentation.expires_at,
        seconds_left=max(0, presentation.expires_at - now),
        failed_step=presentation.failed_step,
        wallet_error=presentation.wallet_error,
        cross_device=service.id in gateway.settings.cross_device,
    )


def _stage(sign_in: SignIn, presentation: Presentation, now: int) -> Stage:
    if sign_in.progress is not Progress.STARTED or now >= sign_in.expires_at:
        return Stage.OVER
    if presentation.progress is Shown.OPEN:
        return Stage.OPEN if presentation.is_open(now) else Stage.EXPIRED
    return Stage.DECLINED if presentation.progress is Shown.DECLINED else Stage.ANSWERED
