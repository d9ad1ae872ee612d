"""Offers of credentials, as a harness reads them: 30."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from sinwon.core.strict_json import parse_object
from sinwon.protocols.oauth.grants.pre_authorized import GRANT_TYPE
from sinwon.protocols.vci.offer import link_by_value, parse_offer
from tests import world
from tests.issuing import PIN, Issuing


def parameters(link: str) -> dict[str, str]:
    pairs = parse_qsl(urlsplit(link).query, keep_blank_values=True, strict_parsing=True)
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def check_offer(issuing: Issuing, offer: dict[str, Any]) -> None:
    metadata = issuing.get("/.well-known/openid-credential-issuer").json()
    assert offer["credential_issuer"] == metadata["credential_issuer"]
    asked = offer["credential_configuration_ids"]
    assert len(asked) == len(set(asked)) >= 1
    assert set(asked) <= metadata["credential_configurations_supported"].keys()
    assert offer.keys() <= {"credential_issuer", "credential_configuration_ids", "grants"}


@pytest.mark.parametrize("both_flows", [False, True])
def test_C30_an_offer_is_complete(issuing: Issuing, both_flows: bool) -> None:
    """An offer names the issuer, at least one configuration it has, and its grants, and has no member nobody knows."""
    issuing = issuing.with_settings(code_offers=both_flows)
    offer = issuing.open(issuing.make_offer())
    check_offer(issuing, offer)
    assert set(offer["grants"]) == {GRANT_TYPE, *(["authorization_code"] if both_flows else [])}
    if both_flows:
        assert isinstance(offer["grants"]["authorization_code"]["issuer_state"], str)


def test_C30_the_transaction_code_is_described(issuing: Issuing) -> None:
    """The transaction code is numeric or text, of the length that is said, with a description of at most 300 characters."""
    code = issuing.open(issuing.make_offer())["grants"][GRANT_TYPE]["tx_code"]
    assert code.keys() <= {"input_mode", "length", "description"}
    assert code.get("input_mode", "numeric") in {"numeric", "text"}
    assert code["length"] == len(PIN)
    assert 0 < len(code.get("description", "x")) <= 300


def test_C30_by_reference_or_by_value_and_never_both(issuing: Issuing) -> None:
    """A link holds the offer or its address, never both; the address is https, and what stands there is JSON."""
    named = parameters(issuing.make_offer().uri)
    assert named.keys() == {"credential_offer_uri"}
    assert named["credential_offer_uri"].startswith(f"{world.ISSUER}/")
    answer = issuing.get(named["credential_offer_uri"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    held = parameters(link_by_value(parse_offer(answer.content)))
    assert held.keys() == {"credential_offer"}
    assert parse_object(held["credential_offer"].encode()) == answer.json()
