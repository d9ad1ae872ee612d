"""What OpenID Connect adds to an authorization request (OpenID Connect Core 1.0 §3.1.2.1).

Every sign-in is a fresh presentation of the certificate: there is no session to fall back on, so `prompt=login` and any
`max_age` hold by themselves and `prompt=none` cannot. `acr_values`, `login_hint`, `display` and the rest are wishes we
need not grant; the ID token tells what was reached. Scope here is `openid` and one purpose of the catalogue.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sinwon.core.refusal import Unmet
from sinwon.protocols.oauth.errors import INVALID_REQUEST, INVALID_SCOPE, LOGIN_REQUIRED

OPENID: Final = "openid"
DEFAULT_PRESET: Final = "login-basic"
STANDARD_SCOPES: Final = frozenset({"profile", "email", "address", "phone", "offline_access"})
"""Ignored: many client libraries ask for some of them by default, and what is sent follows from the purpose alone."""
PROMPTS: Final = frozenset({"none", "login", "consent", "select_account"})
MAX_AGE_DIGITS: Final = 10


@dataclass(frozen=True, slots=True)
class AuthenticationRequest:
    nonce: str | None
    preset: str
    language: str | None
    """`ko` or `en`, if one of them is wished for."""


def check_authentication_request(parameters: Mapping[str, str], scope: tuple[str, ...]) -> AuthenticationRequest:
    """The rules that hold for every client. Raises Unmet, whose code may go to the redirect URI."""
    # 1 all parameters are here, none in an object elsewhere [OIDC Core 6, 3.1.2.6]
    if "request" in parameters:
        raise Unmet("request_not_supported", "request object")
    if "request_uri" in parameters:
        raise Unmet("request_uri_not_supported", "request object by reference")
    # 2 authentication for one purpose [OIDC Core 3.1.2.1; ours]
    preset = _preset(scope)
    # 3 nothing is possible without the person [OIDC Core 3.1.2.3, 3.1.2.6]
    _check_prompt(parameters.get("prompt"))
    _check_max_age(parameters.get("max_age"))
    return AuthenticationRequest(parameters.get("nonce"), preset, _language(parameters.get("ui_locales", "")))


def _preset(scope: tuple[str, ...]) -> str:
    if OPENID not in scope:
        raise Unmet(INVALID_SCOPE, "openid missing")
    presets = set(scope) - {OPENID} - STANDARD_SCOPES
    if len(presets) > 1:
        raise Unmet(INVALID_SCOPE, "more than one purpose")
    return presets.pop() if presets else DEFAULT_PRESET


def _check_prompt(text: str | None) -> None:
    prompts = set((text or "").split(" ")) - {""}
    if not prompts <= PROMPTS or ("none" in prompts and len(prompts) > 1):
        raise Unmet(INVALID_REQUEST, "prompt")
    if "none" in prompts:
        raise Unmet(LOGIN_REQUIRED, "prompt=none, and every sign-in is a presentation")


def _check_max_age(text: str | None) -> None:
    if text is not None and not (text.isascii() and text.isdigit() and len(text) <= MAX_AGE_DIGITS):
        raise Unmet(INVALID_REQUEST, "max_age is not a number of seconds")


def _language(ui_locales: str) -> str | None:
    """The first wish that we speak."""
    wishes = (tag.partition("-")[0].lower() for tag in ui_locales.split())
    return next((tag for tag in wishes if tag in {"ko", "en"}), None)
