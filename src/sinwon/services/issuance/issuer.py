"""The powers of the issuer role and its policy: what every use case of this room is given."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hmac import digest as hmac_digest
from typing import Final

from sqlalchemy import Engine

from sinwon.core.clock import DAY, HOUR, Clock
from sinwon.core.fetch import Fetch
from sinwon.core.ids import Randomness
from sinwon.core.refusal import Fault
from sinwon.keys.jwk import PublicKey
from sinwon.keys.seal import Seal
from sinwon.keys.signer import CertifiedSigner
from sinwon.keys.trust import NOBODY, TrustAnchors
from sinwon.protocols.attestation.key_assurance import TWO_FACTORS, KeyAssurance
from sinwon.protocols.oauth.dpop import DpopNonces
from sinwon.protocols.trust.catalogue import Catalogue
from sinwon.protocols.trust.status_lists import StatusLists
from sinwon.protocols.vci.configurations import ALL
from sinwon.services.authorization.clients import Client
from sinwon.services.issuance.chip_proof import ChipProof

TOKEN_PATH: Final = "/token"  # noqa: S105 (a path)
NONCE_PATH: Final = "/nonce"
CREDENTIAL_PATH: Final = "/credential"
DEFERRED_PATH: Final = "/deferred-credential"
NOTIFICATION_PATH: Final = "/notification"
OFFER_PATH: Final = "/offers/"
PAR_PATH: Final = "/par"
AUTHORIZE_PATH: Final = "/authorize"
CHALLENGE_PATH: Final = "/challenge"
STATUS_PATH: Final = "/status-lists/"

NONCE_KEY: Final = "c_nonce"
"""The purpose under which the nonce key is derived from the role's master key."""


@dataclass(frozen=True, slots=True)
class IssuanceSettings:
    """Policy. Seconds unless the name says otherwise."""

    configurations: tuple[str, ...] = ALL
    """What new offers list."""
    validity_years: int = 3
    """A certificate ends then or with the passport, whichever is first."""
    copy_lifetime: int = 14 * DAY
    batch_size: int = 10
    copies: int = 600
    """Of one certificate at any time, all batches together: ten times what a wallet fetches, and far from filling a status
    list. What has expired or was stopped does not count."""
    unexpired: int = 6000
    """Of one certificate, those that were stopped, or never counted because its data are doubted, included: stops, releases and
    moves make fresh copies needed, never this many."""
    pin_length: int = 6
    pin_tries: int = 5
    """Per application; after that only an officer can help."""
    claim_window: int = 72 * HOUR
    code_lifetime: int = 600
    code_offers: bool = False
    """Whether offers name the authorization code flow beside the pre-authorized code."""
    mintings: int = 20
    """How often an offer link may be opened: lost answers, second tries, another phone."""
    token_lifetime: int = 300
    """Longer ones must be bound to a key (OpenID4VCI 1.0 §13.10)."""
    refresh_grace: int = 60
    """After it was renewed a refresh token counts once more, for an answer that was lost: at least 30 s must work, and a client
    that waits them out still has to be heard."""
    attested: KeyAssurance = TWO_FACTORS
    """What must be attested of the keys that strong and linkage copies are bound to (decision 17)."""
    dpop_nonces: bool = False
    """Whether proofs must carry a nonce of ours (RFC 9449 §8): proofs cannot be made beforehand then, at the price of one more
    exchange."""
    anonymous_wallets: bool = True
    """Whether a wallet that does not say who it is may redeem a pre-authorized code, and renew what it got."""
    client_challenges: bool = False
    """Whether attested wallets must prove themselves for a challenge of ours, at the price of one more exchange."""
    encryption_required: bool = False
    """Whether requests must be encrypted, and ask for encrypted answers: for wallets whose servers are not to read along.
    Without it each wallet decides."""
    deferred: tuple[str, ...] = ()
    """Configurations that are not issued at once but promised, and fetched later."""
    deferred_delay: int = 5
    """After which what was promised can be fetched."""
    deferred_window: int = DAY
    """How long it can be."""
    deferred_at_once: int = 20
    """Promises of one certificate that wait to be fetched: a token may ask again and again."""
    transfer_window: int = 900
    """How long the link is good that moves a certificate to another phone."""
    transfer_arrival: int = HOUR
    """How long after the link was used the other phone may take over, and the old one still has the certificate."""
    transfers: int = 10
    """Links of one certificate in a day."""
    loss_link_lifetime: int = DAY
    """As long as links are counted: whoever asks for a day's, so that the holder gets no more, leaves the holder good ones."""
    release_code_lifetime: int = HOUR
    mailed_secrets: int = 3
    """Links that stop a certificate, and codes that release it, of each kind in a day: nobody's mailbox is flooded."""
    release_tries: int = 20
    """Wrong codes of one certificate in a day. The codes have 60 bits: this keeps the trail short, not guesses out."""
    loss_asks: int = 120
    """Questions for a link in a minute, by everybody together."""
    loss_wrong_codes: int = 600
    """Wrong revocation codes in a minute, by everybody together. A right one counts whatever others try: a flood must not keep
    anybody from stopping a certificate."""
    status_list_size: int = 1 << 20
    """Entries of one list; a power of two. 256 kB before compression: a large crowd to hide in."""
    status_lifetime: int = DAY
    status_ttl: int = 5
    """How long a verifier may go on without asking again: a lost phone is stopped in seconds."""
    status_renewal: int = 900
    """A list that did not change is signed anew after this, so that its age shows that we are alive."""

    def __post_init__(self) -> None:
        if not set(self.deferred) <= set(ALL) or not 0 < self.deferred_delay < self.deferred_window:
            raise Fault("only configurations there are can be deferred, for less than they can be fetched")


@dataclass(frozen=True, slots=True)
class Issuer:
    origin: str
    """The issuer identifier, byte for byte."""
    engine: Engine
    signer: CertifiedSigner
    """Signs SD-JWT VCs."""
    document_signer: CertifiedSigner
    """Signs mdocs: its certificate must say that it is for that, and for nothing else."""
    status_signer: CertifiedSigner
    seal: Seal
    nonce_key: bytes
    """Makes the nonces and refresh tokens that are not stored, each under a purpose of its own."""
    role_keys: Mapping[str, PublicKey]
    catalogue: Callable[[], Catalogue]
    clock: Clock
    random: Randomness
    settings: IssuanceSettings = IssuanceSettings()
    clients: Mapping[str, Client] = field(default_factory=dict)
    """Wallets that may come by the authorization code flow, by `client_id`."""
    trust: Callable[[], TrustAnchors] = lambda: NOBODY
    """Whose word counts about keys: wallet providers."""
    fetch: Fetch | None = None
    """Asks for the status of key attestations. None in a caller that must not wait for it: it gets WouldFetch instead."""
    statuses: StatusLists = field(default_factory=StatusLists)
    chip: ChipProof | None = None
    """Who judges what a native reader read from a passport; None where there is no such reader."""
    restored_at: int = 0
    """When the database was last brought back from a backup; what was given before and counts once is not known any more."""

    @property
    def epoch_key(self) -> bytes:
        """Makes nonces: one given before a restoration may have been used, and is none of this issuer's after it."""
        if not self.restored_at:
            return self.nonce_key
        return hmac_digest(self.nonce_key, b"restored %d" % self.restored_at, "sha256")

    @property
    def dpop_nonces(self) -> DpopNonces | None:
        """None where proofs need no nonce."""
        return DpopNonces(self.epoch_key, self.origin) if self.settings.dpop_nonces else None

    def offer_url(self, secret: str) -> str:
        return f"{self.origin}{OFFER_PATH}{secret}"

    def status_url(self, list_id: str) -> str:
        return f"{self.origin}{STATUS_PATH}{list_id}"

    def tx_code_index(self, tx_code: str, offer: str) -> str:
        """The keyed hash an issuance PIN is kept and compared as: of no use without the key, and for no other offer."""
        return self.seal.index(tx_code, f"offers.tx_code:{offer}")

    def rrn_index(self, rrn: str) -> str:
        return self.seal.index(rrn, "persons.rrn")

    def revocation_index(self, code: str) -> str:
        """Of a revocation code in its written form."""
        return self.seal.index(code, "certificates.revocation_code")

    def release_index(self, code: str, certificate: str) -> str:
        """Of a code that was mailed to release this certificate."""
        return self.seal.index(f"{certificate}\x00{code}", "mailed_secrets.release")

    def registration_index(self, number: str, birthdate: str) -> str:
        """Of a registration number, however it is spaced and cased, and a birth date as YYYY-MM-DD."""
        written = "".join(sign for sign in number.casefold() if sign.isalnum())
        return self.seal.index(f"{written}\x00{birthdate}", "certificates.registration_index")
