from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelibs.domain.calling_hours import CallingHours
from chalicelibs.domain.campaign import CampaignKind
from chalicelibs.domain.lane import (
    CALLBACK_SHARDS,
    MOST_SHARDS,
    PAUSED,
    SHARD_SIZE,
    Lane,
    families_of,
    lane_name,
    lanes_in,
    partition,
    partitions_of,
    rescue_partition,
    shard_for,
    shards_for,
)
from chalicelibs.domain.overrides import NONE, Overrides, rules_of
from chalicelibs.domain.priority import HIGHEST, LOWEST, Level, of_attempt
from chalicelibs.domain.retry import MOST_ATTEMPTS
from chalicelibs.domain.rules import Rules
from tests.builders import CAMPAIGN, NOON, OTHER_WORKSPACE, WORKSPACE, a_campaign, rules, utc

OFFICE = CallingHours.of(start="10:00", end="18:00", zone="Asia/Kolkata")
NIGHT = CallingHours.of(start="22:00", end="02:00", zone="Asia/Kolkata")
TOKYO = "Asia/Tokyo"


def lane(
    name: str, own: Rules | None = None, level: Level = Level.NORMAL, *, bare: bool = False
) -> Lane:
    """A lane of a campaign with the builders' rules, if it has rules."""
    return Lane.of(CAMPAIGN, name, rules=None if bare else own or rules(), level=level)


# --- Names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "attempt_no", "is_callback", "name"),
    [
        pytest.param({}, 2, False, "attempt-2", id="nothing of its own"),
        pytest.param({}, 2, True, "callback", id="nothing of its own, a callback"),
        pytest.param({"agent_id": "a"}, 1, False, "attempt-1", id="an agent"),
        pytest.param({"max_attempts": 9}, 9, False, "attempt-9", id="attempts"),
        pytest.param({"zone": TOKYO}, 2, False, "attempt-2|@Asia/Tokyo", id="a zone"),
        pytest.param({"zone": TOKYO}, 2, True, "callback|@Asia/Tokyo", id="a zone, a callback"),
        pytest.param({"hours": OFFICE}, 1, False, "attempt-1|1000-1800@Asia/Kolkata", id="hours"),
        pytest.param({"priorities": (7, 9)}, 1, False, "7", id="priorities, first attempt"),
        pytest.param({"priorities": (7, 9)}, 2, False, "9", id="priorities, second attempt"),
        pytest.param({"priorities": (7, 9)}, 5, False, "9", id="priorities, beyond the last"),
        pytest.param({"priorities": (7, 9)}, 2, True, "callback-7", id="priorities, a callback"),
        pytest.param(
            {"priorities": (7, 9), "zone": TOKYO}, 2, False, "9|@Asia/Tokyo", id="and a zone"
        ),
        pytest.param(
            {"priorities": (7, 9), "hours": NIGHT},
            2,
            True,
            "callback-7|2200-0200@Asia/Kolkata",
            id="priorities and hours, a callback",
        ),
    ],
)
def test_a_lane_is_named_by_what_its_tasks_bring(
    own: dict[str, object], attempt_no: int, is_callback: bool, name: str
) -> None:
    overrides = Overrides(**own)  # type: ignore[arg-type] # a table of valid ones

    assert lane_name(overrides, attempt_no, is_callback=is_callback) == name


@pytest.mark.parametrize(
    ("name", "priority", "hours", "is_callback"),
    [
        pytest.param("attempt-1", 100, OFFICE, False, id="a first attempt"),
        pytest.param("attempt-3", 98, OFFICE, False, id="a third"),
        pytest.param("callback", 100, OFFICE, True, id="a callback"),
        pytest.param(
            "attempt-2|@Asia/Tokyo", 99, replace(OFFICE, zone=TOKYO), False, id="in its own zone"
        ),
        pytest.param(
            "callback|@Asia/Tokyo", 100, replace(OFFICE, zone=TOKYO), True, id="its callback"
        ),
        pytest.param("attempt-1|2200-0200@Asia/Kolkata", 100, NIGHT, False, id="own hours"),
        pytest.param("7", 7, OFFICE, False, id="own priority"),
        pytest.param("callback-7|2200-0200@Asia/Kolkata", 7, NIGHT, True, id="all its own"),
    ],
)
def test_a_lane_takes_from_its_campaign_what_its_name_does_not_say(
    name: str, priority: int, hours: CallingHours, is_callback: bool
) -> None:
    found = lane(name)

    assert (found.name, found.campaign_id) == (name, CAMPAIGN)
    assert (found.priority, found.hours, found.is_callback) == (priority, hours, is_callback)


@pytest.mark.parametrize("name", ["attempt-1", "callback", "7", "attempt-1|@Asia/Tokyo"])
def test_a_campaign_without_rules_calls_at_any_time_unless_the_lane_says_otherwise(
    name: str,
) -> None:
    assert lane(name, bare=True).hours is None
    assert lane("7|2200-0200@Asia/Kolkata", bare=True).hours == NIGHT


@pytest.mark.parametrize(
    "name", ["callback", "callback-7", "callback|@Asia/Tokyo", "callback|2200-0200@Asia/Kolkata"]
)
def test_callbacks_may_be_promised_outside_calling_hours(name: str) -> None:
    promised = rules(callbacks_outside_hours=True)

    assert lane(name, promised).hours is None
    assert lane(name.replace("callback", "attempt-1", 1).replace("1-7", "1"), promised).hours


def test_the_partitions_of_two_lanes_campaigns_shards_or_workspaces_are_different() -> None:
    keys = {
        partition("c1", "attempt-1", 0),
        partition("c1", "attempt-1", 1),
        partition("c1", "attempt-2", 0),
        partition("c1", PAUSED, 0),
        partition("c2", "attempt-1", 0),
        rescue_partition(WORKSPACE),
        rescue_partition(OTHER_WORKSPACE),
    }

    assert len(keys) == 7


@pytest.mark.parametrize("name", ["attempt-1", "callback", "callback-7|@Asia/Tokyo", PAUSED])
@pytest.mark.parametrize("shards", [1, 3, 1000])
def test_the_tasks_of_every_shard_stand_where_they_are_looked_for(name: str, shards: int) -> None:
    stood = {partition("c1", name, shard) for shard in range(shards)}

    assert stood == set(partitions_of("c1", name, shards))


def test_callbacks_are_looked_for_in_few_places_however_large_a_campaign_is() -> None:
    assert len(partitions_of("c1", "callback", 1000)) == CALLBACK_SHARDS
    assert len(partitions_of("c1", "callback-7|@Asia/Tokyo", 1000)) == CALLBACK_SHARDS
    assert len(partitions_of("c1", "attempt-1", 1000)) == 1000


@pytest.mark.parametrize(
    ("open_tasks", "shard"),
    [
        pytest.param(0, 0, id="the first task"),
        pytest.param(SHARD_SIZE - 1, 0, id="the last of a full shard"),
        pytest.param(SHARD_SIZE, 1, id="the first beyond it"),
        pytest.param(SHARD_SIZE * MOST_SHARDS - 1, MOST_SHARDS - 1, id="the last of the last one"),
        pytest.param(SHARD_SIZE * MOST_SHARDS, 0, id="the first one again"),
    ],
)
def test_a_lane_gets_one_more_shard_for_each_thousand_tasks_until_it_has_enough(
    open_tasks: int, shard: int
) -> None:
    assert shard_for(open_tasks) == shard


@pytest.mark.parametrize(
    ("open_tasks", "shards"),
    [(0, 1), (SHARD_SIZE - 1, 1), (SHARD_SIZE, 2), (63_999, 64), (64_000, 64), (50_000_000, 64)],
)
def test_many_tasks_are_spread_over_many_shards_and_not_too_many(
    open_tasks: int, shards: int
) -> None:
    assert shards_for(open_tasks) == shards


# --- Families: which lanes are looked at ---------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "families"),
    [
        pytest.param(NONE, set(), id="nothing of its own: always known"),
        pytest.param(Overrides(max_attempts=9), set(), id="attempts alone"),
        pytest.param(Overrides(zone=TOKYO), {"|@Asia/Tokyo"}, id="a zone"),
        pytest.param(Overrides(hours=NIGHT), {"|2200-0200@Asia/Kolkata"}, id="hours"),
        pytest.param(
            Overrides(max_attempts=3, priorities=(7, 9, 7)),
            {"7", "9", "callback-7"},
            id="priorities: one for each that it may have, and one for callbacks",
        ),
        pytest.param(
            Overrides(max_attempts=1, priorities=(7,), zone=TOKYO),
            {"7|@Asia/Tokyo", "callback-7|@Asia/Tokyo"},
            id="priorities and a zone",
        ),
    ],
)
def test_what_must_be_known_of_a_task(own: Overrides, families: set[str]) -> None:
    assert families_of(own) == families


@pytest.mark.parametrize(
    ("family", "names"),
    [
        pytest.param("", ["callback", "attempt-1", "attempt-2"], id="the usual one"),
        pytest.param("|@X", ["callback|@X", "attempt-1|@X", "attempt-2|@X"], id="a tail"),
        pytest.param("100|@X", ["100|@X"], id="a lane by its name"),
        pytest.param("callback-100", ["callback-100"], id="callbacks by their name"),
    ],
)
def test_the_lanes_that_a_family_stands_for(family: str, names: list[str]) -> None:
    assert list(lanes_in(family, 2)) == names


minutes = st.integers(0, 24 * 60 - 1)
zones = st.sampled_from(["UTC", "Asia/Kolkata", TOKYO, "America/Argentina/Buenos_Aires"])
some_hours = (
    st.tuples(minutes, minutes, st.frozensets(st.integers(0, 6), min_size=1), zones)
    .filter(lambda parts: parts[0] != parts[1] + 1)
    .map(
        lambda parts: CallingHours(
            opens=parts[0], closes=parts[1] + 1, days=parts[2], zone=parts[3]
        )
    )
)


@st.composite
def some_overrides(draw: st.DrawFn) -> Overrides:
    """What a pushed task may bring: hours or a zone, lists only with a number of attempts."""
    hours = draw(st.none() | some_hours)
    attempts = draw(st.none() | st.integers(1, 6))
    scale = st.integers(LOWEST, HIGHEST)
    has_priorities = attempts is not None and draw(st.booleans())
    return Overrides(
        agent_id="a",
        caller_id="n",
        hours=hours,
        zone=draw(st.none() | zones) if hours is None else None,
        max_attempts=attempts,
        priorities=tuple(draw(scale) for _ in range(attempts or 0)) if has_priorities else None,
    )


some_rules = st.none() | st.builds(
    rules,
    max_attempts=st.integers(1, 5),
    hours=st.none() | some_hours,
    callbacks_outside_hours=st.booleans(),
)


@given(
    own=some_overrides(),
    history=st.lists(some_rules, min_size=1, max_size=4),
    pushed_at=st.integers(0, 3),
    calls=st.integers(0, MOST_ATTEMPTS),
    is_callback=st.booleans(),
)
def test_every_lane_in_which_a_task_can_stand_is_looked_at_however_its_campaign_was_edited(
    own: Overrides, history: list[Rules | None], pushed_at: int, calls: int, is_callback: bool
) -> None:
    """A task waits for an attempt that its rules of some moment since the push granted."""
    campaign = a_campaign(kind=CampaignKind.REALTIME, rules=history[0])
    granted = 1
    for moment, then in enumerate(history):
        campaign = campaign.edited(rules=then)
        if moment == min(pushed_at, len(history) - 1):
            attempts = own.max_attempts or 1
            campaign = campaign.reaching(families_of(own), attempts=attempts, shards=1)
        if moment >= pushed_at:
            granted = max(granted, rules_of(own, then, campaign.level).retry.max_attempts)
    attempt_no = min(calls + 1, granted)

    name = lane_name(own, attempt_no, is_callback=is_callback)

    assert name in {one.name for one in campaign.lanes()}


@given(
    own=some_overrides(),
    defaults=some_rules,
    level=st.sampled_from(Level),
    attempt_no=st.integers(1, 6),
    is_callback=st.booleans(),
)
def test_a_lane_opens_and_ranks_as_the_rules_of_its_tasks_say(
    own: Overrides, defaults: Rules | None, level: Level, attempt_no: int, is_callback: bool
) -> None:
    effective = rules_of(own, defaults, level)
    attempt_no = min(attempt_no, effective.retry.max_attempts)

    name = lane_name(own, attempt_no, is_callback=is_callback)
    found = Lane.of(CAMPAIGN, name, rules=defaults, level=level)

    ranks_as = 1 if is_callback else attempt_no
    priority = own.priorities[ranks_as - 1] if own.priorities else of_attempt(level, ranks_as)
    assert found.priority == priority
    assert found.hours == (effective.callback_hours if is_callback else effective.hours)


# --- Order ---------------------------------------------------------------------------------------


def level_lane(level: Level, attempt_no: int) -> Lane:
    return lane(f"attempt-{attempt_no}", level=level)


def own_lane(*priorities: int, is_callback: bool = False, attempt_no: int = 1) -> Lane:
    own = Overrides(max_attempts=len(priorities), priorities=priorities)
    return lane(lane_name(own, attempt_no, is_callback=is_callback))


def callbacks_of(level: Level) -> Lane:
    return lane("callback", level=level)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(level_lane(Level.NORMAL, 1), level_lane(Level.NORMAL, 2), id="first ones"),
        pytest.param(level_lane(Level.NORMAL, 2), level_lane(Level.NORMAL, 3), id="second ones"),
        pytest.param(level_lane(Level.HIGH, 3), level_lane(Level.NORMAL, 1), id="a High one"),
        pytest.param(level_lane(Level.NORMAL, 3), level_lane(Level.LOW, 1), id="a Normal one"),
        pytest.param(
            callbacks_of(Level.LOW), level_lane(Level.HIGH, 1), id="a callback, even Low"
        ),
        pytest.param(own_lane(101), level_lane(Level.NORMAL, 1), id="own, on the same scale"),
        pytest.param(level_lane(Level.NORMAL, 1), own_lane(99), id="the level's on that scale"),
        pytest.param(own_lane(9, 11, attempt_no=2), own_lane(10), id="a rising task"),
        pytest.param(own_lane(0, is_callback=True), own_lane(1000), id="a callback of its own"),
        pytest.param(callbacks_of(Level.HIGH), callbacks_of(Level.LOW), id="among callbacks"),
        pytest.param(
            own_lane(900, is_callback=True),
            own_lane(100, is_callback=True),
            id="among callbacks with priorities",
        ),
        pytest.param(
            own_lane(900, is_callback=True),
            callbacks_of(Level.LOW),
            id="a callback of high priority before one of a Low campaign",
        ),
    ],
)
def test_one_lane_goes_before_another(first: Lane, second: Lane) -> None:
    assert first.rank > second.rank


def test_lanes_of_equal_priority_are_equals() -> None:
    assert level_lane(Level.NORMAL, 1).rank == own_lane(100).rank


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
    hours: CallingHours | None, is_open: bool, opening: datetime
) -> None:
    found = lane("attempt-1", rules(hours=hours))

    assert found.is_open(NOON) is is_open
    assert found.next_opening(NOON) == opening


def test_a_lane_of_another_zone_opens_when_it_is_time_there() -> None:
    there = lane("attempt-1|@Asia/Tokyo")  # 10:00 to 18:00 in Tokyo is 01:00 to 09:00 UTC

    assert not there.is_open(NOON)
    assert there.next_opening(NOON) == utc("2027-03-06T01:00")
