from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelibs.domain.calling_hours import CallingHours
from chalicelibs.domain.errors import CarillonError, Invalid
from chalicelibs.domain.overrides import NONE, Overrides, rules_of
from chalicelibs.domain.priority import Level
from chalicelibs.domain.retry import DEFAULT_INTERVAL, RetryPolicy
from chalicelibs.domain.rules import Rules
from tests.builders import plain_id, rules

MINUTE = timedelta(minutes=1)
OTHER_AGENT = plain_id(2, "a")
OTHER_NUMBER = "+34910000009"
OFFICE = CallingHours.of(start="10:00", end="18:00", zone="Asia/Kolkata")
NIGHT = CallingHours.of(start="22:00", end="02:00", zone="UTC")
TOKYO = "Asia/Tokyo"

#: Three attempts, the pauses between them 10 and 20 minutes.
DEFAULTS = rules(
    max_attempts=3,
    retry=RetryPolicy(
        max_attempts=3,
        intervals=(10 * MINUTE, 20 * MINUTE),
        retry_outcomes=frozenset({"voicemail"}),
    ),
    callbacks_outside_hours=True,
)


def of(own: Overrides, defaults: Rules | None = DEFAULTS, level: Level = Level.NORMAL) -> Rules:
    return rules_of(own, defaults, level)


# --- Whose word counts ---------------------------------------------------------------------------


def test_a_task_that_sets_nothing_has_the_rules_of_its_campaign() -> None:
    assert of(NONE) is DEFAULTS


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        pytest.param({"agent_id": OTHER_AGENT}, {"agent_id": OTHER_AGENT}, id="an agent"),
        pytest.param({"caller_id": OTHER_NUMBER}, {"caller_id": OTHER_NUMBER}, id="a number"),
        pytest.param({"hours": NIGHT}, {"hours": NIGHT}, id="hours"),
        pytest.param({"zone": TOKYO}, {"hours": replace(OFFICE, zone=TOKYO)}, id="a zone"),
        pytest.param(
            {"max_attempts": 3, "priorities": (5, 4, 3)},
            {"priorities": (5, 4, 3)},
            id="priorities",
        ),
    ],
)
def test_one_value_of_its_own_leaves_the_others_to_the_campaign(
    own: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert of(Overrides(**own)) == replace(DEFAULTS, **{"priorities": (100, 99, 98), **expected})


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        pytest.param(
            {"max_attempts": 5},
            {"max_attempts": 5, "intervals": (10, 20, 20, 20)},
            id="more attempts: the campaign's last pause again",
        ),
        pytest.param(
            {"max_attempts": 2},
            {"max_attempts": 2, "intervals": (10,)},
            id="fewer attempts: its later pauses are left out",
        ),
        pytest.param({"max_attempts": 1}, {"max_attempts": 1, "intervals": ()}, id="one attempt"),
        pytest.param(
            {"max_attempts": 2, "intervals": (7 * MINUTE,)},
            {"max_attempts": 2, "intervals": (7,)},
            id="pauses of its own",
        ),
        pytest.param(
            {"retry_outcomes": frozenset({"no_response"})},
            {"retry_outcomes": frozenset({"no_response"})},
            id="outcomes instead of the campaign's",
        ),
        pytest.param(
            {"retry_outcomes": frozenset()}, {"retry_outcomes": frozenset()}, id="no outcome"
        ),
    ],
)
def test_how_often_and_when_a_task_is_tried_again(
    own: dict[str, Any], expected: dict[str, Any]
) -> None:
    minutes = expected.pop("intervals", (10, 20))

    retry = of(Overrides(**own)).retry

    assert retry == replace(
        DEFAULTS.retry, **expected, intervals=tuple(number * MINUTE for number in minutes)
    )


def test_attempts_of_its_own_where_nobody_names_a_pause_are_an_hour_apart() -> None:
    once = rules(max_attempts=1)

    assert of(Overrides(max_attempts=3), once).retry.intervals == (DEFAULT_INTERVAL,) * 2


@pytest.mark.parametrize(
    ("level", "priorities"),
    [
        pytest.param(Level.HIGH, (200, 199), id="high"),
        pytest.param(Level.NORMAL, (100, 99), id="normal"),
        pytest.param(Level.LOWEST, (25, 24), id="lowest"),
    ],
)
def test_a_task_without_priorities_has_the_level_of_its_campaign(
    level: Level, priorities: tuple[int, ...]
) -> None:
    assert of(Overrides(max_attempts=2), level=level).priorities == priorities


# --- The campaign at that moment -----------------------------------------------------------------

FULL = Overrides(
    agent_id=OTHER_AGENT,
    caller_id=OTHER_NUMBER,
    hours=NIGHT,
    max_attempts=2,
    intervals=(7 * MINUTE,),
    retry_outcomes=frozenset(),
    priorities=(9, 8),
)


@pytest.mark.parametrize("attempts", [1, 2, 9])
def test_a_change_of_the_campaigns_attempts_never_makes_a_tasks_lists_disagree(
    attempts: int,
) -> None:
    changed = rules(max_attempts=attempts)

    retry = of(FULL, changed).retry

    assert (retry.max_attempts, retry.intervals) == (2, (7 * MINUTE,))


def test_a_task_of_a_zone_of_its_own_follows_the_campaigns_hours() -> None:
    own = Overrides(zone=TOKYO)

    assert of(own, rules(hours=NIGHT)).hours == replace(NIGHT, zone=TOKYO)
    assert of(own, rules(hours=None)).hours is None


def test_only_the_campaign_says_whether_callbacks_may_be_outside_hours() -> None:
    assert of(FULL).callback_hours is None
    assert of(FULL, rules()).callback_hours == NIGHT


# --- Nobody says ---------------------------------------------------------------------------------


def test_a_task_that_sets_all_needs_no_campaign_rules() -> None:
    assert of(FULL, None) == Rules(
        agent_id=OTHER_AGENT,
        caller_id=OTHER_NUMBER,
        hours=NIGHT,
        retry=RetryPolicy(max_attempts=2, intervals=(7 * MINUTE,)),
        priorities=(9, 8),
    )


def test_an_agent_and_a_number_are_enough() -> None:
    own = Overrides(agent_id=OTHER_AGENT, caller_id=OTHER_NUMBER, zone=TOKYO)

    assert of(own, None) == Rules(
        agent_id=OTHER_AGENT, caller_id=OTHER_NUMBER, retry=RetryPolicy(), priorities=(100,)
    )


@pytest.mark.parametrize(
    ("own", "defaults", "param"),
    [
        pytest.param(replace(FULL, agent_id=None), None, "agent", id="no agent anywhere"),
        pytest.param(replace(FULL, caller_id=None), None, "from", id="no number anywhere"),
        pytest.param(NONE, None, "agent", id="nothing at all"),
        pytest.param(Overrides(max_attempts=99), DEFAULTS, "max_attempts", id="harassment"),
    ],
)
def test_what_is_missing_or_too_much_is_named(
    own: Overrides, defaults: Rules | None, param: str
) -> None:
    with pytest.raises(CarillonError) as refusal:
        of(own, defaults)

    assert isinstance(refusal.value, Invalid)
    assert refusal.value.param == param


# --- Whether a task brings anything --------------------------------------------------------------


def test_nothing_set_is_nothing_brought() -> None:
    assert not NONE


@pytest.mark.parametrize("name", [field.name for field in fields(Overrides)])
def test_each_setting_is_something_brought(name: str) -> None:
    value: Any = TOKYO if name == "zone" else getattr(FULL, name)

    assert Overrides(**{name: value})
