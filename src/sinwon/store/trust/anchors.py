"""Trust anchors as the operator registered them."""

from typing import Final

from sqlalchemy import Connection, bindparam, delete, insert, select
from sqlalchemy.exc import IntegrityError

from sinwon.core import base64url
from sinwon.keys.trust import Anchor, Purpose, TrustAnchors
from sinwon.keys.x509 import fingerprint
from sinwon.store.trust.tables import ANCHORS

_ADD: Final = insert(ANCHORS)
_ALL: Final = select(ANCHORS.c.certificate, ANCHORS.c.purpose, ANCHORS.c.name, ANCHORS.c.uri, ANCHORS.c.types).order_by(
    ANCHORS.c.uri, ANCHORS.c.purpose, ANCHORS.c.fingerprint
)
_REMOVE: Final = delete(ANCHORS).where(
    ANCHORS.c.purpose == bindparam("purpose"), ANCHORS.c.uri == bindparam("uri"), ANCHORS.c.fingerprint == bindparam("mark")
)


def add_anchor(connection: Connection, anchor: Anchor) -> bool:
    """Whether it was new. After False the transaction must be rolled back."""
    try:
        connection.execute(_ADD, {**_key(anchor), **_rest(anchor)})
    except IntegrityError:
        return False
    return True


def remove_anchor(connection: Connection, anchor: Anchor) -> bool:
    """Whether it was there."""
    key = _key(anchor)
    return connection.execute(_REMOVE, {**key, "mark": key["fingerprint"]}).rowcount == 1


def all_anchors(connection: Connection) -> TrustAnchors:
    return TrustAnchors(
        tuple(
            Anchor(certificate, Purpose(purpose), name, uri, frozenset(types))
            for certificate, purpose, name, uri, types in connection.execute(_ALL)
        )
    )


def _key(anchor: Anchor) -> dict[str, str]:
    mark = base64url.encode(fingerprint(anchor.certificate))
    return {"purpose": anchor.purpose.value, "uri": anchor.uri, "fingerprint": mark}


def _rest(anchor: Anchor) -> dict[str, bytes | str | list[str]]:
    return {"certificate": anchor.certificate, "name": anchor.name, "types": sorted(anchor.types)}
