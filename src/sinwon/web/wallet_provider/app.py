"""The wallet provider's application: what wallets of its type ask it."""

from collections.abc import Callable, Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sinwon.protocols.wallet_provider.errors import INSTANCE_KNOWN, INSTANCE_REVOKED, UNKNOWN_INSTANCE
from sinwon.protocols.wallet_provider.messages import ATTEST_CLIENT, ATTEST_KEYS, CHALLENGE, PATHS, REGISTER, REVOKE
from sinwon.protocols.wallet_provider.request import MAX_REQUEST, MEDIA_TYPE
from sinwon.services.wallet_provider.attest import attest_client, attest_keys
from sinwon.services.wallet_provider.instances import give_challenge, register_instance, revoke_own
from sinwon.services.wallet_provider.provider import WalletProvider
from sinwon.web.shared.answers import json_answer
from sinwon.web.shared.app import RoleApp, make_app, wallet_route
from sinwon.web.shared.reading import read_body, require_type

STATUSES: Final = {UNKNOWN_INSTANCE: 403, INSTANCE_REVOKED: 403, INSTANCE_KNOWN: 409}
UseCase = Callable[[WalletProvider, bytes], object]
ACTS: Final[Mapping[str, UseCase]] = {
    REGISTER: register_instance,
    ATTEST_CLIENT: attest_client,
    ATTEST_KEYS: attest_keys,
    REVOKE: revoke_own,
}


def wallet_provider_app(provider: WalletProvider) -> RoleApp:
    async def challenge(_request: Request) -> Response:
        return json_answer(give_challenge(provider))

    routes = [wallet_route(CHALLENGE, challenge, ["POST"]), *(_route(provider, action, act) for action, act in ACTS.items())]
    return make_app(routes, origin=provider.origin, statuses=STATUSES, max_body=MAX_REQUEST, engine=provider.engine)


def _route(provider: WalletProvider, action: str, act: UseCase) -> Route:
    async def answer(request: Request) -> Response:
        require_type(request, MEDIA_TYPE)
        return json_answer(act(provider, await read_body(request)), 201 if action == REGISTER else 200)

    return wallet_route(PATHS[action], answer, ["POST"])
