"""@sd-jwt/core and @sd-jwt/sd-jwt-vc: they verify what we issue and present, with the same claims; we verify what they do.

They know neither audience nor the age of a key binding, and find the issuer's key where their caller says. They lose a hidden
member whose name is empty, which RFC 9901 allows.
"""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sinwon.core.refusal import Refusal
from sinwon.formats.sdjwt.disclosures import process
from sinwon.formats.sdjwt.hide import Hide
from sinwon.formats.sdjwt.issue import issue_sd_jwt, prepare, prepare_hidden
from sinwon.formats.sdjwt.key_binding import check_key_binding
from sinwon.formats.sdjwt.parse import parse_sd_jwt
from sinwon.formats.sdjwt.present import bind_key, select
from sinwon.formats.sdjwt.vc import VerifiedSdJwtVc, verify_sd_jwt_vc
from sinwon.formats.status.encode import deflate, pack
from sinwon.formats.status.token_jwt import sign_status_list
from sinwon.keys.jwk import certificate_text, parse_public_jwk
from tests.interop.oracle import Oracle, OracleRefusal
from tests.interop.shapes import PARTS, flipped_in, flipped_jwt, private_jwk
from tests.unit.formats.sdjwt.forge import AUDIENCE, HIDDEN, HOLDER, NONCE, STATUS, issued, presented, visible
from tests.unit.formats.sdjwt.test_properties import TEMPLATES
from tests.world import NOW, SeededRandomness, issuer_signer, key, status_signer, trust_anchors

TEMPLATE: dict[str, Any] = {
    "name_ko": Hide("남궁옥분"),
    "address": {"country": "PE", "city": Hide("리마"), "lines": [Hide("Av. Ñ 1"), "2"]},
    "nationalities": [Hide("KR"), Hide("PE")],
    "degrees": Hide([Hide({"kind": Hide("B.A."), "year": 1990}), {"kind": "M.A."}]),
}
CLAIMS: dict[str, Any] = {
    "name_ko": "남궁옥분",
    "address": {"country": "PE", "city": "리마", "lines": ["Av. Ñ 1", "2"]},
    "nationalities": ["KR", "PE"],
    "degrees": [{"kind": "B.A.", "year": 1990}, {"kind": "M.A."}],
}
FRAME = {
    "_sd": ["name_ko", "degrees"],
    "address": {"_sd": ["city"], "lines": {"_sd": [0]}},
    "nationalities": {"_sd": [0, 1]},
    "degrees": {"_sd": [0], "0": {"_sd": ["kind"]}},
}
"""The same template, as they write it."""


def status_list(value: int = 0) -> str:
    packed = pack({STATUS.index: value}, size=1024, bits=2)
    return sign_status_list(
        deflate(packed), bits=2, uri=STATUS.uri, now=NOW, lifetime=3600, ttl=300, by=status_signer()
    ).decode()


def they_verify(node: Oracle, presentation: str, **changed: Any) -> Any:
    known = {"key": dict(issuer_signer().signer.public_jwk), "now": NOW, "list": status_list(), **changed}
    return node.ask("sdjwt.verify", presentation=presentation, listKey=dict(status_signer().signer.public_jwk), **known)


def we_verify(presentation: str) -> VerifiedSdJwtVc:
    parsed = parse_sd_jwt(presentation)
    verified = verify_sd_jwt_vc(parsed, anchors=trust_anchors(), now=NOW)
    check_key_binding(parsed, verified.holder_key, audience=AUDIENCE, nonce=NONCE, now=NOW, algorithm=verified.algorithm)
    return verified


def from_template(decoys: int = 0) -> str:
    hidden = prepare(TEMPLATE, decoys=decoys)
    return issue_sd_jwt(visible(), hidden, typ="dc+sd-jwt", by=issuer_signer(), random=SeededRandomness(6))


def they_issue(node: Oracle, **how: Any) -> str:
    header = {"x5c": [certificate_text(der) for der in issuer_signer().chain]}
    signer = private_jwk(key("issuer"))
    payload = {**visible(), **CLAIMS}
    return str(node.ask("sdjwt.issue", key=signer, payload=payload, frame=FRAME, header=header, **how))


def they_present(node: Oracle, credential: str, frame: dict[str, Any]) -> str:
    binding = {"iat": NOW, "aud": AUDIENCE, "nonce": NONCE}
    return str(node.ask("sdjwt.present", credential=credential, frame=frame, key=private_jwk(HOLDER), binding=binding))


@pytest.mark.parametrize("decoys", [0, 5])
def test_they_read_what_we_issue(node: Oracle, decoys: int) -> None:
    said = they_verify(node, from_template(decoys))
    assert said["payload"] == {**visible(), **CLAIMS}
    assert said["looked"] == [STATUS.uri, 0]


def test_they_read_what_we_hide_wholly(node: Oracle) -> None:
    assert they_verify(node, issued())["payload"] == {**visible(), **HIDDEN}
    nested = issue_sd_jwt(
        visible(), prepare_hidden(CLAIMS, decoys=2), typ="dc+sd-jwt", by=issuer_signer(), random=SeededRandomness(7)
    )
    assert they_verify(node, nested)["payload"] == {**visible(), **CLAIMS}


def test_they_read_what_we_present(node: Oracle) -> None:
    said = they_verify(node, presented(), nonce=NONCE)
    assert said["payload"] == {**visible(), "name_ko": HIDDEN["name_ko"], "passport": {"number": "M12345567"}}
    with pytest.raises(OracleRefusal, match=r"(?i)nonce"):
        they_verify(node, presented(), nonce="another")


def test_they_see_what_our_list_says(node: Oracle) -> None:
    for value in range(4):
        assert they_verify(node, issued(), list=status_list(value))["looked"] == [STATUS.uri, value]
    with pytest.raises(OracleRefusal):
        they_verify(node, issued(), list=flipped_jwt(status_list(), "signature"))


def test_they_keep_to_our_times(node: Oracle) -> None:
    for now in (NOW - 7200, NOW + 2 * 86_400):
        with pytest.raises(OracleRefusal):
            they_verify(node, issued(), now=now)


@pytest.mark.parametrize("algorithm", ["sha-256", "sha-384", "sha-512"])
def test_we_verify_what_they_issue_and_present(node: Oracle, algorithm: str) -> None:
    credential = they_issue(node, algorithm=algorithm)
    assert process(parse_sd_jwt(credential)) == {**visible(), **CLAIMS}
    verified = we_verify(
        they_present(node, credential, {"name_ko": True, "nationalities": {"1": True}, "address": {"city": True}})
    )
    assert verified.claims == {
        **visible(),
        "name_ko": "남궁옥분",
        "address": {"country": "PE", "city": "리마", "lines": ["2"]},
        "nationalities": ["PE"],
    }
    assert (verified.algorithm, verified.status) == (algorithm, STATUS)


def test_we_verify_what_they_present_of_ours(node: Oracle) -> None:
    verified = we_verify(they_present(node, from_template(3), {"degrees": {"0": {"kind": True}}}))
    assert verified.claims["degrees"] == CLAIMS["degrees"]
    assert verified.claims["nationalities"] == []
    assert "name_ko" not in verified.claims


def test_they_verify_what_we_present_of_theirs(node: Oracle) -> None:
    shown = select(parse_sd_jwt(they_issue(node)), [("nationalities", 0), ("degrees", 0, "kind")])
    bound = bind_key(shown, audience=AUDIENCE, nonce=NONCE, now=NOW, signer=HOLDER)
    payload = they_verify(node, bound, nonce=NONCE)["payload"]
    assert payload["nationalities"] == ["KR"]
    assert payload["degrees"] == CLAIMS["degrees"]
    assert "name_ko" not in payload


Spoil = Callable[[list[str]], list[str]]


def issuer_part(part: str) -> Spoil:
    return lambda parts: [flipped_jwt(parts[0], part), *parts[1:]]


def binding_part(part: str) -> Spoil:
    return lambda parts: [*parts[:-1], flipped_jwt(parts[-1], part)]


SPOILS: dict[str, Spoil] = {
    **{f"issuer_{part}": issuer_part(part) for part in PARTS},
    **{f"binding_{part}": binding_part(part) for part in PARTS},
    "disclosed_value": lambda parts: [parts[0], flipped_in(parts[1], -3), *parts[2:]],
    "disclosed_salt": lambda parts: [parts[0], flipped_in(parts[1], 4), *parts[2:]],
    "disclosure_withheld": lambda parts: [parts[0], *parts[2:]],
}


@pytest.mark.parametrize("fault", SPOILS)
def test_one_byte_of_ours_and_they_refuse(node: Oracle, fault: str) -> None:
    spoiled = "~".join(SPOILS[fault](presented().split("~")))
    with pytest.raises(OracleRefusal):
        they_verify(node, spoiled, nonce=NONCE)


@pytest.mark.parametrize("fault", SPOILS)
def test_one_byte_of_theirs_and_we_refuse(node: Oracle, fault: str) -> None:
    whole = they_present(node, they_issue(node), {"name_ko": True, "nationalities": {"1": True}})
    we_verify(whole)
    with pytest.raises(Refusal):
        we_verify("~".join(SPOILS[fault](whole.split("~"))))


def has_empty_name(template: Any) -> bool:
    if isinstance(template, Hide):
        return has_empty_name(template.value)
    if isinstance(template, dict):
        return "" in template or any(map(has_empty_name, template.values()))
    return isinstance(template, list) and any(map(has_empty_name, template))


@settings(max_examples=60, deadline=None)
@given(template=TEMPLATES.filter(lambda template: not has_empty_name(template)), decoys=st.integers(0, 2))
def test_every_structure_reads_the_same(node: Oracle, template: dict[str, Any], decoys: int) -> None:
    hidden = prepare(template, decoys=decoys)
    text = issue_sd_jwt({"vct": "x"}, hidden, typ="dc+sd-jwt", by=issuer_signer(), random=SeededRandomness(1))
    assert they_verify(node, text)["payload"] == process(parse_sd_jwt(text))


def test_another_key_is_refused(node: Oracle) -> None:
    with pytest.raises(OracleRefusal):
        they_verify(node, issued(), key=dict(key("another").public_jwk))
    assert parse_public_jwk(HOLDER.public_jwk) == we_verify(presented()).holder_key
