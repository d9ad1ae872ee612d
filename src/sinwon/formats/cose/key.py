"""COSE_Key on P-256 (RFC 9052 §7, RFC 9053 §7.1.1): the form a holder's key has in an mdoc.

Refuses everything but an uncompressed public point: other types and curves, private parts, algorithms of another curve.
`kid`, `key_ops` and what else may stand in a key is ignored.
"""

from typing import Any, Final

from sinwon.core.cbor import dump_cbor, head
from sinwon.core.refusal import Malformed
from sinwon.formats.cose.names import SIGNING
from sinwon.keys.jwk import COORDINATE_BYTES, PublicKey, key_at

KTY: Final = 1
ALG: Final = 3
CRV: Final = -1
X: Final = -2
Y: Final = -3
D: Final = -4
EC2: Final = 2
P256: Final = 1
LABELS: Final = frozenset({int, str})
CODE: Final = "invalid_key"
BEFORE_Y: Final = dump_cbor(Y) + head(2, COORDINATE_BYTES)
BEFORE_X: Final = head(5, 4) + dump_cbor({KTY: EC2, CRV: P256})[1:] + dump_cbor(X) + head(2, COORDINATE_BYTES)


def parse_cose_key(value: object) -> PublicKey:
    """A stranger's public COSE_Key as a key. Raises Malformed."""
    if not isinstance(value, dict) or not LABELS.issuperset(map(type, value)):
        raise Malformed(CODE, "not a COSE_Key")
    if D in value:
        raise Malformed(CODE, "a private part in a public COSE_Key")
    if not _is(value.get(KTY), EC2) or not _is(value.get(CRV), P256):
        raise Malformed(CODE, "not an EC2 key on P-256")
    if ALG in value and (type(value[ALG]) is not int or value[ALG] not in SIGNING):
        raise Malformed(CODE, "a COSE_Key for another algorithm")
    return key_at(_coordinate(value.get(X)) + _coordinate(value.get(Y)))


def cose_key(key: PublicKey) -> dict[int, object]:
    return {KTY: EC2, CRV: P256, X: key.point[:COORDINATE_BYTES], Y: key.point[COORDINATE_BYTES:]}


def written_key(key: PublicKey) -> bytes:
    """The CBOR of cose_key(key)."""
    return b"".join((BEFORE_X, key.point[:COORDINATE_BYTES], BEFORE_Y, key.point[COORDINATE_BYTES:]))


def _is(value: Any, expected: int) -> bool:
    """True equals 1, so the type is asked as well."""
    return type(value) is int and value == expected


def _coordinate(value: object) -> bytes:
    if type(value) is not bytes or len(value) != COORDINATE_BYTES:
        raise Malformed(CODE, "a coordinate that is not 32 bytes, or a compressed point")
    return value
