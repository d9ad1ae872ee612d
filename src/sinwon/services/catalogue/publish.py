"""Publishing: both documents, signed under the next number, from what the database says now.

The two carry the same number, and a number is given once: it is the primary key of what was published.
"""

from typing import Final

from sqlalchemy import Connection, Engine

from sinwon.core.clock import DAY, HOUR
from sinwon.core.refusal import Unmet
from sinwon.keys.signer import Signer
from sinwon.protocols.trust.catalogue import Catalogue
from sinwon.protocols.trust.catalogue_document import sign_catalogue
from sinwon.protocols.trust.trust_list import sign_trust_list
from sinwon.store.audit import Entry
from sinwon.store.engine import writing
from sinwon.store.trust.anchors import all_anchors
from sinwon.store.trust.missions import all_covered, all_missions
from sinwon.store.trust.publications import Publication, add_publication, latest_publication
from sinwon.store.trust.services import all_presets, all_services
from sinwon.store.trust.tables import AUDIT

LIFETIME: Final = 3 * DAY  # followers ask every few minutes; this is how long a silent publisher still counts as current
RENEW_BEFORE: Final = 2 * DAY + 12 * HOUR  # a fresh document at least twice a day
CONFLICT: Final = "publication_conflict"


def publish(
    engine: Engine, *, operator: Signer, operator_name: str, actor: str, now: int, lifetime: int = LIFETIME
) -> Publication:
    with writing(engine) as connection:
        latest = latest_publication(connection)
        sequence = 1 if latest is None else latest.sequence + 1
        catalogue = compose_catalogue(connection, sequence, now=now, next_update=now + lifetime)
        trust_list = sign_trust_list(
            all_anchors(connection),
            sequence=sequence,
            operator_name=operator_name,
            operator=operator,
            now=now,
            next_update=now + lifetime,
        )
        done = Publication(sequence, now, now + lifetime, trust_list, sign_catalogue(catalogue, operator=operator))
        if not add_publication(connection, done):
            raise Unmet(CONFLICT, "another publication took this number")
        AUDIT.write(connection, Entry(now, actor, "documents.published", str(sequence), {"next_update": done.next_update}))
    return done


def is_due(latest: Publication | None, now: int) -> bool:
    """Whether the documents want renewal although nothing changed."""
    return latest is None or latest.next_update - now <= RENEW_BEFORE


def compose_catalogue(connection: Connection, sequence: int, *, now: int, next_update: int) -> Catalogue:
    """The catalogue as the database has it; a country with an open mission of its own is not covered by another."""
    missions = tuple(stored.mission for stored in all_missions(connection))
    own = {mission.country for mission in missions if mission.opens_on is not None}
    covered = {country: mission for country, mission in all_covered(connection).items() if country not in own}
    return Catalogue(sequence, now, next_update, missions, all_presets(connection), all_services(connection), covered)
