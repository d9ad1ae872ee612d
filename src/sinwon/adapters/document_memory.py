"""Where a role keeps the trust documents it accepted: a restart forgets no sequence number (protocols.trust.follow)."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class DocumentMemory:
    """A Memory: one file per document, replaced whole or not at all."""

    folder: Path

    def recall(self, document: str) -> str | None:
        try:
            return self._file(document).read_text("ascii")
        except FileNotFoundError:
            return None

    def remember(self, document: str, token: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self._file(document).with_suffix(".part")
        part.write_text(token, "ascii")
        part.replace(self._file(document))

    def _file(self, document: str) -> Path:
        return self.folder / f"{document.replace(' ', '-')}.jwt"
