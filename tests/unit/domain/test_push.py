from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelibs.domain.calling_hours import CallingHours
from chalicelibs.domain.campaign import Campaign, CampaignKind
from chalicelibs.domain.errors import Invalid
from chalicelibs.domain.priority import Level
from chalicelibs.domain.push import Push, rules_for
from chalicelibs.domain.retry import RetryPolicy
from chalicelibs.domain.rules import Rules
from tests.builders import CAMPAIGN, NOON, a_campaign, plain_id, rules

HOUR = timedelta(hours=1)
OTHER_AGENT = plain_id(2, "a")
OTHER_NUMBER = "+34910000009"
NIGHT = CallingHours.of(start="22:00", end="02:00", zone="UTC")
THRICE = RetryPolicy(max_attempts=3, intervals=(HOUR, HOUR))

DEFAULTS = rules(callbacks_outside_hours=True)
BARE = Push(campaign_id=CAMPAIGN, phone="+34600000001")
FULL = replace(
    BARE,
    agent_id=OTHER_AGENT,
    caller_id=OTHER_NUMBER,
    hours=NIGHT,
    retry=THRICE,
    priorities=(7, 8, 9),
)


def realtime(defaults: Rules | None = DEFAULTS, **changes: Any) -> Campaign:
    return a_campaign(kind=CampaignKind.REALTIME, rules=defaults, **changes)


def test_what_a_task_brings_wins() -> None:
    own = rules_for(FULL, realtime())

    assert (own.agent_id, own.caller_id, own.hours) == (OTHER_AGENT, OTHER_NUMBER, NIGHT)
    assert (own.retry, own.priorities) == (THRICE, (7, 8, 9))


def test_what_it_leaves_out_its_campaign_fills_in() -> None:
    assert rules_for(BARE, realtime()) == replace(DEFAULTS, priorities=(100, 99))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"agent_id": OTHER_AGENT}, {"agent_id": OTHER_AGENT}, id="an agent"),
        pytest.param({"caller_id": OTHER_NUMBER}, {"caller_id": OTHER_NUMBER}, id="a number"),
        pytest.param({"hours": NIGHT}, {"hours": NIGHT}, id="hours"),
        pytest.param(
            {"retry": THRICE}, {"retry": THRICE, "priorities": (100, 99, 98)}, id="attempts"
        ),
        pytest.param({"priorities": (5, 4)}, {"priorities": (5, 4)}, id="priorities"),
    ],
)
def test_one_value_of_its_own_leaves_the_others_alone(
    changes: dict[str, Any], expected: dict[str, Any]
) -> None:
    base = {"priorities": (100, 99)}

    own = rules_for(replace(BARE, **changes), realtime())

    assert own == replace(DEFAULTS, **{**base, **expected})


def test_a_campaign_without_defaults_needs_an_agent_and_a_number_and_nothing_else() -> None:
    push = replace(BARE, agent_id=OTHER_AGENT, caller_id=OTHER_NUMBER)

    own = rules_for(push, realtime(None))

    assert own == Rules(
        agent_id=OTHER_AGENT, caller_id=OTHER_NUMBER, retry=RetryPolicy(), priorities=(100,)
    )


def test_a_task_has_the_level_of_its_campaign_unless_it_brings_priorities() -> None:
    assert rules_for(BARE, realtime(level=Level.HIGH)).priorities == (200, 199)


@pytest.mark.parametrize(
    ("push", "defaults", "param"),
    [
        pytest.param(replace(FULL, agent_id=None), None, "agent", id="no agent anywhere"),
        pytest.param(replace(FULL, caller_id=None), None, "from", id="no number anywhere"),
        pytest.param(
            replace(BARE, priorities=(1,)), DEFAULTS, "priorities", id="too few for its campaign"
        ),
        pytest.param(
            replace(FULL, priorities=(1, 2)), None, "priorities", id="too few for its own attempts"
        ),
    ],
)
def test_what_nobody_says_or_does_not_fit_is_named(
    push: Push, defaults: Rules | None, param: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        rules_for(push, realtime(defaults))

    assert refusal.value.param == param


@pytest.mark.parametrize("end_at", [NOON, NOON - HOUR], ids=["at its start", "before it"])
def test_a_task_that_ends_before_it_starts_is_refused(end_at: datetime) -> None:
    with pytest.raises(Invalid) as refusal:
        replace(BARE, start_at=NOON, end_at=end_at)

    assert refusal.value.param == "end_at"


@pytest.mark.parametrize(
    ("changes", "brings"),
    [
        pytest.param({}, False, id="a contact alone"),
        pytest.param({"start_at": NOON}, False, id="a start time is a task's own"),
        pytest.param({"context": {"name": "Ana"}}, False, id="so is its context"),
        pytest.param({"agent_id": OTHER_AGENT}, True, id="an agent"),
        pytest.param({"caller_id": OTHER_NUMBER}, True, id="a number"),
        pytest.param({"hours": NIGHT}, True, id="hours"),
        pytest.param({"retry": THRICE}, True, id="attempts"),
        pytest.param({"priorities": (1,)}, True, id="priorities"),
        pytest.param({"end_at": NOON}, True, id="an end time"),
    ],
)
def test_which_values_the_tasks_of_a_batch_campaign_share(
    changes: dict[str, Any], brings: bool
) -> None:
    assert replace(BARE, **changes).brings_rules is brings
