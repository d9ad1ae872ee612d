"""Issuance as a story: the consulate asks, the wallet fetches, the verifier checks, the officer revokes. All over HTTP."""

from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from msgspec.structs import replace

from sinwon.core.clock import DAY, HOUR
from sinwon.core.strict_json import parse_json
from sinwon.formats.sdjwt.parse import parse_sd_jwt
from sinwon.keys.software import generate_key
from sinwon.protocols.credential_types import IDENTITY, LINKAGE
from sinwon.protocols.oauth.metadata import parse_metadata
from sinwon.protocols.roles.messages import ASK_ACTIVE, MAKE_OFFER, REVOKE, AskActive, MakeOffer
from sinwon.protocols.roles.person import Linkage
from sinwon.protocols.vci.configurations import IDENTITY_SD_JWT, LINKAGE_SD_JWT
from sinwon.protocols.vci.metadata import parse_issuer_metadata
from sinwon.protocols.vci.offer import CredentialOffer, parse_link
from tests import world
from tests.issued import actions, place_of, verified
from tests.issuing import MISSIONS, PERSON, PIN, RRN, Issuing, code_of

# --- the whole way ---


def test_from_the_consulate_to_the_phone_and_back(issuing: Issuing) -> None:
    metadata = parse_issuer_metadata(issuing.get("/.well-known/openid-credential-issuer").content, issuer=world.ISSUER)
    server = parse_metadata(issuing.get("/.well-known/oauth-authorization-server").content, issuer=world.ISSUER)
    assert server.token_endpoint == f"{world.ISSUER}/token"
    assert server.anonymous_pre_authorized
    assert server.authorization_details_types_supported == ("openid_credential",)
    assert metadata.nonce_endpoint == f"{world.ISSUER}/nonce"
    assert metadata.batch_credential_issuance is not None
    assert metadata.batch_credential_issuance.batch_size == 10

    offer = issuing.open(issuing.make_offer())
    assert offer["credential_configuration_ids"] == list(metadata.credential_configurations_supported)
    answer = issuing.redeem(code_of(offer))
    assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("Bearer", 300)
    token = answer.json()["access_token"]

    identity = issuing.issue(10, IDENTITY_SD_JWT, token)
    linkage = issuing.issue(2, LINKAGE_SD_JWT, token)
    one, other = verified(identity), verified(linkage)
    assert (one.vct, other.vct) == (IDENTITY, LINKAGE)
    assert one.claims["name_ko"] == "홍길동"
    assert one.claims["contact"]["address"] == PERSON.contact.address
    assert one.claims["age_over_19"] is True
    assert "linkage" not in one.claims
    assert other.claims["linkage"] == {"rrn": RRN}
    assert one.claims["person_id"] == other.claims["person_id"]

    note = {"notification_id": identity["notification_id"], "event": "credential_accepted"}
    headers = {"Authorization": f"Bearer {token}"}
    for _twice in range(2):
        answer = issuing.client.post("/notification", json=note, headers=headers)
        assert (answer.status_code, answer.content, answer.headers["cache-control"]) == (204, b"", "no-store")

    assert issuing.ask(ASK_ACTIVE, AskActive(RRN)).json() == {"active": True}
    assert issuing.revoke().json()["copies"] == 12
    assert issuing.ask(ASK_ACTIVE, AskActive(RRN)).json() == {"active": False}
    assert actions(issuing) == [
        "offer.made",
        "offer.opened",
        "offer.redeemed",
        "status_list.opened",
        "certificate.issued",
        "certificate.issued",
        "copies.credential_accepted",
        "certificate.revoked",
    ]


def test_an_offer_by_value_holds_its_code(issuing: Issuing) -> None:
    made = issuing.make_offer(by="value")
    offer = parse_link(made.uri)
    assert isinstance(offer, CredentialOffer)
    assert made.expires_at == world.NOW + 600
    grant = offer.grants.pre_authorized
    assert grant is not None
    assert grant.tx_code is not None
    assert (grant.tx_code.input_mode, grant.tx_code.length) == ("numeric", 6)
    assert issuing.redeem(grant.code).status_code == 200


def test_an_offer_by_reference_is_open_for_72_hours(issuing: Issuing) -> None:
    made = issuing.make_offer()
    assert made.expires_at == world.NOW + 72 * HOUR
    issuing.clock.move(72 * HOUR - 1)
    assert issuing.redeem(code_of(issuing.open(made))).status_code == 200


@pytest.mark.parametrize("reason", ["unknown", "over", "redeemed", "opened_too_often", "revoked"])
def test_a_closed_offer_link_looks_like_an_unknown_one(issuing: Issuing, reason: str) -> None:
    made = issuing.make_offer()
    link = parse_qs(urlsplit(made.uri).query)["credential_offer_uri"][0]
    if reason == "unknown":
        link = link[:-1] + "_"
    elif reason == "over":
        issuing.clock.move(72 * HOUR)
    elif reason == "redeemed":
        assert issuing.redeem(code_of(issuing.open(made))).status_code == 200
    elif reason == "opened_too_often":
        for _time in range(issuing.issuer.settings.mintings):
            issuing.open(made)
    else:
        assert issuing.revoke().status_code == 200
    answer = issuing.get(link)
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


def test_a_new_code_does_not_spoil_the_earlier_one(issuing: Issuing) -> None:
    made = issuing.make_offer()
    first = code_of(issuing.open(made))
    assert code_of(issuing.open(made)) != first
    assert issuing.redeem(first).status_code == 200


def test_looking_at_a_link_without_getting_mints_nothing(issuing: Issuing) -> None:
    made = issuing.make_offer()
    link = parse_qs(urlsplit(made.uri).query)["credential_offer_uri"][0].removeprefix(world.ISSUER)
    assert issuing.client.head(link).status_code == 405
    assert actions(issuing) == ["offer.made"]


# --- what the consulate is refused ---


def offer_for(**changes: Any) -> MakeOffer:
    given: dict[str, Any] = {"application": "a", "mission": "mission-bonn", "officer": "o", "person": PERSON, "tx_code": PIN}
    return MakeOffer(**{**given, **changes})


@pytest.mark.parametrize("mission", [MISSIONS[1].id, MISSIONS[2].id, "mission-nowhere"])
def test_a_mission_that_is_not_open_issues_nothing(issuing: Issuing, mission: str) -> None:
    answer = issuing.ask(MAKE_OFFER, offer_for(mission=mission))
    assert (answer.status_code, answer.json()["error"]) == (403, "mission_not_open")


def test_one_offer_for_an_application(issuing: Issuing) -> None:
    assert issuing.ask(MAKE_OFFER, offer_for()).status_code == 201
    answer = issuing.ask(MAKE_OFFER, offer_for())
    assert (answer.status_code, answer.json()["error"]) == (409, "already_offered")


@pytest.mark.parametrize(
    "changes",
    [
        {"tx_code": "12345"},
        {"tx_code": "1234567"},
        {"tx_code": "１２３４５６"},
        {"application": ""},
        {"application": "x" * 129},
        {"person": replace(PERSON, birthdate="19900101")},
        {"person": replace(PERSON, birthdate="1990-02-30")},
        {"person": replace(PERSON, linkage=Linkage("900101-9019902"))},
    ],
)
def test_malformed_offers_are_refused(issuing: Issuing, changes: dict[str, Any]) -> None:
    answer = issuing.ask(MAKE_OFFER, offer_for(**changes))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_an_expired_passport_gives_no_certificate(issuing: Issuing) -> None:
    issuing.clock.move(10 * 365 * DAY)
    answer = issuing.ask(MAKE_OFFER, offer_for())
    assert (answer.status_code, answer.json()["error"]) == (400, "passport_expired")


def test_revocation_needs_an_application_and_a_reason(issuing: Issuing) -> None:
    assert issuing.revoke("application-x").status_code == 404
    issuing.make_offer()
    assert (
        issuing.ask(REVOKE, {"application": "application-1", "officer": "o", "reason": "BORED"}).json()["error"]
        == "invalid_request"
    )


# --- unlinkable copies ---


def test_copies_have_nothing_in_common_but_the_person(issuing: Issuing) -> None:
    answer = issuing.issue(10)
    copies = [verified(answer, number) for number in range(10)]
    places = [place_of(copy).index for copy in copies]
    assert len(set(places)) == 10
    assert len({later - earlier for earlier, later in pairwise(places)}) > 3
    assert len({copy.holder_key for copy in copies}) == 10
    texts = [parse_sd_jwt(each["credential"]) for each in answer["credentials"]]
    disclosures = [each.text for text in texts for each in text.disclosures]
    assert len(set(disclosures)) == len(disclosures)
    digests = [digest for text in texts for digest in text.issuer_signed.claims(limit=1 << 18)["_sd"]]
    assert len(set(digests)) == len(digests)
    for text in texts:
        plain = text.issuer_signed.claims(limit=1 << 18)
        assert plain.keys() == {"iss", "vct", "nbf", "exp", "cnf", "status", "_sd", "_sd_alg"}
        assert (plain["nbf"] % HOUR, plain["exp"] % HOUR) == (0, 0)
        assert world.NOW + 13 * DAY < plain["exp"] <= world.NOW + 14 * DAY


def test_a_person_keeps_the_id_over_a_new_certificate(issuing: Issuing) -> None:
    first = verified(issuing.issue()).claims["person_id"]
    issuing.revoke()
    assert verified(issuing.issue()).claims["person_id"] == first


def test_copies_never_outlast_the_passport(issuing: Issuing) -> None:
    code = code_of(issuing.open(issuing.make_offer(person=passport_until("2026-09-22"))))
    token = issuing.redeem(code).json()["access_token"]
    copy = verified(issuing.issue(1, IDENTITY_SD_JWT, token))
    assert world.NOW < copy.expires_at <= world.NOW + 2 * DAY
    assert copy.expires_at % HOUR == 0


def passport_until(day: str) -> Any:
    return replace(PERSON, passport=replace(PERSON.passport, expiry_date=day))


# --- privacy and reach ---


def test_nothing_personal_or_secret_lies_open_in_the_database(issuing: Issuing, tmp_path: Path) -> None:
    made = issuing.make_offer()
    secret = made.uri.rpartition("%2F")[2]
    code = code_of(issuing.open(made))
    token = issuing.redeem(code).json()["access_token"]
    answer = issuing.issue(2, IDENTITY_SD_JWT, token)
    canaries = [PERSON.name_ko, PERSON.family_name, RRN, PERSON.passport.number, PERSON.contact.phone_number, "hong@"]
    secrets = [secret, code, token, answer["notification_id"], PIN]
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert made.offer.encode() in stored
    assert [text for text in canaries + secrets if text.encode() in stored] == []


def test_nothing_personal_or_secret_is_logged(issuing: Issuing, capsys: pytest.CaptureFixture[str]) -> None:
    made = issuing.make_offer()
    code = code_of(issuing.open(made))
    issuing.redeem(code, "999999")
    token = issuing.redeem(code).json()["access_token"]
    issuing.request(token, ["x"])
    issuing.issue(1, LINKAGE_SD_JWT, token)
    issuing.revoke()
    captured = capsys.readouterr()
    logged = captured.out + captured.err
    assert "invalid_grant" in logged
    hidden = [PERSON.name_ko, RRN, PERSON.passport.number, made.uri.rpartition("%2F")[2], code, token]
    assert [text for text in hidden if text in logged] == []


@pytest.mark.parametrize("path", ["/token", "/nonce", "/credential", "/notification", "/offers/x"])
def test_web_wallets_of_any_origin_may_call(issuing: Issuing, path: str) -> None:
    method = "GET" if path == "/offers/x" else "POST"
    asked = {
        "Origin": "https://wallet.example",
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    preflight = issuing.client.options(path, headers=asked)
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in preflight.headers
    answer = issuing.client.request(method, path, headers={"Origin": "https://wallet.example"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "set-cookie" not in answer.headers


def test_our_roles_doors_are_closed_to_web_pages(issuing: Issuing) -> None:
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    answer = issuing.client.options("/roles/offers", headers=asked)
    assert answer.status_code == 405


@pytest.mark.parametrize("path", ["/token", "/nonce", "/credential", "/notification"])
def test_wrong_methods_are_refused(issuing: Issuing, path: str) -> None:
    assert issuing.client.get(path).status_code == 405


def test_metadata_is_cached_and_tagged(issuing: Issuing) -> None:
    for name in ("openid-credential-issuer", "oauth-authorization-server"):
        answer = issuing.get(f"/.well-known/{name}", headers={"Accept": "application/json", "Accept-Language": "en"})
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["access-control-allow-origin"] == "*"
        assert parse_json(answer.content)
        assert issuing.get(f"/.well-known/{name}", headers={"If-None-Match": answer.headers["etag"]}).status_code == 304


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({}, "invalid_request"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({"grant_type": "urn:ietf:params:oauth:grant-type:pre-authorized_code"}, "invalid_request"),
    ],
)
def test_other_token_requests_are_refused(issuing: Issuing, form: dict[str, str], code: str) -> None:
    answer = issuing.client.post("/token", data=form, headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert (answer.status_code, answer.json()["error"]) == (400, code)


def test_a_request_for_encryption_is_refused(issuing: Issuing) -> None:
    jwk = {**generate_key().public_jwk, "alg": "ECDH-ES"}
    answer = issuing.request(
        issuing.new_token(), issuing.proofs(), credential_response_encryption={"jwk": jwk, "enc": "A256GCM"}
    )
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_encryption_parameters")
