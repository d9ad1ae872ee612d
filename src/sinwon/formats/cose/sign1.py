"""COSE_Sign1 with ECDSA on P-256 (RFC 9052 §4.2, §4.4; RFC 9053 §2.1; RFC 9864): one signer, one signature.

Owns shape, signing over a Signer and verification with a key the caller already trusts. `alg` is read from the protected header
only and must be one of two names of the same algorithm. Does not choose keys and does not check payloads.
"""

from collections.abc import Mapping
from typing import Final

from sinwon.core.cbor import byte_string
from sinwon.core.refusal import Refusal, Untrusted
from sinwon.formats.cose.headers import NO_HEADER, Message, parse_message, protected_bytes
from sinwon.formats.cose.names import ALG, INVALID, SIGNING, TAG_SIGN1
from sinwon.keys.jwk import PublicKey
from sinwon.keys.signer import Signer

CONTEXT: Final = b"\x84\x6aSignature1"
"""The start of a Sig_structure: an array of four, the context text."""
PROTECTED_ES256: Final = protected_bytes({})
USUAL: Final = CONTEXT + byte_string(PROTECTED_ES256) + byte_string(b"")
"""What stands before the payload in nearly every Sig_structure."""


class Sign1(Message, frozen=True):
    """A COSE_Sign1 as received; `proof` is the signature, r‖s."""


def parse_sign1(value: object, *, tagged: bool = False) -> Sign1:
    """A COSE_Sign1 from parsed CBOR, with tag 18 in front if `tagged`, without if not. Raises Malformed."""
    return parse_message(Sign1, value, TAG_SIGN1 if tagged else None)


def sign1(
    payload: bytes,
    *,
    by: Signer,
    protected: Mapping[int, object] = NO_HEADER,
    unprotected: Mapping[int, object] = NO_HEADER,
    detached: bool = False,
    external: bytes = b"",
) -> list[object]:
    """The four members of a COSE_Sign1 over `payload`, to be written as they are or under tag 18. `alg` is added."""
    header = protected_bytes(protected) if protected else PROTECTED_ES256
    signature = by.sign(to_sign(header, payload, external))
    return [header, dict(unprotected), None if detached else payload, signature]


def verify_sign1(message: Sign1, key: PublicKey, *, payload: bytes | None = None, external: bytes = b"") -> None:
    """That `key` signed the payload: the one inside or, where it is detached, `payload`. Raises Malformed, Untrusted."""
    signed = message.with_payload(payload)
    # 1 an algorithm of ours, said where it is signed [RFC 9052 3.1]
    algorithm = message.header.get(ALG)
    if type(algorithm) is not int or algorithm not in SIGNING:
        raise Untrusted(INVALID, "protected alg is not ES256")
    # 2 over the protected bytes as received [RFC 9052 4.4]
    try:
        key.verify(message.proof, to_sign(message.protected, signed, external))
    except Refusal as refusal:
        raise Untrusted(INVALID, refusal.why) from None


def to_sign(protected: bytes, payload: bytes, external: bytes = b"") -> bytes:
    """Sig_structure in deterministic form (RFC 9052 §4.4)."""
    if protected == PROTECTED_ES256 and not external:
        return USUAL + byte_string(payload)
    return b"".join((CONTEXT, byte_string(protected), byte_string(external), byte_string(payload)))
