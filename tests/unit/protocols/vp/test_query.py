"""Presets become queries: everything or only what is required, and always the name that is never passed on."""

from sinwon.protocols.vp.query import query_for
from tests.gateway_world import preset


def test_a_preset_with_optional_claims_has_two_claim_sets() -> None:
    query = query_for(preset("p", "L2", ("name_ko",), ("contact.email",)))
    (credential,) = query.wire["credentials"]
    assert credential["format"] == "dc+sd-jwt"
    assert credential["meta"] == {"vct_values": ["urn:sinwon:overseas-national:1"]}
    assert credential["claims"] == [
        {"id": "person_id", "path": ["person_id"]},
        {"id": "name_ko", "path": ["name_ko"]},
        {"id": "contact-email", "path": ["contact", "email"]},
    ]
    assert credential["claim_sets"] == [["person_id", "name_ko", "contact-email"], ["person_id", "name_ko"]]
    assert query.paths == (("name_ko",), ("contact", "email"))


def test_a_preset_without_optional_claims_has_none() -> None:
    (credential,) = query_for(preset("p", "L2", ("name_ko",))).wire["credentials"]
    assert "claim_sets" not in credential


def test_a_query_is_compiled_once() -> None:
    assert query_for(preset("p", "L2", ("name_ko",))) is query_for(preset("p", "L2", ("name_ko",)))
