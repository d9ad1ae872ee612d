"""Places in a status list: random, free, and a new list before the old one gets crowded."""

from statistics import correlation

from sinwon.services.issuance.places import choose_places, draw_places
from tests.world import SeededRandomness


def test_draws_enough_distinct_places_within_the_list() -> None:
    drawn = draw_places(10, size=1 << 20, random=SeededRandomness(4))
    assert len(set(drawn)) == len(drawn) >= 19
    assert all(0 <= place < 1 << 20 for place in drawn)


def test_places_are_no_sequence() -> None:
    drawn = draw_places(100, size=1 << 20, random=SeededRandomness(4))
    assert abs(correlation([float(n) for n in range(len(drawn))], [float(place) for place in drawn])) < 0.2


def test_enough_are_free_while_fewer_than_half_are_taken() -> None:
    drawn = draw_places(50, size=1 << 20, random=SeededRandomness(4))
    most = frozenset(drawn[: (len(drawn) - 1) // 2])
    assert choose_places(drawn, most, 50) == drawn[len(most) : len(most) + 50]


def test_takes_the_first_free_ones() -> None:
    assert choose_places((5, 1, 9, 3), frozenset({5}), 2) == (1, 9)


def test_a_list_is_full_when_half_the_drawn_places_are_taken() -> None:
    assert choose_places((5, 1, 9, 3), frozenset({5, 9}), 1) is None
    assert choose_places((5, 1), frozenset(), 3) is None
