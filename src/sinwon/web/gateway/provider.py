"""What services' own servers call: discovery, keys, token, userinfo. JSON only, no cookies."""

from starlette.requests import Request
from starlette.responses import Response

from sinwon.core.refusal import Refusal
from sinwon.core.strict_json import dump
from sinwon.protocols.oauth.errors import INVALID_CLIENT
from sinwon.protocols.oidc.discovery import provider_metadata
from sinwon.protocols.oidc.id_token import rsa_signing_jwk, signing_jwk
from sinwon.protocols.trust.catalogue import Catalogue
from sinwon.services.presentation.gateway import Gateway
from sinwon.services.sign_in.read_claims import read_claims
from sinwon.services.sign_in.redeem import redeem_code
from sinwon.services.sign_in.register_client import algorithms
from sinwon.web.shared.answers import error_answer, json_answer, public_answer
from sinwon.web.shared.reading import bearer, read_form

MAX_AGE = 300  # seconds a service may keep discovery and keys


class Provider:
    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self._jwks = dump({"keys": _keys(gateway)})
        self._discovery: tuple[Catalogue, bytes] | None = None

    async def discovery(self, request: Request) -> Response:
        """Bytes made once for each catalogue."""
        catalogue = self.gateway.catalogue()
        if self._discovery is None or self._discovery[0] is not catalogue:
            offered = [preset for preset in catalogue.presets if preset.is_permissible]
            self._discovery = catalogue, dump(provider_metadata(self.gateway.origin, offered, algorithms(self.gateway)))
        return public_answer(self._discovery[1], "application/json", request, max_age=MAX_AGE)

    async def jwks(self, request: Request) -> Response:
        return public_answer(self._jwks, "application/jwk-set+json", request, max_age=MAX_AGE)

    async def token(self, request: Request) -> Response:
        form = await read_form(request)
        try:
            return json_answer(redeem_code(self.gateway, request.headers.get("authorization"), form))
        except Refusal as refusal:
            if refusal.code != INVALID_CLIENT:
                raise
            return error_answer(INVALID_CLIENT, 401, {"WWW-Authenticate": 'Basic realm="token"'})

    async def userinfo(self, request: Request) -> Response:
        try:
            return json_answer(read_claims(self.gateway, bearer(request)))
        except Refusal as refusal:
            return error_answer(refusal.code, 401, {"WWW-Authenticate": f'Bearer error="{refusal.code}"'})


def _keys(gateway: Gateway) -> list[dict[str, str]]:
    own = [signing_jwk(gateway.signer)]
    return own if gateway.rsa_signer is None else [*own, rsa_signing_jwk(gateway.rsa_signer)]
