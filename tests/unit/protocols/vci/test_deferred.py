"""The message that asks for what was promised."""

import pytest

from sinwon.core.refusal import Refusal
from sinwon.core.strict_json import dump
from sinwon.protocols.vci.deferred import MAX_ID, MAX_REQUEST, DeferredRequest, parse_deferred_request


def test_unknown_members_are_ignored() -> None:
    assert parse_deferred_request(b'{"transaction_id":"one","more":[1]}') == DeferredRequest("one")


def test_as_long_as_it_may_be() -> None:
    assert parse_deferred_request(dump({"transaction_id": "a" * MAX_ID})).transaction_id == "a" * MAX_ID
    whole = b'{"transaction_id":"one"}'
    assert parse_deferred_request(whole + b" " * (MAX_REQUEST - len(whole))) == DeferredRequest("one")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b'{"transaction_id":""}', "invalid_transaction_id"),
        (dump({"transaction_id": "a" * (MAX_ID + 1)}), "invalid_transaction_id"),
        (b'{"transaction_id":7}', "invalid_credential_request"),
        (b'{"transaction_id":"a","transaction_id":"b"}', "invalid_credential_request"),
        (b"{}", "invalid_credential_request"),
        (b"[]", "invalid_credential_request"),
        (b"", "invalid_credential_request"),
        (b'{"transaction_id":"one"}' + b" " * MAX_REQUEST, "invalid_credential_request"),
        (b'{"transaction_id":"one","credential_response_encryption":{}}', "invalid_encryption_parameters"),
    ],
)
def test_what_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(Refusal, match=code):
        parse_deferred_request(data)
