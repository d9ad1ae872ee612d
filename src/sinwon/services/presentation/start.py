"""A new question to a wallet: its secrets and its times. The caller writes it, in the transaction it belongs to."""

from sinwon.core.ids import digest, new_secret
from sinwon.protocols.vp.request_object import REQUEST_SECONDS
from sinwon.services.presentation.gateway import SIGN_IN_SECONDS, Gateway
from sinwon.store.gateway.presentations import Presentation, Progress


def new_presentation(gateway: Gateway, *, service: str, preset: str, browser: str, now: int) -> Presentation:
    """An open presentation with fresh request id and nonce, bound to the browser that holds the secret `browser`."""
    return Presentation(
        id=new_secret(gateway.random),
        service=service,
        preset=preset,
        nonce=new_secret(gateway.random),
        session=digest(browser),
        progress=Progress.OPEN,
        expires_at=now + REQUEST_SECONDS,
        erase_at=now + SIGN_IN_SECONDS,
    )
