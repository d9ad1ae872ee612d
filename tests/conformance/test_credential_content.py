"""What issued credentials say, taken apart without our own parsers: requirements 55 to 61."""

import json
from base64 import b64decode, urlsafe_b64decode
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from itertools import pairwise
from typing import Any
from zlib import decompress

import cbor2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import Certificate, load_der_x509_certificate

from sinwon.core.clock import HOUR
from sinwon.formats.jose.jws import sign_jws
from sinwon.keys.software import SoftwareKey, generate_key
from sinwon.keys.trust import Purpose
from sinwon.protocols.vci.configurations import ISSUED
from tests import world
from tests.attesting import new_keys
from tests.issuing import Issuing

BATCH = 8
SD_JWTS = [name for name, issued in ISSUED.items() if issued.format == "dc+sd-jwt"]
MDOCS = [name for name, issued in ISSUED.items() if issued.format == "mso_mdoc"]
PLAIN = {"iss", "nbf", "exp", "iat", "cnf", "vct", "status"}
X5CHAIN = 33
ES256 = (-7, -9)


def batch(issuing: Issuing, configuration: str, keys: list[SoftwareKey]) -> list[str]:
    """A copy for each of the keys."""
    token = issuing.new_token()
    if ISSUED[configuration].attested:
        answer = issuing.request_attested(token, issuing.attest(keys), configuration)
    else:
        nonce = issuing.nonce()
        answer = issuing.request(token, [issuing.proof(key, nonce=nonce) for key in keys], configuration)
    assert answer.status_code == 200, answer.text
    return [one["credential"] for one in answer.json()["credentials"]]


def decoded(text: str) -> bytes:
    """Base64url, which must come without padding."""
    assert "=" not in text
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


class SdJwt:
    """Header, payload, disclosures and signature, as JSON and bytes."""

    def __init__(self, text: str) -> None:
        token, *disclosures, end = text.split("~")
        assert end == ""
        header, payload, signature = token.split(".")
        self.signed, self.signature = f"{header}.{payload}".encode(), decoded(signature)
        self.header, self.payload = json.loads(decoded(header)), json.loads(decoded(payload))
        self.disclosures = [json.loads(decoded(one)) for one in disclosures]

    def certificates(self) -> list[Certificate]:
        return [load_der_x509_certificate(b64decode(one)) for one in self.header["x5c"]]

    def claims(self) -> dict[str, Any]:
        """By name, of all objects together; what contains digests shows them."""
        return {one[1]: one[2] for one in self.disclosures if "_sd" not in json.dumps(one[2])}


class Mdoc:
    """IssuerSigned, its MSO and the items beside their bytes, as CBOR says."""

    def __init__(self, text: str) -> None:
        signed = cbor2.loads(decoded(text))
        self.protected, self.unprotected, self.payload, self.signature = signed["issuerAuth"]
        tag = cbor2.loads(self.payload)
        assert tag.tag == 24
        self.mso = cbor2.loads(tag.value)
        self.items = {name: [(one, cbor2.loads(one.value)) for one in items] for name, items in signed["nameSpaces"].items()}

    def certificates(self) -> list[Certificate]:
        chain = self.unprotected[X5CHAIN]
        return [load_der_x509_certificate(one) for one in (chain if isinstance(chain, list) else [chain])]


def check_chain(chain: list[Certificate], purpose: Purpose) -> Certificate:
    """A chain that leaves the anchor out, ends below it, and whose leaf is no authority; gives the leaf."""
    roots = [load_der_x509_certificate(one) for one in world.trust_anchors().certificates(purpose)]
    assert not {one.fingerprint(SHA256()) for one in roots} & {one.fingerprint(SHA256()) for one in chain}
    leaf = chain[0]
    assert leaf.issuer != leaf.subject
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    for below, above in pairwise(chain):
        below.verify_directly_issued_by(above)
        assert above.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        assert above.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    (root,) = [one for one in roots if one.subject == chain[-1].issuer]
    chain[-1].verify_directly_issued_by(root)
    return leaf


def check_signature(leaf: Certificate, signature: bytes, signed: bytes) -> None:
    key = leaf.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    der = encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))
    key.verify(der, signed, ec.ECDSA(SHA256()))


def are_no_progression(places: Iterable[int]) -> bool:
    return len({after - before for before, after in pairwise(places)}) > 1


def seconds(value: object) -> int:
    assert isinstance(value, datetime)
    return int(value.timestamp())


# --- 55 to 57: SD-JWT VC ---


@pytest.mark.parametrize("configuration", SD_JWTS)
def test_C55_type_times_and_key_stand_open(issuing: Issuing, configuration: str) -> None:
    """An SD-JWT VC is of type dc+sd-jwt, its times and type are plain, and cnf is the public key that was proven."""
    keys = new_keys(2)
    for key, text in zip(keys, batch(issuing, configuration, keys), strict=True):
        sd_jwt = SdJwt(text)
        assert sd_jwt.header["typ"] == "dc+sd-jwt"
        assert sd_jwt.payload["vct"] == ISSUED[configuration].type.vct
        assert sd_jwt.payload["nbf"] <= issuing.clock.now < sd_jwt.payload["exp"]
        assert sd_jwt.payload["cnf"] == {"jwk": dict(key.public_jwk)}
        assert not PLAIN & {one[1] for one in sd_jwt.disclosures if len(one) == 3}


@pytest.mark.parametrize("configuration", SD_JWTS)
def test_C56_salts_are_met_once(issuing: Issuing, configuration: str) -> None:
    """No salt is there twice, within a credential or in a batch, and each has 128 bits at least."""
    found = [SdJwt(text) for text in batch(issuing, configuration, new_keys(BATCH))]
    salts = [one[0] for sd_jwt in found for one in sd_jwt.disclosures]
    assert len(set(salts)) == len(salts) >= BATCH
    assert min(map(len, salts)) >= 22


@pytest.mark.parametrize("configuration", SD_JWTS)
def test_C56_the_chain_leaves_the_anchor_out_and_its_leaf_signed(issuing: Issuing, configuration: str) -> None:
    """x5c leads to the credential anchor without containing it, and its leaf signed; the credential ends and has a status."""
    (text,) = batch(issuing, configuration, new_keys(1))
    sd_jwt = SdJwt(text)
    check_signature(check_chain(sd_jwt.certificates(), Purpose.ISSUANCE), sd_jwt.signature, sd_jwt.signed)
    assert {"exp", "status"} <= sd_jwt.payload.keys()


@pytest.mark.parametrize("configuration", SD_JWTS)
def test_C57_the_type_is_a_urn(issuing: Issuing, configuration: str) -> None:
    """The type is named by a URN, so that nobody has to fetch anything to know it."""
    (text,) = batch(issuing, configuration, new_keys(1))
    assert SdJwt(text).payload["vct"].startswith("urn:")
    assert "vct#integrity" not in SdJwt(text).payload


# --- 58 to 60: status, times, places ---


@pytest.mark.parametrize("configuration", ISSUED)
def test_C58_the_status_list_says_valid(issuing: Issuing, configuration: str) -> None:
    """The status list comes as the type asked for, signed by a chain to its anchor, and the credential is valid in it."""
    (text,) = batch(issuing, configuration, new_keys(1))
    if configuration in SD_JWTS:
        reference = SdJwt(text).payload["status"]["status_list"]
        claims = fetched_jwt(issuing, reference["uri"])
        listed, bits, subject = decoded(claims["status_list"]["lst"]), claims["status_list"]["bits"], claims["sub"]
    else:
        reference = Mdoc(text).mso["status"]["status_list"]
        told = fetched_cwt(issuing, reference["uri"])
        listed, bits, subject = told[65533]["lst"], told[65533]["bits"], told[2]
    assert subject == reference["uri"]
    inflated, index = decompress(listed), reference["idx"]
    assert inflated[index * bits // 8] >> index * bits % 8 & (1 << bits) - 1 == 0


def fetched_jwt(issuing: Issuing, uri: str) -> dict[str, Any]:
    answer = issuing.get(uri, headers={"Accept": "application/statuslist+jwt"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/statuslist+jwt")
    token = SdJwt(answer.text + "~")
    assert token.header["typ"] == "statuslist+jwt"
    check_signature(check_chain(token.certificates(), Purpose.STATUS), token.signature, token.signed)
    return dict(token.payload)


def fetched_cwt(issuing: Issuing, uri: str) -> dict[Any, Any]:
    answer = issuing.get(uri, headers={"Accept": "application/statuslist+cwt"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/statuslist+cwt")
    tag = cbor2.loads(answer.content)
    assert tag.tag == 18
    protected, unprotected, payload, signature = tag.value
    header = cbor2.loads(protected)
    assert header[16] == "application/statuslist+cwt"
    chain = header.get(X5CHAIN) or unprotected[X5CHAIN]
    certificates = [load_der_x509_certificate(one) for one in (chain if isinstance(chain, list) else [chain])]
    signed = cbor2.dumps(["Signature1", protected, b"", payload])
    check_signature(check_chain(certificates, Purpose.STATUS), signature, signed)
    return dict(cbor2.loads(payload))


@pytest.mark.parametrize("configuration", ISSUED)
def test_C59_times_are_whole_hours(issuing: Issuing, configuration: str) -> None:
    """Every time in a copy is rounded to the hour, also when the request comes at an odd second."""
    issuing.clock.now += 1234
    (text,) = batch(issuing, configuration, new_keys(1))
    if configuration in SD_JWTS:
        times = [SdJwt(text).payload[name] for name in ("nbf", "exp")]
    else:
        times = [seconds(Mdoc(text).mso["validityInfo"][name]) for name in ("signed", "validFrom", "validUntil")]
    assert issuing.clock.now % HOUR
    assert [moment % HOUR for moment in times] == [0] * len(times)


@pytest.mark.parametrize("configuration", SD_JWTS)
def test_C60_copies_differ_in_key_and_place_and_say_the_same(issuing: Issuing, configuration: str) -> None:
    """Copies of a batch have places without order on one list, a key each of those sent, and the same data."""
    keys = new_keys(BATCH)
    found = [SdJwt(text) for text in batch(issuing, configuration, keys)]
    references = [one.payload["status"]["status_list"] for one in found]
    assert len({(one["uri"], one["idx"]) for one in references}) == BATCH
    assert are_no_progression(one["idx"] for one in references)
    assert len({one["uri"] for one in references}) == 1
    assert [one.payload["cnf"]["jwk"] for one in found] == [dict(key.public_jwk) for key in keys]
    assert all(one.claims() == found[0].claims() for one in found)


@pytest.mark.parametrize("configuration", MDOCS)
def test_C60_mdocs_differ_in_key_and_place_and_say_the_same(issuing: Issuing, configuration: str) -> None:
    """The same of mdocs."""
    keys = new_keys(BATCH)
    found = [Mdoc(text) for text in batch(issuing, configuration, keys)]
    references = [one.mso["status"]["status_list"] for one in found]
    assert len({(one["uri"], one["idx"]) for one in references}) == BATCH
    assert are_no_progression(one["idx"] for one in references)
    devices = [one.mso["deviceKeyInfo"]["deviceKey"] for one in found]
    assert [device[-2] for device in devices] == [decoded(key.public_jwk["x"]) for key in keys]
    said = [
        {item["elementIdentifier"]: item["elementValue"] for _tag, item in items}
        for one in found
        for items in one.items.values()
    ]
    assert all(one == said[0] for one in said)


# --- 61: mdoc ---


@pytest.mark.parametrize("configuration", MDOCS)
def test_C61_the_mdoc_verifies_digest_by_digest(issuing: Issuing, configuration: str) -> None:
    """alg is protected, x5chain beside it, the signature is the leaf's, every element's digest is in the MSO under its id."""
    key = generate_key()
    (text,) = batch(issuing, configuration, [key])
    mdoc, kind = Mdoc(text), ISSUED[configuration].type
    header = cbor2.loads(mdoc.protected)
    assert header[1] in ES256
    assert X5CHAIN not in header
    leaf = check_chain(mdoc.certificates(), Purpose.ISSUANCE)
    check_signature(leaf, mdoc.signature, cbor2.dumps(["Signature1", mdoc.protected, b"", mdoc.payload]))
    assert (mdoc.mso["docType"], mdoc.mso["digestAlgorithm"]) == (kind.doctype, "SHA-256")
    for namespace, items in mdoc.items.items():
        digests = mdoc.mso["valueDigests"][namespace]
        assert {item["digestID"]: sha256(cbor2.dumps(tag)).digest() for tag, item in items} == digests
    device = mdoc.mso["deviceKeyInfo"]["deviceKey"]
    assert (device[1], device[-1]) == (2, 1)
    assert (device[-2], device[-3]) == (decoded(key.public_jwk["x"]), decoded(key.public_jwk["y"]))
    assert set(mdoc.mso["status"]) == {"status_list"}


def test_C55_a_copy_for_a_key_that_signed_nothing_is_not_given(issuing: Issuing) -> None:
    """A proof that names one key and is signed by another gives no credential."""
    named, other = generate_key(), generate_key()
    claims = {"aud": world.ISSUER, "iat": issuing.clock.now, "nonce": issuing.nonce()}
    proof = sign_jws({"typ": "openid4vci-proof+jwt", "jwk": dict(named.public_jwk)}, claims, other)
    answer = issuing.request(issuing.new_token(), [proof])
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_proof")
