"""Keys by URI: where a private key lives is configuration, what it does is a Signer.

`file:/path/name.key` is a PKCS#8 DER file (or 32 raw bytes for a master key) readable by its owner only. Hardware keys
(`pkcs11:`, RFC 7512) join here.
"""

from os import O_CREAT, O_EXCL, O_WRONLY
from os import open as open_descriptor
from pathlib import Path
from typing import Final

from sinwon.core.refusal import Fault
from sinwon.keys.rsa import RsaKey, load_rsa_key
from sinwon.keys.seal import MasterKey
from sinwon.keys.software import SoftwareKey, load_key

OWNER_ONLY: Final = 0o600


def open_signer(uri: str) -> SoftwareKey:
    """The P-256 key at `uri`. Raises Fault."""
    return load_key(_read(uri))


def open_rsa_signer(uri: str) -> RsaKey:
    """The RSA key at `uri`. Raises Fault."""
    return load_rsa_key(_read(uri))


def open_master(uri: str) -> MasterKey:
    """The 32-byte master key at `uri`. Raises Fault."""
    return MasterKey(_read(uri))


def write_key(uri: str, data: bytes) -> None:
    """Creates the key file; refuses to replace one. Raises Fault, FileExistsError."""
    path = _path(uri)
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(open_descriptor(path, O_WRONLY | O_CREAT | O_EXCL, OWNER_ONLY), "wb") as file:  # noqa: PTH123 (needs the mode at creation)
        file.write(data)


def _read(uri: str) -> bytes:
    path = _path(uri)
    if path.stat().st_mode & 0o077:
        raise Fault(f"key file {path} is readable by others")
    return path.read_bytes()


def _path(uri: str) -> Path:
    if not uri.startswith("file:/"):
        raise Fault("a key URI begins with file:/")
    return Path(uri.removeprefix("file:"))
