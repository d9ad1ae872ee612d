"""What holds for all claims: issued and processed they are the same, written and parsed they are the same, one bit less and
they are refused."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sinwon.core.refusal import Refusal
from sinwon.formats.jose.jws import verify_jws
from sinwon.formats.sdjwt.disclosures import payload_of, process
from sinwon.formats.sdjwt.hide import Hide
from sinwon.formats.sdjwt.issue import issue_sd_jwt, prepare, prepare_hidden
from sinwon.formats.sdjwt.json_form import parse_json_form, write_flattened, write_general
from sinwon.formats.sdjwt.key_binding import check_key_binding
from sinwon.formats.sdjwt.names import PROTECTED, RESERVED
from sinwon.formats.sdjwt.parse import parse_sd_jwt
from sinwon.keys.jwk import parse_public_jwk
from tests.unit.formats.sdjwt.forge import AUDIENCE, NONCE, presented
from tests.world import NOW, SeededRandomness, issuer_signer

NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=8).filter(lambda name: name not in RESERVED | PROTECTED)
PLAIN = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
)


def values(plain: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=8
    )


def marked(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    member = inner | inner.map(Hide)
    return st.lists(member, max_size=3) | st.dictionaries(NAMES, member, max_size=3)


TEMPLATES = st.dictionaries(
    NAMES,
    (lambda inner: inner | inner.map(Hide))(st.recursive(PLAIN, marked, max_leaves=10)),
    max_size=4,
)


def bare(template: Any) -> Any:
    """The claims without the marks."""
    if isinstance(template, Hide):
        return bare(template.value)
    if isinstance(template, Mapping):
        return {name: bare(value) for name, value in template.items()}
    return [bare(element) for element in template] if isinstance(template, list) else template


def marks(template: Any) -> int:
    if isinstance(template, Hide):
        return 1 + marks(template.value)
    if isinstance(template, Mapping):
        return sum(map(marks, template.values()))
    return sum(map(marks, template)) if isinstance(template, list) else 0


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(NAMES, values(PLAIN), max_size=4), st.integers(0, 2))
def test_all_hidden_comes_back(claims: dict[str, Any], decoys: int) -> None:
    hidden = prepare_hidden(claims, decoys=decoys)
    text = issue_sd_jwt({"vct": "x"}, hidden, typ="t", by=issuer_signer(), random=SeededRandomness(1))
    sd_jwt = parse_sd_jwt(text)
    assert process(sd_jwt) == {"vct": "x", **claims}
    assert len(sd_jwt.disclosures) == hidden.count
    assert payload_of(sd_jwt).keys() <= {"vct", "_sd", "_sd_alg"}


@settings(max_examples=60, deadline=None)
@given(TEMPLATES, st.integers(0, 2))
def test_what_is_marked_is_hidden_and_comes_back(template: dict[str, Any], decoys: int) -> None:
    hidden = prepare(template, decoys=decoys)
    text = issue_sd_jwt({}, hidden, typ="t", by=issuer_signer(), random=SeededRandomness(2))
    sd_jwt = parse_sd_jwt(text)
    assert process(sd_jwt) == bare(template)
    assert len(sd_jwt.disclosures) == hidden.count == marks(template)
    nothing = process(parse_sd_jwt(text[: text.index("~") + 1]))
    assert nothing.keys() == {name for name, value in template.items() if not isinstance(value, Hide)}


@settings(max_examples=30, deadline=None)
@given(TEMPLATES)
def test_every_form_parses_to_the_same(template: dict[str, Any]) -> None:
    text = issue_sd_jwt({}, prepare(template), typ="t", by=issuer_signer(), random=SeededRandomness(3))
    sd_jwt = parse_sd_jwt(text)
    parts = [sd_jwt.issuer_signed.raw, *[disclosure.text for disclosure in sd_jwt.disclosures], ""]
    assert "~".join(parts) == text
    assert parse_json_form(write_flattened(sd_jwt)).sd_jwt == sd_jwt
    assert parse_json_form(write_general(sd_jwt)).sd_jwt == sd_jwt


PRESENTED = presented()
KEY = parse_public_jwk(issuer_signer().signer.public_jwk)
FLATTENED = write_flattened(parse_sd_jwt(PRESENTED))
HOLDER = parse_public_jwk(process(parse_sd_jwt(PRESENTED))["cnf"]["jwk"])


def verify(text: str) -> None:
    """All that is signed or hashed: issuer's signature, digests, key binding's signature and hash."""

    sd_jwt = parse_sd_jwt(text)
    verify_jws(sd_jwt.issuer_signed, KEY, typ="dc+sd-jwt")
    process(sd_jwt)
    check_key_binding(sd_jwt, HOLDER, audience=AUDIENCE, nonce=NONCE, now=NOW)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(PRESENTED) - 1), st.integers(0, 6))
def test_any_flipped_bit_is_refused(at: int, bit: int) -> None:
    verify(PRESENTED)
    flipped = PRESENTED[:at] + chr(ord(PRESENTED[at]) ^ (1 << bit)) + PRESENTED[at + 1 :]
    with pytest.raises(Refusal):
        verify(flipped)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(FLATTENED) - 1), st.integers(0, 6))
def test_any_flipped_bit_of_the_json_form_is_refused_or_changes_nothing(at: int, bit: int) -> None:
    changed = FLATTENED[:at] + bytes([FLATTENED[at] ^ (1 << bit)]) + FLATTENED[at + 1 :]
    try:
        sd_jwt = parse_json_form(changed).sd_jwt
    except Refusal:
        return
    if sd_jwt.raw != PRESENTED:
        with pytest.raises(Refusal):
            verify(sd_jwt.raw)


def test_json_that_is_no_message_is_refused() -> None:
    for text in ("", "[]", "5", json.dumps({"payload": 5}), PRESENTED):
        with pytest.raises(Refusal):
            parse_json_form(text)
