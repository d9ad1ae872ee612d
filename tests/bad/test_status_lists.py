"""Status lists against hosts, networks, operators and backups that do their worst. Each row stands beside a valid control."""

from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from statistics import correlation
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from sinwon.core import base64url
from sinwon.core.cbor import Tagged, dump_cbor
from sinwon.core.fetch import Answer, Unreachable
from sinwon.core.refusal import Fault, Refusal
from sinwon.formats.cose.headers import chain_value
from sinwon.formats.cose.sign1 import sign1
from sinwon.formats.jose.jws import sign_with_chain
from sinwon.formats.sdjwt.parse import parse_sd_jwt
from sinwon.formats.sdjwt.vc import verify_sd_jwt_vc
from sinwon.formats.status.encode import MAX_COMPRESSED, MAX_INFLATED, deflate, pack
from sinwon.formats.status.reference import MAX_INDEX, StatusReference
from sinwon.formats.status.token import INVALID, MAX_TTL, SUSPENDED, VALID, Kind
from sinwon.keys.signer import CertifiedSigner
from sinwon.keys.trust import Purpose, TrustAnchors
from sinwon.protocols.roles.messages import PATHS, REVOKE, Revoke
from sinwon.protocols.trust.status_lists import MIN_ENTRIES, RETRY_SECONDS, StatusLists
from sinwon.services.issuance.publish_status import StatusPublisher
from sinwon.services.issuance.restored import check_position, declare_restored, position, restored_at
from sinwon.store.engine import open_engine
from sinwon.store.issuer import status
from sinwon.store.issuer.tables import COPIES
from tests import world
from tests.issued import place_of
from tests.issuing import Issuing, client_of

URI = f"{world.ISSUER}/status-lists/1"
SIZE = 1024
ENTRIES = {7: INVALID, 8: 1}


@dataclass
class Host:
    """Serves whatever a test made of a list, in either form."""

    clock: world.StandingClock = field(default_factory=world.StandingClock)
    claims: dict[str, Any] = field(default_factory=dict)
    bits: object = 1
    lst: bytes = deflate(pack(ENTRIES, size=SIZE, bits=1))
    typ: str = "statuslist"
    signer: CertifiedSigner = field(default_factory=world.status_signer)
    form: Kind | None = None
    """None: the form that is asked for."""
    status: int = 200
    media_type: str | None = None
    reachable: bool = True
    asked: list[str] = field(default_factory=list)

    def get(self, url: str, *, accept: str, **_options: Any) -> Answer:
        self.asked.append(url)
        if not self.reachable:
            raise Unreachable("timeout, too large, or not a public address")
        asked_for = next(kind for kind in Kind if kind.media_type == accept)
        form = self.form or asked_for
        body = self.jwt(url) if form is Kind.JWT else self.cwt(url)
        return Answer(self.status, {"content-type": self.media_type or form.media_type}, body)

    def post(self, *_arguments: Any, **_options: Any) -> Answer:
        raise Unreachable("nothing to post to")

    def _claims(self, url: str) -> dict[str, Any]:
        now = self.clock()
        given = {"sub": url, "iat": now, "exp": now + 86_400, "ttl": 300, **self.claims}
        return {name: value for name, value in given.items() if value is not None}

    def jwt(self, url: str) -> bytes:
        listed = {"bits": self.bits, "lst": base64url.encode(self.lst)}
        return sign_with_chain(f"{self.typ}+jwt", {**self._claims(url), "status_list": listed}, self.signer).encode()

    def cwt(self, url: str) -> bytes:
        labels = {"sub": 2, "iat": 6, "exp": 4, "ttl": 65534}
        claims = {labels[name]: value for name, value in self._claims(url).items()}
        claims[65533] = {"bits": self.bits, "lst": self.lst}
        protected = {16: f"application/{self.typ}+cwt", 33: chain_value(self.signer.chain)}
        return dump_cbor(Tagged(18, sign1(dump_cbor(claims), by=self.signer.signer, protected=protected)))


def value(
    host: Host,
    kind: Kind,
    *,
    lists: StatusLists | None = None,
    index: Any = 7,
    uri: str = URI,
    anchors: TrustAnchors | None = None,
) -> int | None:
    return (lists or StatusLists()).value(
        StatusReference(uri, index),
        issuer=world.ISSUER,
        fetch=host,
        anchors=anchors or world.trust_anchors(),
        now=host.clock(),
        kind=kind,
    )


both = pytest.mark.parametrize("kind", list(Kind))


# --- V31: a list with one fault ---


@both
@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_V31_control_a_list_as_it_should_be(kind: Kind, bits: int) -> None:
    host = Host(bits=bits, lst=deflate(pack(ENTRIES, size=SIZE, bits=bits)))
    assert [value(host, kind, index=index) for index in (6, 7, 8, SIZE - 1)] == [VALID, INVALID, INVALID, VALID]


@both
@pytest.mark.parametrize(
    "fault",
    [
        {"claims": {"sub": URI + "0"}},
        {"claims": {"sub": None}},
        {"claims": {"exp": world.NOW}},
        {"claims": {"exp": None}},
        {"claims": {"iat": world.NOW + 61}},
        {"claims": {"iat": None}},
        {"typ": "JWT"},
        {"typ": "identifierlist"},
        {"bits": 3},
        {"bits": 0},
        {"bits": 16},
        {"bits": True},
        {"lst": b""},
        {"lst": b"not zlib at all"},
        {"lst": deflate(pack(ENTRIES, size=SIZE, bits=1)) + b"\x00"},
        {"lst": deflate(pack(ENTRIES, size=SIZE, bits=1))[:-1]},
        {"lst": deflate(bytes(MAX_INFLATED + 1))},
        {"lst": b"\x78\xda" + bytes(MAX_COMPRESSED)},
        {"signer": world.issuer_signer()},
        {"signer": world.certified("stranger", "status", world.ISSUER)},
        {"signer": CertifiedSigner(world.key("stranger"), world.status_signer().chain)},
        {"status": 302},
        {"status": 500},
        {"status": 404},
        {"media_type": "application/json"},
        {"reachable": False},
    ],
    ids=lambda fault: "-".join(fault),
)
def test_V31_a_list_with_one_fault_is_unknown(kind: Kind, fault: dict[str, Any]) -> None:
    """Not valid: without a list the levels that need one are not reached."""
    assert value(Host(**fault), kind) is None


@both
@pytest.mark.parametrize("index", [SIZE, MAX_INDEX, 2**63, -1, True, 7.0, "7", None])
def test_V31_an_index_that_is_none_is_refused(kind: Kind, index: Any) -> None:
    with pytest.raises(Refusal):
        value(Host(), kind, index=index)


# --- V32: a list that says less than it should ---


@both
def test_V32_an_older_list_is_not_gone_back_to(kind: Kind) -> None:
    host, lists = Host(), StatusLists()
    assert value(host, kind, lists=lists) == INVALID
    host.clock.move(300)
    host.claims, host.lst = {"iat": world.NOW - 1}, deflate(pack({}, size=SIZE, bits=1))
    assert value(host, kind, lists=lists) == INVALID


@both
def test_V32_an_older_list_that_comes_late_does_not_replace_a_newer_one(kind: Kind) -> None:
    """Two sign-ins ask at once, and somebody on the way holds the answer of the first back until the second has its own."""
    lists, newer = StatusLists(), Host()

    class HeldBack(Host):
        def get(self, url: str, *, accept: str, **options: Any) -> Answer:
            answer = super().get(url, accept=accept, **options)
            assert value(newer, kind, lists=lists) == INVALID
            return answer

    older = HeldBack(claims={"iat": world.NOW - 1}, lst=deflate(pack({}, size=SIZE, bits=1)))
    assert value(older, kind, lists=lists) == INVALID
    assert value(Host(reachable=False), kind, lists=lists) == INVALID


@both
def test_V32_control_a_newer_list_is_taken(kind: Kind) -> None:
    host, lists = Host(), StatusLists()
    value(host, kind, lists=lists)
    host.clock.move(300)
    host.lst = deflate(pack({}, size=SIZE, bits=1))
    assert value(host, kind, lists=lists) == VALID


@both
@pytest.mark.parametrize("media_type", [None, *(kind.media_type for kind in Kind)])
def test_V32_the_other_form_is_not_taken(kind: Kind, media_type: str | None) -> None:
    """JWT where CWT is expected, and the reverse, under either name."""
    other = Kind.CWT if kind is Kind.JWT else Kind.JWT
    assert value(Host(form=other, media_type=media_type), kind) is None


def test_V32_one_address_is_judged_in_the_form_of_each_credential() -> None:
    host, lists = Host(form=Kind.JWT), StatusLists()
    assert value(host, Kind.JWT, lists=lists) == INVALID
    assert value(host, Kind.CWT, lists=lists) is None


@both
def test_V32_a_time_to_live_of_ten_years_is_a_day(kind: Kind) -> None:
    host, lists = Host(claims={"ttl": 315_360_000, "exp": world.NOW + 315_360_000}), StatusLists()
    value(host, kind, lists=lists)
    host.clock.move(MAX_TTL)
    value(host, kind, lists=lists)
    assert len(host.asked) == 2


def test_V32_suspended_is_not_valid() -> None:
    host = Host(bits=2, lst=deflate(pack({7: SUSPENDED}, size=SIZE, bits=2)))
    assert value(host, Kind.JWT) == SUSPENDED


# --- V33: an address or a list made to recognise a person ---


@both
@pytest.mark.parametrize("uri", [URI + "?u=7", URI + "?", URI + "#7"])
def test_V33_an_address_of_ones_own_is_not_fetched(kind: Kind, uri: str) -> None:
    host = Host()
    with pytest.raises(Refusal):
        value(host, kind, uri=uri)
    assert host.asked == []


@both
@pytest.mark.parametrize("size", [8, MIN_ENTRIES - 8])
def test_V33_a_list_of_a_few_is_refused(kind: Kind, size: int) -> None:
    with pytest.raises(Refusal):
        value(Host(lst=deflate(pack({7: 1}, size=size, bits=1))), kind)


@both
def test_V33_control_the_smallest_list(kind: Kind) -> None:
    assert value(Host(lst=deflate(pack({7: 1}, size=MIN_ENTRIES, bits=1))), kind) == INVALID


@both
def test_V33_control_a_list_is_fetched_once_for_many_people(kind: Kind) -> None:
    host, lists = Host(), StatusLists()
    assert [value(host, kind, lists=lists, index=index) for index in range(20)].count(INVALID) == 2
    assert len(host.asked) == 1


# --- T05: keys roll over ---


@both
def test_T05_an_unknown_signer_is_not_asked_again_by_everybody(kind: Kind) -> None:
    """A storm of credentials behind a list signed by a key we do not know yet: one fetch in RETRY_SECONDS."""
    host, lists = Host(signer=world.certified("next authority", "next", world.ISSUER)), StatusLists()
    for _second in range(3):
        assert [value(host, kind, lists=lists, index=index) for index in range(50)] == [None] * 50
    assert len(host.asked) == 1
    host.clock.move(RETRY_SECONDS)
    value(host, kind, lists=lists)
    assert len(host.asked) == 2


@both
def test_T05_control_the_next_key_is_taken_as_soon_as_it_is_trusted(kind: Kind) -> None:
    host, lists = Host(signer=world.certified("next authority", "next", world.ISSUER)), StatusLists()
    assert value(host, kind, lists=lists) is None
    listed = world.trust_anchors().anchors
    old = next(anchor for anchor in listed if anchor.purpose is Purpose.STATUS)
    both_keys = TrustAnchors((*listed, replace(old, certificate=world.authority("next authority").certificate)))
    assert value(host, kind, lists=lists, anchors=both_keys) == INVALID


# --- the issuer's side ---


def references(answer: dict[str, Any]) -> list[StatusReference]:
    anchors = world.trust_anchors()
    texts = [credential["credential"] for credential in answer["credentials"]]
    return [place_of(verify_sd_jwt_vc(parse_sd_jwt(text), anchors=anchors, now=world.NOW)) for text in texts]


def test_I35_places_of_a_batch_are_random_and_on_a_shared_list(issuing: Issuing) -> None:
    batches = [references(issuing.issue(10)) for _person in range(6)]
    assert len({reference.uri for batch in batches for reference in batch}) == 1
    places = [reference.index for batch in batches for reference in batch]
    assert len(set(places)) == len(places)
    assert abs(correlation([float(n) for n in range(len(places))], [float(place) for place in places])) < 0.35
    gaps = [abs(one - other) for one, other in pairwise(places)]
    assert sorted(gaps)[len(gaps) // 2] > issuing.issuer.settings.status_list_size // 16


def test_I35_control_places_in_a_row_would_be_noticed(issuing: Issuing) -> None:
    places = [float(place) for place in range(60)]
    assert correlation([float(n) for n in range(60)], places) > 0.99
    assert issuing.issuer.settings.status_list_size >= MIN_ENTRIES


def test_T06_two_nodes_show_one_list(issuing: Issuing) -> None:
    """Whatever a node was asked before, and whichever is asked: same entries, time and entity tag, never an older one."""
    reference = references(issuing.issue(3))[0]
    list_id = reference.uri.rpartition("/")[2]
    nodes = [StatusPublisher(issuing.issuer) for _node in range(2)]
    lists, times = StatusLists(), list[int]()
    for value_now in (SUSPENDED, VALID, SUSPENDED, INVALID, VALID):
        issuing.clock.move(1)
        nodes[len(times) % 2].published(list_id)
        with issuing.issuer.engine.begin() as connection:
            certificate = connection.execute(select(COPIES.c.certificate)).scalars().first()
            assert certificate is not None
            status.set_all(connection, certificate, value_now, now=issuing.clock.now)
        issuing.clock.move(5)
        shown = [node.published(list_id) for node in nodes]
        assert len({(one.sequence, one.issued_at, one.etag) for one in shown}) == 1
        for one in shown:
            host = _Fixed(one.token)
            seen = lists.value(reference, issuer=world.ISSUER, fetch=host, anchors=world.trust_anchors(), now=issuing.clock.now)
            assert seen == (INVALID if value_now in (INVALID, VALID) and len(times) >= 3 else value_now)
        times.append(shown[0].issued_at)
    assert times == sorted(times)
    assert times[-1] == times[-2]  # what was asked after the revocation changed nothing


@dataclass
class _Fixed:
    body: bytes

    def get(self, url: str, **_options: Any) -> Answer:  # noqa: ARG002 (one answer for all)
        return Answer(200, {"content-type": Kind.JWT.media_type}, self.body)

    def post(self, *_arguments: Any, **_options: Any) -> Answer:
        raise Unreachable("nothing to post to")


# --- T11: a backup is put back ---


def _restored(issuing: Issuing, backup: bytes, folder: Path, *, declared: bool) -> Issuing:
    """The issuer on a copy of its database as it once was."""
    (folder / "restored.sqlite").write_bytes(backup)
    engine = open_engine(f"sqlite:///{folder}/restored.sqlite")
    if declared:
        declare_restored(engine, now=issuing.clock.now)
    issuer = replace(issuing.issuer, engine=engine, restored_at=restored_at(engine))
    return Issuing(issuer, issuing.clock, client_of(issuer), 100)


def _backup(issuing: Issuing, folder: Path) -> bytes:
    with issuing.issuer.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql(f"VACUUM INTO '{folder}/backup.sqlite'")
        connection.exec_driver_sql("BEGIN")
    return (folder / "backup.sqlite").read_bytes()


@pytest.mark.parametrize("declared", [True, False])
def test_T11_what_a_backup_forgot_is_not_given_again(issuing: Issuing, tmp_path: Path, declared: bool) -> None:
    """With the declaration nothing comes back; without it (the control) all of this would."""
    references(issuing.issue(2))
    offer = issuing.make_offer()
    code, token, nonce = issuing.new_code(), issuing.new_token(), issuing.nonce()
    backup = _backup(issuing, tmp_path)
    after = references(issuing.issue(2, token=token))
    again = _restored(issuing, backup, tmp_path, declared=declared)
    issuing.clock.move(61)
    refused = 400 if declared else 200
    # 1 offers, codes and tokens that may have served
    assert again.redeem(code).status_code == refused
    assert again.client.get(offer_path(offer.uri)).status_code == (404 if declared else 200)
    assert again.request(token, [again.proof(nonce=again.nonce())]).status_code == (401 if declared else 200)
    # 2 nonces given before
    fresh = again.new_token()
    assert again.request(fresh, [again.proof(nonce=nonce)]).status_code == refused
    # 3 places come from lists that nobody has seen
    new = references(again.issue(2))
    assert ({one.uri for one in new} == {one.uri for one in after}) is not declared
    again.issuer.engine.dispose()


def offer_path(uri: str) -> str:
    return parse_qs(urlsplit(uri).query)["credential_offer_uri"][0].removeprefix(world.ISSUER)


@pytest.mark.parametrize("declared", [True, False])
def test_T11_requests_of_roles_made_before_are_not_heard_again(issuing: Issuing, tmp_path: Path, declared: bool) -> None:
    """Used after the backup, so the restored database does not know that; without the declaration it would count twice."""
    issuing.issue()
    backup = _backup(issuing, tmp_path)
    token = issuing.role_token(REVOKE, Revoke("application-1", "officer-1", "DECEASED"))
    headers = {"Content-Type": "application/jwt"}
    assert issuing.client.post(PATHS[REVOKE], content=token, headers=headers).status_code == 200
    again = _restored(issuing, backup, tmp_path, declared=declared)
    assert again.client.post(PATHS[REVOKE], content=token, headers=headers).status_code == (401 if declared else 200)
    issuing.clock.move(61)
    assert again.revoke().status_code == 200
    again.issuer.engine.dispose()


def test_T11_lists_never_step_back_in_time(issuing: Issuing, tmp_path: Path) -> None:
    reference = references(issuing.issue(1))[0]
    backup = _backup(issuing, tmp_path)
    issuing.clock.move(10)
    issuing.revoke()
    list_id = reference.uri.rpartition("/")[2]
    last = StatusPublisher(issuing.issuer).published(list_id)
    issuing.clock.move(20)
    again = _restored(issuing, backup, tmp_path, declared=True)
    assert StatusPublisher(again.issuer).published(list_id).issued_at > last.issued_at
    again.issuer.engine.dispose()


def test_T11_a_backup_put_back_without_a_word_is_noticed(issuing: Issuing, tmp_path: Path) -> None:
    issuing.issue()
    backup = _backup(issuing, tmp_path)
    issuing.issue()
    remembered = position(issuing.issuer.engine)
    check_position(issuing.issuer.engine, remembered)
    again = _restored(issuing, backup, tmp_path, declared=False)
    with pytest.raises(Fault, match="sinwon restored"):
        check_position(again.issuer.engine, remembered)
    declare_restored(again.issuer.engine, now=issuing.clock.now)
    check_position(again.issuer.engine, position(again.issuer.engine))
    again.issuer.engine.dispose()
