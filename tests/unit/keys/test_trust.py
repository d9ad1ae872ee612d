"""Trust is a set of anchor, purpose and type."""

import pytest

from sinwon.keys.trust import Anchor, Purpose, TrustAnchors

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
