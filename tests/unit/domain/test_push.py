from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelibs.domain.calling_hours import CallingHours
from chalicelibs.domain.campaign import Campaign, CampaignKind
from chalicelibs.domain.errors import Invalid
from chalicelibs.domain.overrides import NONE, Overrides
from chalicelibs.domain.priority import HIGHEST
from chalicelibs.domain.push import Push, overrides_of
from tests.builders import CAMPAIGN, NOON, a_campaign, plain_id, rules

HOUR = timedelta(hours=1)
OTHER_AGENT = plain_id(2, "a")
OTHER_NUMBER = "+34910000009"
TOKYO = "Asia/Tokyo"

BARE = Push(campaign_id=CAMPAIGN, phone="+34600000001")


def realtime(**changes: Any) -> Campaign:
    """A campaign of two attempts."""
    return a_campaign(kind=CampaignKind.REALTIME, zone="Europe/Madrid", **changes)


def own(campaign: Campaign | None = None, **brought: Any) -> Overrides:
    return overrides_of(replace(BARE, **brought), campaign or realtime())


# --- What it brings ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "brought",
    [
        pytest.param({}, id="a contact alone"),
        pytest.param({"start_at": NOON, "end_at": NOON + HOUR}, id="its dates"),
        pytest.param({"context": {"name": "Ana"}}, id="its context"),
    ],
)
def test_a_task_that_brings_no_settings_leaves_all_to_its_campaign(
    brought: dict[str, Any],
) -> None:
    assert own(**brought) == NONE


@pytest.mark.parametrize(
    "brought",
    [
        pytest.param({"agent_id": OTHER_AGENT}, id="an agent"),
        pytest.param({"caller_id": OTHER_NUMBER}, id="a number"),
        pytest.param({"zone": TOKYO}, id="a zone"),
        pytest.param({"max_attempts": 5}, id="attempts"),
        pytest.param({"max_attempts": 2, "intervals": (HOUR,)}, id="attempts and intervals"),
        pytest.param({"max_attempts": 1, "intervals": ()}, id="one attempt, no intervals"),
        pytest.param({"retry_outcomes": frozenset({"voicemail"})}, id="outcomes"),
        pytest.param({"retry_outcomes": frozenset()}, id="no outcomes"),
        pytest.param({"max_attempts": 2, "priorities": (7, 9)}, id="priorities"),
    ],
)
def test_what_a_task_brings_is_its_own_and_nothing_else_is(brought: dict[str, Any]) -> None:
    assert own(**brought) == Overrides(**brought)


@pytest.mark.parametrize(
    ("zone", "in_zone"),
    [
        pytest.param(TOKYO, TOKYO, id="its own"),
        pytest.param(None, "Europe/Madrid", id="else its campaign's"),
    ],
)
def test_hours_of_its_own_are_those_of_a_zone(zone: str | None, in_zone: str) -> None:
    hours = CallingHours.of(start="22:00", end="02:00", zone=in_zone)

    assert own(opens=2200, closes="02:00", zone=zone) == Overrides(hours=hours)


# --- How many attempts its lists are for ---------------------------------------------------------


@pytest.mark.parametrize(
    ("brought", "attempts"),
    [
        pytest.param({"intervals": (HOUR, HOUR)}, 3, id="one more than intervals"),
        pytest.param({"intervals": ()}, 1, id="no intervals"),
        pytest.param({"priorities": (7, 9)}, 2, id="priorities: as many as its campaign allows"),
        pytest.param({"intervals": (HOUR,) * 2, "priorities": (7, 8, 9)}, 3, id="both lists"),
    ],
)
def test_who_brings_a_list_brings_the_number_of_attempts(
    brought: dict[str, Any], attempts: int
) -> None:
    assert own(**brought) == Overrides(**brought, max_attempts=attempts)


@pytest.mark.parametrize(
    ("brought", "param"),
    [
        pytest.param({"priorities": (1,)}, "priorities", id="too few for its campaign"),
        pytest.param({"priorities": (1, 2, 3)}, "priorities", id="too many for its campaign"),
        pytest.param(
            {"max_attempts": 3, "priorities": (1, 2)}, "priorities", id="too few for its attempts"
        ),
        pytest.param(
            {"max_attempts": 3, "priorities": (1, 2, 3, 4)}, "priorities", id="too many for them"
        ),
        pytest.param(
            {"intervals": (HOUR,) * 2, "priorities": (1, 2)}, "priorities", id="for its intervals"
        ),
        pytest.param({"priorities": (1, HIGHEST + 1)}, "priorities", id="off the scale"),
        pytest.param(
            {"max_attempts": 3, "intervals": (HOUR,)}, "intervals", id="too few intervals"
        ),
        pytest.param(
            {"max_attempts": 2, "intervals": (HOUR,) * 2}, "intervals", id="too many intervals"
        ),
        pytest.param({"max_attempts": 1, "intervals": (HOUR,)}, "intervals", id="for one attempt"),
        pytest.param({"opens": "10:00", "closes": "10:00"}, "end", id="hours of no length"),
        pytest.param({"opens": "ten", "closes": "18:00"}, "start", id="an hour that is none"),
    ],
)
def test_what_does_not_fit_is_named(brought: dict[str, Any], param: str) -> None:
    with pytest.raises(Invalid) as refusal:
        own(**brought)

    assert refusal.value.param == param


def test_a_campaign_without_rules_allows_one_attempt() -> None:
    bare = realtime(rules=None)

    assert own(bare, priorities=(7,)) == Overrides(max_attempts=1, priorities=(7,))
    with pytest.raises(Invalid):
        own(bare, priorities=(7, 9))


def test_priorities_are_for_the_attempts_that_the_campaign_allows_at_the_push() -> None:
    own_then = own(realtime(rules=rules(max_attempts=3)), priorities=(1, 2, 3))

    assert own_then.max_attempts == 3


# --- A push that cannot be -----------------------------------------------------------------------


def test_a_task_may_end_when_it_starts() -> None:
    assert replace(BARE, start_at=NOON, end_at=NOON).end_at == NOON


@pytest.mark.parametrize(
    ("brought", "param"),
    [
        pytest.param(
            {"start_at": NOON, "end_at": NOON - HOUR}, "end_at", id="ends before it starts"
        ),
        pytest.param({"opens": "10:00"}, "end", id="hours without an end"),
        pytest.param({"closes": "18:00"}, "start", id="hours without a start"),
    ],
)
def test_a_push_that_contradicts_itself_is_refused(brought: dict[str, Any], param: str) -> None:
    with pytest.raises(Invalid) as refusal:
        replace(BARE, **brought)

    assert refusal.value.param == param
