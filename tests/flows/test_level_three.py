"""Strong copies and the resident number, from the wallet provider's word to a sign-in at level L3, in both formats."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sinwon.core import base64url
from sinwon.core.cbor import dump_cbor, encode, parse_cbor
from sinwon.core.fetch import Answer
from sinwon.core.refusal import Refusal, Unmet
from sinwon.core.strict_json import dump, parse_json
from sinwon.formats.cose.sign1 import sign1
from sinwon.formats.jose.jws import parse_jws, sign_with_chain
from sinwon.formats.mdoc.issuer_signed import parse_issuer_signed
from sinwon.formats.mdoc.names import MDOC
from sinwon.formats.sdjwt.names import KEY_ASSURANCE, SD_JWT_VC
from sinwon.formats.sdjwt.parse import parse_sd_jwt
from sinwon.holder.present import Choice, Declined, everything, only_required
from sinwon.holder.wallet import Holder
from sinwon.protocols.attestation.key_assurance import KEY_INFO, PIN_AND_PASSKEY, KeyAssurance
from sinwon.protocols.credential_types import IDENTITY, IDENTITY_TYPE, LINKAGE_TYPE
from sinwon.protocols.vci.configurations import (
    IDENTITY_MDOC,
    IDENTITY_SD_JWT,
    ISSUED,
    LINKAGE_MDOC,
    LINKAGE_SD_JWT,
    STRONG_MDOC,
    STRONG_SD_JWT,
)
from tests import world
from tests.attesting import BASIC, SOFTWARE, Attester, new_keys
from tests.gateway_world import parameters_of, redeem, token_claims
from tests.issuing import RRN, Issuing
from tests.network import json_page, with_body
from tests.wallet_world import WalletWorld, powers, wallet_world

RRN_SCOPE, STRONG_SCOPE, PLAIN_SCOPE = (f"openid gov-{name}" for name in ("minwon-rrn", "strong", "minwon"))
FORMATS = [SD_JWT_VC, MDOC]
LIMIT = 1 << 20


class Drawer:
    """Keeps what a wallet saves."""

    kept: bytes | None = None

    def load(self) -> bytes | None:
        return self.kept

    def save(self, data: bytes) -> None:
        self.kept = data


@pytest.fixture
def drawer() -> Drawer:
    return Drawer()


@pytest.fixture
def here(tmp_path: Path, drawer: Drawer) -> Iterator[WalletWorld]:
    """The wallet provider vouches for the keys of this wallet."""
    with wallet_world(tmp_path, drawer) as made:
        made.holder.powers = replace(made.holder.powers, attester=Attester(made.clock))
        yield made


def by(credential_format: str) -> Any:
    return lambda consent: Choice(True, everything(consent).optional, credential_format)


def sign_in(here: WalletWorld, scope: str, consent: Any) -> dict[str, Any]:
    """From the service and back: what the ID token and userinfo say together."""
    browser = here.browser()
    sent = here.holder.present(here.ask(browser, scope=scope), consent)
    assert sent.redirect_uri is not None
    back = browser.get(sent.redirect_uri)
    tokens = redeem(browser, parameters_of(back.headers["location"])["code"]).json()
    told = browser.get("/userinfo", headers={"authorization": f"Bearer {tokens['access_token']}"}).json()
    claims = token_claims(tokens["id_token"])
    assert claims["sub"] == told["sub"]
    return {**told, "acr": claims["acr"], "amr": claims["amr"]}


def counted(holder: Holder) -> dict[tuple[str, bool], int]:
    return dict(holder.copies.lasting(world.NOW))


# --- at the service ---


@pytest.mark.parametrize("credential_format", FORMATS)
def test_the_resident_number_at_level_three(here: WalletWorld, credential_format: str) -> None:
    here.receive(copies=2)
    before = counted(here.holder)
    told = sign_in(here, RRN_SCOPE, by(credential_format))
    assert told.keys() == {"sub", "name", "linkage", "acr", "amr"}
    assert (told["name"], told["linkage"]) == ("홍길동", {"rrn": RRN})
    assert (told["acr"], told["amr"]) == ("urn:sinwon:acr:l3", ["pop", "pin", "mfa"])
    shown = [(kind.named(credential_format), True) for kind in (IDENTITY_TYPE, LINKAGE_TYPE)]
    assert counted(here.holder) == {**before, **dict.fromkeys(shown, 1)}
    event = here.holder.history.events[-1]
    assert (event.outcome, event.claims) == ("sent", ("linkage.rrn", "name_ko", "person_id"))


@pytest.mark.parametrize("credential_format", FORMATS)
def test_strong_copies_alone_reach_level_three(here: WalletWorld, credential_format: str) -> None:
    here.receive(copies=1)
    told = sign_in(here, STRONG_SCOPE, by(credential_format))
    assert told.keys() == {"sub", "name", "birthdate", "acr", "amr"}
    assert told["acr"] == "urn:sinwon:acr:l3"
    assert (IDENTITY_TYPE.named(credential_format), True) not in counted(here.holder)


def test_a_service_knows_the_person_at_either_level(here: WalletWorld) -> None:
    here.receive(copies=2)
    seen = [sign_in(here, scope, only_required) for scope in (PLAIN_SCOPE, STRONG_SCOPE, RRN_SCOPE)]
    assert [one["acr"][-2:] for one in seen] == ["l2", "l3", "l3"]
    assert len({one["sub"] for one in seen}) == 1
    assert seen[0]["amr"] == ["swk"]


def test_below_level_three_plain_copies_are_shown_while_there_are_any(here: WalletWorld) -> None:
    here.receive(copies=1)
    levels = []
    for _ in range(2):
        told = sign_in(here, PLAIN_SCOPE, by(SD_JWT_VC))
        levels.append((told["acr"][-2:], counted(here.holder).get((IDENTITY, True), 0)))
    assert levels == [("l2", 1), ("l3", 0)]


def test_the_person_is_asked_about_the_person_only(here: WalletWorld) -> None:
    here.receive(copies=1)
    consent = here.holder.read_request(here.ask(scope=RRN_SCOPE)).consent
    assert (consent.preset.level, consent.available) == ("L3", True)
    assert {claim.name: claim.value for claim in consent.claims} == {"name_ko": "홍길동", "linkage.rrn": RRN}


@pytest.mark.parametrize("scope", [RRN_SCOPE, STRONG_SCOPE])
def test_without_attested_keys_it_looks_like_a_no(here: WalletWorld, scope: str) -> None:
    here.holder.powers = powers(here.network, here.clock)
    here.receive(copies=2)
    left = here.holder.left()
    with pytest.raises(Declined) as declined:
        here.holder.present(here.ask(scope=scope), everything)
    assert (declined.value.code, declined.value.reason) == ("access_denied", "no_certificate")
    assert here.holder.left() == left


def test_a_revoked_strong_copy_is_refused(here: WalletWorld) -> None:
    here.receive(copies=2)
    assert here.issuing.revoke().status_code == 200
    for credential_format in FORMATS:
        with pytest.raises(Refusal, match="invalid_request"):
            here.holder.present(here.ask(scope=RRN_SCOPE), by(credential_format))


# --- receiving ---


def test_a_wallet_with_attested_keys_gets_everything_that_is_offered(here: WalletWorld) -> None:
    here.receive(copies=2)
    expected = {(one.type.named(one.format), one.attested): 2 for one in ISSUED.values()}
    assert counted(here.holder) == expected
    assert here.holder.left()[IDENTITY] == 4


def test_a_wallet_with_good_keys_may_hold_strong_copies_alone(here: WalletWorld) -> None:
    """They are of the same type, and every service takes them."""
    here.issuing = here.issuing.with_settings(configurations=(STRONG_SD_JWT,))
    here.receive(copies=2)
    assert [sign_in(here, scope, only_required)["acr"][-2:] for scope in (PLAIN_SCOPE, STRONG_SCOPE)] == ["l3", "l3"]


def test_each_kind_of_copy_runs_out_by_itself(here: WalletWorld, drawer: Drawer) -> None:
    here.receive(copies=4)
    full = counted(here.holder)
    for _ in range(2):
        sign_in(here, RRN_SCOPE, by(MDOC))
    again = Holder(replace(here.holder.powers, random=world.SeededRandomness(22)), drawer)
    assert counted(again) == {**full, (IDENTITY_TYPE.doctype, True): 2, (LINKAGE_TYPE.doctype, True): 2}
    assert again.refresh(copies=4) == {IDENTITY_TYPE.doctype: 4, LINKAGE_TYPE.doctype: 4}
    assert again.refresh(copies=4) == {}
    assert counted(again) == {**full, (IDENTITY_TYPE.doctype, True): 6, (LINKAGE_TYPE.doctype, True): 6}


def test_a_weak_word_gets_no_strong_copies(here: WalletWorld) -> None:
    weak = KeyAssurance((BASIC,), (BASIC,))
    here.holder.powers = replace(here.holder.powers, attester=Attester(here.clock, weak))
    with pytest.raises(Refusal, match="invalid_proof"):
        here.receive(copies=2)
    assert {attested for _, attested in counted(here.holder)} == {False}


@pytest.mark.parametrize("only", ["jwt", "attestation"])
def test_the_wallet_proves_its_keys_in_the_way_it_is_asked(here: WalletWorld, only: str) -> None:
    metadata = f"{world.ISSUER}/.well-known/openid-credential-issuer"
    said = parse_json(here.network.get(metadata, accept="application/json").body)
    for configuration in said["credential_configurations_supported"].values():
        if "key_attestations_required" in configuration["proof_types_supported"]["jwt"]:
            proofs = configuration["proof_types_supported"]
            configuration["proof_types_supported"] = {only: proofs[only]}
    here.network.pages[metadata] = json_page(dump(said))
    here.receive(copies=3)
    assert counted(here.holder)[IDENTITY, True] == 3
    sent = [parse_json(body)["proofs"] for body in here.network.bodies if b'"proofs"' in body]
    attested = [proofs for proofs in sent if only in proofs and len(proofs[only]) == 1]
    assert len(attested) == 4


def without_assurance(text: str) -> str:
    """The copy as an issuer would have made it that passes nothing on."""
    if "~" in text:
        signed, rest = text.split("~", 1)
        payload = parse_jws(signed, limit=LIMIT).claims(limit=LIMIT)
        payload.pop(KEY_ASSURANCE, None)
        return f"{sign_with_chain(SD_JWT_VC, payload, world.issuer_signer())}~{rest}"
    whole, by = parse_cbor(base64url.decode(text), limit=LIMIT), world.document_signer()
    said = parse_cbor(whole["issuerAuth"][2], limit=LIMIT).value
    said["deviceKeyInfo"].pop("keyInfo", None)
    whole["issuerAuth"] = sign1(dump_cbor(encode(said)), by=by.signer, unprotected={33: by.chain[0]})
    return base64url.encode(dump_cbor(whole))


def silenced(answer: Answer) -> Answer:
    said = parse_json(answer.body, limit=LIMIT)
    said["credentials"] = [{"credential": without_assurance(one["credential"])} for one in said["credentials"]]
    return with_body(answer, dump(said))


@pytest.mark.parametrize("configuration", [STRONG_SD_JWT, STRONG_MDOC])
def test_a_strong_copy_that_does_not_say_so_is_not_kept(here: WalletWorld, configuration: str) -> None:
    """It would be worth nothing more, and the wallet would count on it."""
    here.issuing = here.issuing.with_settings(configurations=(configuration,))
    here.network.tampering["/credential"] = silenced
    with pytest.raises(Unmet, match="does not say so"):
        here.receive(copies=1)
    assert counted(here.holder) == {}


@pytest.mark.parametrize("configuration", [IDENTITY_SD_JWT, IDENTITY_MDOC])
def test_a_plain_copy_that_says_nothing_is_kept(here: WalletWorld, configuration: str) -> None:
    here.issuing = here.issuing.with_settings(configurations=(configuration,))
    here.network.tampering["/credential"] = silenced
    here.receive(copies=1)
    assert set(counted(here.holder).values()) == {1}


# --- what is in the copies ---


def said_of_key(configuration: str, text: str) -> Any:
    if ISSUED[configuration].format == MDOC:
        return parse_issuer_signed(base64url.decode(text)).mso.key_info.get(KEY_INFO)
    return parse_jws(parse_sd_jwt(text).issuer_signed.raw, limit=LIMIT).claims(limit=LIMIT).get(KEY_ASSURANCE)


@pytest.mark.parametrize("configuration", [STRONG_SD_JWT, STRONG_MDOC, LINKAGE_SD_JWT, LINKAGE_MDOC])
def test_a_copy_says_of_its_key_what_was_attested(issuing: Issuing, configuration: str) -> None:
    for one in issuing.issue(3, configuration)["credentials"]:
        assert said_of_key(configuration, one["credential"]) == {
            "key_storage": list(SOFTWARE.key_storage),
            "user_authentication": sorted(SOFTWARE.user_authentication),
        }


@pytest.mark.parametrize("configuration", [IDENTITY_SD_JWT, IDENTITY_MDOC])
def test_a_plain_copy_says_nothing_unless_something_was_attested(issuing: Issuing, configuration: str) -> None:
    (plain,) = issuing.issue(1, configuration)["credentials"]
    assert said_of_key(configuration, plain["credential"]) is None
    weak = issuing.attest(new_keys(1), user_authentication=[BASIC], key_storage=None)
    (some,) = issuing.request_attested(issuing.new_token(), weak, configuration).json()["credentials"]
    assert said_of_key(configuration, some["credential"]) == {"user_authentication": [BASIC]}


@pytest.mark.parametrize("configuration", [STRONG_SD_JWT, STRONG_MDOC])
def test_nobody_is_recognised_by_what_is_said_of_the_key(issuing: Issuing, configuration: str) -> None:
    """Order and values of a provider's own would be a mark on its people."""
    said = []
    for values in ([BASIC, PIN_AND_PASSKEY], [PIN_AND_PASSKEY, BASIC, "urn:example:4711"], [PIN_AND_PASSKEY, BASIC, BASIC]):
        attestation = issuing.attest(new_keys(1), user_authentication=values, certification="https://certified.example/4711")
        (one,) = issuing.request_attested(issuing.new_token(), attestation, configuration).json()["credentials"]
        said.append(said_of_key(configuration, one["credential"]))
    assert said == [said[0]] * 3
    assert "4711" not in str(said)
