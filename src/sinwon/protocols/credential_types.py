"""The credential types of the certificate and what each may hold. The names are fixed; everything reads them from here.

Each type is one in both formats: as an SD-JWT VC it is named by its `vct`, as an mdoc by its document type, which is also the
one namespace of its elements. A name therefore says the format, too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from sinwon.formats.mdoc.names import MDOC
from sinwon.formats.sdjwt.names import SD_JWT_VC
from sinwon.protocols import credential_claims
from sinwon.protocols.credential_claims import PERSON_ID, Claim

__all__ = [
    "AGE",
    "AGE_TYPE",
    "ALL_TYPES",
    "FORMATS",
    "IDENTITY",
    "IDENTITY_TYPE",
    "LINKAGE",
    "LINKAGE_TYPE",
    "PERSON_ID",
    "TYPES",
]

IDENTITY: Final = "urn:sinwon:overseas-national:1"
LINKAGE: Final = "urn:sinwon:overseas-national-linkage:1"
AGE: Final = "urn:sinwon:overseas-national-age:1"
FORMATS: Final = (SD_JWT_VC, MDOC)
Path = tuple[str, ...]


@dataclass(frozen=True)
class CredentialType:
    vct: str
    doctype: str
    claims: tuple[Claim, ...]

    def named(self, credential_format: str) -> str:
        """Its name in that format."""
        return self.doctype if credential_format == MDOC else self.vct

    @cached_property
    def top(self) -> tuple[str, ...]:
        """The outermost names of its claims."""
        return tuple(dict.fromkeys(claim.steps[0] for claim in self.claims))

    @cached_property
    def by_path(self) -> Mapping[Path, Claim]:
        return {claim.steps: claim for claim in self.claims}

    @cached_property
    def by_element(self) -> Mapping[str, Claim]:
        return {claim.element: claim for claim in self.claims if claim.element is not None}


IDENTITY_TYPE: Final = CredentialType(IDENTITY, "org.sinwon.overseas_national.1", credential_claims.IDENTITY)
LINKAGE_TYPE: Final = CredentialType(LINKAGE, "org.sinwon.overseas_national_linkage.1", credential_claims.LINKAGE)
AGE_TYPE: Final = CredentialType(AGE, "org.sinwon.overseas_national_age.1", credential_claims.AGE_CLAIMS)
"""Nothing in it says who the person is, not even to the gateway."""
ALL_TYPES: Final = (IDENTITY_TYPE, LINKAGE_TYPE, AGE_TYPE)
TYPES: Final = tuple(each.named(name) for each in ALL_TYPES for name in FORMATS)
"""Every name of every type."""
OF_DOCTYPE: Final[Mapping[str, CredentialType]] = {each.doctype: each for each in ALL_TYPES}
