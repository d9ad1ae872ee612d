"""Links that bring requests, and where a client may be answered: shapes and limits."""

from urllib.parse import urlencode

import pytest

from sinwon.core.refusal import Malformed, Refusal, Untrusted
from sinwon.holder.request_link import MAX_LINK, MAX_PARAMETERS, parse_request_link
from sinwon.holder.verifiers import Client, check_response_uri
from sinwon.protocols.vp.client_identifier import split_client_id

HERE = "https://verifier.example"
HASH = "x509_hash:" + "A" * 43


def link(**parameters: str) -> str:
    return "openid4vp://?" + urlencode({"client_id": HASH, "request_uri": f"{HERE}/r", **parameters})


def test_a_link_by_reference() -> None:
    read = parse_request_link(link())
    assert (read.client_id, read.request_uri, read.request, read.post, read.signed) == (HASH, f"{HERE}/r", None, False, True)
    assert parse_request_link(link(request_uri_method="post")).post


def test_a_link_by_value() -> None:
    read = parse_request_link("openid4vp://?" + urlencode({"client_id": HASH, "request": "a.b.c"}))
    assert (read.request, read.request_uri, read.signed) == ("a.b.c", None, True)


def test_a_link_that_is_the_request() -> None:
    read = parse_request_link("openid4vp://?" + urlencode({"client_id": f"redirect_uri:{HERE}/a", "nonce": "n"}))
    assert not read.signed
    assert read.parameters["nonce"] == "n"


@pytest.mark.parametrize(
    "text", ["", "openid4vp:", "mailto:a@b.example", "openid4vp://?client_id=%ff", link() + "&client_id=x", "//[x"]
)
def test_what_is_no_link(text: str) -> None:
    with pytest.raises(Refusal):
        parse_request_link(text)


def test_the_longest_link() -> None:
    whole = link(more="")
    assert parse_request_link(whole + "m" * (MAX_LINK - len(whole))).signed
    with pytest.raises(Malformed, match="longer"):
        parse_request_link(whole + "m" * (MAX_LINK - len(whole) + 1))


def test_the_most_parameters() -> None:
    more = {f"p{number}": "x" for number in range(MAX_PARAMETERS - 2)}
    assert parse_request_link(link(**more)).signed
    with pytest.raises(Malformed):
        parse_request_link(link(**more, one="more"))


@pytest.mark.parametrize("prefix", ["x509_hash:", "x509_san_dns:", "redirect_uri:", "verifier_attestation:"])
def test_client_identifiers(prefix: str) -> None:
    assert split_client_id(f"{prefix}https://a:1") == (prefix, "https://a:1")
    with pytest.raises(Malformed):
        split_client_id(prefix)
    with pytest.raises(Malformed):
        split_client_id(prefix.upper() + "x")


@pytest.mark.parametrize(
    "client_id", ["origin:https://a", "openid_federation:https://a", "did:web:a", "foo:x", ":x", "", "https://a"]
)
def test_client_identifiers_of_no_kind_that_we_know(client_id: str) -> None:
    with pytest.raises(Malformed) as refusal:
        split_client_id(client_id)
    assert refusal.value.code == "invalid_request"


def test_a_client_registered_beforehand() -> None:
    with pytest.raises(Untrusted) as refusal:
        split_client_id("gov24")
    assert refusal.value.code == "invalid_client"


ANYWHERE = Client(HASH, "", None)
KNOWN = Client(HASH, "", None, hosts=frozenset({"verifier.example"}))
HOST = Client("x509_san_dns:verifier.example", "", None, hosts=frozenset({"verifier.example"}), only_hosts=True)
LISTED = Client("verifier_attestation:v", "", None, addresses=frozenset({f"{HERE}/a"}))


@pytest.mark.parametrize(
    ("client", "uri", "fetched_from", "fits"),
    [
        (ANYWHERE, f"{HERE}/a", None, True),
        (ANYWHERE, f"{HERE}/a", HERE, True),
        (ANYWHERE, f"{HERE}/a", "https://other.example", False),
        (KNOWN, f"{HERE}/a", None, True),
        (KNOWN, "https://other.example/a", None, False),
        (KNOWN, "https://other.example/a", "https://other.example", True),
        (HOST, f"{HERE}/a", "https://other.example", True),
        (HOST, "https://other.example/a", "https://other.example", False),
        (LISTED, f"{HERE}/a", None, True),
        (LISTED, f"{HERE}/b", HERE, False),
    ],
)
def test_where_a_client_is_answered(client: Client, uri: str, fetched_from: str | None, fits: bool) -> None:
    origin = uri.rpartition("/")[0]
    if fits:
        check_response_uri(client, uri, origin=origin, fetched_from=fetched_from)
        return
    with pytest.raises(Untrusted):
        check_response_uri(client, uri, origin=origin, fetched_from=fetched_from)
