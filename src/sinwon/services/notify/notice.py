"""What a citizen is told about their certificate, as codes: kinds of notices and the facts in them.

Nothing here names a person. Texts are in services.notify.notice_texts, addresses stay sealed until a notice is sent.
"""

from enum import StrEnum

Facts = dict[str, str | int]
"""`reason` and `to` (codes), `at` and `valid_until` (times), `days`, `lifetime` (seconds)."""


class NoticeKind(StrEnum):
    SUSPENDED = "suspended"
    RELEASED = "released"
    NEEDS_RENEWAL = "needs_renewal"
    RENEWED = "renewed"
    """New data are on file, and the phone fetches new copies."""
    MOVED = "moved"
    REVOKED = "revoked"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    LAPSED = "lapsed"
    LINK_ASKED = "link_asked"
    """Somebody asked for a link to stop the certificate; it comes with the notice."""
    RELEASE_ASKED = "release_asked"
    """Somebody with the device asked to undo a stop; the code for it comes with the notice."""


URGENT = frozenset(
    {
        NoticeKind.SUSPENDED,
        NoticeKind.RELEASED,
        NoticeKind.MOVED,
        NoticeKind.REVOKED,
        NoticeKind.LINK_ASKED,
        NoticeKind.RELEASE_ASKED,
    }
)
"""Sent to every address on file at once; the others to the first that there is, e-mail before telephone."""
