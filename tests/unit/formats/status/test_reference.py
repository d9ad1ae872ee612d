"""The status claim of a credential."""

import pytest

from sinwon.core.refusal import Malformed
from sinwon.formats.status.reference import MAX_INDEX, MAX_URI, StatusReference, parse_status
from tests.unit.formats.vectors import named

URI = "https://issuer.example/status/1"


def claim(**changed: object) -> dict[str, object]:
    return {"status_list": {"idx": 5, "uri": URI, **changed}}


def test_a_reference_and_its_claim() -> None:
    assert parse_status(claim()) == StatusReference(URI, 5)
    assert StatusReference(URI, 5).claim == claim()


def test_the_example_of_the_draft() -> None:
    pair = named("status-list/tokens.json")["matching pair"]
    reference = StatusReference(pair["referenced_uri"], pair["idx"])
    assert parse_status(reference.claim) == reference


@pytest.mark.parametrize(
    "changed",
    [{"idx": 0}, {"idx": MAX_INDEX}, {"uri": "https://" + "x" * (MAX_URI - 8)}, {"uri": "http://127.0.0.1:1/"}, {"x": 1}],
)
def test_at_the_limits(changed: dict[str, object]) -> None:
    parse_status(claim(**changed))


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        "text",
        {},
        {"status_list": None},
        {"status_list": [5]},
        {"identifier_list": {"id": "x"}},
        claim(idx=-1),
        claim(idx=MAX_INDEX + 1),
        claim(idx=2**63),
        claim(idx=True),
        claim(idx=5.0),
        claim(idx="5"),
        claim(idx=None),
        claim(uri=None),
        claim(uri=5),
        claim(uri=""),
        claim(uri="file:///etc/passwd"),
        claim(uri="ftp://issuer.example"),
        claim(uri="//issuer.example"),
        claim(uri="https://" + "x" * (MAX_URI - 7)),
    ],
)
def test_not_a_reference(value: object) -> None:
    with pytest.raises(Malformed) as refusal:
        parse_status(value)
    assert refusal.value.code == "invalid_status"
