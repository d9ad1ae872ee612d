"""The wallet provider in a deployment: on the trust list with what it signs with, revoking by the operator, or not there."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from sinwon.cli.main import main
from sinwon.cli.setup import ROLES, Plan, set_up
from sinwon.cli.wiring import World, found_trust, make_role, make_wallet_provider, make_world, migrate, read_jwk
from sinwon.config import read_config
from sinwon.core.refusal import Fault
from sinwon.demo.deployment import HOST, free_ports
from sinwon.keys.jwk import parse_public_jwk
from sinwon.keys.software import generate_key
from sinwon.keys.trust import Purpose, TrustAnchors
from sinwon.protocols.attestation.key_attestation import parse_key_attestation, verify_key_attestation
from sinwon.protocols.trust.trust_list import verify_trust_list
from sinwon.protocols.wallet_provider.messages import ATTEST_KEYS, REGISTER, AttestKeys, Nothing
from sinwon.protocols.wallet_provider.request import sign_instance_request
from sinwon.services.wallet_provider.attest import attest_keys
from sinwon.services.wallet_provider.instances import give_challenge, register_instance
from sinwon.store.trust.publications import Publication


@pytest.fixture
def config(tmp_path: Path) -> Path:
    ports = dict(zip(ROLES, free_ports(len(ROLES)), strict=True))
    origins = {role: f"http://{HOST}:{port}" for role, port in ports.items()}
    return set_up(Plan(tmp_path / "d", "demo", origins, ports, ("gov24",)), now=int(time.time()), random=os.urandom)


@pytest.fixture
def world(config: Path) -> Iterator[World]:
    read = read_config(config)
    for role in ("trust", "wallet_provider"):
        migrate(read, role)
    made = make_world(read)
    yield made
    made.close()


def anchors(world: World, published: Publication) -> TrustAnchors:
    return verify_trust_list(published.trust_list, operator=read_jwk(Path(world.config.operator_key))).anchors


def without_section(config: Path) -> None:
    before, section, after = config.read_text().partition("[wallet_provider]")
    assert section
    config.write_text(before + "".join(f"[gateway.access{access}" for access in after.split("[gateway.access")[1:]))


def test_what_it_signs_is_trusted_by_whoever_reads_the_list(world: World) -> None:
    provider, key, copy = make_wallet_provider(world), generate_key(), generate_key()
    found = anchors(world, found_trust(world))

    def asked(action: str, body: Any) -> bytes:
        challenge = give_challenge(provider).challenge
        return sign_instance_request(action, body, provider=provider.origin, challenge=challenge, by=key).encode()

    register_instance(provider, asked(REGISTER, Nothing()))
    said = attest_keys(provider, asked(ATTEST_KEYS, AttestKeys((dict(copy.public_jwk),), "nonce-1")))
    verified = verify_key_attestation(parse_key_attestation(said.attestation), anchors=found, now=world.clock())
    assert verified.provider == provider.origin
    assert verified.keys == (parse_public_jwk(copy.public_jwk),)
    assert verified.assurance.user_authentication == ("iso_18045_basic",)


def test_the_operator_revokes_an_instance_once(config: Path, world: World) -> None:
    provider, key = make_wallet_provider(world), generate_key()
    challenge = give_challenge(provider).challenge
    request = sign_instance_request(REGISTER, Nothing(), provider=provider.origin, challenge=challenge, by=key)
    instance = register_instance(provider, request.encode()).instance
    outputs = [
        CliRunner().invoke(main, ["revoke-instance", "--config", str(config), "--", name]).output
        for name in (instance, instance, "nobody")
    ]
    assert outputs[0] == "revoked\n"
    assert "instance_revoked" in outputs[1]
    assert "unknown_instance" in outputs[2]


def test_a_deployment_without_one_trusts_none_and_serves_none(config: Path) -> None:
    without_section(config)
    read = read_config(config)
    assert read.wallet_provider is None
    migrate(read, "trust")
    world = make_world(read)
    assert anchors(world, found_trust(world)).certificates(Purpose.WALLET) == frozenset()
    with pytest.raises(Fault, match="wallet_provider"):
        make_role(world, "wallet_provider")
    world.close()


def test_words_that_nobody_knows_are_not_said_of_keys(config: Path) -> None:
    config.write_text(config.read_text().replace('key_storage = ["iso_18045_basic"]', 'key_storage = ["unbreakable"]', 1))
    read = read_config(config)
    migrate(read, "wallet_provider")
    world = make_world(read)
    with pytest.raises(Fault, match="nobody knows"):
        make_wallet_provider(world)
    world.close()


def test_its_host_has_no_underscore(tmp_path: Path) -> None:
    assert CliRunner().invoke(main, ["setup", str(tmp_path / "d"), "--domain", "example.org"]).exit_code == 0
    provider = read_config(tmp_path / "d" / "sinwon.toml").wallet_provider
    assert provider is not None
    assert (provider.origin, provider.client_id) == (
        "https://wallet-provider.example.org",
        "https://wallet-provider.example.org/wallet",
    )
