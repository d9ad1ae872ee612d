"""What is known of the key that a credential is bound to: `key_assurance` and its values (OpenID4VCI 1.0 Appendix D.2).

A wallet provider attests it, an issuer asks for it and writes it into the copies, a verifier reads it there. In an SD-JWT VC it
is a member of the payload, always visible; in an mdoc it stands in the MSO's `keyInfo`, beside the device's key, and no holder
can withhold it. Only the values below are passed on: whatever else a provider might say could serve to recognise a person.

Owns words and comparisons. Who may say them is checked elsewhere (key_attestation, the formats).
"""

from collections.abc import Iterable
from typing import Any, Final

from msgspec import Struct

from sinwon.core.refusal import Malformed, Unmet
from sinwon.protocols.vci.errors import INVALID_PROOF

CODE: Final = "invalid_credential"
KEY_INFO: Final = -65537
"""The label in `keyInfo`, whose negative numbers are for uses of one's own (ISO/IEC 18013-5 §9.1.2.4)."""
LEVELS: Final = ("iso_18045_basic", "iso_18045_enhanced-basic", "iso_18045_moderate", "iso_18045_high")
"""Which attacks something withstands, weakest first: what withstands the stronger withstands the weaker."""
PIN_AND_PASSKEY: Final = "urn:sinwon:user-authentication:pin-and-passkey"
"""Ours (decision 17): each use of the key takes both a PIN and a passkey, two factors that are checked apart."""
STORAGES: Final = frozenset(LEVELS)
AUTHENTICATIONS: Final = frozenset({*LEVELS, PIN_AND_PASSKEY})
MAX_VALUES: Final = 16  # the vocabulary has five


class KeyAssurance(Struct, frozen=True, omit_defaults=True):
    """What is said, or what is asked for. Empty: nothing."""

    key_storage: tuple[str, ...] = ()
    user_authentication: tuple[str, ...] = ()

    @property
    def claim(self) -> dict[str, list[str]]:
        """As it stands in a credential."""
        said = {"key_storage": self.key_storage, "user_authentication": self.user_authentication}
        return {name: list(values) for name, values in said.items() if values}

    @property
    def takes_two_factors(self) -> bool:
        """What level L3 rests on."""
        return PIN_AND_PASSKEY in self.user_authentication


UNKNOWN: Final = KeyAssurance()
TWO_FACTORS: Final = KeyAssurance(user_authentication=(PIN_AND_PASSKEY,))


def known_assurance(key_storage: Iterable[str], user_authentication: Iterable[str]) -> KeyAssurance:
    """Of what was said only the known values, in one order: equal for everybody with equal keys."""
    return KeyAssurance(_known(key_storage, STORAGES), _known(user_authentication, AUTHENTICATIONS))


def read_assurance(value: object) -> KeyAssurance:
    """The `key_assurance` of a credential; UNKNOWN where there is none. Raises Malformed."""
    if value is None:
        return UNKNOWN
    if not isinstance(value, dict):
        raise Malformed(CODE, "key_assurance is not an object")
    return known_assurance(*(values_of(value, name, CODE) for name in KeyAssurance.__struct_fields__))


def values_of(members: dict[Any, Any], name: str, code: str) -> tuple[str, ...]:
    """The strings under `name`, none where it is missing. Raises Malformed for another shape; an empty array is one."""
    if name not in members:
        return ()
    values = members[name]
    if not isinstance(values, list) or not 0 < len(values) <= MAX_VALUES or not all(isinstance(one, str) for one in values):
        raise Malformed(code, f"{name} is not a short array of strings")
    return tuple(values)


def check_assurance(found: KeyAssurance, required: KeyAssurance) -> None:
    """That `found` reaches one of the values required of each kind. Raises Unmet."""
    if not _reaches(found.key_storage, required.key_storage):
        raise Unmet(INVALID_PROOF, "key_storage does not reach what is required")
    if not _reaches(found.user_authentication, required.user_authentication):
        raise Unmet(INVALID_PROOF, "user_authentication does not reach what is required")


def _reaches(found: tuple[str, ...], required: tuple[str, ...]) -> bool:
    return not required or any(_at_least(one, wanted) for one in found for wanted in required)


def _at_least(found: str, wanted: str) -> bool:
    return found == wanted or (found in LEVELS and wanted in LEVELS and LEVELS.index(found) > LEVELS.index(wanted))


def _known(said: Iterable[str], known: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(known.intersection(said)))
