"""Making an SD-JWT (RFC 9901 §4, §9.3): fresh salts, sorted digests, one disclosure per hidden member.

Owns the form only: what a credential says and to whom it is bound is the caller's. Arrays are hidden whole.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

from sinwon.core import base64url
from sinwon.core.ids import Randomness
from sinwon.core.refusal import Fault
from sinwon.core.strict_json import dump
from sinwon.formats.jose.jws import sign_with_chain
from sinwon.formats.sdjwt.names import ALGORITHM, DIGESTS, HASH, PROTECTED, RESERVED
from sinwon.keys.signer import CertifiedSigner

SALT_BYTES: Final = 16  # 128 bits (RFC 9901 §9.3)


def issue_sd_jwt(
    visible: Mapping[str, object], hidden: Mapping[str, object], *, typ: str, by: CertifiedSigner, random: Randomness
) -> str:
    """An SD-JWT with `visible` members plain and every member of `hidden`, nested ones too, disclosable by itself.

    Raises Fault for names no issuer may use: they come from our own code, never from a stranger.
    """
    if visible.keys() & hidden.keys() or PROTECTED & hidden.keys():
        raise Fault("a claim is both visible and hidden, or must not be hidden")
    _check_names(visible)
    disclosures: list[str] = []
    payload = {**visible, **_hide(hidden, disclosures, random), ALGORITHM: HASH}
    return "~".join([sign_with_chain(typ, payload, by), *disclosures, ""])


def _hide(members: Mapping[str, object], disclosures: list[str], random: Randomness) -> dict[str, Any]:
    """`members` as digests; their disclosures, parents after children, are appended to `disclosures`."""
    digests = []
    for name, value in members.items():
        if name in RESERVED:
            raise Fault("reserved claim name")
        shown = _hide(value, disclosures, random) if isinstance(value, Mapping) else value
        if isinstance(value, list | tuple):
            _check_names(value)
        text = base64url.encode(dump([base64url.encode(random(SALT_BYTES)), name, shown]))
        disclosures.append(text)
        digests.append(base64url.encode(sha256(text.encode()).digest()))
    return {DIGESTS: sorted(digests)} if digests else {}


def _check_names(value: object) -> None:
    if isinstance(value, Mapping):
        if RESERVED & value.keys():
            raise Fault("reserved claim name")
        for member in value.values():
            _check_names(member)
    elif isinstance(value, list | tuple):
        for element in value:
            _check_names(element)
