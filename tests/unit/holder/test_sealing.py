"""Which encryption a wallet chooses among what an issuer offers, and what it says of the answer."""

from dataclasses import replace
from typing import Any

import pytest

from sinwon.core.fetch import Answer
from sinwon.core.refusal import Refusal
from sinwon.core.strict_json import dump
from sinwon.formats.jose.jwe import ENC_VALUES, ZIP, decrypt, encrypt, parse_jwe
from sinwon.holder.sealing import ANSWER_KID, Envelope, envelope_for
from sinwon.protocols.vci.encryption import (
    RequestEncryption,
    ResponseEncryption,
    parse_answer_key,
    request_encryption,
    response_encryption,
)
from sinwon.protocols.vci.metadata import IssuerMetadata
from tests import world

ISSUER_KEY = world.key("issuer encryption")
REQUEST = request_encryption(ISSUER_KEY.public_jwk, "issuer-key", required=False)
RESPONSE = response_encryption(required=False)
LIMIT = 1 << 16


def metadata(request: RequestEncryption | None, response: ResponseEncryption | None) -> IssuerMetadata:
    return IssuerMetadata(
        world.ISSUER,
        f"{world.ISSUER}/credential",
        {},
        credential_request_encryption=request,
        credential_response_encryption=response,
    )


def sealed() -> Envelope:
    return envelope_for(metadata(REQUEST, RESPONSE), wanted=True)


def answer(body: bytes, media_type: str = "application/jwt") -> Answer:
    return Answer(200, {"content-type": media_type}, body)


def test_the_request_is_to_the_issuer_s_key_compressed_where_it_may_be() -> None:
    body, media_type = sealed().seal(b'{"a":1}')
    message = parse_jwe(body.decode(), zipped=True)
    assert media_type == "application/jwt"
    assert {name: message.header[name] for name in ("enc", "kid", "zip", "cty")} == {
        "enc": "A256GCM",
        "kid": "issuer-key",
        "zip": ZIP,
        "cty": "json",
    }
    assert decrypt(message, ISSUER_KEY, limit=LIMIT) == b'{"a":1}'


def test_an_issuer_understands_what_is_said_of_the_answer() -> None:
    wish = parse_answer_key(sealed().wish["credential_response_encryption"], sealed=True)
    assert wish is not None
    assert (wish.jwk["kid"], wish.enc, wish.zipped) == (ANSWER_KID, "A256GCM", True)


@pytest.mark.parametrize("enc", ENC_VALUES)
@pytest.mark.parametrize("zipped", [True, False])
def test_the_answer_is_read(enc: str, zipped: bool) -> None:
    envelope = sealed()
    body = encrypt(b'{"b":2}', envelope.wish["credential_response_encryption"]["jwk"], enc=enc, zipped=zipped)
    assert envelope.open(answer(body.encode()), limit=LIMIT) == b'{"b":2}'


def test_an_answer_is_read_to_the_limit_and_no_further() -> None:
    envelope = sealed()
    jwk = envelope.wish["credential_response_encryption"]["jwk"]
    body = encrypt(bytes(LIMIT), jwk, enc="A256GCM", zipped=True)
    assert len(envelope.open(answer(body.encode()), limit=LIMIT)) == LIMIT
    with pytest.raises(Refusal):
        envelope.open(answer(body.encode()), limit=LIMIT - 1)


def test_every_request_has_a_key_of_its_own() -> None:
    assert sealed().wish != sealed().wish


@pytest.mark.parametrize(("request_required", "response_required"), [(True, False), (False, True), (True, True)])
def test_what_is_required_is_done_whatever_the_wallet_prefers(request_required: bool, response_required: bool) -> None:
    request = request_encryption(ISSUER_KEY.public_jwk, "k", required=request_required)
    envelope = envelope_for(metadata(request, response_encryption(required=response_required)), wanted=False)
    assert envelope.to is not None
    assert envelope.key is not None


def test_only_the_request_where_answers_cannot_be() -> None:
    envelope = envelope_for(metadata(REQUEST, None), wanted=True)
    assert envelope.wish == {}
    assert envelope.seal(b"{}")[1] == "application/jwt"
    assert envelope.open(answer(b"{}", "application/json"), limit=LIMIT) == b"{}"


@pytest.mark.parametrize(
    ("request_offer", "response_offer", "wanted"),
    [(None, None, True), (REQUEST, RESPONSE, False), (None, RESPONSE, True)],
)
def test_in_the_open_where_nothing_is_offered_or_nothing_wanted(request_offer: Any, response_offer: Any, wanted: bool) -> None:
    envelope = envelope_for(metadata(request_offer, response_offer), wanted=wanted)
    assert envelope.seal(dump({})) == (b"{}", "application/json")


def test_the_other_cipher_where_there_is_no_better() -> None:
    weaker = RequestEncryption(REQUEST.jwks, ("A128CBC-HS256", "A128GCM"), False)
    envelope = envelope_for(metadata(weaker, None), wanted=True)
    assert (envelope.enc, envelope.zipped) == ("A128GCM", False)


def test_an_answer_in_the_open_is_refused() -> None:
    with pytest.raises(Refusal, match="answer_not_encrypted"):
        sealed().open(answer(b"{}", "application/json"), limit=LIMIT)
    with pytest.raises(Refusal):
        replace(sealed(), key=world.key("another")).open(answer(b"a.b"), limit=LIMIT)
