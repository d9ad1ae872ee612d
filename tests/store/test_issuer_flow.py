"""The issuer's guards on both engines: what several processes do at once on one offer."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Lock
from time import sleep

import pytest

from sinwon.core.clock import DAY
from sinwon.core.refusal import Unmet
from sinwon.keys.seal import Seal
from sinwon.protocols.oauth.grants.pre_authorized import PreAuthorizedRequest
from sinwon.protocols.roles.messages import CHANGE, Change
from sinwon.protocols.vci.configurations import IDENTITY_MDOC, IDENTITY_SD_JWT
from sinwon.services.issuance.redeem_code import redeem_code
from sinwon.store.issuer.tables import COPIES, METADATA
from tests.issuing import MASTER, PIN, open_issuer, rows
from tests.store.conftest import EngineFactory
from tests.world import SeededRandomness

GUESSES = 20


@dataclass
class _Compared:
    """How many PINs were compared, each slowly, so that guesses overlap as much as they can."""

    count: int = 0


def _counting(compared: _Compared) -> Seal:
    lock = Lock()

    class Counting(Seal):
        def index(self, value: str, context: str) -> str:
            with lock:
                compared.count += 1
            sleep(0.05)
            return super().index(value, context)

    return Counting(MASTER, SeededRandomness(3))


def test_I03_guesses_of_several_processes_at_once_are_not_compared_beyond_the_limit(new_engine: EngineFactory) -> None:
    """Each process sees the offer open before any other has counted: the offer must be theirs one after the other."""
    issuing, compared = open_issuer(new_engine(METADATA)), _Compared()
    code = issuing.new_code()
    issuer = replace(issuing.issuer, seal=_counting(compared))

    def guess(number: int) -> str:
        with pytest.raises(Unmet) as refused:
            redeem_code(issuer, PreAuthorizedRequest(code, f"{number:06d}"))
        return refused.value.code

    with ThreadPoolExecutor(GUESSES) as pool:
        codes = set(pool.map(guess, range(900_000, 900_000 + GUESSES)))
    assert codes == {"invalid_grant"}
    assert compared.count == issuer.settings.pin_tries
    assert issuing.redeem(code).status_code == 400


def test_I03_control_the_right_pin_among_fewer_guesses_is_redeemed_once(new_engine: EngineFactory) -> None:
    issuing = open_issuer(new_engine(METADATA))
    code = issuing.new_code()
    with ThreadPoolExecutor(GUESSES) as pool:
        answers = list(pool.map(lambda pin: issuing.redeem(code, pin).status_code, [PIN] * GUESSES))
    assert sorted(answers) == [200] + [400] * (GUESSES - 1)


def test_one_token_does_not_fill_the_status_lists(new_engine: EngineFactory) -> None:
    """The holder's own token, used as fast as it goes while it lives: the copies of a certificate are counted."""
    issuing = open_issuer(new_engine(METADATA)).with_settings(copies=12)
    token = issuing.new_token()
    batches = [issuing.proofs(5) for _ in range(GUESSES)]
    with ThreadPoolExecutor(GUESSES) as pool:
        answers = list(pool.map(lambda proofs: issuing.request(token, proofs), batches))
    assert sorted(answer.status_code for answer in answers) == [200, 200] + [400] * (GUESSES - 2)
    assert {answer.json()["error"] for answer in answers if answer.status_code == 400} == {"credential_request_denied"}
    assert rows(issuing, COPIES) == 10


def test_control_a_smaller_batch_that_fits_is_issued(new_engine: EngineFactory) -> None:
    issuing = open_issuer(new_engine(METADATA)).with_settings(copies=12)
    token = issuing.new_token()
    for count, status in ((5, 200), (5, 200), (3, 400), (2, 200), (1, 400)):
        assert issuing.request(token, issuing.proofs(count)).status_code == status


@pytest.mark.parametrize("configuration", [IDENTITY_SD_JWT, IDENTITY_MDOC])
def test_copies_that_count_for_nothing_do_not_fill_the_status_lists(new_engine: EngineFactory, configuration: str) -> None:
    """While the passport is over no copy is a living one, so that those alone would never be too many."""
    settings = {"copies": 12, "unexpired": 20, "token_lifetime": 30 * DAY}
    issuing = open_issuer(new_engine(METADATA)).with_settings(**settings)
    token = issuing.new_token()
    expired = Change("raise", "PASSPORT_EXPIRED", "officer-1", application=f"application-{issuing.applications}")
    assert issuing.ask(CHANGE, expired).status_code == 200
    for count, status in ((8, 200), (8, 200), (5, 400), (4, 200), (1, 400)):
        assert issuing.request(token, issuing.proofs(count), configuration).status_code == status
    assert rows(issuing, COPIES) == 20
    issuing.clock.move(issuing.issuer.settings.copy_lifetime + 3_600)
    assert issuing.request(token, issuing.proofs(8), configuration).status_code == 200
