"""The issuer's public documents: its metadata, plain and signed, and that of its authorization server, served as bytes."""

from typing import Final

from sinwon.core.strict_json import dump
from sinwon.protocols.oauth.client_authentication.assertion import METHOD as PRIVATE_KEY_JWT
from sinwon.protocols.oauth.client_authentication.attestation import ALGORITHMS as ATTESTATION_ALGORITHMS
from sinwon.protocols.oauth.client_authentication.attestation import METHOD as ATTESTED
from sinwon.protocols.oauth.dpop import ALGORITHMS
from sinwon.protocols.oauth.grants.authorization_code import GRANT_TYPE as CODE
from sinwon.protocols.oauth.grants.pre_authorized import GRANT_TYPE as PRE_AUTHORIZED
from sinwon.protocols.oauth.grants.refresh_token import GRANT_TYPE as REFRESH
from sinwon.protocols.oauth.metadata import AuthorizationServerMetadata
from sinwon.protocols.oauth.pkce import METHOD as PKCE
from sinwon.protocols.own_certificate import PATH as CERTIFICATE_PATH
from sinwon.protocols.vci.authorization_details import TYPE as DETAILS_TYPE
from sinwon.protocols.vci.configurations import ISSUER_DISPLAY, configurations
from sinwon.protocols.vci.encryption import request_encryption, response_encryption
from sinwon.protocols.vci.metadata import BatchIssuance, IssuerMetadata
from sinwon.protocols.vci.signed_metadata import sign_metadata
from sinwon.services.issuance.issuer import (
    AUTHORIZE_PATH,
    CHALLENGE_PATH,
    CREDENTIAL_PATH,
    DEFERRED_PATH,
    NONCE_PATH,
    NOTIFICATION_PATH,
    PAR_PATH,
    TOKEN_PATH,
    Issuer,
)
from sinwon.services.issuance.request_key import request_key, request_key_id

RENEWAL: Final = 3600  # seconds: signed metadata are good for a day, and at most this old when they are given


def issuer_metadata(issuer: Issuer) -> bytes:
    """[OID4VCI 12.2.4]"""
    key, required = request_key(issuer), issuer.settings.encryption_required
    return dump(
        IssuerMetadata(
            credential_issuer=issuer.origin,
            credential_endpoint=issuer.origin + CREDENTIAL_PATH,
            nonce_endpoint=issuer.origin + NONCE_PATH,
            deferred_credential_endpoint=issuer.origin + DEFERRED_PATH,
            notification_endpoint=issuer.origin + NOTIFICATION_PATH,
            credential_request_encryption=request_encryption(key.public_jwk, request_key_id(key), required=required),
            credential_response_encryption=response_encryption(required=required),
            batch_credential_issuance=BatchIssuance(issuer.settings.batch_size),
            display=ISSUER_DISPLAY,
            credential_configurations_supported=configurations(issuer.settings.attested),
            sinwon_certificate_endpoint=issuer.origin + CERTIFICATE_PATH,
        )
    )


class SignedMetadata:
    """The issuer's metadata, signed anew when they have become old [OID4VCI 12.2.3]."""

    def __init__(self, issuer: Issuer, metadata: bytes) -> None:
        self._issuer = issuer
        self._metadata = metadata
        self._signed = (0, b"")

    def token(self) -> bytes:
        now = self._issuer.clock()
        begun, token = self._signed
        if not begun <= now < begun + RENEWAL:
            token = sign_metadata(self._metadata, issuer=self._issuer.origin, by=self._issuer.signer, now=now).encode()
            self._signed = (now, token)
        return token


def authorization_server_metadata(issuer: Issuer) -> bytes:
    """[RFC 8414 §2], [RFC 9449 §5.1], [RFC 9126 §5], [RFC 9207 §3], [OID4VCI 12.3]"""
    anonymous = issuer.settings.anonymous_wallets
    return dump(
        AuthorizationServerMetadata(
            issuer=issuer.origin,
            token_endpoint=issuer.origin + TOKEN_PATH,
            authorization_endpoint=issuer.origin + AUTHORIZE_PATH,
            pushed_authorization_request_endpoint=issuer.origin + PAR_PATH,
            require_pushed_authorization_requests=True,
            authorization_response_iss_parameter_supported=True,
            response_types_supported=("code",),
            code_challenge_methods_supported=(PKCE,),
            grant_types_supported=(CODE, PRE_AUTHORIZED, REFRESH),
            token_endpoint_auth_methods_supported=(ATTESTED, PRIVATE_KEY_JWT, *(("none",) if anonymous else ())),
            token_endpoint_auth_signing_alg_values_supported=ALGORITHMS,
            client_attestation_signing_alg_values_supported=ATTESTATION_ALGORITHMS,
            client_attestation_pop_signing_alg_values_supported=ATTESTATION_ALGORITHMS,
            challenge_endpoint=issuer.origin + CHALLENGE_PATH,
            authorization_details_types_supported=(DETAILS_TYPE,),
            dpop_signing_alg_values_supported=ALGORITHMS,
            anonymous_pre_authorized=anonymous,
        )
    )
