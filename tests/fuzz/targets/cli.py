"""What `sinwon inspect` and `sinwon verify` are given: any file at all."""

from sinwon.cli.inspect.recognise import recognise
from sinwon.cli.inspect.show import tree_of
from sinwon.cli.inspect.tree import as_plain, as_text
from sinwon.cli.verify.asked import Asked
from sinwon.cli.verify.check import check, kind_of
from sinwon.cli.verify.report import Report
from sinwon.cli.verify.trust import Trust
from sinwon.core.refusal import Refusal
from tests.world import NOW, authority, trust_anchors

TRUST = Trust(trust_anchors(), (authority("issuing authority").certificate,))


def inspect(data: bytes) -> object:
    found = recognise(data)
    as_plain(tree_of(found))
    return as_text(tree_of(found))


def verify(data: bytes) -> object:
    found = recognise(data)
    report = Report(kind_of(found))
    check(report, found, Asked(TRUST, NOW, nonce="n", client_id="a", origin="https://g.example"))
    if report.refused is not None:
        raise Refusal("refused", report.refused[1].why)
    return report


TARGETS = {"inspect": inspect, "verify": verify}
