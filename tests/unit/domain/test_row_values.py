"""What a row may say besides the number, in the ways in which people write it."""

from datetime import datetime

import pytest

from chalicelibs.domain.external_id import LONGEST
from chalicelibs.domain.row_codes import RowCode, UnusableRow
from chalicelibs.domain.row_values import external_id_in, priorities_in, start_in, zone_in
from tests.builders import utc


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("Asia/Kolkata", "Asia/Kolkata"),
        ("asia/kolkata", "Asia/Kolkata"),
        ("America/New York", "America/New_York"),
        ("america/new_york", "America/New_York"),
        ("UTC", "UTC"),
        ("est", "EST"),
    ],
)
def test_a_zone_is_an_iana_name_in_any_case(text: str, zone: str) -> None:
    assert zone_in(text) == zone


@pytest.mark.parametrize(
    "text", ["PST", "GMT+2:00", "Madrid", "+01:00", "../etc/passwd", "Factory"]
)
def test_what_is_no_zone_is_refused(text: str) -> None:
    with pytest.raises(UnusableRow, match="IANA") as refused:
        zone_in(text)

    assert refused.value.code == RowCode.INVALID_TIMEZONE


@pytest.mark.parametrize(
    ("text", "zone", "start"),
    [
        ("2027-03-05T16:30Z", "Asia/Tokyo", utc("2027-03-05T16:30")),
        ("2027-03-05T16:30:00+01:00", "Asia/Tokyo", utc("2027-03-05T15:30")),
        ("2027-03-05T16:30", "Asia/Tokyo", utc("2027-03-05T07:30")),
        ("2027-03-05 16:30", "Europe/Madrid", utc("2027-03-05T15:30")),
        ("2027-03-05 16:30:10", "UTC", utc("2027-03-05T16:30:10")),
        ("2027-03-05", "Europe/Madrid", utc("2027-03-04T23:00")),
        ("2027-03-28 02:30", "Europe/Madrid", utc("2027-03-28T01:00")),
        ("2027-10-31 02:30", "Europe/Madrid", utc("2027-10-31T01:30")),
    ],
    ids=lambda value: str(value),
)
def test_a_start_is_an_instant_or_what_the_clocks_of_a_zone_show(
    text: str, zone: str, start: datetime
) -> None:
    assert start_in(text, zone) == start


@pytest.mark.parametrize(
    "text", ["05/03/2027", "tomorrow", "16:30", "2027-02-30", "2027-03-05 25:00", "1772900000"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UnusableRow, match="2027-03-05 16:30") as refused:
        start_in(text, "UTC")

    assert refused.value.code == RowCode.INVALID_START


@pytest.mark.parametrize("text", ["1969-12-31T23:59Z", "2200-01-02", "0001-01-01", "9999-12-31"])
def test_a_start_that_is_too_far_away_is_refused(text: str) -> None:
    with pytest.raises(UnusableRow) as refused:
        start_in(text, "Asia/Tokyo")

    assert refused.value.code == RowCode.INVALID_START


@pytest.mark.parametrize(
    ("text", "priorities"),
    [
        ("high", (200, 199, 198)),
        ("Normal", (100, 99, 98)),
        ("LOWEST", (25, 24, 23)),
        ("150", (150, 149, 148)),
        ("150.0", (150, 149, 148)),
        ("1", (1, 0, 0)),
        ("0", (0, 0, 0)),
        ("1000", (1000, 999, 998)),
    ],
)
def test_a_priority_is_a_word_or_the_number_of_the_first_attempt(
    text: str, priorities: tuple[int, ...]
) -> None:
    assert priorities_in(text, 3) == priorities


@pytest.mark.parametrize("text", ["1001", "-1", "VIP", "1.5", "1e2", "٣", "99999999999"])
def test_what_is_no_priority_is_refused(text: str) -> None:
    with pytest.raises(UnusableRow, match="from 0 to 1000") as refused:
        priorities_in(text, 3)

    assert refused.value.code == RowCode.INVALID_PRIORITY


@pytest.mark.parametrize("text", ["17", "crm:00Q1x00000", "Eva & Söhne", "x" * LONGEST])
def test_an_external_id_is_kept_as_it_is(text: str) -> None:
    assert external_id_in(text) == text


@pytest.mark.parametrize("text", ["x" * (LONGEST + 1), "two\nlines", "\x00"])
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(UnusableRow) as refused:
        external_id_in(text)

    assert refused.value.code == RowCode.INVALID_EXTERNAL_ID
