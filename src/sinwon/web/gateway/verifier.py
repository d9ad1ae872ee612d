"""What wallets call: fetch the signed request, post the encrypted response. No cookies, no redirects.

Receiving a response may have to fetch a status list, so it runs beside the event loop.
"""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from sinwon.protocols.vp.request_object import MEDIA_TYPE, parse_wallet_nonce
from sinwon.services.presentation.gateway import Gateway
from sinwon.services.presentation.give_request import give_request
from sinwon.services.presentation.receive import receive_response
from sinwon.web.shared.answers import NO_STORE, json_answer
from sinwon.web.shared.reading import read_form


class Verifier:
    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway

    async def request(self, request: Request) -> Response:
        nonce = parse_wallet_nonce(await read_form(request)) if request.method == "POST" else None
        token = give_request(self.gateway, request.path_params["presentation"], nonce)
        return Response(token, 200, NO_STORE, MEDIA_TYPE)

    async def response(self, request: Request) -> Response:
        form = await read_form(request)
        onward = await run_in_threadpool(receive_response, self.gateway, request.path_params["presentation"], form)
        return json_answer({"redirect_uri": onward})
