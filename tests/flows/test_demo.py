"""The one command of the demonstration, run as a person runs it: every expectation held, and the facts it promises written."""

import json
import subprocess
import sys
from pathlib import Path

from sinwon.adapters.registers.people import load_people
from sinwon.demo.people import with_more
from sinwon.services.enrolment.reasons import REASONS
from sinwon.services.enrolment.rrn import agrees, checksum_holds


def test_the_whole_story_is_told_and_holds(tmp_path: Path) -> None:
    target = tmp_path / "out.json"
    command = [
        str(Path(sys.executable).parent / "sinwon"),
        "demo",
        "--exit",
        "--json",
        str(target),
        "--state",
        str(tmp_path / "state"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    facts = json.loads(target.read_text())
    assert (done.returncode, facts["failed"]) == (0, [])
    assert facts["issued"] >= 21
    assert facts["sign_ins"]["gov24"] == facts["sign_ins"]["oka365"] >= 21
    assert facts["expectations"]["held"] >= 60
    assert set(REASONS) <= set(facts["refusals"])
    assert len(facts["refusals"]) >= 20 + len(REASONS) - 10
    assert "주로스앤젤레스 총영사관" in done.stdout


def test_more_people_are_invented_the_way_the_first_were() -> None:
    people = load_people()
    more = with_more(people, 200)[len(people) :]
    assert len(more) == 200 - sum(person.is_eligible for person in people)
    assert len({person.form.rrn for person in more}) == len({person.form.passport_number for person in more}) == len(more)
    for person in more:
        assert person.resident is not None
        assert agrees(person.resident.rrn, person.resident.birthdate, person.resident.sex)
        assert not checksum_holds(person.resident.rrn)
        assert person.resident.rrn[7:9] in {"97", "98", "99"}


def test_the_chapter_of_lives_holds_and_gives_each_history(tmp_path: Path) -> None:
    target = tmp_path / "life.json"
    command = [str(Path(sys.executable).parent / "sinwon"), "demo", "--chapter", "life", "--exit", "--json", str(target)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    facts = json.loads(target.read_text())
    assert (done.returncode, facts["failed"]) == (0, [])
    assert facts["expectations"]["held"] >= 60
    lives = facts["lives"].values()
    assert len(lives) == facts["people"] == 12
    reasons = {one["reason"] for life in lives for one in life["history"]} - {None}
    assert {"LOSS_REPORTED", "PHONE_CHANGED", "PASSPORT_LOST", "DEREGISTERED", "HOLDER_REQUEST", "DECEASED"} <= reasons
    assert {"active", "revoked"} == {life["state"] for life in lives}
    assert all(life["history"][0]["what"] == "issued" for life in lives)
    assert "새벽 3시의 분실" in done.stdout
