"""Type Metadata: the examples of the draft, documents over documents, and what is none."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from sinwon.core.fetch import Answer
from sinwon.core.refusal import Malformed, Refusal, Unmet
from sinwon.formats.dcql.path import find
from sinwon.formats.sdjwt.hide import Hide
from sinwon.formats.sdjwt.integrity import integrity_of
from sinwon.formats.sdjwt.issue import issue_sd_jwt, prepare
from sinwon.formats.sdjwt.parse import SdJwt, parse_sd_jwt
from sinwon.formats.sdjwt.present import select
from sinwon.formats.sdjwt.type_metadata import (
    MAX_EXTENDS,
    MAX_TEXT,
    MAX_TYPE_METADATA,
    EffectiveType,
    merge,
    parse_type_metadata,
    resolve_type,
)
from sinwon.formats.sdjwt.type_rules import check_issued, check_shown
from tests.network import Network
from tests.unit.formats.vectors import named
from tests.world import SeededRandomness, issuer_signer

VECTORS = named("sd-jwt/sd-jwt-vc-type-metadata.json")
VCT = "https://types.example/1"
DOCUMENTS = ["type metadata (excerpt)", "extends: base", "extends: child", "A.2 type metadata"]


def document(name: str) -> bytes:
    return json.dumps(VECTORS[name]["value"]).encode()


def parsed(**members: Any) -> bytes:
    return json.dumps({"vct": VCT, **members}).encode()


@dataclass
class Site:
    """Types at their addresses."""

    network: Network = field(default_factory=Network)

    def put(self, vct: str, status: int = 200, media_type: str = "application/json", **members: Any) -> bytes:
        body = json.dumps({"vct": vct, **members}).encode()
        self.network.pages[vct] = Answer(status, {"content-type": media_type}, body)
        return body


def address(number: int) -> str:
    return f"https://types.example/{number}"


def test_count() -> None:
    assert len(VECTORS) == 10


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_of_the_draft(name: str) -> None:
    vct = VECTORS[name]["value"]["vct"]
    assert parse_type_metadata(document(name), vct=vct).vct == vct
    with pytest.raises(Unmet):
        parse_type_metadata(document(name), vct=vct + "x")


def test_what_the_draft_says_about_degrees() -> None:
    value = VECTORS["A.2 type metadata"]["value"]
    claims = {claim.path: claim for claim in parse_type_metadata(document("A.2 type metadata"), vct=value["vct"]).claims}
    assert claims[("name",)].mandatory is True
    assert claims[("degrees",)].sd == "never"
    assert claims[("degrees", None)].sd == claims[("degrees", None, "date_awarded")].sd == "always"
    assert claims[("address", "street_address")].svg_id == "address_street_address"


def test_paths_of_the_draft_select() -> None:
    claims = VECTORS["claim path example credential"]["value"]
    assert find(claims, ("name",)) == ["Arthur Dent"]
    assert find(claims, ("address", "street_address")) == ["42 Market Street"]
    assert find(claims, ("degrees", None, "type")) == ["Bachelor of Science", "Master of Science"]


def test_effective_claims_of_the_draft() -> None:
    child = parse_type_metadata(document("extends: child"), vct="https://example.com/custom-type-metadata")
    base = parse_type_metadata(document("extends: base"), vct="https://example.com/base-type-metadata")
    effective = merge([child, base])
    expected = VECTORS["extends: effective claims of the child"]["value"]["claims"]
    assert [(list(claim.path), claim.display[0].label) for claim in effective.claims] == [
        (claim["path"], claim["display"][0]["label"]) for claim in expected
    ]
    assert (effective.vct, effective.extended) == (child.vct, (base.vct,))


def kind(*claims: dict[str, Any], over: list[dict[str, Any]] | None = None) -> EffectiveType:
    documents = [parse_type_metadata(parsed(claims=list(claims)), vct=VCT)]
    return merge([*documents, parse_type_metadata(parsed(claims=over), vct=VCT)] if over else documents)


@pytest.mark.parametrize(
    ("below", "above", "effective"),
    [
        (None, None, None),
        (None, "always", "always"),
        (None, "never", "never"),
        ("always", None, "always"),
        ("never", None, "never"),
        ("always", "allowed", "always"),
        ("never", "allowed", "never"),
        ("always", "always", "always"),
        ("allowed", "allowed", "allowed"),
    ],
)
def test_a_child_may_tighten_and_inherits_what_it_does_not_say(below: Any, above: Any, effective: Any) -> None:
    claims = [{"path": ["a"], **({} if sd is None else {"sd": sd})} for sd in (below, above)]
    assert kind(claims[0], over=[claims[1]]).claims[0].sd == effective


@pytest.mark.parametrize(
    ("below", "above"), [("never", "always"), ("always", "never"), ("allowed", "always"), ("allowed", "never")]
)
def test_a_child_may_not_loosen(below: str, above: str) -> None:
    with pytest.raises(Unmet, match="loosens"):
        kind({"path": ["a"], "sd": below}, over=[{"path": ["a"], "sd": above}])


def test_mandatory_is_inherited_and_never_taken_back() -> None:
    mandatory = {"path": ["a"], "mandatory": True}
    assert kind({"path": ["a"]}, over=[mandatory]).claims[0].mandatory is True
    assert kind(mandatory, over=[{"path": ["a"], "mandatory": False}]).claims[0].mandatory is True
    with pytest.raises(Unmet, match="optional"):
        kind({"path": ["a"], "mandatory": False}, over=[mandatory])


def test_display_of_the_child_stands_for_all_of_it() -> None:
    labels = [[{"locale": "ko", "name": "증명서"}], [{"locale": "en", "name": "Base"}]]
    child, base = (parse_type_metadata(parsed(display=label), vct=VCT) for label in labels)
    nameless = parse_type_metadata(parsed(), vct=VCT)
    assert [label.name for label in merge([child, base]).display] == ["증명서"]
    assert [label.name for label in merge([nameless, base]).display] == ["Base"]


CLAIM = {"path": ["a"]}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b'{"vct":"https://types.example/1","vct":"https://types.example/1"}',
        b'{"name":"no vct"}',
        parsed(claims={}),
        parsed(claims=[{"path": []}]),
        parsed(claims=[{"path": "a"}]),
        parsed(claims=[{}]),
        parsed(claims=[{"path": [None]}]),
        parsed(claims=[{"path": [0]}]),
        parsed(claims=[{"path": ["a", -1]}]),
        parsed(claims=[{"path": ["a", 1.5]}]),
        parsed(claims=[{"path": ["a", True]}]),
        parsed(claims=[CLAIM, CLAIM]),
        parsed(claims=[{**CLAIM, "sd": "sometimes"}]),
        parsed(claims=[{**CLAIM, "mandatory": "yes"}]),
        parsed(claims=[{**CLAIM, "svg_id": "1a"}]),
        parsed(claims=[{**CLAIM, "svg_id": "a-b"}]),
        parsed(claims=[{**CLAIM, "svg_id": "a\n"}]),
        parsed(claims=[{**CLAIM, "svg_id": "x"}, {"path": ["b"], "svg_id": "x"}]),
        parsed(claims=[{**CLAIM, "display": [{"locale": "ko"}]}]),
        parsed(name="x" * (MAX_TEXT + 1)),
        parsed(display=[{"locale": "ko", "name": "x" * (MAX_TEXT + 1)}]),
        parsed(claims=[{**CLAIM, "display": [{"locale": "ko", "label": "x" * (MAX_TEXT + 1)}]}]),
        *(
            parsed(display=[{"locale": "ko", "name": "x", "rendering": {"simple": {"logo": {"uri": uri}}}}])
            for uri in ("http://a.example/x.png", "javascript:alert(1)", "data:text/html,x", "//a.example/x.png", "file:///x")
        ),
        parsed(display=[{"locale": "ko", "name": "x", "rendering": {"svg_templates": [{"uri": "http://a.example"}]}}]),
        parsed(display=[{"locale": "ko", "name": "x", "rendering": {"svg_templates": [{"uri": "https://a.example"}] * 2}}]),
        parsed(extends=5),
        parsed() + b" " * MAX_TYPE_METADATA,
    ],
)
def test_not_a_document(data: bytes) -> None:
    with pytest.raises(Malformed) as refusal:
        parse_type_metadata(data, vct=VCT)
    assert refusal.value.code == "invalid_type_metadata"


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"unknown": [], "schema": {"pattern": "(a+)+$"}},
        {"name": "x" * MAX_TEXT},
        {"claims": [{"path": ["a", None, 0, "b"], "svg_id": "_a1", "sd": "allowed", "mandatory": False}]},
        {"display": [{"locale": "ko", "name": "x", "rendering": {"simple": {"logo": {"uri": "data:image/png;base64,AA=="}}}}]},
    ],
)
def test_control_documents(members: dict[str, Any]) -> None:
    assert parse_type_metadata(parsed(**members), vct=VCT).vct == VCT
    size = len(parsed(**members))
    assert parse_type_metadata(parsed(**members) + b" " * (MAX_TYPE_METADATA - size), vct=VCT).vct == VCT


def chain(length: int) -> Site:
    """Type 0 extends 1 … extends `length`, each with the integrity of the next."""
    site = Site()
    above = site.put(address(length), claims=[{"path": [f"c{length}"]}])
    for number in range(length - 1, -1, -1):
        extends: dict[str, Any] = {"extends": address(number + 1), "extends#integrity": integrity_of(above)}
        above = site.put(address(number), claims=[{"path": [f"c{number}"]}], **extends)
    return site


def test_types_above_each_other_up_to_the_limit() -> None:
    effective = resolve_type(address(0), fetch=chain(MAX_EXTENDS).network)
    assert effective.extended == tuple(address(number) for number in range(1, MAX_EXTENDS + 1))
    assert [claim.path[0] for claim in effective.claims] == [f"c{number}" for number in range(MAX_EXTENDS, -1, -1)]
    with pytest.raises(Unmet, match="above each other"):
        resolve_type(address(0), fetch=chain(MAX_EXTENDS + 1).network)


A2 = VECTORS["A.2 type metadata"]["value"]
A2_TYPE = merge([parse_type_metadata(json.dumps(A2).encode(), vct=A2["vct"])])


def a2(**changed: Any) -> SdJwt:
    """A credential hidden as the draft's type says, or with changes."""
    claims: dict[str, Any] = {
        "name": Hide("Zaphod Beeblebrox"),
        "address": Hide({"street_address": Hide("42 Galaxy Way"), "city": "Betelgeuse City"}),
        "degrees": [Hide({"field_of_study": "Politics", "date_awarded": Hide("2020-05-15")})],
        **changed,
    }
    template = prepare({name: claim for name, claim in claims.items() if claim is not None})
    text = issue_sd_jwt({"vct": A2["vct"]}, template, typ="t", by=issuer_signer(), random=SeededRandomness(3))
    return parse_sd_jwt(text)


def test_a_credential_as_its_type_says() -> None:
    check_issued(a2(), A2_TYPE)
    check_issued(a2(address=None, degrees=[]), A2_TYPE)
    check_shown(parse_sd_jwt(select(a2(), [])), A2_TYPE)
    check_shown(parse_sd_jwt(select(a2(), [("degrees", 0, "date_awarded")])), A2_TYPE)


@pytest.mark.parametrize(
    "changed",
    [
        {"name": "Zaphod Beeblebrox"},
        {"address": {"street_address": Hide("42 Galaxy Way")}},
        {"address": Hide({"street_address": "42 Galaxy Way"})},
        {"degrees": Hide([])},
        {"degrees": [{"field_of_study": "Politics"}]},
        {"degrees": [Hide({"field_of_study": Hide("Politics")})]},
        {"degrees": [Hide({"field_of_study": "Politics"}), Hide({"date_awarded": "2020"})]},
    ],
)
def test_hidden_otherwise_than_the_type_says(changed: dict[str, Any]) -> None:
    with pytest.raises(Unmet, match="hidden"):
        check_issued(a2(**changed), A2_TYPE)
    with pytest.raises(Unmet, match="hidden"):
        check_shown(a2(**changed), A2_TYPE)


def test_a_position_means_the_whole_credential() -> None:
    """The second of two elements, shown alone, stands first: the rule for the first does not hold for it."""
    rules = kind({"path": ["list", 0], "sd": "never"}, {"path": ["list", 1], "sd": "always"})
    text = issue_sd_jwt({}, prepare({"list": ["a", Hide("b")]}), typ="t", by=issuer_signer(), random=SeededRandomness(3))
    check_issued(parse_sd_jwt(text), rules)
    hidden = prepare({"list": [Hide("a"), Hide("b")]})
    other = parse_sd_jwt(issue_sd_jwt({}, hidden, typ="t", by=issuer_signer(), random=SeededRandomness(3)))
    with pytest.raises(Unmet):
        check_issued(other, rules)
    check_shown(parse_sd_jwt(select(other, [("list", 1)])), rules)


def test_a_mandatory_claim_must_be_issued_and_need_not_be_shown() -> None:
    with pytest.raises(Unmet, match="mandatory"):
        check_issued(a2(name=None), A2_TYPE)
    check_shown(a2(name=None), A2_TYPE)


def test_a_document_that_is_refused_above_refuses_the_type() -> None:
    site = Site()
    site.put(address(0), extends=address(1))
    site.put(address(1), claims=[{"path": []}])
    with pytest.raises(Refusal):
        resolve_type(address(0), fetch=site.network)
