"""The one door for JSON: what lenient parsers let through is refused here."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinwon.core.refusal import Malformed
from sinwon.core.strict_json import MAX_BYTES, MAX_DEPTH, MAX_NAMES, dump, parse_as, parse_json, parse_object

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


class Message(msgspec.Struct, frozen=True):
    name: str
    count: int = 0


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1,"a":1}',
        '{"a":1,"a":2}',
        '{"a" : 1, "a" : 2}',
        '{"a"\n:1,"a"\t:2}',
        '{"a":1,"\\u0061":2}',
        '{"a":":","a":1}',
        '{"a":"\\":","a":1}',
        '{"a":"\\\\","a":1}',
        '{"b":{"a":1,"a":2}}',
        '[[{"a":1,"a":2}]]',
        '{"":1,"":2}',
        '{"a":{"x":1},"a":{"y":1}}',
        '{"alg":"none","alg":"ES256"}',
    ],
)
def test_duplicate_names(text: str) -> None:
    with pytest.raises(Malformed, match="duplicate"):
        parse_json(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"a":":b","c":"x:y","d":"\\":"}',
        '{ "a" : [ "x" , {"a" : "c"} ] }',
        '{"":{"":{"":1}}}',
        '{"urn:a:b":"https://x.example:8080/"}',
        '{"a":"\\\\","b":1}',
        '{"a":"{\\"a\\":1,\\"a\\":2}"}',
        '[{"a":1},{"a":1}]',
        '"{"',
        "[1,2.5,-0,1e5,true,false,null]",
        '  {"a":1}\r\n',
        '"\\ud83d\\ude00"',
        "123456789012345678901234567890",
    ],
)
def test_good(text: str) -> None:
    assert parse_json(text) == json.loads(text)
    assert parse_json(text.encode()) == json.loads(text)


@pytest.mark.parametrize(
    "data",
    [
        "",
        " ",
        "{",
        "[1,]",
        '{"a":1,}',
        "{'a':1}",
        "[1] x",
        "[1][2]",
        "NaN",
        "[NaN]",
        "[Infinity]",
        "[-Infinity]",
        "[1e400]",
        "[-1e999]",
        "[01]",
        "[+1]",
        "[.5]",
        "[1.]",
        "[0x10]",
        "// comment\n1",
        '["\\x41"]',
        '["\t"]',
        '["\\ud800"]',
        '{"\\udfff":1}',
        "\ufeff{}",
        "[" + "9" * 5000 + "]",
        "\ud800",
        b"\xef\xbb\xbf{}",
        b'"\xff"',
        b'{"\xc0\x80":1}',
        b'"\xed\xa0\x80"',
        b"\x00",
        b"\xff\xfe[\x001\x00]\x00",
    ],
)
def test_not_json(data: bytes | str) -> None:
    with pytest.raises(Malformed):
        parse_json(data)


def test_depth_at_the_limit_and_one_past_it() -> None:
    assert parse_json("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    with pytest.raises(Malformed, match="deep"):
        parse_json("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1))
    parse_json(json.dumps({"brackets in a string": "[{" * 50}))
    parse_json(json.dumps([[1]] * 40))


@pytest.mark.parametrize("depth", [3_000, 30_000])
@pytest.mark.parametrize("pair", ["[]", '{"a":}'])
def test_very_deep_is_refused_without_recursion(depth: int, pair: str) -> None:
    with pytest.raises(Malformed):
        parse_json(pair[:-1] * depth + pair[-1] * depth, limit=1_000_000)


def names(count: int) -> str:
    return json.dumps({f"n{number}": number for number in range(count)})


def test_names_at_the_limit_and_one_past_it() -> None:
    assert len(parse_json(names(MAX_NAMES))) == MAX_NAMES
    with pytest.raises(Malformed, match="too many"):
        parse_json(names(MAX_NAMES + 1))
    assert parse_json(names(MAX_NAMES + 1), names=MAX_NAMES + 1)
    with pytest.raises(Malformed, match="too many"):
        parse_json(json.dumps([{"a": 1}] * (MAX_NAMES + 1)), limit=10**6)


def test_bytes_at_the_limit_and_one_past_it() -> None:
    assert parse_json('"' + "x" * (MAX_BYTES - 2) + '"')
    with pytest.raises(Malformed):
        parse_json('"' + "x" * (MAX_BYTES - 1) + '"')


@pytest.mark.parametrize("text", ["[]", '"a"', "1", "null"])
def test_an_object_is_an_object(text: str) -> None:
    with pytest.raises(Malformed):
        parse_object(text)


def test_typed_messages_ignore_unknown_members_and_coerce_nothing() -> None:
    assert parse_as('{"name":"a","count":1,"more":true}', Message) == Message("a", 1)
    for text in (
        '{"count":1}',
        '{"name":1}',
        '{"name":"a","count":"1"}',
        '{"name":"a","count":true}',
        '{"name":"a","count":1.5}',
    ):
        with pytest.raises(Malformed):
            parse_as(text, Message)


def test_a_refusal_does_not_repeat_the_value() -> None:
    with pytest.raises(Malformed) as refusal:
        parse_as('{"name":["900101-1234567"]}', Message)
    assert "900101" not in str(refusal.value)


@given(PLAIN)
def test_written_and_read_again(value: Any) -> None:
    assert parse_json(dump(value), limit=10**6) == json.loads(json.dumps(value))
    assert parse_json(json.dumps(value, indent=1), limit=10**6) == json.loads(json.dumps(value))


@given(st.binary(max_size=60))
def test_never_anything_but_a_refusal(data: bytes) -> None:
    try:
        parse_json(data)
    except Malformed:
        return
    json.loads(data)


@given(st.text(alphabet='{}[]:,"\\a0 \n', max_size=30))
def test_agrees_with_a_slow_careful_reader(text: str) -> None:
    def careful(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) != len(pairs):
            raise ValueError
        return dict(pairs)

    try:
        expected = json.loads(text, object_pairs_hook=careful)
    except ValueError:
        with pytest.raises(Malformed):
            parse_json(text)
        return
    assert parse_json(text) == expected
