"""SD-JWT against the examples of RFC 9901, of SD-JWT VC and of sd-jwt-python, each both ways."""

from typing import Any

import pytest

from sinwon.core.refusal import Refusal, Unmet, Untrusted
from sinwon.formats.jose.jws import verify_jws
from sinwon.formats.sdjwt.disclosures import process, process_payload
from sinwon.formats.sdjwt.hide import Hide
from sinwon.formats.sdjwt.issue import issue_sd_jwt, prepare
from sinwon.formats.sdjwt.key_binding import check_key_binding
from sinwon.formats.sdjwt.parse import SdJwt, parse_disclosure, parse_sd_jwt
from sinwon.formats.sdjwt.present import select
from sinwon.formats.sdjwt.vc import verify_sd_jwt_vc
from sinwon.formats.status.reference import parse_status
from sinwon.keys.jwk import parse_public_jwk
from tests.unit.formats.vectors import load, named
from tests.world import SeededRandomness, issuer_signer, trust_anchors

RFC9901 = named("sd-jwt/rfc9901-examples.json")
VC = named("sd-jwt/sd-jwt-vc-examples.json")
CASES = {name: case for name, case in named("sd-jwt/testcases.json").items() if case["serialization"] == "compact"}
ISSUER_KEY = parse_public_jwk(load("sd-jwt/rfc9901-examples.json")["keys"]["issuer_public_jwk"])
PRESENTED = {name: vector for name, vector in {**RFC9901, **VC}.items() if "presentation" in vector}
BOUND = {name: vector for name, vector in PRESENTED.items() if vector["expect"].get("key_binding")}
UNSIGNED = {name: vector for name, vector in RFC9901.items() if name.startswith("address_only")}


def verify_issuer(sd_jwt: SdJwt, typ: str) -> dict[str, Any]:
    verify_jws(sd_jwt.issuer_signed, ISSUER_KEY, typ=typ)
    return process(sd_jwt)


def typ_of(sd_jwt: SdJwt) -> str:
    return str(sd_jwt.issuer_signed.header["typ"])


def bind(vector: dict[str, Any], sd_jwt: SdJwt, **changed: Any) -> None:
    claims = process(sd_jwt)
    kb = sd_jwt.key_binding
    assert kb is not None
    kb_claims = kb.claims()
    expected = {"audience": kb_claims["aud"], "nonce": "1234567890", "now": kb_claims["iat"], **changed}
    check_key_binding(sd_jwt, parse_public_jwk(claims["cnf"]["jwk"]), **expected)


@pytest.mark.parametrize("name", PRESENTED)
def test_example_verifies_and_gives_its_payload(name: str) -> None:
    vector = PRESENTED[name]
    sd_jwt = parse_sd_jwt(vector["presentation"])
    assert verify_issuer(sd_jwt, typ_of(sd_jwt)) == vector["processed_payload"]


@pytest.mark.parametrize("name", PRESENTED)
def test_example_with_one_changed_character_is_refused(name: str) -> None:
    text = PRESENTED[name]["presentation"]
    typ = typ_of(parse_sd_jwt(text))
    for at in range(5, text.rindex("~"), 97):
        changed = text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]
        with pytest.raises(Refusal):
            verify_issuer(parse_sd_jwt(changed), typ)


@pytest.mark.parametrize("name", [*PRESENTED, *UNSIGNED])
def test_disclosures_of_the_examples_hash_to_their_digests(name: str) -> None:
    for listed in {**PRESENTED, **UNSIGNED}[name].get("disclosures", []):
        disclosure = parse_disclosure(listed["disclosure"])
        assert disclosure.digest == listed["digest"]
        assert disclosure.value == listed["contents"][-1]


@pytest.mark.parametrize("name", UNSIGNED)
def test_all_disclosed_gives_the_users_claims(name: str) -> None:
    vector = UNSIGNED[name]
    disclosures = tuple(parse_disclosure(listed["disclosure"]) for listed in vector["disclosures"])
    claims = process_payload(vector["sd_jwt_payload"], disclosures)
    assert {n: claims[n] for n in vector["user_claims"] if n in claims} == {
        n: value for n, value in vector["user_claims"].items() if n in claims
    }
    assert claims["address"] == vector["user_claims"]["address"]


@pytest.mark.parametrize("name", BOUND)
def test_key_binding_of_the_examples(name: str) -> None:
    vector = BOUND[name]
    bind(vector, parse_sd_jwt(vector["presentation"]))


@pytest.mark.parametrize("name", BOUND)
@pytest.mark.parametrize(
    "changed", [{"audience": "https://other.example"}, {"nonce": "1234567891"}, {"now": 0}, {"now": 4_000_000_000}]
)
def test_key_binding_of_the_examples_for_somebody_else(name: str, changed: dict[str, Any]) -> None:
    vector = BOUND[name]
    with pytest.raises(Unmet):
        bind(vector, parse_sd_jwt(vector["presentation"]), **changed)


@pytest.mark.parametrize("name", BOUND)
def test_key_binding_of_the_examples_with_another_key(name: str) -> None:
    sd_jwt = parse_sd_jwt(BOUND[name]["presentation"])
    with pytest.raises(Untrusted):
        check_key_binding(sd_jwt, ISSUER_KEY, audience="a", nonce="n", now=0)


def test_example_without_key_binding_is_refused_where_it_is_needed() -> None:
    sd_jwt = parse_sd_jwt(VC["02 presentation without KB-JWT"]["presentation"])
    with pytest.raises(Unmet, match="no key binding"):
        check_key_binding(sd_jwt, ISSUER_KEY, audience="a", nonce="n", now=0)


@pytest.mark.parametrize("name", ["json_serialization_flattened_presentation", "json_serialization_general_presentation"])
def test_compact_equivalents_of_the_json_forms(name: str) -> None:
    vector = RFC9901[name]
    sd_jwt = parse_sd_jwt(vector["compact_equivalent"])
    verify_issuer(sd_jwt, typ_of(sd_jwt))
    bind(vector, sd_jwt)


def test_counts() -> None:
    """The two cases in JSON Serialization are in test_json_form."""
    assert (len(RFC9901), len(VC), len(PRESENTED), len(UNSIGNED), len(BOUND)) == (12, 3, 8, 4, 4)
    assert len(CASES) + 2 == len(named("sd-jwt/testcases.json")) == 17


@pytest.mark.parametrize("name", CASES)
def test_case_of_sd_jwt_python(name: str) -> None:
    case = CASES[name]
    sd_jwt = parse_sd_jwt(case["presentation"])
    verify_jws(sd_jwt.issuer_signed, parse_public_jwk(case["issuer_public_keys"][0]), typ="testcase+sd-jwt")
    assert process(sd_jwt) == case["expect"]


@pytest.mark.parametrize("name", CASES)
def test_case_of_sd_jwt_python_with_everything_disclosed(name: str) -> None:
    case = CASES[name]
    claims = process(parse_sd_jwt(case["sd_jwt"]))
    assert {member: claims[member] for member in case["user_claims"]} == case["user_claims"]


@pytest.mark.parametrize("name", CASES)
def test_case_of_sd_jwt_python_is_not_our_credential(name: str) -> None:
    with pytest.raises(Refusal):
        verify_sd_jwt_vc(parse_sd_jwt(CASES[name]["sd_jwt"]), anchors=trust_anchors(), now=1_700_000_000)


def marked(value: Any, hidden: set[tuple[str | int, ...]], path: tuple[str | int, ...] = ()) -> Any:
    """`value` with Hide at the places in `hidden`."""
    if isinstance(value, dict):
        value = {name: marked(member, hidden, (*path, name)) for name, member in value.items()}
    elif isinstance(value, list):
        value = [marked(element, hidden, (*path, at)) for at, element in enumerate(value)]
    return Hide(value) if path in hidden else value


def shown_paths(wish: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Paths of what a case's holder discloses: true and values, at any depth. `null`, false and "None" disclose nothing."""
    if isinstance(wish, dict):
        return [found for name, member in wish.items() for found in shown_paths(member, (*path, name))]
    if isinstance(wish, list):
        return [found for at, element in enumerate(wish) for found in shown_paths(element, (*path, at))]
    return [path] if wish not in (False, None, "None") else []


ALL_CASES = named("sd-jwt/testcases.json")


@pytest.mark.parametrize("name", ALL_CASES)
def test_case_of_sd_jwt_python_issued_and_shown_by_us(name: str) -> None:
    case = ALL_CASES[name]
    hidden = {tuple(path) for path in case["selectively_disclosable_paths"]}
    template = prepare(marked(case["user_claims"], hidden), decoys=1)
    text = issue_sd_jwt({}, template, typ="testcase+sd-jwt", by=issuer_signer(), random=SeededRandomness(4))
    sd_jwt = parse_sd_jwt(text)
    assert process(sd_jwt) == case["user_claims"]
    assert len(sd_jwt.disclosures) == len(hidden)
    shown = process(parse_sd_jwt(select(sd_jwt, shown_paths(case["holder_disclosed_claims"]))))
    theirs = {"iss", "cnf", "iat", "exp"}
    assert shown == {member: value for member, value in case["expect"].items() if member not in theirs}


def test_referenced_token_of_the_status_list_draft() -> None:
    vector = named("status-list/tokens.json")["referenced token, SD-JWT"]
    sd_jwt = parse_sd_jwt(vector["sd_jwt"])
    verify_jws(sd_jwt.issuer_signed, parse_public_jwk(vector["issuer_public_jwk"]), typ="example+sd-jwt")
    status = parse_status(process(sd_jwt)["status"])
    assert (status.uri, status.index) == (vector["expect"]["uri"], vector["expect"]["status_list_idx"])
