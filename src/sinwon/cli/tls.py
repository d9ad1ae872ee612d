"""TLS where roles speak it themselves (BCP 195; FAPI 2.0 Security Profile §5.2): 1.3, and 1.2 with forward secrecy and AEAD.

A deployment behind a proxy leaves it to that; nothing else in here knows whether there is one. Client certificates are not
asked for.
"""

from pathlib import Path
from ssl import OP_NO_COMPRESSION, OP_NO_RENEGOTIATION, PROTOCOL_TLS_SERVER, SSLContext, SSLError, TLSVersion
from typing import Final

import httpx2

from sinwon.core.refusal import Fault

TLS12_SUITES: Final = "ECDHE+AESGCM"
"""Of TLS 1.2; all suites of 1.3 are fit."""


def server_context(certificates: Path, key: Path) -> SSLContext:
    """For a server with this PEM chain, leaf first, and its key. Raises Fault."""
    context = SSLContext(PROTOCOL_TLS_SERVER)
    context.minimum_version = TLSVersion.TLSv1_2
    context.set_ciphers(TLS12_SUITES)
    context.options |= OP_NO_COMPRESSION | OP_NO_RENEGOTIATION
    try:
        context.load_cert_chain(certificates, key)
    except (OSError, SSLError) as error:
        raise Fault(f"TLS certificate or key: {error}") from None
    return context


def client_context(authority: Path | None) -> SSLContext:
    """For outbound requests: the public authorities, and with them a deployment's own. Raises Fault."""
    context = httpx2.create_ssl_context(trust_env=False)
    if authority is not None:
        try:
            context.load_verify_locations(authority)
        except (OSError, SSLError) as error:
            raise Fault(f"TLS authority: {error}") from None
    return context
