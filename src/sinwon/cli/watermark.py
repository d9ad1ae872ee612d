"""How far the issuer's audit trail went, remembered beside the database and not in it: a restored backup falls short of it."""

from os import getpid
from pathlib import Path
from typing import Final

from sinwon.core.refusal import Fault

NAME: Final = "issuer-position"


class Watermark:
    """A file in `folder` with one number."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / NAME

    def read(self) -> int:
        """0 when nothing was remembered yet. Raises Fault."""
        try:
            return int(self._file.read_text("ascii"))
        except FileNotFoundError:
            return 0
        except ValueError:
            raise Fault(f"{self._file} is not a number") from None

    def write(self, position: int) -> None:
        """All or nothing."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._file.with_suffix(f".{getpid()}")
        fresh.write_text(f"{position}\n", "ascii")
        fresh.replace(self._file)
