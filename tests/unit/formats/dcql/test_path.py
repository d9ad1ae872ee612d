"""Claims path pointers: the examples of OpenID4VP 1.0 §7 and what is not a path into the claims."""

import pytest

from sinwon.formats.dcql.path import ClaimPath, find, find_shown

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


@pytest.mark.parametrize(
    ("claims", "path", "expected"),
    [
        (CREDENTIAL, ("address", "locality"), ["Milliways"]),
        (CREDENTIAL, ("degrees", None, "type"), ["Bachelor of Science", "Master of Science"]),
        ({"n": ["PE"]}, ("n", 1), ["PE"]),
        ({"n": ["PE"]}, ("n", 0), ["PE"]),
        ({"n": ["KR", "PE", "US"]}, ("n", 1), ["KR", "PE"]),
        ({"n": ["KR", "PE", "US"]}, ("n", 0), ["KR"]),
        ({"n": ["text", {"a": 1}]}, ("n", 4, "a"), [1]),
        ({"n": [[1, 2], [3]]}, ("n", 1, 0), [1, 3]),
        ({"n": [[1, 2], [3]]}, ("n", None, 1), [1, 2, 3]),
        ({"n": [{"a": [1, 2]}, {"a": [3]}]}, ("n", 1, "a", None), [1, 2, 3]),
        ({"n": []}, ("n", 1), []),
        ({"n": "text"}, ("n", 1), []),
        ({"n": {"1": "x"}}, ("n", 1), []),
        ({}, ("n", 1), []),
        ([1], (0,), [1]),
    ],
)
def test_what_a_presentation_may_show_for_a_position(claims: object, path: ClaimPath, expected: list[object]) -> None:
    assert find_shown(claims, path) == expected
