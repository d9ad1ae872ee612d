"""Officers' secrets at rest: scrypt (RFC 7914), with its cost written beside the hash so that it can be raised later."""

from dataclasses import dataclass
from hashlib import scrypt
from typing import Final

from sinwon.core import base64url
from sinwon.core.ids import Randomness, same
from sinwon.core.refusal import Fault

MEMORY_LIMIT: Final = 256 * 1024 * 1024
SALT_BYTES: Final = 16
HASH_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Cost:
    """32 MiB and about a third of a second on one core for each try."""

    n: int = 2**15
    r: int = 8
    p: int = 3


def hash_secret(secret: str, cost: Cost, random: Randomness) -> str:
    """`scrypt$n$r$p$salt$hash`."""
    salt = random(SALT_BYTES)
    return f"scrypt${cost.n}${cost.r}${cost.p}${base64url.encode(salt)}${base64url.encode(_scrypt(secret, salt, cost))}"


def nobodys_secret(cost: Cost, random: Randomness) -> str:
    """As kept for an account, but nothing opens it: comparing with it takes as long as with a real one."""
    return f"scrypt${cost.n}${cost.r}${cost.p}${base64url.encode(random(SALT_BYTES))}${base64url.encode(random(HASH_BYTES))}"


def is_secret(secret: str, kept: str) -> bool:
    """Takes the same time whether it is or not."""
    kind, n, r, p, salt, expected = kept.split("$")
    if kind != "scrypt":
        raise Fault("a secret kept in an unknown way")
    cost = Cost(int(n), int(r), int(p))
    return same(_scrypt(secret, base64url.decode(salt), cost), base64url.decode(expected))


def _scrypt(secret: str, salt: bytes, cost: Cost) -> bytes:
    return scrypt(secret.encode(), salt=salt, n=cost.n, r=cost.r, p=cost.p, maxmem=MEMORY_LIMIT, dklen=HASH_BYTES)
