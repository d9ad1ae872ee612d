"""The issuer's public documents: its metadata and that of its authorization server, made once and served as bytes."""

from typing import Final

from sinwon.core.strict_json import dump
from sinwon.protocols.oauth.dpop import ALGORITHMS
from sinwon.protocols.oauth.grants.pre_authorized import GRANT_TYPE as PRE_AUTHORIZED
from sinwon.protocols.oauth.grants.refresh_token import GRANT_TYPE as REFRESH
from sinwon.protocols.oauth.metadata import AuthorizationServerMetadata
from sinwon.protocols.own_certificate import PATH as CERTIFICATE_PATH
from sinwon.protocols.vci.configurations import ISSUER_DISPLAY, configurations
from sinwon.protocols.vci.metadata import BatchIssuance, IssuerMetadata
from sinwon.services.issuance.issuer import CREDENTIAL_PATH, NONCE_PATH, NOTIFICATION_PATH, TOKEN_PATH, Issuer

DETAILS_TYPE: Final = "openid_credential"


def issuer_metadata(issuer: Issuer) -> bytes:
    """[OID4VCI 12.2.4]"""
    return dump(
        IssuerMetadata(
            credential_issuer=issuer.origin,
            credential_endpoint=issuer.origin + CREDENTIAL_PATH,
            nonce_endpoint=issuer.origin + NONCE_PATH,
            notification_endpoint=issuer.origin + NOTIFICATION_PATH,
            batch_credential_issuance=BatchIssuance(issuer.settings.batch_size),
            display=ISSUER_DISPLAY,
            credential_configurations_supported=configurations(issuer.settings.attested),
            sinwon_certificate_endpoint=issuer.origin + CERTIFICATE_PATH,
        )
    )


def authorization_server_metadata(issuer: Issuer) -> bytes:
    """[RFC 8414 §2], [RFC 9449 §5.1], [OID4VCI 12.3]. Our configurations have no scope, so the type of authorization details is
    named."""
    return dump(
        AuthorizationServerMetadata(
            issuer=issuer.origin,
            token_endpoint=issuer.origin + TOKEN_PATH,
            response_types_supported=(),
            grant_types_supported=(PRE_AUTHORIZED, REFRESH),
            token_endpoint_auth_methods_supported=("none",),
            authorization_details_types_supported=(DETAILS_TYPE,),
            dpop_signing_alg_values_supported=ALGORITHMS,
            anonymous_pre_authorized=True,
        )
    )
