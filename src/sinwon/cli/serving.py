"""Serving ASGI applications: one uvicorn server per role, each in a thread with its own event loop.

In a deployment one process serves one role; the demo and small installations serve several in one process. The address is
loopback unless the configuration says otherwise.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from ssl import SSLContext
from threading import Thread
from time import monotonic, sleep
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from sinwon.core.refusal import Fault

START_SECONDS: Final = 20.0
KEEP_ALIVE_SECONDS: Final = 20
MAX_CONNECTIONS: Final = 512


@dataclass(frozen=True, slots=True)
class Listener:
    """Where an application listens. Port 0 takes a free one."""

    app: ASGIApp
    host: str
    port: int
    tls: SSLContext | None = None
    """Without it plain http, for a proxy before it or for loopback."""


def make_server(listener: Listener) -> uvicorn.Server:
    tls = listener.tls
    config = uvicorn.Config(
        listener.app,
        host=listener.host,
        port=listener.port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        limit_concurrency=MAX_CONNECTIONS,
        ssl_context_factory=None if tls is None else lambda _config, _default: tls,
    )
    return uvicorn.Server(config)


@contextmanager
def serving(listeners: Mapping[str, Listener]) -> Iterator[None]:
    """All listeners up inside the block, stopped after it. Raises Fault when one does not start."""
    servers = {name: make_server(listener) for name, listener in listeners.items()}
    threads = [Thread(target=server.run, name=name, daemon=True) for name, server in servers.items()]
    for thread in threads:
        thread.start()
    try:
        _wait_until_started(servers, threads)
        yield
    finally:
        for server in servers.values():
            server.should_exit = True
        for thread in threads:
            thread.join(timeout=5)


def _wait_until_started(servers: Mapping[str, uvicorn.Server], threads: list[Thread]) -> None:
    end = monotonic() + START_SECONDS
    for (name, server), thread in zip(servers.items(), threads, strict=True):
        while not server.started:
            if not thread.is_alive() or monotonic() > end:
                raise Fault(f"{name} did not start: is its port taken?")
            sleep(0.01)
