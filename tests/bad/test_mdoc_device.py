"""Hostile proofs of a device: of another session, of nobody, or saying what only the issuer may."""

from collections.abc import Callable
from hmac import digest
from typing import Any

import pytest

from sinwon.core.refusal import Malformed, Unmet, Untrusted
from sinwon.formats.cose.mac0 import PROTECTED_HMAC, agree_mac_key, to_mac
from sinwon.formats.cose.sign1 import sign1, to_sign
from sinwon.formats.mdoc import device_auth as device_auth_module
from sinwon.formats.mdoc.device_auth import device_authentication, sign_device
from sinwon.formats.mdoc.issuer_signed import parse_issuer_signed
from sinwon.formats.mdoc.present import NOTHING, present, present_with_mac
from sinwon.formats.mdoc.session_transcript import dc_api_transcript, redirect_transcript
from sinwon.keys.jwk import parse_public_jwk
from tests.unit.formats.mdoc.forge import (
    DOCTYPE,
    HOLDER,
    READER,
    SHOWN,
    TRANSCRIPT,
    issued,
    presented,
    spoiled,
    verify,
)
from tests.world import key

OTHER = "org.iso.23220.1"
Spoil = Callable[[Any], object]


# V27 ------------------------------------------------------------------------------------------------------------------

REDIRECT: dict[str, Any] = {
    "client_id": "x509_hash:abc",
    "nonce": "nonce",
    "thumbprint": bytes(range(32)),
    "response_uri": "https://gateway.example/r",
}
DC_API: dict[str, Any] = {"origin": "https://gateway.example", "nonce": "nonce", "thumbprint": bytes(range(32))}
OTHERS: dict[str, Any] = {
    "client_id": "x509_hash:abd",
    "nonce": "nonce2",
    "thumbprint": None,
    "response_uri": "https://gateway.example/s",
    "origin": "https://gateway.example.org",
}


def over(transcript: bytes) -> bytes:
    return present(parse_issuer_signed(issued()), SHOWN, transcript=transcript, signer=HOLDER)


def test_V27_control_the_same_session_passes() -> None:
    assert verify(over(redirect_transcript(**REDIRECT)), transcript=redirect_transcript(**REDIRECT))
    assert verify(over(dc_api_transcript(**DC_API)), transcript=dc_api_transcript(**DC_API))


@pytest.mark.parametrize(
    ("make", "known", "part"),
    [(redirect_transcript, REDIRECT, part) for part in REDIRECT] + [(dc_api_transcript, DC_API, part) for part in DC_API],
)
def test_V27_another_session(make: Callable[..., bytes], known: dict[str, Any], part: str) -> None:
    here, there = make(**known), make(**{**known, part: OTHERS[part]})
    for made, checked in ((here, there), (there, here)):
        with pytest.raises(Untrusted) as refused:
            verify(over(made), transcript=checked)
        assert refused.value.code == "invalid_key_binding"


def test_V27_a_redirect_is_not_the_api() -> None:
    with pytest.raises(Untrusted):
        verify(over(redirect_transcript(**REDIRECT)), transcript=dc_api_transcript(**DC_API))


def device_auth(auth: object) -> Spoil:
    return lambda shown: shown["deviceSigned"].update(deviceAuth=auth)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda shown: shown.pop("deviceSigned"),
        lambda shown: shown["deviceSigned"].pop("deviceAuth"),
        lambda shown: shown["deviceSigned"].pop("nameSpaces"),
        lambda shown: shown["deviceSigned"].update(nameSpaces={}),
        device_auth({}),
        device_auth(None),
        device_auth({"deviceSignature": None}),
        device_auth({"other": []}),
        lambda shown: shown["deviceSigned"]["deviceAuth"].update(deviceMac=[b"", {}, None, b""]),
    ],
)
def test_V27_no_proof_of_the_device(spoil: Spoil) -> None:
    with pytest.raises(Malformed) as refused:
        verify(spoiled(document=spoil))
    assert refused.value.code == "invalid_key_binding"


def authentication() -> bytes:
    return device_authentication(TRANSCRIPT, DOCTYPE, NOTHING)


@pytest.mark.parametrize("protected", [b"", b"\xa0"])
def test_V27_algorithm_that_nobody_signed(protected: bytes) -> None:
    auth = [protected, {1: -7}, None, HOLDER.sign(to_sign(protected, authentication()))]
    with pytest.raises(Untrusted):
        verify(spoiled(document=device_auth({"deviceSignature": auth})))


def test_V27_signed_by_another_key() -> None:
    with pytest.raises(Untrusted):
        verify(spoiled(document=device_auth(sign_device(authentication(), key("thief")))))


def test_V27_payload_of_its_own() -> None:
    with pytest.raises(Untrusted):
        verify(spoiled(document=device_auth({"deviceSignature": sign1(authentication(), by=HOLDER)})))


def test_V27_mac_control() -> None:
    reader = parse_public_jwk(READER.public_jwk)
    response = present_with_mac(parse_issuer_signed(issued()), SHOWN, transcript=TRANSCRIPT, own=HOLDER, reader=reader)
    assert verify(response, reader=READER)
    with pytest.raises(Untrusted):
        verify(response, reader=READER, transcript=redirect_transcript(**{**REDIRECT, "nonce": "other"}))


def mac_by(secret: bytes) -> bytes:
    mac = digest(secret, to_mac(PROTECTED_HMAC, authentication()), "sha256")
    return spoiled(document=device_auth({"deviceMac": [PROTECTED_HMAC, {}, None, mac]}))


@pytest.mark.parametrize("secret", [bytes(32), b""])
def test_V27_mac_by_a_key_anyone_has_instead_of_the_agreed_one(secret: bytes) -> None:
    for reader in (None, READER):
        with pytest.raises(Untrusted):
            verify(mac_by(secret), reader=reader)


def agreed_on(monkeypatch: pytest.MonkeyPatch, secret: bytes) -> None:
    """Whatever the keys are: an agreement that went wrong."""
    monkeypatch.setattr(device_auth_module, "agree_mac_key", lambda *_given: secret)


@pytest.mark.parametrize("secret", [bytes(32), b"", b"\x01" * 31, b"\x01" * 33], ids=["zeros", "none", "short", "long"])
def test_V27_mac_that_is_right_by_a_key_that_is_none(monkeypatch: pytest.MonkeyPatch, secret: bytes) -> None:
    agreed_on(monkeypatch, secret)
    with pytest.raises(Untrusted, match="not a key"):
        verify(mac_by(secret), reader=READER)


def test_V27_control_mac_that_is_right_by_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = bytes(31) + b"\x01"
    agreed_on(monkeypatch, secret)
    assert verify(mac_by(secret), reader=READER)


def test_V27_mac_algorithm_that_nobody_authenticated() -> None:
    secret = agree_mac_key(HOLDER, parse_public_jwk(READER.public_jwk), TRANSCRIPT)
    mac = digest(secret, to_mac(b"", authentication()), "sha256")
    with pytest.raises(Untrusted):
        verify(spoiled(document=device_auth({"deviceMac": [b"", {1: 5}, None, mac]})), reader=READER)


# V28 ------------------------------------------------------------------------------------------------------------------


def allow(**allowed: object) -> Spoil:
    return lambda mso: mso["deviceKeyInfo"].update(keyAuthorizations=allowed)


def test_V28_control_what_the_issuer_authorised_is_kept_apart() -> None:
    verified = verify(spoiled(mso=allow(nameSpaces=["own"]), own={"own": {"a": 1}}))
    assert verified.device_claims == {"own": {"a": 1}}
    assert "own" not in verified.claims


@pytest.mark.parametrize(
    "own",
    [{"own": {"a": 1}}, {DOCTYPE: {"age_over_19": True}}, {DOCTYPE: {"name_ko": "김철수"}}, {OTHER: {"issuing_country": "US"}}],
)
@pytest.mark.parametrize(
    "allowed",
    [
        None,
        {},
        {"nameSpaces": []},
        {"nameSpaces": ["another"]},
        {"dataElements": {"own": ["b"], DOCTYPE: ["x"]}},
        {"dataElements": []},
    ],
)
def test_V28_what_the_device_may_not_say_is_ignored(own: dict[str, object], allowed: dict[str, object] | None) -> None:
    verified = verify(spoiled(mso=allow(**allowed) if allowed is not None else lambda _: None, own=own))
    assert verified.claims == verify(presented()).claims
    assert verified.device_claims == {}


@pytest.mark.parametrize("allowed", [{"nameSpaces": [DOCTYPE]}, {"dataElements": {DOCTYPE: ["name_ko"]}}])
def test_V28_shadowing_the_issuer(allowed: dict[str, object]) -> None:
    with pytest.raises(Unmet):
        verify(spoiled(mso=allow(**allowed), own={DOCTYPE: {"name_ko": "김철수"}}))


@pytest.mark.parametrize("allowed", [[], "all", 1])
def test_V28_authorisations_of_another_shape(allowed: object) -> None:
    with pytest.raises(Malformed):
        verify(spoiled(mso=lambda mso: mso["deviceKeyInfo"].update(keyAuthorizations=allowed), own={"own": {"a": 1}}))
