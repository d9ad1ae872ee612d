"""From a file to a tree: recognised, then opened by what belongs to its kind."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from sinwon.cli.inspect.certificates import chain_tree
from sinwon.cli.inspect.cose import message_tree
from sinwon.cli.inspect.jose import json_form_tree, jwe_tree, jwt_tree, sd_jwt_tree
from sinwon.cli.inspect.links import link_tree
from sinwon.cli.inspect.mdoc import device_response_tree, issuer_signed_tree
from sinwon.cli.inspect.reading import MAX_INPUT, UNREADABLE
from sinwon.cli.inspect.recognise import Found, Kind
from sinwon.cli.inspect.tree import Node
from sinwon.cli.inspect.values import cbor_tree, json_tree
from sinwon.core.cbor import parse_cbor


def _cbor(data: bytes) -> Node:
    return cbor_tree("CBOR", parse_cbor(data, limit=MAX_INPUT, code=UNREADABLE))


def _json(value: Any) -> Node:
    return json_tree("JSON", value)


def _chain(chain: tuple[bytes, ...]) -> Node:
    return chain_tree("X.509", chain)


TREES: Final[Mapping[Kind, Callable[[Any], Node]]] = {
    Kind.SD_JWT: sd_jwt_tree,
    Kind.SD_JWT_JSON: json_form_tree,
    Kind.JWS: jwt_tree,
    Kind.JWE: jwe_tree,
    Kind.ISSUER_SIGNED: issuer_signed_tree,
    Kind.DEVICE_RESPONSE: device_response_tree,
    Kind.SIGN1: message_tree,
    Kind.MAC0: message_tree,
    Kind.MSO: _cbor,
    Kind.TRANSCRIPT: _cbor,
    Kind.CBOR: _cbor,
    Kind.OFFER_LINK: link_tree,
    Kind.REQUEST_LINK: link_tree,
    Kind.CERTIFICATES: _chain,
}
"""All other kinds are JSON."""


def tree_of(found: Found) -> Node:
    """Raises Malformed for what is not even by its shape what it looked like."""
    return TREES.get(found.kind, _json)(found.value)
