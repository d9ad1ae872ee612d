"""What an issued SD-JWT looks like, and what we refuse to issue."""

import pytest

from sinwon.core import base64url
from sinwon.core.refusal import Fault
from sinwon.core.strict_json import parse_json
from sinwon.formats.sdjwt.disclosures import payload_of, process
from sinwon.formats.sdjwt.issue import SALT_TEXT, issue_sd_jwt
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
