"""The catalogue as a signed document: the catalogue's JSON in a JWS of the operator.

Owns signing and opening, and that what refers to something in the catalogue finds it. Not its age or order (signed, follow).
"""

from collections import Counter
from typing import Final
from zoneinfo import ZoneInfo

from sinwon.core.refusal import Malformed
from sinwon.core.strict_json import dump
from sinwon.keys.jwk import PublicKey
from sinwon.keys.signer import Signer
from sinwon.protocols.trust.catalogue import Catalogue
from sinwon.protocols.trust.signed import INVALID, open_document, sign_document

TYP: Final = "sinwon-catalogue+jwt"
PATH: Final = "/catalogue.jwt"


def sign_catalogue(catalogue: Catalogue, *, operator: Signer) -> str:
    return sign_document(TYP, dump(catalogue), operator=operator, now=catalogue.issued_at)


def verify_catalogue(token: str, *, operator: PublicKey) -> Catalogue:
    """The catalogue, signed by the operator and coherent; age and order still to be checked. Raises Malformed, Untrusted."""
    catalogue = open_document(token, Catalogue, typ=TYP, operator=operator)
    _check_coherent(catalogue)
    return catalogue


def _check_coherent(catalogue: Catalogue) -> None:
    missions = [mission.id for mission in catalogue.missions]
    presets = [preset.name for preset in catalogue.presets]
    for ids in (missions, presets, [service.id for service in catalogue.services]):
        if any(count > 1 for count in Counter(ids).values()):
            raise Malformed(INVALID, "an id stands twice in the catalogue")
    if not set(catalogue.covered.values()) <= set(missions):
        raise Malformed(INVALID, "a country is covered by an unknown mission")
    if not {name for service in catalogue.services for name in service.presets} <= set(presets):
        raise Malformed(INVALID, "a service names an unknown preset")
    for zone in {mission.time_zone for mission in catalogue.missions if mission.time_zone}:
        _check_zone(zone)


def _check_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise Malformed(INVALID, "an unknown time zone") from None
