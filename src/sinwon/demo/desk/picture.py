"""May this portrait be shown? A JPEG of moderate size and nothing beside it, judged by its segments (ITU-T T.81 Annex B).

Owns the question only: nothing is decoded here or anywhere else in the program; the browser does that in its own sandbox, told
by the address that it is a JPEG and nothing else. A portrait that is not shown is still the person's to send.
"""

from base64 import b64decode
from collections.abc import Iterator
from typing import Final

from sinwon.protocols.elements import JPEG

MAX_TEXT: Final = 96 * 1024  # characters; ours have four thousand, a passport's photo has about twenty
MAX_SIDE: Final = 2_000  # pixels; a photo of 35 × 45 mm at 600 dpi has 830 × 1060
BEGIN: Final = b"\xff\xd8"
END: Final = b"\xff\xd9"
FRAMES: Final = frozenset({0xC0, 0xC1, 0xC2})
"""SOF0 to SOF2: baseline, extended, progressive."""
SCAN: Final = 0xDA
PLAIN: Final = frozenset({0xC4, 0xDB, 0xDD, 0xE0, SCAN}) | FRAMES
"""Tables, restart interval, JFIF, frame and scan: no EXIF, no colour profile, no comment."""


def shown_picture(url: object) -> str | None:
    """`url` if it is the data URL of a JPEG that may be shown; None for everything else."""
    if not isinstance(url, str) or len(url) > MAX_TEXT or not url.startswith(JPEG):
        return None
    try:
        data = b64decode(url.removeprefix(JPEG), validate=True)
    except ValueError:
        return None
    return url if data[:2] == BEGIN and data[-2:] == END and _is_plain(data) else None


def _is_plain(data: bytes) -> bool:
    """Known segments only, one frame with a moderate number of pixels, then the scan."""
    segments = list(_segments(data))
    frames = [body for marker, body in segments if marker in FRAMES]
    markers = [marker for marker, _ in segments]
    return len(frames) == 1 and markers[-1] == SCAN and PLAIN.issuperset(markers) and _is_moderate(frames[0])


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Marker and content of each segment up to the first scan; ends where the data are no segments."""
    at = len(BEGIN)
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4])
        yield marker, data[at + 4 : at + 2 + length]
        if marker == SCAN or length < 2:
            return
        at += 2 + length


def _is_moderate(frame: bytes) -> bool:
    height, width = int.from_bytes(frame[1:3]), int.from_bytes(frame[3:5])
    return len(frame) > 5 and 0 < height <= MAX_SIDE and 0 < width <= MAX_SIDE
