"""People's text: kept lossless, compared canonically, shown cleanly, masked for lists and logs.

Names are stored whole, in NFC. MRZ names are cut and never decide anything; Hangul is never romanised.
"""

from re import compile as pattern
from typing import Final
from unicodedata import category, normalize

IGNORED: Final = pattern(r"[\s\-'’.]+")
SHOWN_LENGTH: Final = 200


def nfc(text: str) -> str:
    return normalize("NFC", text)


def canonical_name(name: str) -> str:
    """For comparing names: NFC, without hyphens, spaces, apostrophes, full stops and line breaks, case-folded."""
    return IGNORED.sub("", nfc(name)).casefold()


def shown(text: str, limit: int = SHOWN_LENGTH) -> str:
    """`text` for a screen: controls, format characters (bidirectional overrides, zero widths) and surrogates removed."""
    clean = "".join(sign for sign in nfc(text) if sign == "\n" or category(sign) not in {"Cc", "Cf", "Cs", "Co", "Cn"})
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"


def masked_name(name: str) -> str:
    """홍길동 → 홍*동, 홍길 → 홍*, 남궁옥분자 → 남***자; one letter stays one star."""
    letters = nfc(name)
    if len(letters) <= 1:
        return "*"
    if len(letters) == 2:
        return letters[0] + "*"
    return letters[0] + "*" * (len(letters) - 2) + letters[-1]


def masked_rrn(rrn: str) -> str:
    """13 digits → 900101-1******."""
    return f"{rrn[:6]}-{rrn[6:7]}******"
