"""The token endpoint's messages (RFC 6749 §4.1.3, §5.1), whatever the grant: which grant is asked for, and the answer.

One grant is one module of `grants`; this one only tells them apart. Unknown parameters are ignored [RFC 6749 §3.2].
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from sinwon.core.refusal import Malformed, Unmet
from sinwon.protocols.oauth.errors import INVALID_REQUEST, UNSUPPORTED_GRANT_TYPE


class TokenResponse(msgspec.Struct, frozen=True, omit_defaults=True):
    access_token: str
    token_type: str
    expires_in: int | None = None
    """Recommended; not every server says it [RFC 6749 §5.1]."""
    id_token: str | None = None
    scope: str | None = None
    refresh_token: str | None = None
    authorization_details: tuple[dict[str, Any], ...] = ()
    """What was granted, where the request said it in such details (RFC 9396 §7)."""


def check_grant_type(form: Mapping[str, str], *supported: str) -> str:
    """The grant type, one of `supported`. Raises Malformed, Unmet."""
    grant_type = required(form, "grant_type")
    if grant_type not in supported:
        raise Unmet(UNSUPPORTED_GRANT_TYPE, "grant type not offered")
    return grant_type


def required(form: Mapping[str, str], name: str) -> str:
    """A parameter that must be there; an empty one counts as absent [RFC 6749 §3.2]. Raises Malformed."""
    value = form.get(name)
    if not value:
        raise Malformed(INVALID_REQUEST, f"{name} is missing")
    return value
