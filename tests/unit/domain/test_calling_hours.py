import json
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelibs.domain.calling_hours import ALL_DAYS, CallingHours, InvalidHours, Window
from chalicelibs.domain.errors import Invalid
from chalicelibs.domain.zones import UnknownZone, zone

CASES: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parents[2] / "data" / "dst_cases.json").read_text()
)

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def case_id(case: dict[str, Any]) -> str:
    return " ".join(str(case[key]) for key in ("zone", "local", "day", "start") if key in case)


def the_hours(text: str) -> CallingHours:
    return CallingHours.parse(text)


# --- What the reference says ---------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES["instants"], ids=case_id)
def test_a_window_starts_at_the_later_occurrence_or_after_the_gap(case: dict[str, Any]) -> None:
    local = datetime.fromisoformat(case["local"])
    end = local + 3 * HOUR
    hours = CallingHours.of(start=f"{local:%H:%M}", end=f"{end:%H:%M}", zone=case["zone"])
    the_day_is_missing = case["zone"] == "Pacific/Apia"

    windows = hours.windows(local.date())

    assert [window.start for window in windows] == (
        [] if the_day_is_missing else [utc(case["as_start"])]
    )


@pytest.mark.parametrize("case", CASES["instants"], ids=case_id)
def test_a_window_ends_at_the_earlier_occurrence_or_after_the_gap(case: dict[str, Any]) -> None:
    local = datetime.fromisoformat(case["local"])
    start = local - 3 * HOUR
    hours = CallingHours.of(start=f"{start:%H:%M}", end=f"{local:%H:%M}", zone=case["zone"])
    the_day_is_missing = case["zone"] == "Pacific/Apia"

    windows = hours.windows(start.date())

    assert [window.end for window in windows] == (
        [] if the_day_is_missing else [utc(case["as_end"])]
    )


@pytest.mark.parametrize("case", CASES["windows"], ids=case_id)
def test_a_day_with_a_shift_opens_as_the_reference_says(case: dict[str, Any]) -> None:
    hours = CallingHours.of(start=case["start"], end=case["end"], zone=case["zone"])
    expected = case["open"] and Window(start=utc(case["open"][0]), end=utc(case["open"][1]))

    assert hours.windows(date.fromisoformat(case["day"])) == ((expected,) if expected else ())


@pytest.mark.parametrize("case", [case for case in CASES["windows"] if case["open"]], ids=case_id)
def test_a_window_of_the_reference_is_open_from_its_start_until_before_its_end(
    case: dict[str, Any],
) -> None:
    day = frozenset({date.fromisoformat(case["day"]).weekday()})
    hours = CallingHours.of(start=case["start"], end=case["end"], zone=case["zone"], days=day)
    start, end = map(utc, case["open"])

    assert hours.next_opening(start - HOUR) == start
    assert not hours.is_open(start - MINUTE)
    assert hours.is_open(start)
    assert hours.is_open(end - MINUTE)
    assert not hours.is_open(end)
    assert hours.closes_at(start) == end


@pytest.mark.parametrize("case", CASES["zone_data"], ids=case_id)
def test_hours_follow_the_pinned_zone_data(case: dict[str, Any]) -> None:
    local = datetime.fromisoformat(case["local"])
    hours = CallingHours.of(start=f"{local:%H:%M}", end="18:00", zone=case["zone"])

    assert hours.next_opening(utc(case["local"]) - 10 * HOUR) == utc(case["instant"])


@pytest.mark.parametrize(
    ("case", "added"), [(case, case.get("add_hours")) for case in CASES["arithmetic"]]
)
def test_hours_on_both_sides_of_a_shift_are_apart_in_real_time(
    case: dict[str, Any], added: int | None
) -> None:
    start = datetime.fromisoformat(case["local"])
    later = datetime.fromisoformat(case.get("expected_local") or case["until_local"])
    first = CallingHours.of(start=f"{start:%H:%M}", end="23:00", zone=case["zone"])
    second = CallingHours.of(start=f"{later:%H:%M}", end="23:00", zone=case["zone"])

    (before,), (after,) = first.windows(start.date()), second.windows(later.date())

    assert after.start - before.start == timedelta(hours=added or case["expected_hours"])


# --- Ordinary days -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2027-05-03T04:29:59.999999", False),
        ("2027-05-03T04:30", True),
        ("2027-05-03T12:29:59.999999", True),
        ("2027-05-03T12:30", False),
        ("2027-05-08T06:00", False),  # a Saturday
    ],
)
def test_hours_are_half_open(at: str, is_open: bool) -> None:
    assert the_hours("1000-1800,12345@Asia/Kolkata").is_open(utc(at)) is is_open


@pytest.mark.parametrize(
    ("after", "opening"),
    [
        ("2027-05-03T04:00", "2027-05-03T04:30"),
        ("2027-05-03T04:30", "2027-05-03T04:30"),
        ("2027-05-03T06:15:30.5", "2027-05-03T06:15:30.5"),
        ("2027-05-03T12:30", "2027-05-04T04:30"),
        ("2027-05-07T12:30", "2027-05-10T04:30"),  # over the weekend
    ],
)
def test_the_next_opening_is_now_or_the_start_of_the_next_window(after: str, opening: str) -> None:
    assert the_hours("1000-1800,12345@Asia/Kolkata").next_opening(utc(after)) == utc(opening)


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2027-05-07T21:59", False),
        ("2027-05-07T22:00", True),
        ("2027-05-08T01:59", True),
        ("2027-05-08T02:00", False),
        ("2027-05-08T22:00", False),
        ("2027-05-07T01:00", False),  # would belong to Thursday
    ],
)
def test_an_overnight_window_belongs_to_the_day_it_starts(at: str, is_open: bool) -> None:
    assert the_hours("2200-0200,5@UTC").is_open(utc(at)) is is_open


def test_hours_until_midnight_do_not_run_over() -> None:
    hours = the_hours("2200-2400@UTC")

    assert hours.closes_at(utc("2027-05-03T23:00")) == utc("2027-05-04T00:00")
    assert not hours.is_open(utc("2027-05-04T00:00"))


def test_whole_days_in_a_row_close_after_the_last_of_them() -> None:
    hours = the_hours("0000-2400,567@UTC")

    assert hours.closes_at(utc("2027-05-07T09:00")) == utc("2027-05-10T00:00")
    assert hours.next_opening(utc("2027-05-10T00:00")) == utc("2027-05-14T00:00")


def test_closed_hours_close_at_no_time() -> None:
    assert the_hours("1000-1800@UTC").closes_at(utc("2027-05-03T09:59")) is None


def test_an_opening_that_the_clocks_skip_waits_for_the_next_day() -> None:
    hours = the_hours("0215-0245@America/New_York")

    assert hours.next_opening(utc("2027-03-14T06:00")) == utc("2027-03-15T06:15")


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("America/Havana", "2025-11-02T04:30"),  # the first hour of the day comes twice
        ("America/St_Johns", "2010-11-07T02:45"),  # the clocks went back over midnight
        ("Asia/Beirut", "2027-03-27T22:00"),
        ("Pacific/Apia", "2011-12-30T10:00"),
    ],
)
def test_hours_round_the_clock_never_close(name: str, near: str) -> None:
    hours = CallingHours.of(start="00:00", end="24:00", zone=name)

    around = [utc(near) + minutes * MINUTE for minutes in range(-1600, 1600)]

    assert all(hours.is_open(at) for at in around)
    assert hours.closes_at(utc(near)) is None


def test_a_weekend_around_the_clock_has_no_doubtful_hour_inside() -> None:
    weekend, sunday = (
        the_hours("0000-2400,67@America/Havana"),
        the_hours("0000-2400,7@America/Havana"),
    )

    assert weekend.is_open(utc("2025-11-02T04:30"))
    assert not sunday.is_open(utc("2025-11-02T04:30"))
    assert sunday.next_opening(utc("2025-11-02T04:30")) == utc("2025-11-02T05:00")


def test_a_window_may_still_be_to_come_though_its_day_seems_over() -> None:
    # In 2010 the clocks of St. John's went from 00:01 on Sunday back to 23:01 on Saturday.
    hours = the_hours("2330-0030,6@America/St_Johns")
    first_moment_of_sunday = utc("2010-11-07T02:30:30")

    assert not hours.is_open(first_moment_of_sunday)
    assert hours.next_opening(first_moment_of_sunday) == utc("2010-11-07T03:00")


def test_instants_of_another_zone_are_understood_and_answered_in_utc() -> None:
    hours = the_hours("1000-1800@Asia/Kolkata")
    at = datetime(2027, 5, 3, 11, tzinfo=timezone(5.5 * HOUR))

    opening = hours.next_opening(at)

    assert hours.is_open(at)
    assert opening == at
    assert opening.tzinfo is UTC


# --- For all hours, zones and instants -----------------------------------------------------------

SHIFTS = [
    ("America/New_York", "2027-03-14T07:00"),
    ("America/New_York", "2027-11-07T06:00"),
    ("Europe/Berlin", "2027-10-31T01:00"),
    ("Australia/Lord_Howe", "2027-10-02T15:30"),
    ("Australia/Lord_Howe", "2027-04-03T15:00"),
    ("Africa/Casablanca", "2026-02-15T02:00"),
    ("Africa/Casablanca", "2026-03-22T02:00"),
    ("Pacific/Apia", "2011-12-30T10:00"),
    ("Asia/Beirut", "2027-03-27T22:00"),
    ("Asia/Beirut", "2027-10-30T21:00"),
    ("America/Havana", "2025-11-02T05:00"),
    ("America/Sao_Paulo", "2018-11-04T03:00"),
    ("America/St_Johns", "2010-11-07T02:31"),
    ("America/Nuuk", "2027-10-31T01:00"),
    ("Antarctica/Troll", "2027-03-28T01:00"),
    ("Asia/Kathmandu", "2027-03-28T01:00"),
    ("Pacific/Kiritimati", "1994-12-31T10:00"),
]


@st.composite
def hours_in(draw: st.DrawFn, name: str) -> CallingHours:
    opens = draw(st.integers(0, 1439))
    closes = draw(st.integers(1, 1440).filter(lambda minutes: minutes != opens))
    days = draw(st.frozensets(st.integers(0, 6), min_size=1) | st.just(ALL_DAYS))
    return CallingHours(opens=opens, closes=closes, days=days, zone=name)


@st.composite
def hours_and_instant(draw: st.DrawFn) -> tuple[CallingHours, datetime]:
    """Any hours, at an instant within two days of a shift of their zone."""
    name, shift = draw(st.sampled_from(SHIFTS))
    minutes = draw(st.integers(-2 * 1440, 2 * 1440))
    seconds = draw(st.sampled_from([0, 0, 1, 59.999999]))
    return draw(hours_in(name)), utc(shift) + minutes * MINUTE + timedelta(seconds=seconds)


@given(hours_and_instant())
def test_the_next_opening_is_open_and_not_before(drawn: tuple[CallingHours, datetime]) -> None:
    hours, at = drawn

    opening = hours.next_opening(at)

    assert opening is not None
    assert opening >= at
    assert hours.is_open(opening)


@settings(max_examples=60, deadline=None)
@given(hours_and_instant())
def test_no_minute_before_the_next_opening_is_open(drawn: tuple[CallingHours, datetime]) -> None:
    hours, at = drawn

    opening = hours.next_opening(at)

    assert opening is not None
    waited = min((opening - at) // MINUTE, 2 * 1440)
    assert not any(hours.is_open(at + minutes * MINUTE) for minutes in range(waited))
    assert opening == at or not hours.is_open(opening - timedelta(microseconds=1))


@given(hours_and_instant())
def test_open_means_that_the_next_opening_is_now(drawn: tuple[CallingHours, datetime]) -> None:
    hours, at = drawn

    assert hours.is_open(at) == (hours.next_opening(at) == at)


@given(hours_and_instant())
def test_hours_are_open_until_they_close(drawn: tuple[CallingHours, datetime]) -> None:
    hours, at = drawn

    end = hours.closes_at(at)

    if end is not None:
        assert at < end
        assert hours.is_open(at)
        assert hours.is_open(end - timedelta(microseconds=1))
        assert not hours.is_open(end)


@settings(max_examples=400)
@given(hours_and_instant())
def test_open_is_what_the_windows_of_the_days_say(drawn: tuple[CallingHours, datetime]) -> None:
    hours, at = drawn
    today = at.astimezone(zone(hours.zone)).date()

    windows = [w for ahead in range(-3, 4) for w in hours.windows(today + ahead * DAY)]

    assert hours.is_open(at) == any(at in window for window in windows)
    assert all(a.end <= b.start for a, b in pairwise(windows))


@settings(max_examples=400)
@given(hours_and_instant())
def test_no_call_starts_when_the_wall_clock_stands_outside(
    drawn: tuple[CallingHours, datetime],
) -> None:
    hours, at = drawn

    if hours.is_open(at):
        assert wall_clock_says_open(hours, at)


@given(
    st.sampled_from(sorted({name for name, _ in SHIFTS})).flatmap(hours_in),
    st.datetimes(datetime(2000, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_on_days_without_a_shift_the_wall_clock_decides(hours: CallingHours, at: datetime) -> None:
    local_zone = zone(hours.zone)
    offsets = {
        (at + hours_ * HOUR).astimezone(local_zone).utcoffset() for hours_ in range(-50, 51)
    }

    if len(offsets) == 1:
        assert hours.is_open(at) == wall_clock_says_open(hours, at)


def wall_clock_says_open(hours: CallingHours, at: datetime) -> bool:
    """Read a clock and a calendar on the wall, minute by minute; knows nothing of shifts."""
    local = at.astimezone(ZoneInfo(hours.zone))
    minute = local.hour * 60 + local.minute
    if hours.opens < hours.closes:
        return local.weekday() in hours.days and hours.opens <= minute < hours.closes
    if minute >= hours.opens:
        return local.weekday() in hours.days
    return minute < hours.closes and (local.weekday() - 1) % 7 in hours.days


# --- Text ----------------------------------------------------------------------------------------


@given(st.sampled_from(["UTC", "Asia/Kolkata", "Etc/GMT+5"]).flatmap(hours_in))
def test_the_text_of_hours_gives_the_same_hours(hours: CallingHours) -> None:
    assert CallingHours.parse(str(hours)) == hours


@pytest.mark.parametrize(
    ("hours", "text"),
    [
        ({"start": "10:00", "end": "18:00"}, "1000-1800@Asia/Kolkata"),
        ({"start": "10:00:00", "end": "18:30:00"}, "1000-1830@Asia/Kolkata"),
        ({"start": 1000, "end": 1800, "days": [4, 3, 2, 1, 0]}, "1000-1800,12345@Asia/Kolkata"),
        ({"start": 0, "end": 2400, "days": range(7)}, "0000-2400@Asia/Kolkata"),
        ({"start": 5, "end": "24:00", "days": {6}}, "0005-2400,7@Asia/Kolkata"),
        ({"start": "22:00", "end": "02:00"}, "2200-0200@Asia/Kolkata"),
        ({"start": "22:00", "end": "00:00"}, "2200-2400@Asia/Kolkata"),
    ],
)
def test_hours_are_read_as_people_write_them(hours: dict[str, Any], text: str) -> None:
    assert str(CallingHours.of(**hours, zone="Asia/Kolkata")) == text


@pytest.mark.parametrize(
    ("start", "end", "param"),
    [
        ("9:00", "18:00", "start"),
        ("10:00:30", "18:00", "start"),
        ("24:00", "18:00", "start"),
        ("10.00", "18:00", "start"),
        ("-1:00", "18:00", "start"),
        ("\u0661\u0660:00", "18:00", "start"),
        ("", "18:00", "start"),
        (None, "18:00", "start"),
        (True, "18:00", "start"),
        (-100, 1800, "start"),
        (10.5, 1800, "start"),
        (1000, 1860, "end"),
        (1000, 2401, "end"),
        (1000, 10000, "end"),
        ("10:00", "18:60", "end"),
        ("10:00", "25:00", "end"),
        ("10:00", "18:00\n", "end"),
        ("10:00", "10:00", "end"),
        ("00:00", "00:00", "end"),
    ],
)
def test_a_time_that_cannot_be_kept_is_refused_by_name(start: Any, end: Any, param: str) -> None:
    with pytest.raises(InvalidHours) as refusal:
        CallingHours.of(start=start, end=end, zone="UTC")

    assert refusal.value.param == param
    assert isinstance(refusal.value, Invalid)


@pytest.mark.parametrize("days", [[], [7], [-1], ["mon"], [0, 1, 8]])
def test_days_that_no_week_has_are_refused(days: Any) -> None:
    with pytest.raises(InvalidHours) as refusal:
        CallingHours.of(start=1000, end=1800, zone="UTC", days=days)

    assert refusal.value.param == "days"


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(UnknownZone):
        CallingHours.of(start=1000, end=1800, zone="Mars/Olympus")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1000-1800",
        "1000-1800@",
        "10:00-18:00@UTC",
        "1000-1800,@UTC",
        "1000-1800,1234567@UTC",
        "1000-1800,21@UTC",
        "1000-1800,11@UTC",
        "1000-1800,8@UTC",
        "1000-0000@UTC",
        "1000-1000@UTC",
        "1060-1800@UTC",
        "1000-1800@UTC\n",
        " 1000-1800@UTC",
        "1000-1800@utc",
    ],
)
def test_only_the_canonical_text_is_parsed(text: str) -> None:
    with pytest.raises((InvalidHours, UnknownZone)):
        CallingHours.parse(text)


@pytest.mark.parametrize("question", ["is_open", "next_opening", "closes_at"])
def test_a_naive_instant_is_a_mistake_of_the_caller(question: str) -> None:
    hours = the_hours("1000-1800@UTC")

    with pytest.raises(ValueError, match="naive"):
        getattr(hours, question)(datetime(2027, 5, 3))  # noqa: DTZ001


@pytest.mark.parametrize("at", ["0001-01-01", "9999-12-31"])
def test_an_instant_at_the_end_of_time_is_refused(at: str) -> None:
    with pytest.raises(InvalidHours):
        the_hours("1000-1800@Asia/Kolkata").next_opening(utc(at))
