"""The shape of a query: the specification's examples, every bound at the limit and one past it."""

from typing import Any

import pytest

from sinwon.core.refusal import Malformed
from sinwon.formats.dcql.query import MAX_CLAIMS, MAX_CREDENTIALS, MAX_PATH, MAX_SETS, parse_query
from tests.unit.formats.vectors import VECTORS, load

EXAMPLES = sorted(path.name for path in (VECTORS / "dcql").glob("*.json"))
IDENTITY = {"id": "pid", "format": "dc+sd-jwt", "meta": {"vct_values": ["urn:x"]}}
MDOC = {"id": "mdl", "format": "mso_mdoc", "meta": {"doctype_value": "org.iso.18013.5.1.mDL"}}


def one(**changed: object) -> dict[str, Any]:
    return {"credentials": [{**IDENTITY, **changed}]}


def claims(count: int) -> list[dict[str, object]]:
    return [{"id": f"c{number}", "path": [f"claim{number}"]} for number in range(count)]


def credentials(count: int) -> list[dict[str, object]]:
    return [{**IDENTITY, "id": f"q{number}"} for number in range(count)]


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_parse(name: str) -> None:
    query = parse_query(load(f"dcql/{name}"))
    assert [credential.id for credential in query.credentials] == [c["id"] for c in load(f"dcql/{name}")["credentials"]]


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("spoil", ["id", "format", "meta"])
def test_examples_without_a_needed_member(name: str, spoil: str) -> None:
    value = load(f"dcql/{name}")
    del value["credentials"][-1][spoil]
    with pytest.raises(Malformed):
        parse_query(value)


def test_what_a_query_says() -> None:
    query = parse_query(load("dcql/claims_alternatives.json")).credentials[0]
    assert (query.id, query.format, query.multiple, query.require_holder_binding) == ("pid", "dc+sd-jwt", False, True)
    assert query.vct_values == ("https://credentials.example.com/identity_credential",)
    assert query.types == frozenset(query.vct_values)
    assert [[claim.path for claim in choice] for choice in query.choices] == [
        [("family_name",), ("locality",), ("region",), ("date_of_birth",)],
        [("family_name",), ("postal_code",), ("date_of_birth",)],
    ]


def test_without_credential_sets_all_credentials_are_required() -> None:
    (everything,) = parse_query({"credentials": [IDENTITY, MDOC]}).sets
    assert (everything.required, everything.options) == (True, (("pid", "mdl"),))


def test_unknown_members_are_ignored() -> None:
    parse_query({**one(new=1, claims=[{"path": ["a"], "intent_to_retain": True, "new": 1}]), "new": 1})


@pytest.mark.parametrize(
    "value",
    [
        one(claims=[{"path": ["a", 0, None, "b"]}]),
        one(claims=[{"path": ["a"], "values": ["x", 5, True]}]),
        one(claims=[{"path": ["a", 0]}, {"path": ["a", None]}, {"path": ["a", "0"]}]),
        one(multiple=True, require_cryptographic_holder_binding=False),
        one(trusted_authorities=[{"type": "aki", "values": ["s9tIpPmhxdiuNkHMEWNpYim8S8Y"]}]),
        one(format="jwt_vc_json", meta={"type_values": [["x"]]}),
        {"credentials": [{**MDOC, "claims": [{"path": ["org.iso.18013.5.1", "given_name"]}]}]},
        {"credentials": credentials(MAX_CREDENTIALS)},
        one(claims=claims(MAX_CLAIMS)),
        one(claims=[{"path": ["a"] * MAX_PATH}]),
        one(claims=claims(MAX_SETS), claim_sets=[[f"c{number}"] for number in range(MAX_SETS)]),
        {"credentials": [IDENTITY], "credential_sets": [{"options": [["pid"]], "required": False, "purpose": "x"}] * MAX_SETS},
    ],
)
def test_good(value: dict[str, Any]) -> None:
    parse_query(value)


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        "query",
        {},
        {"credentials": []},
        {"credentials": {}},
        {"credentials": None},
        {"credentials": [IDENTITY, IDENTITY]},
        {"credentials": credentials(MAX_CREDENTIALS + 1)},
        one(id=""),
        one(id="with space"),
        one(id="점"),
        one(id="a\n"),
        one(id=5),
        one(format=""),
        one(format=5),
        one(meta={}),
        one(meta=None),
        one(meta={"vct_values": []}),
        one(meta={"vct_values": "urn:x"}),
        one(meta={"vct_values": [5]}),
        one(meta={"doctype_value": "x"}),
        one(multiple="true"),
        one(multiple=1),
        one(claims=[]),
        one(claims=None),
        one(claims=claims(MAX_CLAIMS + 1)),
        one(claims=[{}]),
        one(claims=[{"path": []}]),
        one(claims=[{"path": "a"}]),
        one(claims=[{"path": ["a"] * (MAX_PATH + 1)}]),
        one(claims=[{"path": ["a", -1]}]),
        one(claims=[{"path": ["a", 1.5]}]),
        one(claims=[{"path": ["a", True]}]),
        one(claims=[{"path": ["a", {}]}]),
        one(claims=[{"path": ["a"]}, {"path": ["a"]}]),
        one(claims=[{"id": "c", "path": ["a"]}, {"id": "c", "path": ["b"]}]),
        one(claims=[{"path": ["a"], "values": []}]),
        one(claims=[{"path": ["a"], "values": [1.5]}]),
        one(claims=[{"path": ["a"], "values": [None]}]),
        one(claims=[{"path": ["a"], "values": [{}]}]),
        one(claims=[{"path": ["a"], "values": "x"}]),
        one(claim_sets=[["a"]]),
        one(claims=claims(2), claim_sets=[]),
        one(claims=claims(2), claim_sets=[[]]),
        one(claims=claims(2), claim_sets=[["other"]]),
        one(claims=claims(2), claim_sets=[["c0", "c0"]]),
        one(claims=claims(2), claim_sets=[["c0"], ["c0"]]),
        one(claims=[{"path": ["a"]}, {"id": "c", "path": ["b"]}], claim_sets=[["c"]]),
        one(claims=claims(64), claim_sets=[[f"c{number}"] for number in range(MAX_SETS + 1)]),
        one(trusted_authorities=[]),
        one(trusted_authorities=[{"type": "aki", "values": []}]),
        {"credentials": [{**MDOC, "meta": {}}]},
        {"credentials": [{**MDOC, "claims": [{"path": ["given_name"]}]}]},
        {"credentials": [{**MDOC, "claims": [{"path": ["ns", "a", "b"]}]}]},
        {"credentials": [{**MDOC, "claims": [{"path": ["ns", None]}]}]},
        {"credentials": [IDENTITY], "credential_sets": []},
        {"credentials": [IDENTITY], "credential_sets": [{}]},
        {"credentials": [IDENTITY], "credential_sets": [{"options": []}]},
        {"credentials": [IDENTITY], "credential_sets": [{"options": [[]]}]},
        {"credentials": [IDENTITY], "credential_sets": [{"options": [["other"]]}]},
        {"credentials": [IDENTITY], "credential_sets": [{"options": [["pid", "pid"]]}]},
        {"credentials": [IDENTITY], "credential_sets": [{"options": [["pid"]], "required": "yes"}]},
        {"credentials": [IDENTITY], "credential_sets": [{"options": [["pid"]]}] * (MAX_SETS + 1)},
    ],
)
def test_bad(value: object) -> None:
    with pytest.raises(Malformed) as refusal:
        parse_query(value)
    assert refusal.value.code == "invalid_request"
