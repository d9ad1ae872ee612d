"""Shape, limits and the identity of parsing and writing."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sinwon.core import base64url
from sinwon.core.limits import MAX_SD_JWT
from sinwon.core.refusal import Malformed, Refusal
from sinwon.core.strict_json import dump
from sinwon.formats.sdjwt.disclosures import MAX_NESTING, process, process_payload
from sinwon.formats.sdjwt.names import PROTECTED, RESERVED
from sinwon.formats.sdjwt.parse import parse_disclosure, parse_sd_jwt
from sinwon.formats.sdjwt.vc import verify_sd_jwt_vc
from tests.unit.formats.sdjwt.forge import digest, disclosure, issued, presented, visible
from tests.unit.formats.sdjwt.test_issue import issue
from tests.world import NOW, trust_anchors

NAMES = st.text(min_size=1, max_size=12).filter(lambda name: name not in RESERVED | PROTECTED and name not in visible())
SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=30)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=8
)
HIDDEN_CLAIMS = st.dictionaries(NAMES, VALUES, max_size=6)
WHOLE = presented()


@pytest.mark.parametrize("text", ["", "a", "~", "~~", "a.b.c", "a.b.c~", issued()[:-1] + ".", "~" + issued()])
def test_not_an_sd_jwt(text: str) -> None:
    with pytest.raises(Malformed) as refusal:
        parse_sd_jwt(text)
    assert refusal.value.code == "invalid_credential"


def test_texts_are_kept_as_received() -> None:
    sd_jwt = parse_sd_jwt(WHOLE)
    assert sd_jwt.key_binding is not None
    texts = [sd_jwt.issuer_signed.raw, *(d.text for d in sd_jwt.disclosures), sd_jwt.key_binding.raw]
    assert "~".join(texts) == sd_jwt.raw == WHOLE
    assert sd_jwt.without_key_binding + sd_jwt.key_binding.raw == WHOLE


def test_the_digest_is_over_the_text_as_received() -> None:
    spaced = base64url.encode(b'[ "salt" ,\t"name" , "value" ]')
    assert parse_disclosure(spaced).digest == digest(spaced)
    assert process_payload({"_sd": [digest(spaced)]}, (parse_disclosure(spaced),)) == {"name": "value"}


def test_longest_text() -> None:
    room = MAX_SD_JWT - len(issue(visible(), {"portrait": ""}))
    at_the_limit = issue(visible(), {"portrait": "x" * (room * 3 // 4 - 6)})
    assert MAX_SD_JWT - 16 <= len(at_the_limit) <= MAX_SD_JWT
    assert process(parse_sd_jwt(at_the_limit))["portrait"]
    with pytest.raises(Malformed):
        parse_sd_jwt(issue(visible(), {"portrait": "x" * (room * 3 // 4 + 12)}))


def nested(levels: int) -> tuple[dict[str, object], tuple[str, ...]]:
    texts = [disclosure("salt", "leaf", 1)]
    for level in range(levels - 1):
        texts.append(disclosure("salt", f"level{level}", {"_sd": [digest(texts[-1])]}))
    return {"_sd": [digest(texts[-1])]}, tuple(texts)


def test_deepest_nesting() -> None:
    payload, texts = nested(MAX_NESTING)
    process_payload(payload, tuple(map(parse_disclosure, texts)))
    payload, texts = nested(MAX_NESTING + 1)
    with pytest.raises(Malformed, match="deep"):
        process_payload(payload, tuple(map(parse_disclosure, texts)))


def nested_arrays(levels: int) -> tuple[dict[str, object], tuple[str, ...]]:
    texts = [disclosure("salt", 1)]
    for _ in range(levels - 1):
        texts.append(disclosure(f"salt{len(texts)}", [{"...": digest(texts[-1])}]))
    return {"list": [{"...": digest(texts[-1])}]}, tuple(texts)


def test_deepest_nesting_of_arrays() -> None:
    payload, texts = nested_arrays(MAX_NESTING - 1)
    process_payload(payload, tuple(map(parse_disclosure, texts)))
    payload, texts = nested_arrays(MAX_NESTING)
    with pytest.raises(Malformed, match="deep"):
        process_payload(payload, tuple(map(parse_disclosure, texts)))


@settings(max_examples=60, deadline=None)
@given(HIDDEN_CLAIMS)
def test_issue_parse_process_is_the_identity(hidden: dict[str, object]) -> None:
    credential = issue(visible(), hidden)
    sd_jwt = parse_sd_jwt(credential)
    assert "~".join([sd_jwt.issuer_signed.raw, *(d.text for d in sd_jwt.disclosures), ""]) == credential
    assert process(sd_jwt) == {**visible(), **hidden}


@settings(max_examples=60, deadline=None)
@given(salt=st.text(max_size=30), name=NAMES, value=VALUES)
def test_disclosures_are_parsed_as_written(salt: str, name: str, value: object) -> None:
    parsed = parse_disclosure(base64url.encode(dump([salt, name, value])))
    assert (parsed.name, parsed.value) == (name, value)
    assert parse_disclosure(base64url.encode(dump([salt, value]))).name is None


@settings(max_examples=150, deadline=None)
@given(at=st.integers(0, WHOLE.rindex("~")), to=st.characters(max_codepoint=0x7F))
def test_any_changed_character_is_refused(at: int, to: str) -> None:
    if WHOLE[at] == to:
        return
    with pytest.raises(Refusal):
        verify_sd_jwt_vc(parse_sd_jwt(WHOLE[:at] + to + WHOLE[at + 1 :]), anchors=trust_anchors(), now=NOW)
