"""A new deployment: everything there, nothing replaced, keys for their owner only, plain http only in the demo profile."""

import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificate

from sinwon.cli.setup import ROLES, Plan, set_up
from sinwon.config import read_config
from sinwon.core.refusal import Fault
from sinwon.formats.mdoc.names import DOCUMENT_SIGNER
from sinwon.keys.uri import open_master, open_signer
from sinwon.keys.x509 import verify_chain
from tests.world import NOW, SeededRandomness


def plan(folder: Path, scheme: str = "http", profile: str = "demo") -> Plan:
    ports = {role: 8470 + place for place, role in enumerate(ROLES)}
    origins = {role: f"{scheme}://127.0.0.1:{port}" for role, port in ports.items()}
    return Plan(folder, profile, origins, ports, ("gov24", "oka365"))


def der(path: Path) -> bytes:
    return load_pem_x509_certificate(path.read_bytes()).public_bytes(Encoding.DER)


def test_a_set_up_deployment_reads_back(tmp_path: Path) -> None:
    config = read_config(set_up(plan(tmp_path / "new"), now=NOW, random=SeededRandomness()))
    assert config.is_demo
    assert set(config.gateway.access) == {"gov24", "oka365"}
    open_master(config.issuer.master_key)
    leaf, root = der(Path(config.issuer.signing_chain[0])), der(tmp_path / "new" / "issuing-authority.pem")
    assert verify_chain([leaf], frozenset({root}), NOW).uris == (config.issuer.origin,)
    assert verify_chain([leaf], frozenset({root}), NOW).key.jwk == open_signer(config.issuer.signing_key).public_jwk
    documents = verify_chain([der(Path(config.issuer.document_chain[0]))], frozenset({root}), NOW)
    assert documents.key.jwk == open_signer(config.issuer.document_key).public_jwk
    assert documents.uses == DOCUMENT_SIGNER


def test_private_keys_are_their_owners_alone(tmp_path: Path) -> None:
    set_up(plan(tmp_path), now=NOW, random=SeededRandomness())
    keys = list(tmp_path.glob("*.key"))
    assert len(keys) == 18
    assert {file.stat().st_mode & 0o777 for file in keys} == {0o600}
    keys[0].chmod(0o644)
    with pytest.raises(Fault):
        open_signer(f"file:{keys[0]}")


def test_nothing_is_replaced(tmp_path: Path) -> None:
    set_up(plan(tmp_path), now=NOW, random=SeededRandomness())
    before = {file: file.read_bytes() for file in tmp_path.iterdir()}
    with pytest.raises(FileExistsError):
        set_up(plan(tmp_path), now=NOW, random=os.urandom)
    assert {file: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_plain_http_belongs_to_the_demo_profile(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="https"):
        read_config(set_up(plan(tmp_path / "a", profile="production"), now=NOW, random=SeededRandomness()))
    assert not read_config(set_up(plan(tmp_path / "b", "https", "production"), now=NOW, random=SeededRandomness())).is_demo


@pytest.mark.parametrize("spoil", ["unknown = 1\n", 'profile = "test"\n', "= broken"])
def test_a_configuration_with_anything_unknown_is_refused(tmp_path: Path, spoil: str) -> None:
    file = set_up(plan(tmp_path), now=NOW, random=SeededRandomness())
    file.write_text(spoil + file.read_text())
    with pytest.raises(Fault):
        read_config(file)
