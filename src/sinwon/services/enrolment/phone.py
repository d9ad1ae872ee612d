"""Proof of the telephone: a six-digit code to the number (any country), or an officer as witness at the counter.

A code proves control of a number once, for this application; it is never a log-in factor. Sends are limited per number and
per application by the statement that counts them; a try is used up before the code is compared. What is wrong with a code
(never sent, too late, used, tried out, other digits) is not told apart.
"""

from dataclasses import dataclass
from typing import Final

import msgspec
from sqlalchemy import Connection

from sinwon.core.clock import HOUR, MINUTE
from sinwon.core.ids import Randomness, new_id, same
from sinwon.core.refusal import Unmet
from sinwon.services.accounts.officer import Officer
from sinwon.services.enrolment.access import applicants_own, at_mission_of
from sinwon.services.enrolment.application import Move, State, advance
from sinwon.services.enrolment.consulate import Consulate
from sinwon.services.enrolment.form import Form
from sinwon.services.enrolment.phone_number import parse_phone_number
from sinwon.services.enrolment.progress import APPLICANT, move_application
from sinwon.services.enrolment.submit import FORM
from sinwon.services.notify.message import Message
from sinwon.services.notify.texts import phone_code_text
from sinwon.store.audit import Entry
from sinwon.store.consulate.applications import ApplicationRow
from sinwon.store.consulate.phone_proofs import (
    REPLACED,
    USED,
    PhoneProofRow,
    close_phone_proofs,
    count_send,
    insert_phone_proof,
    take_try,
)
from sinwon.store.consulate.tables import AUDIT
from sinwon.store.engine import writing

CODE_LIFETIME: Final = 10 * MINUTE
CODE_TRIES: Final = 5  # of a million codes
RESEND_PAUSE: Final = 30
SEND_WINDOW: Final = HOUR  # five sends in it: the table keeps the five latest
UNBIASED: Final = 2**32 - 2**32 % 1_000_000
NUMBER: Final = "phone_proofs.number"
WORDS: Final = "applications.witness"


@dataclass(frozen=True, slots=True)
class CodeSent:
    expires_in: int = CODE_LIFETIME
    resend_after: int = RESEND_PAUSE


def send_phone_code(consulate: Consulate, application: str, secret: str, *, number: str | None) -> CodeSent:
    """Sends a fresh code to `number`, or to the one in the form. Raises Refusal, or MessageNotSent from the route."""
    chosen = parse_phone_number(number) if number is not None else None
    code, proof, now = new_code(consulate.random), new_id(consulate.random), consulate.clock()
    with writing(consulate.engine) as connection:
        row = applicants_own(connection, application, secret)
        advance(State(row.state), Move.PROVE_PHONE)
        form = consulate.opened(row.form, FORM, row.id, Form)
        to = chosen or form.phone
        _count(consulate, connection, application, to, now)
        insert_phone_proof(connection, _proof(consulate, proof, application, to, code, now))
        AUDIT.write(connection, Entry(now, APPLICANT, "phone.code_sent", application))
    text = phone_code_text(form.language, code, CODE_LIFETIME // MINUTE)
    consulate.messages.send(Message(proof, to, text, now + CODE_LIFETIME))
    return CodeSent()


def prove_phone(consulate: Consulate, application: str, secret: str, *, code: str) -> State:
    """Raises Unmet("invalid_code") for every cause, after the try is used up."""
    now = consulate.clock()
    with writing(consulate.engine) as connection:
        row = applicants_own(connection, application, secret)
        advance(State(row.state), Move.PROVE_PHONE)
        proof = take_try(connection, application, now=now, allowed=CODE_TRIES)
        right = same(_hash(consulate, proof.id, code), proof.code_hash) if proof else False
        if proof is not None and right:
            close_phone_proofs(connection, application, USED)
            changes = {"form": _with_number(consulate, row, proof), **_proven(row, now)}
            return move_application(
                connection, row, Move.PROVE_PHONE, by=APPLICANT, now=now, changes=changes, details={"channel": "code"}
            )
        AUDIT.write(connection, Entry(now, APPLICANT, "phone.code_refused", application))
    raise Unmet("invalid_code", "wrong, late, used or tried out")


def witness_phone(consulate: Consulate, officer: Officer, application: str, *, reason: str) -> State:
    """The officer saw the phone itself, or the counter's QR opened on it, and says why no code was used."""
    now = consulate.clock()
    with writing(consulate.engine) as connection:
        row = at_mission_of(connection, officer, application)
        close_phone_proofs(connection, application, REPLACED)
        changes = {**_proven(row, now), "witness": consulate.sealed(reason, WORDS, row.id)}
        return move_application(
            connection, row, Move.PROVE_PHONE, by=officer.id, now=now, changes=changes, details={"channel": "officer"}
        )


def new_code(random: Randomness) -> str:
    """Six digits, each code equally likely."""
    while (number := int.from_bytes(random(4))) >= UNBIASED:
        pass
    return f"{number % 1_000_000:06d}"


def _proven(row: ApplicationRow, now: int) -> dict[str, object]:
    findings = [finding for finding in row.findings if finding["code"] != "PHONE_NOT_PROVEN"]
    return {"phone_proven_at": now, "findings": findings}


def _count(consulate: Consulate, connection: Connection, application: str, to: str, now: int) -> None:
    for scope in (f"application:{application}", f"number:{to}"):
        index = consulate.seal.index(scope, "send_limits.scope")
        if not count_send(connection, index, now=now, window=SEND_WINDOW, pause=RESEND_PAUSE):
            raise Unmet("too_many_requests", "too soon, or five codes sent within the hour")


def _proof(consulate: Consulate, proof: str, application: str, to: str, code: str, now: int) -> PhoneProofRow:
    return PhoneProofRow(
        id=proof,
        application=application,
        state="OPEN",
        number=consulate.sealed(to, NUMBER, proof),
        code_hash=_hash(consulate, proof, code),
        sent_at=now,
        expires_at=now + CODE_LIFETIME,
        tries=0,
    )


def _hash(consulate: Consulate, proof: str, code: str) -> str:
    """Keyed and bound to its proof: a stolen table does not tell a code of six digits."""
    return consulate.seal.index(code, f"phone_proofs.code:{proof}")


def _with_number(consulate: Consulate, row: ApplicationRow, proof: PhoneProofRow) -> bytes:
    form = consulate.opened(row.form, FORM, row.id, Form)
    proven = consulate.opened(proof.number, NUMBER, proof.id, str)
    return consulate.sealed(msgspec.structs.replace(form, phone=proven), FORM, row.id)
