"""What the issuer says of itself, as a wallet that knows nothing of us reads it: requirements 1 to 10."""

from re import fullmatch
from typing import Any

import pytest

from sinwon.core.strict_json import parse_json
from sinwon.formats.jose.jws import parse_jws, verify_jws
from sinwon.keys.x509 import parse_x5c, verify_chain
from sinwon.protocols.vci.metadata import parse_issuer_metadata
from sinwon.protocols.vci.signed_metadata import TYP, verify_metadata
from tests import world
from tests.issuing import Issuing

PLACE = "/.well-known/openid-credential-issuer"
SERVER = "/.well-known/oauth-authorization-server"
ENDPOINTS = ("credential_endpoint", "nonce_endpoint", "deferred_credential_endpoint", "notification_endpoint")
LOCALE = r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?"
"""BCP 47 as it is usually written."""
ASYMMETRIC = frozenset({"ES256", "ES384", "ES512", "EdDSA", "PS256", "RS256"})
JOSE = "dc+sd-jwt"


@pytest.fixture
def metadata(issuing: Issuing) -> dict[str, Any]:
    return dict(issuing.get(PLACE).json())


@pytest.fixture
def configurations(metadata: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return dict(metadata["credential_configurations_supported"])


HEADERS: dict[str, dict[str, str]] = {
    "none": {},
    "json": {"Accept": "application/json"},
    "anything": {"Accept": "*/*"},
    "json_in_korean": {"Accept": "application/json", "Accept-Language": "ko-KR, ko;q=0.9, en;q=0.5"},
    "in_a_language_we_lack": {"Accept": "application/json; charset=utf-8", "Accept-Language": "de"},
    "rather_json": {"Accept": "application/json, application/jwt;q=0.5"},
    "no_jwt": {"Accept": "application/jwt;q=0, */*"},
}


@pytest.mark.parametrize("headers", HEADERS.values(), ids=HEADERS)
def test_C01_metadata_are_json_at_their_one_place(issuing: Issuing, headers: dict[str, str]) -> None:
    """The issuer's metadata are served as JSON at the well-known address, whatever usual headers come with the request."""
    answer = issuing.get(PLACE, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert parse_issuer_metadata(answer.content, issuer=world.ISSUER)


def test_C02_the_identifier_is_byte_for_byte_and_every_address_is_https(metadata: dict[str, Any]) -> None:
    """The issuer's identifier is the one asked for, required members are there, and every endpoint is https."""
    assert metadata["credential_issuer"] == world.ISSUER
    assert metadata["credential_configurations_supported"]
    addresses = [metadata[name] for name in ENDPOINTS] + metadata.get("authorization_servers", [])
    assert all(fullmatch(r"https://[^?#]+", address) for address in [metadata["credential_issuer"], *addresses])


def test_C03_proof_types_stand_where_keys_are_bound(configurations: dict[str, dict[str, Any]]) -> None:
    """Proof types are listed exactly where a binding method is, each with asymmetric algorithms."""
    for configuration in configurations.values():
        methods, proofs = (
            configuration.get("cryptographic_binding_methods_supported"),
            configuration.get("proof_types_supported"),
        )
        assert bool(methods) == bool(proofs)
        for proof in (proofs or {}).values():
            algorithms = proof["proof_signing_alg_values_supported"]
            assert algorithms
            assert set(algorithms) <= ASYMMETRIC


def test_C04_signing_algorithms_have_the_names_of_their_format(configurations: dict[str, dict[str, Any]]) -> None:
    """Signing algorithms are JOSE names for SD-JWT VC and COSE numbers for mdoc."""
    for configuration in configurations.values():
        expected = ["ES256"] if configuration["format"] == JOSE else [-7]
        assert configuration["credential_signing_alg_values_supported"] == expected


def test_C05_each_format_names_its_type(configurations: dict[str, dict[str, Any]]) -> None:
    """SD-JWT VC configurations have a vct, mdoc ones a doctype, and the format's present name."""
    for configuration in configurations.values():
        assert configuration["format"] in {JOSE, "mso_mdoc"}
        assert ("vct" in configuration, "doctype" in configuration) == (
            configuration["format"] == JOSE,
            configuration["format"] != JOSE,
        )


def test_C05_what_is_issued_is_of_the_type_named(issuing: Issuing, configurations: dict[str, dict[str, Any]]) -> None:
    """An issued SD-JWT VC has the vct that its configuration names."""
    for name in ("overseas-national-sd-jwt", "overseas-national-age-sd-jwt"):
        text = issuing.issue(1, name)["credentials"][0]["credential"]
        claims = parse_jws(text.partition("~")[0], limit=1 << 18).claims(limit=1 << 18)
        assert claims["vct"] == configurations[name]["vct"]


def test_C06_texts_are_there_once_for_each_language(metadata: dict[str, Any], configurations: dict[str, Any]) -> None:
    """Display texts have canonical language tags, each once, and stand under credential_metadata."""
    shown = [metadata["display"]]
    for configuration in configurations.values():
        assert not {"display", "claims"} & configuration.keys()
        described = configuration["credential_metadata"]
        shown += [described["display"], *(claim["display"] for claim in described["claims"])]
    for texts in shown:
        locales = [text["locale"] for text in texts]
        assert len(set(locales)) == len(locales) > 0
        assert all(fullmatch(LOCALE, locale) for locale in locales)


def test_C07_every_configuration_has_a_scope(configurations: dict[str, dict[str, Any]]) -> None:
    """Every configuration has a scope of its own, in the syntax of RFC 6749."""
    scopes = [configuration["scope"] for configuration in configurations.values()]
    assert all(fullmatch(r"[\x21\x23-\x5B\x5D-\x7E]+", scope) for scope in scopes)
    assert len(set(scopes)) == len(scopes)


@pytest.mark.parametrize("required", [False, True])
def test_C08_encryption_is_described_both_ways(issuing: Issuing, required: bool) -> None:
    """Request and response encryption are described with keys, algorithms, DEF, and whether they are required."""
    metadata = issuing.with_settings(encryption_required=required).get(PLACE).json()
    request, response = metadata["credential_request_encryption"], metadata["credential_response_encryption"]
    keys = request["jwks"]["keys"]
    assert len({key["kid"] for key in keys}) == len(keys) == 1
    for key in keys:
        assert (key["kty"], key["crv"], key["alg"], "d" in key) == ("EC", "P-256", "ECDH-ES", False)
    assert response["alg_values_supported"] == ["ECDH-ES"]
    for described in (request, response):
        assert described["enc_values_supported"] == ["A128GCM", "A256GCM"]
        assert described["zip_values_supported"] == ["DEF"]
        assert described["encryption_required"] is required


def test_C08_the_key_for_requests_is_the_same_in_every_process(issuing: Issuing) -> None:
    """The key that requests are encrypted to outlives a restart."""
    again = issuing.with_settings(copies=7)
    one, other = (bottle.get(PLACE).json()["credential_request_encryption"] for bottle in (issuing, again))
    assert one == other


def test_C09_batches_and_the_nonce_endpoint(metadata: dict[str, Any]) -> None:
    """The batch size is an integer of at least two, and there is a nonce endpoint since keys are bound."""
    size = metadata["batch_credential_issuance"]["batch_size"]
    assert type(size) is int
    assert size >= 3
    assert metadata["nonce_endpoint"] == f"{world.ISSUER}/nonce"


WANTED = ("application/jwt", "application/jwt, application/json;q=0.9", "application/json, application/jwt", "Application/JWT")


@pytest.mark.parametrize("accept", WANTED)
def test_C10_signed_metadata_are_served_when_asked_for(issuing: Issuing, metadata: dict[str, Any], accept: str) -> None:
    """Signed metadata have their type, subject, times and certificates, and the same members as the plain ones at the top."""
    answer = issuing.get(PLACE, headers={"Accept": accept, "Accept-Language": "ko"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/jwt")
    assert answer.headers["vary"] == "Accept"
    jws = parse_jws(answer.text, limit=1 << 20)
    chain = parse_x5c(jws.header["x5c"])
    anchor = world.authority("issuing authority").certificate
    assert anchor not in chain
    assert jws.header["typ"] == TYP == "openidvci-issuer-metadata+jwt"
    verify_jws(jws, verify_chain(chain, frozenset({anchor}), world.NOW).key, typ=TYP)
    claims = jws.claims(limit=1 << 20)
    signed = {name: claims.pop(name) for name in ("sub", "iat", "exp")}
    assert claims == metadata
    assert signed == {"sub": world.ISSUER, "iat": world.NOW, "exp": world.NOW + 86_400}


def test_C10_signed_metadata_are_never_old(issuing: Issuing) -> None:
    """Signed metadata are signed anew long before they are over, and cached until then."""
    ask = {"Accept": "application/jwt"}
    first = issuing.get(PLACE, headers=ask)
    issuing.clock.move(3599)
    assert issuing.get(PLACE, headers={**ask, "If-None-Match": first.headers["etag"]}).status_code == 304
    issuing.clock.move(1)
    later = issuing.get(PLACE, headers=ask).text
    assert parse_jws(later, limit=1 << 20).claims(limit=1 << 20)["iat"] == world.NOW + 3600


def test_C10_a_wallet_reads_them_as_it_reads_the_plain_ones(issuing: Issuing) -> None:
    """A wallet that trusts the signer gets the same issuer from the signed form as from the plain one."""
    token = issuing.get(PLACE, headers={"Accept": "application/jwt"}).text
    anchors = frozenset({world.authority("issuing authority").certificate})
    document, chain = verify_metadata(token, issuer=world.ISSUER, anchors=anchors, now=world.NOW)
    assert parse_issuer_metadata(document, issuer=world.ISSUER) == parse_issuer_metadata(
        issuing.get(PLACE).content, issuer=world.ISSUER
    )
    assert world.ISSUER in chain.uris
    assert parse_json(document, limit=1 << 20)["sub"] == world.ISSUER
