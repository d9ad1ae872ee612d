"""A verified answer at rest: sealed in the presentation's row until it has been read or its time is over."""

from typing import Any

import msgspec

from sinwon.core.refusal import Fault
from sinwon.keys.seal import Seal
from sinwon.protocols.trust.catalogue import Level
from sinwon.services.presentation.verify import VerifiedAnswer
from sinwon.store.gateway.presentations import Presentation


class Result(msgspec.Struct, frozen=True):
    issuer: str
    person_id: str
    level: Level
    claims: dict[str, Any]


ENCODER = msgspec.json.Encoder()
DECODER = msgspec.json.Decoder(Result)


def seal_result(seal: Seal, presentation: Presentation, answer: VerifiedAnswer) -> bytes:
    """Where nobody asked who it is, the subject will be derived from the presentation: another one each time, of no use to
    anybody who compares."""
    person = f"once:{presentation.reference}" if answer.person_id is None else answer.person_id
    result = Result(answer.issuer, person, answer.level, dict(answer.claims))
    return seal.seal(ENCODER.encode(result), _context(presentation))


def open_result(seal: Seal, presentation: Presentation) -> Result:
    """Raises Fault: the caller asks only for what was answered and is not erased."""
    if presentation.result is None:
        raise Fault("no result in this presentation")
    return DECODER.decode(seal.open(presentation.result, _context(presentation)))


def _context(presentation: Presentation) -> str:
    return f"presentations.result:{presentation.reference}"
