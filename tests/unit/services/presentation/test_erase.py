"""The retention timer erases answers, and what a service has not read by then it cannot read any more."""

from pathlib import Path

from sinwon.services.presentation.erase import Erased, erase_expired
from sinwon.services.presentation.gateway import RESULT_SECONDS, SIGN_IN_SECONDS
from tests.gateway_world import Wallet, asked, gateway_world


def test_answers_are_erased_when_nobody_may_read_them_any_more(tmp_path: Path) -> None:
    with gateway_world(tmp_path) as here:
        wallet, http = Wallet(here.clock), here.client()
        assert wallet.post(http, asked(here.client(), wallet, http)).status_code == 200
        asked(here.client(), wallet, http)
        here.clock.move(RESULT_SECONDS - 1)
        assert erase_expired(here.gateway) == Erased(0, 0)
        here.clock.move(1)
        assert erase_expired(here.gateway) == Erased(1, 0)
        here.clock.move(2 * SIGN_IN_SECONDS)
        assert erase_expired(here.gateway) == Erased(1, 2)
