"""The issuer's guards on both engines: what several processes do at once on one offer."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Lock
from time import sleep

import pytest

from sinwon.core.refusal import Unmet
from sinwon.keys.seal import Seal
from sinwon.protocols.oauth.grants.pre_authorized import PreAuthorizedRequest
from sinwon.services.issuance.redeem_code import redeem_code
from sinwon.store.issuer.tables import METADATA
from tests.issuing import MASTER, PIN, open_issuer
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
