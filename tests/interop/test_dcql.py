"""dcql: for any query and any credentials we find the same candidates, claim sets and options, and take the same answers for
complete.

It differs where the specification is on our side: a claim whose value is null is there for us (§7.1.1), an element of an array
that is not of the type a path needs ends the search (§7.1.1), and a wallet that does not know a credential's trust framework
may pass over the hint (§6.1.1). In a presentation what was not disclosed shifts the elements behind it: it takes any element
for the one at an index, we take none that stands behind the index, so that it takes what we take.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sinwon.core.refusal import Unmet
from sinwon.formats.dcql.answer import Presented, check_answer
from sinwon.formats.dcql.match import Held, Matches, match_query
from sinwon.formats.dcql.query import parse_query
from sinwon.formats.mdoc.names import MDOC
from sinwon.formats.sdjwt.names import SD_JWT_VC
from tests.interop.oracle import Oracle

NAMES = st.sampled_from("abc")
SCALARS = st.sampled_from(["x", "y", 1, 2, True, False])
FLAT = st.dictionaries(NAMES, SCALARS, max_size=3)
CLAIMS = st.dictionaries(
    NAMES,
    SCALARS | FLAT | st.lists(SCALARS, min_size=1, max_size=3) | st.lists(FLAT, min_size=1, max_size=3),
    min_size=1,
    max_size=3,
)
STEPS = NAMES | st.sampled_from([0, 1, None])
TYPES = {SD_JWT_VC: ("v1", "v2"), MDOC: ("d1", "d2")}


@dataclass(frozen=True)
class Owned:
    """A credential, for us and for them."""

    format: str
    type: str
    claims: Mapping[str, Any]

    @property
    def ours(self) -> Held:
        return Held(self.format, frozenset({self.type}), self.claims)

    @property
    def theirs(self) -> dict[str, Any]:
        common = {"credential_format": self.format, "cryptographic_holder_binding": True}
        if self.format == MDOC:
            return {**common, "doctype": self.type, "namespaces": self.claims}
        return {**common, "vct": self.type, "claims": self.claims}


def owned(kind: str) -> st.SearchStrategy[Owned]:
    claims = st.dictionaries(NAMES, FLAT.filter(bool), min_size=1, max_size=2) if kind == MDOC else CLAIMS
    return st.builds(Owned, st.just(kind), st.sampled_from(TYPES[kind]), claims)


WALLETS = st.lists(st.sampled_from(list(TYPES)).flatmap(owned), max_size=4)


@st.composite
def credential_queries(draw: st.DrawFn, name: str, steps: st.SearchStrategy[Any] = STEPS) -> dict[str, Any]:
    kind = draw(st.sampled_from(list(TYPES)))
    query: dict[str, Any] = {"id": name, "format": kind, "multiple": draw(st.booleans())}
    types = draw(st.lists(st.sampled_from(TYPES[kind]), min_size=1, max_size=2, unique=True))
    query["meta"] = {"doctype_value": types[0]} if kind == MDOC else {"vct_values": types}
    path = st.tuples(NAMES, NAMES) if kind == MDOC else st.builds(lambda a, b: (a, *b), NAMES, st.lists(steps, max_size=2))
    paths = draw(st.lists(path, max_size=3, unique=True))
    if not paths:
        return query
    query["claims"] = [{"id": f"c{number}", "path": list(each)} for number, each in enumerate(paths)]
    for claim in query["claims"]:
        if draw(st.booleans()):
            claim["values"] = draw(st.lists(SCALARS, min_size=1, max_size=2))
    if draw(st.booleans()):
        query["claim_sets"] = draw(options([claim["id"] for claim in query["claims"]]))
    return query


def options(names: list[str]) -> st.SearchStrategy[list[list[str]]]:
    one = st.lists(st.sampled_from(names), min_size=1, max_size=len(names), unique=True)
    return st.lists(one, min_size=1, max_size=3, unique_by=frozenset)


@st.composite
def queries(draw: st.DrawFn, steps: st.SearchStrategy[Any] = STEPS) -> dict[str, Any]:
    names = ["q0", "q1", "q2"][: draw(st.integers(1, 3))]
    query: dict[str, Any] = {"credentials": [draw(credential_queries(name, steps)) for name in names]}
    if draw(st.booleans()):
        some = st.fixed_dictionaries({"options": options(names), "required": st.booleans()})
        query["credential_sets"] = draw(st.lists(some, min_size=1, max_size=2))
    return query


def we_match(query: dict[str, Any], wallet: list[Owned]) -> Matches | None:
    try:
        return match_query(parse_query(query), [one.ours for one in wallet])
    except Unmet:
        return None


def they_match(node: Oracle, query: dict[str, Any], wallet: list[Owned]) -> Any:
    return node.ask("dcql.match", query=query, credentials=[one.theirs for one in wallet])


def found(query: dict[str, Any], candidates: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Their candidates in our terms: for each the sets of paths that would answer. Only ids with a candidate."""
    known = {}
    for asked in query["credentials"]:
        by_id = {claim["id"]: tuple(claim["path"]) for claim in asked.get("claims", ())}
        sets = [tuple(map(by_id.__getitem__, names)) for names in asked.get("claim_sets", ())]
        known[asked["id"]] = [
            [position, [tuple(by_id.values()) if index is None else sets[index] for index in indices]]
            for position, indices in candidates[asked["id"]]
        ]
    return {name: some for name, some in known.items() if some}


def compare(node: Oracle, query: dict[str, Any], wallet: list[Owned]) -> Matches | None:
    ours, theirs = we_match(query, wallet), they_match(node, query, wallet)
    assert (ours is not None) == theirs["met"]
    if ours:
        candidates = {name: [[one.position, list(one.choices)] for one in some] for name, some in ours.candidates.items()}
        assert candidates == found(query, theirs["candidates"])
        if theirs["sets"] is not None:
            assert [list(map(list, each.options)) for each in ours.sets] == theirs["sets"]
    return ours


@settings(max_examples=150, deadline=None)
@given(query=queries(), wallet=WALLETS)
def test_the_same_candidates(node: Oracle, query: dict[str, Any], wallet: list[Owned]) -> None:
    compare(node, query, wallet)


def test_matches_are_common_enough_to_mean_something(node: Oracle) -> None:
    """The comparison, on a query that is met and on the same with one value changed."""
    wallet = [Owned(SD_JWT_VC, "v1", {"a": [{"b": 1}, {"b": 2}]}), Owned(MDOC, "d1", {"a": {"b": "x"}})]
    claims = [{"id": "c", "path": ["a", None, "b"], "values": [2]}]
    asked = {"id": "q0", "format": SD_JWT_VC, "meta": {"vct_values": ["v1"]}, "claims": claims}
    other = {"id": "q1", "format": MDOC, "meta": {"doctype_value": "d1"}, "claims": [{"id": "c", "path": ["a", "b"]}]}
    matches = compare(node, {"credentials": [asked, other]}, wallet)
    assert matches is not None
    assert matches.candidates.keys() == {"q0", "q1"}
    spoiled = {**asked, "claims": [{**claims[0], "values": [3]}]}
    assert compare(node, {"credentials": [spoiled, other]}, wallet) is None


@st.composite
def answers(draw: st.DrawFn, steps: st.SearchStrategy[Any]) -> tuple[dict[str, Any], dict[str, list[Owned]]]:
    query = draw(queries(steps))
    names = [asked["id"] for asked in query["credentials"]]
    some = st.lists(st.sampled_from(list(TYPES)).flatmap(owned), min_size=1, max_size=2)
    return query, draw(st.dictionaries(st.sampled_from(names), some, max_size=3))


@st.composite
def shown_elements(draw: st.DrawFn) -> tuple[list[Any], int, list[Any]]:
    """An array, a position in it, and what a wallet shows of it: the element there, and others that cannot be withheld."""
    array = draw(st.lists(SCALARS, min_size=1, max_size=4))
    position = draw(st.integers(0, len(array) - 1))
    always = draw(st.sets(st.integers(0, len(array) - 1)))
    return array, position, [value for at, value in enumerate(array) if at == position or at in always]


def we_take(query: dict[str, Any], presented: dict[str, list[Owned]]) -> bool:
    answer = {name: [Presented(one.claims, one.type, one.format) for one in some] for name, some in presented.items()}
    try:
        check_answer(parse_query(query), answer)
    except Unmet:
        return False
    return True


def they_take(node: Oracle, query: dict[str, Any], presented: dict[str, list[Owned]]) -> bool:
    answer = {name: [one.theirs for one in some] for name, some in presented.items()}
    multiple = {asked["id"] for asked in query["credentials"] if asked["multiple"]}
    if any(len(some) > 1 and name not in multiple for name, some in answer.items()):
        return False
    return bool(node.ask("dcql.answers", query=query, presented=answer))


@settings(max_examples=150, deadline=None)
@given(answer=answers(NAMES | st.none()))
def test_the_same_answers_are_complete(node: Oracle, answer: tuple[dict[str, Any], dict[str, list[Owned]]]) -> None:
    assert we_take(*answer) == they_take(node, *answer)


@settings(max_examples=100, deadline=None)
@given(shown=shown_elements(), named=st.booleans())
def test_an_element_shown_for_its_position_is_taken(node: Oracle, shown: tuple[list[Any], int, list[Any]], named: bool) -> None:
    array, position, elements = shown
    claim = {"id": "c", "path": ["a", position], **({"values": [array[position]]} if named else {})}
    query = {
        "credentials": [{"id": "q0", "format": SD_JWT_VC, "meta": {"vct_values": ["v1"]}, "multiple": False, "claims": [claim]}]
    }
    matches = compare(node, query, [Owned(SD_JWT_VC, "v1", {"a": array})])
    assert matches is not None
    answer = {"q0": [Owned(SD_JWT_VC, "v1", {"a": elements})]}
    assert we_take(query, answer)
    assert they_take(node, query, answer)


@settings(max_examples=150, deadline=None)
@given(answer=answers(STEPS))
def test_what_we_take_they_take(node: Oracle, answer: tuple[dict[str, Any], dict[str, list[Owned]]]) -> None:
    assert they_take(node, *answer) or not we_take(*answer)


@pytest.mark.parametrize(
    ("claims", "path", "ours", "theirs"),
    [
        ({"a": None}, ["a"], True, False),
        ({"a": [{"b": 1}, "text"]}, ["a", None, "b"], False, True),
    ],
)
def test_where_we_differ(node: Oracle, claims: dict[str, Any], path: list[Any], ours: bool, theirs: bool) -> None:
    wallet = [Owned(SD_JWT_VC, "v1", claims)]
    asked = {"id": "q0", "format": SD_JWT_VC, "meta": {"vct_values": ["v1"]}, "claims": [{"id": "c", "path": path}]}
    query = {"credentials": [asked]}
    assert ((we_match(query, wallet) is not None), they_match(node, query, wallet)["met"]) == (ours, theirs)
