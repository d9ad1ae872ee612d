"""One certificate in two formats: the same sign-in with either, and an age that is proven without a name."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from starlette.testclient import TestClient

from sinwon.formats.mdoc.names import MDOC
from sinwon.formats.sdjwt.names import SD_JWT_VC
from sinwon.holder.present import Choice, Declined, everything, only_required
from sinwon.protocols.credential_types import AGE, AGE_TYPE, IDENTITY, IDENTITY_TYPE
from sinwon.protocols.vci.configurations import IDENTITY_MDOC, IDENTITY_SD_JWT
from tests.gateway_world import authorize_parameters, parameters_of, redeem, token_claims
from tests.issuing import PERSON, PIN
from tests.wallet_world import FOR_ANY_KEY, WalletWorld, wallet_world

SHOP = {"client_id": "shop-client", "redirect_uri": "https://shop.example/callback", "scope": "openid age-19"}
REDEEM = {"client_id": "shop-client", "redirect_uri": "https://shop.example/callback"}


@pytest.fixture
def here(tmp_path: Path) -> Iterator[WalletWorld]:
    with wallet_world(tmp_path) as made:
        yield made


def full(credential_format: str) -> Any:
    """Yes to everything, in this format."""
    return lambda consent: Choice(True, everything(consent).optional, credential_format)


def sign_in(here: WalletWorld, consent: Any, asked: dict[str, str] | None = None, **redeeming: str) -> dict[str, Any]:
    """From the service and back: what the ID token and userinfo say together."""
    browser: TestClient = here.browser()
    sent = here.holder.present(here.ask(browser, **(asked or {})), consent)
    assert sent.redirect_uri is not None
    back = browser.get(sent.redirect_uri)
    assert back.status_code == 303, back.text
    tokens = redeem(browser, parameters_of(back.headers["location"])["code"], **redeeming).json()
    told = browser.get("/userinfo", headers={"authorization": f"Bearer {tokens['access_token']}"}).json()
    claims = token_claims(tokens["id_token"])
    assert claims["sub"] == told["sub"]
    return {**told, "acr": claims["acr"], "amr": claims["amr"]}


def test_a_service_sees_no_difference(here: WalletWorld) -> None:
    here.receive(copies=2)
    sd_jwt = sign_in(here, full(SD_JWT_VC))
    assert here.holder.left() == {**dict.fromkeys(FOR_ANY_KEY, 2), IDENTITY: 1}
    mdoc = sign_in(here, full(MDOC))
    assert here.holder.left() == {**dict.fromkeys(FOR_ANY_KEY, 2), IDENTITY: 1, IDENTITY_TYPE.doctype: 1}
    assert mdoc == sd_jwt
    assert (mdoc["name"], mdoc["birthdate"], mdoc["email"]) == ("홍길동", "1990-01-01", "hong@mail.example")
    assert mdoc["address"] == {"formatted": PERSON.contact.address}
    assert mdoc["acr"] == "urn:sinwon:acr:l2"


def test_a_document_too_is_shown_only_as_far_as_the_person_agrees(here: WalletWorld) -> None:
    here.receive(copies=1)
    link = here.ask()
    ask = here.holder.read_request(link)
    sent = here.holder.send(ask, Choice(True, frozenset({("contact", "email")}), MDOC))
    assert sent.claims == ("birthdate", "contact.email", "name_ko", "person_id")


def test_the_verifier_s_first_is_shown_while_it_lasts_and_then_the_other(here: WalletWorld) -> None:
    here.receive(copies=1)
    for name in (IDENTITY, IDENTITY_TYPE.doctype):
        assert sign_in(here, only_required)["name"] == "홍길동"
        assert here.holder.left()[name] == 0
    with pytest.raises(Declined) as declined:
        here.holder.present(here.ask(), only_required)
    assert declined.value.reason == "no_certificate"


@pytest.mark.parametrize("configuration", [IDENTITY_SD_JWT, IDENTITY_MDOC])
def test_a_wallet_with_one_format_signs_in_alike(here: WalletWorld, configuration: str) -> None:
    here.issuing = here.issuing.with_settings(configurations=(configuration,))
    here.receive(copies=1)
    assert len(here.holder.left()) == 1
    assert sign_in(here, everything)["email"] == "hong@mail.example"


def test_a_revoked_document_is_refused(here: WalletWorld) -> None:
    here.receive(copies=1)
    assert here.issuing.revoke().status_code == 200
    for credential_format in (MDOC, SD_JWT_VC):
        with pytest.raises(Exception, match="invalid_request"):
            here.holder.present(here.ask(), full(credential_format))


def test_documents_share_nothing_with_each_other(here: WalletWorld) -> None:
    here.receive(copies=2)
    for _ in range(2):
        here.holder.present(here.ask(), full(MDOC))
    copies = here.holder.copies.unused()
    assert len({copy.key for copy in copies}) == len(copies)
    assert len({copy.credential for copy in copies}) == len(copies)


@pytest.mark.parametrize("credential_format", [SD_JWT_VC, MDOC])
def test_an_age_is_proven_without_a_name(here: WalletWorld, credential_format: str) -> None:
    """By a copy that holds nothing else; two sign-ins of one person are two strangers to the service."""
    here.receive(copies=2)
    seen = [sign_in(here, full(credential_format), SHOP, **REDEEM) for _ in range(2)]
    for told in seen:
        assert told.keys() == {"sub", "age_over_19", "acr", "amr"}
        assert told["age_over_19"] is True
    assert seen[0]["sub"] != seen[1]["sub"]
    used = AGE if credential_format == SD_JWT_VC else AGE_TYPE.doctype
    assert here.holder.left() == {name: 2 for name in FOR_ANY_KEY if name != used}


def test_without_age_copies_the_certificate_proves_it_and_still_says_no_more(here: WalletWorld) -> None:
    here.issuing = here.issuing.with_settings(configurations=(IDENTITY_SD_JWT, IDENTITY_MDOC))
    here.receive(copies=2)
    seen = [sign_in(here, full(name), SHOP, **REDEEM) for name in (SD_JWT_VC, MDOC)]
    assert [told["age_over_19"] for told in seen] == [True, True]
    assert len({told["sub"] for told in seen}) == 2
    assert "name" not in str(seen)


def test_who_turns_19_this_year_proves_that(here: WalletWorld) -> None:
    person = replace(PERSON, birthdate="2007-12-31")
    here.holder.receive(here.issuing.make_offer(person=person).uri, tx_code=PIN, copies=1)
    told = sign_in(here, only_required, SHOP, **REDEEM)
    assert told["adult_by_year"] is True
    assert "age_over_19" not in told


def test_who_is_no_adult_looks_like_one_who_says_no(here: WalletWorld) -> None:
    person = replace(PERSON, birthdate="2010-01-01")
    here.holder.receive(here.issuing.make_offer(person=person).uri, tx_code=PIN, copies=1)
    with pytest.raises(Declined) as declined:
        here.holder.present(here.ask(None, **SHOP), everything)
    assert (declined.value.code, declined.value.reason) == ("access_denied", "no_certificate")
    assert here.holder.left() == dict.fromkeys(FOR_ANY_KEY, 1)


def test_the_page_says_that_nobody_is_named(here: WalletWorld) -> None:
    browser = here.browser()
    pages = []
    choices: tuple[dict[str, str], ...] = (SHOP, {})
    for asked in choices:
        answer = browser.get("/authorize", params=authorize_parameters(**asked))
        pages.append(browser.get(answer.headers["location"], headers={"accept-language": "en"}).text)
    assert "An identifier used at this service only" not in pages[0]
    assert pages[0].count("one of these") == 2
    assert "An identifier used at this service only" in pages[1]


def test_one_request_asks_for_the_same_claims_in_either_format(here: WalletWorld) -> None:
    here.receive(copies=1)
    ask = here.holder.read_request(here.ask())
    assert [credential.format for credential in ask.query.credentials] == [SD_JWT_VC, MDOC]
    first, second = ask.query.credentials
    assert [claim.id for claim in first.claims] == [claim.id for claim in second.claims]
