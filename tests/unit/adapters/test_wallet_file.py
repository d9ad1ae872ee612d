"""The wallet's file: whole or not at all, and its owner's alone."""

from pathlib import Path

import pytest

from sinwon.adapters.wallet_file import WalletFile
from sinwon.core.refusal import Fault


def test_a_wallet_file_is_its_owner_s_alone(tmp_path: Path) -> None:
    path = tmp_path / "wallet.json"
    file = WalletFile(path)
    assert file.load() is None
    file.save(b"one")
    file.save(b"two")
    assert file.load() == b"two"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [found.name for found in tmp_path.iterdir()] == ["wallet.json"]
    path.chmod(0o644)
    with pytest.raises(Fault, match="readable by others"):
        file.load()


def test_a_half_written_file_of_a_crash_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "wallet.json.new").write_bytes(b"half")
    file = WalletFile(tmp_path / "wallet.json")
    file.save(b"whole")
    assert file.load() == b"whole"
