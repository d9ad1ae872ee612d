"""Questions a wallet must not answer: P16–P19."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from sinwon.holder.ask import ConsentRequest
from sinwon.holder.present import Choice, Declined, everything
from sinwon.protocols.credential_types import IDENTITY, IDENTITY_TYPE, LINKAGE, TYPES
from tests.forged_request import (
    Scene,
    Scenes,
    changed,
    control,
    forged,
    identity_query,
    scenes,
)


@pytest.fixture(scope="module")
def scenery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scenes]:
    with scenes(tmp_path_factory.mktemp("roles")) as made:
        yield made


@pytest.fixture
def scene(scenery: Scenes) -> Scene:
    return scenery.fresh()


def query(*credentials: Any, **more: Any) -> dict[str, Any]:
    return {"credentials": list(credentials), **more}


NAME = identity_query("name_ko")
P16: dict[str, Any] = {
    "duplicate_ids": query(NAME, NAME),
    "id_with_a_slash": query({**NAME, "id": "a/b"}),
    "no_credentials": query(),
    "empty_claims": query({**NAME, "claims": []}),
    "claim_sets_without_claims": query({**identity_query(), "claims": ..., "claim_sets": [["a"]]}),
    "claim_set_of_unknown_id": query({**NAME, "claim_sets": [["nothing"]]}),
    "negative_index": query({**NAME, "claims": [{"path": ["name_ko", -1]}]}),
    "float_in_path": query({**NAME, "claims": [{"path": ["name_ko", 1.5]}]}),
    "empty_path": query({**NAME, "claims": [{"path": []}]}),
    "mdoc_path_of_one": query({"id": "m", "format": "mso_mdoc", "meta": {"doctype_value": "x"}, "claims": [{"path": ["a"]}]}),
    "mdoc_path_of_three": query(
        {"id": "m", "format": "mso_mdoc", "meta": {"doctype_value": "x"}, "claims": [{"path": ["a", "b", "c"]}]}
    ),
    "meta_missing": query({name: value for name, value in NAME.items() if name != "meta"}),
    "option_of_unknown_id": query(NAME, credential_sets=[{"options": [["nothing"]]}]),
    "many_queries": query(*({**NAME, "id": f"q{number}"} for number in range(17))),
    "long_values": query({**NAME, "claims": [{"path": ["name_ko"], "values": ["x"] * 65}]}),
    "not_an_object": [],
    "absent": ...,
}


@pytest.mark.parametrize("fault", P16)
def test_P16_queries_out_of_shape(scene: Scene, fault: str) -> None:
    value = P16[fault]
    if isinstance(value, dict):
        value = {
            **value,
            "credentials": [{name: part for name, part in one.items() if part is not ...} for one in value["credentials"]],
        }
    told = scene.tells(scene.serve(changed(dcql_query=value)), "invalid_request", "unreadable_request")
    assert told["state"] == "s" * 43


def test_P16_a_scope_beside_or_instead_of_a_query(scene: Scene) -> None:
    scene.tells(scene.serve(changed(scope="x")), "invalid_request", "unreadable_request")
    scene.tells(scene.serve(changed(dcql_query=..., scope="x")), "invalid_request", "unreadable_request")


@pytest.mark.parametrize("body", ["nested", "10000 queries", "a megabyte"])
def test_P16_work_is_bounded(scene: Scene, body: str) -> None:
    """Too deep or too large for any request: it does not even become one."""
    values: dict[str, Any] = {
        "nested": json.loads("[" * 40 + "]" * 40),
        "10000 queries": query(*({**NAME, "id": f"q{number}"} for number in range(10_000))),
        "a megabyte": query({**NAME, "claims": [{"path": ["name_ko"], "values": ["x" * 1_000_000]}]}),
    }
    scene.stops(scene.serve(changed(dcql_query=values[body])))


def test_P16_control(scene: Scene) -> None:
    control(scene, changed(dcql_query=query(identity_query("person_id", "name_ko", "birthdate", unknown=1))))


def answers(scene: Scene, dcql: dict[str, Any]) -> tuple[list[bool], str, dict[str, Any]]:
    """Whether the person was asked, the reason, and what the verifier heard."""
    asked: list[bool] = []

    def watch(consent: ConsentRequest) -> Choice:
        asked.append(consent.available)
        return Choice(False) if consent.available else everything(consent)

    with pytest.raises(Declined) as declined:
        scene.holder.present(scene.serve(changed(dcql_query=dcql)), watch)
    return asked, declined.value.code, scene.told()


def test_P17_probing_by_value_learns_nothing(scene: Scene) -> None:
    """A wrong guess and a person who says no: the same messages, both after the person was asked."""
    wrong = {**NAME, "claims": [{"path": ["birthdate"], "values": ["1970-01-01"]}]}
    right = {**NAME, "claims": [{"path": ["birthdate"], "values": ["1990-01-01"]}]}
    asked_wrong, code_wrong, told_wrong = answers(scene, query(wrong))
    asked_right, code_right, told_right = answers(scene, query(right))
    assert (len(asked_wrong), len(asked_right)) == (1, 1)
    assert (asked_wrong, asked_right) == ([False], [True])
    assert code_wrong == code_right == "access_denied"
    assert told_wrong == told_right == {"error": "access_denied", "state": "s" * 43}


def test_P17_control_a_right_guess_that_the_person_allows_is_answered(scene: Scene) -> None:
    right = {**NAME, "claims": [{"path": ["birthdate"], "values": ["1990-01-01"]}]}
    assert control(scene, changed(dcql_query=query(right)))["birthdate"] == "1990-01-01"


def missing(**more: Any) -> dict[str, Any]:
    return {"id": "other", "format": "dc+sd-jwt", "meta": {"vct_values": ["urn:example:other"]}, **more}


def test_P18_no_partial_answer(scene: Scene) -> None:
    sets = [{"options": [["other"]]}, {"options": [["identity"]], "required": False}]
    scene.tells(
        scene.serve(changed(dcql_query=query(NAME, missing(), credential_sets=sets))), "access_denied", "no_certificate"
    )
    scene.tells(scene.serve(changed(dcql_query=query(NAME, missing()))), "access_denied", "no_certificate")


def test_P18_control_a_missing_optional_one_is_left_out(scene: Scene) -> None:
    sets = [{"options": [["identity"]]}, {"options": [["other"]], "required": False}]
    control(scene, changed(dcql_query=query(NAME, missing(), credential_sets=sets)))
    assert scene.told()["vp_token"].keys() == {"identity"}


OVER_ASKING = {
    "portrait": identity_query("name_ko", "portrait"),
    "passport_number": identity_query("passport.number"),
    "whole_objects": identity_query("contact"),
    "all_elements": {**NAME, "claims": [{"path": ["contact", None]}]},
    "claims_of_two_presets": identity_query("name_ko", "birthdate", "portrait"),
    "optional_beyond_the_preset": identity_query("name_ko", "sex", claim_sets=[["c0", "c1"], ["c0"]]),
    "resident_number": {
        "id": "l",
        "format": "dc+sd-jwt",
        "meta": {"vct_values": [LINKAGE]},
        "claims": [{"path": ["linkage", "rrn"]}],
    },
}


@pytest.mark.parametrize("what", OVER_ASKING)
def test_P19_asking_beyond_the_registration_is_refused(scene: Scene, what: str) -> None:
    request = forged("oka365")
    request.claims["dcql_query"] = query(OVER_ASKING[what])
    scene.tells(scene.serve(request), "access_denied", "over_asking")
    assert scene.holder.history.events[-1].outcome == "over_asking"
    assert scene.holder.history.events[-1].party == "oka365"


@pytest.mark.parametrize(("service", "reason"), [("bank", "service_not_live"), ("nobody", "unknown_service")])
def test_P19_services_that_are_not_live_or_not_known(scene: Scene, service: str, reason: str) -> None:
    scene.tells(scene.serve(forged(service)), "invalid_client", reason)


def test_P19_control_what_the_preset_allows_is_asked_and_shown(scene: Scene) -> None:
    request = forged("oka365")
    request.claims["dcql_query"] = query(identity_query("name_ko", "birthdate", "contact.email"))
    shown = control(scene, request)
    assert shown["contact"] == {"email": "hong@mail.example"}


def test_P19_control_two_credentials_where_the_preset_has_both(scenery: Scenes) -> None:
    scene = scenery.fresh(strong=True)
    linkage = {"id": "l", "format": "dc+sd-jwt", "meta": {"vct_values": [LINKAGE]}, "claims": [{"path": ["linkage", "rrn"]}]}
    ask = scene.holder.read_request(scene.serve(changed(dcql_query=query(NAME, linkage))))
    assert ask.consent.preset.name == "gov-minwon-rrn"
    scene.holder.send(ask, everything(ask.consent))
    assert scene.told()["vp_token"].keys() == {"identity", "l"}
    identities = {IDENTITY: 3, IDENTITY_TYPE.doctype: 4}
    assert scene.holder.left() == {**dict.fromkeys(TYPES, 2), **identities, LINKAGE: 1}
    assert [copy.attested for copy in scene.holder.copies.unused() if copy.type == IDENTITY].count(True) == 1
