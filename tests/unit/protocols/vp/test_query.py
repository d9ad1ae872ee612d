"""Presets become queries: everything or only what is required, and always the name that is never passed on."""

from msgspec.structs import replace

from sinwon.core.strict_json import parse_json
from sinwon.protocols.vp.query import query_for
from tests.gateway_world import preset


def test_a_preset_with_optional_claims_has_two_claim_sets() -> None:
    query = query_for(preset("p", "L2", ("name_ko",), ("contact.email",)))
    credential, other = query.wire["credentials"]
    assert query.wire["credential_sets"] == [{"options": [["identity"], ["identity-mdoc"]]}]
    assert credential["format"] == "dc+sd-jwt"
    assert credential["meta"] == {"vct_values": ["urn:sinwon:overseas-national:1"]}
    assert credential["claims"] == [
        {"id": "person_id", "path": ["person_id"]},
        {"id": "name_ko", "path": ["name_ko"]},
        {"id": "contact-email", "path": ["contact", "email"]},
    ]
    assert credential["claim_sets"] == [["person_id", "name_ko", "contact-email"], ["person_id", "name_ko"]]
    doctype = "org.sinwon.overseas_national.1"
    assert other == {
        "id": "identity-mdoc",
        "format": "mso_mdoc",
        "meta": {"doctype_value": doctype},
        "claims": [
            {"id": "person_id", "path": [doctype, "person_id"], "intent_to_retain": False},
            {"id": "name_ko", "path": [doctype, "name_ko"], "intent_to_retain": False},
            {"id": "contact-email", "path": [doctype, "email"], "intent_to_retain": False},
        ],
        "claim_sets": credential["claim_sets"],
    }
    assert query.paths == (("name_ko",), ("contact", "email"))


def test_a_preset_without_optional_claims_has_none() -> None:
    for credential in query_for(preset("p", "L2", ("name_ko",))).wire["credentials"]:
        assert "claim_sets" not in credential


def test_a_query_is_compiled_once() -> None:
    assert query_for(preset("p", "L2", ("name_ko",))) is query_for(preset("p", "L2", ("name_ko",)))


def test_a_preset_says_what_is_kept() -> None:
    query = query_for(replace(preset("p", "L2", ("name_ko",)), retains=True))
    assert [claim["intent_to_retain"] for claim in query.wire["credentials"][1]["claims"]] == [True, True]


def test_a_claim_that_is_no_element_is_asked_for_as_sd_jwt_alone() -> None:
    query = query_for(preset("p", "L2", ("evidence.kind",)))
    assert list(query.kinds) == ["identity"]
    assert "credential_sets" not in query.wire


def test_an_age_is_asked_for_without_a_name_and_first_of_those_who_say_nothing_else() -> None:
    query = query_for(replace(preset("age", "L1"), one_of=("age_over_19", "adult_by_year"), anonymous=True))
    assert query.anonymous
    options = [["age"], ["age-mdoc"], ["identity"], ["identity-mdoc"]]
    assert query.wire["credential_sets"] == [{"options": options}]
    sd_jwt, mdoc, *_identity = query.wire["credentials"]
    assert sd_jwt["meta"] == {"vct_values": ["urn:sinwon:overseas-national-age:1"]}
    assert sd_jwt["claims"] == [
        {"id": "age_over_19", "path": ["age_over_19"], "values": [True]},
        {"id": "adult_by_year", "path": ["adult_by_year"], "values": [True]},
    ]
    assert mdoc["meta"] == {"doctype_value": "org.sinwon.overseas_national_age.1"}
    for credential in query.wire["credentials"]:
        assert credential["claim_sets"] == [["age_over_19"], ["adult_by_year"]]


def test_one_proof_goes_together_with_everything_and_with_what_is_required() -> None:
    query = query_for(replace(preset("p", "L2", ("name_ko",), ("sex",)), one_of=("age_over_19", "adult_by_year")))
    assert query.wire["credentials"][0]["claim_sets"] == [
        ["person_id", "name_ko", "age_over_19", "sex"],
        ["person_id", "name_ko", "adult_by_year", "sex"],
        ["person_id", "name_ko", "age_over_19"],
        ["person_id", "name_ko", "adult_by_year"],
    ]
    assert list(query.kinds) == ["identity", "identity-mdoc"]


def test_what_goes_on_the_wire_is_encoded_once_and_the_same() -> None:
    query = query_for(preset("p", "L2", ("name_ko",), ("contact.email",)))
    assert parse_json(bytes(query.encoded), limit=1 << 16) == query.wire


STRONG_KEY = {
    "id": "key_assurance",
    "path": ["key_assurance", "user_authentication", None],
    "values": ["urn:sinwon:user-authentication:pin-and-passkey"],
}


def test_level_three_asks_what_is_said_of_the_key_where_that_can_be_asked() -> None:
    sd_jwt, mdoc = query_for(preset("p", "L3", ("name_ko",), ("birthdate",))).wire["credentials"]
    assert sd_jwt["claims"][-1] == STRONG_KEY
    assert sd_jwt["claim_sets"] == [
        ["person_id", "name_ko", "birthdate", "key_assurance"],
        ["person_id", "name_ko", "key_assurance"],
    ]
    assert "key_assurance" not in str(mdoc)
    for level in ("L1", "L2"):
        assert "key_assurance" not in str(query_for(preset("p", level, ("name_ko",), ("birthdate",))).wire)


def test_the_resident_number_is_asked_of_a_certificate_of_its_own() -> None:
    query = query_for(preset("p", "L3", ("name_ko", "linkage.rrn"), ("birthdate",)))
    assert query.wire["credential_sets"] == [
        {"options": [["identity"], ["identity-mdoc"]]},
        {"options": [["linkage"], ["linkage-mdoc"]]},
    ]
    assert query.parts == (frozenset({"identity", "identity-mdoc"}), frozenset({"linkage", "linkage-mdoc"}))
    linkage = query.wire["credentials"][2]
    assert linkage["claims"] == [
        {"id": "person_id", "path": ["person_id"]},
        {"id": "linkage-rrn", "path": ["linkage", "rrn"]},
        STRONG_KEY,
    ]
    assert query.paths == (("name_ko",), ("linkage", "rrn"), ("birthdate",))


def test_a_number_that_is_optional_may_be_left_out_as_a_whole() -> None:
    query = query_for(preset("p", "L3", ("name_ko",), ("linkage.rrn",)))
    assert [each.get("required", True) for each in query.wire["credential_sets"]] == [True, False]


def test_the_number_alone_needs_no_other_certificate() -> None:
    assert query_for(preset("p", "L3", ("linkage.rrn",))).parts == (frozenset({"linkage", "linkage-mdoc"}),)
