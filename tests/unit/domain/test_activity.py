"""Calls over time, in points that are neither too many nor have gaps."""

from datetime import timedelta

import pytest

from chalicelibs.domain.activity import (
    LONGEST,
    MOST_POINTS,
    Ended,
    Kind,
    kind_of,
    series,
    step_for,
)
from tests.builders import CAMPAIGN, NOON

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        ("completed", Kind.REACHED),
        ("busy_callback", Kind.REACHED),
        ("will_pay", Kind.REACHED),
        ("no_answer", Kind.MISSED),
        ("busy", Kind.MISSED),
        ("voicemail", Kind.MISSED),
        ("no_response", Kind.MISSED),
        ("failed", Kind.FAILED),
        ("init_failed", Kind.FAILED),
    ],
)
def test_each_outcome_is_of_one_kind(outcome: str, kind: Kind) -> None:
    assert kind_of(outcome) is kind


def test_a_call_counts_in_the_minute_in_which_it_ended() -> None:
    ended = Ended.call(CAMPAIGN, NOON + timedelta(seconds=59.9), "busy")

    assert ended == (CAMPAIGN, NOON, Kind.MISSED)


@pytest.mark.parametrize(
    ("span", "step"),
    [
        (MINUTE, MINUTE),
        (2 * HOUR, MINUTE),
        (2 * HOUR + MINUTE, 2 * MINUTE),
        (timedelta(days=1), 15 * MINUTE),
        (LONGEST, timedelta(hours=12)),
    ],
    ids=str,
)
def test_a_span_has_points_as_short_as_their_number_lets(span: timedelta, step: timedelta) -> None:
    assert step_for(span) == step
    assert span / step <= MOST_POINTS


def test_points_follow_one_another_and_sum_what_ended_in_them() -> None:
    activity = {
        (NOON + 2 * HOUR, Kind.REACHED): 2,
        (NOON + 2 * HOUR + MINUTE, Kind.REACHED): 1,
        (NOON + 2 * HOUR + MINUTE, Kind.FAILED): 4,
        (NOON - MINUTE, Kind.MISSED): 9,
    }

    step, points = series(activity, NOON, NOON + 4 * HOUR)

    assert step == 2 * MINUTE
    assert [one.at for one in points] == [NOON + place * step for place in range(120)]
    told = {one.at: dict(one.counts) for one in points if one.counts}
    assert told == {NOON + 2 * HOUR: {Kind.REACHED: 3, Kind.FAILED: 4}}
