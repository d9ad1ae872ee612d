"""The issuer's routes. Handlers read, call one use case, answer; codes become statuses here and nowhere else.

Everything a wallet or verifier calls allows any origin without cookies; what our roles call answers no preflight.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sinwon.core.refusal import Malformed, Unmet
from sinwon.protocols.oauth.dpop import VerifiedDpop
from sinwon.protocols.oauth.grants.authorization_code import GRANT_TYPE as CODE
from sinwon.protocols.oauth.grants.authorization_code import parse_code_request
from sinwon.protocols.oauth.grants.pre_authorized import GRANT_TYPE as PRE_AUTHORIZED
from sinwon.protocols.oauth.grants.pre_authorized import parse_request
from sinwon.protocols.oauth.grants.refresh_token import GRANT_TYPE as REFRESH
from sinwon.protocols.oauth.grants.refresh_token import parse_refresh_request
from sinwon.protocols.oauth.metadata import WELL_KNOWN as OAUTH_WELL_KNOWN
from sinwon.protocols.oauth.metadata import well_known_path
from sinwon.protocols.oauth.token_request import check_grant_type
from sinwon.protocols.roles.messages import ASK_ACTIVE, ASK_STATE, CHANGE, MAKE_OFFER, PATHS, REVOKE
from sinwon.protocols.roles.request import MEDIA_TYPE as ROLE_REQUEST
from sinwon.protocols.vci.metadata import WELL_KNOWN as ISSUER_WELL_KNOWN
from sinwon.protocols.vci.signed_metadata import MEDIA_TYPE as SIGNED
from sinwon.services.authorization.push_request import push_request
from sinwon.services.authorization.redeem_authorization_code import redeem_authorization_code
from sinwon.services.authorization.sign_in import Way
from sinwon.services.authorization.sign_in_by_pin import ByPin
from sinwon.services.issuance.ask_active import ask_active
from sinwon.services.issuance.documents import SignedMetadata, authorization_server_metadata, issuer_metadata
from sinwon.services.issuance.give_nonce import give_nonce
from sinwon.services.issuance.issuer import (
    NONCE_PATH,
    OFFER_PATH,
    PAR_PATH,
    STATUS_PATH,
    TOKEN_PATH,
    Issuer,
)
from sinwon.services.issuance.make_offer import make_offer
from sinwon.services.issuance.open_offer import open_offer
from sinwon.services.issuance.publish_status import StatusPublisher
from sinwon.services.issuance.redeem_code import redeem_code
from sinwon.services.issuance.refresh_access import refresh_access
from sinwon.services.issuance.revoke import revoke
from sinwon.services.lifecycle.ask_state import ask_state
from sinwon.services.lifecycle.change_certificate import change_certificate
from sinwon.services.notify.notice_texts import LOST_PATH
from sinwon.web.issuer.access import NONCE_HEADER, fresh_nonce, with_proof
from sinwon.web.issuer.authorize import AuthorizePages
from sinwon.web.issuer.certificate import certificate_routes
from sinwon.web.issuer.client import CHALLENGE_HEADER, challenge_route, client_of
from sinwon.web.issuer.issuing import issuing_routes
from sinwon.web.issuer.lost import LossPages
from sinwon.web.shared.answers import json_answer, public_answer
from sinwon.web.shared.app import RoleApp, get_only, make_app, wallet_route
from sinwon.web.shared.pages import style_route
from sinwon.web.shared.reading import check_accepts, prefers, query, read_body, read_form, require_type

STATUSES: Final[Mapping[str, int]] = {
    "invalid_client": 401,
    "mission_not_open": 403,
    "not_allowed": 403,
    "chip_proof_unavailable": 403,
    "unknown_application": 404,
    "unknown_person": 404,
    "not_acceptable": 406,
    "already_offered": 409,
    "certificate_ended": 409,
    "certificate_suspended": 409,
    "number_taken": 409,
    "device_replaced": 409,
    "not_suspended": 409,
    "no_mail_address": 409,
    "historical_status": 501,
}
METADATA_AGE: Final = 600  # seconds
JSON: Final = "application/json"
RoleUseCase = Callable[[Issuer, str], object]


def issuer_app(issuer: Issuer, ways: Sequence[Way] = (ByPin(),)) -> RoleApp:
    """The role's application. `issuer.engine` has its tables already; `ways` are those in which a citizen may sign in."""
    lost = LossPages(issuer)
    routes = [
        *_wallet_routes(issuer),
        *issuing_routes(issuer),
        *certificate_routes(issuer),
        *_public_routes(issuer),
        *_role_routes(issuer),
        *AuthorizePages(issuer, lost.pages, ways).routes(),
        Route(LOST_PATH, lost.start, methods=["GET"]),
        Route(LOST_PATH, lost.stop, methods=["POST"]),
        Route(LOST_PATH + "/{secret}", lost.show_link, methods=["GET"]),
        Route(LOST_PATH + "/{secret}", lost.stop_by_link, methods=["POST"]),
        style_route(),
    ]
    return make_app(routes, origin=issuer.origin, statuses=STATUSES, pages=lost.pages, engine=issuer.engine)


def _wallet_routes(issuer: Issuer) -> list[Route]:
    async def offer(request: Request) -> Response:
        return json_answer(open_offer(issuer, request.path_params["secret"]))

    async def token(request: Request, dpop: VerifiedDpop | None) -> Response:
        form = await read_form(request)
        client = await client_of(issuer, request, form)
        grant_type = check_grant_type(form, CODE, PRE_AUTHORIZED, REFRESH)
        if grant_type == CODE:
            return json_answer(redeem_authorization_code(issuer, parse_code_request(form), client, dpop))
        if grant_type == PRE_AUTHORIZED:
            return json_answer(redeem_code(issuer, parse_request(form), dpop, client))
        return json_answer(refresh_access(issuer, parse_refresh_request(form), dpop, client))

    async def push(request: Request, dpop: VerifiedDpop | None) -> Response:
        form = await read_form(request)
        return json_answer(push_request(issuer, form, await client_of(issuer, request, form), dpop), 201)

    async def nonce(_request: Request) -> Response:
        return json_answer(give_nonce(issuer), headers=fresh_nonce(issuer))

    return [
        get_only(wallet_route(f"{OFFER_PATH}{{secret}}", offer, ["GET"])),
        wallet_route(TOKEN_PATH, with_proof(issuer, TOKEN_PATH, token), ["POST"], exposed=[NONCE_HEADER, CHALLENGE_HEADER]),
        wallet_route(PAR_PATH, with_proof(issuer, PAR_PATH, push), ["POST"], exposed=[NONCE_HEADER, CHALLENGE_HEADER]),
        challenge_route(issuer),
        wallet_route(NONCE_PATH, nonce, ["POST"], exposed=[NONCE_HEADER]),
    ]


def _public_routes(issuer: Issuer) -> list[Route]:
    publisher, metadata = StatusPublisher(issuer), issuer_metadata(issuer)
    signed = SignedMetadata(issuer, metadata)

    async def status_list(request: Request) -> Response:
        _check_status_request(request)
        # The first look at a long list takes seconds, which other requests shall not wait for.
        found = await run_in_threadpool(publisher.published, request.path_params["list"])
        check_accepts(request, found.kind.media_type)
        ttl = issuer.settings.status_ttl
        return public_answer(found.token, found.kind.media_type, request, max_age=ttl, etag=found.etag)

    async def described(request: Request) -> Response:
        """As JSON unless a JWT is what the wallet wants; in all our languages, whichever it prefers [OID4VCI 12.2.2]."""
        is_signed = prefers(request, SIGNED, JSON)
        body, media_type = (signed.token(), SIGNED) if is_signed else (metadata, JSON)
        answer = public_answer(body, media_type, request, max_age=METADATA_AGE)
        answer.headers["Vary"] = "Accept"
        return answer

    return [
        wallet_route(well_known_path(issuer.origin, ISSUER_WELL_KNOWN), described, ["GET"]),
        _document(well_known_path(issuer.origin, OAUTH_WELL_KNOWN), authorization_server_metadata(issuer)),
        wallet_route(f"{STATUS_PATH}{{list}}", status_list, ["GET"], exposed=["ETag"]),
    ]


def _role_routes(issuer: Issuer) -> list[Route]:
    return [
        _role_route(issuer, MAKE_OFFER, make_offer, 201),
        _role_route(issuer, ASK_ACTIVE, ask_active, 200),
        _role_route(issuer, REVOKE, revoke, 200),
        _role_route(issuer, CHANGE, change_certificate, 200),
        _role_route(issuer, ASK_STATE, ask_state, 200),
    ]


def _role_route(issuer: Issuer, action: str, use_case: RoleUseCase, status: int) -> Route:
    async def answer(request: Request) -> Response:
        require_type(request, ROLE_REQUEST)
        return json_answer(use_case(issuer, await _role_token(request)), status)

    return Route(PATHS[action], answer, methods=["POST"])


async def _role_token(request: Request) -> str:
    try:
        return (await read_body(request)).decode("ascii")
    except UnicodeDecodeError:
        raise Malformed("unauthorized", "not a signed request") from None


def _document(path: str, body: bytes) -> Route:
    async def answer(request: Request) -> Response:
        return public_answer(body, JSON, request, max_age=METADATA_AGE)

    return wallet_route(path, answer, ["GET"])


def _check_status_request(request: Request) -> None:
    """No historical lists [Token Status List 8.4]."""
    if "time" in query(request):
        raise Unmet("historical_status", "lists of the past are not kept")
