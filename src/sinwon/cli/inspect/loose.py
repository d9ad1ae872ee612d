"""JOSE taken apart without asking whether we would accept it: any `alg`, any `typ`. For looking only."""

from collections.abc import Mapping
from typing import Any

from sinwon.cli.inspect.reading import MAX_INPUT, UNREADABLE
from sinwon.core import base64url
from sinwon.core.refusal import Malformed, Refusal
from sinwon.core.strict_json import parse_object
from sinwon.formats.jose.jws import Jws


def loose_jws(token: str) -> Jws:
    """Raises Malformed."""
    parts = token.split(".")
    if len(parts) != 3:
        raise Malformed(UNREADABLE, "not three parts")
    header = header_of(parts[0])
    return Jws(token, header, base64url.decode(parts[1]), base64url.decode(parts[2]))


def header_of(text: str) -> Mapping[str, Any]:
    """Raises Malformed."""
    return parse_object(base64url.decode(text), limit=MAX_INPUT)


def typ_of(token: str) -> str | None:
    """By the header alone: what is broken behind it is for the check to say."""
    try:
        return Jws(token, header_of(token.partition(".")[0]), b"", b"").typ
    except Refusal:
        return None
