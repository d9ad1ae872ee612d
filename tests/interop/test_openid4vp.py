"""@openid4vc/openid4vp: a foreign verifier asks our wallet, and a foreign wallet answers our gateway, in both formats.

What each shows the other is verified by libraries of its format that are not ours: @sd-jwt/sd-jwt-vc and @owf/mdoc.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from sinwon.adapters.fetch import Fetcher, Reach
from sinwon.core import base64url
from sinwon.core.fetch import Answer
from sinwon.formats.mdoc.names import MDOC
from sinwon.formats.sdjwt.disclosures import process
from sinwon.formats.sdjwt.names import SD_JWT_VC
from sinwon.formats.sdjwt.parse import parse_sd_jwt
from sinwon.holder.copies import Copy
from sinwon.holder.present import Declined, everything, only_required
from sinwon.holder.verifiers import Verifiers
from sinwon.protocols.credential_types import IDENTITY, IDENTITY_TYPE
from sinwon.protocols.vp.request_object import MEDIA_TYPE
from tests import world
from tests.forged_request import Scene, Scenes, scenes
from tests.gateway_world import parameters_of
from tests.interop.oracle import Oracle, OracleRefusal, Web
from tests.interop.shapes import private_jwk
from tests.world import GATEWAY, NOW, key

VERIFIER = "https://verifier.example"
REQUEST_URI = f"{VERIFIER}/requests/1"
RESPONSE_URI = f"{VERIFIER}/answers/1"
RESPONSE_KEY = private_jwk(key("their response"))
NONCE = "n" * 43
MEDIA_TYPE_JWT = "application/statuslist+jwt"
ROOTS = [base64url.encode(world.authority("issuing authority").certificate)]
QUERIES: dict[str, dict[str, Any]] = {
    SD_JWT_VC: {
        "id": "q",
        "format": SD_JWT_VC,
        "meta": {"vct_values": [IDENTITY]},
        "claims": [{"path": ["name_ko"]}, {"path": ["contact", "email"]}],
    },
    MDOC: {
        "id": "q",
        "format": MDOC,
        "meta": {"doctype_value": IDENTITY_TYPE.doctype},
        "claims": [{"path": [IDENTITY_TYPE.doctype, "name_ko"]}],
    },
}


@pytest.fixture(scope="module")
def scenery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scenes]:
    with scenes(tmp_path_factory.mktemp("roles")) as made:
        yield made


@pytest.fixture
def scene(scenery: Scenes) -> Scene:
    made = scenery.fresh()
    made.holder.powers = replace(made.holder.powers, verifiers=Verifiers(certified=True))
    return made


def theirs() -> dict[str, Any]:
    """The foreign verifier's key, and its certificate by an authority that our wallet knows."""
    signer = world.certified("access authority", "their access", f"{VERIFIER}/")
    return {"key": private_jwk(key("their access")), "certificate": base64url.encode(signer.chain[0])}


def requested(node: Oracle, query: dict[str, Any], request_uri: str, response_uri: str) -> Any:
    """What the foreign verifier asks, from an address to an address."""
    addresses = {"requestUri": request_uri, "responseUri": response_uri}
    known = {"responseKey": RESPONSE_KEY, "query": {"credentials": [query]}, "nonce": NONCE, "state": "s" * 43, "now": NOW}
    return node.ask("openid4vp.ask", **theirs(), **known, **addresses)


def asked(node: Oracle, scene: Scene, query: dict[str, Any]) -> Any:
    """A request of the foreign verifier, at its address."""
    said = requested(node, query, REQUEST_URI, RESPONSE_URI)
    scene.here.network.pages[REQUEST_URI] = Answer(200, {"content-type": MEDIA_TYPE}, said["object"].encode())
    onward = b'{"redirect_uri": "https://verifier.example/done#response_code=c"}'
    scene.here.network.pages[RESPONSE_URI] = Answer(200, {"content-type": "application/json"}, onward)
    return said


def read(node: Oracle, scene: Scene, said: Any) -> Any:
    form = parameters_of("https://x/?" + scene.here.network.bodies[-1].decode())
    return node.ask("openid4vp.read", form=form, payload=said["payload"], responseKey=RESPONSE_KEY, now=NOW)


@pytest.mark.parametrize("form", QUERIES)
def test_a_foreign_verifier_is_answered(node: Oracle, scene: Scene, form: str) -> None:
    said = asked(node, scene, QUERIES[form])
    sent = scene.holder.present(said["link"], only_required)
    assert sent.redirect_uri == "https://verifier.example/done#response_code=c"
    got = read(node, scene, said)
    assert (got["kind"], got["state"]) == ("dcql", "s" * 43)
    assert got["header"]["kid"] == "theirs"
    (presentation,) = got["presentations"].pop("q")
    assert not got["presentations"]
    verified = {SD_JWT_VC: verified_sd_jwt, MDOC: verified_mdoc}[form]
    shown = verified(node, scene, presentation, said, got)
    assert shown["name_ko"] == "홍길동"
    assert "birthdate" not in shown


def verified_sd_jwt(node: Oracle, scene: Scene, presentation: str, _said: Any, _got: Any) -> dict[str, Any]:
    status = process(parse_sd_jwt(presentation))["status"]["status_list"]["uri"]
    given = {
        "key": dict(world.issuer_signer().signer.public_jwk),
        "list": scene.here.network.get(status, accept=MEDIA_TYPE_JWT).body.decode(),
        "listKey": dict(world.status_signer().signer.public_jwk),
        "now": NOW,
    }
    verified = node.ask("sdjwt.verify", presentation=presentation, nonce=NONCE, **given)
    with pytest.raises(OracleRefusal):
        node.ask("sdjwt.verify", presentation=presentation, nonce="m" * 43, **given)
    return dict(verified["payload"])


def verified_mdoc(node: Oracle, _scene: Scene, presentation: str, said: Any, got: Any) -> dict[str, Any]:
    session = {
        "clientId": said["payload"]["client_id"],
        "nonce": NONCE,
        "responseUri": RESPONSE_URI,
        "thumbprint": got["thumbprint"],
    }
    (document,) = node.ask("mdoc.verify", response=presentation, session=session, roots=ROOTS, now=NOW)
    with pytest.raises(OracleRefusal):
        node.ask("mdoc.verify", response=presentation, session={**session, "nonce": "m" * 43}, roots=ROOTS, now=NOW)
    return dict(document["claims"][IDENTITY_TYPE.doctype])


@pytest.mark.parametrize("form", QUERIES)
def test_a_foreign_verifier_on_a_line_of_its_own(node: Oracle, scene: Scene, form: str) -> None:
    """As above over HTTP, by the fetcher that wallets use: one GET, one POST of a form."""
    origin = node.ask("openid4vp.open")
    said = requested(node, QUERIES[form], f"{origin}/request", f"{origin}/answer")
    node.ask("openid4vp.publish", object=said["object"])
    fetcher = Fetcher(reach=Reach.DEMO)
    scene.holder.powers = replace(scene.holder.powers, fetch=fetcher, demo=True)
    try:
        sent = scene.holder.present(said["link"], only_required)
    finally:
        fetcher.close()
        posted = node.ask("openid4vp.close")
    assert sent.redirect_uri == f"{origin}/done#response_code=c"
    assert [(one["url"], one["type"]) for one in posted] == [("/answer", "application/x-www-form-urlencoded")]
    heard = parameters_of("https://x/?" + posted[0]["body"])
    got = node.ask("openid4vp.read", form=heard, payload=said["payload"], responseKey=RESPONSE_KEY, now=NOW)
    assert (got["state"], list(got["presentations"])) == ("s" * 43, ["q"])


def test_a_foreign_verifier_is_told_a_no(node: Oracle, scene: Scene) -> None:
    said = asked(node, scene, {**QUERIES[SD_JWT_VC], "meta": {"vct_values": ["urn:eudi:pid:1"]}})
    with pytest.raises(Declined) as declined:
        scene.holder.present(said["link"], everything)
    assert declined.value.code == "access_denied"
    assert scene.told_by(key("their response")) == {"error": "access_denied", "state": "s" * 43}


def test_a_wallet_that_answers_no_strangers(node: Oracle, scenery: Scenes) -> None:
    scene = scenery.fresh()
    said = asked(node, scene, QUERIES[SD_JWT_VC])
    with pytest.raises(Declined) as declined:
        scene.holder.present(said["link"], everything)
    assert declined.value.code == "invalid_client"


def gateway(scene: Scene) -> Web:
    """Our gateway, to a foreign wallet."""

    def web(request: Mapping[str, Any]) -> Mapping[str, Any]:
        content = base64url.decode(request["content"])
        assert request["url"].startswith(GATEWAY)
        answer = scene.here.browser().request(
            request["method"], request["url"].removeprefix(GATEWAY), content=content, headers=dict(request["headers"])
        )
        return {"status": answer.status_code, "headers": dict(answer.headers), "body": base64url.encode(answer.content)}

    return web


def held(scene: Scene, form: str) -> dict[str, Any]:
    wanted = {SD_JWT_VC: IDENTITY, MDOC: IDENTITY_TYPE.doctype}[form]
    copy: Copy = next(one for one in scene.holder.copies.unused() if one.type == wanted and not one.attested)
    signer: Any = scene.holder.powers.keys.open(copy.key)
    return {"credential": copy.credential, "key": private_jwk(signer)}


@pytest.mark.parametrize("form", QUERIES)
def test_a_foreign_wallet_answers_our_gateway(node: Oracle, scene: Scene, form: str) -> None:
    browser = scene.here.browser()
    link = scene.here.ask(browser)
    said = node.browse(gateway(scene), "openid4vp.answer", link=link, format=form, held=held(scene, form), now=NOW)
    assert (said["prefix"], said["status"]) == ("x509_hash", 200)
    onward = browser.get(said["said"]["redirect_uri"].removeprefix(GATEWAY))
    assert onward.status_code in {302, 303}
    assert "code" in parameters_of(onward.headers["location"])


@pytest.mark.parametrize("form", QUERIES)
@pytest.mark.parametrize("changed", [{"nonce": "m" * 43}, {"client_id": "x509_hash:" + "A" * 43}])
def test_a_foreign_wallet_that_answers_somebody_else(node: Oracle, scene: Scene, form: str, changed: dict[str, str]) -> None:
    link = scene.here.ask()
    said = node.browse(
        gateway(scene), "openid4vp.answer", link=link, format=form, held=held(scene, form), now=NOW, changed=changed
    )
    assert said["status"] == 400
