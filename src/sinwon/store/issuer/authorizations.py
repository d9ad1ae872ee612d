"""Authorization requests of wallets, from the push to the code that was redeemed (RFC 9126, RFC 6749 §4.1).

Every step is one conditional UPDATE: a request is open for one browser, one person approves it, its code counts once. Names of
requests, browsers and codes are kept as digests.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, insert, or_, select, update

from sinwon.store.issuer.tables import AUTHORIZATIONS
from sinwon.store.kept import Kept


class Progress(StrEnum):
    PUSHED = "pushed"
    OPENED = "opened"
    """A browser shows the sign-in page; another one may still open it, and takes over."""
    SIGNED_IN = "signed_in"
    APPROVED = "approved"
    """The code was given."""
    REDEEMED = "redeemed"
    DENIED = "denied"


@dataclass(frozen=True, slots=True)
class NewAuthorization:
    """A request as it was pushed."""

    request: str
    """The digest of its reference."""
    client: str
    instance: str | None
    redirect_uri: str
    state: str | None
    configurations: tuple[str, ...]
    by_details: bool
    code_challenge: str
    key: str | None
    """The thumbprint of the DPoP key that the code is bound to."""
    wanted: str | None
    """The certificate of the offer that the wallet says it came from."""
    ends_at: int


@dataclass(frozen=True, slots=True)
class Authorization(NewAuthorization):
    progress: Progress
    browser: str | None
    certificate: str | None
    """Whose the person proved to be."""
    offer: str | None
    """That is redeemed together with the code; None where somebody signed in without one."""
    code_ends_at: int


_NAMES = (
    "request",
    "client",
    "instance",
    "redirect_uri",
    "state",
    "configurations",
    "by_details",
    "code_challenge",
    "key",
    "wanted",
    "ends_at",
    "progress",
    "browser",
    "certificate",
    "offer",
    "code_ends_at",
)
_ALL = select(*(AUTHORIZATIONS.c[name] for name in _NAMES))
_INSERT = Kept(insert(AUTHORIZATIONS))
_FIND = Kept(_ALL.where(AUTHORIZATIONS.c.request == bindparam("of")).with_for_update())
_OF_CODE = Kept(_ALL.where(AUTHORIZATIONS.c.code == bindparam("of")).with_for_update())
_OPEN = Kept(
    update(AUTHORIZATIONS)
    .where(
        AUTHORIZATIONS.c.request == bindparam("of"),
        AUTHORIZATIONS.c.client == bindparam("by"),
        AUTHORIZATIONS.c.ends_at > bindparam("now"),
        or_(
            AUTHORIZATIONS.c.progress == Progress.PUSHED.value,
            and_(AUTHORIZATIONS.c.progress == Progress.OPENED.value, AUTHORIZATIONS.c.pushed_until > bindparam("now")),
        ),
    )
    .values(progress=Progress.OPENED.value, browser=bindparam("in_browser"), ends_at=bindparam("until"))
)
_OF_BROWSER = and_(
    AUTHORIZATIONS.c.request == bindparam("of"),
    AUTHORIZATIONS.c.browser == bindparam("in_browser"),
    AUTHORIZATIONS.c.ends_at > bindparam("now"),
)
_SIGN_IN = Kept(
    update(AUTHORIZATIONS)
    .where(_OF_BROWSER, AUTHORIZATIONS.c.progress == Progress.OPENED.value)
    .values(
        progress=Progress.SIGNED_IN.value,
        certificate=bindparam("who"),
        offer=bindparam("by_offer"),
        configurations=bindparam("may_have"),
    )
)
_APPROVE = Kept(
    update(AUTHORIZATIONS)
    .where(_OF_BROWSER, AUTHORIZATIONS.c.progress == Progress.SIGNED_IN.value)
    .values(progress=Progress.APPROVED.value, code=bindparam("given"), code_ends_at=bindparam("until"))
)
_DENY = Kept(
    update(AUTHORIZATIONS)
    .where(
        _OF_BROWSER,
        or_(AUTHORIZATIONS.c.progress == Progress.OPENED.value, AUTHORIZATIONS.c.progress == Progress.SIGNED_IN.value),
    )
    .values(progress=Progress.DENIED.value)
)
_REDEEM = Kept(
    update(AUTHORIZATIONS)
    .where(
        AUTHORIZATIONS.c.request == bindparam("of"),
        AUTHORIZATIONS.c.progress == Progress.APPROVED.value,
        AUTHORIZATIONS.c.code_ends_at > bindparam("now"),
    )
    .values(progress=Progress.REDEEMED.value, key=bindparam("with_key"))
)
_FORGET = Kept(delete(AUTHORIZATIONS).where(AUTHORIZATIONS.c.ends_at < bindparam("before")))


def add(connection: Connection, new: NewAuthorization) -> None:
    row = {
        "request": new.request,
        "client": new.client,
        "instance": new.instance,
        "redirect_uri": new.redirect_uri,
        "state": new.state,
        "configurations": " ".join(new.configurations),
        "by_details": int(new.by_details),
        "code_challenge": new.code_challenge,
        "key": new.key,
        "wanted": new.wanted,
        "pushed_until": new.ends_at,
        "ends_at": new.ends_at,
        "progress": Progress.PUSHED.value,
        "browser": None,
        "certificate": None,
        "offer": None,
        "code": None,
        "code_ends_at": 0,
    }
    _INSERT.run(connection, row)


def find(connection: Connection, request: str) -> Authorization | None:
    """Whatever its progress and time; the caller's alone until the transaction ends."""
    return _read(_FIND.run(connection, {"of": request}).fetchone())


def of_code(connection: Connection, code: str) -> Authorization | None:
    """By the digest of its code; the caller's alone until the transaction ends."""
    return _read(_OF_CODE.run(connection, {"of": code}).fetchone())


def open_for(connection: Connection, request: str, client: str, browser: str, *, until: int, now: int) -> bool:
    """Whether it is open in this browser (a digest) from now on: a request of this client, in the time it was given, at which
    nobody signed in yet."""
    row = {"of": request, "by": client, "in_browser": browser, "until": until, "now": now}
    return bool(_OPEN.run(connection, row).rowcount == 1)


def sign_in(
    connection: Connection,
    request: str,
    browser: str,
    *,
    certificate: str,
    offer: str | None,
    configurations: tuple[str, ...],
    now: int,
) -> bool:
    """Whether the one who sits at this browser is now known to have this certificate."""
    row = {
        "of": request,
        "in_browser": browser,
        "who": certificate,
        "by_offer": offer,
        "may_have": " ".join(configurations),
        "now": now,
    }
    return bool(_SIGN_IN.run(connection, row).rowcount == 1)


def approve(connection: Connection, request: str, browser: str, *, code: str, until: int, now: int) -> bool:
    """Whether this call, and no other, gave the request's code (a digest)."""
    row = {"of": request, "in_browser": browser, "given": code, "until": until, "now": now}
    return bool(_APPROVE.run(connection, row).rowcount == 1)


def deny(connection: Connection, request: str, browser: str, *, now: int) -> bool:
    """Whether this call ended it without a code."""
    return bool(_DENY.run(connection, {"of": request, "in_browser": browser, "now": now}).rowcount == 1)


def redeem(connection: Connection, request: str, *, key: str, now: int) -> bool:
    """Whether this call, and no other, used the code; the tokens it gives are bound to this key."""
    return bool(_REDEEM.run(connection, {"of": request, "with_key": key, "now": now}).rowcount == 1)


def forget(connection: Connection, *, before: int) -> int:
    """How many were over before `before`."""
    return int(_FORGET.run(connection, {"before": before}).rowcount)


def _read(row: Sequence[Any] | None) -> Authorization | None:
    if row is None:
        return None
    values: dict[str, Any] = dict(zip(_NAMES, row, strict=True))
    values["configurations"] = tuple(values["configurations"].split(" "))
    values["by_details"] = bool(values["by_details"])
    values["progress"] = Progress(values["progress"])
    return Authorization(**values)
