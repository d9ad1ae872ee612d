"""Fields at rest: sealed to their place, found by hash."""

import pytest

from sinwon.core.refusal import Fault
from sinwon.keys.seal import MasterKey, Seal
from tests.world import SeededRandomness

MASTER = MasterKey(b"\x01" * 32)
CONTEXT = "holders.rrn:7"


def seal(master: MasterKey = MASTER, seed: int = 1) -> Seal:
    return Seal(master, SeededRandomness(seed))


def test_round_trip() -> None:
    for plain in (b"", b"9001011234567", b"x" * 100_000):
        assert seal().open(seal().seal(plain, CONTEXT), CONTEXT) == plain


def test_the_plain_text_does_not_show_and_twice_is_never_the_same() -> None:
    one = seal()
    sealed = {one.seal(b"9001011234567", CONTEXT) for _ in range(50)}
    assert len(sealed) == 50
    assert not any(b"900101" in field for field in sealed)


@pytest.mark.parametrize("context", ["holders.rrn:8", "holders.phone:7", ""])
def test_a_field_does_not_open_elsewhere(context: str) -> None:
    with pytest.raises(Fault):
        seal().open(seal().seal(b"x", CONTEXT), context)


def test_a_changed_field_does_not_open() -> None:
    sealed = seal().seal(b"9001011234567", CONTEXT)
    for at in range(len(sealed)):
        with pytest.raises(Fault):
            seal().open(sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :], CONTEXT)
    for cut in range(len(sealed)):
        with pytest.raises(Fault):
            seal().open(sealed[:cut], CONTEXT)


def test_another_master_key_does_not_open() -> None:
    with pytest.raises(Fault):
        seal(MasterKey(b"\x02" * 32)).open(seal().seal(b"x", CONTEXT), CONTEXT)


def test_a_fault_does_not_say_whose_field() -> None:
    with pytest.raises(Fault) as fault:
        seal().open(seal().seal(b"x", "holders.rrn:7"), "holders.rrn:8")
    assert "8" not in str(fault.value)


def test_look_up_hashes() -> None:
    assert seal().index("9001011234567", "rrn") == seal(seed=9).index("9001011234567", "rrn")
    others = {
        seal().index("9001011234568", "rrn"),
        seal().index("9001011234567", "phone"),
        seal(MasterKey(b"\x02" * 32)).index("9001011234567", "rrn"),
    }
    assert seal().index("9001011234567", "rrn") not in others
    assert len(others) == 3
    assert len(seal().index("a", "b")) == 43


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_master_key_has_32_bytes(length: int) -> None:
    with pytest.raises(Fault):
        MasterKey(bytes(length))


def test_purposes_are_independent() -> None:
    assert len({MASTER.derive(purpose) for purpose in ("seal", "index", "pairwise")}) == 3
    assert len(MASTER.derive("seal")) == 32
