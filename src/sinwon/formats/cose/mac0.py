"""COSE_Mac0 with HMAC-SHA-256 (RFC 9052 §6.2, §6.3; RFC 9053 §3.1): how a device may prove itself to one reader.

Owns shape, making and checking, and the key that reader and device agree on (ISO/IEC 18013-5 §9.1.3.5). Does not know whose
the keys are.
"""

from hashlib import sha256
from hmac import digest
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sinwon.core.cbor import Encoded, byte_string
from sinwon.core.ids import same
from sinwon.core.refusal import Untrusted
from sinwon.formats.cose.headers import NO_HEADER, Message, parse_message, protected_bytes
from sinwon.formats.cose.names import ALG, HMAC_256, INVALID, TAG_MAC0
from sinwon.keys.jwk import PublicKey
from sinwon.keys.signer import Agreement

CONTEXT: Final = b"\x84\x64MAC0"
"""The start of a MAC_structure."""
KEY_BYTES: Final = 32
DEVICE_MAC: Final = b"EMacKey"
PROTECTED_HMAC: Final = protected_bytes({}, HMAC_256)


class Mac0(Message, frozen=True):
    """A COSE_Mac0 as received; `proof` is the MAC."""


def parse_mac0(value: object, *, tagged: bool = False) -> Mac0:
    """A COSE_Mac0 from parsed CBOR, with tag 17 in front if `tagged`, without if not. Raises Malformed."""
    return parse_message(Mac0, value, TAG_MAC0 if tagged else None)


def mac0(payload: bytes, key: bytes, *, detached: bool = False, external: bytes = b"") -> list[object]:
    """The four members of a COSE_Mac0 over `payload`. Raises Untrusted for a key that is none."""
    code = _hmac(key, to_mac(PROTECTED_HMAC, payload, external))
    return [PROTECTED_HMAC, dict(NO_HEADER), None if detached else payload, code]


def verify_mac0(message: Mac0, key: bytes, *, payload: bytes | None = None, external: bytes = b"") -> None:
    """That someone who has `key` made it over the payload. Raises Malformed, Untrusted."""
    authenticated = message.with_payload(payload)
    # 1 an algorithm of ours, said where it is authenticated [RFC 9052 3.1]
    algorithm = message.header.get(ALG)
    if type(algorithm) is not int or algorithm != HMAC_256:
        raise Untrusted(INVALID, "protected alg is not HMAC 256/256")
    # 2 over the protected bytes as received [RFC 9052 6.3]
    if not same(message.proof, _hmac(key, to_mac(message.protected, authenticated, external))):
        raise Untrusted(INVALID, "MAC does not verify")


def to_mac(protected: bytes, payload: bytes, external: bytes = b"") -> bytes:
    """MAC_structure in deterministic form (RFC 9052 §6.3)."""
    return b"".join((CONTEXT, byte_string(protected), byte_string(external), byte_string(payload)))


def agree_mac_key(own: Agreement, other: PublicKey, transcript: bytes) -> bytes:
    """EMacKey, the same for reader and device (ISO/IEC 18013-5 §9.1.3.5); `transcript` is the CBOR of the SessionTranscript."""
    salt = sha256(Encoded(transcript).tagged).digest()
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=salt, info=DEVICE_MAC).derive(own.agree(other))


def _hmac(key: bytes, message: bytes) -> bytes:
    if len(key) != KEY_BYTES or not any(key):
        raise Untrusted(INVALID, "not a key for HMAC 256/256")
    return digest(key, message, "sha256")
