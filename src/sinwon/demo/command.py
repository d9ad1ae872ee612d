"""`sinwon demo`: one command that sets everything up, tells the story, prints what happened, and keeps serving."""

import logging
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any, Final

import click

from sinwon.adapters.registers.people import InventedPerson, load_people
from sinwon.cli.log import configure_logs
from sinwon.cli.wiring import keep_house
from sinwon.demo.deployment import Deployment, deployed
from sinwon.demo.expectations import Ledger
from sinwon.demo.life import LifeStory
from sinwon.demo.people import with_more
from sinwon.demo.report import facts, life_facts, lives_text, people_table, reasons_table, refusals_table, write_facts
from sinwon.demo.story import Story
from sinwon.demo.table import fit
from sinwon.demo.traveller import Traveller

DOCUMENTS: Final = {
    "trust": "/catalogue.jwt",
    "issuer": "/.well-known/openid-credential-issuer",
    "gateway": "/.well-known/openid-configuration",
}
CHAPTERS: Final = ("main", "life")


@click.command("demo")
@click.option("--exit", "leave", is_flag=True, help="End after the story: status 0 only if every expectation held.")
@click.option("--json", "target", type=click.Path(dir_okay=False, path_type=Path), help="Write the facts to FILE.")
@click.option("--people", type=click.IntRange(min=1), help="At least so many eligible people.")
@click.option(
    "--state", type=click.Path(file_okay=False, path_type=Path), help="Keep databases, keys and log in this new folder."
)
@click.option("--chapter", type=click.Choice(CHAPTERS), default="main", show_default=True, help="Which story.")
def demo(*, leave: bool, target: Path | None, people: int | None, state: Path | None, chapter: str) -> None:
    """Run the whole story on this machine, with invented people, and print what happened."""
    began = time.monotonic()
    everyone = with_more(load_people(), people or 0)
    with _folder(state) as folder, _logging(folder), deployed(folder, everyone) as deployment:
        tell = _tell_life if chapter == "life" else _tell_main
        told = tell(deployment, everyone, began)
        if target:
            write_facts({"chapter": chapter, **told.facts}, target)
        if not leave:
            deployment.desk.travellers = told.travellers
            _stay(deployment)
    sys.exit(1 if told.ledger.failed else 0)


@dataclass(frozen=True, slots=True)
class _Told:
    """A chapter that was told to its end."""

    travellers: list[Traveller]
    ledger: Ledger
    facts: dict[str, Any]


def _tell_main(deployment: Deployment, everyone: tuple[InventedPerson, ...], began: float) -> _Told:
    story = Story(deployment, everyone)
    with closing(story.journey):
        _follow(story.run(), len(story.people) - 1)
    found = facts(story.travellers, story.ledger, time.monotonic() - began)
    click.echo("\n" + people_table(story.travellers, deployment.catalogue))
    click.echo("\n" + reasons_table(story.travellers))
    click.echo("\n" + refusals_table(story.rows))
    click.echo(f"\n발급 issued {found['issued']} · 로그인 sign-ins {found['sign_ins']}", nl=False)
    click.echo(f" · 거절 refusals {story.ledger.refusals.total()} of {len(story.ledger.refusals)} kinds")
    _print_expectations(story.ledger, found)
    return _Told(story.travellers, story.ledger, found)


def _tell_life(deployment: Deployment, everyone: tuple[InventedPerson, ...], began: float) -> _Told:
    story = LifeStory(deployment, everyone)
    with closing(story.journey):
        _follow(story.run(), len(story.scenes))
    click.echo("\n" + lives_text(story))
    found = life_facts(story, time.monotonic() - began)
    _print_expectations(story.ledger, found)
    return _Told([traveller for _, traveller in story.played], story.ledger, found)


def _follow(steps: Iterator[Traveller], length: int) -> None:
    click.echo("신원 시연 · 공개 소프트웨어 시험용, 공식 정부 서비스가 아닙니다. 등장하는 사람은 모두 지어낸 사람입니다.")
    click.echo("Sinwon demo · not an official government service; everyone in it is invented.\n")
    with click.progressbar(steps, length=length, label="사람 people", file=sys.stderr) as shown:
        for _traveller in shown:
            pass


def _print_expectations(ledger: Ledger, found: dict[str, Any]) -> None:
    held, failed = found["expectations"]["held"], found["expectations"]["failed"]
    click.echo(f"기대 expectations: {held} held, {failed} failed · {found['seconds']:.1f} s")
    for failure in ledger.failed:
        click.echo(f"  ✗ {failure.what}: {failure.seen}")


def _stay(deployment: Deployment) -> None:
    click.echo("\n계속 실행 중입니다. 볼 곳 · still serving; where to look:")
    origins = deployment.origins
    places = [("시연 지갑 wallet", f"{origins['wallet']}/")]
    places += [(site.name_ko, f"{site.origin}/") for site in deployment.sites]
    places.append(("분실 정지 lost phone", f"{origins['issuer']}/lost"))
    places += [(place, origins[place] + path) for place, path in DOCUMENTS.items()]
    for name, address in [*places, ("log", str(deployment.folder / "log.jsonl"))]:
        click.echo(f"  {fit(name, 22)}{address}")
    click.echo("Ctrl-C 로 끝냅니다 · Ctrl-C ends it")
    try:
        keep_house(deployment.roles, Event())
    except KeyboardInterrupt:
        click.echo("")


@contextmanager
def _folder(state: Path | None) -> Iterator[Path]:
    """A new folder, removed at the end unless it was asked for."""
    if state is not None:
        yield state
        return
    folder = Path(tempfile.mkdtemp(prefix="sinwon-demo-"))
    try:
        yield folder / "state"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _logging(folder: Path) -> Iterator[None]:
    """Every role's log into one file beside the databases."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "log.jsonl").open("wb") as file:
        configure_logs(logging.INFO, file)
        yield
