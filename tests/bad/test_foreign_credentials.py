"""Credentials of other people's issuers that must not count, whatever a policy lets go: V12, V13, V18, V21, V22, V31."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest

from sinwon.core.clock import DAY
from sinwon.core.strict_json import dump
from sinwon.keys.signer import CertifiedSigner
from sinwon.keys.trust import Anchor, Policy, Purpose, TrustAnchors
from sinwon.protocols.vp.description import FOREIGN, PID_VCT, ResponseMode
from tests import world
from tests.conformance.verifier_world import HAIP, Asked, VerifierWorld, answered, verifier_world
from tests.foreign_wallet import HARNESS, PERSON, ForeignWallet, authority, send
from tests.gateway_world import STATUS_URI

PLAIN = msgspec.structs.replace(HAIP, response_mode=ResponseMode.DIRECT_POST)
INDEX = 5


@pytest.fixture
def here(tmp_path: Path) -> Iterator[VerifierWorld]:
    with verifier_world(tmp_path) as made:
        yield made


def trusting(here: VerifierWorld, policy: Policy, types: frozenset[str] = frozenset({PID_VCT})) -> None:
    """The harness as an issuer under that policy, and its status lists."""
    own = (
        Anchor(authority().certificate, Purpose.ISSUANCE, "harness", HARNESS, types, policy),
        Anchor(world.authority("status authority").certificate, Purpose.STATUS, "harness", HARNESS),
    )
    here.world.anchors[0] = TrustAnchors((*world.trust_anchors().anchors, *own))


def refused(asked: Asked, wallet: ForeignWallet, step: str) -> None:
    assert wallet.post(asked.here.http, asked.request).status_code == 400
    assert asked.outcome().failed_step == step


def with_status(here: VerifierWorld) -> ForeignWallet:
    return here.wallet(visible={"status": {"status_list": {"idx": INDEX, "uri": STATUS_URI}}})


@pytest.mark.parametrize("optional", [True, False])
@pytest.mark.parametrize("fault", ["invalid", "suspended", "unknown to us", "no list to be had"])
def test_V31_a_status_that_is_there_counts_whatever_the_policy(here: VerifierWorld, fault: str, optional: bool) -> None:
    trusting(here, Policy(status=not optional))
    values = {"invalid": 1, "suspended": 2, "unknown to us": 3}
    here.world.status.values = {INDEX: values[fault]} if fault in values else {}
    here.world.status.reachable = fault in values
    refused(here.ask(), with_status(here), "status")


@pytest.mark.parametrize("optional", [True, False])
def test_V31_control_a_valid_status_passes_under_either_policy(here: VerifierWorld, optional: bool) -> None:
    trusting(here, Policy(status=not optional))
    answered(here.ask(), wallet=with_status(here))


def test_V31_a_status_is_required_unless_the_anchor_says_otherwise(here: VerifierWorld) -> None:
    trusting(here, Policy())
    refused(here.ask(), here.wallet(), "issuer")


def signer(uri: str) -> CertifiedSigner:
    key = world.key("a signer")
    leaf = authority().certify(key, "signer", uri, now=world.NOW - DAY, random=world.SeededRandomness(36))
    return CertifiedSigner(key, (leaf,))


OTHER = "https://another.example"


@pytest.mark.parametrize(("named", "uri", "iss"), [(True, OTHER, HARNESS), (True, OTHER, OTHER), (False, OTHER, OTHER)])
def test_V13_certificate_list_and_iss_name_one_issuer(here: VerifierWorld, named: bool, uri: str, iss: str) -> None:
    trusting(here, Policy(status=False, named=named))
    refused(here.ask(), here.wallet(by=signer(uri), visible={"iss": iss}), "issuer")


@pytest.mark.parametrize(("named", "uri"), [(True, HARNESS), (False, HARNESS), (False, OTHER)])
def test_V13_control_the_one_issuer_listed_may_leave_its_signers_without_name(
    here: VerifierWorld, named: bool, uri: str
) -> None:
    trusting(here, Policy(status=False, named=named))
    answered(here.ask(), wallet=here.wallet(by=signer(uri)))


@pytest.mark.parametrize("types", [frozenset(), frozenset({"urn:eudi:pid:2"})])
def test_V12_an_issuer_counts_for_its_types_alone(here: VerifierWorld, types: frozenset[str]) -> None:
    trusting(here, Policy(status=False), types)
    refused(here.ask(), here.wallet(), "issuer")


def test_V12_control_an_issuer_counts_for_its_type(here: VerifierWorld) -> None:
    trusting(here, Policy(status=False))
    answered(here.ask())


def test_V22_another_type_than_was_asked_for(here: VerifierWorld) -> None:
    trusting(here, Policy(status=False), frozenset({PID_VCT, "urn:eudi:pid:2"}))
    refused(here.ask(), here.wallet(visible={"vct": "urn:eudi:pid:2"}), "query")


def test_V22_a_value_that_was_not_asked_for(here: VerifierWorld) -> None:
    (credential,) = FOREIGN["pid-sd-jwt"]["credentials"]
    claims = [{"path": ["nationalities", None], "values": ["KR"]}]
    asked = here.ask(msgspec.structs.replace(HAIP, query={"credentials": [{**credential, "claims": claims}]}))
    refused(asked, here.wallet(), "query")
    answered(asked, wallet=here.wallet(claims={**PERSON, "nationalities": ["DE", "KR"]}))


SHAPES: dict[str, Any] = {
    "a string": '"token"',
    "an array": "[]",
    "null": "null",
    "empty": "{}",
    "not JSON": "{",
    "duplicate names": '{"credential":["a"],"credential":["a"]}',
    "deep": '{"credential":' + "[" * 10_000 + "]" * 10_000 + "}",
    "two presentations": '{"credential":["a","a"]}',
    "an unknown query": '{"other":["a"]}',
    "a presentation not in an array": '{"credential":"a"}',
}


@pytest.mark.parametrize("shape", SHAPES)
def test_V18_vp_tokens_of_other_shapes_in_the_clear(here: VerifierWorld, shape: str) -> None:
    asked = here.ask(PLAIN)
    answer = send(here.http, asked.request, urlencode({"vp_token": SHAPES[shape], "state": asked.request["state"]}))
    assert answer.status_code == 400
    answered(asked)


FORMS: dict[str, dict[str, str]] = {
    "without state": {"state": ""},
    "state of another": {"state": "s" * 43},
    "an error as well": {"error": "access_denied"},
    "an encrypted answer as well": {"response": "a.b.c.d.e"},
    "an ID token as well": {"id_token": "a"},
    "a submission as well": {"presentation_submission": "{}"},
}


@pytest.mark.parametrize("form", FORMS)
def test_V21_forms_in_the_clear_that_say_two_things_or_come_from_nobody(here: VerifierWorld, form: str) -> None:
    asked = here.ask(PLAIN)
    token = dump({"credential": [here.wallet().presentation(asked.request)]})
    answer = send(here.http, asked.request, urlencode({"vp_token": token, "state": asked.request["state"], **FORMS[form]}))
    assert answer.status_code == 400
    answered(asked)


def test_V18_V21_V22_control_one_answer_in_the_clear(here: VerifierWorld) -> None:
    answered(here.ask(PLAIN))
