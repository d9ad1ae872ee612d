"""Packing, compressing and inflating, against the vectors of the draft and at every limit."""

import tracemalloc
from hashlib import sha256
from typing import Any
from zlib import compress, compressobj

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sinwon.core import base64url
from sinwon.core.refusal import Fault, Malformed
from sinwon.formats.status.encode import MAX_COMPRESSED, MAX_INFLATED, deflate, entry, inflate, pack
from tests.unit.formats.vectors import named

ENCODINGS = named("status-list/encodings.json")
SHORT = {name: vector for name, vector in ENCODINGS.items() if "byte_array" in vector}
LONG = {name: vector for name, vector in ENCODINGS.items() if "size" in vector}


def values_of(vector: dict[str, Any]) -> dict[int, int]:
    statuses = vector["statuses"]
    if isinstance(statuses, list):
        return dict(enumerate(statuses))
    return {int(index): value for index, value in statuses.items()}


@pytest.mark.parametrize("name", ENCODINGS)
def test_vectors_inflate(name: str) -> None:
    vector = ENCODINGS[name]
    packed = inflate(base64url.decode(vector["json"]["lst"]))
    assert len(packed) == vector["decompressed_length"]
    assert sha256(packed).hexdigest() == vector["decompressed_sha256"]
    bits = vector["bits"]
    assert all(entry(packed, index, bits) == value for index, value in values_of(vector).items())


@pytest.mark.parametrize("name", ENCODINGS)
def test_vectors_pack(name: str) -> None:
    vector = ENCODINGS[name]
    values = values_of(vector)
    packed = pack(values, size=vector.get("size", len(values)), bits=vector["bits"])
    assert sha256(packed).hexdigest() == vector["decompressed_sha256"]
    assert inflate(deflate(packed)) == packed


@pytest.mark.parametrize("name", SHORT)
def test_short_vectors_byte_for_byte(name: str) -> None:
    vector = SHORT[name]
    packed = pack(values_of(vector), size=len(vector["statuses"]), bits=vector["bits"])
    assert packed.hex() == vector["byte_array"]


def inflated(data: bytes) -> bytes | None:
    try:
        return inflate(data)
    except Malformed:
        return None


@pytest.mark.parametrize("name", ENCODINGS)
def test_one_changed_bit_never_changes_a_status(name: str) -> None:
    """It is refused, or (a copy of zeros from another distance) says the same."""
    whole = base64url.decode(ENCODINGS[name]["json"]["lst"])
    results = [
        inflated(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :]) for at in range(0, len(whole), 1 + len(whole) // 23)
    ]
    assert None in results
    assert {None, inflate(whole)} >= set(results)


@settings(max_examples=60, deadline=None)
@given(bits=st.sampled_from([1, 2, 4, 8]), data=st.data())
def test_every_entry_comes_back(bits: int, data: st.DataObject) -> None:
    size = 8 * data.draw(st.integers(1, 40))
    values = data.draw(st.dictionaries(st.integers(0, size - 1), st.integers(0, (1 << bits) - 1), max_size=20))
    packed = inflate(deflate(pack(values, size=size, bits=bits)))
    assert [entry(packed, index, bits) for index in range(size)] == [values.get(index, 0) for index in range(size)]


@pytest.mark.parametrize(
    ("values", "size", "bits"),
    [({8: 1}, 8, 1), ({-1: 1}, 8, 1), ({0: 2}, 8, 1), ({0: -1}, 8, 1), ({}, 8, 3), ({}, 0, 1), ({}, 9, 1), ({}, -8, 1)],
)
def test_what_does_not_fit_is_our_own_fault(values: dict[int, int], size: int, bits: int) -> None:
    with pytest.raises(Fault):
        pack(values, size=size, bits=bits)


@pytest.mark.parametrize(("level", "header"), [(0, "7801"), (1, "7801"), (5, "785e"), (6, "789c"), (9, "78da")])
def test_every_legal_header_is_read(level: int, header: str) -> None:
    data = compress(b"\x01" * 100, level)
    assert data[:2].hex() == header
    assert inflate(data) == b"\x01" * 100


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x78",
        b"\x78\xda",
        b"plain",
        deflate(b"x")[:-1],
        deflate(b"x")[2:-4],
        deflate(b"x") + b"\x00",
        deflate(b"x") + deflate(b"y"),
        bytes.fromhex("1f8b0800000000000003") + b"x",
    ],
    ids=["nothing", "one_byte", "only_a_header", "plain", "cut_off", "raw_deflate", "trailing_byte", "two_streams", "gzip"],
)
def test_what_is_not_one_zlib_stream(data: bytes) -> None:
    with pytest.raises(Malformed):
        inflate(data)


def test_largest_inflated() -> None:
    assert len(inflate(deflate(bytes(MAX_INFLATED)))) == MAX_INFLATED
    with pytest.raises(Malformed, match="beyond"):
        inflate(deflate(bytes(MAX_INFLATED + 1)))


def test_largest_compressed() -> None:
    stored = compress(bytes(MAX_COMPRESSED - 200), 0)
    assert len(stored) <= MAX_COMPRESSED
    assert inflate(stored)
    with pytest.raises(Malformed, match="too large"):
        inflate(compress(bytes(MAX_COMPRESSED), 0))


def test_a_bomb_is_stopped_before_it_fills_memory() -> None:
    packer = compressobj(9)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(400)) + packer.flush()
    tracemalloc.start()
    with pytest.raises(Malformed, match="beyond"):
        inflate(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * MAX_INFLATED
