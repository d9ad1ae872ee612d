"""Requests a wallet must not answer, because of who sends them and how: P01–P03, P08–P14, P34."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from sinwon.adapters.fetch import Fetcher
from sinwon.core import base64url
from sinwon.core.fetch import Answer
from sinwon.core.refusal import Refusal
from sinwon.formats.jose.jws import parse_jws
from sinwon.holder.present import only_required
from sinwon.holder.wallet import Holder
from sinwon.protocols.credential_types import IDENTITY
from tests import world
from tests.forged_request import (
    MEDIA_TYPE,
    REQUEST_URI,
    RESPONSE_URI,
    TYP,
    Forged,
    Scene,
    Scenes,
    changed,
    control,
    forged,
    scenes,
)
from tests.wallet_world import link


@pytest.fixture(scope="module")
def scenery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scenes]:
    with scenes(tmp_path_factory.mktemp("roles")) as made:
        yield made


@pytest.fixture
def scene(scenery: Scenes) -> Scene:
    return scenery.fresh()


def test_P01_to_P14_control_a_correct_request_is_answered(scene: Scene) -> None:
    shown = control(scene)
    assert (shown["name_ko"], shown["birthdate"]) == ("홍길동", "1990-01-01")
    assert "passport" not in shown
    assert scene.told()["state"] == "s" * 43


def with_header(**header: Any) -> Forged:
    request = forged()
    request.header.update(header)
    return request


def raw_header(text: str) -> Forged:
    request = forged()
    _, payload, _ = request.signed().split(".")
    signed = f"{base64url.encode(text.encode())}.{payload}"
    request.token = f"{signed}.{base64url.encode(request.key.sign(signed.encode()))}"
    return request


def hs256() -> Forged:
    from hmac import digest

    request = forged()
    key = world.access_signer("gov24").chain[0]
    head = base64url.encode(json.dumps({**request.header, "alg": "HS256"}).encode())
    signed = f"{head}.{request.signed().split('.')[1]}"
    request.token = f"{signed}.{base64url.encode(digest(key, signed.encode(), 'sha256'))}"
    return request


def alg_none() -> Forged:
    request = forged()
    head = base64url.encode(json.dumps({**request.header, "alg": "none"}).encode())
    request.token = f"{head}.{request.signed().split('.')[1]}."
    return request


def no_typ() -> Forged:
    request = forged()
    del request.header["typ"]
    return request


def duplicate_header() -> Forged:
    text = json.dumps({"alg": "ES256", **forged().header})
    return raw_header(text[:-1] + f', "typ": "{TYP}"}}')


P01: dict[str, Callable[[], Forged]] = {
    "typ_missing": no_typ,
    "typ_of_a_plain_jwt": lambda: with_header(typ="JWT"),
    "alg_none": alg_none,
    "hs256_with_the_certificate": hs256,
    "alg_of_another_curve": lambda: raw_header(json.dumps({**forged().header, "alg": "ES384"})),
    "unknown_crit": lambda: with_header(crit=["x"], x=1),
    "empty_crit": lambda: with_header(crit=[]),
    "duplicate_header_names": duplicate_header,
}


@pytest.mark.parametrize("fault", P01)
def test_P01_request_objects_badly_typed_or_signed(scene: Scene, fault: str) -> None:
    scene.stops(scene.serve(P01[fault]()))


def test_P01_control(scene: Scene) -> None:
    control(scene, raw_header(json.dumps({"alg": "ES256", **forged().header})))


@pytest.mark.parametrize("inner", ["redirect_uri:https://gateway.example/responses/one", "x509_hash:" + "A" * 43, "gov24"])
def test_P02_outer_and_inner_client_differ(scene: Scene, inner: str) -> None:
    scene.stops(scene.serve(changed(client_id=inner)))


def test_P02_control(scene: Scene) -> None:
    control(scene)


@pytest.mark.parametrize(
    "prefix", ["origin:", "foo:", "", "X509_HASH:", "x509_san_dns:", "redirect_uri:", "decentralized_identifier:"]
)
def test_P03_other_prefixes(scene: Scene, prefix: str) -> None:
    request = forged()
    request.call(prefix + request.client_id.partition(":")[2])
    scene.stops(scene.serve(request), "invalid_request" if prefix else "invalid_client")


def test_P03_an_empty_client(scene: Scene) -> None:
    request = forged()
    request.call("")
    scene.stops(scene.serve(request))


def test_P03_control(scene: Scene) -> None:
    control(scene)


def test_P08_a_redirect_uri_client_does_not_sign(scene: Scene) -> None:
    request = forged()
    request.call(f"redirect_uri:{RESPONSE_URI}")
    scene.stops(scene.serve(request))


def test_P08_control(scene: Scene) -> None:
    control(scene)


P09: dict[str, dict[str, Any]] = {
    "http": {"response_uri": "http://gateway.example/responses/one"},
    "localhost": {"response_uri": "https://localhost/responses/one"},
    "another_origin": {"response_uri": "https://attacker.example/responses/one"},
    "another_port": {"response_uri": "https://gateway.example:8443/responses/one"},
    "fragment": {"response_uri": f"{RESPONSE_URI}#x"},
    "empty_fragment": {"response_uri": f"{RESPONSE_URI}#"},
    "user_information": {"response_uri": "https://gateway.example@attacker.example/x"},
    "user_information_before_us": {"response_uri": "https://user@gateway.example/responses/one"},
    "backslash": {"response_uri": "https://attacker.example\\@gateway.example/x"},
    "not_a_string": {"response_uri": 1},
    "missing": {"response_uri": ...},
    "redirect_uri_beside": {"redirect_uri": "https://gateway.example/back"},
    "plain_response_mode": {"response_mode": "direct_post"},
    "front_channel": {"response_mode": "fragment"},
    "another_response_type": {"response_type": "vp_token id_token"},
}


@pytest.mark.parametrize("fault", P09)
def test_P09_answers_that_would_go_elsewhere(scene: Scene, fault: str) -> None:
    scene.stops(scene.serve(changed(**P09[fault])))


def test_P09_control(scene: Scene) -> None:
    control(scene)


@pytest.mark.parametrize("nonce", [..., "", "short", "n" * 21, "with space " + "n" * 32, "n" * 10_000, 7, "ñ" * 43])
def test_P10_nonces_that_bind_nothing(scene: Scene, nonce: Any) -> None:
    scene.stops(scene.serve(changed(nonce=nonce)))


@pytest.mark.parametrize("nonce", ["n" * 22, "n" * 512, "-._~" + "a" * 30])
def test_P10_control(scene: Scene, nonce: str) -> None:
    control(scene, changed(nonce=nonce))


@pytest.mark.parametrize(
    "times",
    [
        {"exp": world.NOW},
        {"exp": world.NOW - 1},
        {"iat": world.NOW - 86_400, "exp": world.NOW + 300},
        {"iat": world.NOW - 361},
        {"iat": world.NOW + 61},
        {"iat": ...},
        {"iat": "now"},
        {"exp": str(world.NOW + 300)},
    ],
)
def test_P11_old_requests(scene: Scene, times: dict[str, Any]) -> None:
    scene.stops(scene.serve(changed(**times)))


def test_P11_a_request_answered_before(scene: Scene) -> None:
    wallet_link = scene.serve(forged())
    scene.holder.present(wallet_link, only_required)
    scene.stops(wallet_link)


@pytest.mark.parametrize("times", [{"iat": world.NOW - 360}, {"iat": world.NOW + 60}, {"exp": world.NOW + 1}, {"exp": ...}])
def test_P11_control(scene: Scene, times: dict[str, Any]) -> None:
    control(scene, changed(**times))


P12 = {
    "redirect": Answer(302, {"location": "https://attacker.example/", "content-type": MEDIA_TYPE}, b""),
    "five_megabytes": Answer(200, {"content-type": MEDIA_TYPE}, b"x" * 5_000_000),
    "html": Answer(200, {"content-type": "text/html"}, forged().signed().encode()),
    "plain_jwt": Answer(200, {"content-type": "application/jwt"}, forged().signed().encode()),
    "no_type": Answer(200, {}, forged().signed().encode()),
    "not_found": Answer(404, {"content-type": MEDIA_TYPE}, forged().signed().encode()),
    "not_ascii": Answer(200, {"content-type": MEDIA_TYPE}, "신원".encode()),
}


@pytest.mark.parametrize("fault", P12)
def test_P12_request_uris_that_give_something_else(scene: Scene, fault: str) -> None:
    wallet_link = scene.serve(forged())
    scene.here.network.pages[REQUEST_URI] = P12[fault]
    scene.stops(wallet_link)
    assert not any("attacker" in line for line in scene.here.network.log)


@pytest.mark.parametrize(
    "uri",
    [
        "file:///etc/passwd",
        "http://gateway.example/requests/one",
        "https://user@gateway.example/x",
        "javascript:alert(1)",
        "https://",
        "x" * 3000,
    ],
)
def test_P12_request_uris_that_are_not_fetched(scene: Scene, uri: str) -> None:
    before = list(scene.here.network.log)
    scene.stops(link(forged().client_id, uri))
    assert scene.here.network.log == before


@pytest.mark.parametrize("inside", ["https://169.254.169.254/x", "https://127.0.0.1/x", "https://[::ffff:10.0.0.1]/x"])
def test_P12_private_addresses_are_refused_at_connect(scene: Scene, inside: str) -> None:
    fetcher = Fetcher()
    holder = Holder(replace(scene.holder.powers, fetch=fetcher))
    with pytest.raises(Refusal, match="cannot be had"):
        holder.read_request(link(forged().client_id, inside))
    fetcher.close()


def test_P12_control(scene: Scene) -> None:
    control(scene)


@pytest.mark.parametrize("method", ["POST", "PUT", "Get", ""])
def test_P13_other_ways_to_fetch(scene: Scene, method: str) -> None:
    scene.stops(scene.serve(replace(forged(), more={"request_uri_method": method})), "invalid_request_uri_method")


@pytest.mark.parametrize("nonce", [None, "w" * 43])
def test_P13_our_nonce_missing_or_wrong(scene: Scene, nonce: str | None) -> None:
    request = forged()
    request.more = {"request_uri_method": "post"}
    request.claims["wallet_nonce"] = nonce
    scene.stops(scene.serve(request))


def test_P13_control_fetched_by_post_with_our_nonce(scene: Scene) -> None:
    """The real gateway copies the nonce."""
    sent = scene.holder.present(scene.here.ask() + "&request_uri_method=post", only_required)
    assert sent.redirect_uri is not None


@pytest.mark.parametrize("more", [{"request": "x.y.z"}, {"request": ""}])
def test_P14_by_value_and_by_reference(scene: Scene, more: dict[str, str]) -> None:
    scene.stops(scene.serve(replace(forged(), more=more)))


def test_P14_a_parameter_twice(scene: Scene) -> None:
    scene.stops(scene.serve(forged()) + "&client_id=x")


def test_P14_control_outer_parameters_do_not_count(scene: Scene) -> None:
    outer = {"response_uri": "https://attacker.example/", "nonce": "x", "dcql_query": "{}", "state": "outer"}
    control(scene, replace(forged(), more=outer))
    assert scene.told()["state"] == "s" * 43


@pytest.mark.parametrize("audience", ["https://wallet.attacker.example", ["https://self-issued.me/v2"], ..., ""])
def test_P34_made_for_another_wallet(scene: Scene, audience: Any) -> None:
    scene.stops(scene.serve(changed(aud=audience)))


def test_P34_control(scene: Scene) -> None:
    control(scene)


def test_an_answer_that_the_verifier_refuses_uses_the_copy_up(scene: Scene) -> None:
    wallet_link = scene.serve(forged())
    scene.here.network.pages[RESPONSE_URI] = Answer(400, {"content-type": "application/json"}, b'{"error": "invalid_request"}')
    with pytest.raises(Refusal, match="invalid_request"):
        scene.holder.present(wallet_link, only_required)
    assert scene.holder.left()[IDENTITY] == 1


@pytest.mark.parametrize("uri", ["javascript:alert(1)", "http://gateway.example/x", 7])
def test_a_redirect_that_must_not_be_opened(scene: Scene, uri: Any) -> None:
    wallet_link = scene.serve(forged())
    body = json.dumps({"redirect_uri": uri}).encode()
    scene.here.network.pages[RESPONSE_URI] = Answer(200, {"content-type": "application/json"}, body)
    with pytest.raises(Refusal):
        scene.holder.present(wallet_link, only_required)


def test_the_request_of_the_real_gateway_is_like_ours(scene: Scene) -> None:
    """So that the forged requests above are near misses and not another species."""
    real = parse_jws(scene.here.hold_request(scene.here.ask()))
    assert real.header.keys() == {"alg", *forged().header.keys()}
    assert set(forged().claims) <= real.claims().keys()
