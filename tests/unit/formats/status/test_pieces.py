"""A list in pieces says the same as a list packed whole, after any changes, in one legal zlib stream."""

from hashlib import sha256
from zlib import adler32, decompress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sinwon.core.refusal import Fault
from sinwon.formats.status.encode import entry, inflate, pack
from sinwon.formats.status.pieces import ALIGNED, PIECE, PackedList, adler32_combine
from tests.unit.formats.vectors import named

ENCODINGS = named("status-list/encodings.json")


def filled(values: dict[int, int], *, size: int, bits: int) -> PackedList:
    made = PackedList(size=size, bits=bits)
    made.put(values.items())
    return made


def test_all_vectors_in_pieces() -> None:
    assert len(ENCODINGS) == 6
    for vector in ENCODINGS.values():
        statuses, bits = vector["statuses"], vector["bits"]
        pairs = enumerate(statuses) if isinstance(statuses, list) else statuses.items()
        values = {int(index): value for index, value in pairs}
        stream = filled(values, size=vector.get("size", len(values)), bits=bits).deflated().joined()
        assert sha256(inflate(stream)).hexdigest() == vector["decompressed_sha256"]


@settings(max_examples=40, deadline=None)
@given(
    bits=st.sampled_from([1, 2, 4, 8]),
    size=st.sampled_from([8, 64, PIECE, 8 * PIECE, 8 * PIECE + 8, 20 * PIECE]),
    data=st.data(),
)
def test_random_changes_in_random_order(bits: int, size: int, data: st.DataObject) -> None:
    made, values = PackedList(size=size, bits=bits), dict[int, int]()
    change = st.tuples(st.integers(0, size - 1), st.integers(0, (1 << bits) - 1))
    for _round in range(data.draw(st.integers(1, 4))):
        changes = data.draw(st.lists(change, max_size=12))
        made.put(changes)
        values.update(changes)
        stream = made.deflated()
        assert decompress(stream.joined()) == pack(values, size=size, bits=bits)
        assert all(len(part) % ALIGNED == 0 for part in stream.parts[:-1])
    assert all(entry(inflate(stream.joined()), index, bits) == value for index, value in values.items())


def test_only_the_piece_that_changed_is_compressed_again() -> None:
    made = filled({0: 1, 4 * PIECE * 7: 2}, size=1 << 20, bits=2)
    before = made.deflated().parts
    made.put([(4 * PIECE * 3 + 5, 3)])
    after = made.deflated().parts
    assert [number for number, (old, new) in enumerate(zip(before, after, strict=True)) if old is not new] == [4, 9]


def test_bytes_are_few() -> None:
    """Close to what the strongest compression makes, or fewer."""
    scattered = {place * 7919 % (1 << 20): 1 for place in range(10_000)}
    assert len(filled(scattered, size=1 << 20, bits=2).deflated().joined()) < 22_000
    assert len(filled({}, size=1 << 20, bits=2).deflated().joined()) < 800


@given(first=st.binary(max_size=200), second=st.binary(max_size=200), repeat=st.integers(1, 1000))
def test_checksums_combine(first: bytes, second: bytes, repeat: int) -> None:
    second = second * repeat
    assert adler32_combine(adler32(first), adler32(second), len(second)) == adler32(first + second)


@pytest.mark.parametrize(("size", "bits"), [(0, 1), (-8, 1), (9, 1), (8, 3), (8, 16)])
def test_a_list_no_one_can_have(size: int, bits: int) -> None:
    with pytest.raises(Fault):
        PackedList(size=size, bits=bits)


@pytest.mark.parametrize("change", [(8, 0), (-1, 1), (0, 2), (0, -1)])
def test_what_does_not_fit(change: tuple[int, int]) -> None:
    with pytest.raises(Fault):
        PackedList(size=8, bits=1).put([change])
