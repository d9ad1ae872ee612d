"""Trust is a set of anchor, purpose and type."""

import pytest

from sinwon.keys.trust import STRICT, Anchor, Policy, Purpose, TrustAnchors

ANCHORS = TrustAnchors(
    (
        Anchor(b"one", Purpose.ISSUANCE, "One", "https://one.example", frozenset({"urn:a", "urn:b"})),
        Anchor(b"one", Purpose.STATUS, "One", "https://one.example"),
        Anchor(b"two", Purpose.ISSUANCE, "Two", "https://two.example", frozenset({"urn:a"})),
        Anchor(b"one", Purpose.ISSUANCE, "Three", "https://three.example", frozenset({"urn:c"})),
        Anchor(b"four", Purpose.WALLET, "Four", "https://four.example"),
    )
)


@pytest.mark.parametrize(
    ("purpose", "credential_type", "expected"),
    [
        (Purpose.ISSUANCE, "urn:a", {b"one", b"two"}),
        (Purpose.ISSUANCE, "urn:b", {b"one"}),
        (Purpose.ISSUANCE, "urn:z", set()),
        (Purpose.ISSUANCE, "", set()),
        (Purpose.STATUS, None, {b"one"}),
        (Purpose.WALLET, None, {b"four"}),
        (Purpose.ACCESS, None, set()),
    ],
)
def test_which_roots_count(purpose: Purpose, credential_type: str | None, expected: set[bytes]) -> None:
    assert ANCHORS.certificates(purpose, credential_type) == expected


def test_whom_a_root_is_listed_under() -> None:
    assert ANCHORS.names_of(Purpose.ISSUANCE, b"one") == ("https://one.example", "https://three.example")
    assert ANCHORS.names_of(Purpose.ACCESS, b"one") == ()


LAX = Policy(status=False, named=False)
MIXED = TrustAnchors(
    (
        Anchor(b"one", Purpose.ISSUANCE, "One", "https://one.example", frozenset({"urn:a"}), LAX),
        Anchor(b"one", Purpose.ISSUANCE, "One again", "https://again.example", frozenset({"urn:a", "urn:b"})),
        Anchor(b"two", Purpose.ISSUANCE, "Two", "https://two.example", frozenset({"urn:a"}), LAX),
        Anchor(b"six", Purpose.ISSUANCE, "Six", "https://six.example", frozenset({"urn:a"}), Policy(exact=True)),
    )
)


def test_of_several_policies_the_strictest_counts_and_where_there_is_none_all_of_it() -> None:
    assert MIXED.policy(b"two", "urn:a") == LAX
    assert MIXED.policy(b"one", "urn:a") == STRICT
    assert MIXED.policy(b"two", "urn:b") == STRICT
    assert MIXED.policy(b"ten", "urn:a") == STRICT


def test_a_certificate_trusted_by_itself_is_no_root() -> None:
    assert MIXED.certificates(Purpose.ISSUANCE, "urn:a") == {b"one", b"two"}
    assert MIXED.certificates(Purpose.ISSUANCE, "urn:a", exact=True) == {b"six"}
    assert MIXED.certificates(Purpose.ISSUANCE, "urn:b", exact=True) == frozenset()
