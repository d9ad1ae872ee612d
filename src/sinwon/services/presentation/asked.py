"""What we asked one wallet, and where an answer can fail: the words that verifying an answer has in common for all formats."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

from sinwon.core.refusal import Refusal
from sinwon.formats.mdoc.session_transcript import redirect_transcript
from sinwon.keys.jwk import parse_public_jwk


class Step(StrEnum):
    """Where a response failed; also the code of the Refusal that says so inside this room."""

    ENVELOPE = "envelope"
    DECRYPTION = "decryption"
    TRANSACTION = "transaction"
    SHAPE = "shape"
    ISSUER = "issuer"
    STATUS = "status"
    HOLDER = "holder"
    ASSURANCE = "assurance"
    QUERY = "query"


@dataclass(frozen=True, slots=True)
class Asked:
    """What binds an answer to our request, whatever was asked for."""

    audience: str
    """Our full client identifier, prefix included."""
    nonce: str
    response_uri: str
    response_jwk: Mapping[str, str] | None
    """The public key that the answer had to be encrypted to; None where it had to be in the clear."""

    @property
    def transcript(self) -> bytes:
        """What an mdoc must be bound to (OpenID4VP 1.0 Appendix B.2.6.1): all of it from our own request."""
        thumbprint = None if self.response_jwk is None else parse_public_jwk(self.response_jwk).thumbprint
        return redirect_transcript(
            client_id=self.audience, nonce=self.nonce, thumbprint=thumbprint, response_uri=self.response_uri
        )


@contextmanager
def at(step: Step) -> Iterator[None]:
    """Names the step in whatever refusal comes out of it."""
    try:
        yield
    except Refusal as refusal:
        raise refusal.coded(step) from None
