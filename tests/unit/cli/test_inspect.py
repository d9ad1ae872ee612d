"""`sinwon inspect`: everything we speak is opened, nothing is believed, nothing is fetched, and no file does anything to us."""

import json
import tracemalloc
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sinwon.cli.inspect.jose import digests_in
from sinwon.cli.inspect.recognise import Kind, recognise
from sinwon.cli.inspect.status import count_values
from sinwon.cli.inspect.tree import MAX_ROWS, Node, as_plain, as_text, printable
from sinwon.cli.inspect.values import MAX_OPENED, cbor_tree, json_tree, moment
from sinwon.cli.main import main
from sinwon.core import base64url
from sinwon.core.cbor import Encoded, Tagged, dump_cbor, encode, parse_cbor
from sinwon.core.refusal import Malformed
from sinwon.formats.cose.mac0 import mac0
from sinwon.formats.jose.jwe import encrypt
from sinwon.formats.jose.jws import sign_jws
from sinwon.formats.sdjwt.json_form import write_flattened
from sinwon.formats.sdjwt.parse import parse_sd_jwt
from sinwon.formats.status.encode import pack
from sinwon.formats.status.token import Kind as ListKind
from sinwon.web.shared.pages import Texts
from tests.unit.cli.verify_files import root, status_list
from tests.unit.formats.mdoc import forge as mdoc
from tests.unit.formats.sdjwt import forge as sd_jwt
from tests.world import key

QUERY = {"credentials": [{"id": "a", "format": "dc+sd-jwt", "meta": {"vct_values": ["urn:x"]}}]}
OFFER = {"credential_issuer": "https://issuer.example", "credential_configuration_ids": ["identity"]}


def inspect(folder: Path, data: bytes | str, *words: str) -> Result:
    file = folder / "file"
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    return CliRunner().invoke(main, ["inspect", str(file), "--lang", "en", *words])


def shown(folder: Path, data: bytes | str, *words: str) -> str:
    result = inspect(folder, data, *words)
    assert result.exit_code == 0, result.output
    assert "Personal data in it are shown as they are. Nothing has been verified." in result.output
    return result.output


@pytest.mark.parametrize(
    ("kind", "make"),
    [
        (Kind.SD_JWT, sd_jwt.issued),
        (Kind.SD_JWT, sd_jwt.presented),
        (Kind.SD_JWT_JSON, lambda: write_flattened(parse_sd_jwt(sd_jwt.issued()))),
        (Kind.JWS, lambda: sign_jws({"typ": "JWT"}, {"iat": 1}, key("x"))),
        (Kind.JWS, lambda: status_list("https://issuer.example/1", {})),
        (Kind.JWE, lambda: encrypt(b"{}", key("x").public_jwk, enc="A128GCM")),
        (Kind.ISSUER_SIGNED, mdoc.issued),
        (Kind.ISSUER_SIGNED, lambda: mdoc.issued().hex()),
        (Kind.ISSUER_SIGNED, lambda: base64url.encode(mdoc.issued()) + "\n"),
        (Kind.DEVICE_RESPONSE, mdoc.presented),
        (Kind.MSO, lambda: encode({"valueDigests": {}}).tagged),
        (Kind.SIGN1, lambda: status_list("https://issuer.example/1", {}, ListKind.CWT)),
        (Kind.SIGN1, lambda: dump_cbor([b"", {}, None, b""])),
        (Kind.MAC0, lambda: dump_cbor(Tagged(17, mac0(b"x", bytes(31) + b"1")))),
        (Kind.TRANSCRIPT, lambda: mdoc.TRANSCRIPT),
        (Kind.CBOR, lambda: dump_cbor({1: [b"x", "y", None, True]})),
        (Kind.CBOR, lambda: dump_cbor(Tagged(99, 1))),
        (Kind.OFFER, lambda: json.dumps(OFFER)),
        (Kind.OFFER_LINK, lambda: "openid-credential-offer://?credential_offer=%7B%22credential_issuer%22%3A%22x%22%7D"),
        (Kind.OFFER_LINK, lambda: "openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fissuer.example%2Fo"),
        (Kind.REQUEST_LINK, lambda: "openid4vp://?client_id=x509_hash%3Aa&request_uri=https%3A%2F%2Fg.example"),
        (Kind.QUERY, lambda: json.dumps(QUERY)),
        (Kind.TYPE_METADATA, lambda: '{"vct":"urn:x","claims":[]}'),
        (Kind.ISSUER_METADATA, lambda: '{"credential_issuer":"x","credential_configurations_supported":{}}'),
        (Kind.JWK, lambda: json.dumps(dict(key("x").public_jwk))),
        (Kind.JWKS, lambda: '{"keys":[]}'),
        (Kind.JSON, lambda: '{"a":{"b":[1,true,null]}}'),
        (Kind.JSON, lambda: "[]"),
    ],
)
def test_everything_we_speak_is_recognised_and_opened(tmp_path: Path, kind: Kind, make: Any) -> None:
    data = make()
    assert recognise(data if isinstance(data, bytes) else data.encode()).kind is kind
    assert shown(tmp_path, data).splitlines()[0] == Texts("en", [Path("src/sinwon/cli/inspect/locale")])(kind)
    assert json.loads(inspect(tmp_path, data, "--json").output)["kind"] == kind


def test_certificates_in_both_forms(tmp_path: Path) -> None:
    pem = Path(root(tmp_path, "issuing")).read_text()
    text = shown(tmp_path, pem)
    assert "CN=Sinwon test issuing authority,C=KR" in text
    assert "basic constraints: ca True, path length 0" in text
    der = base64url.decode(pem.split("-----")[2].replace("\n", "").replace("+", "-").replace("/", "_").rstrip("="))
    assert shown(tmp_path, der).splitlines()[2:] == text.splitlines()[2:]


def test_a_credential_is_shown_with_its_disclosures_and_where_they_belong(tmp_path: Path) -> None:
    text = shown(tmp_path, sd_jwt.presented())
    assert 'disclosure: name_ko\n    value: "남궁옥분"\n    digest: ' in text
    assert "disclosure: passport.number" in text
    assert "digests without a disclosure (not shown, or decoys): 4" in text
    assert "exp: 1790086400 (2026-09-22 14:13:20 UTC)" in text
    assert "certificate: CN=issuer,C=KR" in text


def test_a_credential_that_does_not_hold_is_shown_all_the_same(tmp_path: Path) -> None:
    assert "disclosures do not belong" in shown(tmp_path, sd_jwt.issued() + sd_jwt.disclosure("s", "n", "v") + "~")
    assert "not a disclosure: !!" in shown(tmp_path, sd_jwt.issued() + "!!~")
    unsigned = ".".join((base64url.encode(b'{"alg":"none"}'), base64url.encode(b"{}"), ""))
    assert 'alg: "none"' in shown(tmp_path, unsigned)
    broken = base64url.encode(b'{"alg":"ES256","x5c":["AAAA"]}') + ".e30.AA"
    assert "3 bytes: not a certificate" in shown(tmp_path, broken)


def test_a_document_says_which_elements_were_signed(tmp_path: Path) -> None:
    text = shown(tmp_path, mdoc.presented())
    assert text.count("digest: among those in the signed object") == 3
    assert "digests without an element (not shown, or decoys): 8" in text
    assert "deviceSignature" in text
    changed = mdoc.spoiled(items=lambda spaces: spaces[mdoc.DOCTYPE].__setitem__(0, mdoc.in_item(spaces[mdoc.DOCTYPE][0], x=1)))
    assert shown(tmp_path, changed).count("digest: NOT among those in the signed object") == 1


@pytest.mark.parametrize("kind", ListKind)
def test_a_status_list_is_counted(tmp_path: Path, kind: ListKind) -> None:
    text = shown(tmp_path, status_list("https://issuer.example/1", {1: 1, 2: 2, 3: 2}, kind))
    for row in ("bits: 2", "entries: 65536", "0 valid: 65533", "1 invalid: 1", "2 suspended: 2"):
        assert row in text


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_counting_is_counting(bits: int) -> None:
    values = {at: at % (1 << bits) for at in range(0, 4096, 3)}
    every = [values.get(at, 0) for at in range(4096)]
    assert count_values(pack(values, size=4096, bits=bits), bits) == {value: every.count(value) for value in set(every)}


def test_golden_in_both_languages(tmp_path: Path) -> None:
    for lang in ("ko", "en"):
        expected = (Path(__file__).parent / "golden" / f"inspect-query.{lang}.txt").read_text()
        assert inspect(tmp_path, json.dumps(QUERY), "--lang", lang).output == expected
    names = [Texts(lang, [Path("src/sinwon/cli/inspect/locale")]).keys for lang in ("ko", "en")]
    assert names[0] == names[1] >= {*Kind}


def test_long_values_are_cut_and_shown_in_full_when_asked(tmp_path: Path) -> None:
    data = json.dumps({"a": "x" * 1000})
    assert "… (1002 characters)" in shown(tmp_path, data)
    assert "x" * 1000 in shown(tmp_path, data, "--full")
    assert json.loads(inspect(tmp_path, data, "--json").output)["content"]["below"][0]["value"] == f'"{"x" * 1000}"'


def test_a_terminal_is_not_at_the_mercy_of_a_file(tmp_path: Path) -> None:
    """Escape sequences, overrides of direction and line ends are written as what they are."""
    text = shown(tmp_path, json.dumps({"a\x1b[2J": "\x1b]0;x\x07\u202ebad\nline\U000e0001"}))
    assert "\x1b" not in text
    assert "\\u001b[2J" in text
    assert "\\u202ebad\\nline\\U000e0001" in text
    assert printable("남궁 옥분") == "남궁 옥분"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xc2\xa0",
        "plain words",
        "a.b",
        "a~b",
        "a.b.c.d.e",
        "{",
        '{"a":1,"a":2}',
        "://",
        "https://[",
        "-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----",
        b"\x30\x82\x01",
        b"\x9f\x01\xff",
        "!" * 100,
    ],
)
def test_what_is_nothing_we_speak_ends_with_2(tmp_path: Path, data: bytes | str) -> None:
    result = inspect(tmp_path, data)
    assert result.exit_code == 2
    assert result.exception is None or isinstance(result.exception, SystemExit)


def test_a_file_that_is_not_there_ends_with_2(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["inspect", str(tmp_path / "nothing"), "--lang", "ko"])
    assert (result.exit_code, "읽을 수 없습니다" in result.output) == (2, True)


def many_small_items() -> bytes:
    return json.dumps([1] * 2_000_000).encode()


def nested_cbor_in_cbor() -> bytes:
    inner = dump_cbor(1)
    for _ in range(2000):
        inner = Encoded(inner).tagged
    return inner


def wide_cbor_in_cbor() -> bytes:
    return dump_cbor([encode([0] * 800) for _ in range(9_000)])


@pytest.mark.parametrize("make", [many_small_items, nested_cbor_in_cbor, wide_cbor_in_cbor])
@pytest.mark.parametrize("words", [(), ("--json",)])
def test_hostile_files_take_little(tmp_path: Path, make: Any, words: tuple[str, ...]) -> None:
    data = make()
    begin = process_time()
    tracemalloc.start()
    try:
        output = inspect(tmp_path, data, *words).output
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert process_time() - begin < 20  # tracing makes it ten times slower than it is
    assert peak < 200 * 1024 * 1024
    assert output.count("\n") <= MAX_ROWS + 10


def test_the_tree_ends_at_its_last_row() -> None:
    assert as_text(json_tree("x", [1] * (MAX_ROWS - 1))).count("\n") == MAX_ROWS - 1
    assert as_text(json_tree("x", [1] * MAX_ROWS)).endswith("\n…")
    assert len(as_plain(json_tree("x", [1] * (MAX_ROWS - 1)))["below"]) == MAX_ROWS - 1
    assert as_plain(json_tree("x", [1] * MAX_ROWS))["below"][-1] == {"name": "…"}


def test_cbor_in_cbor_is_opened_so_many_times() -> None:
    inner = encode("deep")
    for _ in range(MAX_OPENED - 1):
        inner = encode(inner)
    assert '"deep"' in as_text(cbor_tree("x", inner))
    assert '"deep"' not in as_text(cbor_tree("x", encode(inner)))
    assert "not CBOR" in as_text(cbor_tree("x", Encoded(b"\xff")))


def test_moments_beyond_the_calendar_stay_numbers() -> None:
    assert moment(-1) == "-1"
    assert moment(10**30) == str(10**30)
    assert moment(253_402_300_799).endswith("(9999-12-31 23:59:59 UTC)")


def test_digests_are_found_wherever_they_stand() -> None:
    assert list(digests_in({"_sd": ["a"], "x": [{"...": "b"}, {"y": {"_sd": ["c"]}}]})) == ["a", "b", "c"]
    assert as_text(Node("a", "", (Node("b", "c"),))) == "a\n  b: c"


def test_text_that_stands_for_bytes_is_read_in_lines() -> None:
    halves = mdoc.issued().hex()
    assert recognise(f"{halves[:100]}\n{halves[100:]}\n".encode()).kind is Kind.ISSUER_SIGNED
    assert parse_cbor(recognise(b"a0").value) == {}
    with pytest.raises(Malformed):
        recognise(b"a")
