"""Credential, deferred credential and notification endpoint (OpenID4VCI 1.0 §8, §9, §11): plain or encrypted (§10).

Owns which media type means what, and that what is answered goes where the request said. Errors are never encrypted: they are
raised, and answered where all errors are. The usual request, plain both ways, is decided on the event loop.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sinwon.core.refusal import Refusal
from sinwon.core.strict_json import dump
from sinwon.protocols.oauth.dpop import VerifiedDpop
from sinwon.protocols.trust.status_lists import WouldFetch
from sinwon.protocols.vci.configurations import ALL
from sinwon.protocols.vci.credential_request import MAX_REQUEST, CredentialResponse, parse_credential_request
from sinwon.protocols.vci.deferred import DeferredResponse, parse_deferred_request
from sinwon.protocols.vci.encryption import MEDIA_TYPE, AnswerKey, check_encrypted, open_request, seal_answer
from sinwon.protocols.vci.notification import parse_notification
from sinwon.services.issuance.defer_issuance import defer_issuance, issue_deferred
from sinwon.services.issuance.issue_credentials import issue_credentials
from sinwon.services.issuance.issuer import CREDENTIAL_PATH, DEFERRED_PATH, NOTIFICATION_PATH, Issuer
from sinwon.services.issuance.note_notification import note_notification
from sinwon.services.issuance.request_key import request_key, request_key_id
from sinwon.web.issuer.access import NONCE_HEADER, Access, protected
from sinwon.web.shared.answers import NO_STORE, json_answer
from sinwon.web.shared.app import wallet_route
from sinwon.web.shared.reading import content_type, read_body, require_type

JSON: Final = "application/json"
Asked = TypeVar("Asked")
Given = TypeVar("Given")
UseCase = Callable[[Issuer, str, Asked, VerifiedDpop | None], Given]


class IssuingEndpoints:
    """The issuer's settings and key, read once."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer
        self._in_line = replace(issuer, fetch=None)
        self._known = frozenset(ALL)
        self._deferred = frozenset(issuer.settings.deferred)
        self._required = issuer.settings.encryption_required
        self._key = request_key(issuer)
        self._kid = request_key_id(self._key)

    async def credential(self, request: Request, access: Access) -> Response:
        body, sealed = await self._read(request)
        batch_size = self._issuer.settings.batch_size
        asked = parse_credential_request(body, known=self._known, batch_size=batch_size, sealed=sealed)
        check_encrypted(sealed=sealed, answer=asked.encryption is not None, required=self._required)
        if asked.configuration_id in self._deferred:
            return await _answer(await self._run(defer_issuance, asked, access), asked.encryption)
        return await _answer(await self._run(issue_credentials, asked, access), asked.encryption)

    async def deferred(self, request: Request, access: Access) -> Response:
        body, sealed = await self._read(request)
        asked = parse_deferred_request(body, sealed=sealed)
        # The answer is encrypted as the first request said, where this one says nothing.
        check_encrypted(sealed=sealed, answer=True, required=self._required)
        answered = await self._run(issue_deferred, asked, access)
        return await _answer(answered.body, answered.encryption)

    async def notification(self, request: Request, access: Access) -> Response:
        require_type(request, JSON)
        note_notification(self._issuer, access.token, parse_notification(await read_body(request)), access.dpop)
        return Response(status_code=204, headers=NO_STORE)

    async def _read(self, request: Request) -> tuple[bytes, bool]:
        """The message, and whether it came encrypted [OID4VCI 10]."""
        kind = content_type(request)
        if kind == JSON:
            return await read_body(request), False
        if kind != MEDIA_TYPE:
            raise Refusal("unsupported_media_type", f"neither {JSON} nor {MEDIA_TYPE}")
        return open_request(await read_body(request), self._key, self._kid, limit=MAX_REQUEST), True

    async def _run(self, use_case: UseCase[Asked, Given], asked: Asked, access: Access) -> Given:
        """In line, unless the status of a key attestation has to be fetched first."""
        try:
            return use_case(self._in_line, access.token, asked, access.dpop)
        except WouldFetch:
            return await run_in_threadpool(use_case, self._issuer, access.token, asked, access.dpop)


def issuing_routes(issuer: Issuer) -> list[Route]:
    endpoints = IssuingEndpoints(issuer)
    handlers = {
        CREDENTIAL_PATH: endpoints.credential,
        DEFERRED_PATH: endpoints.deferred,
        NOTIFICATION_PATH: endpoints.notification,
    }
    return [
        wallet_route(path, protected(issuer, path, handler), ["POST"], exposed=[NONCE_HEADER])
        for path, handler in handlers.items()
    ]


async def _answer(body: CredentialResponse | DeferredResponse, encryption: AnswerKey | None) -> Response:
    """200, or 202 for what is still to come [OID4VCI 8.3]; encrypted either way, if it was asked for."""
    status = 202 if isinstance(body, DeferredResponse) else 200
    if encryption is None:
        return json_answer(body, status)
    # Compressing a batch with portraits takes a while, which others shall not wait for.
    sealed = await run_in_threadpool(seal_answer, dump(body), encryption)
    return Response(sealed, status, NO_STORE, MEDIA_TYPE)
