"""How a wallet answers and what it shows: P21, P23, P28."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from sinwon.core import base64url
from sinwon.formats.jose.jwe import parse_jwe
from sinwon.holder.wallet import Holder
from sinwon.protocols.trust.catalogue import Catalogue
from tests import world
from tests.forged_request import RESPONSE_KEY, Forged, Scene, Scenes, changed, control, forged, scenes
from tests.gateway_world import CATALOGUE, parameters_of


@pytest.fixture(scope="module")
def scenery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scenes]:
    with scenes(tmp_path_factory.mktemp("roles")) as made:
        yield made


@pytest.fixture
def scene(scenery: Scenes) -> Scene:
    return scenery.fresh()


def transaction(**changes: Any) -> str:
    entry = {"type": "payment", "credential_ids": ["identity"], "amount": "10", **changes}
    return base64url.encode(json.dumps({name: value for name, value in entry.items() if value is not ...}).encode())


P21: dict[str, Any] = {
    "unknown_type": [transaction()],
    "extra_field": [transaction(extra=1)],
    "no_type": [transaction(type=...)],
    "no_credentials": [transaction(credential_ids=[])],
    "unknown_credential": [transaction(credential_ids=["nobody"])],
    "only_other_hashes": [transaction(transaction_data_hashes_alg=["sha3-512"])],
    "not_base64url": ["{}"],
    "names_twice": [base64url.encode(b'{"type":"payment","type":"x","credential_ids":["identity"]}')],
    "markup_in_the_amount": [transaction(amount="<b>10</b>\u202e01")],
    "two_that_differ": [transaction(), transaction(amount="20")],
    "an_empty_object": ["e30"],
    "empty": [],
    "not_a_list": "x",
    "not_encoded": [{"type": "payment"}],
    "larger_than_any": [transaction(amount="1" * 9000)],
    "more_than_any": [transaction()] * 5,
}


@pytest.mark.parametrize("fault", P21)
def test_P21_transaction_data_is_not_understood(scene: Scene, fault: str) -> None:
    scene.tells(scene.serve(changed(transaction_data=P21[fault])), "invalid_transaction_data", "unreadable_request")


def test_P21_control(scene: Scene) -> None:
    control(scene)


def metadata(**changes: Any) -> Forged:
    request = forged()
    request.claims["client_metadata"] = {**request.claims["client_metadata"], **changes}
    return request


def response_key(**changes: Any) -> dict[str, Any]:
    return {**RESPONSE_KEY.public_jwk, "kid": "1", "use": "enc", "alg": "ECDH-ES", **changes}


PRIVATE = base64url.encode(world.key("response").private.private_numbers().private_value.to_bytes(32))
P23: dict[str, Any] = {
    "another_curve": [response_key(crv="P-384")],
    "off_the_curve": [response_key(y="A" * 43)],
    "alg_none": [response_key(alg="none")],
    "no_alg": [{name: value for name, value in response_key().items() if name != "alg"}],
    "for_signatures": [response_key(use="sig")],
    "private_key": [response_key(d=PRIVATE)],
    "duplicate_kid": [response_key(), {**world.key("other").public_jwk, "kid": "1", "alg": "ECDH-ES"}],
    "none_at_all": [],
    "not_a_list": "x",
    "too_many": [response_key(kid=str(number)) for number in range(17)],
}


@pytest.mark.parametrize("fault", P23)
def test_P23_without_a_usable_key_only_an_error_leaves_unencrypted(scene: Scene, fault: str) -> None:
    told = scene.tells(scene.serve(metadata(jwks={"keys": P23[fault]})), "invalid_request", "unreadable_request")
    assert told == {"error": "invalid_request", "state": "s" * 43}
    assert b"response=" not in scene.here.network.bodies[-1]


def test_P23_unknown_content_encryption(scene: Scene) -> None:
    request = metadata(encrypted_response_enc_values_supported=["A128CBC-HS256"])
    scene.tells(scene.serve(request), "invalid_request", "unreadable_request")


def test_P23_control_bad_keys_are_passed_over(scene: Scene) -> None:
    control(scene, metadata(jwks={"keys": [response_key(kid="0", crv="P-384"), response_key()]}))


@pytest.mark.parametrize(
    ("offered", "used"), [(["A128GCM"], "A128GCM"), (["A128GCM", "A256GCM"], "A256GCM"), (None, "A128GCM")]
)
def test_P23_control_the_stronger_encryption_is_preferred(scene: Scene, offered: list[str] | None, used: str) -> None:
    request = metadata(encrypted_response_enc_values_supported=offered)
    if offered is None:
        del request.claims["client_metadata"]["encrypted_response_enc_values_supported"]
    control(scene, request)
    form = parameters_of("https://x/?" + scene.here.network.bodies[-1].decode())
    assert parse_jwe(form["response"]).header["enc"] == used


def test_formats_we_do_not_have_are_told(scene: Scene) -> None:
    unknown: tuple[Any, ...] = ({"mso_mdoc": {}}, {"jwt_vc_json": {}}, {"dc+sd-jwt": {"sd-jwt_alg_values": ["ES384"]}}, "x")
    for formats in unknown:
        scene.tells(scene.serve(metadata(vp_formats_supported=formats)), "vp_formats_not_supported", "unreadable_request")


SPOOFED = {
    "bidi_override": ("정부24\u202e42부정", "정부2442부정"),
    "zero_width": ("정\u200b부\u200d24", "정부24"),
    "control_characters": ("정부24\x1b[31m\x00", "정부24[31m"),
    "five_hundred_characters": ("가" * 500, "가" * 199 + "…"),
}


def renamed(name: str) -> Catalogue:
    gov24 = CATALOGUE.services[0]
    services = (msgspec.structs.replace(gov24, name_ko=name), *CATALOGUE.services[1:])
    return msgspec.structs.replace(CATALOGUE, services=services)


@pytest.mark.parametrize("trick", SPOOFED)
def test_P28_names_are_shown_clean(scene: Scene, trick: str) -> None:
    name, clean = SPOOFED[trick]
    holder = Holder(replace(scene.holder.powers, catalogue=lambda: renamed(name)))
    ask = holder.read_request(scene.serve(forged()))
    assert ask.consent.name_ko == clean


def test_P28_what_the_request_says_of_itself_is_never_shown(scene: Scene) -> None:
    request = metadata(client_name="은행", logo_uri="https://attacker.example/logo.svg")
    request.claims["verifier_info"] = [{"format": "unknown", "data": "x" * 100}]
    ask = scene.holder.read_request(scene.serve(request))
    assert (ask.consent.name_ko, ask.consent.name_en) == ("gov24 (시연)", "gov24 (demo)")
    assert not any("attacker" in line for line in scene.here.network.log)


def test_P28_control_the_registered_name_is_shown_as_it_is(scene: Scene) -> None:
    ask = scene.holder.read_request(scene.serve(forged()))
    assert ask.consent.name_ko == CATALOGUE.services[0].name_ko
