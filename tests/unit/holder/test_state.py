"""The wallet's own state: copies used once, addresses it speaks to, what it finds after a restart."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from sinwon.core.clock import DAY
from sinwon.core.refusal import Fault, Malformed, Unmet
from sinwon.formats.sdjwt.names import SD_JWT_VC
from sinwon.holder.copies import Copies, Copy
from sinwon.holder.history import MAX_ENTRIES, Event, History
from sinwon.holder.keys import SoftwareKeyRing
from sinwon.holder.powers import check_address
from sinwon.holder.storage import Kept, read_kept
from tests.world import NOW


def copy(
    number: int, *, name: str = "urn:example:a", expires_at: int = NOW + 1, batch: str = "one", received_at: int = NOW - 9 * DAY
) -> Copy:
    return Copy(SD_JWT_VC, name, f"credential {number}", f"key {number}", expires_at, received_at, batch)


def test_a_copy_is_taken_once() -> None:
    copies = Copies([copy(1)])

    def take(_number: int) -> bool:
        try:
            copies.take([copy(1)])
        except Unmet:
            return False
        return True

    with ThreadPoolExecutor(50) as pool:
        assert sum(pool.map(take, range(50))) == 1


def test_all_copies_of_an_answer_are_taken_or_none() -> None:
    copies = Copies([copy(1), copy(2)])
    with pytest.raises(Unmet):
        copies.take([copy(1), copy(3)])
    assert copies.unused() == (copy(1), copy(2))


def test_left_counts_valid_copies_by_type() -> None:
    copies = Copies([copy(1), copy(2, expires_at=NOW), copy(3, name="urn:example:b")])
    assert copies.left(NOW) == {"urn:example:a": 1, "urn:example:b": 1}


def test_a_copy_about_to_end_is_as_good_as_gone_unless_fresh_ones_would_end_as_soon() -> None:
    soon, later = NOW + DAY, NOW + DAY + 1
    copies = Copies([copy(1, expires_at=soon), copy(2, expires_at=later), copy(3, expires_at=soon, received_at=NOW)])
    assert copies.lasting(NOW) == {("urn:example:a", False): 2}
    assert copies.lasting(NOW + 1) == {("urn:example:a", False): 1}
    assert copies.lasting(NOW + DAY) == {}


def test_newer_copies_come_first() -> None:
    copies = Copies([copy(1)])
    copies.add([copy(2, batch="two")])
    assert [one.batch for one in copies.unused()] == ["two", "one"]


def test_the_history_is_bounded() -> None:
    history = History()
    for number in range(MAX_ENTRIES + 1):
        history.add(Event(number, "gov24", "sent"))
    assert len(history.events) == MAX_ENTRIES
    assert history.events[0].at == 1


class Spoiled:
    def load(self) -> bytes | None:
        return b"{"

    def save(self, data: bytes) -> None:
        raise AssertionError(data)


def test_a_spoiled_file_is_not_an_empty_wallet() -> None:
    with pytest.raises(Fault):
        read_kept(Spoiled())
    assert read_kept(None) == Kept()


def test_a_software_key_is_opened_by_its_reference() -> None:
    ring = SoftwareKeyRing()
    reference, key = ring.create()
    assert ring.open(reference).public_jwk == key.public_jwk
    assert ring.create()[0] != reference


def test_addresses_give_their_origin() -> None:
    assert check_address("https://gateway.example:8443/a?b=c", "x", demo=False) == "https://gateway.example:8443"
    assert check_address("http://127.0.0.1:8000/a", "x", demo=True) == "http://127.0.0.1:8000"


@pytest.mark.parametrize(
    ("url", "demo"),
    [
        ("http://127.0.0.1/", False),
        ("http://gateway.example/", True),
        ("http://127.0.0.1@gateway.example/", True),
        ("ftp://gateway.example/", True),
        ("https://gateway.example:x/", True),
        ("https://[::1/", True),
        ("https://gateway.example/\n", True),
        ("https://gateway.example/\ta", False),
        ("//gateway.example/", False),
    ],
)
def test_addresses_the_wallet_does_not_speak_to(url: str, demo: bool) -> None:
    with pytest.raises(Malformed):
        check_address(url, "x", demo=demo)
