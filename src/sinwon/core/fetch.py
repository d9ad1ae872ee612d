"""The port for every outbound request. The one implementation with all limits is `sinwon.adapters.fetch`.

Bounds that hold for every call: https only (plain http to loopback in the demo profile), 3 s to connect, 5 s in all, no
redirects followed, bodies cut off at `limit` bytes, no ambient proxy or credentials, public addresses only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from sinwon.core.refusal import Fault

BODY_LIMIT: Final = 256 * 1024
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
"""The names of this machine: the only hosts that plain http may ever go to."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Unreachable(Fault):
    """No usable answer: refused by our own rules, timed out, too large, or the network failed."""


class Fetch(Protocol):
    def get(self, url: str, *, accept: str, limit: int = BODY_LIMIT, headers: Mapping[str, str] | None = None) -> Answer:
        """Raises Unreachable."""
        ...

    def post(
        self,
        url: str,
        body: bytes,
        *,
        content_type: str,
        accept: str = "application/json",
        limit: int = BODY_LIMIT,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Raises Unreachable."""
        ...
