"""What the person at the command line gave beside the file: what was asked, of whom, and when."""

from dataclasses import dataclass

from sinwon.cli.verify.trust import Trust
from sinwon.formats.mdoc.session_transcript import dc_api_transcript, redirect_transcript
from sinwon.keys.signer import Agreement


@dataclass(frozen=True, slots=True)
class Asked:
    trust: Trust
    now: int
    nonce: str | None = None
    client_id: str | None = None
    """The audience of a key binding, too."""
    response_uri: str | None = None
    thumbprint: bytes | None = None
    """Of the key the response was encrypted to; None where it was not."""
    origin: str | None = None
    given_transcript: bytes | None = None
    uri: str | None = None
    """Where a status list was fetched."""
    status_list: bytes | None = None
    reader: Agreement | None = None

    @property
    def transcript(self) -> bytes | None:
        """The session that a document must be bound to, if enough was given to know it."""
        if self.given_transcript is not None:
            return self.given_transcript
        if self.nonce is None:
            return None
        if self.origin is not None:
            return dc_api_transcript(origin=self.origin, nonce=self.nonce, thumbprint=self.thumbprint)
        if self.client_id is None or self.response_uri is None:
            return None
        return redirect_transcript(
            client_id=self.client_id, nonce=self.nonce, thumbprint=self.thumbprint, response_uri=self.response_uri
        )

    @property
    def expects_holder(self) -> bool:
        """Whoever says what was asked expects an answer, not a bare credential."""
        return self.nonce is not None or self.given_transcript is not None
