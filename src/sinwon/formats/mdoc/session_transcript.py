"""What a presentation is bound to: the SessionTranscript, as CBOR (OpenID4VP 1.0 Appendix B.2.6; ISO/IEC 18013-5 §9.1.5.1).

Owns the three forms. The thumbprint is of the key the response is really encrypted to, and None only if it is not encrypted.
"""

from hashlib import sha256

from sinwon.core.cbor import Encoded, dump_cbor


def redirect_transcript(*, client_id: str, nonce: str, thumbprint: bytes | None, response_uri: str) -> bytes:
    """For a response sent to `response_uri` (OpenID4VP Appendix B.2.6.1)."""
    return _handover("OpenID4VPHandover", [client_id, nonce, thumbprint, response_uri])


def dc_api_transcript(*, origin: str, nonce: str, thumbprint: bytes | None) -> bytes:
    """For the Digital Credentials API; `origin` as the browser says it, without prefix (OpenID4VP Appendix B.2.6.2)."""
    return _handover("OpenID4VPDCAPIHandover", [origin, nonce, thumbprint])


def proximity_transcript(engagement: bytes | None, reader_key: bytes | None, handover: object) -> bytes:
    """The general triple: the CBOR of DeviceEngagement and of EReaderKey as exchanged, and how they met."""
    first, second = (None if part is None else Encoded(part) for part in (engagement, reader_key))
    return dump_cbor([first, second, handover])


def _handover(name: str, info: list[object]) -> bytes:
    return dump_cbor([None, None, [name, sha256(dump_cbor(info)).digest()]])
