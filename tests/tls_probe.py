"""A TLS client that would agree to anything, to see what a server does agree to."""

import socket
import ssl
from pathlib import Path
from typing import Final

REFUSED: Final = r"ALERT|EOF"
"""By the server: it says why, or hangs up."""
SUITES_12: Final = ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384")
OTHER_SUITES: Final = (
    "ECDHE-ECDSA-AES128-SHA256",
    "ECDHE-ECDSA-AES256-SHA",
    "ECDHE-ECDSA-AES256-CCM",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "AES128-GCM-SHA256",
)


def shake(
    host: str, port: int, authority: Path, *, newest: ssl.TLSVersion | None = None, ciphers: str | None = None
) -> tuple[str, str]:
    """Version and suite that a handshake ends with. Raises SSLError."""
    context = ssl.create_default_context(cafile=str(authority))
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.maximum_version = newest or ssl.TLSVersion.MAXIMUM_SUPPORTED
    context.set_ciphers(f"{ciphers or 'ALL'}:@SECLEVEL=0")
    with socket.create_connection((host, port), 5) as plain, context.wrap_socket(plain, server_hostname=host) as secure:
        cipher = secure.cipher()
        assert cipher is not None
        return secure.version() or "", cipher[0]
