"""The revocation code: printed on the receipt, stops the certificate without a phone, an account or a Korean number.

Twelve characters of base32 without look-alikes (Crockford's: no I, L, O, U), 60 bits, in groups of four. It is shown once; the
issuer keeps its keyed hash. Whoever types it may write it as they read it.
"""

from re import compile as pattern
from typing import Final

from sinwon.core.ids import Randomness
from sinwon.core.refusal import Malformed

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH: Final = 12
GROUP: Final = 4
BITS: Final = 5
LONGEST_TYPED: Final = 64  # characters: twelve, and whatever people put between them
LOOK_ALIKES: Final = str.maketrans("OIL", "011")
BETWEEN: Final = pattern(r"[\s\-‐-―.]+")
FORM: Final = pattern(f"[{ALPHABET}]{{{LENGTH}}}\\Z")


def new_revocation_code(random: Randomness) -> str:
    """Each of 2^60 equally likely."""
    number = int.from_bytes(random(8))
    signs = "".join(ALPHABET[(number >> BITS * at) % len(ALPHABET)] for at in range(LENGTH))
    return "-".join(signs[at : at + GROUP] for at in range(0, LENGTH, GROUP))


def parse_revocation_code(typed: str) -> str:
    """The code in its one written form. Raises Malformed("invalid_code")."""
    signs = BETWEEN.sub("", typed[:LONGEST_TYPED]).upper().translate(LOOK_ALIKES)
    if len(typed) > LONGEST_TYPED or not FORM.match(signs):
        raise Malformed("invalid_code", "not twelve characters of a revocation code")
    return "-".join(signs[at : at + GROUP] for at in range(0, LENGTH, GROUP))
