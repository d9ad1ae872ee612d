"""Integrity values: syntax, the strongest counts, bytes are compared."""

from base64 import b64encode
from hashlib import sha256, sha384, sha512
from typing import Any

import pytest

from sinwon.core.refusal import Malformed, Untrusted
from sinwon.formats.sdjwt.integrity import MAX_INTEGRITY, check_integrity, integrity_of

DATA = b'{"vct": "x"}'


def value(by: Any, data: bytes = DATA) -> str:
    return f"{by().name}-{b64encode(by(data).digest()).decode()}"


GOOD = [value(by) for by in (sha256, sha384, sha512)]
BAD = [value(by, b"other") for by in (sha256, sha384, sha512)]


@pytest.mark.parametrize(
    "integrity",
    [
        *GOOD,
        integrity_of(DATA),
        f"{GOOD[0]}?option",
        f" {GOOD[0]} \t{GOOD[1]}\n",
        f"{BAD[0]} {GOOD[0]}",
        f"{BAD[0]} {BAD[1]} {GOOD[2]}",
        f"md5-AAAA {GOOD[0]}",
        f"sha1024-AAAA {GOOD[1]}",
    ],
)
def test_the_bytes_meant(integrity: str) -> None:
    check_integrity(DATA, integrity)
    with pytest.raises(Untrusted):
        check_integrity(DATA + b" ", integrity)
    with pytest.raises(Untrusted):
        check_integrity(b'{"vct":"x"}', integrity)


@pytest.mark.parametrize("integrity", [*BAD, f"{GOOD[0]} {BAD[2]}", f"{GOOD[0]} {GOOD[1]} {BAD[2]}"])
def test_a_weaker_hash_does_not_save_it(integrity: str) -> None:
    with pytest.raises(Untrusted):
        check_integrity(DATA, integrity)


@pytest.mark.parametrize(
    "integrity",
    [
        "",
        "x",
        "sha256",
        "sha256-",
        "sha256-AAAA",
        "md5-1B2M2Y8AsgTpgAmY7PhCfg==",
        GOOD[0].upper(),
        GOOD[0].rstrip("="),
        GOOD[0].replace("sha256", "sha384"),
        GOOD[0] + "=",
        f"{GOOD[0]} sha512-!",
        GOOD[0] + " " * MAX_INTEGRITY,
    ],
)
def test_not_an_integrity_value(integrity: str) -> None:
    with pytest.raises(Malformed):
        check_integrity(DATA, integrity)
