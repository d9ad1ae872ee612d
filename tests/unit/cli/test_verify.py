"""`sinwon verify`: each kind passes, and is refused at the step that is spoiled and at no other; nothing after it is done."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from sinwon.cli.main import main
from sinwon.core import base64url
from sinwon.core.cbor import dump_cbor, parse_cbor
from sinwon.formats.jose.jws import sign_jws
from sinwon.formats.mdoc.issue import issue_mdoc, prepare_mdoc
from sinwon.formats.mdoc.issuer_signed import parse_issuer_signed
from sinwon.formats.mdoc.present import present, present_with_mac
from sinwon.formats.mdoc.session_transcript import dc_api_transcript, redirect_transcript
from sinwon.formats.sdjwt.json_form import write_flattened
from sinwon.formats.sdjwt.parse import parse_sd_jwt
from sinwon.formats.status.token import Kind
from sinwon.keys.jwk import parse_public_jwk
from sinwon.keys.signer import CertifiedSigner
from sinwon.keys.uri import write_key
from tests.unit.cli.verify_files import (
    AT,
    HOLDER,
    another_letter,
    flipped,
    root,
    status_list,
    transcript,
    trust_list,
    verify,
)
from tests.unit.formats.mdoc import forge as mdoc
from tests.unit.formats.sdjwt import forge as sd_jwt
from tests.world import NOW, SeededRandomness, authority, certified, issuer_signer, key

GOLDEN = Path(__file__).parent / "golden"
URI = "https://issuer.example/status/1"


def refusal(folder: Path, data: bytes | str, *words: str) -> tuple[str, str]:
    """Section and number of the one step that refused; all before it passed, all after it are not done."""
    result = verify(folder, data, *words, "--json")
    assert result.exit_code == 1, result.output
    steps = [(s["name"], step) for s in json.loads(result.output)["sections"] for step in s["steps"]]
    outcomes = [step["outcome"] for _, step in steps]
    last = len(outcomes) - 1 - outcomes[::-1].index("refused")
    section, step = steps[last]
    assert step["why"]
    above = {".".join(step["number"].split(".")[:depth]) for depth in range(1, step["number"].count(".") + 1)}
    for name, one in steps[:last]:
        assert one["outcome"] == ("refused" if name == section and one["number"] in above else "passed")
    assert set(outcomes[last + 1 :]) <= {"not_done"}
    return section, step["number"]


# SD-JWT VC ------------------------------------------------------------------------------------------------------------

ROOT = authority("issuing authority").certificate


def forged(**changed: object) -> str:
    return sd_jwt.forged({name: value for name, value in {**sd_jwt.visible(), **changed}.items() if value is not None})


SD_JWT: dict[str, tuple[Callable[[], str], tuple[str, str]]] = {
    "a_disclosure_that_is_none": (lambda: sd_jwt.issued() + "!!!!~", ("shape", "1")),
    "no_type": (lambda: forged(vct=None), ("issuer", "1")),
    "the_anchor_sent_along": (
        lambda: sd_jwt.forged(sd_jwt.visible(), by=CertifiedSigner(key("issuer"), (*issuer_signer().chain, ROOT))),
        ("issuer", "2.1"),
    ),
    "another_authority": (
        lambda: sd_jwt.forged(sd_jwt.visible(), by=certified("access authority", "x", "https://issuer.example")),
        ("issuer", "2.2"),
    ),
    "no_chain": (lambda: sign_jws({"typ": "dc+sd-jwt"}, sd_jwt.visible(), key("issuer")) + "~", ("issuer", "2")),
    "a_signature_with_one_bit_changed": (
        lambda: another_letter(sd_jwt.issued(), sd_jwt.issued().index("~") - 40),
        ("issuer", "3"),
    ),
    "a_plain_jwt": (lambda: sd_jwt.forged(sd_jwt.visible(), typ="jwt"), ("issuer", "3")),
    "another_issuer": (lambda: forged(iss="https://other.example"), ("issuer", "4")),
    "digests_by_md5": (lambda: forged(_sd_alg="md5"), ("issuer", "5.1")),
    "a_digest_twice": (lambda: forged(_sd=["a", "a"]), ("issuer", "5.2")),
    "a_disclosure_of_nobody": (lambda: sd_jwt.issued() + sd_jwt.disclosure("s", "n", "v") + "~", ("issuer", "5.3")),
    "expiry_disclosed": (
        lambda: sd_jwt.with_disclosures(sd_jwt.disclosure("s", "exp", NOW + 9), exp=None),
        ("issuer", "6"),
    ),
    "expired": (lambda: forged(exp=NOW), ("issuer", "7")),
    "bound_to_nobody": (lambda: forged(cnf=None), ("issuer", "8")),
    "without_status": (lambda: forged(status=None), ("issuer", "8")),
}
SHOWN = sd_jwt.presented().rpartition("~")[0] + "~"
BINDINGS: dict[str, tuple[Callable[[], str], tuple[str, str]]] = {
    "no_binding": (lambda: SHOWN, ("holder", "1")),
    "by_another_key": (lambda: sd_jwt.bound(SHOWN, signer=key("thief")), ("holder", "2")),
    "of_another_type": (lambda: sd_jwt.bound(SHOWN, typ="jwt"), ("holder", "2")),
    "of_yesterday": (lambda: sd_jwt.bound(SHOWN, iat=NOW - 86_400), ("holder", "3")),
    "for_another": (lambda: sd_jwt.bound(SHOWN, aud="x509_hash:other"), ("holder", "4")),
    "for_another_transaction": (lambda: sd_jwt.bound(SHOWN, nonce="other"), ("holder", "4")),
    "over_other_disclosures": (lambda: sd_jwt.bound(SHOWN, sd_hash="other"), ("holder", "5")),
}


def test_a_credential_a_presentation_and_the_json_form_pass(tmp_path: Path) -> None:
    assert verify(tmp_path, sd_jwt.issued()).exit_code == 0
    assert verify(tmp_path, sd_jwt.presented(), *HOLDER).exit_code == 0
    in_json = write_flattened(parse_sd_jwt(sd_jwt.presented()))
    assert verify(tmp_path, in_json, *HOLDER).exit_code == 0
    assert refusal(tmp_path, in_json.replace(b'"kb_jwt":"', b'"kb_jwt":"~'), *HOLDER) == ("shape", "3")


@pytest.mark.parametrize("fault", SD_JWT)
def test_a_spoiled_credential_is_refused_at_its_step(tmp_path: Path, fault: str) -> None:
    make, where = SD_JWT[fault]
    assert refusal(tmp_path, make()) == where


@pytest.mark.parametrize("fault", BINDINGS)
def test_a_spoiled_key_binding_is_refused_at_its_step(tmp_path: Path, fault: str) -> None:
    make, where = BINDINGS[fault]
    assert refusal(tmp_path, make(), *HOLDER) == where


def test_without_the_request_a_presentation_is_not_called_good(tmp_path: Path) -> None:
    result = verify(tmp_path, sd_jwt.presented())
    assert result.exit_code == 2
    assert "Needs --nonce and --audience" in result.output


# mdoc -----------------------------------------------------------------------------------------------------------------


def in_auth(change: Callable[[list[Any]], object]) -> bytes:
    """A response whose IssuerAuth is changed and not signed again."""
    response = parse_cbor(mdoc.presented(), limit=1 << 20)
    change(response["documents"][0]["issuerSigned"]["issuerAuth"])
    return dump_cbor(response)


def set_at(at: object, value: object) -> Callable[[Any], None]:
    def change(members: Any) -> None:
        members[at] = value

    return change


def from_elsewhere() -> bytes:
    """Issued by Korea, and says that it was not."""
    claims = {**mdoc.CLAIMS, "org.iso.23220.1": {"issuing_country": "US"}}
    holder = parse_public_jwk(mdoc.HOLDER.public_jwk)
    how: dict[str, Any] = {"validity": mdoc.VALIDITY, "status": mdoc.STATUS, "by": mdoc.signer(), "random": SeededRandomness(1)}
    return issue_mdoc(prepare_mdoc(mdoc.DOCTYPE, claims), holder=holder, **how)


def first_item_changed(namespaces: dict[str, list[Any]]) -> None:
    namespaces[mdoc.DOCTYPE][0] = mdoc.in_item(namespaces[mdoc.DOCTYPE][0], elementValue="김다른")


MDOC: dict[str, tuple[Callable[[], bytes], tuple[str, str]]] = {
    "an_error_reported": (lambda: mdoc.spoiled(response=set_at("status", 10)), ("shape", "1")),
    "no_document": (lambda: mdoc.spoiled(response=set_at("documents", [])), ("shape", "2")),
    "another_authority": (
        lambda: mdoc.spoiled(by=certified("access authority", "x", "https://issuer.example")),
        ("issuer", "1.2"),
    ),
    "no_document_signer": (lambda: mdoc.spoiled(by=mdoc.signer("plain", ())), ("issuer", "1")),
    "another_algorithm": (lambda: in_auth(set_at(0, dump_cbor({1: -35}))), ("issuer", "2.1")),
    "a_signature_with_one_bit_changed": (
        lambda: in_auth(lambda auth: set_at(3, flipped(auth[3], 40))(auth)),
        ("issuer", "2.2"),
    ),
    "an_element_changed": (lambda: mdoc.spoiled(items=first_item_changed), ("issuer", "3")),
    "another_type_signed": (lambda: mdoc.spoiled(mso=set_at("docType", "org.example.other")), ("issuer", "4")),
    "expired": (
        lambda: mdoc.spoiled(mso=lambda said: set_at("validUntil", mdoc.moment(NOW - 1))(said["validityInfo"])),
        ("issuer", "5"),
    ),
    "the_country_of_another": (from_elsewhere, ("issuer", "6")),
    "the_device_says_something_odd": (lambda: mdoc.spoiled(own={"x": "not a map"}), ("holder", "1")),
}


def test_a_document_and_a_response_pass_raw_and_as_text(tmp_path: Path) -> None:
    session = transcript(tmp_path)
    for data in (mdoc.issued(), base64url.encode(mdoc.issued()), mdoc.issued().hex()):
        assert verify(tmp_path, data).exit_code == 0
    for response in (mdoc.presented(), base64url.encode(mdoc.presented())):
        assert verify(tmp_path, response, *session).exit_code == 0


@pytest.mark.parametrize("fault", MDOC)
def test_a_spoiled_document_is_refused_at_its_step(tmp_path: Path, fault: str) -> None:
    make, where = MDOC[fault]
    assert refusal(tmp_path, make(), *transcript(tmp_path)) == where


def test_the_session_is_put_together_from_its_parts(tmp_path: Path) -> None:
    """Redirect and Digital Credentials API, with and without a thumbprint; another session is refused at the device's proof."""
    thumbprint = bytes(range(32))
    redirect = ("--client-id", "c", "--response-uri", "https://g.example/r", "--nonce", "n")
    sessions: list[tuple[bytes, tuple[str, ...]]] = [
        (redirect_transcript(client_id="c", nonce="n", thumbprint=None, response_uri="https://g.example/r"), redirect),
        (
            redirect_transcript(client_id="c", nonce="n", thumbprint=thumbprint, response_uri="https://g.example/r"),
            (*redirect, "--jwk-thumbprint", base64url.encode(thumbprint)),
        ),
        (
            dc_api_transcript(origin="https://g.example", nonce="n", thumbprint=None),
            ("--origin", "https://g.example", "--nonce", "n"),
        ),
    ]
    for session, words in sessions:
        response = present(parse_issuer_signed(mdoc.issued()), mdoc.SHOWN, transcript=session, signer=mdoc.HOLDER)
        assert verify(tmp_path, response, *words).exit_code == 0
        assert refusal(tmp_path, response, *words, "--nonce", "m") == ("holder", "2.2")
    assert verify(tmp_path, mdoc.presented(), "--nonce", "n").exit_code == 2


def test_a_mac_needs_the_readers_key(tmp_path: Path) -> None:
    response = present_with_mac(
        parse_issuer_signed(mdoc.issued()),
        mdoc.SHOWN,
        transcript=mdoc.TRANSCRIPT,
        own=mdoc.HOLDER,
        reader=parse_public_jwk(mdoc.READER.public_jwk),
    )
    uri = f"file:{tmp_path / 'reader.key'}"
    write_key(uri, mdoc.READER.to_der())
    session = transcript(tmp_path)
    passed = verify(tmp_path, response, *session, "--reader-key", uri)
    assert passed.exit_code == 0
    assert passed.output.count("authenticated") == 1
    assert refusal(tmp_path, response, *session) == ("holder", "2")


# Status ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", Kind)
def test_status_lists_pass_and_are_refused(tmp_path: Path, kind: Kind) -> None:
    token = status_list(URI, {5: 1}, kind)
    passed = verify(tmp_path, token, "--uri", URI)
    assert passed.exit_code == 0
    assert "Entries: 65536" in passed.output
    assert "Give --uri" in verify(tmp_path, token).output
    steps = {"about": "3", "current": "4"} if kind is Kind.JWT else {"about": "4", "current": "5"}
    assert refusal(tmp_path, token, "--uri", URI + "0") == ("list", steps["about"])
    assert refusal(tmp_path, status_list(URI, {}, kind, now=NOW - 3600), "--uri", URI) == ("list", steps["current"])
    if kind is Kind.JWT:
        assert refusal(tmp_path, another_letter(token.decode(), len(token) - 20), "--uri", URI) == ("list", "2")
        assert refusal(tmp_path, token + b"!", "--uri", URI) == ("list", "1")
    else:
        assert refusal(tmp_path, flipped(token, len(token) - 20), "--uri", URI) == ("list", "3.5")


def test_a_credential_is_looked_up_in_a_list_that_is_given(tmp_path: Path) -> None:
    path = tmp_path / "list"

    def given(values: dict[int, int], kind: Kind, uri: str, now: int = NOW) -> tuple[str, str]:
        path.write_bytes(status_list(uri, values, kind, now=now))
        return "--status-list", str(path)

    index = sd_jwt.STATUS.index
    assert verify(tmp_path, sd_jwt.issued(), *given({}, Kind.JWT, URI)).exit_code == 0
    assert refusal(tmp_path, sd_jwt.issued(), *given({index: 1}, Kind.JWT, URI)) == ("status", "6")
    assert refusal(tmp_path, sd_jwt.issued(), *given({index: 2}, Kind.JWT, URI)) == ("status", "6")
    assert refusal(tmp_path, sd_jwt.issued(), *given({}, Kind.JWT, URI + "0"))[0] == "list"
    assert refusal(tmp_path, sd_jwt.issued(), *given({}, Kind.CWT, URI)) == ("list", "1")
    assert verify(tmp_path, mdoc.issued(), *given({}, Kind.CWT, mdoc.STATUS.uri)).exit_code == 0
    assert refusal(tmp_path, mdoc.issued(), *given({4711: 1}, Kind.CWT, mdoc.STATUS.uri)) == ("status", "6")


# Trust ----------------------------------------------------------------------------------------------------------------


def test_the_operators_trust_list_says_who_is_trusted(tmp_path: Path) -> None:
    good = verify(tmp_path, sd_jwt.issued(), *trust_list(tmp_path), anchors=False)
    assert good.exit_code == 0
    assert "signed by the pinned key" in good.output
    forged_list = verify(tmp_path, sd_jwt.issued(), *trust_list(tmp_path, signer="thief"), anchors=False)
    assert forged_list.exit_code == 1
    assert "Refused: Trust list, step 1" in forged_list.output
    old = verify(tmp_path, sd_jwt.issued(), *trust_list(tmp_path, next_update=NOW), anchors=False)
    assert "Refused: Trust list, step 4: past its next update" in old.output
    assert verify(tmp_path, sd_jwt.forged(sd_jwt.visible(vct="other")), *trust_list(tmp_path), anchors=False).exit_code == 1


# The command itself ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["ko", "en"])
@pytest.mark.parametrize("name", ["sd-jwt-passed", "sd-jwt-refused", "mdoc-not-checked", "status-list"])
def test_the_report_reads_as_agreed(tmp_path: Path, name: str, lang: str) -> None:
    """Whoever changes what a report says changes these files, and looks at them."""
    files: dict[str, tuple[bytes | str, tuple[str, ...]]] = {
        "sd-jwt-passed": (sd_jwt.presented(), HOLDER),
        "sd-jwt-refused": (SD_JWT["a_disclosure_of_nobody"][0](), ()),
        "mdoc-not-checked": (mdoc.presented(), ()),
        "status-list": (status_list(URI, {5: 1}), ("--uri", URI)),
    }
    data, words = files[name]
    expected = (GOLDEN / f"verify-{name}.{lang}.txt").read_text()
    assert verify(tmp_path, data, *words, "--lang", lang).output == expected


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "nothing in it"),
        (b" \n", "nothing in it"),
        (b"\xff\xfe\x00", "not strict CBOR"),
        ("hello world", "nothing that we speak"),
        ("a.b.c", "inspect"),
        ('{"credentials":[]}', "inspect"),
        (b"\x81" * 2000, "not strict CBOR"),
        ("[" * 2000, "nested too deeply"),
        (b"0" * (16 * 1024 * 1024 + 1), "more than"),
    ],
)
def test_what_is_not_readable_ends_with_2(tmp_path: Path, data: bytes | str, why: str) -> None:
    result = verify(tmp_path, data)
    assert result.exit_code == 2
    assert why in result.output


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--trust", "FILE"),
        ("--anchor", "FILE"),
        ("--anchor", "ROOT", "--at", "yesterday"),
        ("--anchor", "ROOT", "--jwk-thumbprint", "AA"),
        ("--anchor", "ROOT", "--reader-key", "file:/nowhere"),
        ("--trust", "FILE", "--operator", "FILE"),
    ],
)
def test_options_that_make_no_sense_end_with_2(tmp_path: Path, words: tuple[str, ...]) -> None:
    file = tmp_path / "file"
    file.write_text(sd_jwt.issued())
    places = {"FILE": str(file), "ROOT": root(tmp_path, "issuing")}
    result = CliRunner().invoke(main, ["verify", str(file), *(places.get(word, word) for word in words)])
    assert result.exit_code == 2, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)


def test_standard_input_and_the_language_of_the_environment(tmp_path: Path) -> None:
    words = ["verify", "-", "--anchor", root(tmp_path, "issuing"), *AT]
    korean = CliRunner().invoke(main, words, input=sd_jwt.issued(), env={"LC_ALL": "", "LANG": "ko_KR.UTF-8"})
    assert korean.exit_code == 0
    assert korean.output.endswith("모든 단계를 통과했습니다.\n")
    english = CliRunner().invoke(main, words, input=sd_jwt.issued(), env={"LC_ALL": "", "LANG": "C"})
    assert english.output.endswith("All steps passed.\n")
