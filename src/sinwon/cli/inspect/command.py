"""`sinwon inspect`: the file, how it is shown, and the exit code: 0 shown, 2 not readable."""

import os
from pathlib import Path
from typing import Final, NoReturn

import click

from sinwon.cli.inspect.reading import read_input
from sinwon.cli.inspect.recognise import recognise
from sinwon.cli.inspect.show import tree_of
from sinwon.cli.inspect.tree import LONGEST, as_plain, as_text
from sinwon.cli.verify.words import Words, language_of
from sinwon.core.refusal import Refusal
from sinwon.core.strict_json import dump
from sinwon.web.shared.pages import LANGUAGES, Texts

LOCALE: Final = Path(__file__).parent / "locale"
NOT_READABLE: Final = 2


@click.command("inspect")
@click.argument("file")
@click.option("--full", is_flag=True, help="Long values in full.")
@click.option("--json", "as_json", is_flag=True, help="For programs; in full.")
@click.option("--lang", type=click.Choice(LANGUAGES), help="ko or en; by LANG if not given.")
def inspect_command(file: str, *, full: bool, as_json: bool, lang: str | None) -> None:
    """Show what is in FILE (- for standard input): credentials, tokens, lists, offers, requests, certificates, CBOR, JSON.

    Personal data are shown as they are. Nothing is verified and nothing is fetched. Exit code 0: shown. 2: not readable.
    """
    language = lang or language_of(os.environ.get("LC_ALL") or os.environ.get("LANG") or "")
    texts = Texts(language, [LOCALE])
    try:
        found = recognise(read_input(file))
        node = tree_of(found)
    except Refusal as refusal:
        _end(texts("unreadable", why=Words(language).reason(refusal.why)))
    except OSError as error:
        _end(texts("unreadable", why=error.strerror or type(error).__name__))
    kind = texts(found.kind)
    if as_json:
        click.echo(dump({"kind": found.kind, "about": kind, "warning": texts("warning"), "content": as_plain(node)}).decode())
        return
    click.echo(f"{kind}\n{texts('warning')}\n\n{as_text(node, longest=None if full else LONGEST)}")


def _end(message: str) -> NoReturn:
    click.echo(message, err=True)
    raise SystemExit(NOT_READABLE)
