"""What is said of a key: known values, their order, and which of them reach what is required."""

import pytest

from sinwon.core.refusal import Malformed, Unmet
from sinwon.protocols.attestation.key_assurance import (
    LEVELS,
    MAX_VALUES,
    PIN_AND_PASSKEY,
    TWO_FACTORS,
    UNKNOWN,
    KeyAssurance,
    check_assurance,
    known_assurance,
    read_assurance,
)

BASIC, ENHANCED, MODERATE, HIGH = LEVELS


def test_only_known_values_are_passed_on_in_one_order() -> None:
    said = known_assurance([HIGH, "urn:mark:4711", BASIC, HIGH, PIN_AND_PASSKEY], [PIN_AND_PASSKEY, BASIC, "x"])
    assert said == KeyAssurance((BASIC, HIGH), (BASIC, PIN_AND_PASSKEY))
    assert said == known_assurance([BASIC, HIGH], [BASIC, PIN_AND_PASSKEY])


@pytest.mark.parametrize(
    "said", [UNKNOWN, TWO_FACTORS, KeyAssurance((MODERATE,)), KeyAssurance((BASIC,), (BASIC, PIN_AND_PASSKEY))]
)
def test_what_is_written_is_read(said: KeyAssurance) -> None:
    assert read_assurance(said.claim) == said
    assert all(said.claim.values())


def test_a_credential_without_a_word_of_its_key() -> None:
    assert read_assurance(None) == UNKNOWN
    assert not UNKNOWN.takes_two_factors


@pytest.mark.parametrize(
    "value",
    [
        "text",
        7,
        True,
        [PIN_AND_PASSKEY],
        {"key_storage": []},
        {"key_storage": "x"},
        {"key_storage": [1]},
        {"key_storage": None},
    ],
    ids=repr,
)
def test_another_shape_is_refused(value: object) -> None:
    with pytest.raises(Malformed):
        read_assurance(value)


def test_as_many_values_as_may_be() -> None:
    assert read_assurance({"user_authentication": [PIN_AND_PASSKEY] * MAX_VALUES}).takes_two_factors
    with pytest.raises(Malformed):
        read_assurance({"user_authentication": [PIN_AND_PASSKEY] * (MAX_VALUES + 1)})


REACHES = [
    (UNKNOWN, UNKNOWN),
    (KeyAssurance((HIGH,), (HIGH,)), UNKNOWN),
    (KeyAssurance((BASIC,)), KeyAssurance((BASIC,))),
    (KeyAssurance((HIGH,)), KeyAssurance((BASIC,))),
    (KeyAssurance((MODERATE,)), KeyAssurance((HIGH, ENHANCED))),
    (KeyAssurance((BASIC, HIGH)), KeyAssurance((MODERATE,))),
    (KeyAssurance((), (BASIC, PIN_AND_PASSKEY)), TWO_FACTORS),
    (KeyAssurance((MODERATE,), (PIN_AND_PASSKEY,)), KeyAssurance((MODERATE,), (PIN_AND_PASSKEY,))),
]
FALLS_SHORT = [
    (UNKNOWN, KeyAssurance((BASIC,))),
    (UNKNOWN, TWO_FACTORS),
    (KeyAssurance((BASIC,)), KeyAssurance((ENHANCED,))),
    (KeyAssurance((MODERATE,)), KeyAssurance((HIGH,))),
    (KeyAssurance((HIGH,), (HIGH,)), TWO_FACTORS),
    (KeyAssurance((PIN_AND_PASSKEY,)), TWO_FACTORS),
    (KeyAssurance((), (PIN_AND_PASSKEY,)), KeyAssurance((), (BASIC,))),
    (KeyAssurance((BASIC,), (PIN_AND_PASSKEY,)), KeyAssurance((HIGH,), (PIN_AND_PASSKEY,))),
    (KeyAssurance((HIGH,)), KeyAssurance((HIGH,), (PIN_AND_PASSKEY,))),
]


@pytest.mark.parametrize(("found", "required"), REACHES)
def test_enough_is_known(found: KeyAssurance, required: KeyAssurance) -> None:
    check_assurance(found, required)


@pytest.mark.parametrize(("found", "required"), FALLS_SHORT)
def test_too_little_is_known(found: KeyAssurance, required: KeyAssurance) -> None:
    with pytest.raises(Unmet) as refusal:
        check_assurance(found, required)
    assert refusal.value.code == "invalid_proof"
