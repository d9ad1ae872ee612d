"""Registers nobody connected: applications wait, and nobody is judged by them."""

from dataclasses import replace
from pathlib import Path

from sinwon.adapters.registers.unconnected import unconnected_registers
from sinwon.services.enrolment.application import State
from sinwon.services.enrolment.submit import submit_application
from sinwon.store.consulate.tables import METADATA
from sinwon.store.engine import open_engine
from tests.counter import counter, people


def test_every_application_waits(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'consulate.sqlite'}")
    METADATA.create_all(engine)
    here = replace(counter(engine).consulate, registers=unconnected_registers())
    assert submit_application(here, people()[0].form).state is State.WAITING
    engine.dispose()
