"""The holder's proof that a presentation is theirs, for this session: DeviceAuth (ISO/IEC 18013-5 §9.1.3).

Owns making and checking it, by signature or MAC, over DeviceAuthenticationBytes. Does not know what the session was about: the
transcript says that, and its makers keep nonces from being used twice.
"""

from typing import Final

from sinwon.core.cbor import Encoded, dump_cbor, tagged, text_string
from sinwon.core.refusal import Refusal, Untrusted
from sinwon.formats.cose.mac0 import Mac0, agree_mac_key, mac0, verify_mac0
from sinwon.formats.cose.sign1 import Sign1, sign1, verify_sign1
from sinwon.formats.mdoc.names import INVALID_DEVICE_AUTH
from sinwon.keys.jwk import PublicKey
from sinwon.keys.signer import Agreement, Signer

OPENING: Final = b"\x84" + dump_cbor("DeviceAuthentication")


def device_authentication(transcript: bytes, doctype: str, namespaces: Encoded) -> bytes:
    """DeviceAuthenticationBytes: tag 24 around an array of four; the transcript is CBOR already."""
    return tagged(b"".join((OPENING, transcript, text_string(doctype), namespaces.tagged)))


def sign_device(authentication: bytes, signer: Signer) -> dict[str, object]:
    """DeviceAuth with a signature."""
    return {"deviceSignature": sign1(authentication, by=signer, detached=True)}


def mac_device(authentication: bytes, own: Agreement, reader: PublicKey, transcript: bytes) -> dict[str, object]:
    """DeviceAuth with a MAC that only this reader can check."""
    return {"deviceMac": mac0(authentication, agree_mac_key(own, reader, transcript), detached=True)}


def verify_device_auth(
    auth: Sign1 | Mac0, authentication: bytes, key: PublicKey, *, transcript: bytes, reader: Agreement | None
) -> None:
    """That the device with `key` made it, for this session. A MAC needs the reader's own key. Raises Untrusted."""
    try:
        if isinstance(auth, Sign1):
            verify_sign1(auth, key, payload=authentication)
        elif reader is None:
            raise Untrusted(INVALID_DEVICE_AUTH, "a MAC where only a signature can be checked")
        else:
            verify_mac0(auth, agree_mac_key(reader, key, transcript), payload=authentication)
    except Refusal as refusal:
        raise Untrusted(INVALID_DEVICE_AUTH, refusal.why) from None
