"""The ID token's hash and the pairwise subject."""

from sinwon.protocols.oidc.id_token import at_hash
from sinwon.protocols.oidc.subject import pairwise_subject


def test_at_hash_of_the_specification() -> None:
    """OpenID Connect Core 1.0 Appendix A.3."""
    assert at_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y") == "77QmUPtjPfzWtF2AnpK9RQ"


def test_subjects_differ_by_sector_issuer_and_person_and_by_nothing_else() -> None:
    def subject(sector: str = "s", issuer: str = "i", person_id: str = "p", key: bytes = b"k" * 32) -> str:
        return pairwise_subject(key, sector=sector, issuer=issuer, person_id=person_id)

    variants = [subject(), subject(sector="t"), subject(issuer="j"), subject(person_id="q"), subject(key=b"l" * 32)]
    assert subject() == subject()
    assert len(set(variants)) == len(variants)
    assert subject(sector="a", issuer="bc") != subject(sector="ab", issuer="c")
    assert all(len(value) == 43 for value in variants)
