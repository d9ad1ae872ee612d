"""Small files that survive a restart: the documents a follower accepted, and the state of a headless wallet.

Both are written beside and moved into place, so that a crash leaves the old or the new and never half. The wallet's file holds
private keys: only its owner can read it, and one that others can read is refused.
"""

from hashlib import sha256
from os import O_CREAT, O_EXCL, O_WRONLY, fsync
from os import open as open_descriptor
from pathlib import Path
from typing import Final

from sinwon.core.refusal import Fault

OWNER_ONLY: Final = 0o600
OTHERS: Final = 0o077


class DocumentFolder:
    """Implements protocols.trust.follow.Memory: one file for each document of one publisher."""

    def __init__(self, folder: Path, origin: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._origin = origin

    def recall(self, document: str) -> str | None:
        try:
            return self._path(document).read_text("ascii")
        except (FileNotFoundError, UnicodeDecodeError):
            return None

    def remember(self, document: str, token: str) -> None:
        _replace(self._path(document), token.encode("ascii"))

    def _path(self, document: str) -> Path:
        name = sha256(f"{self._origin}\x00{document}".encode()).hexdigest()[:32]
        return self._folder / f"{name}.jwt"


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
