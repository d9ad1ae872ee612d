"""One sweep over every route of every role: whatever is sent, the global rules of the threat catalogue hold.

Never a 5xx, never a redirect (the pages of a sign-in excepted), errors in one JSON shape (or a page, where people look),
nothing of an error stored by caches, nothing of the input said back, and an end to it in bounded time.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from time import monotonic

import pytest
from starlette.routing import Route

from sinwon.core.limits import MAX_FORM
from sinwon.core.strict_json import parse_object
from sinwon.services.accounts.sign_in import sign_in
from sinwon.store.consulate.tables import METADATA as CONSULATE_TABLES
from sinwon.store.engine import open_engine
from sinwon.store.trust.publications import Publication
from sinwon.store.wallet_provider.tables import METADATA as WALLET_PROVIDER_TABLES
from sinwon.web.consulate.app import consulate_app
from sinwon.web.gateway.app import gateway_app
from sinwon.web.issuer.app import issuer_app
from sinwon.web.shared.app import RoleApp
from sinwon.web.trust.app import trust_app
from sinwon.web.wallet_provider.app import wallet_provider_app
from tests import world
from tests.authorizing import with_wallets
from tests.counter import SECRET, counter, people
from tests.gateway_world import CALLBACK, Wallet, begin, gateway_world, wallet_link_on
from tests.issuing import on_sqlite
from tests.providing import open_provider
from tests.published import OPERATOR
from tests.raw_asgi import Got, Sent, send_all

MARK = b"canary7f3a"
PLACES = (f"{world.GATEWAY}/sign-in/", f"{CALLBACK}?error=")  # where a sign-in may lead after hostile input
SECONDS = 60.0  # for a sweep of thousands of requests; each takes well under a millisecond
JSON, FORM, JWT = b"application/json", b"application/x-www-form-urlencoded", b"application/jwt"
TYPES = (None, JSON, FORM, JWT, b"multipart/form-data; boundary=x", b"\xff\xfe")
BODIES = (
    b"",
    b"null",
    b"[]",
    b"{}",
    b"1e999",
    b"9" * 5000,
    b'"canary7f3a"',
    b'{"login": 1, "secret": [], "pin": {}, "code": 1.5, "number": true, "verdict": "canary7f3a", "reason": 0, "mission": 7}',
    b'{"login": "canary7f3a\\u0000", "secret": "\\u0000", "pin": "\\u0000", "code": "\\u0000", "reason": "\\u0000"}',
    b'{"login": "\\ud800canary7f3a", "secret": "\\udfff"}',
    b'{"login": "\xff\xfecanary7f3a"}',
    b'{"credential_configuration_id": "canary7f3a", "proofs": {"jwt": ["canary7f3a", 1, null, {}]}}',
    b'{"notification_id": "\\u0000canary7f3a", "event": "canary7f3a", "event_description": "\\r\\n"}',
    b"\xef\xbb\xbf{}",
    b'{"canary7f3a": 1, "canary7f3a": 2}',
    b'{"canary7f3a": NaN}',
    b'{"a":' * 50_000,
    b"[" * 100_000,
    b'{"canary7f3a": "' + b"A" * MAX_FORM + b'"}',
    b"{" + b",".join(b'"%d": 0' % number for number in range(3000)) + b"}",
    b"." * 1000,
    b"canary7f3a.canary7f3a.canary7f3a",
    b"eyJhbGciOiJub25lIn0.e30.",
    b"grant_type=canary7f3a&code=%00&state=%ff&client_id=%ED%A0%80",
    b"a=%&b=%z&c=%1&grant_type=%",
    b"a=1&a=canary7f3a",
    b"&".join(b"a%d=1" % number for number in range(1000)),
    b"grant_type=urn:ietf:params:oauth:grant-type:pre-authorized_code&pre-authorized_code=%00canary7f3a&tx_code=%00",
    b"grant_type=authorization_code&code=%00canary7f3a&redirect_uri=%00&client_id=%00&client_secret=%00&code_verifier=%00",
    b"client_id=wallet-1&redirect_uri=%00&scope=%00canary7f3a&client_assertion=canary7f3a&authorization_details=[[[[",
    b"client_id=wallet-1&request_uri=urn:ietf:params:oauth:request_uri:canary7f3a&way=pin&application=canary7f3a&pin=%00",
    b"response=canary7f3a",
    b"response=eyJhbGciOiJFQ0RILUVTIn0....",
    b"error=canary7f3a&state=%00",
    b"\xff\xfe=\xff",
)
QUERIES = (
    b"a=1&a=2",
    b"%",
    b"%ff",
    b"\xff\xfe",
    b"lang=%00canary7f3a&lang=ko",
    b"state=%00&response_code=%00canary7f3a",
    b"response_code=" + b"canary7f3a" * 2000,
    b"&".join(b"a%d=1" % number for number in range(200)),
    b"client_id=gov24-client&redirect_uri=https://canary7f3a.example/callback",
    b"client_id=%00canary7f3a&redirect_uri=%00",
    b"client_id=%EF%BD%87ov24-client&redirect_uri=x",
)
HEADERS = (
    (b"content-length", b"9" * 5000),
    (b"content-length", b"-1"),
    (b"content-length", b"\xb2"),
    (b"origin", b"https://canary7f3a.example"),
    (b"cookie", b"\xff=\xfe; __Host-sinwon-gateway=\xff\x00canary7f3a; sinwon_lang=\xff"),
    (b"accept-language", b"\xff;q=canary7f3a"),
    (b"if-none-match", b"\xff, canary7f3a"),
    (b"range", b"bytes=0-,0-,0-,0-"),
    (b"authorization", b"Bearer \xff\xfe"),
    (b"authorization", b"Basic \xff"),
    (b"authorization", b"Basic Y2FuYXJ5N2YzYQ=="),
    (b"authorization", b"Basic " + b"/w==" * 500),
)
NAMES = (
    b"x",
    b"%00",
    b"%ff",
    b"%ED%A0%80",
    b"..%2f..",
    b"canary7f3a%0d%0aSet-Cookie:x",
    b"%EA%B0%80",
    b"%",
    b"-" * 5000,
)


@dataclass
class Role:
    """A role's application, names and keys of living records, and which of its routes are pages."""

    app: RoleApp
    origin: str
    names: tuple[str, ...] = ("x",)
    tokens: tuple[str, ...] = ()
    cookies: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()

    @property
    def routes(self) -> list[Route]:
        return list(self.app.routes)

    def paths(self, route: Route, names: Sequence[bytes]) -> list[bytes]:
        filled = (re.sub(rb"\{[^}]+\}", name.replace(b"\\", rb"\\"), route.path.encode()) for name in names)
        return list(dict.fromkeys(filled))

    def own(self, route: Route) -> list[bytes]:
        """The route's paths to records that exist."""
        return self.paths(route, [name.encode() for name in self.names])

    @property
    def keys(self) -> list[list[tuple[bytes, bytes]]]:
        """Without credentials, and with each that is good."""
        bearers = [[(b"authorization", f"Bearer {token}".encode())] for token in self.tokens]
        return [[], *bearers, *([[(b"cookie", "; ".join(self.cookies).encode())]] if self.cookies else [])]


@pytest.fixture(scope="module")
def roles(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Role]]:
    folder = tmp_path_factory.mktemp("hostile")
    with ExitStack() as stack:
        yield {
            "trust": _trust(),
            "issuer": _issuer(folder, stack),
            "gateway": _gateway(folder, stack),
            "consulate": _consulate(folder, stack),
            "wallet_provider": _wallet_provider(folder, stack),
        }


def _trust() -> Role:
    latest = Publication(1, world.NOW, world.NOW + 86_400, "a.b.c", "d.e.f")
    return Role(trust_app(origin=world.TRUST, operator_jwk=OPERATOR.public_jwk, latest=lambda: latest), world.TRUST)


def _issuer(folder: Path, stack: ExitStack) -> Role:
    issuing = with_wallets(on_sqlite(folder))
    stack.callback(issuing.issuer.engine.dispose)
    return Role(issuer_app(issuing.issuer), world.ISSUER, tokens=(issuing.new_token(),), pages=("/lost", "/authorize"))


def _gateway(folder: Path, stack: ExitStack) -> Role:
    here = stack.enter_context(gateway_world(folder))
    browser = here.client()
    page = begin(browser)
    request = Wallet(here.clock).fetch(here.client(), wallet_link_on(browser.get(page).text))
    cookies = tuple(f"{name}={value}" for name, value in browser.cookies.items())
    names = (page.rsplit("/", 1)[1].partition("?")[0], request["state"])
    pages = ("/authorize", "/sign-in/", "/presentations/{presentation}/done")
    return Role(gateway_app(here.gateway), world.GATEWAY, names, (), cookies, pages)


def _consulate(folder: Path, stack: ExitStack) -> Role:
    engine = open_engine(f"sqlite:///{folder}/consulate.sqlite")
    stack.callback(engine.dispose)
    CONSULATE_TABLES.create_all(engine)
    desk = counter(engine)
    desk.officer()
    session, made = sign_in(desk.consulate, login="yeongsa", secret=SECRET), desk.apply(people()[0])
    return Role(consulate_app(desk.consulate), world.CONSULATE, (made.application,), (session.token, made.secret))


def _wallet_provider(folder: Path, stack: ExitStack) -> Role:
    engine = open_engine(f"sqlite:///{folder}/wallet_provider.sqlite")
    stack.callback(engine.dispose)
    WALLET_PROVIDER_TABLES.create_all(engine)
    return Role(wallet_provider_app(open_provider(engine).provider), world.WALLET_PROVIDER)


def bodies(role: Role, route: Route) -> Iterator[Sent]:
    """Every body under every type, without and with credentials. Signing out would end the sweep's own session."""
    if "POST" in (route.methods or ()):
        for path, key, media_type, body in product(role.own(route), role.keys, TYPES, BODIES):
            typed = [(b"content-type", media_type)] if media_type else []
            yield Sent("POST", path, b"", [*key, *typed], body)


def queries(role: Role, route: Route) -> Iterator[Sent]:
    for path, key, query, method in product(role.own(route), role.keys, QUERIES, sorted(_methods(route))):
        yield Sent(method, path, query, key)


def headers(role: Role, route: Route) -> Iterator[Sent]:
    for path, header, method in product(role.own(route), HEADERS, sorted(_methods(route))):
        yield Sent(method, path, b"", [header, (b"content-type", FORM)])
    for path, token in product(role.own(route), role.tokens):
        twice = [(b"authorization", f"Bearer {token}".encode())] * 2
        yield from (Sent(method, path, b"", twice) for method in sorted(_methods(route)))


def names(role: Role, route: Route) -> Iterator[Sent]:
    if "{" in route.path:
        for path, key, media_type, method in product(
            role.paths(route, NAMES), role.keys, (JSON, FORM), sorted(_methods(route))
        ):
            yield Sent(method, path, b"", [*key, (b"content-type", media_type)], b"{}" if media_type == JSON else b"a=1")


def methods(role: Role, route: Route) -> Iterator[Sent]:
    """Verbs that the path does not know."""
    known = {verb for other in role.routes if other.path == route.path for verb in other.methods or ()}
    for path, key, verb in product(role.own(route), role.keys, {"PUT", "PATCH", "TRACE", "CANARY7F3A", "get"} - known):
        yield Sent(verb, path, b"", key)


def _methods(route: Route) -> set[str]:
    return (route.methods or set()) - {"DELETE"}


ATTACKS: dict[str, Callable[[Role, Route], Iterator[Sent]]] = {
    attack.__name__: attack for attack in (bodies, queries, headers, names, methods)
}


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("name", ["trust", "issuer", "gateway", "consulate", "wallet_provider"])
def test_whatever_is_sent_the_global_rules_hold(roles: dict[str, Role], name: str, attack: str) -> None:
    role, broken, started = roles[name], [], monotonic()
    for route in role.routes:
        is_page = route.path.startswith(role.pages) if role.pages else False
        sent = list(ATTACKS[attack](role, route))
        for request, got in zip(sent, send_all(role.app, role.origin, sent), strict=True):
            if fault := _broken(request, got, is_page=is_page):
                broken.append(f"{request.method} {route.path} {fault}: {request.query[:40]!r} {request.body[:60]!r}")
    assert not broken, f"{len(broken)} answers break the rules, first: {broken[:5]}"
    assert monotonic() - started < SECONDS


def _broken(request: Sent, got: Got, *, is_page: bool) -> str | None:
    """Which rule the answer breaks."""
    if got.error is not None or got.status >= 500:
        return f"{got.status} {got.error!r}"
    if 300 <= got.status < 400 and got.status != 304 and not (is_page and got.header("location").startswith(PLACES)):
        return "a redirect"
    own_path = request.path.split(b"%")[0]  # a page links to itself in the other language
    said = got.body.replace(own_path, b"") if is_page else got.body
    if MARK in said.lower() or any(MARK in value for _name, value in got.headers):
        return "says the input back"
    return _broken_error(request, got, is_page=is_page) if got.status >= 400 else None


def _broken_error(request: Sent, got: Got, *, is_page: bool) -> str | None:
    if got.header("cache-control") != "no-store":
        return "an error that may be stored"
    if is_page and got.header("content-type").startswith("text/html"):
        return None
    if got.header("content-type") != "application/json":
        return "an error that is not JSON"
    if request.method != "HEAD":
        error = parse_object(got.body)
        text = error["error_description"]
        if not isinstance(error["error"], str) or not text.isascii() or not text.isprintable():
            return "another shape of error"
    return None


def test_control_living_records_answer(roles: dict[str, Role]) -> None:
    """The sweep reaches behind the doors: what it holds is good."""
    consulate, gateway, issuer = roles["consulate"], roles["gateway"], roles["issuer"]
    bearer = [[(b"authorization", f"Bearer {token}".encode())] for token in consulate.tokens]
    of = consulate.names[0].encode()
    looks = [Sent("GET", b"/officer/applications/" + of, b"", bearer[0]), Sent("GET", b"/applications/" + of, b"", bearer[1])]
    assert [got.status for got in send_all(consulate.app, consulate.origin, looks)] == [200, 200]
    page = Sent("GET", f"/sign-in/{gateway.names[0]}".encode(), b"", gateway.keys[-1])
    assert [got.status for got in send_all(gateway.app, gateway.origin, [page])] in ([200], [410])
    key = [(b"authorization", f"Bearer {issuer.tokens[0]}".encode()), (b"content-type", JSON)]
    denied = send_all(issuer.app, issuer.origin, [Sent("POST", b"/credential", b"", key, b"{}")])
    assert b"invalid_credential_request" in denied[0].body
    assert all(len(role.routes) >= 3 for role in roles.values())
