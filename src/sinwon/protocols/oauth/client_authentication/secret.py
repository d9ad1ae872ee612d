"""Who calls the token endpoint: `client_secret_basic` and `client_secret_post` (RFC 6749 §2.3.1).

Secrets are 256 random bits, so a plain digest is kept and compared in constant time. Never a public client.
"""

import binascii
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_plus

from sinwon.core.ids import digest, same
from sinwon.core.refusal import Malformed, Unmet
from sinwon.protocols.oauth.errors import INVALID_CLIENT, INVALID_REQUEST

BASIC: Final = "client_secret_basic"
POST: Final = "client_secret_post"
METHODS: Final = (BASIC, POST)
MAX_HEADER: Final = 4096  # characters; an id and a secret of 256 bits, form-encoded, have 200


@dataclass(frozen=True, slots=True)
class ClientSecret:
    client_id: str
    secret: str
    method: str
    """How it was presented: one of METHODS."""


def parse_client_secret(authorization: str | None, form: Mapping[str, str]) -> ClientSecret:
    """The credentials, by exactly one method. Raises Malformed(INVALID_CLIENT), or (INVALID_REQUEST) for two methods."""
    posted = form.get("client_secret")
    if authorization is None:
        client_id = form.get("client_id")
        if not client_id or not posted:
            raise Malformed(INVALID_CLIENT, "no client authentication")
        return ClientSecret(client_id, posted, POST)
    if posted is not None:
        raise Malformed(INVALID_REQUEST, "two ways of client authentication")
    found = _basic(authorization)
    if form.get("client_id", found.client_id) != found.client_id:
        raise Malformed(INVALID_CLIENT, "two client identifiers")
    return found


def check_client_secret(presented: ClientSecret, secret_digest: str) -> None:
    """Raises Unmet(INVALID_CLIENT)."""
    if not same(digest(presented.secret), secret_digest):
        raise Unmet(INVALID_CLIENT, "wrong secret")


def _basic(header: str) -> ClientSecret:
    """Both halves are form-encoded before they are joined (RFC 6749 §2.3.1)."""
    scheme, _, text = header.partition(" ")
    if scheme.lower() != "basic" or len(text) > MAX_HEADER:
        raise Malformed(INVALID_CLIENT, "not HTTP Basic")
    try:
        name, colon, secret = b64decode(text.strip(), validate=True).decode().partition(":")
        found = ClientSecret(unquote_plus(name, errors="strict"), unquote_plus(secret, errors="strict"), BASIC)
    except (binascii.Error, ValueError):
        raise Malformed(INVALID_CLIENT, "not HTTP Basic") from None
    if not colon or not found.client_id:
        raise Malformed(INVALID_CLIENT, "not HTTP Basic")
    return found
