"""The strict door for CBOR: what comes out, what is refused, every limit at the limit and one past it."""

import math
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sinwon.core.cbor import (
    MAX_BIGNUM,
    MAX_DEPTH,
    MAX_ITEMS,
    DateTime,
    Encoded,
    FullDate,
    Tagged,
    byte_string,
    date_time,
    dump_cbor,
    encode,
    head,
    opened,
    parse_cbor,
    parse_each,
    parse_encoded,
    parse_frame,
    text_string,
)
from sinwon.core.refusal import Fault, Malformed
from tests.world import NOW

numbers = st.integers(-(2**100), 2**100)
keys = st.one_of(st.integers(-(2**64), 2**64 - 1), st.text(max_size=8), st.binary(max_size=8))
plain = st.one_of(
    st.none(),
    st.booleans(),
    numbers,
    st.text(max_size=40),
    st.binary(max_size=300),
    st.floats(allow_nan=False),
    st.builds(Encoded, st.binary(max_size=30)),
    st.builds(FullDate, st.text(max_size=12)),
    st.builds(DateTime, st.text(max_size=22)),
)
values = st.recursive(
    plain,
    lambda inner: st.one_of(
        st.lists(inner, max_size=5),
        st.dictionaries(keys, inner, max_size=5),
        st.builds(Tagged, st.sampled_from([1, 16, 18, 28, 35, 258, 55799, 2**64 - 1]), inner),
    ),
    max_leaves=12,
)


def types(value: Any) -> Any:
    """The shape of `value`: True equals 1, so that equality alone proves too little."""
    if isinstance(value, list):
        return [types(member) for member in value]
    if isinstance(value, dict):
        return {key: (type(key), types(member)) for key, member in value.items()}
    return (Tagged, value.number, types(value.value)) if isinstance(value, Tagged) else type(value)


@settings(max_examples=150, deadline=None)
@given(values)
def test_parsing_what_was_written_is_the_identity(value: Any) -> None:
    data = dump_cbor(value)
    back = parse_cbor(data)
    assert back == value
    assert types(back) == types(value)
    assert dump_cbor(back) == data


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_parse_or_are_refused(data: bytes) -> None:
    try:
        parse_cbor(data)
    except Malformed:
        return


@settings(max_examples=60, deadline=None)
@given(st.lists(values, max_size=5))
def test_parsing_each_is_parsing_every_one(each: list[Any]) -> None:
    assert parse_each([dump_cbor(value) for value in each]) == each


@pytest.mark.parametrize("parts", [[b"\x01\x02", b"\x03"], [b"\x82\x01", b"\x03"], [b"", b"\x01"], [b"\x01", b""], [b"\xff"]])
def test_each_part_is_one_item(parts: list[bytes]) -> None:
    with pytest.raises(Malformed):
        parse_each(parts)


def test_heads_of_what_is_signed_are_not_looked_at() -> None:
    assert parse_each([b"\x18\x01"]) == [1]
    assert Encoded(b"\x18\x01").value == 1


@pytest.mark.parametrize("length", [0, 23, 24, 256, 65536])
def test_encoded_is_found_without_parsing(length: int) -> None:
    assert parse_encoded(Encoded(bytes(length)).tagged) == Encoded(bytes(length))


@pytest.mark.parametrize(
    "data", ["", "d818", "d81860", "d8185801", "d818580100", "d8184100ff", "d81900", "4100", "d8185f4100ff"]
)
def test_not_encoded(data: str) -> None:
    with pytest.raises(Malformed):
        parse_encoded(bytes.fromhex(data))


def test_each_limit_counts_all_parts() -> None:
    assert parse_each([b"\x01"] * 4, limit=4) == [1, 1, 1, 1]
    with pytest.raises(Malformed):
        parse_each([b"\x01"] * 5, limit=4)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("a1f501", "map key"),
        ("a1f601", "map key"),
        ("a1f93c0001", "map key"),
        ("a1f93c00f6", "map key"),
        ("a1810102", "map key"),
        ("a1d81841010a", "map key"),
        ("a1c1000a", "map key"),
        ("a201010102", "not strict"),
        ("c24101", "bignum"),
        ("c249000000000000000001", "bignum"),
        ("c2f6", "bignum"),
        ("d81801", "tag 24"),
        ("c001", "tag 0"),
        ("d903ec01", "tag 1004"),
        ("9f01ff", "not strict"),
        ("5f4101ff", "not strict"),
        ("1801", "longer than necessary"),
        ("190018", "longer than necessary"),
        ("1a0000ffff", "longer than necessary"),
        ("1b00000000ffffffff", "longer than necessary"),
        ("3817", "longer than necessary"),
        ("580101", "longer than necessary"),
        ("d81859000101", "longer than necessary"),
        ("d900184101", "longer than necessary"),
        ("a118016161", "longer than necessary"),
        ("0000", "bytes after"),
        ("61ff", "not strict"),
        ("63eda080", "not strict"),
        ("", "not strict"),
    ],
)
def test_refused(data: str, why: str) -> None:
    with pytest.raises(Malformed, match=why) as caught:
        parse_cbor(bytes.fromhex(data), code="invalid_mdoc")
    assert caught.value.code == "invalid_mdoc"


def test_lengths_longer_than_necessary_are_read() -> None:
    """A common encoder of JavaScript counts every map in 16 bits."""
    assert parse_cbor(bytes.fromhex("b900017801614101")) == {"a": b"\x01"}


def test_what_is_embedded_stands_in_its_frame_as_it_is_hashed() -> None:
    frame = bytes.fromhex("83d8184101d81841021800")
    first, second, third = parse_frame(frame)
    assert third == 0
    assert opened((first, second), frame) == [Encoded(b"\x01"), Encoded(b"\x02")]
    assert opened((), frame) == []
    with pytest.raises(Malformed, match="not tag 24"):
        opened((third,), frame)


@pytest.mark.parametrize(
    ("frame", "why"),
    [
        ("81d81859000101", "longer than necessary"),
        ("81d900184101", "longer than necessary"),
        ("82d81859000101d8184101", "longer than necessary"),
        ("81d8186101", "not tag 24"),
        ("81d8194101", "not tag 24"),
        ("81d818d8184101", "not tag 24"),
        ("81c07430303030", "not strict"),
    ],
)
def test_frames_are_refused(frame: str, why: str) -> None:
    data = bytes.fromhex(frame)
    with pytest.raises(Malformed, match=why):
        opened(parse_frame(data), data)


def test_frames_have_an_end_and_a_limit() -> None:
    assert parse_frame(bytes(1), limit=1) == 0
    with pytest.raises(Malformed, match="bytes after"):
        parse_frame(bytes(2))
    with pytest.raises(Malformed, match="more than 1 bytes"):
        parse_frame(bytes(2), limit=1)


def test_tags_of_the_library_stay_neutral() -> None:
    """Shared references, regular expressions and what else the library would turn into objects."""
    assert parse_cbor(bytes.fromhex("d81c81d81d00")) == Tagged(28, [Tagged(29, 0)])
    assert parse_cbor(bytes.fromhex("d82361 61".replace(" ", ""))) == Tagged(35, "a")
    assert parse_cbor(bytes.fromhex("d863a101820203")) == Tagged(99, {1: [2, 3]})
    assert type(parse_cbor(bytes.fromhex("d863a101820203")).value) is dict


def test_float_shorter_than_ours_is_read() -> None:
    assert parse_cbor(bytes.fromhex("f93e00")) == 1.5
    assert math.isnan(parse_cbor(bytes.fromhex("f97e00")))
    assert math.isnan(parse_cbor(bytes.fromhex("fb7ff8000000000001")))


def test_depth_at_the_limit_and_past_it() -> None:
    assert parse_cbor(b"\x81" * MAX_DEPTH + b"\x00")
    with pytest.raises(Malformed):
        parse_cbor(b"\x81" * (MAX_DEPTH + 1) + b"\x00")
    with pytest.raises(Malformed):
        parse_cbor(b"\xc6" * (MAX_DEPTH + 1) + b"\x00")


def test_items_at_the_limit_and_past_it() -> None:
    assert len(parse_cbor(dump_cbor([0] * (MAX_ITEMS - 1)))) == MAX_ITEMS - 1
    for value in ([0] * MAX_ITEMS, dict.fromkeys(range(MAX_ITEMS), 0)):
        with pytest.raises(Malformed, match="items"):
            parse_cbor(dump_cbor(value), limit=10**6)
    assert len(parse_cbor(dump_cbor(b"\x00" * MAX_ITEMS * 2))) == MAX_ITEMS * 2


def test_bytes_at_the_limit_and_past_it() -> None:
    assert parse_cbor(byte_string(bytes(10)), limit=11) == bytes(10)
    with pytest.raises(Malformed, match="11 bytes"):
        parse_cbor(byte_string(bytes(11)), limit=11)


def test_bignum_at_the_limit_and_past_it() -> None:
    largest = 2 ** (8 * MAX_BIGNUM) - 1
    assert parse_cbor(dump_cbor([largest, -1 - largest, 2**64, -1 - 2**64])) == [largest, -1 - largest, 2**64, -1 - 2**64]
    with pytest.raises(Malformed):
        parse_cbor(dump_cbor(largest + 1))


@pytest.mark.parametrize("length", [0, 23, 24, 255, 256, 65535, 65536])
def test_heads_are_those_of_the_encoder(length: int) -> None:
    assert byte_string(bytes(length)) == dump_cbor(bytes(length))
    assert text_string("가"[:length] + "x" * (length - 3)) == dump_cbor("가"[:length] + "x" * (length - 3))
    assert head(0, length) == dump_cbor(length)
    assert Encoded(bytes(length)).tagged == dump_cbor(Encoded(bytes(length)))
    with pytest.raises(Fault):
        head(0, 2**64)
    with pytest.raises(Fault):
        text_string("\ud800")


@pytest.mark.parametrize(
    "value", [date(2020, 1, 1), datetime.now(UTC), Decimal(1), {1}, object(), [Decimal(2)], cbor2.CBORTag(1, 2)]
)
def test_foreign_types_are_not_written(value: object) -> None:
    with pytest.raises(Fault):
        dump_cbor(value)


def test_encoded_equals_by_bytes() -> None:
    one = encode({"a": [1]})
    assert one.value == {"a": [1]}
    assert one == Encoded(one.raw)
    assert hash(one) == hash(Encoded(one.raw))
    assert repr(one) == "Encoded(a161618101)"
    with pytest.raises(Malformed):
        _ = Encoded(b"\xff").value


def test_moments() -> None:
    assert date_time(NOW) == DateTime("2026-09-21T14:13:20Z")
    assert date_time(NOW).seconds == NOW
    assert FullDate("1990-02-28").date == date(1990, 2, 28)


@pytest.mark.parametrize(
    "text",
    [
        "2026-09-21T14:13:20.0Z",
        "2026-09-21T14:13:20+00:00",
        "2026-09-21T14:13:20",
        "2026-09-21 14:13:20Z",
        "2026-02-30T00:00:00Z",
        "2026-09-21T14:13:60Z",
        "2026-09-21T14:13:20z",
        "٢026-09-21T14:13:20Z",
        "2026-09-21T14:13:20Z\n",
        "",
    ],
)
def test_other_moments_are_refused(text: str) -> None:
    with pytest.raises(Malformed):
        _ = DateTime(text).seconds


@pytest.mark.parametrize("text", ["1990-02-30", "1990-2-3", "19900203", "", "1990-02-03 "])
def test_other_dates_are_refused(text: str) -> None:
    with pytest.raises(Malformed):
        _ = FullDate(text).date
