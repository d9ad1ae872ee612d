"""What an issued SD-JWT looks like, and what we refuse to issue."""

import pytest

from sinwon.core import base64url
from sinwon.core.refusal import Fault
from sinwon.core.strict_json import parse_json
from sinwon.formats.sdjwt.disclosures import payload_of, process
from sinwon.formats.sdjwt.hide import Hide
from sinwon.formats.sdjwt.issue import SALT_TEXT, issue_sd_jwt, prepare, prepare_hidden
from sinwon.formats.sdjwt.names import PROTECTED
from sinwon.formats.sdjwt.parse import parse_sd_jwt
from tests.unit.formats.sdjwt.forge import HIDDEN, issued, visible
from tests.world import SeededRandomness, issuer_signer


def issue(shown: dict[str, object], hidden: dict[str, object], seed: int = 1) -> str:
    return issue_sd_jwt(shown, hidden, typ="dc+sd-jwt", by=issuer_signer(), random=SeededRandomness(seed))


def test_everything_hidden_can_be_shown_by_itself() -> None:
    sd_jwt = parse_sd_jwt(issued())
    assert process(sd_jwt) == {**visible(), **HIDDEN}
    names = {disclosure.name for disclosure in sd_jwt.disclosures}
    assert names == {*HIDDEN, "number", "issuing_state", "type"}


def test_only_the_visible_is_in_the_payload() -> None:
    payload = payload_of(parse_sd_jwt(issued()))
    assert payload.keys() == {*visible(), "_sd", "_sd_alg"}
    assert payload["_sd_alg"] == "sha-256"
    assert len(payload["_sd"]) == len(HIDDEN)


def test_digests_are_sorted_at_every_level() -> None:
    sd_jwt = parse_sd_jwt(issued())
    passport = next(d.value for d in sd_jwt.disclosures if d.name == "passport")
    for digests in (payload_of(sd_jwt)["_sd"], passport["_sd"]):
        assert digests == sorted(digests)


def test_salts_have_128_bits_and_are_never_used_twice() -> None:
    credentials = [issue(visible(), {f"claim{n}": n for n in range(40)}, seed) for seed in range(1, 6)]
    salts = [
        parse_json(base64url.decode(disclosure.text))[0]
        for credential in credentials
        for disclosure in parse_sd_jwt(credential).disclosures
    ]
    assert {len(salt) for salt in salts} == {SALT_TEXT}
    assert len(set(salts)) == 200


def test_ends_with_a_tilde_and_carries_the_chain_without_anchor() -> None:
    sd_jwt = parse_sd_jwt(issued())
    assert sd_jwt.raw.endswith("~")
    assert sd_jwt.key_binding is None
    assert sd_jwt.issuer_signed.header.keys() == {"alg", "typ", "x5c"}
    assert len(sd_jwt.issuer_signed.header["x5c"]) == 1


def test_nothing_hidden() -> None:
    assert issue(visible(), {}).endswith("~")
    assert payload_of(parse_sd_jwt(issue(visible(), {}))).keys() == {*visible(), "_sd_alg"}


def test_arrays_are_hidden_whole_and_empty_objects_stay_empty() -> None:
    hidden: dict[str, object] = {"evidence": [{"kind": "passport"}], "nothing": {}}
    assert process(parse_sd_jwt(issue(visible(), hidden))) == {**visible(), **hidden}
    assert len(parse_sd_jwt(issue(visible(), hidden)).disclosures) == 2


@pytest.mark.parametrize("name", sorted(PROTECTED))
def test_protected_claims_are_never_hidden(name: str) -> None:
    with pytest.raises(Fault):
        issue({}, {name: "x"})


@pytest.mark.parametrize("name", ["_sd", "_sd_alg", "..."])
@pytest.mark.parametrize("where", ["visible", "hidden", "nested", "in_an_array"])
def test_reserved_names_are_never_issued(name: str, where: str) -> None:
    shown: dict[str, object] = {name: 1} if where == "visible" else {}
    values: dict[str, dict[str, object]] = {
        "hidden": {name: 1},
        "nested": {"a": {"b": {name: 1}}},
        "in_an_array": {"a": [{name: 1}]},
    }
    with pytest.raises(Fault):
        issue(shown, values.get(where, {}))


def test_a_claim_is_not_both_visible_and_hidden() -> None:
    with pytest.raises(Fault):
        issue({"a": 1}, {"a": 2})


def test_decoys_join_the_digests_of_each_object_and_leave_no_trace() -> None:
    hidden = prepare_hidden({"a": 1, "b": {"c": 2, "d": {}}}, decoys=3)
    sd_jwt = parse_sd_jwt(issue_sd_jwt({}, hidden, typ="t", by=issuer_signer(), random=SeededRandomness(8)))
    inner = next(d.value for d in sd_jwt.disclosures if d.name == "b")
    for digests, real in ((payload_of(sd_jwt)["_sd"], 2), (inner["_sd"], 2)):
        assert len(digests) == len(set(digests)) == real + 3
        assert digests == sorted(digests)
        assert {len(digest) for digest in digests} == {43}
    assert process(sd_jwt) == {"a": 1, "b": {"c": 2, "d": {}}}


def test_parts_of_what_is_shown_can_be_hidden() -> None:
    template = {"address": {"country": "PE", "city": Hide("리마")}, "list": ["x", Hide("y"), [Hide(None)]], "plain": 1}
    sd_jwt = parse_sd_jwt(issue_sd_jwt({}, prepare(template), typ="t", by=issuer_signer(), random=SeededRandomness(9)))
    payload = payload_of(sd_jwt)
    assert payload["address"]["country"] == "PE"
    assert payload["list"][0] == "x"
    assert payload["list"][1].keys() == payload["list"][2][0].keys() == {"..."}
    assert [(d.name, d.value) for d in sd_jwt.disclosures] == [("city", "리마"), (None, "y"), (None, None)]


@pytest.mark.parametrize("name", sorted(PROTECTED))
def test_no_part_of_a_protected_claim_is_hidden(name: str) -> None:
    for part in (Hide(1), {"x": Hide(1)}, [Hide(1)], [[{"x": Hide(1)}]]):
        with pytest.raises(Fault):
            prepare({name: part})
    prepare({name: {"x": 1}, "other": Hide(1)})


@pytest.mark.parametrize("name", ["_sd", "_sd_alg", "..."])
def test_reserved_names_are_in_no_template(name: str) -> None:
    for template in ({name: 1}, {"a": {name: Hide(1)}}, {"a": [{name: 1}]}, {"a": Hide({name: 1})}):
        with pytest.raises(Fault):
            prepare(template)


def test_copies_of_one_credential_share_no_salt_and_no_digest() -> None:
    hidden, random = prepare_hidden(HIDDEN, decoys=1), SeededRandomness(7)
    copies = [parse_sd_jwt(issue_sd_jwt({}, hidden, typ="t", by=issuer_signer(), random=random)) for _ in range(5)]
    texts = [disclosure.text for copy in copies for disclosure in copy.disclosures]
    digests = [digest for copy in copies for digest in payload_of(copy)["_sd"]]
    assert len(set(texts)) == len(texts) == 5 * hidden.count
    assert len(set(digests)) == len(digests)
