"""Telephone numbers of any country, in E.164. A Korean one is accepted like any other and never needed."""

from typing import Final

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from sinwon.core.refusal import Malformed

REFUSED: Final = frozenset(
    {
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.UAN,
        PhoneNumberType.PAGER,
        PhoneNumberType.VOICEMAIL,
    }
)
"""Numbers that cost a caller money, or belong to nobody in particular."""


def parse_phone_number(text: str) -> str:
    """`+` and digits, E.164, of a possible personal line. Raises Malformed("invalid_phone")."""
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        raise Malformed("invalid_phone", "not a number with country code") from None
    if number.extension or not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) in REFUSED:
        raise Malformed("invalid_phone", "not a personal telephone number")
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def masked_phone(number: str) -> str:
    """`+1 ••• ••• 0123`: the country and the last four."""
    return f"+{phonenumbers.parse(number, None).country_code} ••• ••• {number[-4:]}"
