"""A wallet that is asked, as a harness for wallets sees it from its own addresses: requirements 77 and 79, presentation."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from sinwon.core import base64url
from sinwon.core.fetch import Answer
from sinwon.core.refusal import Refusal
from sinwon.formats.jose.jws import parse_jws, verify_jws
from sinwon.formats.mdoc.device_response import parse_device_response
from sinwon.formats.mdoc.names import MDOC
from sinwon.formats.sdjwt.disclosures import process
from sinwon.formats.sdjwt.parse import SdJwt, parse_sd_jwt
from sinwon.holder.present import Choice, Declined, Sent, everything, only_required
from sinwon.holder.verifiers import Verifiers
from sinwon.keys.jwk import parse_public_jwk
from sinwon.keys.x509 import authority_key_id
from sinwon.protocols.credential_types import IDENTITY, IDENTITY_TYPE, LINKAGE
from tests import world
from tests.forged_request import RESPONSE_KEY, RESPONSE_URI, Forged, Scene, Scenes, forged, identity_query, scenes

STRANGER = "stranger"
"""A verifier with an access certificate, in no catalogue."""
Told = dict[str, Any]


@pytest.fixture(scope="module")
def scenery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scenes]:
    with scenes(tmp_path_factory.mktemp("roles")) as made:
        yield made


@pytest.fixture
def scene(scenery: Scenes) -> Scene:
    made = scenery.fresh()
    made.holder.powers = replace(made.holder.powers, verifiers=Verifiers(certified=True, unsigned=True, plain=True))
    return made


def asking(*credentials: Any, sets: Any = None, **claims: Any) -> Forged:
    """A request of the stranger, for these credentials or the name."""
    request = forged(STRANGER)
    query: dict[str, Any] = {"credentials": list(credentials) or [identity_query("name_ko")]}
    request.claims["dcql_query"] = {**query, "credential_sets": sets} if sets else query
    metadata = request.claims["client_metadata"]
    algorithms = {"issuerauth_alg_values": [-7], "deviceauth_alg_values": [-7]}
    request.claims["client_metadata"] = {
        **metadata,
        "vp_formats_supported": {**metadata["vp_formats_supported"], MDOC: algorithms},
    }
    request.claims.update(claims)
    request.claims = {name: value for name, value in request.claims.items() if value is not ...}
    return request


def answer(scene: Scene, request: Forged, choice: Callable[..., Choice] = only_required) -> Told:
    scene.holder.present(scene.serve(request), choice)
    return scene.told()


def sd_jwt(told: Told, name: str = "identity") -> SdJwt:
    (presentation,) = told["vp_token"][name]
    return parse_sd_jwt(presentation)


def disclosed(told: Told, name: str = "identity") -> set[str]:
    """Claims that are there because they were asked for: none that every copy shows."""
    return set(process(sd_jwt(told, name))) & {"name_ko", "birthdate", "sex", "contact", "person_id", "passport", "nationality"}


def header_of(scene: Scene) -> dict[str, Any]:
    form = dict(parse_qsl(scene.here.network.bodies[-1].decode(), strict_parsing=True))
    head = form["response"].partition(".")[0]
    return dict(json.loads(urlsafe_b64decode(head + "=" * (-len(head) % 4))))


# --- 77 ---


def test_C77_the_answer_is_a_form_posted_to_the_response_uri(scene: Scene) -> None:
    """A wallet posts one form with the encrypted answer to the response_uri, with nothing in its query."""
    answer(scene, asking())
    posted = [line for line in scene.here.network.log if line.startswith("POST ")]
    assert posted == [f"POST {RESPONSE_URI}"]
    assert urlsplit(posted[0].removeprefix("POST ")).query == ""
    assert [name for name, _value in parse_qsl(scene.here.network.bodies[-1].decode())] == ["response"]


@pytest.mark.parametrize(
    ("offered", "enc"), [(["A128GCM"], "A128GCM"), (["A256GCM"], "A256GCM"), (["A128GCM", "A256GCM"], "A256GCM")]
)
def test_C77_encrypted_as_asked(scene: Scene, offered: list[str], enc: str) -> None:
    """The answer is encrypted to a key of the metadata, whose kid and alg it copies, with an offered enc, and is JSON."""
    request = asking()
    request.claims["client_metadata"]["encrypted_response_enc_values_supported"] = offered
    answer(scene, request)
    header = header_of(scene)
    assert (header["kid"], header["alg"], header["enc"], header["cty"]) == ("1", "ECDH-ES", enc, "json")


def test_C77_nothing_but_the_answer_is_inside(scene: Scene) -> None:
    """Inside are the token and the state, no iss, exp or aud, and no presentation_submission."""
    assert answer(scene, asking()).keys() == {"vp_token", "state"}
    assert answer(scene, asking(state=..., nonce="m" * 43)).keys() == {"vp_token"}


def test_C77_a_key_that_says_not_what_it_is_for(scene: Scene) -> None:
    """A key without use is for encryption; keys that cannot be used are passed over."""
    good = {**RESPONSE_KEY.public_jwk, "kid": "good", "alg": "ECDH-ES"}
    bad = [{"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "rsa", "alg": "RSA-OAEP"}, {**good, "kid": "p384", "crv": "P-384"}]
    request = asking()
    request.claims["client_metadata"]["jwks"] = {"keys": [*bad, good]}
    answer(scene, request)
    assert header_of(scene)["kid"] == "good"


@pytest.mark.parametrize("format_", ["dc+sd-jwt", MDOC])
def test_C77_one_array_for_each_query(scene: Scene, format_: str) -> None:
    """The token is an object of arrays by query id: SD-JWT VC as text, mdoc as a DeviceResponse in base64url."""
    mdoc = {
        "id": "m",
        "format": MDOC,
        "meta": {"doctype_value": IDENTITY_TYPE.doctype},
        "claims": [{"path": [IDENTITY_TYPE.doctype, "name_ko"]}],
    }
    wanted = {"dc+sd-jwt": {**identity_query("name_ko"), "id": "m"}, MDOC: mdoc}[format_]
    ((name, presentations),) = answer(scene, asking(wanted))["vp_token"].items()
    assert name == "m"
    (presentation,) = presentations
    assert isinstance(presentation, str)
    if format_ == MDOC:
        (document,) = parse_device_response(base64url.decode(presentation)).documents
        items = document.issuer_signed.namespaces[IDENTITY_TYPE.doctype]
        assert [item.identifier for item in items] == ["name_ko"]


def test_C77_fewer_claims_than_the_wallet_has(scene: Scene) -> None:
    """Only the claims that were asked for are shown."""
    assert disclosed(answer(scene, asking(identity_query("name_ko", "birthdate")))) == {"name_ko", "birthdate"}


def test_C77_a_query_without_claims(scene: Scene) -> None:
    """Without claims in the query only what every copy says is shown: not one disclosure."""
    query = {name: value for name, value in identity_query().items() if name != "claims"}
    told = answer(scene, asking(query), everything)
    assert disclosed(told) == set()
    assert not sd_jwt(told).disclosures


def test_C77_the_key_binding(scene: Scene) -> None:
    """The key binding is typed, of the copy's key, for this client and nonce, over what is shown, of now."""
    request = asking()
    shown = sd_jwt(answer(scene, request))
    assert shown.key_binding is not None
    key = parse_public_jwk(process(shown)["cnf"]["jwk"])
    verify_jws(shown.key_binding, key, typ="kb+jwt")
    claims = parse_jws(shown.key_binding.raw).claims()
    presentation = scene.told()["vp_token"]["identity"][0]
    digest = base64url.encode(sha256(presentation[: presentation.rindex("~") + 1].encode()).digest())
    assert claims == {"aud": request.client_id, "nonce": "n" * 43, "sd_hash": digest, "iat": world.NOW}


def test_C77_claim_sets_by_what_the_wallet_has(scene: Scene) -> None:
    """Of the claim sets one that can be met is answered; values must be met exactly."""
    query = identity_query("name_ko", "birthdate", claim_sets=[["c1"], ["c0"]])
    query["claims"][1]["values"] = ["1970-01-01"]
    assert disclosed(answer(scene, asking(query))) == {"name_ko"}


def test_C77_an_optional_credential_set(scene: Scene) -> None:
    """What no set requires may be left out, and is when the wallet has none or the person does not choose it."""
    other = {**identity_query("name_ko"), "id": "other", "meta": {"vct_values": ["urn:example:other"]}}
    sets = [{"options": [["identity"]]}, {"options": [["other"]], "required": False}]
    assert answer(scene, asking(identity_query("name_ko"), other, sets=sets), everything)["vp_token"].keys() == {"identity"}


@pytest.mark.parametrize(("choice", "names"), [(only_required, {"identity"}), (everything, {"identity", "more"})])
def test_C77_an_optional_credential_that_is_there(scene: Scene, choice: Callable[..., Choice], names: set[str]) -> None:
    """It is the person's choice to show a credential that is not required."""
    more = {
        "id": "more",
        "format": MDOC,
        "meta": {"doctype_value": IDENTITY_TYPE.doctype},
        "claims": [{"path": [IDENTITY_TYPE.doctype, "sex"]}],
    }
    sets = [{"options": [["identity"]]}, {"options": [["more"]], "required": False}]
    assert answer(scene, asking(identity_query("name_ko"), more, sets=sets), choice)["vp_token"].keys() == names


def authority_of_issuer() -> str:
    key = authority_key_id(world.issuer_signer().chain[0])
    assert key is not None
    return base64url.encode(key)


def test_C77_authorities_that_the_verifier_trusts(scene: Scene) -> None:
    """A credential of an authority that is not among those named is not shown; one of those is."""
    trusted = [{"type": "aki", "values": [authority_of_issuer()]}]
    assert disclosed(answer(scene, asking(identity_query("name_ko", trusted_authorities=trusted)))) == {"name_ko"}
    others = [{"type": "aki", "values": [base64url.encode(b"\x01" * 20)]}]
    request = asking(identity_query("name_ko", trusted_authorities=others), nonce="m" * 43)
    scene.tells(scene.serve(request), "access_denied", "no_certificate")


def test_C77_what_a_harness_adds_is_tolerated(scene: Scene) -> None:
    """A long state, an unknown parameter and a wrong iss change nothing; the redirect_uri that comes back is opened."""
    request = asking(state="S" * 64, iss="https://somebody.example", x_unknown={"a": [1]})
    onward = "https://gateway.example/done?x=1#response_code=" + "c" * 43
    link = scene.serve(request)
    scene.here.network.pages[RESPONSE_URI] = Answer(
        200, {"content-type": "application/json"}, json.dumps({"redirect_uri": onward, "more": 1}).encode()
    )
    sent: Sent = scene.holder.present(link, only_required)
    assert sent.redirect_uri == onward
    assert scene.told()["state"] == "S" * 64


def test_C77_in_the_clear_where_it_was_asked_for(scene: Scene) -> None:
    """With direct_post the form has vp_token as JSON, and the state."""
    told = answer(scene, asking(response_mode="direct_post"))
    assert told.keys() == {"vp_token", "state"}
    assert json.loads(told["vp_token"]).keys() == {"identity"}


def test_C77_the_resident_number_is_for_registered_services(scene: Scene) -> None:
    """Nobody outside the catalogue gets the resident number, whatever the person would agree to."""
    query = {"id": "l", "format": "dc+sd-jwt", "meta": {"vct_values": [LINKAGE]}, "claims": [{"path": ["linkage", "rrn"]}]}
    scene.tells(scene.serve(asking(query)), "access_denied", "over_asking")


# --- 79, presentation ---


def refused(scene: Scene, request: Forged) -> None:
    before = scene.posts()
    with pytest.raises(Refusal):
        scene.holder.present(scene.serve(request), everything)
    assert scene.posts() == before or "error" in scene.told()


def prefixed(client_id: str) -> Forged:
    request = asking()
    request.call(client_id)
    return request


def spoiled(request: Forged) -> Forged:
    token = request.signed()
    head, payload, signature = token.split(".")
    flipped = "A" if signature[5] != "A" else "B"
    request.token = ".".join([head, payload, signature[:5] + flipped + signature[6:]])
    return request


NOT_ANSWERED: dict[str, Callable[[], Forged]] = {
    "redirect_uri_with_direct_post": lambda: asking(redirect_uri=RESPONSE_URI, response_mode="direct_post"),
    "redirect_uri_with_direct_post_jwt": lambda: asking(redirect_uri=RESPONSE_URI),
    "mismatched_client_id": lambda: asking(client_id="x509_hash:" + "A" * 43),
    "missing_nonce": lambda: asking(nonce=...),
    "unknown_prefix": lambda: prefixed("foo:bar"),
    "reserved_prefix": lambda: prefixed("origin:https://gateway.example"),
    "response_uri_elsewhere": lambda: asking(response_uri="https://attacker.example/x"),
    "invalid_signature": lambda: spoiled(asking()),
    "unknown_transaction_data": lambda: asking(
        transaction_data=[base64url.encode(b'{"type":"x","credential_ids":["identity"]}')]
    ),
    "required_credential_not_there": lambda: asking({**identity_query("name_ko"), "meta": {"vct_values": ["urn:eudi:pid:1"]}}),
}


@pytest.mark.parametrize("fault", NOT_ANSWERED)
def test_C79_requests_that_a_wallet_must_not_answer(scene: Scene, fault: str) -> None:
    """A wallet refuses what is not for it, not signed by who is named, or not to be met, visibly or by an error."""
    refused(scene, NOT_ANSWERED[fault]())


def test_C79_a_required_set_that_cannot_be_met(scene: Scene) -> None:
    """Nothing is sent when a part that is required is missing: access_denied, and no partial token."""
    other = {**identity_query("name_ko"), "id": "other", "meta": {"vct_values": ["urn:eudi:pid:1"]}}
    with pytest.raises(Declined) as declined:
        scene.holder.present(scene.serve(asking(identity_query("name_ko"), other)), everything)
    assert declined.value.code == "access_denied"
    assert scene.told() == {"error": "access_denied", "state": "s" * 43}


def test_C79_an_unknown_transaction_is_named(scene: Scene) -> None:
    """Data of a transaction that the wallet does not know is answered by invalid_transaction_data."""
    data = [base64url.encode(json.dumps({"type": "unknown", "credential_ids": ["identity"]}).encode())]
    scene.tells(scene.serve(asking(transaction_data=data)), "invalid_transaction_data", "unreadable_request")


def test_C79_refusal_and_absence_look_the_same(scene: Scene) -> None:
    """The verifier cannot tell a person who says no from a credential that is not there."""
    heard = []
    for vct, nonce in ((IDENTITY, "a" * 43), ("urn:eudi:pid:1", "b" * 43)):
        query = {**identity_query("name_ko"), "meta": {"vct_values": [vct]}}
        with pytest.raises(Declined):
            scene.holder.present(scene.serve(asking(query, nonce=nonce)), lambda _consent: Choice(False))
        heard.append(scene.told())
    assert heard[0] == heard[1] == {"error": "access_denied", "state": "s" * 43}


def test_C79_control_the_same_request_without_a_fault(scene: Scene) -> None:
    """The request that the faults above are made from is answered."""
    assert disclosed(answer(scene, asking())) == {"name_ko"}
