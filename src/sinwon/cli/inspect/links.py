"""Links that open a wallet as trees: an offer, or a request by reference. Nothing they name is fetched."""

from urllib.parse import parse_qsl, urlsplit

from sinwon.cli.inspect.reading import MAX_INPUT, UNREADABLE
from sinwon.cli.inspect.tree import Node
from sinwon.cli.inspect.values import json_tree
from sinwon.core.refusal import Malformed, Refusal
from sinwon.core.strict_json import parse_json

MAX_FIELDS = 50


def link_tree(text: str) -> Node:
    """Raises Malformed."""
    try:
        parts = urlsplit(text)
        pairs = parse_qsl(parts.query, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except (ValueError, UnicodeError):
        raise Malformed(UNREADABLE, "not a link") from None
    where = f"{parts.scheme}://{parts.netloc}{parts.path}"
    return Node("link", where, tuple(_parameter(name, value) for name, value in pairs))


def _parameter(name: str, value: str) -> Node:
    if not value.startswith("{"):
        return Node(name, value)
    try:
        return json_tree(name, parse_json(value, limit=MAX_INPUT))
    except Refusal:
        return Node(name, value)
