"""C62 to C68: what the verifier asks, at its endpoint and in its links."""

import re
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

from sinwon.core import base64url
from sinwon.core.refusal import Refusal
from sinwon.formats.jose.jws import parse_jws, verify_jws
from sinwon.keys.trust import Purpose
from sinwon.keys.x509 import dns_names, parse_x5c, verify_chain
from sinwon.protocols.vp.description import FOREIGN, Description, Prefix, RequestMethod, ResponseMode
from tests import world
from tests.conformance.verifier_world import HAIP, VerifierWorld, verifier_world
from tests.foreign_wallet import fetch
from tests.gateway_world import parameters_of

BY_NAME = msgspec.structs.replace(HAIP, prefix=Prefix.X509_SAN_DNS)
BY_LINK = msgspec.structs.replace(HAIP, prefix=Prefix.REDIRECT_URI, method=RequestMethod.URL_QUERY)
WAYS = {"x509_hash": HAIP, "x509_san_dns": BY_NAME, "redirect_uri": BY_LINK}
MODES = {mode.value: mode for mode in ResponseMode}
SIGNED = frozenset({"iss", "aud", "iat", "exp"})
PARAMETERS = frozenset(
    {"client_id", "response_type", "response_mode", "response_uri", "nonce", "state", "dcql_query", "client_metadata"}
)
ENDPOINT = "https://harness.example/test/a/sinwon/authorize"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[VerifierWorld]:
    with verifier_world(tmp_path) as made:
        yield made


@pytest.mark.parametrize("description", [HAIP, BY_NAME], ids=lambda one: one.prefix.value)
def test_C62_the_link_has_client_and_request_and_nothing_else(here: VerifierWorld, description: Description) -> None:
    """The link has client_id and request_uri alone, below the endpoint of the wallet that is meant."""
    started = here.start(description, ENDPOINT)
    assert started.link.startswith(f"{ENDPOINT}?client_id=")
    outer = parameters_of(started.link)
    assert outer.keys() == {"client_id", "request_uri"}
    parts = urlsplit(outer["request_uri"])
    assert (parts.scheme, parts.fragment) == ("https", "")


def test_C62_fetched_by_get_again_and_again(here: VerifierWorld) -> None:
    """Anybody who knows the address gets the same request as often as it is asked for, typed, without wallet_nonce."""
    uri = parameters_of(here.start().link)["request_uri"]
    answers = [here.world.client().get(urlsplit(uri).path) for _ in range(2)]
    for answer in answers:
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/oauth-authz-req+jwt")
        assert parse_jws(answer.text).typ == "oauth-authz-req+jwt"
    first, second = (parse_jws(answer.text).claims() for answer in answers)
    assert first == second
    assert "wallet_nonce" not in first


@pytest.mark.parametrize("by_post", [True, False])
def test_C62_fetched_by_post_with_the_wallets_nonce(here: VerifierWorld, by_post: bool) -> None:
    """A POST is answered with the wallet's nonce in the request, whether or not the link asked for one."""
    started = here.start(msgspec.structs.replace(HAIP, by_post=by_post))
    assert parameters_of(started.link).get("request_uri_method") == ("post" if by_post else None)
    path = urlsplit(parameters_of(started.link)["request_uri"]).path
    answer = here.http.post(path, data={"wallet_nonce": "w" * 43, "wallet_metadata": "{}"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/oauth-authz-req+jwt")
    assert parse_jws(answer.text).claims()["wallet_nonce"] == "w" * 43
    assert "wallet_nonce" not in fetch(here.http, started.link)


def test_C62_a_request_in_the_link_is_whole_and_not_fetched(here: VerifierWorld) -> None:
    """An unsigned request stands in the link with all parameters; there is nothing behind a request_uri."""
    started = here.start(BY_LINK, ENDPOINT)
    outer = parameters_of(started.link)
    assert outer.keys() == PARAMETERS
    assert here.http.get(f"/presentations/{outer['state']}/request").status_code == 404


@pytest.mark.parametrize("way", ["x509_hash", "x509_san_dns"])
def test_C63_who_asks_is_proven_by_the_certificate(here: VerifierWorld, way: str) -> None:
    """The client named outside is the one inside and the one whose certificate signs, under an anchor not sent along."""
    started = here.start(WAYS[way])
    outer = parameters_of(started.link)
    token = parse_jws(here.http.get(urlsplit(outer["request_uri"]).path).text)
    claims, chain = token.claims(), parse_x5c(token.header["x5c"])
    verified = verify_chain(chain, world.trust_anchors().certificates(Purpose.ACCESS), here.world.clock())
    verify_jws(token, verified.key, typ="oauth-authz-req+jwt")
    assert outer["client_id"] == claims["client_id"] == claims["iss"]
    assert verified.anchor not in chain
    assert verified.leaf.issuer != verified.leaf.subject
    if way == "x509_hash":
        assert claims["client_id"] == "x509_hash:" + base64url.encode(sha256(chain[0]).digest())
    else:
        assert claims["client_id"] == "x509_san_dns:gateway.example"
        assert "gateway.example" in dns_names(chain[0])
        assert urlsplit(claims["response_uri"]).hostname == "gateway.example"
    assert claims["aud"] == "https://self-issued.me/v2"
    assert claims["iat"] <= here.world.clock() < claims["exp"]


def test_C63_a_client_known_by_its_address_signs_nothing(here: VerifierWorld) -> None:
    """The redirect_uri prefix names the address that the answer goes to, byte for byte."""
    request = here.ask(BY_LINK).request
    assert request["client_id"] == "redirect_uri:" + request["response_uri"]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("mode", MODES)
def test_C64_the_parameters_are_those_of_the_specification(here: VerifierWorld, way: str, mode: str) -> None:
    """A request asks for a vp_token in the chosen mode, at an https address, and has no parameter too many."""
    request = here.ask(msgspec.structs.replace(WAYS[way], response_mode=MODES[mode])).request
    assert request.keys() - SIGNED == PARAMETERS
    assert (request.keys() >= SIGNED) is (way != "redirect_uri")
    assert (request["response_type"], request["response_mode"]) == ("vp_token", mode)
    parts = urlsplit(request["response_uri"])
    assert (parts.scheme, parts.fragment) == ("https", "")


def test_C65_nonces_are_43_safe_characters_and_never_the_same(here: VerifierWorld) -> None:
    """A nonce has 256 random bits as 43 URL-safe characters; so has the state."""
    requests = [here.ask(way).request for way in WAYS.values() for _ in range(8)]
    for name in ("nonce", "state"):
        values = [request[name] for request in requests]
        assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", value) for value in values)
        assert len(set(values)) == len(values)


@pytest.mark.parametrize("way", WAYS)
def test_C66_formats_are_told_in_their_own_words(here: VerifierWorld, way: str) -> None:
    """Algorithms are names for SD-JWT VC and numbers for mdoc; the metadata have nothing that nobody asked for."""
    metadata = here.ask(WAYS[way]).request["client_metadata"]
    assert metadata.keys() == {"jwks", "encrypted_response_enc_values_supported", "vp_formats_supported"}
    assert metadata["vp_formats_supported"] == {
        "dc+sd-jwt": {"sd-jwt_alg_values": ["ES256"], "kb-jwt_alg_values": ["ES256"]},
        "mso_mdoc": {"issuerauth_alg_values": [-9, -7], "deviceauth_alg_values": [-9, -7]},
    }


@pytest.mark.parametrize("way", WAYS)
def test_C67_each_request_has_its_own_key(here: VerifierWorld, way: str) -> None:
    """A key on P-256 for ECDH-ES, public, with kid and alg, of this request alone; both encryptions are offered."""
    keys = []
    for _ in range(8):
        metadata = here.ask(WAYS[way]).request["client_metadata"]
        (jwk,) = metadata["jwks"]["keys"]
        assert jwk.keys() == {"kty", "crv", "x", "y", "kid", "use", "alg"}
        assert (jwk["kty"], jwk["crv"], jwk["use"], jwk["alg"]) == ("EC", "P-256", "enc", "ECDH-ES")
        assert metadata["encrypted_response_enc_values_supported"] == ["A128GCM", "A256GCM"]
        keys.append(jwk)
    assert len({jwk["x"] for jwk in keys}) == len({jwk["kid"] for jwk in keys}) == len(keys)


def test_C67_an_answer_in_the_clear_has_no_key(here: VerifierWorld) -> None:
    """Where the answer is not to be encrypted, the request has no key for it."""
    request = here.ask(msgspec.structs.replace(HAIP, response_mode=ResponseMode.DIRECT_POST)).request
    assert request["client_metadata"].keys() == {"vp_formats_supported"}


@pytest.mark.parametrize("name", FOREIGN)
def test_C68_a_query_asks_for_one_credential_legally(here: VerifierWorld, name: str) -> None:
    """One credential of one format, by type, each claim once, by a path that its format has."""
    query = here.ask(msgspec.structs.replace(HAIP, query=FOREIGN[name])).request["dcql_query"]
    assert query.keys() == {"credentials"}
    (credential,) = query["credentials"]
    assert credential.keys() == {"id", "format", "meta", "claims"}
    assert re.fullmatch(r"[A-Za-z0-9_-]+", credential["id"])
    paths = [tuple(claim["path"]) for claim in credential["claims"]]
    assert 0 < len(set(paths)) == len(paths)
    if credential["format"] == "dc+sd-jwt":
        assert credential["meta"] == {"vct_values": ["urn:eudi:pid:1"]}
        assert not {path[0] for path in paths} & {"iss", "exp", "nbf", "cnf", "vct", "status"}
    else:
        assert credential["meta"]["doctype_value"] in {"eu.europa.ec.eudi.pid.1", "org.iso.18013.5.1.mDL"}
        assert all(len(path) == 2 for path in paths)


ILLEGAL: dict[str, Description] = {
    "a signed request in the link": msgspec.structs.replace(HAIP, method=RequestMethod.URL_QUERY),
    "an unsigned request to fetch": msgspec.structs.replace(HAIP, prefix=Prefix.REDIRECT_URI),
    "nothing to fetch by POST": msgspec.structs.replace(BY_LINK, by_post=True),
    "no credentials": msgspec.structs.replace(HAIP, query={"credentials": []}),
}


def changed_query(**members: Any) -> Description:
    (credential,) = FOREIGN["pid-sd-jwt"]["credentials"]
    return msgspec.structs.replace(HAIP, query={"credentials": [{**credential, **members}]})


ILLEGAL |= {
    "an id with a slash": changed_query(id="a/b"),
    "a claim twice": changed_query(claims=[{"path": ["given_name"]}, {"path": ["given_name"]}]),
    "several presentations": changed_query(multiple=True),
    "nobody's own": changed_query(require_cryptographic_holder_binding=False),
    "authorities that would not be checked": changed_query(trusted_authorities=[{"type": "aki", "values": ["YQ"]}]),
    "the certificate itself": changed_query(meta={"vct_values": ["urn:sinwon:overseas-national:1"]}),
}


@pytest.mark.parametrize("fault", ILLEGAL)
def test_C68_what_does_not_hold_together_is_never_asked(here: VerifierWorld, fault: str) -> None:
    """A description that no wallet may accept, or whose answer would not be checked in full, starts nothing."""
    with pytest.raises(Refusal):
        here.start(ILLEGAL[fault])


def test_C63_a_certificate_without_our_host_is_not_used_for_its_name(here: VerifierWorld) -> None:
    """Without the host in the certificate there is no x509_san_dns request."""
    here.world.gateway = replace(here.world.gateway, access=world.access_signer)
    with pytest.raises(Exception, match=r"does not name gateway\.example"):
        here.start(BY_NAME)
