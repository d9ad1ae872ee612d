"""The issuer as a wallet sees it (OpenID4VCI 1.0 §12.2, §6, §7, §11): its metadata checked, its endpoints called.

A request that is refused for the lack of a DPoP nonce is sent again with it, once (RFC 9449 §8).

Every endpoint must lie on the issuer's own origin [P]: metadata cannot send a code or a token elsewhere.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from re import compile as pattern
from typing import Any, Final
from urllib.parse import urlencode

from sinwon.core.fetch import Answer, Fetch, Unreachable
from sinwon.core.refusal import Malformed, Refusal, Unmet
from sinwon.core.strict_json import dump, parse_as, parse_object
from sinwon.holder.access import Access, Sender, Tokens
from sinwon.holder.formats import FORMATS
from sinwon.holder.offer import OfferView
from sinwon.holder.powers import Powers, check_address
from sinwon.protocols.oauth.dpop import TOKEN_TYPE as DPOP
from sinwon.protocols.oauth.grants.pre_authorized import GRANT_TYPE as PRE_AUTHORIZED
from sinwon.protocols.oauth.grants.refresh_token import GRANT_TYPE as REFRESH
from sinwon.protocols.oauth.metadata import WELL_KNOWN as AS_WELL_KNOWN
from sinwon.protocols.oauth.metadata import AuthorizationServerMetadata, parse_metadata, well_known_url
from sinwon.protocols.oauth.token_request import TokenResponse
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

JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"
MAX_CREDENTIALS: Final = 4 * 1024 * 1024  # a full batch with portraits
ERROR_CODE: Final = pattern(r"[a-z_]{1,64}\Z")
REFUSED: Final = "issuer_refused"
NO_ACCESS: Final = Access()


@dataclass(frozen=True, slots=True)
class Issuer:
    """An issuer whose metadata speaks for itself, and for nobody else."""

    fetch: Fetch
    identifier: str
    metadata: IssuerMetadata
    token_endpoint: str
    binds_tokens: bool
    """Whether it gives tokens that are bound to a key of ours [RFC 9449 §5.1]."""
    attested: bool = False
    """Whether somebody vouches for our keys."""

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
        form = {"grant_type": PRE_AUTHORIZED, "pre-authorized_code": offer.grant.code}
        if offer.tx_code is not None:
            if not tx_code:
                raise Unmet("tx_code_required", "the offer asks for the code that was chosen")
            form["tx_code"] = tx_code
        return self._tokens(form, sender)

    def refresh(self, refresh_token: str, sender: Sender) -> Tokens:
        """New tokens for an old one [RFC 6749 §6]. Raises Unmet with the issuer's code."""
        return self._tokens({"grant_type": REFRESH, "refresh_token": refresh_token}, sender)

    def nonce(self) -> str:
        """[OID4VCI 7.1]"""
        if self.metadata.nonce_endpoint is None:
            raise Unmet(INVALID_METADATA, "no nonce endpoint")
        return parse_as(self.post(self.metadata.nonce_endpoint, b"", FORM).body, NonceResponse).c_nonce

    def request(self, access: Access, configuration_id: str, proofs: Mapping[str, Sequence[str]]) -> CredentialResponse:
        """`proofs` by type [OID4VCI 8.2]. Raises Unmet with the issuer's code."""
        body = dump({"credential_configuration_id": configuration_id, "proofs": proofs})
        answer = self.post(self.metadata.credential_endpoint, body, JSON, access)
        return parse_as(answer.body, CredentialResponse, limit=MAX_CREDENTIALS)

    def notify(self, access: Access, notification_id: str | None, event: str) -> None:
        """Tells the issuer what became of the credentials; nothing depends on it being heard [OID4VCI 11]."""
        if notification_id is None or self.metadata.notification_endpoint is None:
            return
        message = dump({"notification_id": notification_id, "event": event})
        try:
            self.post(self.metadata.notification_endpoint, message, JSON, access)
        except (Refusal, Unreachable):
            return

    def _tokens(self, form: Mapping[str, str], sender: Sender | None) -> Tokens:
        answer = self.post(self.token_endpoint, urlencode(form).encode(), FORM, Access(sender=sender))
        token = parse_as(answer.body, TokenResponse)
        # A token that should be bound to our key and is not would be worth something to a thief [RFC 9449 5].
        expected = "bearer" if sender is None else DPOP.lower()
        if token.token_type.lower() != expected or not token.access_token:
            raise Malformed(REFUSED, "not a token of the kind that was asked for")
        return Tokens(Access(token.access_token, sender), token.refresh_token)

    def post(self, url: str, body: bytes, content_type: str, access: Access = NO_ACCESS) -> Answer:
        """Raises Unmet with the issuer's code, Unreachable."""
        answer = self._send(url, body, content_type, access)
        if access.sender is not None and access.sender.hear(answer):
            answer = self._send(url, body, content_type, access)
            access.sender.hear(answer)
        if answer.status not in {200, 201, 204}:
            raise Unmet(_error(answer), f"status {answer.status}")
        return answer

    def _send(self, url: str, body: bytes, content_type: str, access: Access) -> Answer:
        headers = access.headers(url)
        return self.fetch.post(url, body, content_type=content_type, limit=MAX_CREDENTIALS, headers=headers)


def open_issuer(powers: Powers, identifier: str, named_server: str | None) -> Issuer:
    """Fetches and checks the metadata of an issuer and of its authorization server, the one that an offer named or else the
    first. Raises Refusal, Unreachable."""
    # 1 the document at its one place speaks for this issuer, byte for byte [OID4VCI 12.2.2-12.2.3]
    answer = _get(powers.fetch, well_known_url(identifier, WELL_KNOWN))
    metadata = parse_issuer_metadata(answer.body, issuer=identifier)
    # 2 endpoints on its own origin [P]
    _check_endpoints(powers, identifier, metadata)
    # 3 the authorization server the offer means [OID4VCI 4.1.1, 12.2.4]
    server = _authorization_server(powers, identifier, named_server, metadata)
    binds_tokens = "ES256" in server.dpop_signing_alg_values_supported
    return Issuer(powers.fetch, identifier, metadata, server.token_endpoint, binds_tokens, powers.attester is not None)


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
    if check_address(server.token_endpoint, INVALID_METADATA, demo=powers.demo) != origin:
        raise Unmet(INVALID_METADATA, "a token endpoint on another origin")
    if not server.anonymous_pre_authorized:
        raise Unmet(INVALID_METADATA, "anonymous access with a pre-authorized code is not offered")
    return server


def _get(fetch: Fetch, url: str) -> Answer:
    answer = fetch.get(url, accept=JSON, limit=MAX_METADATA)
    if answer.status != 200 or answer.media_type != JSON:
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
