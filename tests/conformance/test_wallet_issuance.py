"""The wallet as a harness meets it while it gets certificates: requirement 78, and 79 as far as it is about issuance."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sinwon.core.fetch import Answer
from sinwon.core.refusal import Refusal
from sinwon.core.strict_json import dump, parse_object
from sinwon.formats.jose.jws import Jws, parse_jws, verify_jws
from sinwon.keys.jwk import certificate_text, parse_public_jwk
from sinwon.protocols.vci.configurations import IDENTITY_MDOC, IDENTITY_SD_JWT, STRONG_MDOC, STRONG_SD_JWT
from tests import world
from tests.attesting import Attester
from tests.code_client import CLIENT_ID, Attesting
from tests.code_world import SERVER, CodeWorld, code_world
from tests.network import with_body

PLAIN = (IDENTITY_SD_JWT, IDENTITY_MDOC)
STRONG = (STRONG_SD_JWT, STRONG_MDOC)
METADATA = "/.well-known/openid-credential-issuer"
MANY = 1 << 20


@pytest.fixture
def here(tmp_path: Path) -> Iterator[CodeWorld]:
    with code_world(tmp_path) as made:
        yield made


def requests(here: CodeWorld) -> list[dict[str, Any]]:
    """What was posted to the credential endpoint."""
    read = [parse_object(body, limit=MANY) for body in here.network.bodies if b'"proofs"' in body]
    assert read
    return read


def proofs(here: CodeWorld) -> list[Jws]:
    return [parse_jws(text, limit=MANY, own_header=True) for one in requests(here) for text in one["proofs"]["jwt"]]


def nonces(here: CodeWorld) -> list[str]:
    """What the nonce endpoint gave, remembered as it passes."""
    given: list[str] = []

    def remember(answer: Answer) -> Answer:
        given.append(str(parse_object(answer.body)["c_nonce"]))
        return answer

    here.network.tampering["/nonce"] = remember
    return given


def test_C78_a_key_proof_names_one_key_the_issuer_and_the_time(here: CodeWorld) -> None:
    """Each key proof holds exactly one of jwk, kid and x5c, is for the issuer alone, fresh, and signed by that key (ES256)."""
    given = nonces(here)
    here.wallet().ask_issuer(world.ISSUER, PLAIN, copies=3)
    assert len(proofs(here)) == 6
    for proof in proofs(here):
        assert proof.header["typ"] == "openid4vci-proof+jwt"
        assert proof.header["alg"] == "ES256"
        assert [name for name in ("jwk", "kid", "x5c") if name in proof.header] == ["jwk"]
        key = parse_public_jwk(proof.header["jwk"])
        verify_jws(proof, key, typ="openid4vci-proof+jwt")
        claims = proof.claims()
        assert claims["aud"] == world.ISSUER
        assert abs(claims["iat"] - here.clock.now) <= 300
        assert claims["nonce"] in given


def test_C78_a_key_attestation_is_made_for_this_nonce_and_without_the_root(here: CodeWorld) -> None:
    """A key attestation is typed, signed with ES256 by a chain without its root, and for the nonce the issuer gave."""
    given = nonces(here)
    wallet = here.wallet(attester=Attester(here.clock))
    assert sum(wallet.ask_issuer(world.ISSUER, STRONG, copies=3).values()) == 6
    root = certificate_text(world.authority("wallet authority").certificate)
    for one in requests(here):
        assert list(one["proofs"]) == ["attestation"]
        (text,) = one["proofs"]["attestation"]
        attestation = parse_jws(text, limit=MANY)
        assert (attestation.header["typ"], attestation.header["alg"]) == ("key-attestation+jwt", "ES256")
        assert root not in attestation.header["x5c"]
        claims = attestation.claims()
        assert claims["nonce"] in given
        assert len(claims["attested_keys"]) == 3


def test_C78_an_attestation_within_a_proof_has_an_end(here: CodeWorld) -> None:
    """Where an issuer takes proofs of type jwt only, the key attestation is in their header and says when it ends."""

    def jwt_only(answer: Answer) -> Answer:
        found = parse_object(answer.body, limit=MANY)
        for name in STRONG:
            del found["credential_configurations_supported"][name]["proof_types_supported"]["attestation"]
        return with_body(answer, dump(found))

    here.network.tampering[METADATA] = jwt_only
    wallet = here.wallet(attester=Attester(here.clock))
    assert sum(wallet.ask_issuer(world.ISSUER, STRONG, copies=2).values()) == 4
    for proof in proofs(here):
        attestation = parse_jws(proof.header["key_attestation"], limit=MANY).claims()
        assert attestation["exp"] > here.clock.now
        assert attestation["nonce"] == proof.claims()["nonce"]
        assert proof.header["jwk"] in attestation["attested_keys"]


def test_C79_a_nonce_is_used_when_a_server_asks_for_one(here: CodeWorld) -> None:
    """A request refused with use_dpop_nonce is sent again with the nonce, at the authorization server and at the issuer."""
    here.serve(dpop_nonces=True)
    wallet = here.wallet()
    assert sum(wallet.ask_issuer(world.ISSUER, PLAIN, copies=1).values()) == 2
    assert (here.sent("/par"), here.sent("/token")) == (2, 1)


def test_C79_a_challenge_is_fetched_and_used(here: CodeWorld) -> None:
    """Where a challenge endpoint is offered, each proof of possession of the client attestation carries its challenge."""
    here.serve(client_challenges=True)
    here.wallet().ask_issuer(world.ISSUER, PLAIN, copies=1)
    assert [here.sent(path) for path in ("/challenge", "/par", "/token")] == [1, 1, 1]
    assert len({proof["challenge"] for proof in here.network.proofs}) == 1
    assert len({proof["jti"] for proof in here.network.proofs}) == 2


def test_C79_a_challenge_in_a_header_is_used_from_then_on(here: CodeWorld) -> None:
    """A request refused with use_attestation_challenge is sent again with the challenge that came in the header."""
    here.serve(client_challenges=True)

    def without_endpoint(answer: Answer) -> Answer:
        found = parse_object(answer.body)
        return with_body(answer, dump({name: value for name, value in found.items() if name != "challenge_endpoint"}))

    here.network.tampering[SERVER] = without_endpoint
    here.wallet().ask_issuer(world.ISSUER, PLAIN, copies=1)
    assert [here.sent(path) for path in ("/challenge", "/par", "/token")] == [0, 2, 1]
    first, *later = [proof.get("challenge") for proof in here.network.proofs]
    assert first is None
    assert None not in later


def test_C79_an_attestation_is_for_one_server(here: CodeWorld) -> None:
    """The wallet asks its provider for an attestation for the server it speaks to; that names the client of the request."""
    wallet = here.wallet()
    wallet.ask_issuer(world.ISSUER, PLAIN, copies=1)
    assert wallet.powers.client is not None
    attester = wallet.powers.client.attester
    assert isinstance(attester, Attesting)
    assert set(attester.asked) == {world.ISSUER}
    assert {proof["iss"] for proof in here.network.proofs} == {CLIENT_ID}


@pytest.mark.parametrize("change", ["iss=https%3A%2F%2Fother.example", "", "state"])
def test_C79_iss_and_state_are_checked_before_the_token(here: CodeWorld, change: str) -> None:
    """An authorization response with another or no iss, or another or no state, stops the wallet before the token request."""
    iss = "iss=https%3A%2F%2Fissuer.example"

    def spoil(back: str) -> str:
        assert iss in back
        return back.replace("state=", "stale=") if change == "state" else back.replace(iss, change or "x=y")

    here.back = spoil
    with pytest.raises(Refusal, match="authorization_mismatch"):
        here.wallet().ask_issuer(world.ISSUER, PLAIN)
    assert here.sent("/token") == 0


def test_C79_metadata_of_another_server_stop_the_wallet(here: CodeWorld) -> None:
    """Metadata whose issuer is not the one asked for stop the wallet before anything is sent."""
    here.network.tampering[SERVER] = lambda answer: with_body(
        answer, answer.body.replace(b'"issuer":"https://issuer', b'"issuer":"https://other')
    )
    with pytest.raises(Refusal, match="invalid_metadata"):
        here.wallet().ask_issuer(world.ISSUER, PLAIN)
    assert not any("POST" in line for line in here.network.log)


@pytest.mark.parametrize("batch_size", [2, 10])
def test_C79_no_more_proofs_than_the_batch_has_room_for(here: CodeWorld, batch_size: int) -> None:
    """However many copies are wanted, a request has at most batch_size proofs, all by different keys."""
    here.serve(batch_size=batch_size)
    here.wallet().ask_issuer(world.ISSUER, PLAIN, copies=50)
    for one in requests(here):
        keys = [parse_jws(text, limit=MANY, own_header=True).header["jwk"]["x"] for text in one["proofs"]["jwt"]]
        assert len(keys) == len(set(keys)) == batch_size


def test_C79_copies_in_another_order_find_their_keys(here: CodeWorld) -> None:
    """Credentials are matched to keys by what they say: an answer in reverse order is as good, and can be presented."""

    def reverse(answer: Answer) -> Answer:
        found = parse_object(answer.body, limit=MANY)
        return with_body(answer, dump({**found, "credentials": found["credentials"][::-1]}))

    here.network.tampering["/credential"] = reverse
    wallet = here.wallet()
    wallet.ask_issuer(world.ISSUER, PLAIN, copies=10)
    copies = wallet.copies.unused()
    assert len(copies) == 20
    for copy in copies:
        if copy.format == "dc+sd-jwt":
            bound = parse_jws(copy.credential.partition("~")[0], limit=MANY).claims(limit=MANY)["cnf"]["jwk"]
            assert bound["x"] == wallet.powers.keys.open(copy.key).public_jwk["x"]


def test_C79_a_token_without_an_end_and_a_type_in_other_letters_will_do(here: CodeWorld) -> None:
    """A token response without expires_in, or whose token_type is written in other letters, is taken."""

    def tamper(answer: Answer) -> Answer:
        found = {**parse_object(answer.body), "token_type": "dpOP"}
        return with_body(answer, dump({name: value for name, value in found.items() if name != "expires_in"}))

    here.network.tampering["/token"] = tamper
    assert sum(here.wallet().ask_issuer(world.ISSUER, PLAIN, copies=1).values()) == 2


def test_C79_the_issuer_is_told_at_once(here: CodeWorld) -> None:
    """What became of a delivery is told right after it was verified."""
    here.wallet().ask_issuer(world.ISSUER, PLAIN[:1], copies=1)
    assert here.network.log[-2:] == [f"POST {world.ISSUER}/credential", f"POST {world.ISSUER}/notification"]
    assert parse_object(here.network.bodies[-1])["event"] == "credential_accepted"
