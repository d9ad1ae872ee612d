"""Files for `sinwon verify`, and running it over them."""

from pathlib import Path

from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from sinwon.cli.main import main
from sinwon.core.strict_json import dump
from sinwon.formats.status import token_cwt, token_jwt
from sinwon.formats.status.encode import deflate, pack
from sinwon.formats.status.token import Kind
from sinwon.protocols.trust.trust_list import sign_trust_list
from tests.unit.formats.mdoc import forge as mdoc
from tests.unit.formats.sdjwt import forge as sd_jwt
from tests.world import NOW, authority, key, status_signer, trust_anchors

HOLDER = ("--nonce", sd_jwt.NONCE, "--audience", sd_jwt.AUDIENCE)
AT = ("--at", str(NOW))
SIGN = {Kind.JWT: token_jwt.sign_status_list, Kind.CWT: token_cwt.sign_status_list}


def verify(folder: Path, data: bytes | str, *words: str, anchors: bool = True) -> Result:
    """`data` in a file, checked now, with the roots of the test world unless `anchors` is false."""
    file = folder / "file"
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    roots = [part for name in ("issuing", "status") for part in ("--anchor", root(folder, name))] if anchors else []
    lang = () if "--lang" in words else ("--lang", "en")
    return CliRunner().invoke(main, ["verify", str(file), *AT, *roots, *words, *lang])


def root(folder: Path, name: str) -> str:
    path = folder / f"{name}.pem"
    certificate = x509.load_der_x509_certificate(authority(f"{name} authority").certificate)
    path.write_bytes(certificate.public_bytes(Encoding.PEM))
    return str(path)


def transcript(folder: Path, data: bytes = mdoc.TRANSCRIPT) -> tuple[str, str]:
    path = folder / "transcript"
    path.write_bytes(data)
    return "--transcript", str(path)


def status_list(uri: str, values: dict[int, int], kind: Kind = Kind.JWT, *, now: int = NOW, bits: int = 2) -> bytes:
    packed = deflate(pack(values, size=1 << 16, bits=bits))
    return SIGN[kind](packed, bits=bits, uri=uri, now=now, lifetime=3600, ttl=300, by=status_signer())


def trust_list(folder: Path, *, next_update: int = NOW + 3600, signer: str = "operator") -> tuple[str, ...]:
    """A list on disk, and the options that name it."""
    token = sign_trust_list(
        trust_anchors(), sequence=3, operator_name="Sinwon test", operator=key(signer), now=NOW, next_update=next_update
    )
    (folder / "trust.jwt").write_text(token)
    (folder / "operator.jwk").write_bytes(dump(dict(key("operator").public_jwk)))
    return "--trust", str(folder / "trust.jwt"), "--operator", str(folder / "operator.jwk")


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :]


def another_letter(text: str, at: int) -> str:
    return text[:at] + ("B" if text[at] == "A" else "A") + text[at + 1 :]
