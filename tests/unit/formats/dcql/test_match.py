"""A wallet against the specification's examples: with the credentials, without them, with one claim missing."""

from collections.abc import Mapping
from typing import Any

import pytest

from sinwon.core.refusal import Unmet
from sinwon.formats.dcql.match import Held, Matches, match_query
from sinwon.formats.dcql.query import parse_query
from tests.unit.formats.vectors import VECTORS, load

PID = "https://credentials.example.com/identity_credential"
PERSON = {
    "vct": PID,
    "given_name": "옥분",
    "family_name": "남궁",
    "last_name": "Doe",
    "postal_code": "90210",
    "locality": "Lima",
    "region": "Lima",
    "date_of_birth": "1961-02-28",
    "address": {"street_address": "Av. 1", "locality": "Lima"},
    "nationalities": ["KR", "PE"],
    "age": 65,
    "adult": True,
}


def sd_jwt(vct: str, claims: Mapping[str, Any] = PERSON) -> Held:
    return Held("dc+sd-jwt", frozenset({vct}), claims)


def mdoc(doctype: str, namespace: str, *names: str) -> Held:
    return Held("mso_mdoc", frozenset({doctype}), {namespace: dict.fromkeys(names, "x")})


def queries(name: str) -> list[dict[str, Any]]:
    return list(load(f"dcql/{name}.json")["credentials"])


def fitting(query: dict[str, Any], leave_out: int | None = None, **changed: object) -> Held:
    """A credential with exactly what `query` asks for, or all but one claim of it."""
    claims: dict[str, Any] = {}
    for number, claim in enumerate(query["claims"]):
        if number == leave_out:
            continue
        *above, last = claim["path"]
        place = claims
        for step in above:
            place = place.setdefault(step, {})
        place[last] = claim.get("values", ["any"])[0]
    types = query["meta"].get("vct_values") or [query["meta"]["doctype_value"]]
    return Held(query["format"], frozenset(types), {**claims, **changed})


def without(*names: str) -> dict[str, Any]:
    return {name: claim for name, claim in PERSON.items() if name not in names}


def match(name: str, *held: Held) -> Matches:
    return match_query(parse_query(load(f"dcql/{name}.json")), held)


def ask(*claims: dict[str, Any], **more: Any) -> dict[str, Any]:
    query = {"id": "q", "format": "dc+sd-jwt", "meta": {"vct_values": [PID]}, **more}
    return {"credentials": [{**query, "claims": list(claims)} if claims else query]}


def paths(matches: Matches, name: str) -> list[list[list[object]]]:
    return [[list(map(list, choice)) for choice in candidate.choices] for candidate in matches.candidates[name]]


@pytest.mark.parametrize("name", sorted(path.stem for path in (VECTORS / "dcql").glob("*.json")))
def test_an_empty_wallet_answers_nothing(name: str) -> None:
    with pytest.raises(Unmet) as refusal:
        match(name)
    assert refusal.value.code == "access_denied"


@pytest.mark.parametrize("name", ["simple", "simple_mdoc", "value_matching_simple"])
def test_one_credential(name: str) -> None:
    (query,) = queries(name)
    asked = [claim["path"] for claim in query["claims"]]
    assert paths(match(name, fitting(query)), query["id"]) == [[asked]]
    for number in range(len(asked)):
        with pytest.raises(Unmet):
            match(name, fitting(query, number))
    held = fitting(query)
    for other in (Held(held.format, frozenset({"urn:other"}), held.claims), Held("other", held.types, held.claims)):
        with pytest.raises(Unmet):
            match(name, other)


def test_claim_sets_in_the_verifiers_order() -> None:
    long = [["family_name"], ["locality"], ["region"], ["date_of_birth"]]
    short = [["family_name"], ["postal_code"], ["date_of_birth"]]
    assert paths(match("claims_alternatives", sd_jwt(PID)), "pid") == [[long, short]]
    assert paths(match("claims_alternatives", sd_jwt(PID, without("region"))), "pid") == [[short]]
    with pytest.raises(Unmet):
        match("claims_alternatives", sd_jwt(PID, without("date_of_birth")))


def test_credential_alternatives() -> None:
    other = sd_jwt("https://othercredentials.example/pid")
    matches = match("credentials_alternatives", other)
    assert matches.candidates.keys() == {"other_pid"}
    assert [(choice.required, choice.options) for choice in matches.sets] == [(True, (("other_pid",),)), (False, ())]
    both = match("credentials_alternatives", other, sd_jwt(PID))
    assert both.sets[0].options == (("pid",), ("other_pid",))


def test_half_of_an_option_is_none() -> None:
    reduced = [query for query in queries("credentials_alternatives") if query["id"].startswith("pid_reduced")]
    with pytest.raises(Unmet):
        match("credentials_alternatives", fitting(reduced[0]))
    both = match("credentials_alternatives", *map(fitting, reduced))
    assert both.sets[0].options == (tuple(query["id"] for query in reduced),)


def test_several_credentials_are_all_required() -> None:
    held = [fitting(query) for query in queries("multi_credentials")]
    assert match("multi_credentials", *held).candidates.keys() == {query["id"] for query in queries("multi_credentials")}
    with pytest.raises(Unmet):
        match("multi_credentials", held[0])


def test_an_optional_set_may_stay_empty() -> None:
    identity = mdoc("org.iso.18013.5.1.mDL", "org.iso.18013.5.1", "given_name", "family_name", "portrait")
    matches = match("complex_mdoc", identity)
    assert matches.candidates.keys() == {"mdl-id"}
    assert [(choice.required, choice.options) for choice in matches.sets] == [(True, (("mdl-id",),)), (False, ())]


@pytest.mark.parametrize(
    ("path", "values", "matches"),
    [
        (["locality"], ["Lima"], True),
        (["locality"], ["Cusco", "Lima"], True),
        (["locality"], ["lima"], False),
        (["age"], [65], True),
        (["age"], ["65"], False),
        (["adult"], [True], True),
        (["adult"], [1], False),
        (["nationalities", None], ["PE"], True),
        (["nationalities", 0], ["PE"], False),
        (["nationalities"], ["PE"], False),
        (["address"], ["Lima"], False),
        (["address", "locality"], ["Lima"], True),
    ],
)
def test_values_match_in_type_and_value(path: list[object], values: list[object], matches: bool) -> None:
    query = parse_query(ask({"path": path, "values": values}))
    if matches:
        assert match_query(query, [sd_jwt(PID)]).candidates["q"]
        return
    with pytest.raises(Unmet):
        match_query(query, [sd_jwt(PID)])


def test_one_is_not_true() -> None:
    with pytest.raises(Unmet):
        match_query(parse_query(ask({"path": ["adult"], "values": [True]})), [sd_jwt(PID, {"adult": 1})])


@pytest.mark.parametrize(("name", "value"), [("family_name", "doe"), ("postal_code", "90212"), ("postal_code", 90210)])
def test_values_of_the_example(name: str, value: object) -> None:
    (query,) = queries("value_matching_simple")
    assert match("value_matching_simple", fitting(query, postal_code="90211")).candidates
    with pytest.raises(Unmet):
        match("value_matching_simple", fitting(query, None, **{name: value}))


def test_without_claims_nothing_is_disclosed() -> None:
    (candidate,) = match_query(parse_query(ask()), [sd_jwt(PID)]).candidates["q"]
    assert candidate.choices == ((),)


def test_candidates_say_where_they_are_held() -> None:
    held = [sd_jwt("urn:other"), sd_jwt(PID), sd_jwt(PID, without("age")), sd_jwt(PID)]
    matches = match_query(parse_query(ask({"path": ["age"]})), held)
    assert [candidate.position for candidate in matches.candidates["q"]] == [1, 3]
    assert matches.candidates["q"][0].held is held[1]


@pytest.mark.parametrize(
    ("authorities", "matches"),
    [(None, True), (frozenset({("aki", "AAAA")}), True), (frozenset({("aki", "BBBB")}), False), (frozenset(), False)],
)
def test_trusted_authorities(authorities: frozenset[tuple[str, str]] | None, matches: bool) -> None:
    query = parse_query(ask(trusted_authorities=[{"type": "aki", "values": ["CCCC", "AAAA"]}]))
    held = Held("dc+sd-jwt", frozenset({PID}), PERSON, authorities)
    if matches:
        assert match_query(query, [held]).candidates
        return
    with pytest.raises(Unmet):
        match_query(query, [held])


@pytest.mark.parametrize("kind", ["etsi_tl", "openid_federation", "x"])
def test_authorities_of_a_kind_that_we_cannot_tell_are_passed_over(kind: str) -> None:
    query = parse_query(ask(trusted_authorities=[{"type": kind, "values": ["https://list.example"]}]))
    held = Held("dc+sd-jwt", frozenset({PID}), PERSON, frozenset({("aki", "BBBB")}))
    assert match_query(query, [held]).candidates
