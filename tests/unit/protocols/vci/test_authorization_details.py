"""Which credentials a request asks for, by scope or by details."""

import json

import pytest

from sinwon.core.refusal import Refusal
from sinwon.protocols.vci.authorization_details import MAX_DETAILS, Asked, asked_for, granted_details
from tests.world import ISSUER

KNOWN = ("one", "two", "three")


def detail(configuration: str = "one", **more: object) -> dict[str, object]:
    return {"type": "openid_credential", "credential_configuration_id": configuration, **more}


def asked(scope: str = "", *details: object) -> Asked:
    return asked_for(scope.split(), json.dumps(details) if details else None, issuer=ISSUER, known=KNOWN)


def test_by_scope() -> None:
    assert asked("two openid one two") == Asked(("two", "one"), False)


def test_by_details() -> None:
    assert asked("", detail("two"), detail("one", claims=[{"path": ["a"]}]), detail("two")) == Asked(("two", "one"), True)


def test_details_win() -> None:
    assert asked("three", detail("one")) == Asked(("one",), True)


def test_details_for_this_issuer_too() -> None:
    assert asked("", detail(locations=["https://other.example", ISSUER])).configurations == ("one",)


@pytest.mark.parametrize("scope", ["", "openid", "ONE"])
def test_no_scope_of_ours(scope: str) -> None:
    with pytest.raises(Refusal) as refusal:
        asked(scope)
    assert refusal.value.code == "invalid_scope"


@pytest.mark.parametrize(
    "details",
    [
        [detail("four")],
        [detail("one"), detail("four")],
        [detail(locations=["https://other.example"])],
        [detail(locations=ISSUER + "/")],
        [{"type": "openid_credential"}],
        [{"credential_configuration_id": "one"}],
        [detail(credential_configuration_id=1)],
        ["one"],
        [detail()] * (MAX_DETAILS + 1),
    ],
)
def test_details_that_cannot_be(details: list[object]) -> None:
    with pytest.raises(Refusal) as refusal:
        asked("one", *details)
    assert refusal.value.code == "invalid_authorization_details"


def test_as_many_details_as_may_be() -> None:
    assert asked("", *[detail()] * MAX_DETAILS).configurations == ("one",)


def test_what_was_granted_has_one_identifier_each() -> None:
    granted = granted_details(("one", "two"))
    assert [one["credential_identifiers"] for one in granted] == [["one.1"], ["two.1"]]
