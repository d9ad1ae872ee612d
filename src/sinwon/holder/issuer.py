"""The issuer as a wallet sees it (OpenID4VCI 1.0 §12.2, §6–§9, §11): its metadata checked, its endpoints called.

A request that is refused for the lack of a nonce or challenge is sent again with it (RFC 9449 §8; attestation-based client
authentication), once for each. The newest that any answer brings is the one used.

Every endpoint must lie on the issuer's own origin [P]: metadata cannot send a code or a token elsewhere.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from re import compile as pattern
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from sinwon.core.clock import Clock
from sinwon.core.fetch import Answer, Fetch, Unreachable
from sinwon.core.refusal import Malformed, Refusal, Unmet, Untrusted
from sinwon.core.strict_json import dump, parse_as, parse_object
from sinwon.holder.access import Access, Sender, Tokens
from sinwon.holder.client_attestation import ClientProof, prove_client
from sinwon.holder.formats import FORMATS
from sinwon.holder.offer import OfferView
from sinwon.holder.powers import Powers, check_address
from sinwon.holder.sealing import Envelope, envelope_for
from sinwon.keys.trust import Purpose
from sinwon.protocols.oauth.client_authentication.attestation import METHOD as ATTESTED_CLIENT
from sinwon.protocols.oauth.dpop import TOKEN_TYPE as DPOP
from sinwon.protocols.oauth.grants.pre_authorized import GRANT_TYPE as PRE_AUTHORIZED
from sinwon.protocols.oauth.grants.refresh_token import GRANT_TYPE as REFRESH
from sinwon.protocols.oauth.metadata import WELL_KNOWN as AS_WELL_KNOWN
from sinwon.protocols.oauth.metadata import AuthorizationServerMetadata, parse_metadata, well_known_url
from sinwon.protocols.oauth.token_request import TokenResponse
from sinwon.protocols.vci.authorization_details import TYPE as CREDENTIAL_DETAIL
from sinwon.protocols.vci.credential_request import ATTESTATION, JWT, CredentialResponse
from sinwon.protocols.vci.metadata import (
    INVALID_METADATA,
    MAX_METADATA,
    WELL_KNOWN,
    Configuration,
    IssuerMetadata,
    parse_issuer_metadata,
)
from sinwon.protocols.vci.nonce import NonceResponse
from sinwon.protocols.vci.offer import INVALID_OFFER
from sinwon.protocols.vci.signed_metadata import MAX_TOKEN, verify_metadata
from sinwon.protocols.vci.signed_metadata import MEDIA_TYPE as SIGNED

JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"
MAX_CREDENTIALS: Final = 4 * 1024 * 1024  # a full batch with portraits
ERROR_CODE: Final = pattern(r"[a-z_]{1,64}\Z")
REFUSED: Final = "issuer_refused"
NO_ACCESS: Final = Access()
MAX_INTERVAL: Final = 30 * 86_400  # seconds; who takes longer has forgotten us


class Challenge(msgspec.Struct, frozen=True):
    attestation_challenge: str


class _Later(msgspec.Struct, frozen=True):
    transaction_id: str
    interval: float = 5


@dataclass(frozen=True, slots=True)
class Later:
    """The issuer is not ready: ask again, no sooner than after `interval` seconds [OID4VCI 8.3]."""

    transaction_id: str
    interval: int


@dataclass(frozen=True, slots=True)
class Issuer:
    """An issuer whose metadata speaks for itself, and for nobody else."""

    fetch: Fetch
    clock: Clock
    identifier: str
    metadata: IssuerMetadata
    server: AuthorizationServerMetadata
    client: ClientProof | None = None
    """Who we are to its authorization server, where that wants to know."""
    attested: bool = False
    """Whether somebody vouches for our keys."""
    encrypts: bool = False

    @property
    def binds_tokens(self) -> bool:
        """Whether it gives tokens that are bound to a key of ours [RFC 9449 §5.1]."""
        return "ES256" in self.server.dpop_signing_alg_values_supported

    @property
    def batch_size(self) -> int:
        batch = self.metadata.batch_credential_issuance
        return 1 if batch is None else max(1, batch.batch_size)

    def holdable(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those of a format this wallet holds, for keys like its own: an offer may list everything there is. Raises Unmet for
        one that the issuer does not describe, and when none is left."""
        held = tuple(name for name in names if self._is_for_us(self._described(name)))
        if not held:
            raise Unmet(INVALID_METADATA, "no configuration that this wallet can hold")
        return held

    def configuration(self, name: str) -> Configuration:
        """Raises Unmet for one that is not there or is not of a kind we hold."""
        found = self._described(name)
        if found.format not in FORMATS or not found.type:
            raise Unmet(INVALID_METADATA, "a configuration of another format")
        if not proof_types_of(found):
            raise Unmet(INVALID_METADATA, "a configuration without proofs of ours by ES256")
        return found

    def _is_for_us(self, configuration: Configuration) -> bool:
        return configuration.format in FORMATS and (self.attested or not configuration.needs_attestation)

    def _described(self, name: str) -> Configuration:
        found = self.metadata.credential_configurations_supported.get(name)
        if found is None:
            raise Unmet(INVALID_METADATA, "a configuration the issuer does not describe")
        return found

    def redeem(self, offer: OfferView, tx_code: str | None, sender: Sender | None) -> Tokens:
        """The tokens for the offer's code [OID4VCI 6.1]. Raises Unmet with the issuer's code."""
        if offer.code is None:
            raise Unmet(INVALID_OFFER, "no code in the offer")
        if self.client is None and not self.server.anonymous_pre_authorized:
            raise Unmet(INVALID_METADATA, "anonymous access with a pre-authorized code is not offered")
        form = {"grant_type": PRE_AUTHORIZED, "pre-authorized_code": offer.code}
        if offer.tx_code is not None:
            if not tx_code:
                raise Unmet("tx_code_required", "the offer asks for the code that was chosen")
            form["tx_code"] = tx_code
        return self.tokens(form, sender)

    def refresh(self, refresh_token: str, sender: Sender | None) -> Tokens:
        """New tokens for an old one [RFC 6749 §6]. Raises Unmet with the issuer's code."""
        return self.tokens({"grant_type": REFRESH, "refresh_token": refresh_token}, sender)

    def nonce(self, access: Access = NO_ACCESS) -> str:
        """Asked for without the token; what the answer brings for the next request is taken all the same [OID4VCI 7.2]."""
        if self.metadata.nonce_endpoint is None:
            raise Unmet(INVALID_METADATA, "no nonce endpoint")
        answer = self.post(self.metadata.nonce_endpoint, b"", FORM)
        access.hear(answer)
        return parse_as(answer.body, NonceResponse).c_nonce

    def request(
        self, access: Access, named: Mapping[str, str], proofs: Mapping[str, Sequence[str]]
    ) -> CredentialResponse | Later:
        """`named` is the configuration's or the credential's name, `proofs` are by type [OID4VCI 8.2]. Raises Unmet with the
        issuer's code."""
        return self._collect(self.metadata.credential_endpoint, {**named, "proofs": proofs}, access)

    def ask_again(self, access: Access, transaction_id: str) -> CredentialResponse | Later:
        """[OID4VCI 9.1] Raises Unmet with the issuer's code."""
        if self.metadata.deferred_credential_endpoint is None:
            raise Unmet(INVALID_METADATA, "no deferred credential endpoint")
        return self._collect(self.metadata.deferred_credential_endpoint, {"transaction_id": transaction_id}, access)

    def notify(self, access: Access, notification_id: str | None, event: str) -> None:
        """Tells the issuer what became of the credentials; nothing depends on it being heard [OID4VCI 11]."""
        if notification_id is None or self.metadata.notification_endpoint is None:
            return
        message = dump({"notification_id": notification_id, "event": event})
        try:
            self.post(self.metadata.notification_endpoint, message, JSON, access)
        except (Refusal, Unreachable):
            return

    def tokens(self, form: Mapping[str, str], sender: Sender | None) -> Tokens:
        """Raises Unmet with the server's code; Malformed for tokens of another kind than asked for."""
        known = Access(sender=sender, client=self.client)
        answer = self.post(self.server.token_endpoint, urlencode(form).encode(), FORM, known)
        token = parse_as(answer.body, TokenResponse)
        # A token that should be bound to our key and is not would be worth something to a thief [RFC 9449 5].
        expected = "bearer" if sender is None else DPOP.lower()
        if token.token_type.lower() != expected or not token.access_token:
            raise Malformed(REFUSED, "not a token of the kind that was asked for")
        expires_at = None if token.expires_in is None else self.clock() + token.expires_in
        access = Access(token.access_token, sender, None, _identifiers(token), expires_at)
        return Tokens(access, token.refresh_token)

    def post(self, url: str, body: bytes, content_type: str, access: Access = NO_ACCESS) -> Answer:
        """Raises Unmet with the issuer's code, Unreachable."""
        answer = self._send(url, body, content_type, access)
        answered: set[str] = set()
        while (asked := access.hear(answer)) and asked not in answered:
            answered.add(asked)
            answer = self._send(url, body, content_type, access)
        if answer.status not in {200, 201, 202, 204}:
            raise Unmet(_error(answer), f"status {answer.status}")
        return answer

    def _collect(self, url: str, message: Mapping[str, Any], access: Access) -> CredentialResponse | Later:
        """Encrypted both ways where that is due, with a key for this request alone."""
        envelope = envelope_for(self.metadata, wanted=self.encrypts)
        body, content_type = envelope.seal(dump({**message, **envelope.wish}))
        answer = self.post(url, body, content_type, access)
        return _collected(answer.status, envelope, answer)

    def _send(self, url: str, body: bytes, content_type: str, access: Access) -> Answer:
        headers = access.headers(url)
        return self.fetch.post(url, body, content_type=content_type, limit=MAX_CREDENTIALS, headers=headers)


def open_issuer(powers: Powers, identifier: str, named_server: str | None) -> Issuer:
    """Fetches and checks the metadata of an issuer and of its authorization server, the one that an offer named or else the
    first. Raises Refusal, Unreachable."""
    # 1 the document at its one place speaks for this issuer, byte for byte [OID4VCI 12.2.2-12.2.3]
    metadata = parse_issuer_metadata(_document(powers, identifier), issuer=identifier)
    # 2 endpoints on its own origin [P]
    _check_endpoints(powers, identifier, metadata)
    # 3 the authorization server the offer means [OID4VCI 4.1.1, 12.2.4]
    server = _authorization_server(powers, identifier, named_server, metadata)
    attested, encrypts = powers.attester is not None, powers.encrypts
    issuer = Issuer(powers.fetch, powers.clock, identifier, metadata, server, None, attested, encrypts)
    return replace(issuer, client=_client(powers, issuer))


def _document(powers: Powers, identifier: str) -> bytes:
    """Signed, where policy wants that: then nothing else will do [OID4VCI 12.2.3; HAIP 4.1]."""
    url = well_known_url(identifier, WELL_KNOWN)
    if not powers.signed_metadata:
        return _get(powers.fetch, url).body
    answer, anchors = _get(powers.fetch, url, SIGNED), powers.anchors()
    try:
        token = answer.body.decode("ascii").strip()
    except UnicodeDecodeError:
        raise Malformed(INVALID_METADATA, "not a signed document") from None
    trusted = anchors.certificates(Purpose.ISSUANCE)
    document, chain = verify_metadata(token, issuer=identifier, anchors=trusted, now=powers.clock())
    if identifier not in anchors.names_of(Purpose.ISSUANCE, chain.anchor) or identifier not in chain.uris:
        raise Untrusted(INVALID_METADATA, "signed by another issuer")
    return document


def _client(powers: Powers, issuer: Issuer) -> ClientProof | None:
    """Who we are, to a server that wants to know; with a challenge of its own where it gives any."""
    server = issuer.server
    if powers.client is None or ATTESTED_CLIENT not in server.token_endpoint_auth_methods_supported:
        return None
    client = prove_client(powers.client.attester, server.issuer, powers.clock, powers.random)
    if server.challenge_endpoint is not None:
        answer = issuer.post(server.challenge_endpoint, b"", FORM)
        if not client.take(parse_as(answer.body, Challenge).attestation_challenge):
            raise Malformed(INVALID_METADATA, "no challenge")
    return client


def _collected(status: int, envelope: Envelope, answer: Answer) -> CredentialResponse | Later:
    plain = envelope.open(answer, limit=MAX_CREDENTIALS)
    if status != 202:
        return parse_as(plain, CredentialResponse, limit=MAX_CREDENTIALS)
    later = parse_as(plain, _Later)
    if not later.transaction_id or not 0 < later.interval <= MAX_INTERVAL:
        raise Malformed(REFUSED, "no way to ask again")
    return Later(later.transaction_id, ceil(later.interval))


def _identifiers(token: TokenResponse) -> dict[str, tuple[str, ...]]:
    """What the credentials of each configuration are called, if they have names [OID4VCI 6.2]."""
    found: dict[str, tuple[str, ...]] = {}
    for detail in token.authorization_details:
        configuration, names = detail.get("credential_configuration_id"), detail.get("credential_identifiers")
        if detail.get("type") != CREDENTIAL_DETAIL or not isinstance(configuration, str) or not isinstance(names, list):
            continue
        found[configuration] = tuple(name for name in names if isinstance(name, str))
    return {configuration: names for configuration, names in found.items() if names}


def proof_types_of(configuration: Configuration) -> tuple[str, ...]:
    """The proof types of ours that the configuration takes, in the order we prefer them: without attestation what can be."""
    offered = configuration.proof_types_supported
    wanted = (ATTESTATION, JWT) if configuration.needs_attestation else (JWT,)
    return tuple(name for name in wanted if name in offered and "ES256" in offered[name].proof_signing_alg_values_supported)


def _check_endpoints(powers: Powers, issuer: str, metadata: IssuerMetadata) -> None:
    origin = check_address(issuer, INVALID_METADATA, demo=powers.demo)
    endpoints = (
        metadata.credential_endpoint,
        metadata.nonce_endpoint,
        metadata.deferred_credential_endpoint,
        metadata.notification_endpoint,
        metadata.sinwon_certificate_endpoint,
    )
    for url in endpoints:
        if url is not None and check_address(url, INVALID_METADATA, demo=powers.demo) != origin:
            raise Unmet(INVALID_METADATA, "an endpoint on another origin")


def _authorization_server(
    powers: Powers, issuer: str, wanted: str | None, metadata: IssuerMetadata
) -> AuthorizationServerMetadata:
    servers = metadata.authorization_servers or (issuer,)
    named = wanted or servers[0]
    if named not in servers:
        raise Unmet(INVALID_METADATA, "the offer names an authorization server the issuer does not")
    origin = check_address(issuer, INVALID_METADATA, demo=powers.demo)
    if check_address(named, INVALID_METADATA, demo=powers.demo) != origin:
        raise Unmet(INVALID_METADATA, "an authorization server on another origin")
    server = parse_metadata(_get(powers.fetch, well_known_url(named, AS_WELL_KNOWN)).body, issuer=named)
    endpoints = (
        server.token_endpoint,
        server.authorization_endpoint,
        server.pushed_authorization_request_endpoint,
        server.challenge_endpoint,
    )
    for url in endpoints:
        if url is not None and check_address(url, INVALID_METADATA, demo=powers.demo) != origin:
            raise Unmet(INVALID_METADATA, "an endpoint of the authorization server on another origin")
    return server


def _get(fetch: Fetch, url: str, media_type: str = JSON) -> Answer:
    answer = fetch.get(url, accept=media_type, limit=MAX_METADATA if media_type == JSON else MAX_TOKEN)
    if answer.status != 200 or answer.media_type != media_type:
        raise Malformed(INVALID_METADATA, f"no metadata there: status {answer.status}")
    return answer


def _error(answer: Answer) -> str:
    """The issuer's error code, if it is one."""
    try:
        members: Mapping[str, Any] = parse_object(answer.body)
    except Malformed:
        return REFUSED
    code = members.get("error")
    return code if isinstance(code, str) and ERROR_CODE.match(code) else REFUSED
