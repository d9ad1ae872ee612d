"""The publication being served: read from the database now and then, renewed when its time runs out though nothing changed."""

from collections.abc import Callable
from typing import Final

from sqlalchemy import Engine

from sinwon.core.clock import Clock
from sinwon.services.catalogue.publish import is_due
from sinwon.store.engine import reading
from sinwon.store.trust.publications import Publication, latest_publication

KEEP_SECONDS: Final = 5  # how late another process's publication is seen


class CurrentPublication:
    """Callable as the trust app's `latest`. `publish` is the use case with its powers, called when a renewal is due."""

    def __init__(self, engine: Engine, clock: Clock, publish: Callable[[], Publication]) -> None:
        self._engine = engine
        self._clock = clock
        self._publish = publish
        self._held: Publication | None = None
        self._read_again = 0

    def __call__(self) -> Publication:
        now = self._clock()
        if self._held is None or now >= self._read_again:
            self._held = self._read(now)
            self._read_again = now + KEEP_SECONDS
        return self._held

    def _read(self, now: int) -> Publication:
        with reading(self._engine) as connection:
            latest = latest_publication(connection)
        return self._publish() if latest is None or is_due(latest, now) else latest
