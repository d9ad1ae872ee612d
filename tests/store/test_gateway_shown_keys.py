"""Keys shown a moment ago: found again for as long as asked, forgotten after."""

from sinwon.store.gateway.metadata import METADATA
from sinwon.store.gateway.shown_keys import forget_shown, note_shown
from tests.store.conftest import EngineFactory

NOW = 4_102_444_800
A, B = "a" * 43, "b" * 43


def test_others_that_showed_a_key_are_found_and_forgotten(new_engine: EngineFactory) -> None:
    engine = new_engine(METADATA)
    with engine.begin() as connection:
        assert note_shown(connection, [A], "1", since=NOW - 60, now=NOW) == ()
        assert note_shown(connection, [B], "2", since=NOW - 60, now=NOW) == ()
        assert note_shown(connection, [A, B], "3", since=NOW - 60, now=NOW + 60) == ("1", "2")
        assert note_shown(connection, [A], "4", since=NOW + 1, now=NOW + 61) == ("3",)
        assert forget_shown(connection, before=NOW + 60) == 2
        assert note_shown(connection, [A], "5", since=NOW - 60, now=NOW + 61) == ("3", "4")
