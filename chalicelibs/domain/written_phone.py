"""Phone numbers as people and spreadsheets write them, read where only one can be meant.

Whoever pushes a task writes E.164; a file has been through hands and programs. What is certain
is repaired, and what is not is refused with its reason: a wrong guess rings at a stranger's.
"""

import re
from collections.abc import Iterator
from functools import cache

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType

from chalicelibs.domain.errors import Invalid
from chalicelibs.domain.numbering import is_plainly_valid
from chalicelibs.domain.plain_letters import in_plain_letters
from chalicelibs.domain.row_codes import RowCode, UnusableRow

#: Regions that have national mobile numbers of 11 digits and more, by their length. Without the
#: zero before it, such a number looks like one of another country that has lost its plus:
#: 17032345678 rings in China, or in Virginia.
RIVALS = {
    11: ("AR", "AT", "BR", "CN", "DE", "ID", "NL"),
    12: ("AT", "ID"),
    13: ("AT",),
}

#: Without a plus, fewer digits are no number with its country code.
FEWEST_DIGITS = 11

#: From so many digits on, what begins with a region's own country code is no national number.
LONG = 12

#: What may be a number in its own country.
NATIONAL = re.compile("0[1-9][0-9]{4,12}|[1-9][0-9]{5,10}")

#: No number is written with more letters, and patterns are slow with thousands.
LONGEST = 100

#: What programs put before or around a number, or people.
SCHEME = re.compile(r"\A(?:(?:tel|callto|whatsapp|p)\s*:|tel\.\s*:?)\s*", re.IGNORECASE)
GUARDS = "'’‘`´"
FORMULA = re.compile(r'=\s*"?([^"]*)"?')

#: `9.19876E+11`, in the two ways to write a decimal point.
SCIENTIFIC = re.compile(r"([1-9])(?:[.,]([0-9]+))?[eE]\+?([0-9]{1,3})")

#: `919876543210.0`: never by hand, for no group of a number ends so.
DECIMAL = re.compile(r"(\+?)([0-9]{7,15})[.,]00?")

#: `34,600,000,000`.
THOUSANDS = re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+")

#: A number and what may stand between its digits. A slash parts the area code, see `SLASHED`.
WRITTEN = re.compile(r"[\[( ]*(\+?)[\[( ]*[0-9][\])( .0-9/\[-]*")
SLASHED = re.compile(r"[^0-9]*(?:[0-9][^0-9/]*){1,6}/[^/]*")

#: Letters that people use for a region, which are not its own.
CALLED_OTHERWISE = {"UK": "GB", "EL": "GR"}

WRITE_ONE = "write one number and nothing else, like +34600000000"
NO_SUCH = "no such number can exist in its country's numbering plan"


def read_phone(text: str, region: str | None) -> str:
    """The number in E.164 that a cell can only mean.

    Raises:
        UnusableRow: with what is wrong, and what to do about it; it names no column.
    """
    if is_plainly_valid(text):
        return text
    if len(text) > LONGEST:
        raise UnusableRow(RowCode.INVALID_PHONE, WRITE_ONE)
    has_plus, digits = digits_of(unwrapped(text))
    readings = {e164(one) for one in possible(digits, region, has_plus=has_plus)}
    if len(readings) > 1:
        raise UnusableRow(RowCode.AMBIGUOUS_PHONE, ambiguity(region))
    if not readings:
        raise refusal(digits, region, has_plus=has_plus)
    return readings.pop()


def unwrapped(text: str) -> str:
    """The text in plain characters, without what programs put around a number."""
    bare = in_plain_letters(text).strip()
    bare = bare.lstrip(GUARDS).strip()
    formula = FORMULA.fullmatch(bare)
    bare = formula[1] if formula else bare.strip('"')
    return SCHEME.sub("", bare.strip().lstrip(GUARDS)).strip()


def digits_of(text: str) -> tuple[bool, str]:
    """Whether a number has its plus, and its digits.

    Raises:
        UnusableRow: when it is none.
    """
    if not text:
        message = "there is no number: fill it in, or take the row out"
        raise UnusableRow(RowCode.MISSING_PHONE, message)
    scientific = SCIENTIFIC.fullmatch(text.removeprefix("+"))
    if scientific:
        return text.startswith("+"), whole(*scientific.groups(default=""))
    as_decimal = DECIMAL.fullmatch(text)
    if as_decimal:
        return bool(as_decimal[1]), as_decimal[2]
    if THOUSANDS.fullmatch(text):
        return False, text.replace(",", "")
    written = WRITTEN.fullmatch(text)
    if not written or ("/" in text and not SLASHED.fullmatch(text)):
        raise UnusableRow(RowCode.INVALID_PHONE, WRITE_ONE)
    return bool(written[1]), re.sub("[^0-9]", "", text)


def whole(first: str, rest: str, exponent: str) -> str:
    """The digits of `9.19876543210E+11`, where all of them are there.

    Raises:
        UnusableRow: when a spreadsheet has rounded some away.
    """
    places = int(exponent)
    if len(rest) < places or rest[places:].strip("0"):
        message = (
            "a spreadsheet has rounded this number, its last digits are lost: format the column"
            " as text, and write the number anew"
        )
        raise UnusableRow(RowCode.DIGITS_LOST, message)
    return first + rest[:places]


def possible(digits: str, region: str | None, *, has_plus: bool) -> Iterator[PhoneNumber]:
    """The numbers that these digits may mean."""
    if has_plus:
        yield from some(valid(f"+{digits.removeprefix('00')}"))
        return
    if digits.startswith("00"):
        yield from some(valid(f"+{digits[2:]}"))
    if region is None:
        yield from without_region(digits)
    else:
        yield from in_region(digits, region)


def without_region(digits: str) -> Iterator[PhoneNumber]:
    """What digits mean that nobody has said a region for: a number that lost its plus."""
    international = with_lost_plus(digits)
    if international is not None:
        yield international
        for region in RIVALS.get(len(digits), ()):
            if mobile_pattern(region).fullmatch(digits):
                yield from some(valid(digits, region))


@cache
def mobile_pattern(region: str) -> re.Pattern[str]:
    """What mobile numbers of a region look like; asked for every number without a plus."""
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
    pattern = metadata and metadata.mobile and metadata.mobile.national_number_pattern
    return re.compile(pattern or "(?!)")


def in_region(digits: str, region: str) -> Iterator[PhoneNumber]:
    """What digits mean in a region: one of its own numbers, or one that lost its plus.

    A number that is written as its region writes it is that one. Without its zero, or with its
    region's own code, it may be two.
    """
    national, international = valid(digits, region), with_lost_plus(digits)
    if national is not None and is_written_so(national, digits):
        yield national
        return
    yield from some(international)
    if international is None or not is_surely_of(region, international, digits):
        yield from some(national)


def is_written_so(number: PhoneNumber, digits: str) -> bool:
    """Whether these are the digits with which a number is dialled in its own country."""
    national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    return re.sub("[^0-9]", "", national) == digits


def is_surely_of(region: str, number: PhoneNumber, digits: str) -> bool:
    """Whether digits that begin with a region's code are no national number of it.

    Some numbering plans allow lengths that nobody has.
    """
    has_its_code = number.country_code == phonenumbers.country_code_for_region(region)
    return has_its_code and (len(digits) >= LONG or is_mobile(number))


def with_lost_plus(digits: str) -> PhoneNumber | None:
    """The number with its country code that these digits are, without the plus."""
    is_long = len(digits) >= FEWEST_DIGITS and not digits.startswith("0")
    return valid(f"+{digits}") if is_long else None


def valid(text: str, region: str | None = None) -> PhoneNumber | None:
    """A number that its country's numbering plan knows."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


def some(number: PhoneNumber | None) -> Iterator[PhoneNumber]:
    """The number, if it is one."""
    if number is not None:
        yield number


def is_mobile(number: PhoneNumber) -> bool:
    """Whether it is certainly somebody's mobile phone."""
    return bool(phonenumbers.number_type(number) == PhoneNumberType.MOBILE)


def e164(number: PhoneNumber) -> str:
    """The number as it is stored."""
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def ambiguity(region: str | None) -> str:
    """What to do about a number of two countries."""
    alone = "write it with + and country code"
    if region is None:
        return (
            f"this is a number of more than one country: {alone}, or import the file with the"
            " region of its numbers"
        )
    return f"this may be a number of {region} or of another country: {alone}"


def refusal(digits: str, region: str | None, *, has_plus: bool) -> UnusableRow:
    """Why digits mean no number."""
    if region is None and not has_plus and NATIONAL.fullmatch(digits):
        message = (
            "write it with + and country code, like +34600000000, or import the file with the"
            " region of its numbers"
        )
        return UnusableRow(RowCode.MISSING_COUNTRY_CODE, message)
    where = f" (read as a number of {region})" if region and not has_plus else ""
    return UnusableRow(RowCode.INVALID_PHONE, NO_SUCH + where)


def region_of(text: str) -> str:
    """A region that has phone numbers, by its two letters.

    Raises:
        Invalid: when there is none of this name.
    """
    letters = text.strip().upper()
    region = CALLED_OTHERWISE.get(letters, letters)
    if region not in phonenumbers.SUPPORTED_REGIONS:
        raise Invalid("must be a country's two letters, like DE or IN", "region")
    return region
