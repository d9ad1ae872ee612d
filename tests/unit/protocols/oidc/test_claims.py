"""Claims for services: standard names, nested as they say, and only those that were asked for."""

from sinwon.protocols.oidc.claims import keep_claims, service_claims

PROCESSED = {
    "person_id": "p",
    "name_ko": "김바다",
    "sex": 2,
    "contact": {"address": "1 Example St", "email": "bada@example.com"},
    "registration": {"number": "LA-1"},
}


def test_only_listed_claims_are_kept_and_never_the_person() -> None:
    paths = [("person_id",), ("name_ko",), ("contact", "address"), ("portrait",)]
    assert keep_claims(PROCESSED, paths) == {"name_ko": "김바다", "contact.address": "1 Example St"}


def test_standard_names_where_there_are_any() -> None:
    kept = {
        "name_ko": "김바다",
        "contact.address": "1 Example St",
        "contact.email": "e",
        "registration.number": "LA-1",
        "sex": 2,
    }
    assert service_claims(kept) == {
        "name": "김바다",
        "address": {"formatted": "1 Example St"},
        "email": "e",
        "registration": {"number": "LA-1"},
        "sex": 2,
    }
