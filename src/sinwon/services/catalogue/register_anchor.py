"""Registering and withdrawing trust anchors: which roots the trust list will name, for what."""

from typing import Final

from sqlalchemy import Engine

from sinwon.core import base64url
from sinwon.core.refusal import Malformed, Unmet
from sinwon.keys.trust import Anchor, Purpose
from sinwon.keys.x509 import fingerprint, parse_certificate
from sinwon.store.audit import Details, Entry
from sinwon.store.engine import writing
from sinwon.store.trust.anchors import add_anchor, remove_anchor
from sinwon.store.trust.tables import AUDIT

INVALID_ANCHOR: Final = "invalid_anchor"
ALREADY_THERE: Final = "anchor_already_there"
NOT_THERE: Final = "anchor_not_there"


def register_anchor(engine: Engine, anchor: Anchor, *, actor: str, now: int) -> None:
    """Takes effect when published."""
    check_anchor(anchor)
    with writing(engine) as connection:
        if not add_anchor(connection, anchor):
            raise Unmet(ALREADY_THERE, "this root is registered for this purpose and entity")
        AUDIT.write(connection, _entry("anchor.registered", anchor, actor, now))


def withdraw_anchor(engine: Engine, anchor: Anchor, *, actor: str, now: int) -> None:
    """Takes effect when published; what the root vouched for is refused from then on."""
    with writing(engine) as connection:
        if not remove_anchor(connection, anchor):
            raise Unmet(NOT_THERE, "no such anchor")
        AUDIT.write(connection, _entry("anchor.withdrawn", anchor, actor, now))


def check_anchor(anchor: Anchor) -> None:
    """A certificate, a name and a URI; credential types for an issuer and for nobody else."""
    parse_certificate(anchor.certificate)
    if not anchor.name or not anchor.uri:
        raise Malformed(INVALID_ANCHOR, "an anchor has the name and URI of an entity")
    if bool(anchor.types) != (anchor.purpose is Purpose.ISSUANCE):
        raise Unmet(INVALID_ANCHOR, "credential types are stated for issuance, and only there")


def _entry(action: str, anchor: Anchor, actor: str, now: int) -> Entry:
    mark = base64url.encode(fingerprint(anchor.certificate))
    details: Details = {"uri": anchor.uri, "types": sorted(anchor.types), "certificate": mark}
    return Entry(now, actor, action, anchor.purpose.value, details)
