"""COSE messages and CWTs as trees: both headers opened, certificates named, the payload opened where it is CBOR."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sinwon.cli.inspect.certificates import chain_tree
from sinwon.cli.inspect.reading import MAX_INPUT, UNREADABLE
from sinwon.cli.inspect.status import cbor_list
from sinwon.cli.inspect.tree import Node
from sinwon.cli.inspect.values import CWT_MOMENTS, bytes_text, cbor_tree, key_text, moment
from sinwon.core.cbor import Tagged, parse_cbor
from sinwon.core.refusal import Refusal
from sinwon.formats.cose.names import ALG, TAG_MAC0, X5CHAIN
from sinwon.formats.status.cwt import EXP, IAT, SUB, TTL, TYP
from sinwon.formats.status.identifiers import IDENTIFIER_LIST
from sinwon.formats.status.token_cwt import STATUS_LIST

HEADERS: Final = {ALG: "alg", 2: "crit", 3: "content type", 4: "kid", TYP: "typ", X5CHAIN: "x5chain"}
CLAIMS: Final = {1: "iss", SUB: "sub", 3: "aud", EXP: "exp", 5: "nbf", IAT: "iat", 7: "cti", 8: "cnf", TTL: "ttl"}
LISTS: Final = {STATUS_LIST: "status_list", IDENTIFIER_LIST: "identifier_list"}
ALGORITHMS: Final = {-7: "ES256", -9: "ESP256", -35: "ES384", -36: "ES512", -8: "EdDSA", 5: "HMAC 256/256", 1: "A128GCM"}


def message_tree(data: bytes) -> Node:
    """A COSE_Sign1 or COSE_Mac0, tagged or not. Raises Malformed."""
    value = parse_cbor(data, limit=MAX_INPUT, code=UNREADABLE)
    name = "COSE_Mac0" if isinstance(value, Tagged) and value.number == TAG_MAC0 else "COSE_Sign1"
    return members_tree(name, value.value if isinstance(value, Tagged) else value)


def members_tree(name: str, members: Any) -> Node:
    """Four members; anything else as it is."""
    if not isinstance(members, list) or len(members) != 4 or not isinstance(members[0], bytes):
        return cbor_tree(name, members)
    protected, unprotected, payload, proof = members
    headers = (Node("protected", "", tuple(_protected(protected))), Node("unprotected", "", tuple(_header(unprotected))))
    return Node(name, "", (*headers, _payload(payload), cbor_tree("signature or MAC", proof)))


def _protected(data: bytes) -> Iterator[Node]:
    if not data:
        return
    try:
        yield from _header(parse_cbor(data, limit=MAX_INPUT))
    except Refusal as refusal:
        yield Node(bytes_text(data), refusal.why)


def _header(header: Any) -> Iterator[Node]:
    if not isinstance(header, Mapping):
        yield cbor_tree("not a map", header)
        return
    for label, value in header.items():
        yield _parameter(label, value)


def _parameter(label: Any, value: Any) -> Node:
    if label == X5CHAIN:
        chain = value if isinstance(value, list) else [value]
        if all(isinstance(one, bytes) for one in chain):
            return chain_tree("x5chain", chain)
    if label == ALG and type(value) is int:
        return Node("alg", f"{value} {ALGORITHMS.get(value, '')}".rstrip())
    return cbor_tree(HEADERS.get(label, key_text(label)) if type(label) is int else key_text(label), value)


def _payload(payload: Any) -> Node:
    if payload is None:
        return Node("payload", "detached")
    try:
        claims = parse_cbor(payload, limit=MAX_INPUT)
    except (Refusal, TypeError):
        return cbor_tree("payload", payload)
    if not isinstance(claims, Mapping):
        return cbor_tree("payload", claims)
    return Node("claims", "", tuple(_claim(label, value) for label, value in claims.items()))


def _claim(label: Any, value: Any) -> Node:
    if type(label) is not int:
        return cbor_tree(key_text(label), value)
    if label == STATUS_LIST:
        return Node("status_list", "", (cbor_list(value), cbor_tree("as encoded", value)))
    if label in CWT_MOMENTS and type(value) is int:
        return Node(CLAIMS[label], moment(value))
    return cbor_tree(LISTS.get(label) or CLAIMS.get(label) or str(label), value)
