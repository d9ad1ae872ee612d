"""Identifier lists: presence means revoked, and a list with any fault says nothing."""

from typing import Any

import pytest

from sinwon.core.cbor import MAX_ITEMS
from sinwon.core.refusal import Malformed, Refusal
from sinwon.formats.status.cwt import sign_cwt
from sinwon.formats.status.identifiers import MEDIA_TYPE, VerifiedIdentifierList, verify_identifier_list
from sinwon.formats.status.reference import MAX_IDENTIFIER, IdentifierReference, parse_identifier
from tests.world import ISSUER, NOW, issuer_signer, status_signer, trust_anchors

URI = "https://issuer.example/identifiers/1"
ID = b"\x01" * 16
TIMES = {2: URI, 6: NOW, 4: NOW + 600, 65534: 300}


def listed(identifiers: object, *, media_type: str = MEDIA_TYPE, by: Any = None, **changed: object) -> bytes:
    claims: dict[int, object] = {**TIMES, 65530: {"identifiers": identifiers}}
    claims |= {int(name[1:]): value for name, value in changed.items()}
    return sign_cwt(media_type, {label: value for label, value in claims.items() if value is not None}, by or status_signer())


def verify(token: bytes, now: int = NOW) -> VerifiedIdentifierList:
    return verify_identifier_list(token, uri=URI, anchors=trust_anchors(), now=now)


def test_O13_control_presence_means_revoked() -> None:
    verified = verify(listed({ID: {}, b"\x02": {}}))
    assert verified == VerifiedIdentifierList(URI, NOW, NOW + 600, 300, frozenset({ISSUER}), frozenset({ID, b"\x02"}))
    assert verify(listed({})).revoked == frozenset()


@pytest.mark.parametrize("reason", [{"reason": 1}, {1: "keyCompromise"}, {"reason": {"suspended": True}}, {b"x": []}])
def test_O13_reasons_do_not_soften_a_revocation(reason: dict[Any, Any]) -> None:
    assert ID in verify(listed({ID: reason})).revoked


@pytest.mark.parametrize(
    "identifiers",
    [
        None,
        [],
        [ID],
        {"text": {}},
        {5: {}},
        {ID: None},
        {ID: []},
        {ID: "revoked"},
        {b"": {}},
        {b"\x01" * (MAX_IDENTIFIER + 1): {}},
        {number.to_bytes(4): {} for number in range(MAX_ITEMS // 2)},
    ],
    ids=["none", "list", "list_of_ids", "text", "number", "null", "array", "said_in_text", "empty", "too_long", "too_many"],
)
def test_O13_a_list_that_is_none_says_nothing(identifiers: object) -> None:
    with pytest.raises(Refusal) as refusal:
        verify(listed(identifiers))
    assert refusal.value.code == "invalid_status"


@pytest.mark.parametrize(
    "changed",
    [
        {"media_type": "application/statuslist+cwt"},
        {"media_type": "application/cwt"},
        {"by": issuer_signer()},
        {"c2": URI + "x"},
        {"c4": NOW},
        {"c4": None},
        {"c6": None},
        {"c65530": None},
        {"c65530": [ID]},
        {"c65530": {}},
    ],
)
def test_O13_a_token_with_one_fault(changed: dict[str, Any]) -> None:
    with pytest.raises(Refusal):
        verify(listed({ID: {}}, **changed))


def test_as_many_identifiers_as_fit() -> None:
    assert len(verify(listed({number.to_bytes(4): {} for number in range(9_900)})).revoked) == 9_900


def test_a_reference_of_an_mdoc() -> None:
    claim = {"identifier_list": {"id": ID, "uri": URI, "certificate": b"\x30"}}
    assert parse_identifier(claim) == IdentifierReference(URI, ID)
    assert parse_identifier({"identifier_list": {"id": b"x" * MAX_IDENTIFIER, "uri": URI}}).identifier == b"x" * MAX_IDENTIFIER


@pytest.mark.parametrize(
    "claim",
    [
        None,
        {},
        {"status_list": {"idx": 1, "uri": URI}},
        {"identifier_list": []},
        {"identifier_list": {"id": "text", "uri": URI}},
        {"identifier_list": {"id": b"", "uri": URI}},
        {"identifier_list": {"id": b"x" * (MAX_IDENTIFIER + 1), "uri": URI}},
        {"identifier_list": {"id": 5, "uri": URI}},
        {"identifier_list": {"id": ID}},
        {"identifier_list": {"id": ID, "uri": "ftp://x"}},
    ],
)
def test_O13_a_reference_that_is_none(claim: object) -> None:
    with pytest.raises(Malformed):
        parse_identifier(claim)
