"""A flood of guesses at the officers' door must not hold up everybody else (T08)."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from threading import Lock
from time import sleep
from unittest.mock import patch

import httpx2
import pytest

from sinwon.services.accounts import password
from sinwon.store.consulate.tables import METADATA
from sinwon.store.engine import open_engine
from sinwon.web.consulate.app import consulate_app
from sinwon.web.consulate.officers import COMPARING
from tests.counter import SECRET, Counter, counter, people
from tests.world import CONSULATE

FLOOD = 60  # more than there are threads


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Counter]:
    engine = open_engine(f"sqlite:///{tmp_path}/consulate.sqlite")
    METADATA.create_all(engine)
    yield counter(engine)
    engine.dispose()


class Slow:
    """Compares secrets slowly and remembers how many at once."""

    def __init__(self) -> None:
        self.lock, self.now, self.most = Lock(), 0, 0

    def __call__(self, _secret: str, _kept: str) -> bool:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        sleep(0.02)
        with self.lock:
            self.now -= 1
        return False


def test_T08_guesses_at_once_wait_for_each_other_and_for_nobody_else(desk: Counter) -> None:
    """Each comparison takes 32 MiB; forty threads full of them would be more than a gigabyte, and no thread left."""
    desk.officer()
    made, slow, order = desk.apply(people()[0]), Slow(), list[str]()

    async def flood() -> None:
        transport = httpx2.ASGITransport(consulate_app(desk.consulate))
        async with httpx2.AsyncClient(transport=transport, base_url=CONSULATE) as client:

            async def guess(number: int) -> None:
                answer = await client.post("/officer/sessions", json={"login": f"nobody-{number}", "secret": "wrong" * 3})
                assert answer.status_code == 401
                order.append("guess")

            async def look() -> None:
                await asyncio.sleep(0.05)
                key = {"authorization": f"Bearer {made.secret}"}
                assert (await client.get(f"/applications/{made.application}", headers=key)).status_code == 200
                order.append("look")

            await asyncio.gather(*(guess(number) for number in range(FLOOD)), look())

    with patch("sinwon.services.accounts.sign_in.is_secret", slow):
        asyncio.run(flood())
    assert slow.most == COMPARING
    assert order.index("look") < FLOOD // 2


def test_T08_control_a_right_secret_is_compared_like_any_other(desk: Counter) -> None:
    desk.officer()

    async def sign_in() -> int:
        transport = httpx2.ASGITransport(consulate_app(desk.consulate))
        async with httpx2.AsyncClient(transport=transport, base_url=CONSULATE) as client:
            with patch.object(password, "_scrypt", wraps=password._scrypt) as spent:
                status = (await client.post("/officer/sessions", json={"login": "yeongsa", "secret": SECRET})).status_code
            assert spent.call_count == 1
            return status

    assert asyncio.run(sign_in()) == 201
