"""scripts/bench status: status lists of 1 M and 10 M entries at 0, 1 and 10 % revoked, on a real database.

A tenth of all places is given. `build` is a process's first look at the lists: everything that was ever revoked is read,
packed, compressed, signed. `allocate` finds free places for ten copies. `publish` gives one copy another status and makes the
token that says so: from the transaction to the signed list. 10 M entries are ten lists, as we keep them, and one of them
changes; beside them one list of that length, which we never make: hashing its bytes to sign them is what it costs more.
CPU time, medians; `bare` is one signature over the token.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from itertools import islice
from random import Random
from statistics import median
from time import process_time_ns
from typing import Final

from sqlalchemy import Connection, Engine, insert, update

from benchmarks.rows import Row
from sinwon.core.ids import new_id
from sinwon.formats.status.token import INVALID, SUSPENDED, VALID, Kind
from sinwon.keys.authority import create_authority
from sinwon.keys.seal import MasterKey, Seal
from sinwon.keys.signer import CertifiedSigner
from sinwon.keys.software import generate_key
from sinwon.protocols.trust.catalogue import Catalogue
from sinwon.services.issuance.issuer import IssuanceSettings, Issuer
from sinwon.services.issuance.places import choose_places, draw_places
from sinwon.services.issuance.publish_status import StatusPublisher
from sinwon.store.engine import open_engine, reading, writing
from sinwon.store.issuer import certificates, status
from sinwon.store.issuer.certificates import NewCertificate
from sinwon.store.issuer.status import NewCopy
from sinwon.store.issuer.tables import COPIES, METADATA, STATUS_LISTS
from sinwon.store.kept import Kept

MILLION: Final = 1 << 20
SHAPES: Final = {"1M": (1, MILLION), "10M": (10, MILLION), "10M-in-one-list": (1, 10 * MILLION)}
"""How many lists of how many entries."""
SHARES: Final = (0, 1, 10)  # percent
COPIES_EACH: Final = 10
CHANGING: Final = 1
CALLS: Final = 100
CHUNK: Final = 50_000
INSERT: Final = Kept(insert(COPIES))
ORIGIN: Final = "https://issuer.example"
ROUNDS: Final = 21
NOW: Final = 1_790_000_000


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        worlds = [_World(folder, name, share, *shape) for name, shape in SHAPES.items() for share in SHARES]
        try:
            return [*_built(worlds), *_measured(worlds)]
        finally:
            for world in worlds:
                world.engine.dispose()


def _built(worlds: "list[_World]") -> Iterator[Row]:
    for world in worlds:
        yield Row(f"build-{world.name}", world.milliseconds(world.build), "ms", world.milliseconds(world.bare), world.note())


def _measured(worlds: "list[_World]") -> Iterator[Row]:
    """In turn, so that a drifting machine hits all alike."""
    samples: dict[tuple[str, str], list[float]] = {}
    for _ in range(ROUNDS):
        for world in worlds:
            for name, work in (("allocate", world.allocate), ("publish", world.publish), ("bare", world.bare)):
                samples.setdefault((name, world.name), []).append(world.milliseconds(work))
    cost = {key: median(values) / (CALLS if key[0] == "allocate" else 1) for key, values in samples.items()}
    for name, budget in (("allocate", "all within 20 %"), ("publish", "≤ 50 ms; 10M within 20 % of 1M")):
        for world in worlds:
            yield Row(f"{name}-{world.name}", cost[name, world.name], "ms", cost["bare", world.name], budget)


class _World:
    """An issuer with `lists` of `size` entries, `share` percent of each revoked, on a database of its own."""

    def __init__(self, folder: str, label: str, share: int, lists: int, size: int) -> None:
        self.name = f"{label}-{share}%"
        self.lists, self.size, self.now, self.flips, self.bytes = lists, size, NOW, 0, 0
        self.engine: Engine = open_engine(f"sqlite:///{folder}/{self.name}.sqlite")
        METADATA.create_all(self.engine)
        with writing(self.engine) as connection:
            certificates.person_id_of(connection, "index", "person", now=NOW)
            for id_ in ("others", "changing"):
                certificates.add(connection, _certificate(id_))
            for number in range(1, lists + 1):
                status.open_list(connection, number, f"list-{number}", Kind.JWT, now=NOW)
                _fill(connection, number, size, size * share // 100)
        self.issuer = _issuer(self.engine, lambda: self.now, size)
        self.publisher = StatusPublisher(self.issuer)
        self.token = b""

    def note(self) -> str:
        return f"{self.bytes / 1000:.0f} kB to fetch"

    def milliseconds(self, work: Callable[[], object]) -> float:
        began = process_time_ns()
        work()
        return (process_time_ns() - began) / 1e6

    def build(self) -> None:
        tokens = [self.publisher.published(f"list-{number}").token for number in range(self.lists, 0, -1)]
        self.token, self.bytes = tokens[-1], sum(map(len, tokens))

    def allocate(self) -> None:
        for _ in range(CALLS):
            drawn = draw_places(COPIES_EACH, size=self.size, random=os.urandom)
            keys = [new_id(os.urandom) for _ in range(COPIES_EACH)]
            with reading(self.engine) as connection:
                taken = status.taken(connection, 1, drawn, keys)
            if choose_places(drawn, taken.places, COPIES_EACH) is None:
                raise RuntimeError("no free places")

    def publish(self) -> None:
        self.now += 1
        self.flips += 1
        with writing(self.engine) as connection:
            status.set_all(connection, "changing", (VALID, SUSPENDED)[self.flips % 2], now=self.now)
        self.token = self.publisher.published("list-1").token

    def bare(self) -> None:
        self.issuer.status_signer.signer.sign(self.token)


def _certificate(id_: str) -> NewCertificate:
    return NewCertificate(
        id=id_,
        application=id_,
        person_id="person",
        mission="mission",
        person=b"",
        valid_until=NOW + 1,
        issued_at=NOW,
        language="ko",
        revocation_code=id_,
        registration_index="index",
    )


def _fill(connection: Connection, number: int, size: int, revoked: int) -> None:
    """A tenth of the places is given, whatever is revoked of it: what differs between two lists of a size is that alone."""
    places = Random(number).sample(range(size), size // 10 + CHANGING)  # noqa: S311 (the same in each run)
    if number == 1:
        status.add(connection, [NewCopy(1, at, "changing", "c", f"c{at}", "b", NOW + 1) for at in places[:CHANGING]])
    gone = frozenset(places[CHANGING : CHANGING + revoked])
    copies = (_copy(number, at, is_revoked=at in gone) for at in sorted(places[CHANGING:]))
    while chunk := list(islice(copies, CHUNK)):
        INSERT.run_many(connection, chunk)
    connection.execute(update(STATUS_LISTS).where(STATUS_LISTS.c.number == number).values(sequence=1))


def _copy(number: int, place: int, *, is_revoked: bool) -> dict[str, object]:
    return {
        "list": number,
        "place": place,
        "certificate": "others",
        "configuration": "c",
        "key": f"{number} {place}",
        "batch": "b",
        "event": None,
        "expires_at": NOW + 1,
        "status": INVALID if is_revoked else VALID,
        "changed": 1 if is_revoked else None,
    }


def _issuer(engine: Engine, clock: Callable[[], int], size: int) -> Issuer:
    authority = create_authority(generate_key(), "Bench root", now=NOW, random=os.urandom)
    key = generate_key()
    signer = CertifiedSigner(key, (authority.certify(key, "Bench", ORIGIN, now=NOW, random=os.urandom),))
    return Issuer(
        origin=ORIGIN,
        engine=engine,
        signer=signer,
        document_signer=signer,
        status_signer=signer,
        seal=Seal(MasterKey(bytes(32)), os.urandom),
        nonce_key=bytes(32),
        role_keys={},
        catalogue=lambda: Catalogue(1, NOW, NOW, (), (), (), {}),
        clock=clock,
        random=os.urandom,
        settings=IssuanceSettings(status_list_size=size),
    )
