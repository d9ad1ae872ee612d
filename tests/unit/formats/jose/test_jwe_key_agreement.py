"""The content key of ECDH-ES, by the numbers of RFC 7518 Appendix C."""

import pytest

from sinwon.core import base64url
from sinwon.core.refusal import Malformed
from sinwon.formats.jose.jwe import agreed_key

SECRET = bytes.fromhex("9e56d91d817135d372834283bf84269cfb316ea3da806a48f6daa7798cfe90c4")
HEADER = {"alg": "ECDH-ES", "enc": "A128GCM", "apu": "QWxpY2U", "apv": "Qm9i"}


def test_the_key_of_the_appendix() -> None:
    assert base64url.encode(agreed_key(SECRET, HEADER)) == "VqqN6vgjbSBcIijNcacQGg"


@pytest.mark.parametrize("apu", ["QWxpY2U=", 1, None, "\n"])
def test_party_information_is_strict_base64url(apu: object) -> None:
    with pytest.raises(Malformed):
        agreed_key(SECRET, {**HEADER, "apu": apu})
