"""Claims path pointers: the examples of OpenID4VP 1.0 §7 and what is not a path into the claims."""

import pytest

from sinwon.formats.dcql.path import ClaimPath, find

CREDENTIAL = {
    "name": "Arthur Dent",
    "address": {"street_address": "42 Market Street", "locality": "Milliways", "postal_code": "12345"},
    "degrees": [
        {"type": "Bachelor of Science", "university": "University of Betelgeuse"},
        {"type": "Master of Science", "university": "University of Betelgeuse"},
    ],
    "nationalities": ["British", "Betelgeusian"],
    "nothing": None,
    "empty": [],
}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("name",), ["Arthur Dent"]),
        (("address",), [CREDENTIAL["address"]]),
        (("address", "street_address"), ["42 Market Street"]),
        (("degrees", None, "type"), ["Bachelor of Science", "Master of Science"]),
        (("degrees", 1, "type"), ["Master of Science"]),
        (("nationalities", 1), ["Betelgeusian"]),
        (("nationalities", None), ["British", "Betelgeusian"]),
        (("nothing",), [None]),
    ],
)
def test_selects(path: ClaimPath, expected: list[object]) -> None:
    assert find(CREDENTIAL, path) == expected


@pytest.mark.parametrize(
    "path",
    [
        ("absent",),
        ("name", "first"),
        ("name", None),
        ("name", 0),
        ("address", 0),
        ("address", None),
        ("nationalities", "0"),
        ("nationalities", 2),
        ("degrees", None, "absent"),
        ("degrees", "type"),
        ("nationalities", None, "x"),
        ("empty", None),
        ("empty", 0),
        (0,),
        (None,),
    ],
)
def test_selects_nothing(path: ClaimPath) -> None:
    assert find(CREDENTIAL, path) == []
