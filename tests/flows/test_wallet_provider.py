"""The wallet at its provider, over HTTP: what it is told there is accepted by the issuer, until the instance is revoked."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from sinwon.core import base64url
from sinwon.core.fetch import Unreachable
from sinwon.core.refusal import Refusal
from sinwon.holder.browser import Client
from sinwon.holder.keys import SoftwareKeyRing
from sinwon.holder.wallet import Holder
from sinwon.holder.wallet_provider import MARGIN, HttpWalletProvider
from sinwon.keys.jwk import parse_public_jwk
from sinwon.keys.software import generate_key
from sinwon.protocols.vci.configurations import IDENTITY_SD_JWT, ISSUED, STRONG_SD_JWT
from sinwon.protocols.wallet_provider.messages import CHALLENGE, PATHS, REGISTER
from sinwon.services.wallet_provider.attest import LIFETIME
from sinwon.services.wallet_provider.instances import revoke_instance
from sinwon.store.engine import open_engine, reading
from sinwon.store.wallet_provider.tables import AUDIT, METADATA
from tests import world
from tests.attesting import SOFTWARE
from tests.code_client import CLIENT_ID, REDIRECT_URI, Browsing
from tests.code_world import CodeWorld, code_world
from tests.network import json_page
from tests.providing import Providing, open_provider

OTHER_SERVER = "https://other-issuer.example"


@dataclass
class Here:
    code: CodeWorld
    providing: Providing
    wallet: Holder
    provider: HttpWalletProvider

    def asked(self, path: str) -> int:
        return self.code.network.log.count(f"POST {world.WALLET_PROVIDER}{path}")


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Here]:
    """An issuer that serves nobody who does not say who they are."""
    engine = open_engine(f"sqlite:///{tmp_path}/wallet_provider.sqlite")
    METADATA.create_all(engine)
    with code_world(tmp_path, anonymous_wallets=False) as code:
        providing = open_provider(engine, code.clock, client_id=CLIENT_ID, assurance=SOFTWARE)
        code.network.apps[world.WALLET_PROVIDER] = providing.client.app
        provider = HttpWalletProvider(world.WALLET_PROVIDER, code.network, code.clock, SoftwareKeyRing())
        client = Client(provider, Browsing(code.browse), REDIRECT_URI)
        wallet = Holder(replace(code.powers(), client=client, attester=provider))
        yield Here(code, providing, wallet, provider)
    engine.dispose()


def test_both_attestations_are_accepted_by_the_issuer(here: Here) -> None:
    wanted = (IDENTITY_SD_JWT, STRONG_SD_JWT)
    received = here.wallet.ask_issuer(world.ISSUER, wanted, copies=2)
    assert sum(received.values()) == 4
    assert received.keys() == {ISSUED[name].type.named(ISSUED[name].format) for name in wanted}
    assert here.provider.references.keys() == {world.ISSUER, "keys"}
    assert here.asked(PATHS[REGISTER]) == 2


def test_every_change_has_its_entry(here: Here) -> None:
    _, signer = here.provider.attestation(world.ISSUER)
    here.provider.revoke()
    with reading(here.providing.provider.engine) as connection:
        entries = AUDIT.of(connection, _thumbprint(signer.public_jwk))
    actions = [(entry.actor, entry.action, entry.details) for entry in entries]
    assert actions == [("instance", f"instance.{done}", {}) for done in ("registered", "attested", "revoked")]


def test_servers_cannot_compare_a_wallet_s_instances(here: Here) -> None:
    one, other = (here.provider.attestation(server)[1].public_jwk for server in (world.ISSUER, OTHER_SERVER))
    assert one != other
    assert here.provider.attestation(world.ISSUER)[1].public_jwk == one
    assert not any(OTHER_SERVER.encode() in body for body in here.code.network.bodies)


def test_an_attestation_is_shown_again_until_it_nearly_is_over(here: Here) -> None:
    first, _ = here.provider.attestation(world.ISSUER)
    here.code.clock.now += LIFETIME - MARGIN - 1
    assert here.provider.attestation(world.ISSUER)[0] == first
    here.code.clock.now += 1
    assert here.provider.attestation(world.ISSUER)[0] != first
    assert here.asked(PATHS[REGISTER]) == 1


def test_an_instance_outlives_a_restart_of_the_wallet(here: Here) -> None:
    _, signer = here.provider.attestation(world.ISSUER)
    again = HttpWalletProvider(
        world.WALLET_PROVIDER, here.code.network, here.code.clock, SoftwareKeyRing(), dict(here.provider.references)
    )
    assert again.attestation(world.ISSUER)[1].public_jwk == signer.public_jwk


def test_an_instance_that_the_operator_revoked_is_told_so(here: Here) -> None:
    _, signer = here.provider.attestation(world.ISSUER)
    revoke_instance(here.providing.provider, _thumbprint(signer.public_jwk))
    here.code.clock.now += LIFETIME
    with pytest.raises(Refusal, match="instance_revoked"):
        here.provider.attestation(world.ISSUER)


def test_a_wallet_revokes_all_its_instances(here: Here) -> None:
    _, before = here.provider.attestation(world.ISSUER)
    here.provider.attest([parse_public_jwk(generate_key().public_jwk)], "nonce-1")
    here.provider.revoke()
    assert here.provider.references == {}
    assert here.provider.attestation(world.ISSUER)[1].public_jwk != before.public_jwk


@pytest.mark.parametrize("status", [500, 302, 200])
def test_a_provider_that_answers_nothing_of_use(here: Here, status: int) -> None:
    here.code.network.pages[world.WALLET_PROVIDER + CHALLENGE] = json_page(b"{", status, "text/html")
    with pytest.raises(Unreachable):
        here.provider.attestation(world.ISSUER)
    assert here.provider.references == {}


@pytest.mark.parametrize("body", [b"", b'{"error": "nothing"}'])
def test_a_provider_that_refuses(here: Here, body: bytes) -> None:
    here.code.network.pages[world.WALLET_PROVIDER + PATHS[REGISTER]] = json_page(body, 403)
    with pytest.raises(Refusal):
        here.provider.attestation(world.ISSUER)
    assert here.provider.references == {}


def _thumbprint(jwk: Mapping[str, str]) -> str:
    return base64url.encode(parse_public_jwk(jwk).thumbprint)
