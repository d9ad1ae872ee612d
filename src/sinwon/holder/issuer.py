"""The issuer as a wallet sees it (OpenID4VCI 1.0 §12.2, §6, §7, §11): its metadata checked, its endpoints called.

Every endpoint must lie on the issuer's own origin [P]: metadata cannot send a code or a token elsewhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from re import compile as pattern
from typing import Any, Final
from urllib.parse import urlencode

from sinwon.core.fetch import Answer, Fetch, Unreachable
from sinwon.core.refusal import Malformed, Refusal, Unmet
from sinwon.core.strict_json import dump, parse_as, parse_object
from sinwon.formats.sdjwt.names import SD_JWT_VC
from sinwon.holder.offer import OfferView
from sinwon.holder.powers import Powers, check_address
from sinwon.protocols.oauth.grants.pre_authorized import GRANT_TYPE
from sinwon.protocols.oauth.metadata import WELL_KNOWN as AS_WELL_KNOWN
from sinwon.protocols.oauth.metadata import AuthorizationServerMetadata, parse_metadata, well_known_url
from sinwon.protocols.oauth.token_request import TokenResponse
from sinwon.protocols.vci.credential_request import CredentialResponse
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


@dataclass(frozen=True, slots=True)
class Issuer:
    """An issuer whose metadata speaks for itself, and for nobody else."""

    fetch: Fetch
    identifier: str
    metadata: IssuerMetadata
    token_endpoint: str

    @property
    def batch_size(self) -> int:
        batch = self.metadata.batch_credential_issuance
        return 1 if batch is None else max(1, batch.batch_size)

    def configuration(self, name: str) -> Configuration:
        """Raises Unmet for one that is not there or is not of a kind we hold."""
        found = self.metadata.credential_configurations_supported.get(name)
        if found is None or found.format != SD_JWT_VC or not found.vct:
            raise Unmet(INVALID_METADATA, "a configuration the issuer does not describe, or of another format")
        proof = found.proof_types_supported.get("jwt")
        if proof is None or "ES256" not in proof.proof_signing_alg_values_supported:
            raise Unmet(INVALID_METADATA, "a configuration without jwt proofs by ES256")
        return found

    def redeem(self, offer: OfferView, tx_code: str | None) -> str:
        """The access token for the offer's code [OID4VCI 6.1]. Raises Unmet with the issuer's code."""
        form = {"grant_type": GRANT_TYPE, "pre-authorized_code": offer.grant.code}
        if offer.tx_code is not None:
            if not tx_code:
                raise Unmet("tx_code_required", "the offer asks for the code that was chosen")
            form["tx_code"] = tx_code
        answer = self._post(self.token_endpoint, urlencode(form).encode(), FORM)
        token = parse_as(answer.body, TokenResponse)
        if token.token_type.lower() != "bearer" or not token.access_token:
            raise Malformed(REFUSED, "not a bearer token")
        return token.access_token

    def nonce(self) -> str:
        """[OID4VCI 7.1]"""
        if self.metadata.nonce_endpoint is None:
            raise Unmet(INVALID_METADATA, "no nonce endpoint")
        return parse_as(self._post(self.metadata.nonce_endpoint, b"", FORM).body, NonceResponse).c_nonce

    def request(self, token: str, configuration_id: str, proofs: Sequence[str]) -> CredentialResponse:
        """[OID4VCI 8.2] Raises Unmet with the issuer's code."""
        body = dump({"credential_configuration_id": configuration_id, "proofs": {"jwt": proofs}})
        answer = self._post(self.metadata.credential_endpoint, body, JSON, token)
        return parse_as(answer.body, CredentialResponse, limit=MAX_CREDENTIALS)

    def notify(self, token: str, notification_id: str | None, event: str) -> None:
        """Tells the issuer what became of the credentials; nothing depends on it being heard [OID4VCI 11]."""
        if notification_id is None or self.metadata.notification_endpoint is None:
            return
        message = dump({"notification_id": notification_id, "event": event})
        try:
            self._post(self.metadata.notification_endpoint, message, JSON, token)
        except (Refusal, Unreachable):
            return

    def _post(self, url: str, body: bytes, content_type: str, token: str | None = None) -> Answer:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        answer = self.fetch.post(url, body, content_type=content_type, limit=MAX_CREDENTIALS, headers=headers)
        if answer.status not in {200, 204}:
            raise Unmet(_error(answer), f"status {answer.status}")
        return answer


def open_issuer(powers: Powers, offer: OfferView) -> Issuer:
    """Fetches and checks the metadata of the offer's issuer and of its authorization server. Raises Refusal, Unreachable."""
    # 1 the document at its one place speaks for this issuer, byte for byte [OID4VCI 12.2.2-12.2.3]
    answer = _get(powers.fetch, well_known_url(offer.issuer, WELL_KNOWN))
    metadata = parse_issuer_metadata(answer.body, issuer=offer.issuer)
    # 2 endpoints on its own origin [P]
    _check_endpoints(powers, offer.issuer, metadata)
    # 3 the authorization server the offer means [OID4VCI 4.1.1, 12.2.4]
    server = _authorization_server(powers, offer, metadata)
    return Issuer(powers.fetch, offer.issuer, metadata, server.token_endpoint)


def _check_endpoints(powers: Powers, issuer: str, metadata: IssuerMetadata) -> None:
    origin = check_address(issuer, INVALID_METADATA, demo=powers.demo)
    endpoints = (metadata.credential_endpoint, metadata.nonce_endpoint, metadata.notification_endpoint)
    for url in endpoints:
        if url is not None and check_address(url, INVALID_METADATA, demo=powers.demo) != origin:
            raise Unmet(INVALID_METADATA, "an endpoint on another origin")


def _authorization_server(powers: Powers, offer: OfferView, metadata: IssuerMetadata) -> AuthorizationServerMetadata:
    servers = metadata.authorization_servers or (offer.issuer,)
    named = offer.grant.authorization_server or servers[0]
    if named not in servers:
        raise Unmet(INVALID_METADATA, "the offer names an authorization server the issuer does not")
    origin = check_address(offer.issuer, INVALID_METADATA, demo=powers.demo)
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
