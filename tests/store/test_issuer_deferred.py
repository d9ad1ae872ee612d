"""Deferred issuance on both engines: what was promised is fetched by one of those who ask at once, whole or not at all."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from sinwon.core.refusal import Refusal
from sinwon.protocols.vci.configurations import AGE_MDOC, AGE_SD_JWT
from sinwon.protocols.vci.credential_request import CredentialResponse
from sinwon.protocols.vci.deferred import DeferredRequest, DeferredResponse
from sinwon.services.issuance.clean_up import clean_up
from sinwon.services.issuance.defer_issuance import issue_deferred
from sinwon.store.issuer.tables import COPIES, METADATA, PENDINGS
from tests.issuing import SMALL, Issuing, open_issuer, rows
from tests.store.conftest import EngineFactory

PARALLEL = 20


@pytest.fixture
def issuing(new_engine: EngineFactory) -> Iterator[Issuing]:
    made = open_issuer(new_engine(METADATA), SMALL).with_settings(deferred=(AGE_SD_JWT, AGE_MDOC))
    yield made
    made.issuer.engine.dispose()


def promised(issuing: Issuing, token: str, configuration: str = AGE_SD_JWT, count: int = 2) -> DeferredRequest:
    answer = issuing.request(token, issuing.proofs(count), configuration)
    assert answer.status_code == 202, answer.text
    return DeferredRequest(answer.json()["transaction_id"])


@pytest.mark.parametrize("configuration", [AGE_SD_JWT, AGE_MDOC])
def test_promised_and_fetched(issuing: Issuing, configuration: str) -> None:
    token = issuing.new_token()
    request = promised(issuing, token, configuration)
    early = issue_deferred(issuing.issuer, token, request).body
    assert early == DeferredResponse(request.transaction_id, issuing.issuer.settings.deferred_delay)
    issuing.clock.move(issuing.issuer.settings.deferred_delay)
    answer = issue_deferred(issuing.issuer, token, request).body
    assert isinstance(answer, CredentialResponse)
    assert len(answer.credentials) == rows(issuing, COPIES) == 2
    assert rows(issuing, PENDINGS) == 0


def test_of_many_processes_one_fetches_it(issuing: Issuing) -> None:
    token = issuing.new_token()
    request = promised(issuing, token)
    issuing.clock.move(issuing.issuer.settings.deferred_delay)

    def fetch(_number: int) -> str:
        try:
            issue_deferred(issuing.issuer, token, request)
        except Refusal as refusal:
            return refusal.code
        return "fetched"

    with ThreadPoolExecutor(PARALLEL) as pool:
        outcomes = sorted(pool.map(fetch, range(PARALLEL)))
    assert outcomes == ["fetched"] + ["invalid_transaction_id"] * (PARALLEL - 1)
    assert (rows(issuing, COPIES), rows(issuing, PENDINGS)) == (2, 0)


def test_what_nobody_fetched_is_forgotten(issuing: Issuing) -> None:
    promised(issuing, issuing.new_token())
    issuing.clock.move(issuing.issuer.settings.deferred_window - 1)
    clean_up(issuing.issuer)
    assert rows(issuing, PENDINGS) == 1
    issuing.clock.move(1)
    assert clean_up(issuing.issuer).forgotten >= 1
    assert rows(issuing, PENDINGS) == 0
