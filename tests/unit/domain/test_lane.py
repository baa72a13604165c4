from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelibs.domain.calling_hours import CallingHours
from chalicelibs.domain.lane import (
    SHARD_SIZE,
    Lane,
    attempt_lane,
    partition,
    realtime_lane,
    realtime_lanes,
    rescue_partition,
    shard_for,
)
from chalicelibs.domain.priority import HIGHEST, LOWEST, Level, per_attempt
from tests.builders import CAMPAIGN, NOON, OTHER_WORKSPACE, WORKSPACE, rules, utc

OFFICE = CallingHours.of(start="10:00", end="18:00", zone="Asia/Kolkata")
NIGHT = CallingHours.of(start="22:00", end="02:00", zone="Asia/Kolkata")


# --- Names ---------------------------------------------------------------------------------------


def test_a_lane_of_a_batch_campaign_is_named_by_the_attempt() -> None:
    lane = Lane.of_attempt(CAMPAIGN, rules(max_attempts=3), 2)

    assert lane.name == attempt_lane(2) == "attempt-2"
    assert (lane.priority, lane.hours, lane.is_callback) == (99, OFFICE, False)


def test_callbacks_of_a_batch_campaign_have_a_lane_of_their_own() -> None:
    lane = Lane.of_callbacks(CAMPAIGN, rules())

    assert (lane.name, lane.is_callback, lane.hours) == ("callback", True, OFFICE)


def test_callbacks_may_be_promised_outside_calling_hours() -> None:
    assert Lane.of_callbacks(CAMPAIGN, rules(callbacks_outside_hours=True)).hours is None


def test_the_partitions_of_two_lanes_campaigns_shards_or_workspaces_are_different() -> None:
    keys = {
        partition("c1", "attempt-1", 0),
        partition("c1", "attempt-1", 1),
        partition("c1", "attempt-2", 0),
        partition("c2", "attempt-1", 0),
        rescue_partition(WORKSPACE),
        rescue_partition(OTHER_WORKSPACE),
    }

    assert len(keys) == 6


def test_a_lane_knows_its_partitions() -> None:
    lane = Lane.of_attempt(CAMPAIGN, rules(), 1)

    assert lane.partition(3) == partition(CAMPAIGN, "attempt-1", 3)


@pytest.mark.parametrize(
    ("open_tasks", "shard"),
    [
        pytest.param(0, 0, id="the first task"),
        pytest.param(SHARD_SIZE - 1, 0, id="the last of a full shard"),
        pytest.param(SHARD_SIZE, 1, id="the first beyond it"),
        pytest.param(1_000_000, 1000, id="a million"),
    ],
)
def test_a_lane_gets_one_more_shard_for_each_thousand_tasks(open_tasks: int, shard: int) -> None:
    assert shard_for(open_tasks) == shard


# --- Names of realtime lanes carry priority and hours --------------------------------------------

minutes = st.integers(0, 24 * 60 - 1)
some_hours = st.one_of(
    st.none(),
    st.tuples(minutes, minutes, st.frozensets(st.integers(0, 6), min_size=1))
    .filter(lambda parts: parts[0] != parts[1] + 1)
    .map(
        lambda parts: CallingHours(
            opens=parts[0], closes=parts[1] + 1, days=parts[2], zone="Asia/Kolkata"
        )
    ),
)


@given(hours=some_hours, priority=st.integers(LOWEST, HIGHEST))
def test_a_realtime_lane_is_read_back_from_its_name(
    hours: CallingHours | None, priority: int
) -> None:
    own = rules(max_attempts=1, hours=hours, priorities=(priority,))

    lane = Lane.of_realtime(CAMPAIGN, realtime_lane(own, 1, is_callback=False))

    assert (lane.priority, lane.hours, lane.is_callback) == (priority, hours, False)


@given(hours=some_hours, priority=st.integers(LOWEST, HIGHEST), outside=st.booleans())
def test_a_realtime_lane_of_callbacks_is_read_back_from_its_name(
    hours: CallingHours | None, priority: int, outside: bool
) -> None:
    own = rules(
        max_attempts=1, hours=hours, priorities=(priority,), callbacks_outside_hours=outside
    )

    lane = Lane.of_realtime(CAMPAIGN, realtime_lane(own, 1, is_callback=True))

    assert lane.is_callback
    assert lane.hours == (None if outside else hours)


def test_a_realtime_task_has_one_lane_per_priority_it_may_have_and_one_for_callbacks() -> None:
    own = rules(max_attempts=3, priorities=(7, 9, 7))

    lanes = realtime_lanes(own)

    assert lanes == {
        realtime_lane(own, 1, is_callback=False),
        realtime_lane(own, 2, is_callback=False),
        realtime_lane(own, 1, is_callback=True),
    }


def test_a_granted_callback_beyond_the_last_attempt_stands_in_a_lane_that_is_looked_at() -> None:
    own = rules(max_attempts=2)

    assert realtime_lane(own, 3, is_callback=True) in realtime_lanes(own)
    assert realtime_lane(own, 3, is_callback=False) in realtime_lanes(own)


# --- Order ---------------------------------------------------------------------------------------


def lane_of(level: Level, attempt_no: int) -> Lane:
    own = rules(max_attempts=3, priorities=per_attempt(level, 3))
    return Lane.of_attempt(CAMPAIGN, own, attempt_no)


def realtime(*priorities: int, is_callback: bool = False, attempt_no: int = 1) -> Lane:
    own = rules(max_attempts=len(priorities), priorities=priorities)
    return Lane.of_realtime(CAMPAIGN, realtime_lane(own, attempt_no, is_callback=is_callback))


def callbacks_of(level: Level) -> Lane:
    own = rules(max_attempts=3, priorities=per_attempt(level, 3))
    return Lane.of_callbacks(CAMPAIGN, own)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(lane_of(Level.NORMAL, 1), lane_of(Level.NORMAL, 2), id="first attempts"),
        pytest.param(lane_of(Level.NORMAL, 2), lane_of(Level.NORMAL, 3), id="second attempts"),
        pytest.param(lane_of(Level.HIGH, 3), lane_of(Level.NORMAL, 1), id="a High campaign"),
        pytest.param(lane_of(Level.NORMAL, 3), lane_of(Level.LOW, 1), id="a Normal campaign"),
        pytest.param(callbacks_of(Level.LOW), lane_of(Level.HIGH, 1), id="a callback, even Low"),
        pytest.param(realtime(101), lane_of(Level.NORMAL, 1), id="realtime on the same scale"),
        pytest.param(lane_of(Level.NORMAL, 1), realtime(99), id="batch on the same scale"),
        pytest.param(realtime(9, 11, attempt_no=2), realtime(10), id="a rising realtime task"),
        pytest.param(realtime(0, is_callback=True), realtime(1000), id="a realtime callback"),
        pytest.param(callbacks_of(Level.HIGH), callbacks_of(Level.LOW), id="among callbacks"),
        pytest.param(
            realtime(900, is_callback=True),
            realtime(100, is_callback=True),
            id="among realtime callbacks",
        ),
        pytest.param(
            realtime(900, is_callback=True),
            callbacks_of(Level.LOW),
            id="a realtime callback before a batch one of lower priority",
        ),
    ],
)
def test_one_lane_goes_before_another(first: Lane, second: Lane) -> None:
    assert first.rank > second.rank


def test_lanes_of_equal_priority_are_equals() -> None:
    assert lane_of(Level.NORMAL, 1).rank == realtime(100).rank


# --- Opening and closing -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hours", "is_open", "opening"),
    [
        pytest.param(None, True, NOON, id="at any time"),
        pytest.param(OFFICE, True, NOON, id="inside"),
        pytest.param(NIGHT, False, utc("2027-03-05T16:30"), id="outside"),
    ],
)
def test_a_lane_opens_with_its_hours(
    hours: CallingHours | None, is_open: bool, opening: object
) -> None:
    lane = replace(Lane.of_attempt(CAMPAIGN, rules(), 1), hours=hours)

    assert lane.is_open(NOON) is is_open
    assert lane.next_opening(NOON) == opening
