"""Handovers of OpenID4VP, responses of other people's wallets, and Annex D of ISO/IEC 18013-5."""

from datetime import datetime
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from sinwon.core.cbor import Encoded, dump_cbor, parse_cbor
from sinwon.core.refusal import Refusal, Unmet, Untrusted
from sinwon.formats.cose.key import cose_key, parse_cose_key
from sinwon.formats.cose.mac0 import agree_mac_key
from sinwon.formats.cose.sign1 import parse_sign1, verify_sign1
from sinwon.formats.mdoc.device_auth import device_authentication, verify_device_auth
from sinwon.formats.mdoc.device_response import parse_device_response
from sinwon.formats.mdoc.issuer_signed import IssuerSigned, parse_issuer_signed
from sinwon.formats.mdoc.session_transcript import dc_api_transcript, proximity_transcript, redirect_transcript
from sinwon.formats.mdoc.verify import check_elements, verify_mdoc
from sinwon.keys.jwk import P256, parse_public_jwk, public_key_of
from sinwon.keys.software import SoftwareKey
from sinwon.keys.trust import Anchor, Purpose, TrustAnchors
from sinwon.keys.x509 import parse_certificate, verify_chain
from tests.unit.formats.vectors import named, outside

HANDOVERS = named("mdoc/openid4vp-handover.json")
RESPONSES = named("mdoc/interop-responses.json")
LICENCE = "org.iso.18013.5.1.mDL"


def test_counts() -> None:
    assert (len(HANDOVERS), len(RESPONSES)) == (4, 4)


@pytest.mark.parametrize("name", HANDOVERS)
def test_handover(name: str) -> None:
    vector = HANDOVERS[name]
    jwk = vector.get("encryption_jwk")
    thumbprint = parse_public_jwk({part: jwk[part] for part in ("kty", "crv", "x", "y")}).thumbprint if jwk else None
    assert (thumbprint.hex() if thumbprint else None) == vector.get("jwk_thumbprint")
    known: dict[str, Any] = {part: vector[part] for part in ("client_id", "response_uri", "origin", "nonce") if part in vector}
    make = redirect_transcript if "response_uri" in vector else dc_api_transcript
    assert make(thumbprint=thumbprint, **known).hex() == vector["session_transcript"]
    for part in known:
        assert make(thumbprint=thumbprint, **{**known, part: known[part] + "x"}).hex() != vector["session_transcript"]
    assert make(thumbprint=None if thumbprint else bytes(32), **known).hex() != vector["session_transcript"]


def issuer_signed_of(vector: dict[str, Any]) -> IssuerSigned:
    if "issuer_signed" in vector:
        return parse_issuer_signed(bytes.fromhex(vector["issuer_signed"]))
    return parse_device_response(bytes.fromhex(vector["device_response"])).document(vector["docType"]).issuer_signed


@pytest.mark.parametrize("name", RESPONSES)
def test_issuer_part_of_others(name: str) -> None:
    vector = RESPONSES[name]
    issuer_signed = issuer_signed_of(vector)
    if "trust_anchor_certificate" in vector:
        anchors = frozenset({bytes.fromhex(vector["trust_anchor_certificate"])})
        signer = verify_chain(issuer_signed.auth.chain, anchors, seconds(vector["verify_at"])).key
    else:
        found = parse_certificate(bytes.fromhex(vector["trusted_document_signer_certificate"])).public_key()
        assert isinstance(found, ec.EllipticCurvePublicKey)
        signer = public_key_of(found)
    verify_sign1(issuer_signed.auth, signer)
    claims = check_elements(issuer_signed)
    assert sum(map(len, claims.values())) == vector["expect"]["digests_match"]
    changed = bytearray(issuer_signed.auth.proof)
    changed[10] ^= 1
    with pytest.raises(Untrusted):
        verify_sign1(parse_sign1([*issuer_signed.auth.members[:3], bytes(changed)]), signer)


@pytest.mark.parametrize("name", [name for name, vector in RESPONSES.items() if "device_response" in vector])
def test_device_part_of_others(name: str) -> None:
    vector = RESPONSES[name]
    document = parse_device_response(bytes.fromhex(vector["device_response"])).document(vector["docType"])
    transcript = bytes.fromhex(vector["session_transcript"])
    if vector["handover"] == "OpenID4VP 1.0 redirect":
        names = ("client_id", "nonce", "response_uri")
        thumbprint = bytes.fromhex(vector["jwk_thumbprint"])
        assert redirect_transcript(thumbprint=thumbprint, **{part: vector[part] for part in names}) == transcript
    key = document.issuer_signed.mso.device_key
    for session, holds in ((transcript, True), (transcript[:-1] + bytes([transcript[-1] ^ 1]), False)):
        authentication = device_authentication(session, document.doctype, document.device_namespaces)
        if holds:
            verify_device_auth(document.device_auth, authentication, key, transcript=session, reader=None)
            continue
        with pytest.raises(Untrusted):
            verify_device_auth(document.device_auth, authentication, key, transcript=session, reader=None)


def test_longer_than_its_signer_is_refused() -> None:
    vector = RESPONSES["animo-mdoc-05"]
    document = parse_device_response(bytes.fromhex(vector["device_response"])).document(vector["docType"])
    root = bytes.fromhex(vector["trust_anchor_certificate"])
    anchors = TrustAnchors((Anchor(root, Purpose.ISSUANCE, "Test", "https://issuer.example", frozenset({vector["docType"]})),))
    with pytest.raises(Unmet, match="beyond its signer"):
        verify_mdoc(
            document,
            anchors=anchors,
            doctype=vector["docType"],
            transcript=bytes.fromhex(vector["session_transcript"]),
            now=seconds(vector["verify_at"]),
        )


def seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


WHEN = seconds("2021-01-01T00:00:00Z")


class AnnexD:
    """The example of the standard: one driving licence, shown with a MAC, in 2020 and 2021."""

    def __init__(self) -> None:
        vectors = outside("mdoc/iso18013-5-annex-d.json")["vectors"]
        assert len(vectors) == 16
        self.vectors = {vector["name"]: vector for vector in vectors}
        self.transcript = Encoded(parse_cbor(self.raw("SessionTranscriptBytes (D.5.1)")).raw)
        self.reader = self.key("ephemeral reader key")
        root = bytes.fromhex(self.vectors["IssuerAuth (D.5.2)"]["iaca_root_certificate"])
        self.anchors = TrustAnchors((Anchor(root, Purpose.ISSUANCE, "Utopia", "https://utopia.example", frozenset({LICENCE})),))

    def raw(self, name: str, field: str = "hex") -> bytes:
        return bytes.fromhex(self.vectors[name][field])

    def key(self, name: str) -> SoftwareKey:
        return SoftwareKey(ec.derive_private_key(int(self.vectors[name]["d"], 16), P256))

    def verify(self, response: bytes) -> dict[str, dict[str, Any]]:
        """Every step but the last of our own rules, which this example breaks by half a day."""
        document = parse_device_response(response).document(LICENCE)
        known: dict[str, Any] = {"anchors": self.anchors, "doctype": LICENCE, "transcript": self.transcript.raw}
        with pytest.raises(Unmet, match="beyond its signer"):
            verify_mdoc(document, now=WHEN, reader=self.reader, **known)
        mso = document.issuer_signed.mso
        authentication = device_authentication(self.transcript.raw, document.doctype, document.device_namespaces)
        key, transcript = mso.device_key, self.transcript.raw
        verify_device_auth(document.device_auth, authentication, key, transcript=transcript, reader=self.reader)
        assert mso.doctype == LICENCE
        return check_elements(document.issuer_signed)


@pytest.fixture
def annex_d() -> AnnexD:
    return AnnexD()


def test_annex_d_response(annex_d: AnnexD) -> None:
    response = annex_d.raw("DeviceResponse (D.4.1.2)")
    claims = annex_d.verify(response)["org.iso.18013.5.1"]
    assert (claims["family_name"], claims["document_number"]) == ("Doe", "123456789")
    assert claims["portrait"] == annex_d.raw("DeviceResponse (D.4.1.2)", "portrait")
    for at in (200, len(response) // 2, len(response) - 20):
        changed = bytearray(response)
        changed[at] ^= 1
        with pytest.raises((Refusal, AssertionError)):
            annex_d.verify(bytes(changed))


def test_annex_d_device_authentication(annex_d: AnnexD) -> None:
    found = device_authentication(annex_d.transcript.raw, LICENCE, Encoded(dump_cbor({})))
    assert found == annex_d.raw("DeviceAuthenticationBytes (D.5.3)")
    device = annex_d.key("static device key (mdoc authentication)")
    reader = parse_public_jwk(annex_d.reader.public_jwk)
    assert device.agree(reader) == annex_d.raw("DeviceAuth deviceMac (D.5.3)", "shared_secret")
    assert agree_mac_key(device, reader, annex_d.transcript.raw) == annex_d.raw("DeviceAuth deviceMac (D.5.3)", "emac_key")


def test_annex_d_is_written_again_byte_for_byte(annex_d: AnnexD) -> None:
    written = [vector for vector in annex_d.vectors.values() if "hex" in vector]
    assert len(written) == 13
    for vector in written:
        data = bytes.fromhex(vector["hex"])
        assert dump_cbor(parse_cbor(data)) == data


def test_annex_d_transcript_and_reader(annex_d: AnnexD) -> None:
    engagement, reader_key, handover = annex_d.transcript.value
    assert proximity_transcript(engagement.raw, reader_key.raw, handover) == annex_d.transcript.raw
    assert sha256(annex_d.transcript.tagged).digest() == annex_d.raw("SessionTranscriptBytes (D.5.1)", "sha256")
    assert parse_cose_key(reader_key.value) == parse_public_jwk(annex_d.reader.public_jwk)
    assert dump_cbor(cose_key(parse_cose_key(reader_key.value))) == reader_key.raw
    reader = parse_sign1(parse_cbor(annex_d.raw("ReaderAuth (D.5.4)")))
    root = annex_d.raw("ReaderAuth (D.5.4)", "reader_root_certificate")
    chain = verify_chain(reader.chain, frozenset({root}), WHEN)
    verify_sign1(reader, chain.key, payload=annex_d.raw("ReaderAuthenticationBytes (D.5.4)"))
