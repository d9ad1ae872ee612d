"""The watermark: nothing yet, a number, another, and what is no number."""

from pathlib import Path

import pytest

from sinwon.cli.watermark import NAME, Watermark
from sinwon.core.refusal import Fault


def test_a_number_is_remembered(tmp_path: Path) -> None:
    mark = Watermark(tmp_path / "new folder")
    assert mark.read() == 0
    for position in (7, 12_345_678_901, 3):
        mark.write(position)
        assert Watermark(tmp_path / "new folder").read() == position
    assert [file.name for file in (tmp_path / "new folder").iterdir()] == [NAME]


def test_what_is_no_number_is_ours_to_mend(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("seven")
    with pytest.raises(Fault):
        Watermark(tmp_path).read()
