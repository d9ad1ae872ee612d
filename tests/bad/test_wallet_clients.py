"""Verifiers of every kind, and what each kind must not be believed: P03, P04, P07–P09, P13, P14, P20, P22."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlencode

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from sinwon.core.clock import utc
from sinwon.core.fetch import Answer
from sinwon.formats.jose.jws import sign_jws
from sinwon.formats.sdjwt.disclosures import process
from sinwon.formats.sdjwt.parse import parse_sd_jwt
from sinwon.holder.present import everything
from sinwon.holder.request import MAX_OBJECT
from sinwon.holder.verifiers import Verifiers
from sinwon.keys.jwk import certificate_text, parse_public_jwk
from tests import world
from tests.forged_request import (
    ACCESS,
    RESPONSE_URI,
    Forged,
    Scene,
    Scenes,
    changed,
    control,
    forged,
    scenes,
)
from tests.gateway_world import parameters_of

HOST = "gateway.example"
ATTESTER = "https://attester.example"
KEY = world.key("a verifier")
ANYBODY = Verifiers(certified=True, unsigned=True, plain=True, attesters={})


@pytest.fixture(scope="module")
def scenery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scenes]:
    with scenes(tmp_path_factory.mktemp("roles")) as made:
        yield made


@pytest.fixture
def scene(scenery: Scenes) -> Scene:
    """A wallet that answers whoever proves to be somebody."""
    attester = parse_public_jwk(world.key("attester").public_jwk)
    made = scenery.fresh()
    made.holder.powers = replace(made.holder.powers, verifiers=replace(ANYBODY, attesters={ATTESTER: attester}))
    return made


# --- P04: x509_san_dns ---


def certificate(*names: x509.GeneralName, common: str = "verifier") -> bytes:
    """A certificate of the access authority with exactly these names."""
    usage = dict.fromkeys(("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False)
    builder = x509.CertificateBuilder(
        issuer_name=x509.load_der_x509_certificate(ACCESS.certificate).subject,
        subject_name=x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)]),
        public_key=KEY.private.public_key(),
        serial_number=77,
        not_valid_before=utc(world.NOW - 86_400),
        not_valid_after=utc(world.NOW) + timedelta(days=30),
    )
    signing = x509.KeyUsage(
        digital_signature=True, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False, **usage
    )
    builder = builder.add_extension(signing, critical=True)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(ACCESS.key.private, SHA256()).public_bytes(Encoding.DER)


def for_host(der: bytes, host: str = HOST, **claims: Any) -> Forged:
    request = changed(**claims)
    request.header["x5c"] = [certificate_text(der)]
    request.key = KEY
    request.call(f"x509_san_dns:{host}")
    return request


def of_host(host: str = HOST) -> bytes:
    return certificate(x509.DNSName(host))


ELSEWHERE = "https://attacker.example/responses/one"
P04: dict[str, Callable[[], Forged]] = {
    "wildcard": lambda: for_host(of_host("*.example")),
    "wildcard_as_the_name": lambda: for_host(of_host("*.example"), "*.example"),
    "common_name_only": lambda: for_host(certificate(common=HOST)),
    "address": lambda: for_host(
        certificate(x509.IPAddress(ip_address("10.0.0.1"))), "10.0.0.1", response_uri="https://10.0.0.1/responses/one"
    ),
    "homoglyph": lambda: for_host(certificate(x509.DNSName("xn--gatewy-5nf.example")), "g\u0430teway.example"),
    "nul": lambda: for_host(of_host("gateway.example\0.attacker.example")),
    "upper_case": lambda: for_host(of_host(), "GATEWAY.example"),
    "parent": lambda: for_host(of_host(), "example"),
    "subdomain": lambda: for_host(of_host(), "www.gateway.example"),
    "answer_to_another_host": lambda: for_host(of_host(), response_uri=ELSEWHERE),
    "answer_to_a_subdomain": lambda: for_host(of_host(), response_uri="https://x.gateway.example/responses/one"),
    "another_host_of_the_certificate": lambda: for_host(
        certificate(x509.DNSName(HOST), x509.DNSName("attacker.example")), response_uri=ELSEWHERE
    ),
}


@pytest.mark.parametrize("fault", P04)
def test_P04_hosts_that_are_not_proven(scene: Scene, fault: str) -> None:
    scene.stops(scene.serve(P04[fault]()))


def test_P04_control(scene: Scene) -> None:
    control(scene, for_host(of_host()))
    assert scene.holder.history.events[-1].party == f"x509_san_dns:{HOST}"


def test_P04_control_one_of_several_names(scene: Scene) -> None:
    control(scene, for_host(certificate(x509.DNSName("other.example"), x509.DNSName(HOST))))


# --- P07: verifier_attestation ---


def attested(*, header: dict[str, Any] | None = None, by: str = "attester", signer: str = "a verifier", **said: Any) -> Forged:
    claims = {
        "iss": ATTESTER,
        "sub": "verifier.example",
        "iat": world.NOW - 60,
        "exp": world.NOW + 3600,
        "cnf": {"jwk": KEY.public_jwk},
        "redirect_uris": [RESPONSE_URI],
        **said,
    }
    claims = {name: value for name, value in claims.items() if value is not ...}
    request = forged()
    attestation = sign_jws(header or {"typ": "verifier-attestation+jwt"}, claims, world.key(by))
    request.header = {"typ": request.header["typ"], "jwt": attestation}
    request.key = world.key(signer)
    request.call("verifier_attestation:verifier.example")
    return request


P07: dict[str, Callable[[], Forged]] = {
    "expired": lambda: attested(exp=world.NOW),
    "without_an_end": lambda: attested(exp=...),
    "from_tomorrow": lambda: attested(nbf=world.NOW + 86_400),
    "of_another": lambda: attested(sub="other.example"),
    "with_the_prefix": lambda: attested(sub="verifier_attestation:verifier.example"),
    "another_key": lambda: attested(cnf={"jwk": world.key("other").public_jwk}),
    "no_key": lambda: attested(cnf={}),
    "address_not_listed": lambda: attested(redirect_uris=["https://verifier.example/answers"]),
    "address_that_only_begins_so": lambda: attested(redirect_uris=[RESPONSE_URI[:-1]]),
    "no_address_listed": lambda: attested(redirect_uris=[]),
    "unknown_attester": lambda: attested(iss="https://attester.attacker.example"),
    "signed_by_another": lambda: attested(by="other"),
    "another_type": lambda: attested(header={"typ": "JWT"}),
    "replayed_by_another_key": lambda: attested(signer="thief"),
}


@pytest.mark.parametrize("fault", P07)
def test_P07_attestations_that_do_not_count(scene: Scene, fault: str) -> None:
    scene.stops(scene.serve(P07[fault]()), None)


def test_P07_no_attestation(scene: Scene) -> None:
    request = attested()
    del request.header["jwt"]
    scene.stops(scene.serve(request), "invalid_client")


def test_P07_a_wallet_that_knows_no_attesters(scenery: Scenes) -> None:
    scene = scenery.fresh()
    scene.stops(scene.serve(attested()), "invalid_client")


@pytest.mark.parametrize("addresses", [[RESPONSE_URI], ["https://verifier.example/x", RESPONSE_URI], ...])
def test_P07_control(scene: Scene, addresses: Any) -> None:
    control(scene, attested(redirect_uris=addresses))


# --- P08: redirect_uri ---


def unsigned(client_id: str = f"redirect_uri:{RESPONSE_URI}", **claims: Any) -> str:
    """A link that is the whole request."""
    request = changed(**{"iat": ..., "exp": ..., "aud": ..., **claims})
    members = {**request.claims, "client_id": client_id}
    return "openid4vp://?" + urlencode(
        {name: value if isinstance(value, str) else json.dumps(value) for name, value in members.items()}
    )


def answered(scene: Scene, wallet_link: str) -> dict[str, Any]:
    scene.here.network.pages[RESPONSE_URI] = Answer(200, {"content-type": "application/json"}, b"{}")
    scene.holder.present(wallet_link, everything)
    return scene.told()


P08 = {
    "answer_to_another_address": unsigned(response_uri="https://attacker.example/x"),
    "answer_beside_it": unsigned(response_uri=RESPONSE_URI + "/"),
    "http": unsigned("redirect_uri:http://gateway.example/x", response_uri="http://gateway.example/x"),
    "fragment": unsigned(f"redirect_uri:{RESPONSE_URI}#x", response_uri=f"{RESPONSE_URI}#x"),
    "unsigned_certificate_client": unsigned(forged().client_id),
    "unsigned_host": unsigned(f"x509_san_dns:{HOST}"),
    "unsigned_attested": unsigned("verifier_attestation:verifier.example"),
    "query_that_is_no_json": unsigned(dcql_query="{"),
    "query_twice_named": unsigned(dcql_query='{"credentials": [], "credentials": []}') + "&dcql_query={}",
    "no_nonce": unsigned(nonce=...),
    "redirect_uri_beside": unsigned(redirect_uri=RESPONSE_URI),
}


@pytest.mark.parametrize("fault", P08)
def test_P08_unsigned_requests_of_others(scene: Scene, fault: str) -> None:
    scene.stops(P08[fault])


def test_P08_signed_by_reference_and_by_value(scene: Scene) -> None:
    request = forged()
    request.call(f"redirect_uri:{RESPONSE_URI}")
    scene.stops(scene.serve(request))
    scene.stops("openid4vp://?" + urlencode({"client_id": request.client_id, "request": request.signed()}))


def test_P08_a_wallet_that_wants_signatures(scenery: Scenes) -> None:
    scenery.fresh().stops(unsigned(), "invalid_client")


def test_P08_control(scene: Scene) -> None:
    told = answered(scene, unsigned())
    assert process(parse_sd_jwt(told["vp_token"]["identity"][0]))["name_ko"] == "홍길동"
    assert scene.holder.history.events[-1].party == f"redirect_uri:{RESPONSE_URI}"


def padded(size: int) -> str:
    query = json.dumps(forged().claims["dcql_query"])
    return unsigned(dcql_query=query + " " * (size - len(query)))


def test_P08_control_the_largest_query_of_a_link(scene: Scene) -> None:
    assert "vp_token" in answered(scene, padded(MAX_OBJECT))


def test_P08_a_query_that_is_larger(scene: Scene) -> None:
    scene.stops(padded(MAX_OBJECT + 1))


# --- P09: in the clear ---


def test_P09_a_second_address_beside_direct_post(scene: Scene) -> None:
    scene.stops(scene.serve(changed(response_mode="direct_post", redirect_uri="https://gateway.example/back")))


def test_P09_control_in_the_clear_where_the_wallet_may(scene: Scene) -> None:
    scene.serve(forged())
    told = answered(scene, scene.serve(changed(response_mode="direct_post")))
    assert b"response=" not in scene.here.network.bodies[-1]
    assert told["state"] == "s" * 43
    assert json.loads(told["vp_token"]).keys() == {"identity"}


# --- by value; P14 ---


def by_value(request: Forged, **more: str) -> str:
    return "openid4vp://?" + urlencode({"client_id": request.client_id, "request": request.signed(), **more})


def test_P14_control_by_value(scene: Scene) -> None:
    assert "vp_token" in answered(scene, by_value(forged(), nonce="outer", state="outer", response_uri="https://x.example/"))
    assert scene.told()["state"] == "s" * 43


def test_P14_by_value_a_client_with_hosts_is_answered_there_only(scene: Scene) -> None:
    request = changed(response_uri=ELSEWHERE)
    request.certify(of_host(), key=KEY)
    scene.stops(by_value(request))


def test_P14_a_way_to_fetch_beside_a_value(scene: Scene) -> None:
    scene.stops(by_value(forged(), request_uri_method="get"))


def test_P14_by_value_of_another(scene: Scene) -> None:
    other = forged("oka365")
    scene.stops("openid4vp://?" + urlencode({"client_id": forged().client_id, "request": other.signed()}))


# --- P13: what a verifier hears when it is asked by POST ---


def test_P13_control_the_wallet_says_what_it_can(scene: Scene) -> None:
    request = forged()
    request.more = {"request_uri_method": "post"}
    scene.stops(scene.serve(request))
    form = parameters_of("https://x/?" + scene.here.network.bodies[-1].decode())
    metadata = json.loads(form["wallet_metadata"])
    assert form.keys() == {"wallet_nonce", "wallet_metadata"}
    assert metadata["client_id_prefixes_supported"] == ["x509_hash", "x509_san_dns", "redirect_uri", "verifier_attestation"]
    assert metadata["vp_formats_supported"].keys() == {"dc+sd-jwt", "mso_mdoc"}
    assert metadata["authorization_encryption_enc_values_supported"] == ["A128GCM", "A256GCM"]


# --- P20, P22 ---


@pytest.mark.parametrize(
    "info", [[{"format": "unknown", "data": "x" * 40_000}], "x", [{"format": "jwt", "data": "a.b.c"}], [7]]
)
def test_P20_what_a_verifier_sends_about_itself_is_not_looked_at(scene: Scene, info: Any) -> None:
    ask = scene.holder.read_request(scene.serve(changed(verifier_info=info)))
    assert ask.consent.registered
    assert ask.consent.name_ko == "gov24 (시연)"


def test_P20_control(scene: Scene) -> None:
    control(scene, changed(verifier_info=[{"format": "unknown", "data": "x"}]))


def unbound(**claims: Any) -> Forged:
    request = changed(**claims)
    request.claims["dcql_query"]["credentials"][0]["require_cryptographic_holder_binding"] = False
    return request


def test_P22_transactions_without_holder_binding(scene: Scene) -> None:
    request = unbound(transaction_data=["e30"])
    scene.tells(scene.serve(request), "invalid_request", "unreadable_request")


def test_P22_no_holder_binding_and_no_state(scene: Scene) -> None:
    scene.tells(scene.serve(unbound(state=...)), "invalid_request", "unreadable_request")


def test_P22_control_bound_all_the_same(scene: Scene) -> None:
    control(scene, unbound())
    assert parse_sd_jwt(scene.told()["vp_token"]["identity"][0]).key_binding is not None
