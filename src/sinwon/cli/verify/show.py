"""A report for people, and for programs."""

from collections.abc import Iterator
from typing import Any

from sinwon.cli.verify.report import Line, Report, Section
from sinwon.cli.verify.words import Words
from sinwon.core.text import shown


def as_text(report: Report, words: Words) -> str:
    return "\n".join(_rows(report, words))


def as_plain(report: Report, words: Words) -> dict[str, Any]:
    """For JSON."""
    refused = report.refused
    return {
        "kind": report.kind,
        "passed": report.exit_code == 0,
        "exit_code": report.exit_code,
        "refused_because": words.reason(refused[1].why) if refused else None,
        "sections": [_plain_section(section, words) for section in report.sections],
        "facts": {name: shown(value) for name, value in report.facts.items()} if refused is None else {},
        "not_looked_at": [words.label(note) for note in report.notes],
    }


def _rows(report: Report, words: Words) -> Iterator[str]:
    yield words.label(f"kind-{report.kind}")
    for section in report.sections:
        yield ""
        yield words.label(f"section-{section.name}") + (f" ({shown(section.about)})" if section.about else "")
        yield from (_row(line, words) for line in section.lines)
        if section.needs:
            yield f"  {words.label(section.needs)}"
    yield ""
    yield from _end(report, words)


def _row(line: Line, words: Words) -> str:
    indent = "  " * (line.number.count(".") + 1)
    spec = f"  [{line.spec}]" if line.spec else ""
    why = f"\n{indent}  → {words.reason(line.why)}" if line.why else ""
    return f"{indent}{words.label(line.outcome)}  {line.number} {words.step(line.text)}{spec}{why}"


def _end(report: Report, words: Words) -> Iterator[str]:
    refused = report.refused
    if refused is None:
        yield from (f"{words.label(f'fact-{name}')}: {shown(value)}" for name, value in report.facts.items())
    yield from (f"{words.label('not-looked-at')}: {words.label(note)}" for note in report.notes)
    if refused is not None:
        section, line = refused
        where = words.label(f"section-{section.name}")
        yield words.label("refused-end", section=where, number=line.number, why=words.reason(line.why))
    else:
        yield words.label("passed-end" if report.exit_code == 0 else "not-checked-end")


def _plain_section(section: Section, words: Words) -> dict[str, Any]:
    lines = [
        {
            "number": line.number,
            "step": words.step(line.text),
            "spec": line.spec,
            "outcome": line.outcome.value,
            **({"why": words.reason(line.why)} if line.why else {}),
        }
        for line in section.lines
    ]
    needs = {"needs": words.label(section.needs)} if section.needs else {}
    return {"name": section.name, "about": shown(section.about), "steps": lines, **needs}
