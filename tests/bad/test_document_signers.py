"""Document signers that do not belong under the root they name: O10. Each has signed a document that is well made otherwise.

Lists of revoked certificates are not read: a signer ends when its root, or its entry, leaves the trust list.
"""

from collections.abc import Callable
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from sinwon.core.clock import DAY, utc
from sinwon.core.refusal import Refusal
from sinwon.formats.mdoc.issuer_signed import parse_issuer_signed
from sinwon.formats.mdoc.names import DOCUMENT_SIGNER
from sinwon.formats.mdoc.present import present
from sinwon.formats.mdoc.verify import VerifiedMdoc
from sinwon.keys.signer import CertifiedSigner
from sinwon.keys.software import SoftwareKey
from sinwon.keys.trust import Anchor, Purpose, TrustAnchors
from tests.unit.formats.mdoc.forge import DOCTYPE, HOLDER, SHOWN, TRANSCRIPT, issued, verify
from tests.unit.keys.test_x509 import CERTIFYING, SIGNING, usage
from tests.world import ISSUER, NOW, key

ROOT_KEY, NEXT_ROOT_KEY, SIGNER_KEY, STRANGER = (key(f"O10 {name}") for name in ("root", "next root", "signer", "stranger"))
ROOT, NEXT_ROOT, SIGNER = "Root of documents", "Next root of documents", "Signer of documents"
USES = tuple(sorted(DOCUMENT_SIGNER))
NONE: tuple[str, ...] = ()


def certificate(
    subject: str, own: SoftwareKey, issuer: str, by: SoftwareKey, *, country: str | None = "KR", above: str = "KR", **more: Any
) -> bytes:
    """Of a signer with these `uses`, or of an authority where they are None."""
    uses: tuple[str, ...] | None = more.get("uses", USES)
    names = name(subject, country), name(issuer, above)
    builder = x509.CertificateBuilder(
        names[1], names[0], own.private.public_key(), 4711, utc(NOW - DAY), utc(NOW + 400 * DAY)
    ).add_extension(x509.BasicConstraints(ca=uses is None, path_length=None), critical=True)
    builder = builder.add_extension(usage(**(CERTIFYING if uses is None else SIGNING)), critical=True)
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.UniformResourceIdentifier(ISSUER)]), critical=False)
    if uses:
        purposes = x509.ExtendedKeyUsage([x509.ObjectIdentifier(use) for use in uses])
        builder = builder.add_extension(purposes, critical=True)
    return builder.sign(by.private, SHA256()).public_bytes(Encoding.DER)


def name(common: str, country: str | None) -> x509.Name:
    parts = [] if country is None else [x509.NameAttribute(NameOID.COUNTRY_NAME, country)]
    return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, common)])


def root(country: str = "KR") -> bytes:
    return certificate(ROOT, ROOT_KEY, ROOT, ROOT_KEY, uses=None, country=country, above=country)


def signer(**changed: Any) -> bytes:
    return certificate(SIGNER, SIGNER_KEY, ROOT, ROOT_KEY, **changed)


def under_next_root(by: SoftwareKey = NEXT_ROOT_KEY) -> bytes:
    return certificate(SIGNER, SIGNER_KEY, NEXT_ROOT, by)


def link(by: SoftwareKey) -> bytes:
    """The next root, certified by the one before it, or by somebody who says so."""
    return certificate(NEXT_ROOT, NEXT_ROOT_KEY, ROOT, by, uses=None)


def shown(*chain: bytes, anchor: bytes | None = None) -> VerifiedMdoc:
    document = parse_issuer_signed(issued(CertifiedSigner(SIGNER_KEY, chain)))
    listed = Anchor(anchor or root(), Purpose.ISSUANCE, "Issuer of documents", ISSUER, frozenset({DOCTYPE}))
    response = present(document, SHOWN, transcript=TRANSCRIPT, signer=HOLDER)
    return verify(response, anchors=TrustAnchors((listed,)))


SIGNERS: dict[str, tuple[Callable[[], tuple[bytes, ...]], str]] = {
    "of_another_country": (lambda: (signer(country="DE"),), "different countries"),
    "of_no_country": (lambda: (signer(country=None),), "different countries"),
    "certified_by_a_stranger_in_the_name_of_the_root": (
        lambda: (certificate(SIGNER, SIGNER_KEY, ROOT, STRANGER),),
        "no valid path",
    ),
    "certified_by_another_root": (lambda: (under_next_root(),), "no valid path"),
    "certified_for_nothing": (lambda: (signer(uses=NONE),), "not for signing documents"),
    "certified_as_a_web_server": (lambda: (signer(uses=("1.3.6.1.5.5.7.3.1",)),), "not for signing documents"),
    "link_certificate_by_a_stranger": (lambda: (under_next_root(), link(STRANGER)), "no valid path"),
    "link_certificate_of_another_key": (lambda: (under_next_root(STRANGER), link(ROOT_KEY)), "no valid path"),
}


@pytest.mark.parametrize("fault", SIGNERS)
def test_O10_a_signer_that_is_not_the_root_s(fault: str) -> None:
    chain, why = SIGNERS[fault]
    with pytest.raises(Refusal, match=why) as refused:
        shown(*chain())
    assert refused.value.code == "untrusted_issuer"


def test_O10_a_document_of_another_country_than_its_signer() -> None:
    """It says `issuing_country` KR."""
    with pytest.raises(Refusal, match="another country") as refused:
        shown(signer(country="DE", above="DE"), anchor=root("DE"))
    assert refused.value.code == "invalid_credential"


def test_O10_a_root_that_left_the_list() -> None:
    with pytest.raises(Refusal, match="no valid path"):
        shown(signer(), anchor=certificate(NEXT_ROOT, NEXT_ROOT_KEY, NEXT_ROOT, NEXT_ROOT_KEY, uses=None))


def test_O10_control_signers_of_the_root_and_of_the_next_one() -> None:
    for chain in ((signer(),), (under_next_root(), link(ROOT_KEY))):
        assert shown(*chain).issuer == ISSUER
