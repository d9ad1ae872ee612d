"""Roles as processes of their own, so that the CPU time of a server can be read from outside and nobody else's is in it."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from sinwon.cli.setup import ROLES, Plan, set_up
from sinwon.cli.wiring import found_trust, make_world, migrate
from sinwon.config import Config, read_config
from sinwon.demo.deployment import HOST, free_ports

PROBES = {"trust": "/trust-list.jwt", "issuer": "/.well-known/openid-credential-issuer", "gateway": "/jwks"}


@dataclass(frozen=True, slots=True)
class Server:
    process: subprocess.Popen[bytes]

    def cpu(self) -> float:
        """Milliseconds of CPU this process has used, all its threads together."""
        tasks = Path(f"/proc/{self.process.pid}/task")
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks.iterdir()) / 1e6

    def memory(self) -> float:
        """Megabytes resident."""
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / 1e6


def deploy(folder: Path, services: tuple[str, ...]) -> Config:
    ports = dict(zip(ROLES, free_ports(len(ROLES)), strict=True))
    origins = {role: f"http://{HOST}:{port}" for role, port in ports.items()}
    config = read_config(set_up(Plan(folder, "demo", origins, ports, services), now=int(time.time()), random=os.urandom))
    for role in ROLES:
        migrate(config, role)
    found_trust(make_world(config))
    return config


@contextmanager
def serving(config: Config, folder: Path, roles: tuple[str, ...]) -> Iterator[dict[str, Server]]:
    """Each role in its own process, up inside the block."""
    with ExitStack() as stack:
        servers = {role: stack.enter_context(_started(config, folder, role)) for role in roles}
        yield servers


@contextmanager
def _started(config: Config, folder: Path, role: str) -> Iterator[Server]:
    command = [str(Path(sys.executable).parent / "sinwon"), "serve", role, "--config", str(folder / "sinwon.toml")]
    with (folder / f"{role}.log").open("wb") as log, subprocess.Popen(command, stderr=log) as process:
        try:
            _wait(f"{getattr(config, role).origin}{PROBES[role]}", process)
            yield Server(process)
        finally:
            process.terminate()


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 30
    with httpx2.Client(trust_env=False) as client:
        while time.monotonic() < end and process.poll() is None:
            try:
                if client.get(url).status_code == 200:
                    return
            except httpx2.TransportError:
                time.sleep(0.1)
    raise RuntimeError(f"nothing answers at {url}")
