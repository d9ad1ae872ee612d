"""Both formats from one claim set, and copies that do not know each other."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
from msgspec.structs import replace

from sinwon.core import base64url
from sinwon.core.clock import HOUR, seoul_date, start_of_day_in_seoul
from sinwon.formats.mdoc.issuer_signed import IssuerSigned, parse_issuer_signed
from sinwon.formats.mdoc.verify import VerifiedMdoc, verify_issuer_signed
from sinwon.formats.sdjwt.parse import parse_sd_jwt
from sinwon.formats.sdjwt.vc import verify_sd_jwt_vc
from sinwon.formats.status import token_cwt
from sinwon.protocols.credential_types import AGE_TYPE, IDENTITY_TYPE, CredentialType
from sinwon.protocols.elements import from_elements
from sinwon.protocols.oidc.claims import keep_claims
from sinwon.protocols.vci.configurations import (
    AGE_MDOC,
    AGE_SD_JWT,
    IDENTITY_MDOC,
    IDENTITY_SD_JWT,
    ISSUED,
    LINKAGE_MDOC,
    LINKAGE_SD_JWT,
)
from tests import world
from tests.issued import place_of
from tests.issuing import PERSON, PIN, Issuing, code_of

COPIES = 8
MDOCS = {IDENTITY_MDOC: IDENTITY_SD_JWT, LINKAGE_MDOC: LINKAGE_SD_JWT, AGE_MDOC: AGE_SD_JWT}


def texts(answer: dict[str, Any]) -> list[str]:
    return [one["credential"] for one in answer["credentials"]]


def document(text: str) -> IssuerSigned:
    return parse_issuer_signed(base64url.decode(text))


def verified(text: str, kind: CredentialType, now: int = world.NOW) -> VerifiedMdoc:
    return verify_issuer_signed(document(text), anchors=world.trust_anchors(), doctype=kind.doctype, now=now)


def birthday_token(issuing: Issuing, birthdate: str) -> str:
    offer = issuing.make_offer(person=replace(PERSON, birthdate=birthdate))
    return str(issuing.redeem(code_of(issuing.open(offer)), PIN).json()["access_token"])


@pytest.mark.parametrize("configuration", MDOCS)
def test_both_formats_say_the_same(issuing: Issuing, configuration: str) -> None:
    token, kind = issuing.new_token(), ISSUED[configuration].type
    (mdoc,) = texts(issuing.issue(1, configuration, token))
    (sd_jwt,) = texts(issuing.issue(1, MDOCS[configuration], token))
    shown = verify_sd_jwt_vc(parse_sd_jwt(sd_jwt), anchors=world.trust_anchors(), now=world.NOW)
    one = verified(mdoc, kind)
    assert (one.doctype, one.issuer, one.expires_at) == (kind.doctype, world.ISSUER, shown.expires_at)
    assert set(one.claims) == {kind.doctype}
    elements = from_elements(kind, one.claims[kind.doctype])
    assert elements.keys() == {claim.path for claim in kind.by_element.values()}
    named = keep_claims(shown.claims, [claim.steps for claim in kind.by_element.values()])
    assert named == {name: value for name, value in elements.items() if name != "person_id"}
    assert shown.claims.get("person_id") == elements.get("person_id")


@pytest.mark.parametrize("configuration", [AGE_SD_JWT, AGE_MDOC])
def test_age_copies_name_nobody(issuing: Issuing, configuration: str) -> None:
    """Neither what is hidden in them nor what stands open tells two people apart."""
    (text,) = texts(issuing.issue(1, configuration))
    if configuration == AGE_MDOC:
        claims = dict(verified(text, AGE_TYPE).claims[AGE_TYPE.doctype])
    else:
        claims = dict(verify_sd_jwt_vc(parse_sd_jwt(text), anchors=world.trust_anchors(), now=world.NOW).claims)
        for open_to_all in ("iss", "vct", "nbf", "exp", "cnf", "status", "_sd_alg"):
            claims.pop(open_to_all, None)
    assert claims == dict.fromkeys(("age_over_14", "age_over_18", "age_over_19", "adult_by_year"), True)


def test_the_status_of_an_mdoc_stands_in_a_list_of_its_kind(issuing: Issuing) -> None:
    (text,) = texts(issuing.issue(1, IDENTITY_MDOC))
    reference = verified(text, IDENTITY_TYPE).status
    assert reference is not None
    for expected in (0, 1):
        answer = issuing.get(reference.uri, headers={"accept": "application/statuslist+cwt"})
        assert answer.status_code == 200
        listed = token_cwt.verify_status_list(
            answer.content, uri=reference.uri, anchors=world.trust_anchors(), now=issuing.clock.now
        )
        assert (listed.at(reference.index), listed.size) == (expected, issuing.issuer.settings.status_list_size)
        issuing.clock.move(5)
        issuing.revoke()


def test_offers_list_what_the_settings_say(issuing: Issuing) -> None:
    assert issuing.open(issuing.make_offer())["credential_configuration_ids"] == list(ISSUED)
    few = issuing.with_settings(configurations=(IDENTITY_SD_JWT, IDENTITY_MDOC))
    assert few.open(few.make_offer())["credential_configuration_ids"] == [IDENTITY_SD_JWT, IDENTITY_MDOC]


@pytest.mark.parametrize("configuration", [IDENTITY_SD_JWT, IDENTITY_MDOC, AGE_SD_JWT, AGE_MDOC])
def test_copies_end_when_what_they_deny_becomes_true(issuing: Issuing, configuration: str) -> None:
    """A birthday in four days: until that midnight in Seoul, and not to the end of their usual life."""
    day = seoul_date(world.NOW + 4 * 86_400)
    token = birthday_token(issuing, day.replace(year=day.year - 19).isoformat())
    for over_19 in (False, True):
        (text,) = texts(issuing.issue(1, configuration, token))
        kind, now = ISSUED[configuration].type, issuing.clock.now
        if ISSUED[configuration].format == "mso_mdoc":
            one = verified(text, kind, now)
            said, ends = one.claims[kind.doctype]["age_over_19"], one.expires_at
        else:
            other = verify_sd_jwt_vc(parse_sd_jwt(text), anchors=world.trust_anchors(), now=now)
            said, ends = other.claims["age_over_19"], other.expires_at
        assert said is over_19
        assert (ends == start_of_day_in_seoul(day)) is not over_19
        issuing.clock.now = start_of_day_in_seoul(day)
        token = birthday_token(issuing, day.replace(year=day.year - 19).isoformat())


@dataclass(frozen=True)
class Traces:
    """Whatever in a copy could be compared with another: none of it may be in both."""

    salts: frozenset[bytes]
    digests: frozenset[bytes]
    ids: tuple[int, ...]
    signature: bytes
    key: bytes
    place: tuple[str, int]
    times: tuple[int, ...]
    length: int


def sd_jwt_traces(text: str) -> Traces:
    sd_jwt = parse_sd_jwt(text)
    one = verify_sd_jwt_vc(sd_jwt, anchors=world.trust_anchors(), now=world.NOW)
    payload = sd_jwt.issuer_signed.claims()
    salts = frozenset(disclosure.text.encode() for disclosure in sd_jwt.disclosures)
    digests = frozenset(found.encode() for found in payload["_sd"])
    place = (place_of(one).uri, place_of(one).index)
    times = tuple(value for value in payload.values() if type(value) is int)
    return Traces(salts, digests, (), sd_jwt.issuer_signed.signature, one.holder_key.point, place, times, len(text))


def mdoc_traces(text: str) -> Traces:
    signed = document(text)
    items = [item for found in signed.namespaces.values() for item in found]
    digests = {digest for members in signed.mso.digests.values() for digest in members.values()}
    mso, status = signed.mso, signed.mso.status
    assert status is not None
    salts = frozenset(item.encoded.value["random"] for item in items)
    assert len(salts) == len(items)
    ids = tuple(item.digest_id for item in items)
    place, times = (status.uri, status.index), (mso.signed, mso.valid_from, mso.valid_until)
    return Traces(salts, frozenset(digests), ids, signed.auth.proof, mso.device_key.point, place, times, len(text))


def shared(sets: Iterable[Iterable[object]]) -> int:
    """How many things stand in more than one of the sets."""
    all_things = [thing for found in sets for thing in set(found)]
    return len(all_things) - len(set(all_things))


@pytest.mark.parametrize(
    ("configuration", "traces"),
    [
        pytest.param(name, mdoc_traces if issued.format == "mso_mdoc" else sd_jwt_traces, id=name)
        for name, issued in ISSUED.items()
    ],
)
def test_I35_copies_of_a_batch_share_nothing_to_be_linked_by(issuing: Issuing, configuration: str, traces: Any) -> None:
    found = [traces(text) for text in texts(issuing.issue(COPIES, configuration))]
    assert len(found) == COPIES
    assert shared(one.salts for one in found) == 0
    assert shared(one.digests for one in found) == 0
    assert shared(one.ids for one in found) == 0
    for names in ("signature", "key", "place"):
        assert len({getattr(one, names) for one in found}) == COPIES
    # What they do share says nothing: whole hours, one crowded list, one length.
    assert len({one.times for one in found}) == 1
    assert all(moment % HOUR == 0 for one in found for moment in one.times)
    assert len({one.place[0] for one in found}) == 1
    places = [one.place[1] for one in found]
    assert sorted(places) != places
    assert min(abs(a - b) for a, b in pairwise(places)) > 1


@pytest.mark.parametrize("configuration", [IDENTITY_MDOC, AGE_MDOC])
def test_I35_digest_ids_do_not_tell_which_element(issuing: Issuing, configuration: str) -> None:
    """The order of ids is another in each copy, and digests stand in the order of ids."""
    orders = set()
    for text in texts(issuing.issue(COPIES, configuration)):
        signed = document(text)
        (items,) = signed.namespaces.values()
        ids = [item.digest_id for item in items]
        orders.add(tuple(sorted(range(len(ids)), key=ids.__getitem__)))
        (listed,) = signed.mso.digests.values()
        assert list(listed) == sorted(ids)
    assert len(orders) > COPIES // 2


def test_I35_control_the_look_would_find_a_link(issuing: Issuing) -> None:
    """The same copy seen twice is recognised by every trace."""
    for configuration, traces in ((IDENTITY_MDOC, mdoc_traces), (IDENTITY_SD_JWT, sd_jwt_traces)):
        (text,) = texts(issuing.issue(1, configuration))
        one = traces(text)
        assert shared([one.salts, one.salts]) == len(one.salts) > 0
        assert shared([one.digests, one.digests]) == len(one.digests) > 0


def test_an_mdoc_has_its_own_signer(issuing: Issuing) -> None:
    """Certified for documents, and not the key of the other format."""
    (text,) = texts(issuing.issue(1, IDENTITY_MDOC))
    assert document(text).auth.chain == world.document_signer().chain
    assert world.document_signer().chain != world.issuer_signer().chain
