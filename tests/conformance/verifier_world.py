"""A gateway that also asks a stranger's wallet for a stranger's documents, as the conformance profile is set up."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from sinwon.keys.signer import CertifiedSigner
from sinwon.keys.trust import TrustAnchors
from sinwon.protocols.vp.description import FOREIGN, Description
from sinwon.services.presentation.start_presentation import (
    Outcome,
    StartedPresentation,
    read_presentation,
    start_presentation,
)
from sinwon.store.gateway.presentations import Progress
from tests import world
from tests.foreign_wallet import ForeignWallet, anchors, fetch, read_link
from tests.gateway_world import GatewayWorld, gateway_world, parameters_of

RETURN_TO = "https://desk.example/presented"
HAIP = Description(FOREIGN["pid-sd-jwt"], return_to=RETURN_TO)


@cache
def access_signer(service: str) -> CertifiedSigner:
    """Whose certificate also names the gateway's host."""
    signer, begins = world.key(f"access {service}"), world.NOW - 86_400
    authority, random = world.authority("access authority"), world.SeededRandomness(3)
    uri = f"urn:sinwon:service:{service}"
    leaf = authority.certify(signer, service, uri, now=begins, random=random, hosts=("gateway.example",))
    return CertifiedSigner(signer, (leaf,))


@dataclass
class Asked:
    """One question, as the one who asks and the wallet see it."""

    here: "VerifierWorld"
    started: StartedPresentation
    request: dict[str, Any]

    def outcome(self, response_code: str | None = None) -> Outcome:
        return read_presentation(self.here.world.gateway, self.started.handle, response_code)


@dataclass
class VerifierWorld:
    world: GatewayWorld

    @property
    def http(self) -> TestClient:
        return self.world.client()

    def wallet(self, **changes: Any) -> ForeignWallet:
        return ForeignWallet(self.world.clock, **changes)

    def start(self, description: Description = HAIP, endpoint: str | None = None) -> StartedPresentation:
        return start_presentation(self.world.gateway, description, service="gov24", wallet_endpoint=endpoint)

    def ask(self, description: Description = HAIP) -> Asked:
        started = self.start(description)
        by_link = description.method.value == "url_query"
        return Asked(self, started, read_link(started.link) if by_link else fetch(self.http, started.link))

    def trust(self, *, status: bool = False) -> None:
        self.world.anchors[0] = TrustAnchors((*world.trust_anchors().anchors, *anchors(status=status)))


@contextmanager
def verifier_world(folder: Path) -> Iterator[VerifierWorld]:
    with gateway_world(folder) as made:
        made.gateway = replace(made.gateway, access=access_signer)
        here = VerifierWorld(made)
        here.trust()
        yield here


def answered(asked: Asked, presentation: str | None = None, wallet: ForeignWallet | None = None) -> Outcome:
    """The answer is taken and read with the code that came back."""
    here = asked.here
    answer = (wallet or here.wallet()).post(here.http, asked.request, presentation)
    assert answer.status_code == 200, answer.text
    uri = answer.json().get("redirect_uri")
    outcome = asked.outcome(parameters_of(uri)["response_code"] if uri else None)
    assert outcome.progress is Progress.FINISHED
    return outcome


def refused(asked: Asked, presentation: str, step: str) -> None:
    """The answer is refused alike whatever was wrong, nothing of it is kept, and an honest one still counts."""
    here = asked.here
    answer = here.wallet().post(here.http, asked.request, presentation)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"] == "invalid_request"
    outcome = asked.outcome()
    assert (outcome.progress, outcome.failed_step, outcome.credentials) == (Progress.OPEN, step, None)
    answered(asked)
