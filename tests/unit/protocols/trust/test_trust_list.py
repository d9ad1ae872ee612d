"""What of a policy travels in the trust list: that a status is optional; never a signer by itself or without a name."""

from dataclasses import replace

from sinwon.keys.jwk import parse_public_jwk
from sinwon.keys.trust import STRICT, Policy, TrustAnchors
from sinwon.protocols.trust.trust_list import verify_trust_list
from tests.published import list_token
from tests.world import key, trust_anchors

OPERATOR = parse_public_jwk(key("operator").public_jwk)


def read(anchors: TrustAnchors) -> TrustAnchors:
    return verify_trust_list(list_token(anchors=anchors), operator=OPERATOR).anchors


def test_without_a_word_a_status_is_required() -> None:
    assert read(trust_anchors()) == trust_anchors()
    assert {anchor.policy for anchor in read(trust_anchors()).anchors} == {STRICT}


def test_an_optional_status_is_listed_by_itself() -> None:
    first, *rest = trust_anchors().anchors
    changed = TrustAnchors((replace(first, policy=Policy(status=False)), *rest))
    assert read(changed) == changed


def test_nothing_else_of_a_policy_is_in_the_list() -> None:
    first, *rest = trust_anchors().anchors
    lax = TrustAnchors((replace(first, policy=Policy(named=False, exact=True)), *rest))
    assert read(lax) == trust_anchors()
