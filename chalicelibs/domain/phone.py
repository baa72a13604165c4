"""Phone numbers, stored as E.164 and nothing else."""

import re

import phonenumbers

from chalicelibs.domain.errors import Invalid

#: What stands in no number, and what a second number or a remark begins with. The library would
#: read letters as keys, and the first of two numbers.
STRANGE = re.compile(r"[^\W\d_]|[;/\x00-\x1f\x7f]")


class InvalidPhone(Invalid):
    """Not a phone number that can be dialled."""


def parse_phone(text: str, *, param: str = "phone") -> str:
    """The number in E.164, e.g. `+34600000000`; it must come with `+` and country code.

    Raises:
        InvalidPhone: with what to do about it.
    """
    stripped = text.strip()
    if not stripped.startswith("+"):
        raise InvalidPhone("write the number with + and country code, like +34600000000", param)
    try:
        number = phonenumbers.parse(stripped)
    except phonenumbers.NumberParseException:
        raise InvalidPhone("this is not a phone number", param) from None
    if number.extension:
        raise InvalidPhone("extensions cannot be dialled: write the number alone", param)
    if STRANGE.search(stripped):
        raise InvalidPhone("write one number and nothing else, like +34600000000", param)
    if not phonenumbers.is_valid_number(number):
        raise InvalidPhone("no such number can exist in its country's numbering plan", param)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def masked(phone: str) -> str:
    """The number with only its last two digits, for people who may not see it."""
    return f"…{phone[-2:]}"
