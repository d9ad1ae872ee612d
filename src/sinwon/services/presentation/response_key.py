"""The key a wallet encrypts one response to: derived from the gateway's secret and the presentation, never stored.

Fresh for each presentation because each has its own id (HAIP 1.0 §5); the same each time the request is fetched again.
"""

from functools import lru_cache
from typing import Final

from sinwon.keys.software import SoftwareKey, derive_key
from sinwon.store.gateway.presentations import reference_of

CACHE_KEYS: Final = 1024  # between request and answer, some of the presentations under way; any can be derived again


@lru_cache(CACHE_KEYS)
def response_key(secret: bytes, presentation_id: str) -> SoftwareKey:
    return derive_key(secret, b"response " + presentation_id.encode())


def response_key_id(presentation_id: str) -> str:
    return reference_of(presentation_id)
