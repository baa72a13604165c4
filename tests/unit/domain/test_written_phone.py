"""Numbers as they stand in real files: what they can only mean, and what is left to people."""

import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from chalicelibs.domain.errors import Invalid
from chalicelibs.domain.row_codes import UnusableRow
from chalicelibs.domain.written_phone import RIVALS, read_phone, region_of

ANA = "+34600000001"
TARUN = "+919876543210"


def code_of(text: str, region: str | None = None) -> str:
    with pytest.raises(UnusableRow) as refused:
        read_phone(text, region)
    assert refused.value.message
    assert refused.value.param is None
    return refused.value.code


# --- With plus and country code ------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        *("+34600000001", " +34600000001 ", "+34 600 000 001", "+34-600-000-001"),
        *("+34.600.000.001", "(+34) 600 000 001", "+34 (600) 000-001", "[+34] 600000001"),
        *("+ 34 600 000 001", "+34 600/000001", "+34 600 000 001.", "+34  600--000  001"),
        *("0034600000001", "00 34 600 000 001", "(0034) 600 000 001", "+0034 600 000 001"),
        *("'+34600000001", "’+34600000001", "`+34600000001", "' +34600000001", "\t+34600000001"),
        *('="+34600000001"', "=+34600000001", '"+34600000001"', '="\'+34600000001"'),
        *("tel:+34600000001", "TEL: +34 600 000 001", "Tel.: +34600000001", "tel. 0034600000001"),
        *("whatsapp:+34600000001", "callto:+34600000001", "p:+34600000001", "'tel:+34600000001"),
        *("+34\u00a0600\u00a0000\u00a0001", "+34\u202f600\u2009000\u2009001"),
        *("\ufeff+34600000001", "+34\u200b600000001", "\u202a+34600000001\u202c"),
        *("+34‑600‑000‑001", "+34–600–000–001", "+34−600−000−001", "+34·600·000·001"),
        *(
            "＋３４６０００００００１",
            "（＋３４）６０００００００１",
            "+٣٤٦٠٠٠٠٠٠٠١",
            "+३४६०००००००१",
        ),
        *("+34600000001.0", "34600000001", "34 600 000 001", "34600000001.0", "34600000001,00"),
        *("34,600,000,001", "34.600.000.001", "3.4600000001E+10", "3,4600000001e10"),
        *("+3.4600000001E+10", "3.46000000010E+10", "3.4600000001E+010", "3.4600000001E10"),
    ],
)
def test_a_number_with_its_country_code_is_read_however_it_is_written(text: str) -> None:
    assert read_phone(text, None) == ANA


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("+49 (0)30 1234567", "+49301234567"),
        ("+44 (0)20 7946 0958", "+442079460958"),
        ("+39 06 1234567", "+39061234567"),
        ("0039 06 1234567", "+39061234567"),
        ("+55 (11) 98765-4321", "+5511987654321"),
        ("+1 (202) 555-0123", "+12025550123"),
        ("+86 138 0013 8000", "+8613800138000"),
        ("91 98765 43210", TARUN),
        ("919876543210.0", TARUN),
        ("9.19876543210E+11", TARUN),
        ("447911123456", "+447911123456"),
        ("4915112345678", "+4915112345678"),
        ("33612345678", "+33612345678"),
        ("5511987654321", "+5511987654321"),
        ("12125550123", "+12125550123"),
        ("8613800138000", "+8613800138000"),
        ("971501234567", "+971501234567"),
    ],
)
def test_a_number_of_any_country_is_read_without_a_region(text: str, phone: str) -> None:
    assert read_phone(text, None) == phone


# --- National numbers ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("region", "text", "phone"),
    [
        ("ES", "600 000 001", ANA),
        ("ES", "600000001.0", ANA),
        ("ES", "6.00000001E+08", ANA),
        ("ES", "34600000001", ANA),
        ("ES", "0034 600 000 001", ANA),
        ("ES", "+33612345678", "+33612345678"),
        ("ES", "33612345678", "+33612345678"),
        ("DE", "030/1234567", "+49301234567"),
        ("DE", "(030) 123 45 67", "+49301234567"),
        ("DE", "0151 12345678", "+4915112345678"),
        ("DE", "15112345678", "+4915112345678"),
        ("DE", "4915112345678", "+4915112345678"),
        ("DE", "493012345678", "+493012345678"),
        ("DE", "0034600000001", ANA),
        ("GB", "07911 123456", "+447911123456"),
        ("GB", "7911123456", "+447911123456"),
        ("GB", "447911123456", "+447911123456"),
        ("GB", "020 7946 0958", "+442079460958"),
        ("FR", "06 12 34 56 78", "+33612345678"),
        ("FR", "612345678", "+33612345678"),
        ("IT", "06 1234567", "+39061234567"),
        ("IT", "333 1234567", "+393331234567"),
        ("US", "(202) 555-0123", "+12025550123"),
        ("US", "202.555.0123", "+12025550123"),
        ("US", "1-202-555-0123", "+12025550123"),
        ("US", "12025550123", "+12025550123"),
        ("US", "17032345678", "+17032345678"),
        ("US", "011 34 600 000 001", ANA),
        ("IN", "98765 43210", TARUN),
        ("IN", "098765 43210", TARUN),
        ("IN", "919876543210", TARUN),
        ("BR", "(11) 98765-4321", "+5511987654321"),
        ("BR", "011 98765-4321", "+5511987654321"),
        ("BR", "34987654321", "+5534987654321"),
        ("CN", "138 0013 8000", "+8613800138000"),
        ("CN", "17032345678", "+8617032345678"),
        ("MX", "55 1234 5678", "+525512345678"),
        ("AU", "0410 123 456", "+61410123456"),
        ("RU", "8 (916) 123-45-67", "+79161234567"),
        ("RU", "79161234567", "+79161234567"),
        ("ID", "0812-3456-789", "+628123456789"),
        ("ID", "628123456789", "+628123456789"),
        ("IR", "۰۹۱۲۳۴۵۶۷۸۹", "+989123456789"),
        ("AE", "٠٥٠١٢٣٤٥٦٧", "+971501234567"),
    ],
)
def test_a_national_number_is_read_where_its_region_was_said(
    region: str, text: str, phone: str
) -> None:
    assert read_phone(text, region) == phone


@pytest.mark.parametrize(
    "text", ["600 000 001", "600000001.0", "030 1234567", "(202) 555-0123", "9876543210"]
)
def test_a_national_number_without_a_region_asks_for_one(text: str) -> None:
    assert code_of(text) == "missing_country_code"


# --- What is not certain -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("region", "text"),
    [
        pytest.param(None, "34987654321", id="Spain, or Brazil"),
        pytest.param(None, "17032345678", id="Virginia, or China"),
        pytest.param(None, "15202345678", id="Arizona, or Germany without the zero"),
        pytest.param(None, "85291234567", id="Hong Kong, or Indonesia without the zero"),
        pytest.param("DE", "34600000001", id="Spain, or Germany without the zero"),
    ],
)
def test_a_number_of_two_countries_is_not_guessed(region: str | None, text: str) -> None:
    assert code_of(text, region) == "ambiguous_phone"


@pytest.mark.parametrize(
    "text", ["9.19876E+11", "9,19876E+11", "9.2E+11", "9E+11", "9.19876e11", "9.1987654321E+11"]
)
@pytest.mark.parametrize("region", [None, "IN"])
def test_digits_that_a_spreadsheet_rounded_away_are_not_made_up(
    text: str, region: str | None
) -> None:
    assert code_of(text, region) == "digits_lost"


@pytest.mark.parametrize(
    "text",
    [
        *("+34600000001/+34600000002", "+34600000001, +34600000002", "+34600000001;2"),
        *("+34600000001 +34600000002", "600123456/7", "600000001 or 600000002", "600\n601"),
        *("+34 600 000 001 ext 5", "+34600000001x5", "1-800-FLOWERS", "n/a", "#NAME?", "#####"),
        *("-600000001", "600²000001", "６００a", "+", "()", "00", "0", "=1+2", "+34", "12345"),
        *("+34 60000000", "+999 123456789", "+3460000000100000000000", "1e99", "1.5E-3", "😀"),
        *(
            '=HYPERLINK("tel:+34600000001")',
            "2027-03-05",
            "+34 600 000 001\u0000",
            "++34600000001",
        ),
        *("34600000001+", "0.5", "1,5", "NaN", "null", "-", "+49 (0)"),
    ],
)
def test_what_is_no_number_is_refused(text: str) -> None:
    assert code_of(text, "ES") in {"invalid_phone", "digits_lost"}


@pytest.mark.parametrize("text", ["", " ", "\u00a0", "'", '=""', "\u200b", "tel:"])
def test_a_missing_number_is_called_that(text: str) -> None:
    assert code_of(text, "ES") == "missing_phone"


@pytest.mark.parametrize("sign", ["(", " (", "9", "=", "'", '="', "\u200b", "/", "9/", "E", "."])
def test_a_cell_of_a_hundred_thousand_signs_is_no_number_and_takes_no_time(sign: str) -> None:
    assert code_of(sign * 50_000 + "x", "ES") == "invalid_phone"
    assert code_of(f'={" " * 100_000}""x', "ES") == "invalid_phone"


def test_no_message_repeats_the_number() -> None:
    for text in ("600 000 001", "34987654321", "9.19876E+11", "600123456/7"):
        with pytest.raises(UnusableRow) as refused:
            read_phone(text, None)
        digits = text.split("E")[0].replace(" ", "")
        assert digits not in refused.value.message.replace("+34600000000", "")


def test_the_rivals_are_the_regions_with_long_mobile_numbers() -> None:
    found: dict[int, tuple[str, ...]] = {}
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        kinds = phonenumbers.supported_types_for_region(region)
        if PhoneNumberType.MOBILE not in kinds:
            continue
        metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
        assert metadata is not None
        assert metadata.mobile is not None
        assert metadata.general_desc is not None
        for length in metadata.mobile.possible_length or metadata.general_desc.possible_length:
            if length >= 11:
                found[length] = (*found.get(length, ()), region)

    assert found == RIVALS


# --- Regions -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "region"), [("DE", "DE"), ("de", "DE"), (" De ", "DE"), ("uk", "GB"), ("GB", "GB")]
)
def test_a_region_is_two_letters_in_any_case(text: str, region: str) -> None:
    assert region_of(text) == region


@pytest.mark.parametrize("text", ["", "D", "Germany", "DEU", "ZZ", "001", "+49", "U K"])
def test_what_is_no_region_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        region_of(text)

    assert refused.value.param == "region"


# --- Whatever stands there -----------------------------------------------------------------------

COUNTRIES = ["ES", "DE", "GB", "FR", "IT", "US", "IN", "BR", "CN", "MX", "AU", "RU", "ID", "AE"]
EXAMPLES = [
    number
    for region in COUNTRIES
    for kind in (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE)
    if (number := phonenumbers.example_number_for_type(region, kind)) is not None
]
SIGNS = st.text(st.sampled_from(list("0123456789+-() ./'=\"eE,;x\t\u00a0\u200b٣３")), max_size=24)


@given(text=st.one_of(SIGNS, st.text(max_size=20)), region=st.sampled_from([None, *COUNTRIES]))
@example(text="+34600000001", region=None)
def test_whatever_is_taken_is_a_valid_number_in_e164(text: str, region: str | None) -> None:
    try:
        phone = read_phone(text, region)
    except UnusableRow:
        return

    number = phonenumbers.parse(phone)
    assert phonenumbers.is_valid_number(number)
    assert phonenumbers.format_number(number, PhoneNumberFormat.E164) == phone


@given(
    number=st.sampled_from(EXAMPLES),
    tail=st.integers(0, 9999),
    form=st.sampled_from(
        [PhoneNumberFormat.E164, PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.RFC3966]
    ),
    between=st.sampled_from([" ", "-", ".", "\u00a0", ""]),
    around=st.sampled_from(["{}", " {} ", "'{}", '="{}"', "\ufeff{}", "\u202a{}\u202c", "tel:{}"]),
)
def test_a_number_with_its_country_code_comes_back_from_any_usual_form(
    number: phonenumbers.PhoneNumber, tail: int, form: int, between: str, around: str
) -> None:
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)[:-4] + f"{tail:04}"
    number = phonenumbers.parse(e164)
    if not phonenumbers.is_valid_number(number):
        return
    written = phonenumbers.format_number(number, form).removeprefix("tel:")
    text = around.format(written.replace(" ", between).replace("-", between))

    assert read_phone(text, None) == e164
    assert read_phone(text, "DE") == e164


@pytest.mark.parametrize("number", EXAMPLES, ids=str)
def test_a_national_number_comes_back_in_its_own_region(number: phonenumbers.PhoneNumber) -> None:
    own = phonenumbers.region_code_for_number(number)
    national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)

    assert read_phone(national, own) == phonenumbers.format_number(number, PhoneNumberFormat.E164)
