"""What people type, and what they read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client import words


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        pytest.param("45s", 45_000, id="seconds"),
        pytest.param("30m", 1_800_000, id="minutes"),
        pytest.param("2h", 7_200_000, id="hours"),
        pytest.param("1d", 86_400_000, id="days"),
        pytest.param("1h30m", 5_400_000, id="hours and minutes"),
        pytest.param(" 90M ", 5_400_000, id="loosely written"),
        pytest.param("0s", 0, id="none at all"),
    ],
)
def test_a_pause_is_read_as_milliseconds(text: str, ms: int) -> None:
    assert words.read_pause(text) == ms


@pytest.mark.parametrize("text", ["", "30", "m", "-5m", "30 minutes", "30m1h", "1.5h", "٣m"])
def test_what_is_no_pause_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="1h30m"):
        words.read_pause(text)


@given(st.integers(min_value=0, max_value=10**7))
def test_a_pause_that_is_shown_can_be_typed(seconds: int) -> None:
    assert words.read_pause(words.pause(seconds * 1000)) == seconds * 1000


@pytest.mark.parametrize(
    ("ms", "text"), [(5_400_000, "1h30m"), (90_000, "1m30s"), (500, "0.5s"), (0, "0s")]
)
def test_a_pause_is_shown_in_the_largest_units(ms: int, text: str) -> None:
    assert words.pause(ms) == text


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("10:00-20:00", ("10:00", "20:00")),
        ("9:30 - 24:00", ("09:30", "24:00")),
        ("22:00-02:00", ("22:00", "02:00")),
    ],
)
def test_hours_are_two_times(text: str, hours: tuple[str, str]) -> None:
    assert words.read_hours(text) == hours


@pytest.mark.parametrize("text", ["", "10:00", "10-20", "10:00-", "10:00-20:00-21:00"])
def test_what_are_no_hours_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="10:00-20:00"):
        words.read_hours(text)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        pytest.param("mon", ["mon"], id="one"),
        pytest.param("Wed, mon,mon", ["mon", "wed"], id="in order, each once"),
        pytest.param("mon-fri", ["mon", "tue", "wed", "thu", "fri"], id="a range"),
        pytest.param("sat-mon", ["mon", "sat", "sun"], id="over the weekend"),
        pytest.param("mon,thu-fri", ["mon", "thu", "fri"], id="both"),
        pytest.param("tue-tue", ["tue"], id="a range of one"),
    ],
)
def test_days_are_listed_or_ranges(text: str, days: list[str]) -> None:
    assert words.read_days(text) == days


@pytest.mark.parametrize("text", ["", "monday", "mon,", "mon-", "lun"])
def test_what_is_no_day_is_refused_with_those_there_are(text: str) -> None:
    with pytest.raises(ValueError, match="mon,tue,wed"):
        words.read_days(text)


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("name=Eva", ("name", "Eva")),
        ("sum=1+1=2", ("sum", "1+1=2")),
        ("note=", ("note", "")),
    ],
)
def test_a_pair_is_split_at_its_first_equals_sign(text: str, pair: tuple[str, str]) -> None:
    assert words.read_pair(text) == pair


@pytest.mark.parametrize("text", ["", "name", "=Eva"])
def test_what_is_no_pair_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="name=Eva"):
        words.read_pair(text)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "-"),
        (True, "yes"),
        (False, "no"),
        (7, "7"),
        ("two\nlines", "two lines"),
        ("\x1b[31mred", "\N{REPLACEMENT CHARACTER}[31mred"),
    ],
)
def test_a_value_is_shown_in_one_line_that_no_terminal_obeys(value: object, shown: str) -> None:
    assert words.plain(value) == shown


@pytest.mark.parametrize(
    ("count", "shown"), [(None, "-"), (0.0, "0:00"), (65.2, "1:05"), (3600.0, "60:00")]
)
def test_a_call_lasts_minutes_and_seconds(count: float | None, shown: str) -> None:
    assert words.seconds(count) == shown


def test_an_instant_is_shown_to_the_second() -> None:
    assert words.instant("2027-03-05T12:10:20.123Z") == "2027-03-05 12:10:20Z"
    assert words.instant(None) == "-"
