"""JWS, JWE, SD-JWT: as text, and as what is signed or hidden in them."""

from sinwon.core import base64url
from sinwon.core.strict_json import dump, parse_json
from sinwon.formats.jose.jwe import decrypt, parse_jwe
from sinwon.formats.jose.jws import Jws, parse_jws, sign_with_chain, verify_jws
from sinwon.formats.sdjwt.disclosures import locate, process
from sinwon.formats.sdjwt.integrity import check_integrity
from sinwon.formats.sdjwt.json_form import parse_json_form
from sinwon.formats.sdjwt.key_binding import check_key_binding, sd_hash
from sinwon.formats.sdjwt.parse import SdJwt, parse_disclosure, parse_sd_jwt
from sinwon.formats.sdjwt.type_metadata import merge, parse_type_metadata
from sinwon.formats.sdjwt.vc import verify_sd_jwt_vc
from sinwon.keys.jwk import parse_public_jwk
from sinwon.protocols.vp.response import Answer, parse_answer, parse_vp_token
from tests.fuzz.targets.basics import text_of
from tests.world import NOW, issuer_signer, key, trust_anchors

ANCHORS = trust_anchors()
KEY = parse_public_jwk(key("holder").public_jwk)
VCT = "urn:sinwon:overseas-national:1"


def jws(data: bytes) -> object:
    found = parse_jws(text_of(data))
    found.claims()
    verify_jws(found, KEY, typ=found.typ or "")
    return found


def jwe(data: bytes) -> object:
    return decrypt(parse_jwe(text_of(data)), key("response"))


def vp_answer(data: bytes) -> object:
    """What stands in a JWE."""
    answer = parse_answer(data)
    return parse_vp_token(answer.vp_token, ({"identity"},)) if isinstance(answer, Answer) else answer


def sd_jwt(data: bytes) -> object:
    found = parse_sd_jwt(text_of(data))
    claims = process(found)
    assert len(locate(found)) == len(found.disclosures)
    return claims


def sd_jwt_json(data: bytes) -> object:
    return process(parse_json_form(data).sd_jwt)


def disclosures(data: bytes) -> object:
    """The payload in the first line, the content of a disclosure in each further one."""
    payload, *rest = data.split(b"\n")
    texts = [base64url.encode(line) for line in rest]
    return process(SdJwt("~", Jws("..", {}, payload, b""), tuple(map(parse_disclosure, texts)), None))


def sd_jwt_vc(data: bytes) -> object:
    """As `disclosures`, signed; then the key binding's claims in the last line, signed by the holder."""
    payload, *rest, binding = [*data.split(b"\n"), b""][:-1] if b"\n" in data else [data, b""]
    shown = "~".join([sign_with_chain("dc+sd-jwt", payload, issuer_signer()), *map(base64url.encode, rest), ""])
    claims = parse_json(binding) if binding else {}
    said = {**claims, "sd_hash": sd_hash(shown)} if isinstance(claims, dict) else {}
    bound = parse_sd_jwt(shown + _binding(said))
    verified = verify_sd_jwt_vc(bound, anchors=ANCHORS, now=NOW)
    check_key_binding(bound, verified.holder_key, audience="a", nonce="n", now=NOW, algorithm=verified.algorithm)
    return verified


def _binding(claims: object) -> str:
    head = base64url.encode(b'{"alg":"ES256","typ":"kb+jwt"}') + "." + base64url.encode(dump(claims))
    return f"{head}.{base64url.encode(key('holder').sign(head.encode()))}"


def type_metadata(data: bytes) -> object:
    document = parse_type_metadata(data, vct=VCT)
    return merge([document, document])


def integrity(data: bytes) -> object:
    text = text_of(data)
    check_integrity(b"", text)
    return text


TARGETS = {
    "jws": jws,
    "jwe": jwe,
    "vp_answer": vp_answer,
    "sd_jwt": sd_jwt,
    "sd_jwt_json": sd_jwt_json,
    "disclosures": disclosures,
    "sd_jwt_vc": sd_jwt_vc,
    "type_metadata": type_metadata,
    "integrity": integrity,
}
