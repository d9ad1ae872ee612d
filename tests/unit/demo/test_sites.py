"""What a demonstration site says it was told: everything, under the names people know, and no resident number in a cookie."""

from sinwon.demo.sites.app import given_claims

TOLD = {
    "sub": "s",
    "name": "서보람",
    "birthdate": "1995-06-06",
    "address": {"formatted": "2 Example Street\nBeijing"},
    "passport": {"number": "M911B9007"},
    "linkage": {"rrn": "9506061988162"},
}


def test_everything_is_said_by_the_certificates_names() -> None:
    assert list(given_claims(TOLD)) == [
        ("name_ko", "서보람"),
        ("birthdate", "1995-06-06"),
        ("contact.address", "2 Example Street\nBeijing"),
        ("passport.number", "M911B9007"),
        ("linkage.rrn", "950606-1******"),
    ]


def test_the_resident_number_is_not_whole_in_any_of_it() -> None:
    assert "1988162" not in str(list(given_claims(TOLD)))
