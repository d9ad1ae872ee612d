"""The cookie that ties what a person began to one browser: a secret, for this host alone, never readable by scripts.

Its name carries the role, since ports do not separate cookies. `Lax`, because the way to us, and back from a wallet, is a link.
"""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response


@dataclass(frozen=True, slots=True)
class BrowserCookie:
    role: str
    origin: str
    seconds: int

    @property
    def name(self) -> str:
        """With the prefix that browsers keep to one host, where there is https."""
        return f"__Host-sinwon-{self.role}" if self._is_secure else f"sinwon-{self.role}"

    def read(self, request: Request) -> str | None:
        return request.cookies.get(self.name)

    def remember(self, response: Response, secret: str) -> None:
        secure = self._is_secure
        response.set_cookie(self.name, secret, max_age=self.seconds, path="/", secure=secure, httponly=True, samesite="lax")

    @property
    def _is_secure(self) -> bool:
        return self.origin.startswith("https://")
