# ruff: noqa: ARG005 (the spoilers of one table share one signature)
"""The wallet and mdocs: what it does not store (I34), and what it does not answer (P16–P19), in this format."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sinwon.core import base64url
from sinwon.core.cbor import Encoded, date_time, dump_cbor, encode, parse_cbor
from sinwon.core.clock import DAY
from sinwon.core.fetch import Answer
from sinwon.core.refusal import Refusal
from sinwon.formats.cose.key import cose_key
from sinwon.formats.cose.sign1 import sign1
from sinwon.formats.mdoc.device_response import parse_device_response
from sinwon.formats.mdoc.issuer_signed import parse_issuer_signed
from sinwon.formats.mdoc.present import present
from sinwon.formats.mdoc.session_transcript import redirect_transcript
from sinwon.formats.mdoc.verify import VerifiedMdoc, verify_mdoc
from sinwon.holder.present import Choice, everything
from sinwon.keys.jwk import parse_public_jwk
from sinwon.keys.signer import CertifiedSigner
from sinwon.protocols.credential_types import AGE_TYPE, IDENTITY_TYPE, LINKAGE_TYPE
from sinwon.protocols.vci.configurations import IDENTITY_MDOC
from tests import world
from tests.forged_request import RESPONSE_KEY, RESPONSE_URI, Forged, Scene, Scenes, forged, scenes
from tests.gateway_world import parameters_of
from tests.network import with_body
from tests.wallet_world import WalletWorld, wallet_world

DOCTYPE, LINKAGE = IDENTITY_TYPE.doctype, LINKAGE_TYPE.doctype
NOW = world.NOW
LIMIT = 1 << 20
Mso = dict[str, Any]
Tamper = Callable[[Answer], Answer]


@pytest.fixture
def here(tmp_path: Path) -> Iterator[WalletWorld]:
    with wallet_world(tmp_path) as made:
        made.issuing = made.issuing.with_settings(configurations=(IDENTITY_MDOC,))
        yield made


# --- I34: what was not asked for is not stored ---


def each(change: Callable[[str], str]) -> Tamper:
    """Every credential of the answer changed."""

    def tamper(answer: Answer) -> Answer:
        message = json.loads(answer.body)
        for item in message["credentials"]:
            item["credential"] = change(item["credential"])
        return with_body(answer, json.dumps(message).encode())

    return tamper


def reissued(
    mso: Callable[[Mso], object] = lambda mso: None,
    items: Callable[[list[Encoded]], object] = lambda items: None,
    by: CertifiedSigner | None = None,
) -> Tamper:
    """Signed again with one change."""
    signer = by or world.document_signer()

    def change(text: str) -> str:
        whole = parse_cbor(base64url.decode(text), limit=LIMIT)
        said = parse_cbor(whole["issuerAuth"][2], limit=LIMIT).value
        mso(said)
        items(whole["nameSpaces"][DOCTYPE])
        whole["issuerAuth"] = sign1(dump_cbor(encode(said)), by=signer.signer, unprotected={33: signer.chain[0]})
        return base64url.encode(dump_cbor(whole))

    return each(change)


def presentation(text: str) -> str:
    issuer_signed = parse_issuer_signed(base64url.decode(text))
    shown = [(DOCTYPE, "name_ko")]
    return base64url.encode(present(issuer_signed, shown, transcript=dump_cbor([None, None, None]), signer=world.key("x")))


def twice(answer: Answer) -> Answer:
    message = json.loads(answer.body)
    return with_body(answer, json.dumps({**message, "credentials": message["credentials"] * 2}).encode())


def certified(uri: str, authority: str = "issuing authority") -> CertifiedSigner:
    return world.certified(authority, "other documents", uri, world.document_uses())


def times(**changed: int) -> Callable[[Mso], object]:
    return lambda mso: mso["validityInfo"].update({name: date_time(value) for name, value in changed.items()})


I34: dict[str, Tamper] = {
    "another_type": reissued(lambda mso: mso.update(docType=LINKAGE)),
    "an_unknown_type": reissued(lambda mso: mso.update(docType="org.iso.18013.5.1.mDL")),
    "another_key": reissued(
        lambda mso: mso["deviceKeyInfo"].update(deviceKey=cose_key(parse_public_jwk(world.key("attacker").public_jwk)))
    ),
    "no_key": reissued(lambda mso: mso.pop("deviceKeyInfo")),
    "another_issuer": reissued(by=certified("https://attacker.example")),
    "signed_by_another": reissued(by=certified(world.ISSUER, "status authority")),
    "signed_by_the_key_of_the_other_format": reissued(by=world.issuer_signer()),
    "altered": reissued(items=lambda items: items.__setitem__(0, encode({**items[0].value, "elementValue": "x"}))),
    "digests_missing": reissued(lambda mso: mso["valueDigests"].clear()),
    "expired": reissued(times(signed=NOW - 2 * DAY, validFrom=NOW - 2 * DAY, validUntil=NOW - 1)),
    "over_this_second": reissued(times(validUntil=NOW)),
    "not_yet": reissued(times(validFrom=NOW + DAY)),
    "longer_than_its_signer": reissued(times(validUntil=NOW + 500 * DAY)),
    "no_status": reissued(lambda mso: mso.pop("status")),
    "another_version": reissued(lambda mso: mso.update(version="2.0")),
    "a_presentation": each(presentation),
    "one_key_twice": twice,
    "none": lambda answer: with_body(answer, b'{"credentials": []}'),
    "padded": each(lambda text: text + "="),
    "not_a_credential": each(lambda text: "x"),
    "the_other_format": each(lambda text: "e30.e30.e30~"),
}


@pytest.mark.parametrize("fault", I34)
def test_I34_an_mdoc_that_was_not_asked_for_is_not_stored(here: WalletWorld, fault: str) -> None:
    here.network.tampering["/credential"] = I34[fault]
    with pytest.raises(Refusal):
        here.receive(copies=2)
    assert not here.holder.copies.unused()
    if fault != "none":
        assert here.network.log[-1].endswith("/notification")
        assert json.loads(here.network.bodies[-1])["event"] == "credential_failure"


def test_I34_control_an_mdoc_reissued_without_fault_is_stored(here: WalletWorld) -> None:
    here.network.tampering["/credential"] = reissued()
    here.receive(copies=2)
    assert here.holder.left() == {DOCTYPE: 2}
    assert json.loads(here.network.bodies[-1])["event"] == "credential_accepted"


# --- P16–P19: what is asked of documents ---


@pytest.fixture(scope="module")
def received(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scenes]:
    with scenes(tmp_path_factory.mktemp("roles")) as made:
        yield made


@pytest.fixture
def scene(received: Scenes) -> Scene:
    return received.fresh()


def mdoc_query(*elements: str, doctype: str = DOCTYPE, name: str = "doc", **more: Any) -> dict[str, Any]:
    claims = [{"id": f"c{number}", "path": [doctype, element]} for number, element in enumerate(elements)]
    return {"id": name, "format": "mso_mdoc", "meta": {"doctype_value": doctype}, "claims": claims, **more}


FORMATS = {
    "dc+sd-jwt": {"sd-jwt_alg_values": ["ES256"], "kb-jwt_alg_values": ["ES256"]},
    "mso_mdoc": {"issuerauth_alg_values": [-7], "deviceauth_alg_values": [-7]},
}
NAME = mdoc_query("person_id", "name_ko", "birth_date")


def asking(*queries: dict[str, Any], service: str = "gov24", formats: object = None, **more: Any) -> Forged:
    request = forged(service)
    request.claims["dcql_query"] = {"credentials": list(queries), **more}
    request.claims["client_metadata"]["vp_formats_supported"] = FORMATS if formats is None else formats
    return request


def transcript(request: Forged) -> bytes:
    key = parse_public_jwk(RESPONSE_KEY.public_jwk)
    nonce = request.claims["nonce"]
    return redirect_transcript(client_id=request.client_id, nonce=nonce, thumbprint=key.thumbprint, response_uri=RESPONSE_URI)


def shown(scene: Scene, request: Forged, name: str = "doc", doctype: str = DOCTYPE) -> VerifiedMdoc:
    """What the verifier got for that query, if it is bound to its own request."""
    (text,) = scene.told()["vp_token"][name]
    document = parse_device_response(base64url.decode(text)).document(doctype)
    return verify_mdoc(document, anchors=world.trust_anchors(), doctype=doctype, transcript=transcript(request), now=NOW)


def control(scene: Scene, request: Forged) -> dict[str, Any]:
    scene.holder.present(scene.serve(request), everything)
    return dict(shown(scene, request).claims[DOCTYPE])


def with_paths(*paths: list[object]) -> dict[str, Any]:
    return {**NAME, "claims": [{"path": path} for path in paths]}


P16: dict[str, dict[str, Any]] = {
    "path_of_one": with_paths(["birth_date"]),
    "path_of_three": with_paths([DOCTYPE, "evidence", "kind"]),
    "position_as_element": with_paths([DOCTYPE, 0]),
    "every_element": with_paths([DOCTYPE, None]),
    "no_doctype": {**NAME, "meta": {}},
    "vct_instead": {**NAME, "meta": {"vct_values": ["urn:sinwon:overseas-national:1"]}},
    "an_element_twice": with_paths([DOCTYPE, "name_ko"], [DOCTYPE, "name_ko"]),
    "retain_as_text": {**NAME, "claims": [{"path": [DOCTYPE, "name_ko"], "intent_to_retain": "yes"}]},
}


@pytest.mark.parametrize("fault", P16)
def test_P16_queries_for_documents_out_of_shape(scene: Scene, fault: str) -> None:
    scene.tells(scene.serve(asking(P16[fault])), "invalid_request", "unreadable_request")


def test_P16_control_a_query_for_a_document(scene: Scene) -> None:
    query = {**NAME, "claims": [{**claim, "intent_to_retain": True} for claim in NAME["claims"]]}
    claims = control(scene, asking(query))
    assert claims.keys() == {"person_id", "name_ko", "birth_date"}
    assert claims["birth_date"] == "1990-01-01"


@pytest.mark.parametrize("fault", ["only_the_other_format", "other_algorithms", "other_device_algorithms", "truth_as_number"])
def test_P16_a_verifier_that_takes_no_document_of_ours_is_told(scene: Scene, fault: str) -> None:
    formats = {
        "only_the_other_format": {"dc+sd-jwt": {}},
        "other_algorithms": {"mso_mdoc": {"issuerauth_alg_values": [-35]}},
        "other_device_algorithms": {"mso_mdoc": {"deviceauth_alg_values": [5, -8]}},
        "truth_as_number": {"mso_mdoc": {"issuerauth_alg_values": [True]}},
    }[fault]
    scene.tells(scene.serve(asking(NAME, formats=formats)), "vp_formats_not_supported", "unreadable_request")


@pytest.mark.parametrize("formats", [{"mso_mdoc": {}}, {"mso_mdoc": {"issuerauth_alg_values": [-9, -35]}}])
def test_P16_control_a_verifier_that_takes_documents(scene: Scene, formats: object) -> None:
    control(scene, asking(NAME, formats=formats))


def test_P17_probing_documents_by_value_learns_nothing(scene: Scene) -> None:
    heard = []
    for year in ("1970", "1990"):
        claims = [{"path": [DOCTYPE, "birth_date"], "values": [f"{year}-01-01"]}]
        with pytest.raises(Refusal) as refusal:
            scene.holder.present(scene.serve(asking({**NAME, "claims": claims})), lambda _consent: Choice(False))
        heard.append((refusal.value.code, scene.told()))
    assert heard[0] == heard[1]
    assert heard[0][0] == "access_denied"


def test_P17_control_a_right_guess_that_the_person_allows(scene: Scene) -> None:
    claims = [{"path": [DOCTYPE, "birth_date"], "values": ["1990-01-01"]}]
    assert control(scene, asking({**NAME, "claims": claims})) == {"birth_date": "1990-01-01"}


def test_P18_no_partial_answer_of_documents(scene: Scene) -> None:
    other = mdoc_query(doctype="org.iso.18013.5.1.mDL", name="licence")
    del other["claims"]
    scene.tells(scene.serve(asking(NAME, other)), "access_denied", "no_certificate")


def test_P18_control_an_optional_document_that_is_not_there_is_left_out(scene: Scene) -> None:
    other = mdoc_query(doctype="org.iso.18013.5.1.mDL", name="licence")
    del other["claims"]
    sets = [{"options": [["doc"]]}, {"options": [["licence"]], "required": False}]
    control(scene, asking(NAME, other, credential_sets=sets))
    assert scene.told()["vp_token"].keys() == {"doc"}


P19: dict[str, dict[str, Any]] = {
    "portrait": mdoc_query("name_ko", "portrait"),
    "passport_number": mdoc_query("passport_number"),
    "how_it_was_proven": mdoc_query("evidence"),
    "an_unknown_element": mdoc_query("name_ko", "shoe_size"),
    "another_namespace": {**NAME, "claims": [{"path": ["org.iso.18013.5.1", "family_name"]}]},
    "a_json_name": mdoc_query("birthdate"),
    "an_unknown_document": mdoc_query("family_name", doctype="org.iso.18013.5.1.mDL"),
    "resident_number": mdoc_query("rrn", doctype=LINKAGE),
    "beside_an_allowed_one": mdoc_query("name_ko", "sex", claim_sets=[["c0", "c1"], ["c0"]]),
}


@pytest.mark.parametrize("what", P19)
def test_P19_documents_beyond_the_registration_are_refused(scene: Scene, what: str) -> None:
    scene.tells(scene.serve(asking(P19[what], service="oka365")), "access_denied", "over_asking")


def test_P19_who_it_is_cannot_be_asked_for_a_purpose_without_a_name(scene: Scene) -> None:
    age = mdoc_query("age_over_19", "person_id")
    scene.tells(scene.serve(asking(age, service="shop")), "access_denied", "over_asking")


def test_P19_control_a_purpose_without_a_name(scene: Scene) -> None:
    request = asking(mdoc_query("age_over_19", doctype=AGE_TYPE.doctype), service="shop")
    scene.holder.present(scene.serve(request), everything)
    assert shown(scene, request, doctype=AGE_TYPE.doctype).claims == {AGE_TYPE.doctype: {"age_over_19": True}}
    assert scene.holder.left()[AGE_TYPE.doctype] == 1


def test_P19_control_elements_within_the_registration(scene: Scene) -> None:
    claims = control(scene, asking(mdoc_query("name_ko", "birth_date", "email", "phone_number"), service="oka365"))
    assert claims["email"] == "hong@mail.example"


def test_P19_control_a_document_and_the_other_format_beside_it(received: Scenes) -> None:
    scene = received.fresh(strong=True)
    claims = [{"path": ["linkage", "rrn"]}]
    linkage = {"id": "l", "format": "dc+sd-jwt", "meta": {"vct_values": [LINKAGE_TYPE.vct]}, "claims": claims}
    ask = scene.holder.read_request(scene.serve(asking(mdoc_query("person_id", "name_ko"), linkage)))
    assert {claim.name: claim.value for claim in ask.consent.claims} == {"name_ko": "홍길동", "linkage.rrn": "9001019019902"}
    sent = scene.holder.send(ask, everything(ask.consent))
    assert sent.claims == ("linkage.rrn", "name_ko", "person_id")
    assert scene.told()["vp_token"].keys() == {"doc", "l"}
    assert (scene.holder.left()[DOCTYPE], scene.holder.left()[LINKAGE_TYPE.vct]) == (3, 1)


def test_a_document_is_shown_once_and_its_key_signs_once(scene: Scene) -> None:
    keys = set()
    for number in range(2):
        request = asking(NAME)
        request.claims["nonce"] = f"{number}" * 43
        scene.holder.present(scene.serve(request), everything)
        keys.add(shown(scene, request).holder_key.point)
    assert len(keys) == 2
    assert scene.holder.left()[DOCTYPE] == 0
    assert parameters_of("https://x/?" + scene.here.network.bodies[-1].decode()).keys() == {"response"}
