"""Choosing what to show."""

import pytest

from sinwon.core.refusal import Unmet
from sinwon.formats.dcql.answer import Presented, check_answer
from sinwon.formats.dcql.match import Held, match_query
from sinwon.formats.dcql.path import ClaimPath
from sinwon.formats.dcql.query import parse_query
from sinwon.formats.sdjwt.disclosures import process
from sinwon.formats.sdjwt.key_binding import check_key_binding
from sinwon.formats.sdjwt.names import SD_JWT_VC
from sinwon.formats.sdjwt.parse import parse_sd_jwt
from sinwon.formats.sdjwt.present import bind_key, select
from sinwon.keys.jwk import parse_public_jwk
from tests.unit.formats.sdjwt.forge import AUDIENCE, HIDDEN, HOLDER, NONCE, digest, disclosure, forged, issued, visible
from tests.world import NOW


def shown(*paths: ClaimPath) -> dict[str, object]:
    claims = process(parse_sd_jwt(select(parse_sd_jwt(issued()), paths)))
    return {name: value for name, value in claims.items() if name not in visible()}


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ([], {}),
        ([("name_ko",)], {"name_ko": HIDDEN["name_ko"]}),
        ([("passport", "number")], {"passport": {"number": "M12345567"}}),
        ([("passport",)], {"passport": HIDDEN["passport"]}),
        ([("vct",)], {}),
        ([("cnf", "jwk", "crv")], {}),
        ([("passport", "type"), ("passport", "number")], {"passport": {"type": "PM", "number": "M12345567"}}),
    ],
)
def test_exactly_what_the_paths_need(paths: list[ClaimPath], expected: dict[str, object]) -> None:
    assert shown(*paths) == expected


@pytest.mark.parametrize("path", [("nickname",), ("passport", "colour"), ("passport", 0), ("passport", None), ("name_ko", "x")])
def test_a_path_the_credential_lacks(path: ClaimPath) -> None:
    with pytest.raises(Unmet):
        shown(path)


def test_elements_of_arrays() -> None:
    korea, peru = disclosure("salt1", "KR"), disclosure("salt2", "PE")
    claims = {**visible(), "nationalities": [{"...": digest(korea)}, {"...": digest(peru)}]}
    sd_jwt = parse_sd_jwt(forged(claims, [korea, peru]))

    def nationalities(path: ClaimPath) -> object:
        return process(parse_sd_jwt(select(sd_jwt, [path])))["nationalities"]

    assert nationalities(("nationalities", 1)) == ["PE"]
    assert nationalities(("nationalities", None)) == ["KR", "PE"]
    assert nationalities(("nationalities",)) == ["KR", "PE"]
    assert nationalities(("vct",)) == []


@pytest.mark.parametrize(
    ("path", "values", "answered"),
    [
        (["nationalities", 1], [], True),
        (["nationalities", 1], ["PE"], True),
        (["nationalities", 0], ["KR"], True),
        (["nationalities", 2], ["US"], True),
        (["nationalities", 1], ["KR"], False),
        (["nationalities", 3], [], False),
    ],
)
def test_a_position_asked_for_is_shown_alone_and_taken(path: list[str | int], values: list[str], answered: bool) -> None:
    elements = [disclosure(f"salt{country}", country) for country in ("KR", "PE", "US")]
    claims = {**visible(), "nationalities": [{"...": digest(element)} for element in elements]}
    sd_jwt = parse_sd_jwt(forged(claims, elements))
    asked = {"path": path, **({"values": values} if values else {})}
    query = parse_query({"credentials": [{"id": "q", "format": SD_JWT_VC, "meta": {"vct_values": ["v"]}, "claims": [asked]}]})
    try:
        matches = match_query(query, [Held(SD_JWT_VC, frozenset({"v"}), process(sd_jwt))])
    except Unmet:
        assert not answered
        return
    selection = parse_sd_jwt(select(sd_jwt, matches.candidates["q"][0].choices[0]))
    assert len(selection.disclosures) == 1
    check_answer(query, {"q": [Presented(process(selection), "v")]})
    assert answered


def test_a_selection_can_be_bound_and_keeps_the_order_received() -> None:
    sd_jwt = parse_sd_jwt(issued())
    selection = select(sd_jwt, [("passport", "number"), ("name_ko",)])
    assert selection.endswith("~")
    presentation = parse_sd_jwt(bind_key(selection, audience=AUDIENCE, nonce=NONCE, now=NOW, signer=HOLDER))
    check_key_binding(presentation, parse_public_jwk(HOLDER.public_jwk), audience=AUDIENCE, nonce=NONCE, now=NOW)
    order = [sd_jwt.disclosures.index(disclosure) for disclosure in presentation.disclosures]
    assert order == sorted(order)
