# ruff: noqa: ARG005 (stand-ins keep the shape of what they stand for)
"""Documents that a credential or an issuer points to: V34 (type metadata) and V35 (issuer metadata)."""

import json
from typing import Any

import pytest

from sinwon.adapters.fetch import Fetcher
from sinwon.core.fetch import Answer, Unreachable
from sinwon.core.refusal import Refusal, Unmet, Untrusted
from sinwon.formats.jose.jws import parse_jws, sign_jws, verify_jws
from sinwon.formats.sdjwt.integrity import integrity_of
from sinwon.formats.sdjwt.issuer_metadata import MAX_KEYS, issuer_key, metadata_url
from sinwon.formats.sdjwt.type_metadata import MAX_EXTENDS, MAX_TYPE_METADATA, resolve_type
from tests.network import Network
from tests.unit.formats.sdjwt.test_type_metadata import Site, address, chain
from tests.world import key

# V34 ------------------------------------------------------------------------------------------------------------------

INSIDE = ["127.0.0.1", "169.254.169.254", "10.1.2.3", "192.168.1.1", "::1", "fd00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1"]


@pytest.mark.parametrize(
    "vct", ["http://types.example/1", "ftp://types.example/1", "HTTPS://types.example/1", "urn:x", "//x", ""]
)
def test_V34_a_type_without_an_https_address_is_never_asked_for(vct: str) -> None:
    network = Network()
    with pytest.raises(Unmet):
        resolve_type(vct, fetch=network)
    assert network.log == []


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "2130706433",
        "0177.0.0.1",
        "0x7f.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "169.254.169.254",
        "127.1",
    ],
)
def test_V34_addresses_written_as_numbers(host: str) -> None:
    """However the system's resolver reads them, what it says is judged before anything connects."""
    fetcher = Fetcher()
    with pytest.raises(Unreachable):
        resolve_type(f"https://{host}/type", fetch=fetcher)
    fetcher.close()


@pytest.mark.parametrize("inside", INSIDE)
def test_V34_a_name_that_points_inside(inside: str) -> None:
    fetcher = Fetcher(resolve=lambda host, port: [inside])
    with pytest.raises(Unreachable):
        resolve_type("https://types.example/1", fetch=fetcher)
    fetcher.close()


def test_V34_a_name_that_points_outside_first_and_inside_then() -> None:
    """Rebinding has nothing to rebind: each name is resolved once, at the connection."""
    answers = iter([["127.0.0.1"], ["93.184.215.14"]])
    fetcher = Fetcher(resolve=lambda host, port: next(answers))
    with pytest.raises(Unreachable):
        resolve_type("https://types.example/1", fetch=fetcher)
    assert next(answers) == ["93.184.215.14"]
    fetcher.close()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 204, 404, 500])
def test_V34_a_redirect_or_no_document(status: int) -> None:
    site = Site()
    site.put(address(0), status=status)
    with pytest.raises(Unmet):
        resolve_type(address(0), fetch=site.network)
    assert site.network.log == [f"GET {address(0)}"]


@pytest.mark.parametrize("media_type", ["text/html", "text/plain", "", "application/jwt"])
def test_V34_a_page_that_is_no_json(media_type: str) -> None:
    site = Site()
    site.put(address(0), media_type=media_type)
    with pytest.raises(Unmet):
        resolve_type(address(0), fetch=site.network)


def test_V34_a_document_beyond_the_limit() -> None:
    site = Site()
    body = site.put(address(0))
    site.network.pages[address(0)] = Answer(200, {"content-type": "application/json"}, body.ljust(MAX_TYPE_METADATA + 1))
    with pytest.raises(Unreachable):
        resolve_type(address(0), fetch=site.network)


@pytest.mark.parametrize("length", [1, 2, 3])
def test_V34_types_that_extend_each_other_in_a_circle(length: int) -> None:
    site = Site()
    for number in range(length):
        site.put(address(number), extends=address((number + 1) % length))
    with pytest.raises(Unmet, match="extends itself"):
        resolve_type(address(0), fetch=site.network)
    assert len(site.network.log) == length


def test_V34_a_circle_further_up() -> None:
    site = Site()
    site.put(address(0), extends=address(1))
    site.put(address(1), extends=address(2))
    site.put(address(2), extends=address(1))
    with pytest.raises(Unmet, match="extends itself"):
        resolve_type(address(0), fetch=site.network)


def test_V34_types_above_each_other_without_end() -> None:
    site = chain(50)
    with pytest.raises(Unmet, match="above each other"):
        resolve_type(address(0), fetch=site.network)
    assert len(site.network.log) == MAX_EXTENDS + 1


@pytest.mark.parametrize("above", ["http://types.example/1", "urn:example:base", "https://127.0.0.1/1"])
def test_V34_a_type_that_extends_something_elsewhere(above: str) -> None:
    site = Site()
    site.put(address(0), extends=above)
    with pytest.raises((Unmet, Unreachable)):
        resolve_type(address(0), fetch=site.network)


def test_V34_a_document_of_another_type() -> None:
    site = Site()
    site.put(address(1))
    site.network.pages[address(0)] = site.network.pages[address(1)]
    with pytest.raises(Unmet):
        resolve_type(address(0), fetch=site.network)


@pytest.mark.parametrize("integrity", [integrity_of(b"other"), "sha256-AAAA", "md5-AAAA", "", "x" * 5000])
def test_V34_integrity_that_does_not_hold(integrity: str) -> None:
    """Of the document itself, as the credential says, and of the one above, as the document says."""
    site = Site()
    site.put(address(1))
    members: dict[str, Any] = {"extends#integrity": integrity}
    site.put(address(0), extends=address(1), **members)
    for options in ({"integrity": integrity}, {}):
        with pytest.raises(Refusal):
            resolve_type(address(0), fetch=site.network, **options)


SCHEMAS: dict[str, dict[str, Any]] = {
    "refuses everything": {"schema": False},
    "is no schema": {"schema": 5},
    "has a pattern that is none": {"schema": {"properties": {"vct": {"pattern": "("}}}},
    "is elsewhere": {"schema_uri": "https://types.example/schema", "schema_uri#integrity": "sha256-AAAA"},
    "refers elsewhere": {"schema": {"$ref": "https://types.example/schema"}},
    "refers to itself": {"schema": {"$ref": "#"}},
}


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_V34_a_schema_is_not_evaluated(schema: dict[str, Any]) -> None:
    """Nor fetched, nor kept: whoever evaluated these would raise, ask or hang; what hangs by its patterns has no chance to."""
    site, claims = Site(), [{"path": ["name"]}]
    site.put(address(0), claims=claims)
    plain = resolve_type(address(0), fetch=site.network)
    site.put(address(0), claims=claims, **schema)
    assert resolve_type(address(0), fetch=site.network) == plain
    assert site.network.log == [f"GET {address(0)}"] * 2


def test_V34_control_types_over_each_other_with_integrity() -> None:
    site = chain(MAX_EXTENDS)
    first = integrity_of(site.network.pages[address(0)].body)
    assert len(resolve_type(address(0), fetch=site.network, integrity=first).claims) == MAX_EXTENDS + 1


# V35 ------------------------------------------------------------------------------------------------------------------

ISSUER = "https://university.example/tenant/1"
URL = "https://university.example/.well-known/jwt-vc-issuer/tenant/1"
KEYS_URL = "https://university.example/keys"
SIGNER = key("university")
KEY: dict[str, Any] = {**SIGNER.public_jwk, "kid": "2026"}
HEADER: dict[str, Any] = {"alg": "ES256", "typ": "dc+sd-jwt", "kid": "2026"}
ALLOWED = frozenset({ISSUER})


def served(document: object, keys: object = None, media_type: str = "application/json", status: int = 200) -> Network:
    network = Network()
    headers = {"content-type": media_type}
    network.pages[URL] = Answer(status, headers, document if isinstance(document, bytes) else json.dumps(document).encode())
    if keys is not None:
        network.pages[KEYS_URL] = Answer(200, headers, json.dumps(keys).encode())
    return network


GOOD: dict[str, Any] = {"issuer": ISSUER, "jwks": {"keys": [KEY]}}
DOCUMENTS: dict[str, object] = {
    "issuer_is_another": {**GOOD, "issuer": "https://university.example/tenant/2"},
    "issuer_with_a_slash": {**GOOD, "issuer": ISSUER + "/"},
    "issuer_missing": {"jwks": GOOD["jwks"]},
    "issuer_is_a_list": {**GOOD, "issuer": [ISSUER]},
    "jwks_and_jwks_uri": {**GOOD, "jwks_uri": KEYS_URL},
    "neither": {"issuer": ISSUER},
    "jwks_uri_in_the_clear": {"issuer": ISSUER, "jwks_uri": "http://university.example/keys"},
    "jwks_uri_of_a_file": {"issuer": ISSUER, "jwks_uri": "file:///etc/passwd"},
    "jwks_uri_of_nothing": {"issuer": ISSUER, "jwks_uri": "https://university.example/nothing"},
    "ten_thousand_keys": {**GOOD, "jwks": {"keys": [KEY] + [{"kty": "EC"}] * 9_999}},
    "one_key_too_many": {**GOOD, "jwks": {"keys": [KEY] + [{"kty": "EC", "kid": "x"}] * MAX_KEYS}},
    "keys_are_no_list": {**GOOD, "jwks": {"keys": KEY}},
    "no_keys": {**GOOD, "jwks": {"keys": []}},
    "key_of_another_name": {**GOOD, "jwks": {"keys": [{**KEY, "kid": "2025"}]}},
    "two_keys_of_that_name": {**GOOD, "jwks": {"keys": [KEY, {**key("other").public_jwk, "kid": "2026"}]}},
    "private_key": {**GOOD, "jwks": {"keys": [{**KEY, "d": "AAAA"}]}},
    "symmetric_key": {**GOOD, "jwks": {"keys": [{"kty": "oct", "k": "AAAA", "kid": "2026"}]}},
    "key_on_another_curve": {**GOOD, "jwks": {"keys": [{**KEY, "crv": "P-384"}]}},
    "key_off_the_curve": {**GOOD, "jwks": {"keys": [{**KEY, "y": KEY["x"]}]}},
    "key_from_elsewhere": {**GOOD, "jwks": {"keys": [{**KEY, "x5u": "https://attacker.example/"}]}},
    "key_for_encryption": {**GOOD, "jwks": {"keys": [{**KEY, "use": "enc"}]}},
    "key_for_another_algorithm": {**GOOD, "jwks": {"keys": [{**KEY, "alg": "ES384"}]}},
    "duplicate_member": json.dumps(GOOD).replace('{"issuer"', '{"issuer": "https://x.example", "issuer"', 1).encode(),
    "not_json": b"<html>",
    "too_large": json.dumps(GOOD).encode().ljust(64 * 1024 + 1),
}


@pytest.mark.parametrize("fault", DOCUMENTS)
def test_V35_issuer_metadata_that_says_nothing_we_believe(fault: str) -> None:
    with pytest.raises((Refusal, Unreachable)):
        issuer_key(ISSUER, HEADER, by_metadata=ALLOWED, fetch=served(DOCUMENTS[fault]))


@pytest.mark.parametrize("inside", INSIDE)
def test_V35_keys_on_an_internal_address(inside: str) -> None:
    """The document came from outside and points inside: the same fetcher judges the second address as it did the first."""
    host = f"[{inside}]" if ":" in inside else inside
    fetcher, network = Fetcher(), served({"issuer": ISSUER, "jwks_uri": f"https://{host}/keys"})

    class Both:
        post = network.post

        def get(self, url: str, **options: Any) -> Answer:
            return network.get(url, **options) if url == URL else fetcher.get(url, **options)

    with pytest.raises(Unreachable):
        issuer_key(ISSUER, HEADER, by_metadata=ALLOWED, fetch=Both())
    fetcher.close()


@pytest.mark.parametrize("status", [301, 302, 307, 308, 404, 500])
def test_V35_a_redirect_or_an_error(status: int) -> None:
    network = served(GOOD, status=status)
    with pytest.raises(Unmet):
        issuer_key(ISSUER, HEADER, by_metadata=ALLOWED, fetch=network)
    assert len(network.log) == 1


@pytest.mark.parametrize(
    "issuer", [None, 5, "", "https://attacker.example", ISSUER + "/", ISSUER.upper(), "https://university.example"]
)
def test_V35_an_issuer_that_policy_does_not_name_is_never_asked(issuer: object) -> None:
    network = served(GOOD)
    with pytest.raises(Untrusted):
        issuer_key(issuer, HEADER, by_metadata=ALLOWED, fetch=network)
    with pytest.raises(Untrusted):
        issuer_key(ISSUER, HEADER, by_metadata=frozenset(), fetch=network)
    assert network.log == []


def test_V35_a_credential_does_not_choose_the_way() -> None:
    network = served(GOOD)
    with pytest.raises(Untrusted):
        issuer_key(ISSUER, {**HEADER, "x5c": ["AAAA"]}, by_metadata=ALLOWED, fetch=network)
    assert network.log == []


@pytest.mark.parametrize("kid", [5, ["2026"], "", "2026 ", "../2026", None])
def test_V35_a_key_named_otherwise(kid: object) -> None:
    document = {**GOOD, "jwks": {"keys": [KEY, {**key("other").public_jwk, "kid": "2025"}]}}
    with pytest.raises(Refusal):
        issuer_key(ISSUER, {**HEADER, "kid": kid}, by_metadata=ALLOWED, fetch=served(document))


@pytest.mark.parametrize(
    "issuer",
    [
        "http://a.example",
        "https://",
        "https://a.example?x",
        "https://a.example#x",
        "https://u@a.example",
        "urn:x",
        "a.example",
        "",
    ],
)
def test_V35_an_issuer_that_is_no_address(issuer: str) -> None:
    with pytest.raises(Unmet):
        metadata_url(issuer)


@pytest.mark.parametrize(
    ("document", "keys", "header"),
    [
        (GOOD, None, HEADER),
        (GOOD, None, {"alg": "ES256"}),
        ({**GOOD, "unknown": 1}, None, HEADER),
        ({"issuer": ISSUER, "jwks_uri": KEYS_URL}, {"keys": [KEY]}, HEADER),
        ({**GOOD, "jwks": {"keys": [KEY, *[{"kty": "RSA", "kid": "x"}] * (MAX_KEYS - 1)]}}, None, HEADER),
        ({**GOOD, "jwks": {"keys": [{**KEY, "use": "sig", "alg": "ES256"}]}}, None, HEADER),
    ],
)
def test_V35_control_the_key_of_an_issuer_that_policy_names(document: object, keys: object, header: dict[str, Any]) -> None:
    found = issuer_key(ISSUER, header, by_metadata=ALLOWED, fetch=served(document, keys))
    verify_jws(parse_jws(sign_jws({"typ": "dc+sd-jwt"}, {}, SIGNER)), found, typ="dc+sd-jwt")


@pytest.mark.parametrize(
    ("issuer", "url"),
    [
        ("https://a.example", "https://a.example/.well-known/jwt-vc-issuer"),
        ("https://a.example/", "https://a.example/.well-known/jwt-vc-issuer"),
        ("https://a.example:8443/x/", "https://a.example:8443/.well-known/jwt-vc-issuer/x"),
        (ISSUER, URL),
    ],
)
def test_V35_control_the_well_known_name_goes_before_the_path(issuer: str, url: str) -> None:
    assert metadata_url(issuer) == url
