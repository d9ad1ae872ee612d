"""The verifier believes no wallet: the whole query is evaluated again."""

from typing import Any

import pytest

from sinwon.core.refusal import Unmet
from sinwon.formats.dcql.answer import Presented, check_answer
from sinwon.formats.dcql.query import parse_query

QUERY: dict[str, Any] = {
    "credentials": [
        {
            "id": "identity",
            "format": "dc+sd-jwt",
            "meta": {"vct_values": ["urn:identity", "urn:identity:2"]},
            "claims": [
                {"id": "name", "path": ["name"]},
                {"id": "adult", "path": ["adult"], "values": [True]},
                {"id": "birth", "path": ["birth"]},
            ],
            "claim_sets": [["name", "adult"], ["name", "birth"]],
        },
        {"id": "linkage", "format": "dc+sd-jwt", "meta": {"vct_values": ["urn:linkage"]}, "claims": [{"path": ["rrn"]}]},
        {"id": "cards", "format": "dc+sd-jwt", "meta": {"vct_values": ["urn:card"]}, "multiple": True},
    ],
    "credential_sets": [
        {"options": [["identity", "linkage"], ["identity"]]},
        {"options": [["cards"]], "required": False},
    ],
}
IDENTITY = Presented({"name": "n", "adult": True}, "urn:identity")
LINKAGE = Presented({"rrn": "r"}, "urn:linkage")
CARD = Presented({}, "urn:card")


def check(**presented: list[Presented]) -> None:
    check_answer(parse_query(QUERY), presented)


@pytest.mark.parametrize(
    "presented",
    [
        {"identity": [IDENTITY]},
        {"identity": [IDENTITY], "linkage": [LINKAGE]},
        {"identity": [IDENTITY], "cards": [CARD, CARD]},
        {"identity": [Presented({"name": "n", "birth": "b", "more": 1}, "urn:identity:2")]},
    ],
)
def test_answered(presented: dict[str, list[Presented]]) -> None:
    check(**presented)


@pytest.mark.parametrize(
    "presented",
    [
        {},
        {"linkage": [LINKAGE]},
        {"cards": [CARD]},
        {"identity": []},
        {"identity": [IDENTITY, IDENTITY]},
        {"identity": [IDENTITY], "other": [CARD]},
        {"identity": [LINKAGE]},
        {"identity": [Presented(IDENTITY.claims, "urn:card")]},
        {"identity": [Presented(IDENTITY.claims, "urn:identity", "mso_mdoc")]},
        {"identity": [Presented({"name": "n"}, "urn:identity")]},
        {"identity": [Presented({"adult": True, "birth": "b"}, "urn:identity")]},
        {"identity": [Presented({"name": "n", "adult": False}, "urn:identity")]},
        {"identity": [Presented({"name": "n", "adult": 1}, "urn:identity")]},
        {"identity": [IDENTITY], "linkage": [Presented({}, "urn:linkage")]},
        {"identity": [IDENTITY], "cards": [CARD, IDENTITY]},
    ],
)
def test_not_answered(presented: dict[str, list[Presented]]) -> None:
    with pytest.raises(Unmet):
        check(**presented)
