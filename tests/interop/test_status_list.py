"""@sd-jwt/jwt-status-list, which compresses with pako and packs in text: the same entries, from either side."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sinwon.core import base64url
from sinwon.core.refusal import Refusal
from sinwon.formats.status.encode import deflate, inflate, pack
from sinwon.formats.status.pieces import PackedList
from sinwon.formats.status.token_jwt import sign_status_list, verify_status_list
from sinwon.keys.jwk import certificate_text
from tests.interop.oracle import Oracle, OracleRefusal
from tests.interop.shapes import PARTS, flipped_in, flipped_jwt, private_jwk
from tests.world import NOW, key, status_signer, trust_anchors

URI = "https://issuer.example/status/1"


def lists(bits: int) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(0, 2**bits - 1), min_size=8, max_size=64).map(lambda some: some[: len(some) // 8 * 8])


LISTS = st.sampled_from([1, 2, 4, 8]).flatmap(lambda bits: st.tuples(st.just(bits), lists(bits)))


def packed(values: list[int], bits: int) -> bytes:
    return pack(dict(enumerate(values)), size=len(values), bits=bits)


@settings(max_examples=40, deadline=None)
@given(some=LISTS)
def test_packed_the_same(node: Oracle, some: tuple[int, list[int]]) -> None:
    bits, values = some
    ours = packed(values, bits)
    assert node.ask("status.unpack", lst=base64url.encode(deflate(ours)), bits=bits) == values
    assert inflate(base64url.decode(node.ask("status.pack", values=values, bits=bits))) == ours


@pytest.mark.parametrize("bits", [1, 2])
def test_they_read_a_token_of_pieces(node: Oracle, bits: int) -> None:
    """Compressed piece by piece, of a size that has several of them."""
    size = 2**20
    pieces = PackedList(size=size, bits=bits)
    some = {7: 1, 4711: 1, size // 2: 1, size - 1: 2**bits - 1}
    pieces.put(some.items())
    token = sign_status_list(pieces.deflated(), bits=bits, uri=URI, now=NOW, lifetime=3600, ttl=300, by=status_signer())
    said = node.ask("status.seen", token=token.decode(), indices=[*some, 0, 8, size - 2])
    assert said == {"size": size, "seen": [*some.values(), 0, 0, 0], "set": len(some)}


def they_issue(node: Oracle, values: list[int], bits: int) -> str:
    header = {"x5c": [certificate_text(der) for der in status_signer().chain]}
    claims = {"sub": URI, "iat": NOW, "exp": NOW + 3600, "ttl": 300}
    signer = private_jwk(key("status"))
    return str(node.ask("status.issue", values=values, bits=bits, claims=claims, header=header, key=signer))


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_we_verify_their_token(node: Oracle, bits: int) -> None:
    values = [index % 2**bits for index in range(64)]
    verified = verify_status_list(they_issue(node, values, bits).encode(), uri=URI, anchors=trust_anchors(), now=NOW)
    assert [verified.at(index) for index in range(64)] == values
    assert (verified.bits, verified.size, verified.ttl) == (bits, 64, 300)


@pytest.mark.parametrize("part", PARTS)
def test_one_byte_of_their_token_and_we_refuse(node: Oracle, part: str) -> None:
    token = they_issue(node, [0, 1] * 32, 1)
    with pytest.raises(Refusal):
        verify_status_list(flipped_jwt(token, part).encode(), uri=URI, anchors=trust_anchors(), now=NOW)


def test_one_byte_of_our_list_and_they_refuse(node: Oracle) -> None:
    lst = base64url.encode(deflate(packed([1] * 64, 2)))
    for at in (0, 2, -1):
        with pytest.raises(OracleRefusal):
            node.ask("status.unpack", lst=flipped_in(lst, at), bits=2)
