"""DPoP proofs: both halves agree, and each check refuses what it is there for."""

from typing import Any

import pytest

from sinwon.core.ids import digest
from sinwon.core.refusal import Fault, Refusal
from sinwon.formats.jose.jws import parse_jws, sign_jws
from sinwon.keys.jwk import parse_public_jwk
from sinwon.protocols.oauth.dpop import (
    MAX_JTI,
    NONCE_LIFETIME,
    TYP,
    WINDOW,
    DpopNonces,
    sign_dpop_proof,
    thumbprint_of,
    token_hash,
    verify_dpop_proof,
)
from tests.world import NOW, SeededRandomness, key

URI = "https://issuer.example/credential"
TOKEN = "t" * 43
NONCES = DpopNonces(b"\x05" * 32, "https://issuer.example")
SIGNER = key("device")


def proof(**changes: Any) -> str:
    """A proof by hand, or one with header (`h_…`) or claims changed; None takes a member away."""
    header: dict[str, Any] = {"typ": TYP, "jwk": dict(SIGNER.public_jwk)}
    claims: dict[str, Any] = {"jti": "j", "htm": "POST", "htu": URI, "iat": NOW, "ath": token_hash(TOKEN)}
    for name, value in changes.items():
        part = header if name.startswith("h_") else claims
        part[name.removeprefix("h_")] = value
    return sign_jws(_present(header), _present(claims), SIGNER)


def _present(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def verify(text: str, **changes: Any) -> Any:
    return verify_dpop_proof(text, **{"method": "POST", "uri": URI, "now": NOW, "access_token": TOKEN, **changes})


def refused(text: str, code: str = "invalid_dpop_proof", **changes: Any) -> None:
    with pytest.raises(Refusal) as refusal:
        verify(text, **changes)
    assert refusal.value.code == code


def test_what_a_client_signs_verifies() -> None:
    text = sign_dpop_proof(SIGNER, method="POST", uri=URI, now=NOW, random=SeededRandomness(), access_token=TOKEN)
    verified = verify(text)
    public = parse_public_jwk(SIGNER.public_jwk)
    assert (verified.key, verified.thumbprint, verified.expires_at) == (public, thumbprint_of(public), NOW + WINDOW)
    assert verified.key_and_jti == f"{verified.thumbprint}\x00{verified.jti}"


def test_two_proofs_of_a_client_differ_in_jti_and_carry_no_query() -> None:
    random = SeededRandomness()
    texts = [sign_dpop_proof(SIGNER, method="GET", uri=f"{URI}?a=b#c", now=NOW, random=random) for _ in range(2)]
    claims = [parse_jws(text).claims() for text in texts]
    assert claims[0]["jti"] != claims[1]["jti"]
    assert claims[0].keys() == {"jti", "htm", "htu", "iat"}
    assert claims[0]["htu"] == URI


def test_the_thumbprint_is_that_of_rfc_9449() -> None:
    """Key and `jkt` of the example in RFC 9449 §4.1 and §6.1."""
    jwk = {
        "kty": "EC",
        "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
        "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
        "crv": "P-256",
    }
    assert thumbprint_of(parse_public_jwk(jwk)) == "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
    assert token_hash("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU") == "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"


def test_the_example_of_rfc_9449_verifies() -> None:
    """The proof of RFC 9449 §7.1, at its time and for its token."""
    text = (
        "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFV"
        "ZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9i"
        "S2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2Mj"
        "YxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR"
        "6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA"
    )
    given: dict[str, Any] = {
        "method": "GET",
        "uri": "https://resource.example.org/protectedresource",
        "now": 1_562_262_618,
        "access_token": "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU",
    }
    assert verify_dpop_proof(text, **given).jti == "e1j3V_bKic8-LAEB"
    refused(text[:-2] + ("A" if text[-2] != "A" else "B") + text[-1], **given)


SAME_ADDRESS = {
    "with_a_query": f"{URI}?a=b",
    "with_a_fragment": f"{URI}#c",
    "with_the_default_port": "https://issuer.example:443/credential",
    "with_an_empty_port": "https://issuer.example:/credential",
    "in_capitals": "HTTPS://ISSUER.example/credential",
}
OTHER_ADDRESS: dict[str, str | None] = {
    "missing": None,
    "empty": "",
    "another_host": "https://other.example/credential",
    "another_path": "https://issuer.example/token",
    "the_path_in_capitals": "https://issuer.example/CREDENTIAL",
    "a_longer_path": f"{URI}/",
    "plain_http": "http://issuer.example/credential",
    "another_port": "https://issuer.example:8443/credential",
    "the_port_of_http": "https://issuer.example:80/credential",
    "user_information": "https://issuer.example@other.example/credential",
    "a_line_feed_in_it": "https://issuer.example/cred\nential",
    "a_tab_in_it": "https://issuer.example/cred\tential",
    "a_nul_behind_it": f"{URI}\x00",
    "blanks_around_it": f" {URI} ",
    "a_backslash": "https:\\\\issuer.example\\credential",
    "a_dot_behind_the_host": "https://issuer.example./credential",
    "the_long_s": "httpſ://issuer.example/credential",
    "full_width_letters": "https://ｉssuer.example/credential",
}


@pytest.mark.parametrize("uri", SAME_ADDRESS.values(), ids=SAME_ADDRESS)
def test_another_way_to_write_the_address_is_the_same_one(uri: str) -> None:
    assert verify(proof(htu=uri))


@pytest.mark.parametrize("uri", OTHER_ADDRESS.values(), ids=OTHER_ADDRESS)
def test_another_address_is_refused(uri: str | None) -> None:
    refused(proof(htu=uri))


def test_no_path_is_the_path_slash() -> None:
    assert verify(proof(htu="https://issuer.example"), uri="https://issuer.example/")


def test_an_endpoint_of_ours_that_is_no_address_is_our_fault() -> None:
    with pytest.raises(Fault):
        verify(proof(), uri="credential")


@pytest.mark.parametrize("method", [None, "GET", "post", "POST ", ["POST"]])
def test_another_method_is_refused(method: object) -> None:
    refused(proof(htm=method))


@pytest.mark.parametrize("late", [-WINDOW, -10, 0, 10, WINDOW])
def test_within_the_window_a_clock_may_be_off(late: int) -> None:
    assert verify(proof(iat=NOW + late)).expires_at == NOW + late + WINDOW


@pytest.mark.parametrize("iat", [None, NOW - WINDOW - 1, NOW + WINDOW + 1, float(NOW), str(NOW), True, -NOW, 0, 2**63])
def test_outside_the_window_it_is_refused(iat: object) -> None:
    refused(proof(iat=iat))


@pytest.mark.parametrize("jti", [None, "", 7, ["j"], "j" * (MAX_JTI + 1)])
def test_a_jti_is_a_bounded_text(jti: object) -> None:
    refused(proof(jti=jti))
    assert verify(proof(jti="j" * MAX_JTI))


@pytest.mark.parametrize("ath", [None, "", 1, token_hash("another"), token_hash(TOKEN) + "=", TOKEN])
def test_it_names_the_token_sent_along(ath: object) -> None:
    refused(proof(ath=ath))


def test_without_a_token_none_need_be_named() -> None:
    assert verify(proof(ath=None), access_token=None)
    assert verify(proof(), access_token=None)


def test_ath_is_the_digest_tokens_are_kept_as() -> None:
    assert token_hash(TOKEN) == digest(TOKEN)


HEADERS: dict[str, dict[str, Any]] = {
    "typ_missing": {"h_typ": None},
    "typ_of_a_plain_jwt": {"h_typ": "JWT"},
    "typ_of_a_key_proof": {"h_typ": "openid4vci-proof+jwt"},
    "typ_in_capitals": {"h_typ": "DPOP+JWT"},
    "alg_none": {"h_alg": "none"},
    "alg_rs256": {"h_alg": "RS256"},
    "alg_hs256": {"h_alg": "HS256"},
    "alg_empty": {"h_alg": ""},
    "jwk_missing": {"h_jwk": None},
    "jwk_of_a_list": {"h_jwk": [dict(SIGNER.public_jwk)]},
    "jwk_private": {"h_jwk": {**SIGNER.public_jwk, "d": "A" * 43}},
    "jwk_symmetric": {"h_jwk": {"kty": "oct", "k": "AAAA"}},
    "jwk_of_another_key": {"h_jwk": dict(key("other").public_jwk)},
    "kid_for_jwk": {"h_jwk": None, "h_kid": "one"},
    "critical": {"h_crit": ["b64"], "h_b64": False},
}


@pytest.mark.parametrize("changes", HEADERS.values(), ids=HEADERS)
def test_a_header_that_is_not_one_of_a_proof_is_refused(changes: dict[str, Any]) -> None:
    refused(proof(**changes))


def test_unknown_members_and_other_times_are_ignored() -> None:
    assert verify(proof(h_kid="one", h_new=1, nbf=NOW, exp=NOW + 5, new=[1], nonce="not asked for"))


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "e30.e30.", proof() + ".", proof() + ", " + proof(), "A" * 9000])
def test_what_is_no_jws_is_refused(text: str) -> None:
    refused(text)


def test_a_bit_of_the_signature_counts() -> None:
    text = proof()
    refused(text[:-10] + ("A" if text[-10] != "A" else "B") + text[-9:])


def nonce(now: int = NOW) -> str:
    return NONCES.make(now=now, random=SeededRandomness(3))


@pytest.mark.parametrize("later", [-60, 0, NONCE_LIFETIME - 1])
def test_a_nonce_of_ours_is_taken_while_it_lives(later: int) -> None:
    assert verify(proof(nonce=nonce(), iat=NOW + later), nonces=NONCES, now=NOW + later)


@pytest.mark.parametrize("later", [-61, NONCE_LIFETIME])
def test_a_nonce_outside_its_time_is_asked_for_again(later: int) -> None:
    refused(proof(nonce=nonce(), iat=NOW + later), "use_dpop_nonce", nonces=NONCES, now=NOW + later)


@pytest.mark.parametrize("value", [None, "", "n", 7, DpopNonces(b"\x06" * 32, NONCES.issuer)])
def test_a_nonce_that_is_missing_or_foreign_is_asked_for(value: object) -> None:
    text = value.make(now=NOW, random=SeededRandomness()) if isinstance(value, DpopNonces) else value
    refused(proof(nonce=text), "use_dpop_nonce", nonces=NONCES)
