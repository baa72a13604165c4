import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelibs.domain.phone import InvalidPhone, masked, parse_phone


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        pytest.param("+34600000000", "+34600000000", id="as it is stored"),
        pytest.param("  +34600000000\t", "+34600000000", id="with spaces around"),
        pytest.param("+34 600 000 000", "+34600000000", id="grouped"),
        pytest.param("+49 (0)30 901820", "+4930901820", id="with the trunk zero in brackets"),
        pytest.param("+1-650-253-0000", "+16502530000", id="with dashes"),
        pytest.param("+39 06 698 12345", "+390669812345", id="Italy keeps its zero"),
        pytest.param("+٣٤٦٠٠٠٠٠٠٠٠", "+34600000000", id="in Arabic digits"),
        pytest.param("+34\u00a0600 000 000\u202c", "+34600000000", id="as spreadsheets copy it"),
    ],
)
def test_a_number_has_one_spelling(written: str, stored: str) -> None:
    assert parse_phone(written) == stored


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("", id="nothing"),
        pytest.param("600000000", id="without a country"),
        pytest.param("0034600000000", id="with zeros for the plus"),
        pytest.param("+", id="a plus alone"),
        pytest.param("+abc", id="letters"),
        pytest.param("+34", id="a country alone"),
        pytest.param("+3460000000", id="too short"),
        pytest.param("+346000000000", id="too long"),
        pytest.param("+999600000000", id="no such country"),
        pytest.param("+14155550", id="incomplete"),
        pytest.param("+1 650 253 0000 ext. 123", id="an extension"),
        pytest.param("+" + "1" * 300, id="absurd"),
        pytest.param("+1 800 FLOWERS", id="letters for digits"),
        pytest.param("+34600000000/+34600000001", id="two numbers"),
        pytest.param("+34600\n000000", id="two lines"),
        pytest.param("+34600000000;phone-context=x", id="a parameter"),
        pytest.param("+34600000000\0", id="a NUL"),
    ],
)
def test_what_cannot_be_dialled_is_refused(written: str) -> None:
    with pytest.raises(InvalidPhone) as refusal:
        parse_phone(written)

    assert refusal.value.param == "phone"


def test_a_refusal_names_the_field_it_came_in() -> None:
    with pytest.raises(InvalidPhone) as refusal:
        parse_phone("nobody", param="from")

    assert refusal.value.param == "from"


@given(st.text(max_size=30))
def test_any_text_is_a_number_or_refused(text: str) -> None:
    try:
        phone = parse_phone(text)
    except InvalidPhone:
        return

    assert phone.startswith("+")
    assert parse_phone(phone) == phone


def test_a_masked_number_shows_its_last_two_digits_only() -> None:
    assert masked("+34600000042") == "…42"
