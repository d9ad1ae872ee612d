"""What a run prints and writes: one table of people, one of refusals, and the same facts as JSON."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sinwon.core.clock import KST
from sinwon.core.strict_json import dump
from sinwon.demo.deployment import LIVE
from sinwon.demo.expectations import Ledger
from sinwon.demo.life import LifeStory, Scene
from sinwon.demo.table import table
from sinwon.demo.traveller import Traveller
from sinwon.protocols.own_certificate import OwnCertificate
from sinwon.protocols.trust.catalogue import Catalogue

MOST_PEOPLE: Final = 120  # beyond that the table has one row for each mission
YES: Final = "✓"
NO: Final = "–"


def people_table(travellers: Sequence[Traveller], catalogue: Catalogue) -> str:
    """Mission, person (masked), eligibility, phone, issued, signed in at each service."""
    if len(travellers) > MOST_PEOPLE:
        return mission_table(travellers, catalogue)
    head = ["재외공관 mission", "사람 person", "자격 eligibility", "전화 phone", "발급 issued", *LIVE]
    return table(head, [_row(traveller, catalogue) for traveller in travellers])


def mission_table(travellers: Sequence[Traveller], catalogue: Catalogue) -> str:
    head = ["재외공관 mission", "사람 people", "자격 eligible", "전화 phone", "발급 issued", *LIVE]
    rows = []
    for mission in dict.fromkeys(traveller.person.form.mission for traveller in travellers):
        here = [traveller for traveller in travellers if traveller.person.form.mission == mission]
        counts = [
            len(here),
            sum(traveller.offer is not None for traveller in here),
            sum(traveller.phone_proven for traveller in here),
            sum(traveller.received for traveller in here),
            *(sum(service in traveller.subjects for traveller in here) for service in LIVE),
        ]
        rows.append([_mission_name(mission, catalogue), *map(str, counts)])
    return table(head, rows)


def reasons_table(travellers: Sequence[Traveller]) -> str:
    """The ineligible: reason code, text and next step, as the officer reads them."""
    rows = [
        [traveller.short_name, reason.code, reason.text, reason.next_step]
        for traveller in travellers
        for reason in traveller.reasons
    ]
    return table(["사람 person", "code", "사유 reason", "다음 단계 next step"], rows, widest=64)


def refusals_table(rows: Sequence[tuple[str, str, str]]) -> str:
    counted = Counter(rows)
    lines = [[what if count == 1 else f"{what} (×{count})", code, where] for (what, code, where), count in counted.items()]
    return table(["시도 attempt", "code", "by"], lines, widest=48)


def facts(travellers: Sequence[Traveller], ledger: Ledger, seconds: float) -> dict[str, Any]:
    """What `--json` writes."""
    return {
        "people": len(travellers),
        "issued": sum(traveller.received for traveller in travellers),
        "sign_ins": {service: sum(service in traveller.subjects for traveller in travellers) for service in LIVE},
        **_outcome(ledger, seconds),
    }


def _outcome(ledger: Ledger, seconds: float) -> dict[str, Any]:
    return {
        "refusals": dict(sorted(ledger.refusals.items())),
        "expectations": {"held": len(ledger.expectations) - len(ledger.failed), "failed": len(ledger.failed)},
        "failed": [{"what": one.what, "seen": one.seen} for one in ledger.failed],
        "seconds": round(seconds, 1),
    }


def lives_text(story: LifeStory) -> str:
    """Each scene: who, and the history of their certificate as the issuer's trail has it, oldest first."""
    return "\n\n".join(_life(scene, traveller, story.history(traveller)) for scene, traveller in story.played)


def _life(scene: Scene, traveller: Traveller, own: OwnCertificate) -> str:
    rows = [[_in_seoul(one.at), one.what, one.reason or "", one.to or "", one.by or ""] for one in own.history]
    title = f"{scene.title_ko} · {scene.title_en}\n{traveller.short_name} ({traveller.person.id}) → {own.state}"
    return title + "\n" + table(["한국 시각 KST", "일 what", "사유 reason", "상태 state", "by"], rows)


def _in_seoul(at: int) -> str:
    return datetime.fromtimestamp(at, KST).strftime("%Y-%m-%d %H:%M:%S")


def life_facts(story: LifeStory, seconds: float) -> dict[str, Any]:
    """What `--json` writes of the chapter *life*."""
    lives = {}
    for scene, traveller in story.played:
        own = story.history(traveller)
        happenings = [{"at": one.at, "what": one.what, "reason": one.reason, "to": one.to, "by": one.by} for one in own.history]
        lives[traveller.person.id] = {"scene": scene.title_en, "state": own.state, "history": happenings}
    return {"people": len(story.played), "lives": lives, **_outcome(story.ledger, seconds)}


def write_facts(found: dict[str, Any], target: Path) -> None:
    target.write_bytes(dump(found))


def _row(traveller: Traveller, catalogue: Catalogue) -> list[str]:
    person = traveller.person
    return [
        _mission_name(person.form.mission, catalogue),
        traveller.short_name,
        "✓ 가능" if traveller.offer is not None else ", ".join(traveller.codes),
        YES if traveller.phone_proven else NO,
        YES if traveller.received else NO,
        *(YES if service in traveller.subjects else NO for service in LIVE),
    ]


def _mission_name(mission_id: str, catalogue: Catalogue) -> str:
    mission = catalogue.mission(mission_id)
    return mission.name_ko.replace(" 대한민국", "") if mission else mission_id
