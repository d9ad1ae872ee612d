"""Answers: never cached unless public, errors as one JSON shape with a fixed text for each code.

`error_description` is printable ASCII without quotes and backslash (RFC 6749 §5.2) and never repeats input.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from sinwon.core import base64url
from sinwon.core.refusal import Refusal
from sinwon.core.strict_json import dump

NO_STORE: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}
CORS: Final = {"Access-Control-Allow-Origin": "*"}
CHALLENGES: Final[Mapping[str, Mapping[str, str]]] = {
    code: {"WWW-Authenticate": f'Bearer error="{code}"'} for code in ("invalid_token", "insufficient_scope")
}
"""How to authenticate, beside a refused access token (RFC 6750 §3)."""
DESCRIPTIONS: Final[Mapping[str, str]] = {
    "invalid_request": "The request is malformed or lacks a parameter.",
    "invalid_client": "The client is not known or did not authenticate.",
    "invalid_grant": "The code, PIN or token is wrong, used or expired.",
    "invalid_client_attestation": "The client attestation or its proof does not meet the rules.",
    "use_fresh_attestation": "The client attestation is over. Send a fresh one.",
    "use_attestation_challenge": "Prove possession for the challenge given here.",
    "invalid_scope": "No scope of a credential was asked for.",
    "invalid_authorization_details": "The authorization details ask for nothing that is offered here.",
    "unsupported_response_type": "Only response_type code is offered.",
    "unauthorized": "A valid signed request of a known role is required.",
    "unsupported_grant_type": "This grant type is not offered.",
    "unsupported_media_type": "The content type is not the one expected here.",
    "invalid_token": "The access token is missing, wrong or expired.",
    "invalid_dpop_proof": "The DPoP proof is missing, wrong, or was used before.",
    "use_dpop_nonce": "Send the DPoP proof again with the nonce given here.",
    "insufficient_scope": "The access token does not cover this.",
    "invalid_proof": "The key proof is missing or does not meet the rules.",
    "invalid_nonce": "Fetch a fresh nonce and send the proof again.",
    "invalid_credential_request": "The credential request does not meet the rules.",
    "unknown_credential_configuration": "No such credential configuration.",
    "unknown_credential_identifier": "No such credential identifier.",
    "credential_request_denied": "This credential cannot be issued.",
    "invalid_encryption_parameters": "The request is not encrypted as it must be, or asks for what is not offered.",
    "invalid_transaction_id": "No such transaction, or it is over.",
    "invalid_notification_id": "No such notification.",
    "invalid_notification_request": "The notification is malformed.",
    "device_replaced": "The certificate is on another device now.",
    "certificate_suspended": "The certificate is suspended.",
    "certificate_ended": "The certificate is over.",
    "invalid_code": "The code is wrong, used or expired.",
    "not_suspended": "There is no suspension that you could release.",
    "no_mail_address": "There is no e-mail address on file.",
    "pin_too_simple": "Choose a PIN that is not repeated, in sequence or a birth date.",
    "chip_proof_unavailable": "Reading a passport chip is not available yet.",
    "too_many_requests": "Too many requests. Please try again later.",
    "not_found": "There is nothing here, or it is closed.",
    "too_large": "The request is larger than allowed.",
    "request_timeout": "The request did not arrive in time.",
    "server_error": "Something failed on our side. Nothing was changed.",
}


def json_answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """`value` (plain or a message type) as JSON that nobody may store."""
    return Response(dump(value), status, {**NO_STORE, **(headers or {})}, "application/json")


def error_answer(code: str, status: int, headers: Mapping[str, str] | None = None) -> Response:
    """The one shape of an error: `{"error", "error_description"}`."""
    body = {"error": code, "error_description": DESCRIPTIONS.get(code, "The request was refused.")}
    return json_answer(body, status, headers)


def refusal_answer(refusal: Refusal, statuses: Mapping[str, int]) -> Response:
    """A refusal under its code; `why` stays here."""
    return error_answer(refusal.code, statuses.get(refusal.code, 400), CHALLENGES.get(refusal.code))


def public_answer(body: bytes, media_type: str, request: Request, *, max_age: int, etag: str | None = None) -> Response:
    """A public document as cached bytes: ETag (of its bytes, unless given), 304, CORS for web wallets, no cookies."""
    etag = etag or f'"{base64url.encode(sha256(body).digest()[:16])}"'
    headers = {"ETag": etag, "Cache-Control": f"public, max-age={max_age}", **CORS}
    known = (tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(","))
    if etag.removeprefix("W/") in known:
        return Response(status_code=304, headers=headers)
    return Response(body, 200, headers, media_type)
