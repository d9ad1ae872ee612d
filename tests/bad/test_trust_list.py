"""T01: whatever is wrong with a published trust list, the last good one stays, the alarm is raised, the new one is refused."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from sinwon.core import base64url
from sinwon.formats.jose.jws import sign_jws
from sinwon.keys.trust import Anchor, Purpose, TrustAnchors
from sinwon.protocols.credential_types import IDENTITY
from sinwon.protocols.trust.signed import MAX_DOCUMENT
from sinwon.protocols.trust.trust_list import SERVICE_TYPES
from tests.published import DAY, LIST_URL, OPERATOR, Remembered, Site, follower, list_token
from tests.world import GATEWAY, NOW, StandingClock, authority, key, trust_anchors

TYP = "trust-list+jwt"
Change = Callable[[dict[str, Any]], None]


def other_anchors() -> TrustAnchors:
    """A list that differs from the good one, so that its acceptance would show."""
    extra = Anchor(authority("other authority").certificate, Purpose.ACCESS, "Other", GATEWAY)
    return TrustAnchors((*trust_anchors().anchors, extra))


def payload(token: str) -> bytes:
    return base64url.decode(token.split(".")[1])


def resigned(change: Change, typ: str = TYP) -> str:
    """The next list with one change, signed again by the operator."""
    document = json.loads(payload(list_token(2, anchors=other_anchors())))
    change(document["LoTE"])
    return sign_jws({"typ": typ}, document, OPERATOR)


def first_service(lote: dict[str, Any]) -> dict[str, Any]:
    service = lote["TrustedEntitiesList"][0]["TrustedEntityServices"][0]["ServiceInformation"]
    assert isinstance(service, dict)
    return service


def set_scheme(name: str, value: object) -> Change:
    return lambda lote: lote["ListAndSchemeInformation"].update({name: value})


def broken_signature() -> str:
    head, body, _ = list_token(2, anchors=other_anchors()).split(".")
    return f"{head}.{body}.{base64url.encode(key('operator').sign(b'something else'))}"


def unsigned() -> str:
    body = list_token(2, anchors=other_anchors()).split(".")[1]
    return f"{base64url.encode(json.dumps({'alg': 'none', 'typ': TYP}).encode())}.{body}."


def duplicate_names() -> str:
    body = payload(list_token(2, anchors=other_anchors()))
    twice = body.replace(b'"LoTESequenceNumber":2', b'"LoTESequenceNumber":2,"LoTESequenceNumber":2')
    assert twice != body
    return sign_jws({"typ": TYP}, twice, OPERATOR)


def junk_certificate(lote: dict[str, Any]) -> None:
    first_service(lote)["ServiceDigitalIdentity"]["X509Certificates"].append({"val": "AAAA"})


def duplicate_certificate(lote: dict[str, Any]) -> None:
    certificates = first_service(lote)["ServiceDigitalIdentity"]["X509Certificates"]
    certificates.append(certificates[0])


BAD: dict[str, Callable[[], str]] = {
    "not_a_jws": lambda: "three.bad.parts",
    "not_ascii": lambda: "신원",
    "broken_signature": broken_signature,
    "signed_by_another": lambda: list_token(2, anchors=other_anchors(), signer="stranger"),
    "alg_none": unsigned,
    "typ_of_the_catalogue": lambda: resigned(lambda _: None, typ="sinwon-catalogue+jwt"),
    "next_update_past": lambda: list_token(2, anchors=other_anchors(), now=NOW - 2 * DAY, lifetime=DAY),
    "issued_in_the_future": lambda: list_token(2, anchors=other_anchors(), now=NOW + DAY),
    "sequence_of_the_held_one": lambda: list_token(1, anchors=other_anchors()),
    "sequence_rolled_back": lambda: list_token(0, anchors=other_anchors()),
    "duplicate_names": duplicate_names,
    "duplicate_certificate": lambda: resigned(duplicate_certificate),
    "list_type_of_another_scheme": lambda: resigned(
        set_scheme("LoTEType", "http://uri.etsi.org/19602/LoTEType/EUPIDProvidersList")
    ),
    "version_of_another_edition": lambda: resigned(set_scheme("LoTEVersionIdentifier", 2)),
    "time_without_zone": lambda: resigned(set_scheme("NextUpdate", "2099-01-01T00:00:00")),
    "junk_certificate": lambda: resigned(junk_certificate),
    "entity_without_name": lambda: resigned(
        lambda lote: lote["TrustedEntitiesList"][0]["TrustedEntityInformation"].update({"TEName": []})
    ),
    "too_large": lambda: "A" * (MAX_DOCUMENT + 1),
    "endless_nesting": lambda: sign_jws({"typ": TYP}, b"[" * 10_000, OPERATOR),
}


@pytest.mark.parametrize("fault", BAD)
def test_T01_a_bad_list_is_refused_and_the_last_good_one_kept(fault: str) -> None:
    site, clock, alarms = Site(), StandingClock(), list[tuple[str, str]]()
    memory = Remembered()
    site.publish(list_token(1))
    followed = follower(site, clock, alarms, memory)
    assert followed.anchors() == trust_anchors()
    remembered = dict(memory.documents)
    assert not alarms

    site.pages[LIST_URL] = BAD[fault]().encode()
    followed.refresh()

    assert followed.anchors() == trust_anchors()
    assert [name for name, _ in alarms] == ["trust list"]
    assert memory.documents == remembered


def test_T01_control_a_good_list_with_the_next_number_is_taken() -> None:
    site, alarms = Site(), list[tuple[str, str]]()
    site.publish(list_token(1))
    followed = follower(site, StandingClock(), alarms)
    assert followed.anchors() == trust_anchors()
    site.pages[LIST_URL] = list_token(2, anchors=other_anchors()).encode()
    followed.refresh()
    assert set(followed.anchors().anchors) == set(other_anchors().anchors)
    assert not alarms


def test_T01_control_the_same_change_resigned_without_fault_is_taken() -> None:
    site, alarms = Site(), list[tuple[str, str]]()
    site.publish(resigned(lambda _: None))
    assert set(follower(site, StandingClock(), alarms).anchors().anchors) == set(other_anchors().anchors)
    assert not alarms


def test_T01_a_status_signer_is_not_an_issuer() -> None:
    """Service types keep uses apart: the root of the status signers issues nothing, and the other way round."""
    site = Site()
    site.publish()
    anchors = follower(site, StandingClock(), []).anchors()
    status = authority("status authority").certificate
    assert status not in anchors.certificates(Purpose.ISSUANCE, IDENTITY)
    assert status not in anchors.certificates(Purpose.ACCESS)
    assert authority("issuing authority").certificate not in anchors.certificates(Purpose.STATUS)


def test_T01_control_each_root_counts_for_its_own_use() -> None:
    site = Site()
    site.publish()
    anchors = follower(site, StandingClock(), []).anchors()
    assert anchors.certificates(Purpose.STATUS) == {authority("status authority").certificate}
    assert anchors.certificates(Purpose.ISSUANCE, IDENTITY) == {authority("issuing authority").certificate}


def test_T01_a_service_of_unknown_type_gives_no_trust() -> None:
    def unknown(lote: dict[str, Any]) -> None:
        for entity in lote["TrustedEntitiesList"]:
            for service in entity["TrustedEntityServices"]:
                if service["ServiceInformation"]["ServiceTypeIdentifier"] == SERVICE_TYPES[Purpose.ISSUANCE]:
                    service["ServiceInformation"]["ServiceTypeIdentifier"] = "http://uri.etsi.org/19602/SvcType/PID/Issuance"

    site = Site()
    site.publish(resigned(unknown))
    assert not follower(site, StandingClock(), []).anchors().certificates(Purpose.ISSUANCE)


def test_T01_an_issuer_vouches_only_for_its_types() -> None:
    elsewhere = frozenset({"urn:example:other"})
    anchors = TrustAnchors(tuple(replace(a, types=elsewhere) if a.types else a for a in trust_anchors().anchors))
    site = Site()
    site.publish(list_token(1, anchors=anchors))
    assert not follower(site, StandingClock(), []).anchors().certificates(Purpose.ISSUANCE, IDENTITY)
