"""Hostile CBOR: a clean refusal, at once, in little memory."""

import math
import tracemalloc
from time import process_time

import pytest

from sinwon.core.cbor import MAX_ITEMS, dump_cbor, head, parse_cbor, parse_each, parse_frame
from sinwon.core.refusal import Malformed

LIMIT = 2 * 1024 * 1024
SECONDS = 0.05
MEMORY = 10 * 1024 * 1024

HOSTILE: dict[str, bytes] = {
    "depth_2000": b"\x81" * 2000 + b"\x00",
    "depth_2000_of_tags": b"\xc6" * 2000 + b"\x00",
    "depth_2000_of_maps": b"\xa1\x00" * 2000 + b"\x00",
    "byte_string_of_2_63": head(2, 2**63),
    "byte_string_of_2_63_and_some": head(2, 2**63) + bytes(1000),
    "text_of_2_64": head(3, 2**64 - 1),
    "array_of_2_63": head(4, 2**63),
    "map_of_10_7": head(5, 10**7),
    "map_of_10_7_begun": head(5, 10**7) + bytes(1_900_000),
    "map_of_a_million": head(5, 10**6) + b"".join(dump_cbor(at) + b"\x00" for at in range(300_000)),
    "array_of_a_million": head(4, 10**6) + bytes(10**6),
    "bignum_of_a_megabyte": b"\xc2" + head(2, 10**6) + b"\xff" * 10**6,
    "negative_bignum_of_a_megabyte": b"\xc3" + head(2, 10**6) + b"\xff" * 10**6,
    "nan_key": bytes.fromhex("a1f97e0001"),
    "nan_keys": bytes.fromhex("a2f97e0001f97e0002"),
    "duplicate_integer_keys": bytes.fromhex("a201020103"),
    "duplicate_text_keys": bytes.fromhex("a2616101616102"),
    "true_and_1": bytes.fromhex("a20102f503"),
    "1_and_1.0": bytes.fromhex("a20102f93c0003"),
    "not_minimal_integer": bytes.fromhex("1800"),
    "not_minimal_integer_in_8_bytes": bytes.fromhex("1b00000000ffffffff"),
    "not_minimal_negative": bytes.fromhex("3800"),
    "not_minimal_key": bytes.fromhex("a1180102"),
    "trailing_bytes": bytes.fromhex("0000"),
    "trailing_item": bytes.fromhex("a0a0"),
    "invalid_utf_8": bytes.fromhex("61ff"),
    "surrogate": bytes.fromhex("63eda080"),
    "unterminated_array": bytes.fromhex("9f01"),
    "unterminated_bytes": bytes.fromhex("5f4101"),
    "indefinite": bytes.fromhex("9f01ff"),
    "cut_off": bytes.fromhex("8201"),
    "empty": b"",
    "break_alone": b"\xff",
    "reserved_head": b"\x1c",
}


@pytest.mark.parametrize("fault", HOSTILE)
def test_O08_refused_at_once_in_little_memory(fault: str) -> None:
    data = HOSTILE[fault]
    begin = process_time()
    with pytest.raises(Malformed):
        parse_cbor(data, limit=LIMIT)
    assert process_time() - begin < SECONDS
    tracemalloc.start()
    try:
        with pytest.raises(Malformed):
            parse_cbor(data, limit=LIMIT)
        assert tracemalloc.get_traced_memory()[1] < MEMORY
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("fault", [name for name in HOSTILE if not name.startswith("not_minimal")])
def test_O08_refused_inside_what_is_signed(fault: str) -> None:
    with pytest.raises(Malformed):
        parse_each([b"\x01", HOSTILE[fault]], limit=LIMIT)


@pytest.mark.parametrize("fault", [name for name in HOSTILE if not name.startswith("not_minimal")])
def test_O08_refused_around_what_is_embedded(fault: str) -> None:
    begin = process_time()
    with pytest.raises(Malformed):
        parse_frame(HOSTILE[fault], limit=LIMIT)
    assert process_time() - begin < SECONDS


@pytest.mark.parametrize("data", ["d81c81d81d00", "d81ca100d81d00", "d81d00"])
def test_O08_cycles_are_never_built(data: str) -> None:
    """Tags 28 and 29 stay what they are written as: finite values, to be written again."""
    value = parse_cbor(bytes.fromhex(data))
    assert dump_cbor(value) == bytes.fromhex(data)
    assert len(repr(value)) < 200


def test_O08_control_what_is_long_but_honest_passes() -> None:
    assert len(parse_cbor(dump_cbor([0] * (MAX_ITEMS - 1)), limit=LIMIT)) == MAX_ITEMS - 1
    assert len(parse_frame(dump_cbor([0] * (MAX_ITEMS - 1)), limit=LIMIT)) == MAX_ITEMS - 1
    assert len(parse_cbor(dump_cbor(bytes(1_900_000)), limit=LIMIT)) == 1_900_000
    assert math.isnan(parse_cbor(bytes.fromhex("f97e00")))
