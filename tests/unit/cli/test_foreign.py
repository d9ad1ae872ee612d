"""Other people's issuers by configuration: what an entry means, what no entry may, and that nothing is built twice."""

from pathlib import Path

import pytest

from sinwon.cli.foreign import foreign_anchors, with_foreign
from sinwon.cli.setup import ROLES, Plan, set_up, write_pem
from sinwon.config import Config, read_config
from sinwon.core.refusal import Fault
from sinwon.keys.trust import NOBODY, Policy, Purpose
from tests.world import NOW, SeededRandomness, authority, trust_anchors

TYPE = "urn:eudi:pid:1"


def configured(folder: Path, lines: str, profile: str = "conformance") -> Config:
    ports = {role: 8470 + place for place, role in enumerate(ROLES)}
    origins = {role: f"https://{role}.example" for role in ROLES}
    path = set_up(Plan(folder, profile, origins, ports, ("gov24",)), now=NOW, random=SeededRandomness())
    write_pem(folder / "harness.pem", authority("issuing authority").certificate)
    head = f'[gateway.anchors.harness]\ncertificate = "{folder}/harness.pem"\nissuer = "https://harness.example"\n'
    path.write_text(f"{path.read_text()}\n{head}{lines}\n", encoding="utf-8")
    return read_config(path)


def test_an_entry_is_strict_where_it_does_not_say_otherwise(tmp_path: Path) -> None:
    (anchor,) = foreign_anchors(configured(tmp_path, f'types = ["{TYPE}"]', "production"))
    assert (anchor.purpose, anchor.uri, anchor.types) == (Purpose.ISSUANCE, "https://harness.example", frozenset({TYPE}))
    assert anchor.policy == Policy(status=True, named=True, exact=False)
    assert anchor.certificate == authority("issuing authority").certificate


def test_an_entry_may_ask_for_less(tmp_path: Path) -> None:
    lines = f'types = ["{TYPE}"]\nstatus = "optional"\nnamed = false\nexact = true'
    (anchor,) = foreign_anchors(configured(tmp_path, lines))
    assert anchor.policy == Policy(status=False, named=False, exact=True)


def test_an_exact_certificate_is_for_the_conformance_profile_only(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="conformance profile only"):
        foreign_anchors(configured(tmp_path, f'types = ["{TYPE}"]\nexact = true', "production"))


def test_nobody_is_configured_for_our_own_types(tmp_path: Path) -> None:
    for name in ("urn:sinwon:overseas-national:1", "org.sinwon.overseas_national.1"):
        config = configured(tmp_path / name[:3], f'types = ["{name}"]')
        with pytest.raises(Fault, match="trust list alone"):
            foreign_anchors(config)


def test_a_certificate_that_is_none_is_named(tmp_path: Path) -> None:
    config = configured(tmp_path, f'types = ["{TYPE}"]')
    (tmp_path / "harness.pem").write_text("nothing", encoding="utf-8")
    with pytest.raises(Fault, match=r"harness\.pem: no certificate"):
        foreign_anchors(config)


def test_the_list_in_force_is_joined_once(tmp_path: Path) -> None:
    foreign = foreign_anchors(configured(tmp_path, f'types = ["{TYPE}"]'))
    listed = [trust_anchors()]
    trust = with_foreign(lambda: listed[0], foreign)
    assert trust() is trust()
    assert trust().anchors == (*listed[0].anchors, *foreign)
    listed[0] = NOBODY
    assert trust().anchors == foreign


def test_without_any_the_list_is_all() -> None:
    listed = trust_anchors()
    assert with_foreign(lambda: listed, ())() is listed
