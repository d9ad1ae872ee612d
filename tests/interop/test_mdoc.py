"""@owf/mdoc: it verifies what we issue and present (issuer, digests, validity, the device's signature over the transcript of
OpenID4VP), and we verify what it does.

It writes elements again before it digests them, knows no status, and does not compare the docType of a document with the signed
one. Its MACs are broken in 0.6 and not asked for.
"""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sinwon.core import base64url
from sinwon.core.cbor import DateTime, FullDate
from sinwon.core.refusal import Refusal
from sinwon.formats.mdoc.device_response import parse_device_response
from sinwon.formats.mdoc.issue import issue_mdoc, prepare_mdoc
from sinwon.formats.mdoc.issuer_signed import parse_issuer_signed
from sinwon.formats.mdoc.present import present
from sinwon.formats.mdoc.session_transcript import dc_api_transcript, redirect_transcript
from sinwon.formats.mdoc.verify import VerifiedMdoc, verify_issuer_signed, verify_mdoc
from sinwon.keys.jwk import parse_public_jwk
from sinwon.protocols.attestation.key_assurance import KEY_INFO, TWO_FACTORS
from tests.interop.oracle import Oracle, OracleRefusal
from tests.interop.shapes import flipped, private_jwk
from tests.unit.formats.mdoc.forge import CLAIMS, DOCTYPE, HOLDER, SHOWN, VALIDITY, anchors, issued, presented, signer
from tests.world import NOW, SeededRandomness, authority, key

THUMBPRINT = base64url.encode(bytes(range(32)))
REDIRECT = {
    "clientId": "x509_hash:abc",
    "nonce": "nonce",
    "responseUri": "https://gateway.example/r",
    "thumbprint": THUMBPRINT,
}
"""The session of forge.TRANSCRIPT, in their words."""
BROWSER = {"origin": "https://site.example", "nonce": "nonce", "thumbprint": THUMBPRINT}
ROOTS = [base64url.encode(authority("issuing authority").certificate)]


def notation(value: Any) -> Any:
    """Values of CBOR as the oracles' JSON has them."""
    if isinstance(value, bytes):
        return {"bytes": base64url.encode(value)}
    if isinstance(value, FullDate):
        return {"date": value.text}
    if isinstance(value, DateTime):
        return {"moment": value.text}
    if isinstance(value, Mapping):
        return {name: notation(member) for name, member in value.items()}
    return [notation(element) for element in value] if isinstance(value, list) else value


def text_of(value: Any) -> Any:
    """The same as our verifier gives it: dates and times as text."""
    if isinstance(value, FullDate | DateTime):
        return value.text
    return {name: text_of(member) for name, member in value.items()} if isinstance(value, Mapping) else value


def they_verify(node: Oracle, response: bytes, session: Mapping[str, str] | None = None, **changed: Any) -> Any:
    known = {"roots": ROOTS, "now": NOW, **changed}
    return node.ask("mdoc.verify", response=base64url.encode(response), session=session or REDIRECT, **known)


def they_issue(node: Oracle, claims: Mapping[str, Mapping[str, object]] = CLAIMS) -> bytes:
    text = node.ask(
        "mdoc.issue",
        doctype=DOCTYPE,
        claims=notation(claims),
        key=private_jwk(key("document signer")),
        certificate=base64url.encode(signer().chain[0]),
        device=dict(HOLDER.public_jwk),
        validity=[VALIDITY.signed, VALIDITY.valid_from, VALIDITY.valid_until],
    )
    return base64url.decode(text)


def they_present(node: Oracle, issuer_signed: bytes, session: Mapping[str, str] = REDIRECT) -> bytes:
    shown: dict[str, list[str]] = {}
    for namespace, element in SHOWN:
        shown.setdefault(namespace, []).append(element)
    text = node.ask(
        "mdoc.present",
        issuerSigned=base64url.encode(issuer_signed),
        doctype=DOCTYPE,
        shown=shown,
        key=private_jwk(HOLDER),
        session=session,
    )
    return base64url.decode(text)


def we_verify(response: bytes, session: Mapping[str, str] = REDIRECT) -> VerifiedMdoc:
    document = parse_device_response(response).document(DOCTYPE)
    return verify_mdoc(document, anchors=anchors(), doctype=DOCTYPE, transcript=transcript(session), now=NOW)


def transcript(session: Mapping[str, str]) -> bytes:
    thumbprint = base64url.decode(session["thumbprint"]) if "thumbprint" in session else None
    if "origin" in session:
        return dc_api_transcript(origin=session["origin"], nonce=session["nonce"], thumbprint=thumbprint)
    return redirect_transcript(
        client_id=session["clientId"], nonce=session["nonce"], thumbprint=thumbprint, response_uri=session["responseUri"]
    )


def shown_of(claims: Mapping[str, Mapping[str, object]]) -> dict[str, dict[str, object]]:
    return {
        namespace: {name: value for name, value in elements.items() if (namespace, name) in SHOWN}
        for namespace, elements in claims.items()
    }


SESSIONS = {
    "redirect": REDIRECT,
    "redirect_in_the_clear": {name: value for name, value in REDIRECT.items() if name != "thumbprint"},
    "browser": BROWSER,
    "browser_in_the_clear": {name: value for name, value in BROWSER.items() if name != "thumbprint"},
}


@pytest.mark.parametrize("name", SESSIONS)
def test_one_transcript(node: Oracle, name: str) -> None:
    assert base64url.decode(node.ask("mdoc.transcribe", session=SESSIONS[name])) == transcript(SESSIONS[name])


def test_they_read_what_we_issue(node: Oracle) -> None:
    said = node.ask("mdoc.verifyIssued", issuerSigned=base64url.encode(issued()), roots=ROOTS, now=NOW)
    assert said == notation(CLAIMS)


@pytest.mark.parametrize("name", SESSIONS)
def test_they_verify_what_we_present(node: Oracle, name: str) -> None:
    response = present(parse_issuer_signed(issued()), SHOWN, transcript=transcript(SESSIONS[name]), signer=HOLDER)
    assert they_verify(node, response, SESSIONS[name]) == [{"doctype": DOCTYPE, "claims": notation(shown_of(CLAIMS))}]


def test_they_read_and_verify_copies_that_say_something_of_their_key(node: Oracle) -> None:
    copy = issue_mdoc(
        prepare_mdoc(DOCTYPE, CLAIMS, key_info={KEY_INFO: TWO_FACTORS.claim}),
        holder=parse_public_jwk(HOLDER.public_jwk),
        validity=VALIDITY,
        status=None,
        by=signer(),
        random=SeededRandomness(3),
    )
    assert b"pin-and-passkey" in copy
    said = node.ask("mdoc.verifyIssued", issuerSigned=base64url.encode(copy), roots=ROOTS, now=NOW)
    assert said == notation(CLAIMS)
    response = present(parse_issuer_signed(copy), SHOWN, transcript=transcript(REDIRECT), signer=HOLDER)
    assert they_verify(node, response) == [{"doctype": DOCTYPE, "claims": notation(shown_of(CLAIMS))}]


def test_they_notice_what_is_not_ours(node: Oracle) -> None:
    response = presented()
    with pytest.raises(OracleRefusal, match="Device signature"):
        they_verify(node, response, {**REDIRECT, "nonce": "another"})
    with pytest.raises(OracleRefusal, match="issued by nobody trusted"):
        they_verify(node, response, roots=[base64url.encode(authority("access authority").certificate)])
    for now in (VALIDITY.valid_from - 120, VALIDITY.valid_until + 120):
        with pytest.raises(OracleRefusal, match="valid at the time"):
            they_verify(node, response, now=now)
    stranger = present(parse_issuer_signed(issued()), SHOWN, transcript=transcript(REDIRECT), signer=key("stranger"))
    with pytest.raises(OracleRefusal, match="Device signature"):
        they_verify(node, stranger)


def test_we_read_what_they_issue(node: Oracle) -> None:
    verified = verify_issuer_signed(parse_issuer_signed(they_issue(node)), anchors=anchors(), doctype=DOCTYPE, now=NOW)
    assert verified.claims == text_of(CLAIMS)
    assert verified.holder_key == parse_public_jwk(HOLDER.public_jwk)
    assert verified.expires_at == VALIDITY.valid_until


@pytest.mark.parametrize("name", SESSIONS)
def test_we_verify_what_they_issue_and_present(node: Oracle, name: str) -> None:
    verified = we_verify(they_present(node, they_issue(node), SESSIONS[name]), SESSIONS[name])
    assert verified.claims == text_of(shown_of(CLAIMS))


def test_either_presents_what_the_other_issued(node: Oracle) -> None:
    assert we_verify(they_present(node, issued())).claims == text_of(shown_of(CLAIMS))
    ours = present(parse_issuer_signed(they_issue(node)), SHOWN, transcript=transcript(REDIRECT), signer=HOLDER)
    assert they_verify(node, ours)[0]["claims"] == notation(shown_of(CLAIMS))


PLACES = ("element", "random", "digest", "device_key", "issuer_signature", "device_signature")


def place(response: bytes, name: str) -> int:
    """Where in a response the byte `name` stands for is."""
    document = parse_device_response(response).document(DOCTYPE)
    item = document.issuer_signed.namespaces[DOCTYPE][0]
    known = {
        "element": "홍길동".encode(),
        "random": item.encoded.value["random"],
        "digest": document.issuer_signed.mso.digests[DOCTYPE][item.digest_id],
        "device_key": parse_public_jwk(HOLDER.public_jwk).point[:32],
        "issuer_signature": document.issuer_signed.auth.proof,
        "device_signature": document.device_auth.proof,
    }
    assert response.count(known[name]) == 1
    return response.index(known[name]) + 3


@pytest.mark.parametrize("name", PLACES)
def test_one_byte_of_ours_and_they_refuse(node: Oracle, name: str) -> None:
    response = presented()
    they_verify(node, response)
    with pytest.raises(OracleRefusal):
        they_verify(node, flipped(response, place(response, name)))


@pytest.mark.parametrize("name", PLACES)
def test_one_byte_of_theirs_and_we_refuse(node: Oracle, name: str) -> None:
    response = they_present(node, they_issue(node))
    we_verify(response)
    with pytest.raises(Refusal):
        we_verify(flipped(response, place(response, name)))


@settings(max_examples=40, deadline=None)
@given(
    elements=st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12),
        st.recursive(
            st.booleans() | st.integers(-(2**31), 2**31) | st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=5), inner, max_size=3),
            max_leaves=6,
        ),
        min_size=1,
        max_size=6,
    )
)
def test_every_element_reads_the_same(node: Oracle, elements: dict[str, Any]) -> None:
    copy = issue_mdoc(
        prepare_mdoc(DOCTYPE, {"space": elements}),
        holder=parse_public_jwk(HOLDER.public_jwk),
        validity=VALIDITY,
        status=None,
        by=signer(),
        random=SeededRandomness(3),
    )
    said = node.ask("mdoc.verifyIssued", issuerSigned=base64url.encode(copy), roots=ROOTS, now=NOW)
    assert said == {"space": notation(elements)}
