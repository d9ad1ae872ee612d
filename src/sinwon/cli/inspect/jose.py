"""JWS, JWE and SD-JWT as trees: what stands in them, and where each disclosure belongs. No signature is looked at."""

from collections.abc import Iterator, Mapping
from typing import Any

from sinwon.cli.inspect.certificates import chain_tree
from sinwon.cli.inspect.loose import header_of, loose_jws
from sinwon.cli.inspect.reading import MAX_INPUT
from sinwon.cli.inspect.status import json_list
from sinwon.cli.inspect.tree import Node
from sinwon.cli.inspect.values import json_tree
from sinwon.core import base64url
from sinwon.core.limits import MAX_SD_JWT
from sinwon.core.refusal import Malformed, Refusal
from sinwon.core.strict_json import parse_json
from sinwon.formats.jose.jws import Jws
from sinwon.formats.sdjwt.disclosures import Path, hash_of, locate
from sinwon.formats.sdjwt.json_form import parse_json_form
from sinwon.formats.sdjwt.names import DIGESTS, INVALID, PLACEHOLDER
from sinwon.formats.sdjwt.parse import MAX_DISCLOSURES, Disclosure, SdJwt, parse_disclosure, text_digest
from sinwon.keys.x509 import parse_x5c
from sinwon.protocols.trust.signed import MAX_NAMES


def jws_tree(name: str, jws: Jws) -> Node:
    return Node(name, jws.typ or "", (_header(jws.header), *_payload(jws), Node("signature", f"{len(jws.signature)} bytes")))


def jwt_tree(text: str) -> Node:
    return jws_tree("JWT", loose_jws(text))


def jwe_tree(text: str) -> Node:
    head, *parts = text.split(".")
    names = ("encrypted key", "iv", "ciphertext", "tag")
    lengths = [Node(name, f"{len(base64url.decode(part))} bytes") for name, part in zip(names, parts, strict=True)]
    return Node("JWE", "", (_header(header_of(head)), *lengths))


def sd_jwt_tree(text: str) -> Node:
    """Raises Malformed where the issuer's part is no JWT; disclosures that are none are shown as such."""
    first, *texts, last = text.split("~")
    if len(text) > MAX_SD_JWT or len(texts) > MAX_DISCLOSURES:
        raise Malformed(INVALID, "longer than any SD-JWT")
    disclosures, broken = _disclosures(texts)
    sd_jwt = SdJwt(text, loose_jws(first), disclosures, loose_jws(last) if last else None)
    return _shown(sd_jwt, broken)


def json_form_tree(text: str) -> Node:
    form = parse_json_form(text)
    return Node("JSON", "", (_shown(form.sd_jwt, []), *(jws_tree("further signature", other) for other in form.others)))


def _shown(sd_jwt: SdJwt, broken: list[Node]) -> Node:
    bound = [jws_tree("key binding", sd_jwt.key_binding)] if sd_jwt.key_binding else []
    parts = (jws_tree("issuer's JWT", sd_jwt.issuer_signed), *_places(sd_jwt), *broken, *bound)
    return Node("SD-JWT", sd_jwt.issuer_signed.typ or "", parts)


def _disclosures(texts: list[str]) -> tuple[tuple[Disclosure, ...], list[Node]]:
    found, broken = [], []
    for text in texts:
        try:
            found.append(parse_disclosure(text))
        except Refusal as refusal:
            broken.append(Node("not a disclosure", text, (Node("why", refusal.why),)))
    return tuple(found), broken


def _places(sd_jwt: SdJwt) -> Iterator[Node]:
    """Each disclosure with its place; without places, and why, where they do not all belong."""
    try:
        payload = parse_json(sd_jwt.issuer_signed.payload, limit=MAX_SD_JWT)
        algorithm = hash_of(payload) if isinstance(payload, dict) else ""
        placed = locate(sd_jwt)
    except Refusal as refusal:
        yield Node("disclosures do not belong", refusal.why)
        yield from (_disclosure(one, None, "") for one in sd_jwt.disclosures)
        return
    yield from (_disclosure(one, path, text_digest(one.text, algorithm)) for path, one in placed)
    values: list[Any] = [payload, *(one.value for one in sd_jwt.disclosures)]
    undisclosed = sum(1 for value in values for _ in digests_in(value)) - len(placed)
    yield Node("digests without a disclosure (not shown, or decoys)", str(undisclosed))


def _disclosure(one: Disclosure, path: Path | None, digest: str) -> Node:
    where = ".".join(str(step) for step in path) if path is not None else one.name or "array element"
    value = json_tree("value", one.value)
    return Node("disclosure", where, (value, *([Node("digest", digest)] if digest else [])))


def digests_in(value: Any) -> Iterator[object]:
    """Every digest in `value`, which is as deep as JSON may be."""
    if isinstance(value, dict):
        here = value.get(DIGESTS)
        yield from here if isinstance(here, list) else ()
        if PLACEHOLDER in value:
            yield value[PLACEHOLDER]
        yield from (found for name, member in value.items() if name != DIGESTS for found in digests_in(member))
    elif isinstance(value, list):
        yield from (found for member in value for found in digests_in(member))


def _header(header: Mapping[str, Any]) -> Node:
    plain = json_tree("header", {name: value for name, value in header.items() if name != "x5c"})
    if "x5c" not in header:
        return plain
    try:
        chain = chain_tree("x5c", parse_x5c(header["x5c"]))
    except Refusal as refusal:
        chain = Node("x5c", refusal.why)
    return Node("header", plain.value, (*plain.below, chain))


def _payload(jws: Jws) -> Iterator[Node]:
    try:
        claims = parse_json(jws.payload, limit=MAX_INPUT, names=MAX_NAMES)
    except Refusal:
        yield Node("payload", f"{len(jws.payload)} bytes that are not JSON")
        return
    yield json_tree("claims", claims)
    if isinstance(claims, dict) and "status_list" in claims:
        yield json_list(claims["status_list"])
