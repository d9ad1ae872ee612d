"""A wallet of another maker gets a certificate by the authorization code flow, begun by the wallet or by an offer."""

from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from sinwon.core.clock import HOUR
from sinwon.protocols.vci.configurations import AGE_SD_JWT, IDENTITY_MDOC, IDENTITY_SD_JWT
from sinwon.protocols.vci.offer import parse_link
from sinwon.services.authorization.open_request import SIGN_IN_SECONDS
from sinwon.services.issuance.clean_up import clean_up
from sinwon.services.issuance.issuer import IssuanceSettings
from sinwon.store.issuer.tables import AUDIT, AUTHORIZATIONS, OFFERS
from tests import world
from tests.authorizing import Authorizing, answered, with_wallets
from tests.issuing import PIN, Issuing, code_of, refused, rows


@pytest.fixture
def wallet(issuing: Issuing) -> Authorizing:
    return Authorizing(with_wallets(issuing, code_offers=True))


def test_the_story(wallet: Authorizing) -> None:
    """Pushed, opened, signed in, approved, redeemed, fetched, renewed; the trail says so and nothing of the person."""
    given = wallet.start(scope=f"{IDENTITY_SD_JWT} {IDENTITY_MDOC}")
    assert (given["token_type"], given["expires_in"]) == ("DPoP", wallet.issuing.issuer.settings.token_lifetime)
    assert wallet.bound.request(given["access_token"], count=3).status_code == 200
    assert wallet.refresh(given["refresh_token"]).status_code == 200
    table = AUDIT.table
    with wallet.issuing.issuer.engine.connect() as connection:
        trail = connection.execute(select(table.c.action, table.c.details).order_by(table.c.number)).fetchall()
        offer = connection.execute(select(OFFERS.c.state)).scalar_one()
    steps = [action for action, _details in trail if action.startswith("authorization.")]
    assert list(dict.fromkeys(steps)) == [
        f"authorization.{step}" for step in ("pushed", "opened", "signed_in", "approved", "redeemed")
    ]
    assert offer == "redeemed"
    assert PIN not in str(trail)


@pytest.mark.parametrize("by", ["reference", "value"])
def test_an_offer_names_the_flow_and_its_own_state(wallet: Authorizing, by: str) -> None:
    made = wallet.issuing.make_offer(by=by)
    application = f"application-{wallet.issuing.applications}"
    offer: Any = wallet.issuing.open(made) if by == "reference" else msgspec.to_builtins(parse_link(made.uri))
    state = offer["grants"]["authorization_code"]["issuer_state"]
    code = wallet.new_code(application=application, issuer_state=state)
    assert wallet.redeem(code).status_code == 200


def test_offers_are_as_before_without_the_setting(issuing: Issuing) -> None:
    assert issuing.open(issuing.make_offer())["grants"].keys() == {"urn:ietf:params:oauth:grant-type:pre-authorized_code"}


def test_an_offer_that_was_taken_by_the_flow_is_taken(wallet: Authorizing) -> None:
    offer = wallet.issuing.open(wallet.issuing.make_offer())
    application = f"application-{wallet.issuing.applications}"
    assert wallet.redeem(wallet.new_code(application=application)).status_code == 200
    refused(wallet.issuing.redeem(code_of(offer)), 400, "invalid_grant")


def test_what_the_offer_does_not_list_is_not_granted(issuing: Issuing) -> None:
    """Scopes of configurations that were taken back since the offer was made."""
    few = with_wallets(issuing, configurations=(IDENTITY_SD_JWT,))
    few.make_offer()
    wallet = Authorizing(with_wallets(few, configurations=IssuanceSettings().configurations))
    given = wallet.redeem(wallet.new_code("application-1", scope=f"{AGE_SD_JWT} {IDENTITY_SD_JWT}")).json()
    assert given["scope"] == IDENTITY_SD_JWT


def test_nothing_left_is_told_to_the_wallet(issuing: Issuing) -> None:
    few = with_wallets(issuing, configurations=(IDENTITY_SD_JWT,))
    few.make_offer()
    wallet = Authorizing(with_wallets(few, configurations=IssuanceSettings().configurations))
    uri = wallet.pushed(scope=AGE_SD_JWT)
    wallet.open(uri)
    answer = answered(wallet.sign_in(uri, "application-1"))
    assert (answer["error"], answer["iss"]) == ("invalid_scope", world.ISSUER)


def test_the_page_stays_open_for_whoever_needs_time(wallet: Authorizing) -> None:
    uri, mine = wallet.pushed(), wallet.new_application()
    wallet.open(uri)
    wallet.issuing.clock.move(SIGN_IN_SECONDS - 1)
    assert wallet.open(uri).status_code == 200
    assert wallet.sign_in(uri, mine).status_code == 303


def test_requests_are_forgotten_after_an_hour(wallet: Authorizing) -> None:
    wallet.pushed()
    code = wallet.new_code()
    assert wallet.redeem(code).status_code == 200
    clean_up(wallet.issuing.issuer)
    assert rows(wallet.issuing, AUTHORIZATIONS) == 2
    wallet.issuing.clock.move(HOUR + SIGN_IN_SECONDS + 1)
    clean_up(wallet.issuing.issuer)
    assert rows(wallet.issuing, AUTHORIZATIONS) == 0
