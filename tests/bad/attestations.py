"""Credential requests with attested keys, in each way an attestation may come; and what must hold after a hostile one."""

from collections.abc import Callable
from typing import Any

import pytest

from sinwon.keys.software import SoftwareKey
from sinwon.protocols.vci.configurations import LINKAGE_SD_JWT
from sinwon.store.issuer.tables import COPIES
from tests.attesting import attest, new_keys
from tests.issuing import Issuing, refused, rows


def by_attestation(_issuing: Issuing, attestation: object, _keys: list[SoftwareKey], _nonce: str) -> dict[str, Any]:
    """The proof type `attestation`."""
    return {"attestation": [attestation]}


def beside_a_proof(issuing: Issuing, attestation: object, keys: list[SoftwareKey], nonce: str) -> dict[str, Any]:
    """One `jwt` proof, with the attestation in its header."""
    return {"jwt": [issuing.proof(keys[0], nonce=nonce, h_key_attestation=attestation)]}


def beside_every_proof(issuing: Issuing, attestation: object, keys: list[SoftwareKey], nonce: str) -> dict[str, Any]:
    return {"jwt": [issuing.proof(key, nonce=nonce, h_key_attestation=attestation) for key in keys]}


Way = Callable[[Issuing, object, list[SoftwareKey], str], dict[str, Any]]
WAYS: list[Way] = [by_attestation, beside_a_proof, beside_every_proof]
each_way = pytest.mark.parametrize("way", WAYS)


def send(issuing: Issuing, proofs: object, configuration: str = LINKAGE_SD_JWT, token: str | None = None) -> Any:
    body = {"credential_configuration_id": configuration, "proofs": proofs}
    return issuing.send(token or issuing.new_token(), body)


def asked(issuing: Issuing, way: Way, count: int = 2, configuration: str = LINKAGE_SD_JWT, **faults: Any) -> Any:
    """The answer to a request whose attestation has these faults."""
    keys, nonce = new_keys(count), issuing.nonce()
    attestation = attest(keys, nonce, now=issuing.clock.now, **faults)
    return send(issuing, way(issuing, attestation, keys, nonce), configuration)


def denied(issuing: Issuing, answer: Any, *codes: str) -> None:
    refused(answer, 400, *(codes or ("invalid_proof",)))
    assert rows(issuing, COPIES) == 0
