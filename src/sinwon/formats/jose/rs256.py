"""Compact JWS with RS256 (RFC 7515, RFC 7518 §3.3): written for services that read nothing else, never accepted."""

from collections.abc import Mapping
from typing import Final

from sinwon.core import base64url
from sinwon.core.strict_json import dump
from sinwon.keys.signer import RsaSigner

RS256: Final = "RS256"


def sign_rs256(header: Mapping[str, object], payload: Mapping[str, object], signer: RsaSigner) -> str:
    """`alg` is added."""
    signed = f"{base64url.encode(dump({'alg': RS256, **header}))}.{base64url.encode(dump(payload))}"
    return f"{signed}.{base64url.encode(signer.sign_rs256(signed.encode()))}"
