"""C69 and C70: what the verifier says to answers of a stranger's wallet, good, unusual and bad."""

from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sinwon.core import base64url
from sinwon.core.strict_json import dump
from sinwon.formats.jose.jws import sign_jws, sign_with_chain
from sinwon.formats.sdjwt.key_binding import sd_hash
from sinwon.formats.sdjwt.present import bind_key
from sinwon.keys.authority import Authority
from sinwon.keys.signer import CertifiedSigner
from sinwon.protocols.vp.description import FOREIGN, MDL_DOCTYPE, MDL_NAMESPACE, PID_DOCTYPE, PID_VCT, ResponseMode
from sinwon.store.gateway.presentations import Progress
from tests import world
from tests.conformance.test_presentation_request import MODES, WAYS
from tests.conformance.verifier_world import HAIP, RETURN_TO, Asked, VerifierWorld, answered, refused, verifier_world
from tests.foreign_wallet import ELEMENTS, HARNESS, PERSON, document_signer, pid_signer
from tests.gateway_world import parameters_of

YEAR = 365 * 86_400
PLAIN = msgspec.structs.replace(HAIP, response_mode=ResponseMode.DIRECT_POST)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[VerifierWorld]:
    with verifier_world(tmp_path) as made:
        yield made


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("way", WAYS)
def test_C69_a_good_answer_leads_back_with_a_code_and_its_claims(here: VerifierWorld, way: str, mode: str) -> None:
    """Every legal way to ask and to answer: 200 with the address and its fresh code, which opens a tree of the claims."""
    asked = here.ask(msgspec.structs.replace(WAYS[way], response_mode=MODES[mode]))
    answer = here.wallet().post(here.http, asked.request)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json().keys() == {"redirect_uri"}
    uri = answer.json()["redirect_uri"]
    assert uri.startswith(f"{RETURN_TO}?response_code=")
    code = parameters_of(uri)["response_code"]
    assert len(code) == 43
    assert asked.outcome().credentials is None
    assert asked.outcome("A" * 43).credentials is None
    shown = asked.outcome(code).credentials
    assert shown is not None
    (one,) = shown.values()
    assert (one.issuer, one.type, one.format) == (HARNESS, PID_VCT, "dc+sd-jwt")
    assert one.claims == {name: value for name, value in PERSON.items() if name != "address"}
    assert asked.outcome(code).credentials is None


@pytest.mark.parametrize(
    ("name", "doctype", "namespace"),
    [("pid-mdoc", PID_DOCTYPE, PID_DOCTYPE), ("mdl-mdoc", MDL_DOCTYPE, MDL_NAMESPACE)],
)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("way", WAYS)
def test_C69_the_same_with_an_mdoc(here: VerifierWorld, name: str, doctype: str, namespace: str, way: str, mode: str) -> None:
    """An mdoc of a signer that is trusted as it is, bound to every kind of request, with and without encryption."""
    description = msgspec.structs.replace(WAYS[way], query=FOREIGN[name], response_mode=MODES[mode])
    wallet = here.wallet(doctype=doctype, namespace=namespace)
    shown = answered(here.ask(description), wallet=wallet).credentials
    assert shown is not None
    (one,) = shown.values()
    birth = {"birth_date": "1963-08-12"}
    assert (one.issuer, one.type, one.format) == (HARNESS, doctype, "mso_mdoc")
    assert one.claims == {namespace: {"given_name": "Erika", "family_name": "Mustermann", **birth}}
    assert "issuing_country" in ELEMENTS


def test_C69_where_no_browser_waits_there_is_no_address(here: VerifierWorld) -> None:
    """Without an address to go back to the answer is an empty object, and whoever asked reads what was shown, once."""
    asked = here.ask(msgspec.structs.replace(HAIP, return_to=None))
    answer = here.wallet().post(here.http, asked.request)
    assert (answer.status_code, answer.json()) == (200, {})
    assert asked.outcome().credentials is not None
    assert asked.outcome().credentials is None


def test_C69_a_wallet_that_says_no_is_answered_alike(here: VerifierWorld) -> None:
    """A refusal is processed: 200 with the address and no code; whoever asked learns the reason."""
    asked = here.ask()
    body = f"error=access_denied&state={asked.request['state']}"
    kind = {"content-type": "application/x-www-form-urlencoded"}
    answer = here.http.post(f"/presentations/{asked.request['state']}/response", content=body, headers=kind)
    assert (answer.status_code, answer.json()) == (200, {"redirect_uri": RETURN_TO})
    outcome = asked.outcome()
    assert (outcome.progress, outcome.wallet_error) == (Progress.DECLINED, "access_denied")


def hand_made(here: VerifierWorld, by: Any = None, **payload: Any) -> str:
    """With decoys, disclosures inside disclosures and in arrays, as no tool of ours makes them."""
    texts: list[str] = []

    def hidden(*members: Any) -> str:
        texts.append(base64url.encode(dump([base64url.encode(world.SeededRandomness(len(texts))(16)), *members])))
        return base64url.encode(sha256(texts[-1].encode()).digest())

    decoys = [base64url.encode(sha256(bytes([at])).digest()) for at in range(3)]
    place = {"country": "DE", "_sd": [hidden("locality", "Berlin"), decoys[2]]}
    nationalities = [{"...": hidden("DE")}, {"...": decoys[1]}, {"...": hidden("FR")}]
    digests = [
        hidden("given_name", "Erika"),
        decoys[0],
        hidden("family_name", "Mustermann"),
        hidden("birthdate", "1963-08-12"),
        hidden("place_of_birth", place),
        hidden("nationalities", nationalities),
    ]
    now, jwk = here.world.clock(), here.wallet().holder.public_jwk
    cnf = {"jwk": {name: jwk[name] for name in ("kty", "crv", "x", "y")}}
    claims = {
        "iss": HARNESS,
        "vct": PID_VCT,
        "iat": now,
        "exp": now + 14 * 86_400,
        "cnf": cnf,
        "_sd_alg": "sha-256",
        "_sd": digests,
    }
    token = sign_with_chain("dc+sd-jwt", {**claims, **payload}, by or pid_signer())
    return "~".join([token, *texts, ""])


def bound(asked: Asked, shown: str) -> str:
    request, wallet = asked.request, asked.here.wallet()
    values = {"audience": request["client_id"], "nonce": request["nonce"], "now": wallet.clock(), "signer": wallet.holder}
    return bind_key(shown, **values)


@pytest.mark.parametrize("description", [HAIP, PLAIN], ids=lambda one: one.response_mode.value)
def test_C70_decoys_nesting_and_arrays_are_nothing_unusual(here: VerifierWorld, description: Any) -> None:
    """A key with four members, decoys, disclosures in objects and arrays, apu, apv and cty: all of it is accepted."""
    asked = here.ask(description)
    shown = answered(asked, bound(asked, hand_made(here))).credentials
    assert shown is not None
    (one,) = shown.values()
    assert one.claims == {name: value for name, value in PERSON.items() if name != "address"}


Spoil = Callable[[Asked], str]


def by_hand(**changes: Any) -> Spoil:
    """A key binding of which one thing is wrong."""

    def made(asked: Asked) -> str:
        wallet, request = asked.here.wallet(), asked.request
        shown, now = wallet.shown(request), wallet.clock()
        claims = {"iat": now, "aud": request["client_id"], "nonce": request["nonce"], "sd_hash": sd_hash(shown)}
        later = {"iat": now + changes["later"]} if "later" in changes else changes
        signer = world.key("a thief") if changes.get("thief") else wallet.holder
        return shown + sign_jws({"typ": "kb+jwt"}, {**claims, **{k: v for k, v in later.items() if k != "thief"}}, signer)

    return made


def other_signature(asked: Asked) -> str:
    shown = asked.here.wallet(by=pid_signer("nobody's key")).shown(asked.request)
    head, payload, _ = asked.here.wallet().shown(asked.request).partition("~")[0].split(".")
    signature = shown.partition("~")[0].rpartition(".")[2]
    rest = asked.here.wallet().shown(asked.request).partition("~")[2]
    return bound(asked, f"{head}.{payload}.{signature}~{rest}")


def without_given_name(sd_jwt: str) -> str:
    parts = sd_jwt.split("~")
    return "~".join(part for part in parts if part == parts[0] or b"given_name" not in base64url.decode(part))


BAD: dict[str, tuple[Spoil, str]] = {
    "key binding by another key": (by_hand(thief=True), "holder"),
    "key binding over other disclosures": (by_hand(sd_hash=sd_hash("another~")), "holder"),
    "nonce of another transaction": (by_hand(nonce="n" * 43), "holder"),
    "audience is another verifier": (by_hand(aud="x509_hash:" + "A" * 43), "holder"),
    "audience without prefix": (by_hand(aud="gateway.example"), "holder"),
    "made a year ago": (by_hand(later=-YEAR), "holder"),
    "made in a year": (by_hand(later=YEAR), "holder"),
    "no key binding": (lambda asked: asked.here.wallet().shown(asked.request), "holder"),
    "issuer's signature is another's": (other_signature, "issuer"),
    "an issuer nobody trusts": (
        lambda asked: bound(asked, hand_made(asked.here, by=world.issuer_signer())),
        "issuer",
    ),
    "another issuer named": (lambda asked: bound(asked, hand_made(asked.here, iss="https://other.example")), "issuer"),
    "another type": (lambda asked: bound(asked, hand_made(asked.here, vct="urn:eudi:pid:2")), "issuer"),
    "expired": (lambda asked: bound(asked, hand_made(asked.here, exp=asked.here.world.clock())), "issuer"),
    "a status that is none": (lambda asked: bound(asked, hand_made(asked.here, status={})), "issuer"),
    "a claim is missing": (lambda asked: bound(asked, without_given_name(hand_made(asked.here))), "query"),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("fault", BAD)
def test_C70_bad_answers_are_refused_at_once(here: VerifierWorld, fault: str, mode: str) -> None:
    """400 for every presentation in which one thing is wrong; the question stays open for an honest one."""
    spoil, step = BAD[fault]
    asked = here.ask(msgspec.structs.replace(HAIP, response_mode=MODES[mode]))
    refused(asked, spoil(asked), step)


MDOC = msgspec.structs.replace(HAIP, query=FOREIGN["pid-mdoc"])
SESSIONS: dict[str, dict[str, Any]] = {
    "another nonce": {"nonce": "n" * 43},
    "another client": {"client_id": "x509_san_dns:gateway.example"},
    "another address": {"response_uri": "https://gateway.example/elsewhere"},
    "no key though there is one": {"thumbprint": None},
}


@pytest.mark.parametrize("fault", SESSIONS)
def test_C70_an_mdoc_for_another_session_is_refused(here: VerifierWorld, fault: str) -> None:
    """The device signs over our nonce, client identifier, address and key, and over no other."""
    asked = here.ask(MDOC)
    refused(asked, here.wallet().mdoc(asked.request, **SESSIONS[fault]), "holder")


def test_C70_only_this_exact_document_signer_is_trusted_as_it_is(here: VerifierWorld) -> None:
    """Another self-signed certificate of the same name is refused, and so is one that the exact one has signed."""
    asked = here.ask(MDOC)
    refused(asked, here.wallet(documents=document_signer("another")).mdoc(asked.request), "issuer")
    exact, key = document_signer(), world.key("certified by the exact one")
    root = Authority(world.key("harness documents"), exact.chain[0])
    now, random = world.NOW - 86_400, world.SeededRandomness(35)
    leaf = root.certify(key, "below", HARNESS, now=now, random=random, uses=world.document_uses())
    asked = here.ask(MDOC)
    refused(asked, here.wallet(documents=CertifiedSigner(key, (leaf,))).mdoc(asked.request), "issuer")


def test_C70_a_status_is_demanded_where_the_anchor_demands_it(here: VerifierWorld) -> None:
    """Credentials without status pass under an anchor whose policy lets them, and under no other."""
    here.trust(status=True)
    asked = here.ask()
    assert here.wallet().post(here.http, asked.request).status_code == 400
    here.trust()
    answered(asked)


def test_C70_in_the_clear_only_where_that_was_asked_for(here: VerifierWorld) -> None:
    """Neither a plain answer to a request for an encrypted one, nor the reverse."""
    sealed, plain = here.ask(), here.ask(PLAIN)
    body = here.wallet().body({**sealed.request, "response_mode": "direct_post"}, here.wallet().presentation(sealed.request))
    kind = {"content-type": "application/x-www-form-urlencoded"}
    answer = here.http.post(f"/presentations/{sealed.request['state']}/response", content=body, headers=kind)
    assert (answer.status_code, sealed.outcome().failed_step) == (400, "envelope")
    answered(sealed)
    answered(plain)
