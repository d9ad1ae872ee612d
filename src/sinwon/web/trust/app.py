"""The trust site: two signed documents and the operator's public key, as cached bytes that anyone may fetch."""

from collections.abc import Callable, Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sinwon.core.refusal import Refusal
from sinwon.core.strict_json import dump
from sinwon.protocols.trust import catalogue_document, trust_list
from sinwon.store.trust.publications import Publication
from sinwon.web.shared.answers import public_answer
from sinwon.web.shared.app import RoleApp, make_app

MEDIA_TYPE: Final = "application/jwt"
KEY_PATH: Final = "/operator-key.jwk"
KEY_TYPE: Final = "application/jwk+json"
MAX_AGE: Final = 60  # seconds; a follower that asks more often gets an old answer from caches at most this long
KEY_MAX_AGE: Final = 86_400
MAX_BODY: Final = 0  # nothing is ever sent here

Latest = Callable[[], Publication | None]
"""The newest publication; whoever wires the site decides how long it is kept in memory."""


def trust_app(*, origin: str, operator_jwk: Mapping[str, str], latest: Latest) -> RoleApp:
    key = dump({**operator_jwk, "alg": "ES256", "use": "sig"})

    async def get_trust_list(request: Request) -> Response:
        return public_answer(_latest().trust_list.encode(), MEDIA_TYPE, request, max_age=MAX_AGE)

    async def get_catalogue(request: Request) -> Response:
        return public_answer(_latest().catalogue.encode(), MEDIA_TYPE, request, max_age=MAX_AGE)

    async def get_key(request: Request) -> Response:
        return public_answer(key, KEY_TYPE, request, max_age=KEY_MAX_AGE)

    def _latest() -> Publication:
        publication = latest()
        if publication is None:
            raise Refusal("not_found", "nothing is published yet")
        return publication

    routes = [Route(trust_list.PATH, get_trust_list), Route(catalogue_document.PATH, get_catalogue), Route(KEY_PATH, get_key)]
    return make_app(routes, origin=origin, max_body=MAX_BODY)
