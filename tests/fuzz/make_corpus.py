"""Writes the seeds: `python -m tests.fuzz.make_corpus`. Each is made by the code that makes such things, or spoiled by hand;
the name says which: `good-…` is accepted by its target, `bad-…` is refused."""

import json
from collections.abc import Iterator, Mapping
from urllib.parse import urlencode

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from sinwon.core import base64url
from sinwon.core.cbor import FullDate, date_time, dump_cbor, encode, parse_cbor
from sinwon.core.strict_json import dump
from sinwon.formats.cose.key import cose_key
from sinwon.formats.cose.mac0 import agree_mac_key, mac0
from sinwon.formats.cose.sign1 import sign1
from sinwon.formats.jose.jwe import encrypt
from sinwon.formats.jose.jws import sign_jws
from sinwon.formats.mdoc.issuer_signed import parse_issuer_signed
from sinwon.formats.mdoc.present import present_with_mac
from sinwon.formats.sdjwt.integrity import integrity_of
from sinwon.formats.sdjwt.json_form import write_flattened, write_general
from sinwon.formats.sdjwt.parse import parse_sd_jwt
from sinwon.formats.status.encode import deflate, pack
from sinwon.formats.status.token import Kind
from sinwon.keys.jwk import certificate_text, parse_public_jwk
from sinwon.protocols.oauth.dpop import sign_dpop_proof
from sinwon.protocols.oauth.grants import pre_authorized
from sinwon.protocols.oauth.grants.refresh_token import RefreshToken, write_refresh_token
from sinwon.protocols.roles.messages import MakeOffer
from sinwon.protocols.trust.trust_list import sign_trust_list
from sinwon.protocols.vci.credential_request import MAX_REQUEST
from sinwon.protocols.vp.client_identifier import x509_hash
from tests.encrypting import deflated
from tests.fuzz.run import CORPUS
from tests.fuzz.targets.documents import KEY
from tests.fuzz.targets.issuing import KEY as REQUEST_KEY
from tests.fuzz.targets.issuing import KID
from tests.fuzz.targets.jose import VCT
from tests.fuzz.targets.lists import OPERATOR, URI
from tests.fuzz.targets.messages import ACCESS, CLIENT, URL
from tests.fuzz.targets.wallet_provider import CHALLENGE, HEADER
from tests.issuing import PERSON
from tests.published import catalogue
from tests.unit.cli.verify_files import status_list
from tests.unit.formats.mdoc import forge as mdoc
from tests.unit.formats.sdjwt import forge as sd_jwt
from tests.world import (
    GATEWAY,
    ISSUER,
    NOW,
    WALLET_PROVIDER,
    SeededRandomness,
    authority,
    issuer_signer,
    key,
    trust_anchors,
)

Seeds = Mapping[str, bytes]
HOLDER = dict(key("holder").public_jwk)
ROOT = authority("issuing authority").certificate
LEAF = issuer_signer().chain[0]


def json_bytes(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def basics() -> Iterator[tuple[str, Seeds]]:
    words = {"a": [1, -2.5, 1e3, True, None, {"한글": "\\n\u20ac"}], "b": {}}
    plain = {"good-object": json_bytes(words), "good-number": b"-0", "bad-twice": b'{"a":1,"a":2}', "bad-deep": b"[" * 40}
    yield "strict_json", plain
    yield "strict_json_text", plain
    yield "base64url", {"good": b"AAECAwQ", "good-empty": b"", "bad-padded": b"AA==", "bad-spare-bits": b"AB"}
    values = {1: [b"x", "한", None, True, 1.5, FullDate("2026-09-21"), date_time(NOW), encode([1, 2])], "k": {b"b": -1}}
    yield (
        "cbor",
        {
            "good": dump_cbor(values),
            "good-tag": bytes.fromhex("d9d9f7820102"),
            "bad-twice": bytes.fromhex("a201020103"),
            "bad-indefinite": bytes.fromhex("9f01ff"),
        },
    )


def jose() -> Iterator[tuple[str, Seeds]]:
    signed = sign_jws({"typ": "JWT"}, {"iat": NOW, "nonce": "n"}, key("holder"))
    yield "jws", {"good": signed.encode(), "bad-typ": signed[5:].encode(), "bad-parts": b"a.b"}
    secret = encrypt(b'{"vp_token":{}}', key("response").public_jwk, enc="A128GCM")
    yield "jwe", {"good": secret.encode(), "bad-tag": secret[:-3].encode(), "bad-key": secret.replace(".", "..", 1).encode()}
    answer = {"vp_token": {"identity": ["x"]}, "state": "s"}
    yield "vp_answer", {"good": json_bytes(answer), "good-error": b'{"error":"access_denied"}', "bad": b'{"vp_token":[]}'}
    credential, shown = sd_jwt.issued(), sd_jwt.presented()
    yield (
        "sd_jwt",
        {"good": credential.encode(), "good-shown": shown.encode(), "bad-left-over": f"{credential}WyJzIiwxXQ~".encode()},
    )
    parsed = parse_sd_jwt(shown)
    yield "sd_jwt_json", {"good": write_flattened(parsed), "good-general": write_general(parsed), "bad": b'{"payload":""}'}
    hidden = [b'["s1","name_ko","\xed\x99\x8d\xea\xb8\xb8\xeb\x8f\x99"]', b'["s2","KR"]', b'["s3","passport",{"number":"M1"}]']
    digests = [sd_jwt.digest(base64url.encode(one)) for one in hidden]
    payload = {
        **sd_jwt.visible(),
        "_sd_alg": "sha-256",
        "_sd": [digests[0], digests[2], "decoy"],
        "l": [{"...": digests[1]}, 1],
    }
    lines = [json_bytes(payload), *hidden]
    yield (
        "disclosures",
        {"good": b"\n".join(lines), "bad-missing": b"\n".join([*lines, b'["s","x",1]']), "bad-arity": b'{}\n["s"]'},
    )
    binding = json_bytes({"iat": NOW, "aud": "a", "nonce": "n"})
    bound = [json_bytes(payload), *hidden, binding]
    yield "sd_jwt_vc", {"good": b"\n".join(bound), "bad-nonce": b"\n".join([*bound[:-1], binding.replace(b'"n"', b'"m"')])}
    claims = [
        {"path": ["a", None, 0], "sd": "always", "mandatory": True, "svg_id": "x", "display": [{"locale": "ko", "label": "가"}]}
    ]
    kind = {"vct": VCT, "name": "x", "claims": claims, "display": [{"locale": "ko-KR", "name": "신원"}]}
    yield "type_metadata", {"good": json_bytes(kind), "bad-vct": json_bytes({**kind, "vct": "urn:x"}), "bad-path": b'{"vct":1}'}
    yield "integrity", {"good": integrity_of(b"").encode(), "bad": integrity_of(b"x").encode(), "bad-hash": b"md5-AAAA"}


def documents() -> Iterator[tuple[str, Seeds]]:
    own = cose_key(KEY)
    yield (
        "cose_key",
        {"good": dump_cbor(own), "bad-type": dump_cbor({**own, 1: 3}), "bad-private": dump_cbor({**own, -4: b"d"})},
    )
    attached = sign1(b"payload", by=key("holder"), unprotected={33: LEAF})
    detached = sign1(b"payload", by=key("holder"), detached=True, unprotected={33: [LEAF, ROOT]})
    yield (
        "cose_sign1",
        {"good": dump_cbor(attached), "good-detached": dump_cbor(detached), "bad-empty": dump_cbor([b"", {}, b"", b""])},
    )
    code = mac0(b"payload", agree_mac_key(mdoc.READER, KEY, mdoc.TRANSCRIPT), detached=True)
    yield "cose_mac0", {"good": dump_cbor(code), "bad": dump_cbor([*code[:3], bytes(32)])}
    issued, presented = mdoc.issued(), mdoc.presented()
    yield "issuer_signed", {"good": issued, "bad-empty": b"\xa0", "bad-cut": issued[:-1]}
    reader = parse_public_jwk(mdoc.READER.public_jwk)
    by_mac = present_with_mac(
        parse_issuer_signed(issued), mdoc.SHOWN, transcript=mdoc.TRANSCRIPT, own=mdoc.HOLDER, reader=reader
    )
    changed = mdoc.spoiled(response=lambda all_of_it: all_of_it.update(status=10))
    yield "device_response", {"good": presented, "good-mac": by_mac, "bad-status": changed}
    signed = parse_cbor(parse_issuer_signed(issued).auth.payload or b"").raw
    yield "mso", {"good": signed, "bad": dump_cbor({"version": "1.0"})}
    yield (
        "device_namespaces",
        {"good": b"\xa0", "good-ignored": dump_cbor({"x": {"y": FullDate("2026-01-01")}}), "bad": b"\xa1\x01\x02"},
    )


def lists() -> Iterator[tuple[str, Seeds]]:
    lst = deflate(pack({5: 2, 77: 1}, size=4096, bits=2))
    claims = {"status_list": {"bits": 2, "lst": base64url.encode(lst)}, "sub": URI, "iat": NOW, "exp": NOW + 60, "ttl": 30}
    yield (
        "status_jwt",
        {"good": json_bytes(claims), "bad-sub": json_bytes({**claims, "sub": "x"}), "bad-bits": b'{"status_list":{}}'},
    )
    yield "status_jwt_token", {"good": status_list(URI, {}), "bad": b"a.b.c"}
    labels = {2: URI, 6: NOW, 4: NOW + 60, 65534: 30}
    cwt = {**labels, 65533: {"bits": 2, "lst": lst}}
    yield "status_cwt", {"good": dump_cbor(cwt), "bad-time": dump_cbor({**cwt, 4: NOW}), "bad": b"\xa0"}
    yield "status_cwt_token", {"good": status_list(URI, {}, Kind.CWT), "bad": b"\xd2\x84"}
    names = {**labels, 65530: {"identifiers": {bytes(16): {}, b"x" * 16: {"a": 1}}}}
    yield "identifier_list", {"good": dump_cbor(names), "bad": dump_cbor(labels)}
    yield "deflated", {"good": b"\x01" + lst, "bad-cut": b"\x01" + lst[:-1], "bad-bomb": b"\x00" + deflate(bytes(20 << 20))}
    trusted = sign_trust_list(trust_anchors(), sequence=1, operator_name="x", operator=OPERATOR, now=NOW, next_update=NOW + 60)
    content = base64url.decode(trusted.split(".")[1])
    yield "trust_list", {"good": content, "bad-old": content.replace(b"2026", b"2025"), "bad": b'{"LoTE":{}}'}
    yield "published", {"good": trusted.encode(), "bad": trusted[:-1].encode()}
    told = dump(catalogue())
    yield "catalogue", {"good": told, "bad-zone": told.replace(b"Asia/Seoul", b"../../etc"), "bad": b"{}"}


def certificates() -> Iterator[tuple[str, Seeds]]:
    texts = [certificate_text(LEAF)]
    yield "x5c", {"good": json_bytes(texts), "bad-junk": json_bytes([*texts, "AAAA"]), "bad-empty": b"[]"}
    yield "certificate", {"good": LEAF, "bad-root": ROOT, "bad-cut": LEAF[:-9]}
    yield "jwk", {"good": json_bytes(HOLDER), "bad-curve": json_bytes({**HOLDER, "crv": "P-384"}), "bad": b"{}"}
    keys = {"issuer": ISSUER, "jwks": {"keys": [{**HOLDER, "kid": "1"}]}}
    yield "issuer_keys", {"good": json_bytes(keys), "bad-kid": json_bytes({**keys, "jwks": {"keys": [HOLDER]}})}


def requests() -> Iterator[tuple[str, Seeds]]:
    claim = {"id": "c", "path": ["a", "b", None], "values": [1, "x"]}
    credential = {"id": "i", "format": "dc+sd-jwt", "meta": {"vct_values": ["urn:x"]}, "claims": [claim], "claim_sets": [["c"]]}
    query = {"credentials": [credential], "credential_sets": [{"options": [["i"]], "required": False}]}
    yield (
        "dcql_query",
        {"good": json_bytes(query), "bad-id": json_bytes({"credentials": [{**credential, "id": "!"}]}), "bad": b"{}"},
    )
    offer = {
        "credential_issuer": ISSUER,
        "credential_configuration_ids": ["identity"],
        "grants": {pre_authorized.GRANT_TYPE: {"pre-authorized_code": "c", "tx_code": {"length": 6}}},
    }
    yield "offer", {"good": json_bytes(offer), "bad": b'{"credential_issuer":1}'}
    by_value = "openid-credential-offer://?" + urlencode({"credential_offer": json.dumps(offer)})
    by_name = "openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fissuer.example%2Fo"
    yield "offer_link", {"good": by_value.encode(), "good-name": by_name.encode(), "bad": b"openid-credential-offer://?x=1"}
    client = x509_hash(ACCESS.chain[0])
    link = "openid4vp://?" + urlencode({"client_id": client, "request_uri": f"{GATEWAY}/r", "request_uri_method": "post"})
    yield "request_link", {"good": link.encode(), "bad-both": f"{link}&request=x".encode(), "bad": b"https://["}
    asked = {
        "client_id": CLIENT.decode(),
        "response_type": "vp_token",
        "response_mode": "direct_post.jwt",
        "response_uri": f"{GATEWAY}/responses/1",
        "nonce": "n" * 43,
        "state": "s",
        "aud": "https://self-issued.me/v2",
        "iat": NOW,
        "exp": NOW + 60,
        "dcql_query": query,
        "client_metadata": {"jwks": {"keys": [HOLDER]}},
    }
    yield "request_object", {"good": json_bytes(asked), "bad-aud": json_bytes({**asked, "aud": "x"}), "bad": b"{}"}
    session = {"response": encrypt(b"{}", key("response").public_jwk, enc="A256GCM")}
    yield (
        "wallet_form",
        {"good": urlencode(session).encode(), "good-error": b"error=access_denied&state=s", "bad": b"vp_token=x"},
    )


def issuance() -> Iterator[tuple[str, Seeds]]:
    signer = key("holder")
    proof = {"aud": ISSUER, "iat": NOW, "nonce": "n"}
    text = sign_jws({"typ": "openid4vci-proof+jwt", "jwk": HOLDER}, proof, signer)
    asked = {"credential_configuration_id": "identity", "proofs": {"jwt": [text]}}
    yield "credential_request", {"good": json_bytes(asked), "bad": json_bytes({**asked, "proofs": {}})}
    yield "key_proof", {"good": json_bytes(proof), "bad": json_bytes({**proof, "nonce": None})}
    attested = {"iat": NOW, "exp": NOW + 60, "nonce": "n", "attested_keys": [HOLDER], "key_storage": ["iso_18045_high"]}
    yield "key_attestation", {"good": json_bytes(attested), "bad": json_bytes({**attested, "attested_keys": [HOLDER, HOLDER]})}
    claims = {"jti": "j", "htm": "POST", "htu": URL, "iat": NOW}
    yield "dpop", {"good": json_bytes(claims), "bad": json_bytes({**claims, "htu": "http://user@x"})}
    header = sign_dpop_proof(signer, method="POST", uri=URL, now=NOW, random=SeededRandomness(), access_token="t")
    yield "dpop_header", {"good": header.encode(), "bad": header[4:].encode()}
    token = write_refresh_token(RefreshToken(base64url.encode(bytes(16)), 3), bytes(32), issuer=ISSUER)
    yield "refresh_token", {"good": token.encode(), "bad": token[:-2].encode()}
    codes = {"code": "c", "redirect_uri": "https://r.example", "code_verifier": "dBjftJeZ4CVP-mBflW4Ej1mfPGyTRV4S2OOEGkpjEQs"}
    yield (
        "token_request",
        {
            "good-offer": urlencode(
                {"grant_type": pre_authorized.GRANT_TYPE, "pre-authorized_code": "c", "tx_code": "1"}
            ).encode(),
            "good-refresh": b"grant_type=refresh_token&refresh_token=t",
            "bad-code": urlencode({**codes, "grant_type": "authorization_code"}).encode(),
            "bad-twice": b"grant_type=refresh_token&grant_type=x",
        },
    )
    yield "client_secret", {"good": b"Basic Yzpz", "bad": b"Basic !", "bad-scheme": b"Bearer x"}
    begun = {"client_id": "c", "redirect_uri": "https://r.example", "response_type": "code", "scope": "openid x", "state": "s"}
    yield "authorization_request", {"good": urlencode(begun).encode(), "bad": b"client_id=c", "bad-bytes": b"client_id=%ff"}
    yield "notification", {"good": b'{"notification_id":"n","event":"credential_accepted"}', "bad": b'{"event":"x"}'}
    about = {"credential_issuer": ISSUER, "credential_endpoint": URL, "credential_configurations_supported": {}}
    server = {"issuer": ISSUER, "token_endpoint": URL, "response_types_supported": []}
    yield (
        "metadata",
        {"good": json_bytes(about), "good-server": json_bytes(server), "bad": json_bytes({**server, "issuer": "x"})},
    )


def issuing() -> Iterator[tuple[str, Seeds]]:
    """Encrypted and deferred issuance."""
    wish = {"jwk": {**HOLDER, "kid": "1", "alg": "ECDH-ES"}, "enc": "A256GCM", "zip": "DEF"}
    text = sign_jws({"typ": "openid4vci-proof+jwt", "jwk": HOLDER}, {"aud": ISSUER, "iat": NOW, "nonce": "n"}, key("holder"))
    asked = {"credential_identifier": "identity.1", "proofs": {"jwt": [text]}, "credential_response_encryption": wish}
    no_alg = {**asked, "credential_response_encryption": {**wish, "jwk": HOLDER}}
    yield "sealed_request", {"good": json_bytes(asked), "bad": json_bytes(no_alg)}
    receiver = {**REQUEST_KEY.public_jwk, "kid": KID}
    token = encrypt(json_bytes({"a": 1}), receiver, enc="A128GCM", cty="json", zipped=True)
    other = encrypt(b"{}", {**receiver, "kid": "2"}, enc="A128GCM")
    yield "request_envelope", {"good": token.encode(), "bad-tag": token[:-3].encode(), "bad-kid": other.encode()}
    packed = deflated(json_bytes(asked))
    bomb = deflated(bytes(MAX_REQUEST + 1))
    yield "zipped_request", {"good": packed, "bad-end": packed[:-1], "bad-more": packed + b"x", "bad-bomb": bomb}
    name = {"transaction_id": "t" * 43}
    replaced = {**name, "credential_response_encryption": wish}
    yield "deferred_request", {"good": json_bytes(name), "good-key": json_bytes(replaced), "bad": b'{"transaction_id":""}'}
    about = {"credential_issuer": ISSUER, "credential_endpoint": URL, "credential_configurations_supported": {}}
    signed = {**about, "sub": ISSUER, "iat": NOW, "exp": NOW + 60}
    yield "signed_metadata", {"good": json_bytes(signed), "bad-sub": json_bytes({**signed, "sub": URL}), "bad": b"{}"}


def roles() -> Iterator[tuple[str, Seeds]]:
    body = msgspec.to_builtins(MakeOffer("application-x", "m-1", "officer-1", PERSON, "123456"))
    claims = {
        "iss": "consulate",
        "sub": "consulate",
        "aud": ISSUER,
        "iat": NOW,
        "exp": NOW + 60,
        "jti": "j",
        "action": "make_offer",
        "body": body,
    }
    yield "role_request", {"good": json_bytes(claims), "bad-action": json_bytes({**claims, "action": "revoke"}), "bad": b"{}"}
    change = {"action": "raise", "reason": "PIN_LOCKED", "officer": "o", "application": "a"}
    yield "role_bodies", {"good-offer": json_bytes(body), "good-change": json_bytes(change), "bad": b"[]"}
    event = {"id": "e", "register": "passport", "kind": "passport_lost", "occurred_at": NOW, "passport_number": "M12345567"}
    yield (
        "register_events",
        {"good": json_bytes({"events": [event]}), "bad": json_bytes({"events": [{**event, "register": "resident"}]})},
    )


def instances() -> Iterator[tuple[str, Seeds]]:
    body = {"keys": [HOLDER, dict(key("x").public_jwk)], "nonce": "nonce-1"}
    claims = {"aud": WALLET_PROVIDER, "challenge": CHALLENGE, "action": "attest_keys", "body": body}
    signed = sign_jws(HEADER, claims, key("instance")).encode()
    yield "instance_request", {"good": signed, "bad-parts": b"a.b", "bad-typ": signed[5:]}
    twice, secret = {**body, "keys": [HOLDER, HOLDER]}, {**body, "keys": [{**HOLDER, "d": "A" * 43}]}
    yield (
        "instance_claims",
        {
            "good": json_bytes(claims),
            "bad-action": json_bytes({**claims, "action": "register"}),
            "bad-challenge": json_bytes({**claims, "challenge": "A" * 54}),
            "bad-twice": json_bytes({**claims, "body": twice}),
            "bad-private": json_bytes({**claims, "body": secret}),
        },
    )


def files() -> Iterator[tuple[str, Seeds]]:
    """For the commands: one of each kind."""
    pem = x509.load_der_x509_certificate(ROOT).public_bytes(Encoding.PEM)
    shown = {
        "good-sd-jwt": sd_jwt.issued().encode(),
        "good-mdoc": mdoc.issued(),
        "good-response": mdoc.presented(),
        "good-hex": mdoc.presented().hex().encode(),
        "good-list": status_list(URI, {}),
        "good-cwt": status_list(URI, {}, Kind.CWT),
        "good-pem": pem,
        "good-jwe": encrypt(b"{}", key("x").public_jwk, enc="A128GCM").encode(),
        "good-link": b"openid4vp://?client_id=c&request_uri=https%3A%2F%2Fg",
        "good-json": b'{"credentials":[],"iat":1}',
        "good-transcript": mdoc.TRANSCRIPT,
        "bad-text": b"hello world",
    }
    yield "inspect", shown
    lists_of = {f"good-{name}": shown[f"good-{name}"] for name in ("list", "cwt")}
    # a bare credential does not pass where a request was named, and the response is of another session
    yield "verify", {**lists_of, **{f"bad-{name}": shown[f"good-{name}"] for name in ("sd-jwt", "response", "link")}}


def main() -> None:
    for room in (basics, jose, documents, lists, certificates, requests, issuance, issuing, roles, instances, files):
        for name, seeds in room():
            folder = CORPUS / name
            folder.mkdir(parents=True, exist_ok=True)
            for label, data in seeds.items():
                (folder / label).write_bytes(data)


if __name__ == "__main__":
    main()
