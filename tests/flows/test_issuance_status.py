"""What becomes of a certificate after issue: its status list, its end, and what is then forgotten. All over HTTP."""

import pytest
from sqlalchemy import select

from sinwon.core.clock import DAY, HOUR
from sinwon.formats.status import token_cwt
from sinwon.formats.status.token import INVALID, VALID, Kind
from sinwon.formats.status.token_jwt import verify_status_list
from sinwon.protocols.vci.configurations import IDENTITY_SD_JWT
from sinwon.services.issuance.clean_up import CleanedUp, clean_up
from sinwon.services.issuance.publish_status import StatusPublisher
from sinwon.store.issuer import status
from sinwon.store.issuer.status import NewCopy
from sinwon.store.issuer.tables import CERTIFICATES, COPIES, STATUS_LISTS
from tests import world
from tests.issued import actions, place_of, status_list, verified
from tests.issuing import Issuing, client_of

# --- status ---


def test_a_revoked_copy_is_seen_in_the_list_at_once(issuing: Issuing) -> None:
    copy = verified(issuing.issue(2))
    assert status_list(issuing, place_of(copy).uri).at(place_of(copy).index) == VALID
    issuing.revoke()
    issuing.clock.move(1)
    revoked = status_list(issuing, place_of(copy).uri)
    assert revoked.at(place_of(copy).index) == INVALID
    assert revoked.issued_at == issuing.clock.now
    assert revoked.expires_at == revoked.issued_at + DAY
    assert revoked.ttl == issuing.issuer.settings.status_ttl
    assert sum(revoked.at(index) == INVALID for index in range(issuing.issuer.settings.status_list_size)) == 2


def test_the_list_is_kept_until_it_changes_or_is_due(issuing: Issuing) -> None:
    uri = place_of(verified(issuing.issue())).uri
    first = issuing.get(uri)
    assert first.headers["content-type"] == "application/statuslist+jwt"
    assert first.headers["access-control-allow-origin"] == "*"
    assert first.headers["cache-control"] == f"public, max-age={issuing.issuer.settings.status_ttl}"
    issuing.issue()
    again = issuing.get(uri, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    issuing.clock.move(issuing.issuer.settings.status_renewal)
    assert issuing.get(uri, headers={"If-None-Match": first.headers["etag"]}).status_code == 200


def test_two_processes_never_step_back(issuing: Issuing) -> None:
    uri = place_of(verified(issuing.issue())).uri
    first = StatusPublisher(issuing.issuer)
    list_id = uri.rpartition("/")[2]
    times = []
    for move in (0, 7, 900, 3):
        issuing.clock.move(move)
        for publisher in (first, StatusPublisher(issuing.issuer)):
            token = publisher.published(list_id).token
            listed = verify_status_list(token, uri=uri, anchors=world.trust_anchors(), now=issuing.clock.now)
            times.append(listed.issued_at)
    assert times == sorted(times)
    assert len(set(times)) == 2


def mdoc_list(issuing: Issuing, size: int = 3) -> str:
    """A list of mdoc copies of the first certificate, as issuing them opens it."""
    with issuing.issuer.engine.begin() as connection:
        certificate = connection.execute(select(CERTIFICATES.c.id)).scalars().first()
        assert certificate is not None
        assert status.open_list(connection, 9, "mdoc-list", Kind.CWT, now=issuing.clock.now)
        copies = [NewCopy(9, at, certificate, "mdoc", f"mdoc {at}", "batch", world.NOW + DAY) for at in range(size)]
        assert status.add(connection, copies)
    return f"{world.ISSUER}/status-lists/mdoc-list"


def test_the_list_of_mdoc_copies_is_a_cwt_of_one_bit(issuing: Issuing) -> None:
    issuing.issue()
    uri = mdoc_list(issuing)
    first = issuing.get(uri, headers={"Accept": "application/statuslist+cwt"})
    assert first.headers["content-type"] == "application/statuslist+cwt"
    anchors = world.trust_anchors()
    listed = token_cwt.verify_status_list(first.content, uri=uri, anchors=anchors, now=issuing.clock.now)
    assert (listed.bits, listed.size) == (1, issuing.issuer.settings.status_list_size)
    issuing.revoke()
    issuing.clock.move(1)
    revoked = token_cwt.verify_status_list(issuing.get(uri).content, uri=uri, anchors=anchors, now=issuing.clock.now)
    assert [revoked.at(index) for index in range(4)] == [INVALID] * 3 + [VALID]
    assert (listed.at(0), revoked.issued_at) == (VALID, issuing.clock.now)


@pytest.mark.parametrize(
    ("accept", "jwt", "cwt"),
    [
        (None, 200, 200),
        ("*/*", 200, 200),
        ("application/*;q=0.2", 200, 200),
        ("application/statuslist+jwt", 200, 406),
        ("application/statuslist+cwt", 406, 200),
        ("text/html, Application/StatusList+JWT; q=0.9", 200, 406),
        ("application/statuslist+cwt;q=0, application/statuslist+jwt", 200, 406),
        ("application/statuslist+jwt;q=0.0", 406, 406),
        ("application/json", 406, 406),
    ],
)
def test_a_list_has_one_form(issuing: Issuing, accept: str | None, jwt: int, cwt: int) -> None:
    uris = (place_of(verified(issuing.issue())).uri, mdoc_list(issuing))
    headers = {} if accept is None else {"Accept": accept}
    if accept is None:
        issuing.client.headers.pop("accept")
    assert tuple(issuing.get(uri, headers=headers).status_code for uri in uris) == (jwt, cwt)


def test_any_process_knows_the_entity_tag_of_another(issuing: Issuing) -> None:
    uri = place_of(verified(issuing.issue())).uri
    tag = issuing.get(uri).headers["etag"]
    other = client_of(issuing.issuer)
    path = uri.removeprefix(world.ISSUER)
    for known in (tag, tag.removeprefix("W/"), f'"x", {tag}'):
        answer = other.get(path, headers={"If-None-Match": known})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["cache-control"] == f"public, max-age={issuing.issuer.settings.status_ttl}"
        assert answer.headers["access-control-allow-origin"] == "*"
    issuing.revoke()
    issuing.clock.move(1)
    assert other.get(path, headers={"If-None-Match": tag}).status_code == 200


def test_a_list_is_built_once_in_a_second_and_never_behind_by_more(issuing: Issuing) -> None:
    reference = place_of(verified(issuing.issue()))
    publisher, list_id = StatusPublisher(issuing.issuer), reference.uri.rpartition("/")[2]
    first = publisher.published(list_id)
    issuing.revoke()
    assert publisher.published(list_id) is first
    issuing.clock.move(1)
    second = publisher.published(list_id)
    assert (first.sequence, second.sequence) == (0, 1)
    assert publisher.published(list_id) is second


def test_past_and_unknown_lists_are_not_served(issuing: Issuing) -> None:
    uri = place_of(verified(issuing.issue())).uri
    assert issuing.get(f"{uri}?time=1700000000").status_code == 501
    assert issuing.get(f"{uri}x").status_code == 404


def test_a_crowded_list_is_followed_by_the_next(issuing: Issuing) -> None:
    small = issuing.with_settings(status_list_size=32)
    token = small.new_token()
    uris = {place_of(verified(small.issue(4, IDENTITY_SD_JWT, token))).uri for _ in range(8)}
    assert len(uris) > 1
    with small.issuer.engine.connect() as connection:
        assert len(connection.execute(select(STATUS_LISTS.c.number)).all()) >= len(uris)
        assert len(connection.execute(select(COPIES.c.place)).all()) == 32


def test_revoking_twice_changes_nothing(issuing: Issuing) -> None:
    uri = place_of(verified(issuing.issue(3))).uri
    first = issuing.revoke().json()
    token = issuing.get(uri).content
    assert issuing.revoke(reason="DECEASED").json() == first
    assert issuing.get(uri).content == token
    assert actions(issuing).count("certificate.revoked") == 1


# --- the end of a certificate ---


def test_a_revoked_certificate_gives_no_more_copies(issuing: Issuing) -> None:
    token = issuing.new_token()
    issuing.issue(1, IDENTITY_SD_JWT, token)
    issuing.revoke()
    answer = issuing.request(token, issuing.proofs())
    assert (answer.status_code, answer.json()["error"]) == (400, "credential_request_denied")


def test_an_access_token_lives_five_minutes(issuing: Issuing) -> None:
    token = issuing.new_token()
    issuing.clock.move(300)
    answer = issuing.request(token, issuing.proofs())
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token", DPoP algs="ES256"'


def test_a_token_may_be_used_many_times(issuing: Issuing) -> None:
    token = issuing.new_token()
    for _time in range(30):
        assert issuing.request(token, issuing.proofs()).status_code == 200


def test_notifications_of_another_certificate_are_refused(issuing: Issuing) -> None:
    answer, stranger = issuing.issue(), issuing.new_token()
    note = {"notification_id": answer["notification_id"], "event": "credential_deleted"}
    refused = issuing.client.post("/notification", json=note, headers={"Authorization": f"Bearer {stranger}"})
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_notification_id")
    assert issuing.client.post("/notification", json=note).status_code == 401


def test_what_is_over_is_forgotten(issuing: Issuing) -> None:
    issuing.make_offer()
    issuing.issue()
    assert clean_up(issuing.issuer) == CleanedUp(0, 0, 0)
    issuing.clock.move(72 * HOUR + 901)
    cleaned = clean_up(issuing.issuer)
    assert (cleaned.lapsed, cleaned.expired) == (1, 0)
    assert cleaned.forgotten > 0
    issuing.clock.move(3 * 366 * DAY)
    assert clean_up(issuing.issuer) == CleanedUp(0, 0, 1)
    with issuing.issuer.engine.connect() as connection:
        rows = connection.execute(select(CERTIFICATES.c.state, CERTIFICATES.c.person)).all()
    assert sorted(row.state for row in rows) == ["expired", "lapsed"]
    assert all(row.person is None for row in rows)
