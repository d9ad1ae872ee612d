"""Everything a harness must be given, as one JSON object: identifiers byte for byte, endpoints, clients, anchors as PEM."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sinwon.cli.wiring import read_pem
from sinwon.config import Config
from sinwon.conformance.citizen import TX_CODE
from sinwon.conformance.desk import OFFERS
from sinwon.conformance.plan import DEFERRED, SERVICE, Harness
from sinwon.conformance.presentations import OPEN, RESULT, START
from sinwon.protocols.oauth.metadata import WELL_KNOWN, well_known_url
from sinwon.protocols.vci.configurations import ISSUED
from sinwon.protocols.vci.metadata import WELL_KNOWN as ISSUER_WELL_KNOWN
from sinwon.protocols.vp.client_identifier import X509_SAN_DNS, x509_hash
from sinwon.protocols.vp.description import FOREIGN, Prefix


def identifiers(config: Config, harness: Harness, desk: str) -> dict[str, Any]:
    issuer, gateway = config.issuer.origin, config.gateway.origin
    return {
        "profile": config.profile,
        "harness": {"callbacks": [harness.callback, harness.second_callback]},
        "issuer": {
            "credential_issuer": issuer,
            "metadata": well_known_url(issuer, ISSUER_WELL_KNOWN),
            "authorization_server": issuer,
            "authorization_server_metadata": well_known_url(issuer, WELL_KNOWN),
            "credential_configurations": {
                name: {"format": issued.format, "key_attestation_required": issued.attested, "deferred": name == DEFERRED}
                for name, issued in ISSUED.items()
            },
            "offers": desk + OFFERS,
            "tx_code": TX_CODE,
        },
        "verifier": {
            "start": desk + START,
            "open": desk + OPEN,
            "result": desk + RESULT,
            "profiles": sorted(FOREIGN),
            "client_id_prefixes": {prefix.value: _client_id(config, prefix) for prefix in Prefix},
        },
        "provider": {"issuer": gateway, "discovery": f"{gateway}/.well-known/openid-configuration"},
        "trust": {"trust_list": f"{config.trust.origin}/trust-list.jwt", "operator_key": _text(config.operator_key)},
        "anchors": _anchors(config),
    }


def _client_id(config: Config, prefix: Prefix) -> str | None:
    """Ours; None where it is another for each request."""
    if prefix is Prefix.REDIRECT_URI:
        return None
    if prefix is Prefix.X509_SAN_DNS:
        return X509_SAN_DNS + (urlsplit(config.gateway.origin).hostname or "")
    return x509_hash(read_pem(Path(config.gateway.access[SERVICE].chain[0])))


def _anchors(config: Config) -> dict[str, str]:
    """By what they vouch for."""
    folder = Path(config.trust.authorities)
    found = {name: _text(folder / f"{file}-authority.pem") for name, file in AUTHORITIES.items()}
    if config.tls is not None and config.tls.authority is not None:
        found["tls"] = _text(config.tls.authority)
    return found


AUTHORITIES = {"credentials": "issuing", "status_lists": "status", "request_objects": "access"}


def _text(path: str | Path) -> str:
    return Path(path).read_text(encoding="utf-8")
