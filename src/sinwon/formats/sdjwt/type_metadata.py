"""Type Metadata of an SD-JWT VC (draft-ietf-oauth-sd-jwt-vc-13 §6–§9): what its claims are called, and how they may be hidden.

Owns the document's shape and rules, one type's document over that of the type it extends, and following `extends` through the
fetch port. It describes and never authorises: who may issue a type is the trust list's (keys.trust), by the `vct` alone. Does
not fetch images and does not escape texts (whoever shows them), nor judge a credential by it (type_rules).
"""

from collections.abc import Iterable
from re import compile as pattern
from typing import Any, Final, Literal

from msgspec import Struct, field

from sinwon.core.fetch import Fetch
from sinwon.core.refusal import Malformed, Refusal, Unmet
from sinwon.core.strict_json import parse_as
from sinwon.formats.sdjwt.integrity import check_integrity

MAX_TYPE_METADATA: Final = 256 * 1024  # the largest of ours has 6 kB; images may stand inside
MAX_EXTENDS: Final = 4  # documents above the first; a national type over a European one over a base is two
MAX_TEXT: Final = 1_000  # characters of anything shown to people
INVALID_TYPE: Final = "invalid_type_metadata"
SVG_ID: Final = pattern(r"[A-Za-z_][A-Za-z0-9_]*")
MEDIA_TYPE: Final = "application/json"

Disclosable = Literal["always", "allowed", "never"]
Path = tuple[str | int | None, ...]


class ClaimLabel(Struct, frozen=True, omit_defaults=True):
    """What a claim is called in one language."""

    locale: str
    label: str
    description: str | None = None


class TypeClaim(Struct, frozen=True, omit_defaults=True):
    """One claim, or all elements of an array, by its path (§9)."""

    path: Path
    display: tuple[ClaimLabel, ...] = ()
    sd: Disclosable | None = None
    """Whether its issuer hides it. Nothing said is `allowed`, or what the type extended says."""
    mandatory: bool | None = None
    svg_id: str | None = None


class Image(Struct, frozen=True, omit_defaults=True):
    uri: str
    integrity: str | None = field(default=None, name="uri#integrity")
    alt_text: str | None = None


class SimpleRendering(Struct, frozen=True, omit_defaults=True):
    logo: Image | None = None
    background_image: Image | None = None
    background_color: str | None = None
    text_color: str | None = None


class SvgTemplate(Struct, frozen=True, omit_defaults=True):
    uri: str
    integrity: str | None = field(default=None, name="uri#integrity")
    properties: dict[str, Any] | None = None


class Rendering(Struct, frozen=True, omit_defaults=True):
    simple: SimpleRendering | None = None
    svg_templates: tuple[SvgTemplate, ...] = ()


class TypeLabel(Struct, frozen=True, omit_defaults=True):
    """What the type is called and looks like in one language (§8)."""

    locale: str
    name: str
    description: str | None = None
    rendering: Rendering | None = None


class TypeMetadata(Struct, frozen=True, omit_defaults=True):
    """One document."""

    vct: str
    name: str | None = None
    description: str | None = None
    extends: str | None = None
    extends_integrity: str | None = field(default=None, name="extends#integrity")
    display: tuple[TypeLabel, ...] = ()
    claims: tuple[TypeClaim, ...] = ()


class EffectiveType(Struct, frozen=True):
    """A type with all it inherits."""

    vct: str
    extended: tuple[str, ...]
    """The types it extends, nearest first: for people to read, never a reason to accept a credential as one of them."""
    display: tuple[TypeLabel, ...]
    claims: tuple[TypeClaim, ...]


def parse_type_metadata(data: bytes, *, vct: str) -> TypeMetadata:
    """The document of type `vct`. Raises Malformed, and Unmet when it is another type's."""
    try:
        document = parse_as(data, TypeMetadata, limit=MAX_TYPE_METADATA)
    except Refusal as refusal:
        raise refusal.coded(INVALID_TYPE) from None
    # 1 it speaks for the type asked for [SD-JWT VC 6.3]
    if document.vct != vct:
        raise Unmet(INVALID_TYPE, "vct is not the one asked for")
    # 2 claims by usable paths, each once [SD-JWT VC 9.1]
    _check_paths(document.claims)
    # 3 names for templates, each once [SD-JWT VC 9]
    _check_svg_ids(document.claims)
    # 4 bounded texts, images of kinds that nobody has to fetch in the clear [SD-JWT VC 8]
    _check_texts(document)
    _check_images(document.display)
    return document


def resolve_type(vct: str, *, fetch: Fetch, integrity: str | None = None) -> EffectiveType:
    """The type behind an https `vct`, with everything it extends. Raises Refusal, and Unreachable from the fetch."""
    documents = [fetch_document(vct, fetch=fetch, integrity=integrity)]
    while (above := documents[-1].extends) is not None:
        # 1 no circle, and an end [SD-JWT VC 6.4]
        if any(above == document.vct for document in documents):
            raise Unmet(INVALID_TYPE, "a type extends itself")
        if len(documents) > MAX_EXTENDS:
            raise Unmet(INVALID_TYPE, f"more than {MAX_EXTENDS} types above each other")
        documents.append(fetch_document(above, fetch=fetch, integrity=documents[-1].extends_integrity))
    return merge(documents)


def fetch_document(vct: str, *, fetch: Fetch, integrity: str | None) -> TypeMetadata:
    """One document from its own address. Raises Refusal, Unreachable."""
    if not vct.startswith("https://"):
        raise Unmet(INVALID_TYPE, "a type without an https address")
    answer = fetch.get(vct, accept=MEDIA_TYPE, limit=MAX_TYPE_METADATA)
    if answer.status != 200 or answer.media_type != MEDIA_TYPE:
        raise Unmet(INVALID_TYPE, "no JSON document at the type's address")
    # the bytes as received, before they are read as anything [SD-JWT VC 7]
    if integrity is not None:
        check_integrity(answer.body, integrity)
    return parse_type_metadata(answer.body, vct=vct)


def merge(documents: Iterable[TypeMetadata]) -> EffectiveType:
    """The first document's type, each document extending the next. Raises Unmet when one loosens what it extends."""
    child, *above = documents
    effective = EffectiveType(child.vct, tuple(document.vct for document in above), (), ())
    for document in (*reversed(above), child):
        claims = _merged(effective.claims, document.claims)
        effective = EffectiveType(child.vct, effective.extended, document.display or effective.display, claims)
    return effective


def _merged(inherited: tuple[TypeClaim, ...], own: tuple[TypeClaim, ...]) -> tuple[TypeClaim, ...]:
    """Own claims in the place of inherited ones with the same path, new ones after them."""
    claims = {claim.path: claim for claim in inherited}
    for claim in own:
        claims[claim.path] = _tightened(claims[claim.path], claim) if claim.path in claims else claim
    return tuple(claims.values())


def _tightened(inherited: TypeClaim, own: TypeClaim) -> TypeClaim:
    """`own`, which may say more than what it inherits and never less [SD-JWT VC 9.5]."""
    if own.sd not in (None, inherited.sd) and inherited.sd not in (None, "allowed"):
        raise Unmet(INVALID_TYPE, "a type loosens the disclosure of a claim it inherits")
    if inherited.mandatory and own.mandatory is False:
        raise Unmet(INVALID_TYPE, "a type makes an inherited mandatory claim optional")
    mandatory = inherited.mandatory if own.mandatory is None else own.mandatory
    return TypeClaim(own.path, own.display, own.sd or inherited.sd, mandatory, own.svg_id)


def _check_paths(claims: tuple[TypeClaim, ...]) -> None:
    if len({claim.path for claim in claims}) != len(claims):
        raise Malformed(INVALID_TYPE, "a claim described twice")
    for claim in claims:
        if not claim.path or not isinstance(claim.path[0], str):
            raise Malformed(INVALID_TYPE, "a path that does not begin with a name")
        if any(isinstance(part, int) and part < 0 for part in claim.path):
            raise Malformed(INVALID_TYPE, "a negative position in a path")


def _check_svg_ids(claims: tuple[TypeClaim, ...]) -> None:
    names = [claim.svg_id for claim in claims if claim.svg_id is not None]
    if len(set(names)) != len(names) or not all(map(SVG_ID.fullmatch, names)):
        raise Malformed(INVALID_TYPE, "svg_id twice, or not a name")


def _check_texts(document: TypeMetadata) -> None:
    texts = [document.name, document.description]
    texts += [text for label in document.display for text in (label.locale, label.name, label.description)]
    texts += [
        text for claim in document.claims for label in claim.display for text in (label.locale, label.label, label.description)
    ]
    if any(text is not None and len(text) > MAX_TEXT for text in texts):
        raise Malformed(INVALID_TYPE, f"a text of more than {MAX_TEXT} characters")


def _check_images(display: tuple[TypeLabel, ...]) -> None:
    renderings = [label.rendering for label in display if label.rendering is not None]
    if any(
        len(each.svg_templates) > 1 and not all(template.properties for template in each.svg_templates) for each in renderings
    ):
        raise Malformed(INVALID_TYPE, "several templates and nothing to choose between them by")
    images: list[Image | SvgTemplate | None] = [template for each in renderings for template in each.svg_templates]
    images += [image for each in renderings if each.simple for image in (each.simple.logo, each.simple.background_image)]
    if not all(image is None or image.uri.startswith(("https://", "data:image/")) for image in images):
        raise Malformed(INVALID_TYPE, "an image that is neither https nor data")
