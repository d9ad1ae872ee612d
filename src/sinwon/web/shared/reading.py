"""Reading what strangers send: exact content types, bounded, no parameter twice."""

from collections.abc import Iterator
from re import compile as pattern
from typing import Final, TypeVar
from urllib.parse import parse_qsl

from starlette.requests import Request

from sinwon.core.limits import MAX_FORM_FIELDS
from sinwon.core.refusal import Malformed, Refusal, Unmet
from sinwon.core.strict_json import MAX_BYTES, parse_as

T = TypeVar("T")
NEVER: Final = pattern(r"(^|;)q=0(\.0*)?(;|$)")
WEIGHT: Final = pattern(r"(?:^|;)q=([01](?:\.[0-9]{0,3})?)(?:;|$)")


async def read_body(request: Request) -> bytes:
    """The body, already bounded by the middleware."""
    return await request.body()


async def read_form(request: Request) -> dict[str, str]:
    """An `application/x-www-form-urlencoded` body. Raises Refusal for another type, Malformed for the rest."""
    require_type(request, "application/x-www-form-urlencoded")
    return _pairs((await request.body()).decode("latin-1"))


async def read_json(request: Request, shape: type[T], *, limit: int = MAX_BYTES) -> T:
    """An `application/json` body as the message type `shape`."""
    require_type(request, "application/json")
    return parse_as(await request.body(), shape, limit=limit)


def query(request: Request) -> dict[str, str]:
    """The query parameters. Raises Malformed for a duplicate or for bytes that are not UTF-8."""
    return _pairs(request.scope["query_string"].decode("latin-1"))


def check_same_site(request: Request, origin: str) -> None:
    """A form that a page of another site sent here counts for nothing: browsers say where it comes from. An `Origin` of `null`
    is that of our own pages, which name no referrer. Raises Refusal("cross_site")."""
    site = request.headers.get("sec-fetch-site")
    if site is None:
        foreign = request.headers.get("origin", origin) not in {origin, "null"}
    else:
        foreign = site not in {"same-origin", "none"}
    if foreign:
        raise Refusal("cross_site", "a form of another site")


def content_type(request: Request) -> str:
    """Without its parameters; empty where there is none."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def require_type(request: Request, media_type: str) -> None:
    """Raises Refusal("unsupported_media_type")."""
    if content_type(request) != media_type:
        raise Refusal("unsupported_media_type", f"not {media_type}")


def check_accepts(request: Request, media_type: str) -> None:
    """Raises Unmet("not_acceptable") when there is an Accept header that does not allow `media_type` (RFC 9110 §12.5.1)."""
    accepted = request.headers.get("accept", "*/*").lower().replace(" ", "").split(",")
    ranges = {name for name, _, options in (part.partition(";") for part in accepted) if not NEVER.search(options)}
    if not ranges & {media_type, f"{media_type.partition('/')[0]}/*", "*/*", ""}:
        raise Unmet("not_acceptable", f"only as {media_type}")


def prefers(request: Request, media_type: str, usual: str) -> bool:
    """Whether `media_type` is asked for by its name, and no less than the `usual` one is (RFC 9110 §12.5.1)."""
    weights = dict(_weights(request.headers.get("accept", "")))
    return weights.get(media_type, 0) > 0 and weights[media_type] >= weights.get(usual, 0)


def bearer(request: Request, scheme: str = "bearer") -> str:
    """The token of the Authorization header, the only place it may stand (RFC 6750 §2.1). Raises Refusal("invalid_token")."""
    found, token = authorization(request)
    if found != scheme:
        raise Refusal("invalid_token", f"not the {scheme} scheme")
    return token


def authorization(request: Request) -> tuple[str, str]:
    """Scheme, in lower case, and token of the one Authorization header. Raises Refusal("invalid_token")."""
    values = request.headers.getlist("authorization")
    scheme, _, token = values[0].partition(" ") if len(values) == 1 else ("", "", "")
    if not token or " " in token:
        raise Refusal("invalid_token", "no single token in one Authorization header")
    return scheme.lower(), token


def _weights(accept: str) -> Iterator[tuple[str, float]]:
    """Each media range of an Accept header, and its weight; 1 where none can be read."""
    for part in accept.lower().replace(" ", "").split(","):
        name, _, options = part.partition(";")
        found = WEIGHT.search(options)
        yield name, float(found[1]) if found else 1.0


def _pairs(text: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=False, errors="strict", max_num_fields=MAX_FORM_FIELDS)
    except (ValueError, UnicodeError):
        raise Malformed("invalid_request", "parameters are not UTF-8 or too many") from None
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Malformed("invalid_request", "a parameter occurs twice")
    return found
