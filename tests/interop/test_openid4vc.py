"""@openid4vc/openid4vci and openid4vp: a foreign wallet collects certificates at our issuer's doors, and reads our requests.

Our wallet's key proofs satisfy a foreign issuer. A foreign wallet's do ours, through the doors.
"""

from collections.abc import Mapping
from typing import Any

import pytest

from sinwon.core import base64url
from sinwon.formats.mdoc.issuer_signed import parse_issuer_signed
from sinwon.formats.mdoc.names import MDOC
from sinwon.formats.mdoc.verify import verify_issuer_signed
from sinwon.formats.sdjwt.parse import parse_sd_jwt
from sinwon.formats.sdjwt.vc import verify_sd_jwt_vc
from sinwon.keys.jwk import PublicKey, parse_public_jwk
from sinwon.protocols.credential_types import IDENTITY
from sinwon.protocols.vci.configurations import ALL, FOR_ANY_KEY, IDENTITY_MDOC, IDENTITY_SD_JWT, ISSUED
from sinwon.protocols.vci.proof import sign_proof
from sinwon.protocols.vp.client_identifier import x509_hash
from sinwon.protocols.vp.request_object import MEDIA_TYPE, RequestObject, response_jwk, sign_request_object, wallet_link
from tests import world
from tests.interop.oracle import Oracle, OracleRefusal, Web
from tests.interop.shapes import PARTS, flipped_jwt, private_jwk
from tests.issuing import PIN, Issuing
from tests.world import ISSUER, NOW, key

HOLDER = key("holder")
COPIES = {name: [key(f"{name} {copy}") for copy in range(2)] for name in FOR_ANY_KEY}
"""Nobody attests the keys of this wallet."""
REQUEST_URI = "https://gateway.example/presentations/abc/request"
QUERY = {"credentials": [{"id": "q", "format": "dc+sd-jwt", "meta": {"vct_values": [IDENTITY]}, "claims": [{"path": ["sex"]}]}]}


def doors(issuing: Issuing) -> Web:
    """Our issuer, to a foreign client."""

    def web(request: Mapping[str, Any]) -> Mapping[str, Any]:
        url = str(request["url"])
        assert url.startswith(f"{ISSUER}/")
        content = base64url.decode(request["content"])
        answer = issuing.client.request(
            request["method"], url.removeprefix(ISSUER), content=content, headers=dict(request["headers"])
        )
        return {"status": answer.status_code, "headers": dict(answer.headers), "body": base64url.encode(answer.content)}

    return web


def collect(node: Oracle, issuing: Issuing, **changed: Any) -> Any:
    keys = {name: [private_jwk(one) for one in some] for name, some in COPIES.items()}
    known = {"link": issuing.make_offer().uri, "pin": PIN, "keys": keys, **changed}
    return node.browse(doors(issuing), "openid4vc.collect", dpop=private_jwk(key("instance")), now=NOW, **known)


def test_a_foreign_wallet_collects(node: Oracle, issuing: Issuing) -> None:
    said = collect(node, issuing)
    assert said["version"] == "V1"
    assert set(said["known"]) == set(ALL)
    assert said["collected"].keys() == set(FOR_ANY_KEY) >= {IDENTITY_SD_JWT, IDENTITY_MDOC}
    for name, copies in said["collected"].items():
        assert [verified_key(name, copy) for copy in copies] == [parse_public_jwk(one.public_jwk) for one in COPIES[name]]


def verified_key(name: str, copy: str) -> PublicKey:
    """Whose certificate it is, once it has been verified for its type."""
    issued = ISSUED[name]
    if issued.format == MDOC:
        read = parse_issuer_signed(base64url.decode(copy))
        return verify_issuer_signed(read, anchors=world.trust_anchors(), doctype=issued.type.doctype, now=NOW).holder_key
    return verify_sd_jwt_vc(parse_sd_jwt(copy), anchors=world.trust_anchors(), now=NOW).holder_key


def test_the_wrong_pin(node: Oracle, issuing: Issuing) -> None:
    with pytest.raises(OracleRefusal, match="invalid_grant"):
        collect(node, issuing, pin="999999")


def test_a_foreign_issuer_takes_our_proof(node: Oracle) -> None:
    proof = sign_proof(HOLDER, issuer=ISSUER, nonce="n", now=NOW)
    assert node.ask("openid4vc.checkProof", proof=proof, issuer=ISSUER, nonce="n", now=NOW)["x"] == HOLDER.public_jwk["x"]
    for changed in ({"issuer": "https://another.example"}, {"nonce": "m"}):
        with pytest.raises(OracleRefusal):
            node.ask("openid4vc.checkProof", **{"proof": proof, "issuer": ISSUER, "nonce": "n", "now": NOW, **changed})
    for part in PARTS:
        with pytest.raises(OracleRefusal):
            node.ask("openid4vc.checkProof", proof=flipped_jwt(proof, part), issuer=ISSUER, nonce="n", now=NOW)


def request_object() -> str:
    request = RequestObject(
        state="state",
        nonce="n" * 43,
        response_uri="https://gateway.example/presentations/abc/response",
        query=QUERY,
        response_key=response_jwk(key("response").public_jwk, "k"),
        expires_at=NOW + 300,
    )
    return sign_request_object(request, by=world.access_signer("shop"), now=NOW)


def read(node: Oracle, text: str, **changed: str) -> Any:
    client_id = changed.get("client_id", x509_hash(world.access_signer("shop").chain[0]))

    def web(request: Mapping[str, Any]) -> Mapping[str, Any]:
        assert request["url"] == REQUEST_URI
        return {"status": 200, "headers": {"Content-Type": MEDIA_TYPE}, "body": base64url.encode(text.encode())}

    link = wallet_link("openid4vp://", client_id=client_id, request_uri=REQUEST_URI)
    return node.browse(web, "openid4vc.readRequest", link=link, now=NOW)


def test_a_foreign_wallet_reads_our_request(node: Oracle) -> None:
    said = read(node, request_object())
    assert (said["client"]["prefix"], said["version"], said["query"]) == ("x509_hash", 100, QUERY)
    assert said["payload"]["response_mode"] == "direct_post.jwt"


@pytest.mark.parametrize("part", PARTS)
def test_one_byte_of_our_request(node: Oracle, part: str) -> None:
    with pytest.raises(OracleRefusal):
        read(node, flipped_jwt(request_object(), part))


def test_a_request_of_another(node: Oracle) -> None:
    with pytest.raises(OracleRefusal):
        read(node, request_object(), client_id=x509_hash(world.access_signer("another").chain[0]))
