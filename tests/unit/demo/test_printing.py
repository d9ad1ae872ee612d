"""What the demonstration prints: aligned with Hangul, honest about what failed."""

from sinwon.demo.expectations import Ledger
from sinwon.demo.table import fit, table, width


def test_hangul_takes_two_columns() -> None:
    assert width("신원 ID") == 7
    assert width(fit("재외국민등록", 7)) == 7


def test_rows_line_up() -> None:
    lines = table(["공관", "n"], [["주중국 대사관", "1"], ["LA", "22"]]).split("\n")
    assert len({width(line[: line.rindex(line.split()[-1])]) for line in lines if "─" not in line}) == 1


def test_a_ledger_counts_what_held_and_what_was_refused() -> None:
    ledger = Ledger()
    assert ledger.expect("one is one", 1, 1)
    assert not ledger.expect_refusal("a replay is refused", "invalid_request", None)
    assert ledger.expect_refusal("an old code is refused", "invalid_grant", "invalid_grant")
    assert [expectation.what for expectation in ledger.failed] == ["a replay is refused"]
    assert ledger.refusals == {"invalid_grant": 1}
