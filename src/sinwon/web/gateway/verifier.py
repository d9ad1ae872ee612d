"""What wallets call: fetch the signed request, post the encrypted response. No cookies, no redirects.

A response is received in line, which is cheaper than a thread; only when a status list is due, once per list and `ttl`, is it
received again in a thread that may wait for the network.
"""

from dataclasses import replace

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from sinwon.protocols.trust.status_lists import WouldFetch
from sinwon.protocols.vp.request_object import MEDIA_TYPE, parse_wallet_nonce
from sinwon.services.presentation.gateway import Gateway
from sinwon.services.presentation.give_request import give_request
from sinwon.services.presentation.receive import receive_response
from sinwon.web.shared.answers import NO_STORE, json_answer
from sinwon.web.shared.reading import read_form


class Verifier:
    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self._in_line = replace(gateway, fetch=None)

    async def request(self, request: Request) -> Response:
        nonce = parse_wallet_nonce(await read_form(request)) if request.method == "POST" else None
        token = give_request(self.gateway, request.path_params["presentation"], nonce)
        return Response(token, 200, NO_STORE, MEDIA_TYPE)

    async def response(self, request: Request) -> Response:
        form = await read_form(request)
        presentation = request.path_params["presentation"]
        try:
            onward = receive_response(self._in_line, presentation, form)
        except WouldFetch:
            onward = await run_in_threadpool(receive_response, self.gateway, presentation, form)
        return json_answer({} if onward is None else {"redirect_uri": onward})
