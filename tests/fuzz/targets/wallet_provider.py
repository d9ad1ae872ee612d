"""What an instance of a wallet sends its provider."""

from sinwon.formats.jose.jws import sign_jws
from sinwon.protocols.wallet_provider.messages import ATTEST_KEYS, AttestKeys
from sinwon.protocols.wallet_provider.named_keys import parse_named_keys
from sinwon.protocols.wallet_provider.request import TYP, make_challenge, parse_instance_request, verify_instance_request
from tests.world import NOW, WALLET_PROVIDER, SeededRandomness, key

CHALLENGE_KEY = b"k" * 32
CHALLENGE = make_challenge(CHALLENGE_KEY, provider=WALLET_PROVIDER, now=NOW, random=SeededRandomness(5))
HEADER = {"typ": TYP, "jwk": dict(key("instance").public_jwk)}


def instance_request(data: bytes) -> object:
    """As it comes."""
    return parse_instance_request(data)


def instance_claims(data: bytes) -> object:
    """The claims, signed as they are by the instance."""
    token = sign_jws(HEADER, data, key("instance")).encode()
    verified = verify_instance_request(
        token, action=ATTEST_KEYS, provider=WALLET_PROVIDER, challenge_key=CHALLENGE_KEY, now=NOW
    )
    return parse_named_keys(verified.message(AttestKeys))


TARGETS = {"instance_request": instance_request, "instance_claims": instance_claims}
