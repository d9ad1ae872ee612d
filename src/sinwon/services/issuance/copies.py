"""From claims to signed copies, for each format: a batch is prepared once, each copy adds its own key, place and randomness.

Nothing that copies have in common tells more than their claims do: times are whole hours, and what differs is drawn anew.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sinwon.core import base64url
from sinwon.formats.mdoc.issue import Validity, issue_mdoc, prepare_mdoc
from sinwon.formats.mdoc.names import MDOC
from sinwon.formats.sdjwt.issue import issue_sd_jwt, prepare_hidden
from sinwon.formats.sdjwt.names import KEY_ASSURANCE, SD_JWT_VC
from sinwon.formats.status.reference import StatusReference
from sinwon.formats.status.token import Kind
from sinwon.keys.jwk import PublicKey
from sinwon.protocols.attestation.key_assurance import KEY_INFO, UNKNOWN, KeyAssurance
from sinwon.protocols.credential_types import CredentialType
from sinwon.protocols.elements import to_elements
from sinwon.services.issuance.issuer import Issuer


@dataclass(frozen=True, slots=True)
class Batch:
    """What the copies of one request say."""

    type: CredentialType
    claims: Mapping[str, Any]
    begins: int
    ends: int
    assurance: KeyAssurance = UNKNOWN
    """What was attested of the keys."""


SignCopy = Callable[[PublicKey, StatusReference], str]
"""One copy, as it goes on the wire."""


@dataclass(frozen=True, slots=True)
class Format:
    """How copies of a format are made, and in which lists their status stands."""

    lists: Kind
    prepare: Callable[[Issuer, Batch], SignCopy]


def sd_jwt_copies(issuer: Issuer, batch: Batch) -> SignCopy:
    """What stands open in a copy says nothing about the person [SD-JWT VC 3.2.2.2]."""
    hidden = prepare_hidden(batch.claims)
    shared: dict[str, Any] = {"iss": issuer.origin, "vct": batch.type.vct, "nbf": batch.begins, "exp": batch.ends}
    if batch.assurance != UNKNOWN:
        shared[KEY_ASSURANCE] = batch.assurance.claim

    def sign(key: PublicKey, reference: StatusReference) -> str:
        visible = {**shared, "cnf": {"jwk": key.jwk}, "status": reference.claim}
        return issue_sd_jwt(visible, hidden, typ=SD_JWT_VC, by=issuer.signer, random=issuer.random)

    return sign


def mdoc_copies(issuer: Issuer, batch: Batch) -> SignCopy:
    """IssuerSigned in base64url [OID4VCI A.2.4]."""
    elements = {batch.type.doctype: to_elements(batch.type, batch.claims)}
    key_info = {KEY_INFO: batch.assurance.claim} if batch.assurance != UNKNOWN else None
    prepared = prepare_mdoc(batch.type.doctype, elements, key_info=key_info)
    validity = Validity(batch.begins, batch.begins, batch.ends)

    def sign(key: PublicKey, reference: StatusReference) -> str:
        by, random = issuer.document_signer, issuer.random
        return base64url.encode(issue_mdoc(prepared, holder=key, validity=validity, status=reference, by=by, random=random))

    return sign


FORMATS: Final[Mapping[str, Format]] = {
    SD_JWT_VC: Format(Kind.JWT, sd_jwt_copies),
    MDOC: Format(Kind.CWT, mdoc_copies),
}
