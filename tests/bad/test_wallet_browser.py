"""Requests through the browser that a wallet must not answer: P25, P26, and what of the rows before holds there as well."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from sinwon.core import base64url
from sinwon.formats.jose.jwe import decrypt, parse_jwe
from sinwon.formats.jose.jws import parse_jws, sign_jws
from sinwon.formats.mdoc.device_response import parse_device_response
from sinwon.formats.mdoc.names import MDOC
from sinwon.formats.mdoc.session_transcript import dc_api_transcript
from sinwon.formats.mdoc.verify import verify_mdoc
from sinwon.formats.sdjwt.parse import parse_sd_jwt
from sinwon.holder.ask import ConsentRequest
from sinwon.holder.browser_request import Asked
from sinwon.holder.present import Choice, everything
from sinwon.holder.verifiers import Verifiers
from sinwon.keys.jwk import parse_public_jwk
from sinwon.protocols.credential_types import IDENTITY_TYPE
from tests import world
from tests.forged_request import RESPONSE_KEY, Forged, Scene, Scenes, forged, identity_query, scenes

PAGE = "https://gov24.example"
SIGNED = "openid4vp-v1-signed"
MULTISIGNED = "openid4vp-v1-multisigned"
UNSIGNED = "openid4vp-v1-unsigned"


@pytest.fixture(scope="module")
def scenery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scenes]:
    with scenes(tmp_path_factory.mktemp("roles")) as made:
        yield made


@pytest.fixture
def scene(scenery: Scenes) -> Scene:
    return scenery.fresh()


def request(**changes: Any) -> Forged:
    made = forged()
    for name in ("response_uri", "state"):
        del made.claims[name]
    made.claims.update({"response_mode": "dc_api.jwt", "expected_origins": [PAGE], **changes})
    made.claims = {name: value for name, value in made.claims.items() if value is not ...}
    return made


def signed(made: Forged, origin: str = PAGE) -> Asked:
    return Asked(SIGNED, {"request": made.signed()}, origin)


def answered(scene: Scene, asked: Asked, consent: Callable[[ConsentRequest], Choice] = everything) -> dict[str, Any]:
    """What the page learns."""
    message = scene.holder.answer_page(asked, consent)
    assert not scene.here.network.log
    assert message.keys() == {"response"}
    return dict(json.loads(decrypt(parse_jwe(message["response"]), RESPONSE_KEY)))


def refused(scene: Scene, asked: Asked, code: str = "invalid_request") -> None:
    left = scene.holder.left()
    assert scene.holder.answer_page(asked, everything) == {"error": code}
    assert scene.holder.left() == left
    assert not scene.here.network.log


P25: dict[str, Any] = {
    "missing": ...,
    "empty": [],
    "another": ["https://other.example"],
    "trailing_slash": [f"{PAGE}/"],
    "http": ["http://gov24.example"],
    "another_port": [f"{PAGE}:8443"],
    "the_port_written_out": [f"{PAGE}:443"],
    "null": ["null"],
    "nothing": [None],
    "wildcard": ["*"],
    "wildcard_host": ["https://*.example"],
    "prefixed": [f"origin:{PAGE}"],
    "upper_case": ["https://GOV24.example"],
    "not_a_list": PAGE,
}


@pytest.mark.parametrize("fault", P25)
def test_P25_made_for_another_page(scene: Scene, fault: str) -> None:
    refused(scene, signed(request(expected_origins=P25[fault])))


@pytest.mark.parametrize(
    "origin", ["null", "http://gov24.example", f"{PAGE}/", "javascript:alert(1)", "wss://gov24.example", ""]
)
def test_P25_pages_without_an_origin_that_counts(scene: Scene, origin: str) -> None:
    refused(scene, signed(request(expected_origins=[origin]), origin))


def test_P25_control(scene: Scene) -> None:
    told = answered(scene, signed(request(expected_origins=["https://other.example", PAGE])))
    assert told.keys() == {"vp_token"}
    shown = parse_sd_jwt(told["vp_token"]["identity"][0])
    assert shown.key_binding is not None
    assert shown.key_binding.claims()["aud"] == f"origin:{PAGE}"


def test_P25_control_documents_are_bound_to_the_page(scene: Scene) -> None:
    claims = [{"path": [IDENTITY_TYPE.doctype, "name_ko"]}]
    query = {"id": "m", "format": MDOC, "meta": {"doctype_value": IDENTITY_TYPE.doctype}, "claims": claims}
    made = request(dcql_query={"credentials": [query]})
    algorithms = {"issuerauth_alg_values": [-7], "deviceauth_alg_values": [-7]}
    made.claims["client_metadata"]["vp_formats_supported"] = {MDOC: algorithms}
    told = answered(scene, signed(made))
    (document,) = parse_device_response(base64url.decode(told["vp_token"]["m"][0])).documents
    thumbprint = parse_public_jwk(RESPONSE_KEY.public_jwk).thumbprint
    transcript = dc_api_transcript(origin=PAGE, nonce="n" * 43, thumbprint=thumbprint)
    found = verify_mdoc(
        document, transcript=transcript, anchors=world.trust_anchors(), doctype=IDENTITY_TYPE.doctype, now=world.NOW
    )
    assert found.claims == {IDENTITY_TYPE.doctype: {"name_ko": "홍길동"}}


OTHER_RULES: dict[str, dict[str, Any]] = {
    "posted": {"response_mode": "direct_post.jwt"},
    "in_the_clear": {"response_mode": "dc_api"},
    "no_nonce": {"nonce": ...},
    "short_nonce": {"nonce": "short"},
    "expired": {"exp": world.NOW},
    "for_another_wallet": {"aud": "https://wallet.attacker.example"},
    "redirect_uri_client": {"client_id": f"redirect_uri:{PAGE}"},
    "origin_client": {"client_id": f"origin:{PAGE}"},
    "another_certificate": {"client_id": "x509_hash:" + "A" * 43},
}


@pytest.mark.parametrize("fault", OTHER_RULES)
def test_P25_rules_of_every_request(scene: Scene, fault: str) -> None:
    refused(scene, signed(request(**OTHER_RULES[fault])))


def test_P25_a_request_answered_before(scene: Scene) -> None:
    asked = signed(request())
    answered(scene, asked)
    refused(scene, asked)


@pytest.mark.parametrize("protocol", ["openid4vp", "openid4vp-v2-signed", ""])
def test_P25_protocols_we_do_not_speak(scene: Scene, protocol: str) -> None:
    refused(scene, replace(signed(request()), protocol=protocol))


def test_P25_refusal_and_absence_are_one(scene: Scene) -> None:
    absent = request(dcql_query={"credentials": [{**identity_query("name_ko"), "meta": {"vct_values": ["urn:example:x"]}}]})
    refused(scene, signed(absent), "access_denied")
    assert scene.holder.answer_page(signed(request()), lambda _consent: Choice(False)) == {"error": "access_denied"}


# --- unsigned ---


def test_P25_unsigned_requests_of_anybody(scene: Scene) -> None:
    refused(scene, Asked(UNSIGNED, request(client_id=...).claims, PAGE), "invalid_client")


@pytest.mark.parametrize("client_id", [..., "x509_hash:" + "A" * 43, "web-origin:https://bank.example"])
def test_P25_control_unsigned_whom_it_names_does_not_count(scene: Scene, client_id: Any) -> None:
    scene.holder.powers = replace(scene.holder.powers, verifiers=Verifiers(unsigned=True))
    seen: list[ConsentRequest] = []

    def watch(consent: ConsentRequest) -> Choice:
        seen.append(consent)
        return everything(consent)

    claims = request(client_id=client_id, expected_origins=["https://ignored.example"]).claims
    told = answered(scene, Asked(UNSIGNED, claims, PAGE), watch)
    shown = parse_sd_jwt(told["vp_token"]["identity"][0])
    assert shown.key_binding is not None
    assert shown.key_binding.claims()["aud"] == f"origin:{PAGE}"
    assert (seen[0].registered, seen[0].name_ko) == (False, "gov24.example")


# --- P26: several signatures ---


def signature(service: str, payload: bytes, *, by: str | None = None, client_id: str | None = None) -> dict[str, str]:
    made = forged(service)
    header = {**made.header, "client_id": client_id or made.client_id}
    protected, _, proof = sign_jws(header, payload, world.key(by or f"access {service}")).split(".")
    return {"protected": protected, "signature": proof}


def several(*signatures: Callable[[bytes], dict[str, str]], **changes: Any) -> Asked:
    payload = json.dumps(request(**{"client_id": ..., **changes}).claims).encode()
    made = {"payload": base64url.encode(payload), "signatures": [one(payload) for one in signatures]}
    return Asked(MULTISIGNED, {"request": made}, PAGE)


def good(payload: bytes) -> dict[str, str]:
    return signature("gov24", payload)


def bad(payload: bytes) -> dict[str, str]:
    """Of a service that asks for more, by a key that is not its own."""
    return signature("oka365", payload, by="thief")


def unknown(payload: bytes) -> dict[str, str]:
    return signature("gov24", payload, client_id="foo:bar")


@pytest.mark.parametrize("signers", [(bad, good), (good, bad), (unknown, good), (unknown, bad, good), (bad, bad, bad, good)])
def test_P26_a_bad_signature_is_passed_over(scene: Scene, signers: tuple[Callable[[bytes], dict[str, str]], ...]) -> None:
    seen: list[str] = []

    def watch(consent: ConsentRequest) -> Choice:
        seen.append(consent.service.id)
        return everything(consent)

    assert answered(scene, several(*signers), watch)["vp_token"].keys() == {"identity"}
    assert seen == ["gov24"]


@pytest.mark.parametrize("signers", [(bad,), (unknown, bad), ()])
def test_P26_no_signature_that_counts(scene: Scene, signers: tuple[Callable[[bytes], dict[str, str]], ...]) -> None:
    refused(scene, several(*signers))


def test_P26_only_the_one_that_is_proven_counts(scene: Scene) -> None:
    """Two that are both good and disagree: the first is shown, and judged by what it may ask."""
    seen: list[str] = []

    def other(payload: bytes) -> dict[str, str]:
        return signature("oka365", payload)

    def watch(consent: ConsentRequest) -> Choice:
        seen.append(consent.service.id)
        return everything(consent)

    query = {"credentials": [identity_query("name_ko", "birthdate")]}
    answered(scene, several(other, good, dcql_query=query), watch)
    assert seen == ["oka365"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda asked: {"request": {**asked["request"], "signatures": asked["request"]["signatures"] * 5}},
        lambda asked: {"request": {**asked["request"], "signatures": "x"}},
        lambda _asked: {"request": "a.b.c"},
        lambda _asked: {},
    ],
)
def test_P26_out_of_shape(scene: Scene, spoil: Callable[[Any], dict[str, Any]]) -> None:
    asked = several(good)
    refused(scene, replace(asked, data=spoil(asked.data)))


def test_P26_a_client_in_the_payload(scene: Scene) -> None:
    refused(scene, several(good, client_id=forged().client_id))


def test_P26_for_another_page(scene: Scene) -> None:
    refused(scene, several(good, expected_origins=["https://other.example"]))


def test_P26_control(scene: Scene) -> None:
    answered(scene, several(good))
    assert parse_jws(request().signed()).typ == "oauth-authz-req+jwt"
