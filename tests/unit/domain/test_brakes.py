"""When a campaign stops by itself."""

from datetime import timedelta

import pytest

from chalicelibs.domain.brakes import (
    Brakes,
    Budget,
    FailureBrake,
    Gauge,
    Sample,
    Used,
    verdict,
    why_failing,
    why_spent,
)
from chalicelibs.domain.errors import Invalid
from chalicelibs.domain.progress import Progress
from tests.builders import NOON

MINUTE = timedelta(minutes=1)


def gauge(*samples: tuple[int, int, int]) -> Gauge:
    """Looks at the counters: minutes after noon, calls, failures."""
    return Gauge(samples=tuple(Sample(NOON + at * MINUTE, *counts) for at, *counts in samples))


@pytest.mark.parametrize(
    ("looks", "stops"),
    [
        pytest.param([(0, 0, 0), (5, 30, 24)], True, id="the share, of enough calls"),
        pytest.param([(0, 0, 0), (5, 30, 23)], False, id="just below the share"),
        pytest.param([(0, 0, 0), (5, 29, 29)], False, id="too few calls to say"),
        pytest.param([(5, 40, 0), (5, 40, 0)], False, id="no call since"),
        pytest.param([(0, 100, 0), (5, 130, 30)], True, id="what was before does not count"),
        pytest.param([(0, 100, 100), (5, 130, 100)], False, id="nor do old failures"),
        pytest.param([(5, 30, 30)], False, id="one look is no difference"),
        pytest.param([], False, id="nothing was seen"),
    ],
)
def test_a_campaign_stops_when_its_calls_fail(
    looks: list[tuple[int, int, int]], stops: bool
) -> None:
    reason = why_failing(FailureBrake(), gauge(*looks), None)

    assert (reason is not None) == stops


@pytest.mark.parametrize("percent", range(1, 101))
def test_the_very_share_stops_it(percent: int) -> None:
    brake = FailureBrake(share=percent / 100, least_calls=1)

    assert why_failing(brake, gauge((0, 0, 0), (5, 100, percent)), None) is not None
    assert why_failing(brake, gauge((0, 0, 0), (5, 100, percent - 1)), None) is None


def test_what_fails_before_the_first_look_counts() -> None:
    """A hundred calls can fail in the minute in which a campaign begins."""
    first = Gauge().after(
        Progress(calls=100, outcomes={"init_failed": 99}), NOON, zone="UTC", brakes=Brakes()
    )

    assert why_failing(FailureBrake(), first, NOON - MINUTE) == "99 of the last 100 calls failed"


def test_the_reason_says_how_many_failed() -> None:
    assert why_failing(FailureBrake(), gauge((0, 0, 0), (5, 40, 36)), None) == (
        "36 of the last 40 calls failed"
    )


def test_what_failed_before_it_was_resumed_was_known() -> None:
    seen = gauge((0, 0, 0), (5, 40, 40), (8, 41, 41))

    assert why_failing(FailureBrake(), seen, NOON + 4 * MINUTE) is None


def test_without_a_brake_nothing_stops_it() -> None:
    brakes = Brakes(failure=None)

    assert verdict(brakes, gauge((0, 0, 0), (5, 99, 99)), Progress(), since=None) is None


@pytest.mark.parametrize(
    ("budget", "progress", "reason"),
    [
        (Budget(attempts=5), Progress(calls=14), None),
        (Budget(attempts=5), Progress(calls=15), "the day's 5 attempts are used"),
        (Budget(minutes=3), Progress(talked=timedelta(seconds=299)), None),
        (Budget(minutes=3), Progress(talked=5 * MINUTE), "the day's 3 minutes are used"),
        (Budget(cost_micros={"EUR": 2_500_000}), Progress(cost_micros={"EUR": 3_499_999}), None),
        (
            Budget(cost_micros={"EUR": 2_500_000}),
            Progress(cost_micros={"EUR": 3_500_000, "USD": 1}),
            "the day's 2.5 EUR are spent",
        ),
        (
            Budget(cost_micros={"JPY": 1_234_567_890_000}),
            Progress(cost_micros={"JPY": 1_234_567_890_000}),
            "the day's 1234567.89 JPY are spent",
        ),
        (Budget(), Progress(calls=10**6), None),
    ],
)
def test_a_budget_counts_from_the_beginning_of_the_day(
    budget: Budget, progress: Progress, reason: str | None
) -> None:
    dawn = Used(10, 2 * MINUTE, {"EUR": 1_000_000})

    assert why_spent(budget, Gauge(at_dawn=dawn), progress) == reason


def test_a_day_begins_at_midnight_of_the_campaigns_zone() -> None:
    zone = "Asia/Tokyo"  # at noon UTC it is 21:00 there
    evening = Gauge().after(Progress(calls=7), NOON, zone=zone, brakes=Brakes())
    night = evening.after(Progress(calls=9), NOON + 4 * 60 * MINUTE, zone=zone, brakes=Brakes())

    assert (evening.day, evening.at_dawn.calls) == ("2027-03-05", 0)
    assert (night.day, night.at_dawn.calls) == ("2027-03-06", 9)


def looked(seen: Gauge, hours: float, calls: int, zone: str) -> Gauge:
    """One more look, so many hours after noon of 5 March in UTC."""
    at = NOON + timedelta(hours=hours)
    return seen.after(Progress(calls=calls), at, zone=zone, brakes=Brakes())


def test_a_campaign_that_moves_to_another_zone_and_back_does_not_begin_the_day_anew() -> None:
    seen = looked(Gauge(), 0, 5, "UTC")
    seen = looked(seen, 4, 6, "Asia/Tokyo")  # the 6th, there
    seen = looked(seen, 5, 7, "UTC")
    assert (seen.day, seen.at_dawn.calls) == ("2027-03-05", 0)

    seen = looked(seen, 12, 8, "UTC")

    assert (seen.day, seen.at_dawn.calls) == ("2027-03-06", 8)


def test_the_first_day_in_another_zone_ends_there() -> None:
    seen = looked(Gauge(), 0, 5, "UTC")
    seen = looked(seen, 4, 6, "Asia/Tokyo")
    seen = looked(seen, 13, 7, "Asia/Tokyo")  # 01:00 of the 6th in UTC, 10:00 there
    assert (seen.day, seen.zone, seen.at_dawn.calls) == ("2027-03-06", "Asia/Tokyo", 7)

    assert looked(seen, 26, 8, "Asia/Tokyo").at_dawn.calls == 7
    assert looked(seen, 28, 9, "Asia/Tokyo").at_dawn.calls == 9


def test_a_zone_to_the_west_has_each_date_once() -> None:
    seen = looked(Gauge(), 0, 5, "UTC")
    seen = looked(seen, 13, 6, "America/Los_Angeles")  # 01:00 of the 6th in UTC, the 5th there
    assert (seen.day, seen.at_dawn.calls) == ("2027-03-06", 6)

    assert looked(seen, 24, 7, "America/Los_Angeles").at_dawn.calls == 6
    assert looked(seen, 45, 8, "America/Los_Angeles").at_dawn.calls == 8


def test_a_gauge_of_a_former_release_is_of_a_day_in_the_campaigns_zone() -> None:
    former = Gauge(day="2027-03-05", at_dawn=Used(2))

    assert looked(former, 2, 5, "Asia/Tokyo").at_dawn.calls == 2
    assert looked(former, 2, 5, "Asia/Tokyo").zone == "Asia/Tokyo"
    assert looked(former, 4, 6, "Asia/Tokyo").at_dawn.calls == 6


def test_a_gauge_remembers_the_window_and_one_look_before_it() -> None:
    seen = Gauge()
    for minute in range(0, 40, 4):
        at = NOON + minute * MINUTE
        seen = seen.after(Progress(calls=minute), at, zone="UTC", brakes=Brakes())

    assert [sample.calls for sample in seen.samples] == [24, 28, 32, 36]


def test_what_a_campaign_began_with_is_forgotten_with_the_window() -> None:
    seen = Gauge()
    for minute, calls in ((0, 50), (4, 50), (20, 50), (24, 60)):
        at = NOON + minute * MINUTE
        seen = seen.after(Progress(calls=calls), at, zone="UTC", brakes=Brakes())

    assert [sample.calls for sample in seen.samples] == [50, 50, 60]


def test_a_look_that_finds_nothing_new_need_not_be_remembered() -> None:
    seen = Gauge().after(Progress(calls=3), NOON, zone="UTC", brakes=Brakes())

    assert seen.is_of(Progress(calls=3), NOON + MINUTE, zone="UTC", brakes=Brakes())
    assert not seen.is_of(Progress(calls=4), NOON + MINUTE, zone="UTC", brakes=Brakes())
    assert not seen.is_of(Progress(calls=3), NOON + 780 * MINUTE, zone="UTC", brakes=Brakes())


def test_other_brakes_judge_what_was_seen_anew() -> None:
    seen = Gauge().after(Progress(calls=3), NOON, zone="UTC", brakes=Brakes())
    lowered = Brakes(budget=Budget(attempts=3))

    assert not seen.is_of(Progress(calls=3), NOON + MINUTE, zone="UTC", brakes=lowered)


@pytest.mark.parametrize("share", [0, -0.1, 1.01])
def test_a_share_is_a_share(share: float) -> None:
    with pytest.raises(Invalid):
        FailureBrake(share=share)
