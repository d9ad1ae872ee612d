"""Documents of ISO/IEC 18013-5 as trees: elements with their digests, whether these were signed, the signed object, the
device's part. Comparing a digest is not verifying it: nobody has looked at the signature."""

from collections.abc import Iterator, Mapping
from typing import Any

from sinwon.cli.inspect.cose import members_tree
from sinwon.cli.inspect.reading import UNREADABLE
from sinwon.cli.inspect.tree import Node
from sinwon.cli.inspect.values import cbor_tree, key_text
from sinwon.core.cbor import Encoded, parse_cbor
from sinwon.core.refusal import Refusal
from sinwon.formats.mdoc.names import HASHES, MAX_MDOC


def issuer_signed_tree(data: bytes) -> Node:
    """Raises Malformed."""
    return _issuer_signed(parse_cbor(data, limit=MAX_MDOC, code=UNREADABLE))


def device_response_tree(data: bytes) -> Node:
    """Raises Malformed."""
    response = parse_cbor(data, limit=MAX_MDOC, code=UNREADABLE)
    documents = response.get("documents")
    rest = [cbor_tree(key_text(name), value) for name, value in response.items() if name != "documents"]
    shown = tuple(map(_document, documents)) if isinstance(documents, list) else (cbor_tree("documents", documents),)
    return Node("DeviceResponse", "", (*rest, *shown))


def _document(document: Any) -> Node:
    if not isinstance(document, Mapping):
        return cbor_tree("document", document)
    parts = [_part(name, value) for name, value in document.items() if name != "docType"]
    return Node("document", str(document.get("docType", "")), tuple(parts))


def _part(name: Any, value: Any) -> Node:
    if name == "issuerSigned" and isinstance(value, Mapping):
        return _issuer_signed(value)
    if name == "deviceSigned" and isinstance(value, Mapping):
        return Node("deviceSigned", "", tuple(_device_signed(value)))
    return cbor_tree(key_text(name), value)


def _device_signed(value: Mapping[Any, Any]) -> Iterator[Node]:
    for name, member in value.items():
        if name == "deviceAuth" and isinstance(member, Mapping):
            yield Node("deviceAuth", "", tuple(members_tree(key_text(kind), proof) for kind, proof in member.items()))
        else:
            yield cbor_tree(key_text(name), member)


def _issuer_signed(value: Mapping[Any, Any]) -> Node:
    auth, namespaces = value.get("issuerAuth"), value.get("nameSpaces", {})
    digests = _digests(auth)
    if isinstance(namespaces, Mapping):
        shown = tuple(_namespace(name, items, digests) for name, items in namespaces.items())
    else:
        shown = (cbor_tree("nameSpaces", namespaces),)
    return Node("issuerSigned", "", (*shown, members_tree("issuerAuth", auth)))


def _namespace(name: Any, items: Any, digests: tuple[Any, Mapping[Any, Any]]) -> Node:
    hashing, signed = HASHES.get(digests[0]) if isinstance(digests[0], str) else None, digests[1].get(name)
    known = signed if isinstance(signed, Mapping) else {}
    if not isinstance(items, list):
        return cbor_tree(key_text(name), items)
    hidden = len(known) - len(items)
    rows = [_item(item, hashing, known) for item in items]
    return Node(key_text(name), "", (*rows, Node("digests without an element (not shown, or decoys)", str(hidden))))


def _item(item: Any, hashing: Any, known: Mapping[Any, Any]) -> Node:
    said = _opened(item)
    if not isinstance(said, Mapping) or "elementIdentifier" not in said:
        return cbor_tree("element", item)
    value = cbor_tree("value", said.get("elementValue"))
    rest = [cbor_tree(key_text(key), one) for key, one in said.items() if key not in {"elementIdentifier", "elementValue"}]
    signed = hashing is not None and _of(known, said.get("digestID")) == hashing(item.tagged).digest()
    among = Node("digest", "among those in the signed object" if signed else "NOT among those in the signed object")
    return Node("element", str(said["elementIdentifier"]), (value, *rest, among))


def _digests(auth: Any) -> tuple[Any, Mapping[Any, Any]]:
    """The algorithm and the digests that the signed object holds, if it is one."""
    try:
        said = parse_cbor(auth[2], limit=MAX_MDOC).value
        digests = said["valueDigests"]
        return said["digestAlgorithm"], digests if isinstance(digests, Mapping) else {}
    except (Refusal, TypeError, AttributeError, LookupError):
        return None, {}


def _of(known: Mapping[Any, Any], name: Any) -> Any:
    return known.get(name) if type(name) is int else None


def _opened(item: Any) -> Any:
    try:
        return item.value if isinstance(item, Encoded) else None
    except Refusal:
        return None
