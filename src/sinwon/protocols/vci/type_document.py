"""The Type Metadata of our own types (draft-ietf-oauth-sd-jwt-vc-13 §6), for a `vct` that is an https address: the same names,
texts and colours as in the issuer's metadata, from the one table in vci.configurations.

Serving the bytes, unchanged for ever under that address, is the web's.
"""

from sinwon.core.strict_json import dump
from sinwon.formats.sdjwt.integrity import integrity_of
from sinwon.formats.sdjwt.type_metadata import (
    ClaimLabel,
    Rendering,
    SimpleRendering,
    TypeClaim,
    TypeLabel,
    TypeMetadata,
)
from sinwon.protocols.vci.metadata import ClaimDescription, Configuration, CredentialMetadata, Display


def type_document(configuration: Configuration) -> bytes:
    """The document of the type that `configuration` issues. Every claim of ours is hidden by itself, so `sd` is `always`."""
    described = configuration.credential_metadata or CredentialMetadata()
    display, claims = tuple(map(_type_label, described.display)), tuple(map(_claim, described.claims))
    return dump(TypeMetadata(configuration.vct, display=display, claims=claims))


def vct_integrity(document: bytes) -> str:
    """The credential's `vct#integrity` for this document."""
    return integrity_of(document)


def _type_label(display: Display) -> TypeLabel:
    colours = SimpleRendering(background_color=display.background_color, text_color=display.text_color)
    rendering = Rendering(colours) if display.background_color or display.text_color else None
    return TypeLabel(display.locale or "", display.name, display.description, rendering)


def _claim(claim: ClaimDescription) -> TypeClaim:
    labels = tuple(ClaimLabel(display.locale or "", display.name, display.description) for display in claim.display)
    return TypeClaim(claim.path, labels, "always", claim.mandatory or None)
