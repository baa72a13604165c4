"""What is plainly valid is what the library finds valid, and stays as it is written."""

from itertools import chain

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneNumberFormat

from chalicelibs.domain.numbering import is_plainly_valid

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
EXAMPLES = [
    phonenumbers.format_number(number, PhoneNumberFormat.E164)
    for region in REGIONS
    for kind in phonenumbers.supported_types_for_region(region)
    if (number := phonenumbers.example_number_for_type(region, kind)) is not None
]


def is_e164(text: str) -> bool:
    """Whether the library, with all its care, finds the same number there."""
    try:
        number = phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        return False
    is_same = phonenumbers.format_number(number, PhoneNumberFormat.E164) == text
    return is_same and phonenumbers.is_valid_number(number)


def near(text: str) -> list[str]:
    """A number, and some that are nearly the same."""
    size = len(text)
    one_off = [text[:at] + str((int(text[at]) + 1) % 10) + text[at + 1 :] for at in range(1, size)]
    return [text, text[:-1], text + "0", *one_off, text[:3] + "0" + text[3:]]


@pytest.mark.parametrize("region", REGIONS)
def test_nothing_is_plainly_valid_that_is_not(region: str) -> None:
    code = f"+{phonenumbers.country_code_for_region(region)}"
    own = [text for text in EXAMPLES if text.startswith(code)]
    wrong = [
        text
        for text in chain.from_iterable(map(near, own))
        if is_plainly_valid(text) and not is_e164(text)
    ]

    assert wrong == []


def test_nearly_all_valid_numbers_are_plainly_so() -> None:
    plain = sum(map(is_plainly_valid, EXAMPLES))

    assert plain > 0.9 * len(EXAMPLES)
    for text in ("+34600000001", "+919876543210", "+4915112345678", "+12025550123"):
        assert is_plainly_valid(text)


@given(
    code=st.sampled_from(sorted(COUNTRY_CODE_TO_REGION_CODE)),
    rest=st.from_regex(r"[0-9]{4,12}", fullmatch=True),
)
def test_whatever_is_plainly_valid_is_e164(code: int, rest: str) -> None:
    text = f"+{code}{rest}"

    assert not is_plainly_valid(text) or is_e164(text)


@pytest.mark.parametrize(
    "text", ["", "+", "34600000001", "+34 600000001", "+34600000001\n", "+34٦"]
)
def test_what_looks_otherwise_is_not_plainly_valid(text: str) -> None:
    assert not is_plainly_valid(text)
