"""An invented person signs in without a wallet, for harnesses that have none: only where the gateway has this power.

From the answer on everything is as in any other sign-in. What no certificate would show is not made up: a purpose that needs
more than this person has is refused.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection

from sinwon.core.ids import digest, new_secret
from sinwon.core.refusal import Unmet
from sinwon.protocols.oauth.grants.authorization_code import CODE_SECONDS
from sinwon.protocols.oidc.claims import keep_claims
from sinwon.protocols.trust.catalogue import Preset
from sinwon.services.presentation.gateway import RESPONSE_CODE_SECONDS, RESULT_SECONDS, Gateway, SimulatedPerson
from sinwon.services.presentation.permission import permit
from sinwon.services.presentation.result import seal_result
from sinwon.services.presentation.verify import VerifiedAnswer
from sinwon.services.sign_in.answer import answer_with_code
from sinwon.services.sign_in.browser import OVER, own_sign_in
from sinwon.services.sign_in.give_up import UNMET_LEVEL
from sinwon.store.audit import Entry
from sinwon.store.engine import writing
from sinwon.store.gateway.metadata import AUDIT
from sinwon.store.gateway.presentations import Presentation, answer_presentation, finish_presentation
from sinwon.store.gateway.sign_ins import authorize

SIMULATED: Final = "sign_in.simulated"


def simulate_sign_in(gateway: Gateway, sign_in_id: str, browser: str | None) -> str:
    """The way back to the service. Raises Refusal."""
    person, now, code = gateway.simulate, gateway.clock(), new_secret(gateway.random)
    if person is None:
        raise Unmet(OVER, "nobody is simulated here")
    with writing(gateway.engine) as connection:
        sign_in, presentation = own_sign_in(connection, sign_in_id, browser)
        permission = permit(gateway.catalogue(), service=presentation.service, preset=presentation.preset, now=now)
        answer = _answer(person, permission.preset)
        _answered(gateway, connection, presentation, answer, now)
        if not authorize(connection, sign_in.id, code=digest(code), until=now + CODE_SECONDS, now=now):
            raise Unmet(OVER, "sign-in ended")
        AUDIT.write(connection, Entry(now, "person", SIMULATED, sign_in.id, {"level": answer.level}))
    return answer_with_code(gateway, sign_in.redirect_uri, state=sign_in.state, code=code)


def _answer(person: SimulatedPerson, preset: Preset) -> VerifiedAnswer:
    if preset.level > person.level:
        raise Unmet(UNMET_LEVEL, "this person's level is lower")
    preferred = next((name for name in preset.one_of if _kept(person, name).get(name) is True), None)
    wanted = (*preset.required, *preset.optional, *([preferred] if preferred else []))
    claims = _kept(person, *wanted)
    if not claims.keys() >= set(preset.required) or (preset.one_of and preferred is None):
        raise Unmet(UNMET_LEVEL, "this person has not all that is asked for")
    return VerifiedAnswer(person.issuer, None if preset.anonymous else person.person_id, person.level, claims)


def _kept(person: SimulatedPerson, *names: str) -> Mapping[str, Any]:
    return keep_claims(person.claims, [tuple(name.split(".")) for name in names])


def _answered(gateway: Gateway, connection: Connection, presentation: Presentation, answer: VerifiedAnswer, now: int) -> None:
    """Answered and fetched at once. Raises Unmet."""
    code, sealed = digest(new_secret(gateway.random)), seal_result(gateway.seal, presentation, answer)
    until, erase = now + RESPONSE_CODE_SECONDS, now + RESULT_SECONDS
    mine = answer_presentation(connection, presentation.id, sealed=sealed, code=code, code_expires=until, erase=erase, now=now)
    if not mine or not finish_presentation(connection, presentation.id, browser=presentation.session, code=code, now=now):
        raise Unmet(OVER, "answered already, or too late")
