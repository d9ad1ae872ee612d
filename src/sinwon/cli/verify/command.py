"""`sinwon verify`: the options, the files they name, and the exit code: 0 passed, 1 refused, 2 not readable or not enough."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import click
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from sinwon.cli.inspect.reading import bytes_of, read_input, text_of
from sinwon.cli.inspect.recognise import recognise
from sinwon.cli.verify.asked import Asked
from sinwon.cli.verify.check import check, kind_of
from sinwon.cli.verify.report import NOT_CHECKED, Report
from sinwon.cli.verify.show import as_plain, as_text
from sinwon.cli.verify.trust import Trust, open_trust_list
from sinwon.cli.verify.words import Words, language_of
from sinwon.core import base64url
from sinwon.core.refusal import Fault, Malformed, Refusal
from sinwon.core.strict_json import dump, parse_object
from sinwon.keys.jwk import parse_public_jwk
from sinwon.keys.trust import TrustAnchors
from sinwon.keys.uri import open_signer
from sinwon.web.shared.pages import LANGUAGES

PATH: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
THUMBPRINT_BYTES: Final = 32
T = TypeVar("T")


def options(function: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(OPTIONS):
        function = option(function)
    return function


OPTIONS: Final = (
    click.option("--trust", type=PATH, help="A trust list document (JWT); needs --operator."),
    click.option("--operator", type=PATH, help="The operator's public key (JWK)."),
    click.option("--anchor", "anchors", type=PATH, multiple=True, help="A root (PEM) trusted for this file. May be repeated."),
    click.option("--at", help="Judge as of this time: seconds, or ISO 8601. Now if not given."),
    click.option("--nonce", help="Of the request that a presentation answers."),
    click.option("--audience", "--client-id", "client_id", help="Who asked: the whole client identifier."),
    click.option("--response-uri", help="Where an mdoc's response was sent."),
    click.option("--jwk-thumbprint", help="SHA-256 thumbprint (base64url) of the key the response was encrypted to."),
    click.option("--origin", help="Who asked, for the Digital Credentials API."),
    click.option("--transcript", type=PATH, help="A SessionTranscript (CBOR), instead of the above."),
    click.option("--reader-key", help="file:/… of the reader's key, for a device that proves itself by a MAC."),
    click.option("--uri", help="Where a status list was fetched."),
    click.option("--status-list", type=PATH, help="A status list token to look a credential up in."),
    click.option("--json", "as_json", is_flag=True, help="For programs."),
    click.option("--lang", type=click.Choice(LANGUAGES), help="ko or en; by LANG if not given."),
)


@dataclass(frozen=True, slots=True)
class Given:
    """The options, under the names that they have on the command line."""

    trust: Path | None
    operator: Path | None
    anchors: tuple[Path, ...]
    at: str | None
    nonce: str | None
    client_id: str | None
    response_uri: str | None
    jwk_thumbprint: str | None
    origin: str | None
    transcript: Path | None
    reader_key: str | None
    uri: str | None
    status_list: Path | None


@click.command("verify")
@click.argument("file")
@options
def verify_command(file: str, *, as_json: bool, lang: str | None, **values: Any) -> None:
    """Check a credential, a presentation or a status list in FILE (- for standard input), and explain every step.

    Exit code 0: all steps passed. 1: refused. 2: not readable, or something needed was not given. Nothing is fetched.
    """
    words = Words(lang or language_of(os.environ.get("LC_ALL") or os.environ.get("LANG") or ""))
    given = Given(**values)
    if (given.trust is None) != (given.operator is None):
        raise click.UsageError(words.label("usage-operator"))
    if given.trust is None and not given.anchors:
        raise click.UsageError(words.label("usage-trust"))
    report = _usable(partial(_report, file, given), words)
    click.echo(dump(as_plain(report, words)).decode() if as_json else as_text(report, words))
    raise SystemExit(report.exit_code)


def _report(file: str, given: Given) -> Report:
    found = recognise(read_input(file))
    report = Report(kind_of(found))
    now = _moment(given.at)
    listed = _listed(report, given.trust, given.operator, now) if given.trust and given.operator else None
    roots = tuple(root for path in given.anchors for root in _roots(path))
    check(report, found, _asked(Trust(listed or TrustAnchors(()), roots), given, now))
    return report


def _listed(report: Report, trust: Path, operator: Path, now: int) -> TrustAnchors | None:
    text = read_input(str(trust)).decode("ascii", "replace").strip()
    key = parse_public_jwk(parse_object(read_input(str(operator))))
    found = report.take("trust", partial(open_trust_list, text, operator=key, now=now), open_trust_list)
    return found.anchors if found else None


def _asked(trust: Trust, given: Given, now: int) -> Asked:
    return Asked(
        trust,
        now,
        nonce=given.nonce,
        client_id=given.client_id,
        response_uri=given.response_uri,
        thumbprint=_thumbprint(given.jwk_thumbprint) if given.jwk_thumbprint else None,
        origin=given.origin,
        given_transcript=_binary(given.transcript) if given.transcript else None,
        uri=given.uri,
        status_list=_token(given.status_list) if given.status_list else None,
        reader=open_signer(given.reader_key) if given.reader_key else None,
    )


def _usable(read: Callable[[], T], words: Words) -> T:
    """What `read` gives; whatever is wrong with it ends the command with code 2."""
    try:
        return read()
    except Refusal as refusal:
        why = words.reason(refusal.why)
    except (Fault, OSError, ValueError) as error:
        why = str(error)
    click.echo(words.label("unreadable-end", why=why), err=True)
    raise SystemExit(NOT_CHECKED)


def _roots(path: Path) -> list[bytes]:
    roots = x509.load_pem_x509_certificates(read_input(str(path)))
    return [root.public_bytes(Encoding.DER) for root in roots]


def _moment(text: str | None) -> int:
    if text is None:
        return int(time.time())
    if text.isascii() and text.isdigit():
        return int(text)
    moment = datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _thumbprint(text: str) -> bytes:
    found = base64url.decode(text)
    if len(found) != THUMBPRINT_BYTES:
        raise Malformed("usage", "a thumbprint is 32 bytes of base64url")
    return found


def _binary(path: Path) -> bytes:
    """Binary, or text that stands for it."""
    data = read_input(str(path))
    text = text_of(data)
    return (bytes_of(text) or data) if text else data


def _token(path: Path) -> bytes:
    """A JWT as text without blanks around it, a CWT in binary."""
    data = read_input(str(path))
    text = text_of(data)
    return text.encode() if text and "." in text else _binary(path)
