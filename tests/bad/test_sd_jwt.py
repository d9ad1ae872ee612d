"""Hostile SD-JWT presentations at the level of the format: each spoils one thing, is signed again, and is refused."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from sinwon.core import base64url
from sinwon.core.refusal import Malformed, Refusal, Unmet, Untrusted
from sinwon.formats.sdjwt.key_binding import check_key_binding, sd_hash
from sinwon.formats.sdjwt.parse import MAX_DISCLOSURES, parse_sd_jwt
from sinwon.formats.sdjwt.present import bind_key, select
from sinwon.formats.sdjwt.vc import VerifiedSdJwtVc, verify_sd_jwt_vc
from sinwon.keys.signer import CertifiedSigner
from tests.unit.formats.sdjwt.forge import (
    AUDIENCE,
    HIDDEN,
    HOLDER,
    NONCE,
    bound,
    digest,
    disclosure,
    forged,
    issued,
    presented,
    raw_disclosure,
    visible,
    with_disclosures,
)
from tests.world import NOW, issuer_signer, key, trust_anchors


def verify(presentation: str, *, audience: str = AUDIENCE, nonce: str = NONCE) -> VerifiedSdJwtVc:
    """Everything the format can say about a presentation."""
    sd_jwt = parse_sd_jwt(presentation)
    verified = verify_sd_jwt_vc(sd_jwt, anchors=trust_anchors(), now=NOW)
    check_key_binding(sd_jwt, verified.holder_key, audience=audience, nonce=nonce, now=NOW)
    return verified


def flipped(text: str, at: int) -> str:
    return text[:at] + ("B" if text[at] == "A" else "A") + text[at + 1 :]


# V01 ------------------------------------------------------------------------------------------------------------------


def test_V01_control_an_untouched_presentation_passes() -> None:
    verified = verify(presented())
    assert verified.claims["name_ko"] == HIDDEN["name_ko"]
    assert verified.claims["passport"] == {"number": "M12345567"}
    assert "birthdate" not in verified.claims


@pytest.mark.parametrize("part", ["header", "payload", "signature", "disclosure"])
def test_V01_one_changed_character(part: str) -> None:
    shown = select(parse_sd_jwt(issued()), [("name_ko",)])
    first_dot, last_dot = shown.index("."), shown.rindex(".")
    at = {"header": 20, "payload": first_dot + 30, "signature": last_dot + 10, "disclosure": shown.index("~") + 8}[part]
    with pytest.raises(Refusal):
        verify(bound(flipped(shown, at)))


def test_V01_a_stranger_signs_again() -> None:
    stranger = CertifiedSigner(key("stranger"), issuer_signer().chain)
    with pytest.raises(Untrusted):
        verify(bound(forged(visible(), by=stranger)))


# V04 ------------------------------------------------------------------------------------------------------------------


def shown_name() -> str:
    return select(parse_sd_jwt(issued()), [("name_ko",)])


def test_V04_control_hash_up_to_the_last_tilde() -> None:
    verify(bound(shown_name()))


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda shown: sd_hash(shown[:-1]), id="without_the_last_tilde"),
        pytest.param(lambda shown: sd_hash(shown + "~"), id="with_another_tilde"),
        pytest.param(lambda _shown: sd_hash(issued()), id="over_all_disclosures"),
        pytest.param(lambda shown: sd_hash(shown.split("~")[0] + "~"), id="over_no_disclosure"),
        pytest.param(lambda shown: hashlib.sha384(shown.encode()).hexdigest(), id="of_another_algorithm"),
        pytest.param(lambda shown: sd_hash(shown) + "=", id="padded"),
        pytest.param(lambda shown: [sd_hash(shown)], id="in_an_array"),
        pytest.param(lambda _shown: None, id="absent"),
    ],
)
def test_V04_sd_hash_over_something_else(spoil: Callable[[str], object]) -> None:
    shown = shown_name()
    with pytest.raises(Unmet, match="another presentation"):
        verify(bound(shown, sd_hash=spoil(shown)))


def test_V04_a_disclosure_dropped_after_binding() -> None:
    whole = presented()
    issuer_signed, first, *others = whole.split("~")
    with pytest.raises(Unmet, match="another presentation"):
        verify("~".join([issuer_signed, *others]))
    assert first


# V07 ------------------------------------------------------------------------------------------------------------------

NAME = disclosure("c2FsdHNhbHRzYWx0c2FsdA", "nickname", "옥분")


def deep(levels: int) -> str:
    return "[" * levels + "]" * levels


def test_V07_control_disclosures_of_one_kind_each() -> None:
    element = disclosure("c2FsdDJzYWx0MnNhbHQyMg", "KR")
    credential = with_disclosures(NAME, countries=[{"...": digest(element)}, "US"])
    verified = verify(bound(credential + element + "~"))
    assert verified.claims["nickname"] == "옥분"
    assert verified.claims["countries"] == ["KR", "US"]


def test_V07_control_proto_is_plain_data() -> None:
    assert verify(bound(with_disclosures(disclosure("salt", "__proto__", {"admin": True})))).claims["__proto__"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(disclosure("salt", "_sd", "x"), id="name_is_sd"),
        pytest.param(disclosure("salt", "_sd", ["x"]), id="name_is_sd_with_an_array"),
        pytest.param(disclosure("salt", "...", "x"), id="name_is_dots"),
        pytest.param(disclosure("salt", "_sd_alg", "md5"), id="name_is_sd_alg"),
        pytest.param(disclosure("salt"), id="arity_1"),
        pytest.param(disclosure(), id="arity_0"),
        pytest.param(disclosure("salt", "name", "value", "more"), id="arity_4"),
        pytest.param(disclosure("salt", "value"), id="arity_2_where_a_claim_belongs"),
        pytest.param(disclosure(5, "name", "value"), id="salt_is_a_number"),
        pytest.param(disclosure(None, "name", "value"), id="salt_is_null"),
        pytest.param(disclosure("salt", 5, "value"), id="name_is_a_number"),
        pytest.param(disclosure("salt", "vct", "urn:x"), id="name_already_there"),
        pytest.param(raw_disclosure(b'{"salt":1}'), id="not_an_array"),
        pytest.param(raw_disclosure(b'"salt"'), id="a_string"),
        pytest.param(raw_disclosure(b'["salt","name",{"a":1,"a":2}]'), id="duplicate_names_inside"),
        pytest.param(raw_disclosure(b'["salt","name",NaN]'), id="not_a_number"),
        pytest.param(raw_disclosure(b'["salt","name","\xff\xfe"]'), id="invalid_utf8"),
        pytest.param(raw_disclosure(b'\xef\xbb\xbf["salt","name",1]'), id="byte_order_mark"),
        pytest.param(raw_disclosure(f'["salt","name",{deep(1000)}]'.encode()), id="a_thousand_deep"),
        pytest.param(raw_disclosure(f'["salt","name",{deep(17)}]'.encode()), id="seventeen_deep"),
        pytest.param(disclosure("salt", "name", "value1") + "=", id="padded"),
        pytest.param(disclosure("salt", "name", "value") + " ", id="white_space"),
        pytest.param("", id="empty"),
        pytest.param("WyJzYWx0IiwibmFtZSIsMV1", id="spare_bits"),
    ],
)
def test_V07_a_disclosure_that_is_none(text: str) -> None:
    with pytest.raises((Malformed, Unmet)):
        verify(bound(with_disclosures(text)))


def twice_in_one_array() -> str:
    return with_disclosures(NAME, _sd=[digest(NAME), digest(NAME)])


def twice_at_two_places() -> str:
    return with_disclosures(NAME, address={"_sd": [digest(NAME)]})


def twice_through_a_disclosure() -> str:
    outer = disclosure("salt", "outer", {"_sd": [digest(NAME)]})
    return with_disclosures(NAME, outer)


def decoy_twice() -> str:
    return with_disclosures(NAME, _sd=[digest(NAME), digest("decoy"), digest("decoy")])


def same_claim_twice() -> str:
    return with_disclosures(NAME, disclosure("other salt", "nickname", "분옥"))


def disclosure_sent_twice() -> str:
    return forged({**visible(), "_sd": [digest(NAME)]}, [NAME, NAME])


def unreferenced() -> str:
    return forged({**visible(), "_sd": [digest("decoy")]}, [NAME])


def digest_of_another_algorithm() -> str:
    sha512 = base64url.encode(hashlib.sha512(NAME.encode()).digest())
    return forged({**visible(), "_sd": [sha512]}, [NAME])


def digest_of_the_decoded_text() -> str:
    return forged({**visible(), "_sd": [digest(base64url.decode(NAME).decode())]}, [NAME])


def claim_where_an_element_belongs() -> str:
    return forged({**visible(), "countries": [{"...": digest(NAME)}]}, [NAME])


def placeholder_with_company() -> str:
    return forged({**visible(), "countries": [{"...": digest(NAME), "more": 1}]}, [])


def placeholder_of_a_number() -> str:
    return forged({**visible(), "countries": [{"...": 5}]}, [])


def placeholder_outside_an_array() -> str:
    return forged({**visible(), "country": {"...": digest(NAME)}}, [])


def sd_is_a_string() -> str:
    return forged({**visible(), "_sd": digest(NAME)}, [NAME])


def sd_holds_a_number() -> str:
    return forged({**visible(), "_sd": [5]}, [])


def algorithm_inside() -> str:
    return forged({**visible(), "address": {"_sd_alg": "sha-256"}}, [])


def nested_by_disclosures() -> str:
    inner = disclosure("salt", "leaf", 1)
    chain = [inner]
    for level in range(17):
        inner = disclosure("salt", f"level{level}", {"_sd": [digest(inner)]})
        chain.append(inner)
    return forged({**visible(), "_sd": [digest(inner)]}, chain)


def a_circle() -> str:
    """No real circle can be made, for a digest cannot hold itself: the nearest is a digest that names its own parent."""
    child = disclosure("salt", "child", {"_sd": [digest(NAME)]})
    return forged({**visible(), "_sd": [digest(child), digest(NAME)]}, [child, NAME])


@pytest.mark.parametrize(
    "credential",
    [
        twice_in_one_array,
        twice_at_two_places,
        twice_through_a_disclosure,
        decoy_twice,
        same_claim_twice,
        disclosure_sent_twice,
        unreferenced,
        digest_of_another_algorithm,
        digest_of_the_decoded_text,
        claim_where_an_element_belongs,
        placeholder_with_company,
        placeholder_of_a_number,
        placeholder_outside_an_array,
        sd_is_a_string,
        sd_holds_a_number,
        algorithm_inside,
        nested_by_disclosures,
        a_circle,
    ],
)
def test_V07_disclosures_that_do_not_belong(credential: Callable[[], str]) -> None:
    with pytest.raises((Malformed, Unmet)):
        verify(bound(credential()))


def many(count: int) -> str:
    return with_disclosures(*(disclosure("salt", f"claim{number}", number) for number in range(count)))


def test_V07_control_as_many_disclosures_as_allowed() -> None:
    assert len(verify(bound(many(MAX_DISCLOSURES))).claims) > MAX_DISCLOSURES


@pytest.mark.parametrize("count", [MAX_DISCLOSURES + 1, 10_000])
def test_V07_too_many_disclosures(count: int) -> None:
    with pytest.raises(Malformed):
        parse_sd_jwt("~".join([issued().split("~")[0], *["WyIiLDFd"] * count, ""]))


# V08 ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ["sha-256", None])
def test_V08_control_sha_256_named_or_by_default(algorithm: str | None) -> None:
    assert verify(bound(with_disclosures(NAME, _sd_alg=algorithm))).claims["nickname"] == "옥분"


@pytest.mark.parametrize(
    "algorithm", ["md5", "sha-1", "sha-256-128", "sha-512-256", "sha3-256", "SHA-256", "x", "", 256, True, ["sha-256"]]
)
def test_V08_another_digest_algorithm(algorithm: object) -> None:
    with pytest.raises(Unmet, match="not on our list"):
        verify(bound(with_disclosures(NAME, _sd_alg=algorithm)))


@pytest.mark.parametrize(("algorithm", "by"), [("sha-384", hashlib.sha384), ("sha-512", hashlib.sha512)])
def test_V08_control_other_hashes_of_our_list(algorithm: str, by: Any) -> None:
    theirs = base64url.encode(by(NAME.encode()).digest())
    shown = forged({**visible(), "_sd": [theirs], "_sd_alg": algorithm}, [NAME])
    sd_jwt = parse_sd_jwt(bind_key(shown, audience=AUDIENCE, nonce=NONCE, now=NOW, signer=HOLDER))
    credential = verify_sd_jwt_vc(sd_jwt, anchors=trust_anchors(), now=NOW)
    assert (credential.claims["nickname"], credential.algorithm) == ("옥분", algorithm)
    expected: dict[str, Any] = {"audience": AUDIENCE, "nonce": NONCE, "now": NOW}
    check_key_binding(sd_jwt, credential.holder_key, algorithm=algorithm, **expected)
    with pytest.raises(Unmet, match="another presentation"):
        check_key_binding(sd_jwt, credential.holder_key, **expected)


@pytest.mark.parametrize(
    ("named", "by"),
    [("sha-256", hashlib.sha512), ("sha-512", hashlib.sha256), ("sha-384", hashlib.sha512), (None, hashlib.sha384)],
)
def test_V08_digests_by_another_hash_than_the_one_named(named: str | None, by: Any) -> None:
    theirs = base64url.encode(by(NAME.encode()).digest())
    with pytest.raises(Unmet):
        verify(bound(with_disclosures(NAME, _sd=[theirs], _sd_alg=named)))


def test_V08_truncated_digest() -> None:
    with pytest.raises(Unmet):
        verify(bound(forged({**visible(), "_sd": [digest(NAME)[:22]]}, [NAME])))


# V09 ------------------------------------------------------------------------------------------------------------------


def hiding(name: str, value: object) -> str:
    """A credential in which `name` is selectively disclosable."""
    return with_disclosures(disclosure("salt", name, value), **{name: None})


@pytest.mark.parametrize("name", ["iat", "sub", "nickname"])
def test_V09_control_other_claims_may_be_disclosed(name: str) -> None:
    assert name in verify(bound(hiding(name, NOW))).claims


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *visible().items(),
        ("vct#integrity", "sha256-x"),
        ("aka_vcts", ["urn:other"]),
    ],
)
def test_V09_a_protected_claim_disclosed(name: str, value: object) -> None:
    with pytest.raises(Refusal):
        verify(bound(hiding(name, value)))


@pytest.mark.parametrize("name", ["iss", "exp", "vct", "cnf", "status"])
def test_V09_a_protected_claim_overridden(name: str) -> None:
    with pytest.raises(Unmet):
        verify(bound(with_disclosures(disclosure("salt", name, "mine"))))


def test_V09_part_of_a_protected_claim_disclosed() -> None:
    inner = disclosure("salt", "note", "x")
    changed = {"cnf": {**visible()["cnf"], "_sd": [digest(inner)]}}
    credential = forged({**visible(), **changed}, [inner])
    with pytest.raises(Unmet, match="protected"):
        verify(bound(credential))


def test_V09_part_of_a_protected_claim_withheld() -> None:
    changed = {"status": {**visible()["status"], "_sd": [digest("withheld")]}}
    with pytest.raises(Unmet, match="protected"):
        verify(bound(forged({**visible(), **changed})))


# V10 ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("changed", [{}, {"exp": NOW + 1}, {"nbf": NOW}, {"nbf": NOW + 60}, {"nbf": None}, {"iat": NOW}])
def test_V10_control_valid_at_the_edges(changed: dict[str, Any]) -> None:
    verify(presented(issued(**changed)))


@pytest.mark.parametrize(
    "changed",
    [
        {"exp": NOW},
        {"exp": NOW - 1},
        {"exp": 0},
        {"exp": -1},
        {"nbf": NOW + 61},
        {"nbf": NOW + 86_400},
        {"exp": str(NOW + 1000)},
        {"exp": True},
        {"exp": float(NOW + 1000)},
        {"exp": [NOW + 1000]},
        {"exp": None},
        {"nbf": str(NOW)},
        {"nbf": False},
        {"nbf": NOW - 0.5},
        {"iat": "yesterday"},
    ],
)
def test_V10_not_valid_now_or_no_integer(changed: dict[str, Any]) -> None:
    credential = forged({**visible(**changed)})
    with pytest.raises(Unmet):
        verify(bound(credential))


@pytest.mark.parametrize("number", ["1e400", "NaN", "Infinity", "-Infinity", "1e3", f"{NOW + 1000}.0"])
def test_V10_numbers_beyond_json(number: str) -> None:
    payload = json.dumps(visible()).replace(str(NOW + 86_400), number).encode()
    with pytest.raises(Refusal):
        verify(bound(forged(payload)))


# V11 ------------------------------------------------------------------------------------------------------------------


def test_V11_control_validity_always_visible() -> None:
    assert verify(presented()).expires_at == NOW + 86_400


def test_V11_validity_only_in_a_withheld_disclosure() -> None:
    expiry = disclosure("salt", "exp", NOW + 86_400)
    with pytest.raises(Unmet, match="validity"):
        verify(bound(forged({**visible(exp=None), "_sd": [digest(expiry)]})))


def test_V11_validity_in_a_disclosure_that_is_shown() -> None:
    expiry = disclosure("salt", "exp", NOW + 86_400)
    with pytest.raises(Unmet, match="protected"):
        verify(bound(forged({**visible(exp=None), "_sd": [digest(expiry)]}, [expiry])))
