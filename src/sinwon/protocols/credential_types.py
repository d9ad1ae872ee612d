"""The credential types of the certificate and what each may hold. The names are fixed; everything reads them from here."""

from typing import Final

IDENTITY: Final = "urn:sinwon:overseas-national:1"
LINKAGE: Final = "urn:sinwon:overseas-national-linkage:1"
TYPES: Final = (IDENTITY, LINKAGE)

PERSON_ID: Final = "person_id"
"""An opaque random name of the person at this issuer, stable over re-issuance, new phones and new names. Only the gateway asks
for it, to derive a different `sub` for each service; it is never passed on."""

PERSONAL_IN_LINKAGE: Final = ("linkage",)
