"""The file of a headless wallet: its copies, their private keys, its history.

Written beside and moved into place, so that a crash leaves the old or the new and never half. Only its owner can read it, and
one that others can read is refused.
"""

from os import O_CREAT, O_EXCL, O_WRONLY, fsync
from os import open as open_descriptor
from pathlib import Path
from typing import Final

from sinwon.core.refusal import Fault

OWNER_ONLY: Final = 0o600
OTHERS: Final = 0o077


class WalletFile:
    """Implements holder.storage.Storage."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> bytes | None:
        """Raises Fault when others can read the file."""
        try:
            if self._path.stat().st_mode & OTHERS:
                raise Fault(f"wallet file {self._path} is readable by others")
            return self._path.read_bytes()
        except FileNotFoundError:
            return None

    def save(self, data: bytes) -> None:
        _replace(self._path, data)


def _replace(path: Path, data: bytes) -> None:
    beside = path.with_suffix(path.suffix + ".new")
    beside.unlink(missing_ok=True)
    with open(open_descriptor(beside, O_WRONLY | O_CREAT | O_EXCL, OWNER_ONLY), "wb") as file:  # noqa: PTH123 (needs the mode at creation)
        file.write(data)
        file.flush()
        fsync(file.fileno())
    beside.replace(path)
