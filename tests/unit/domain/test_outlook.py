from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelibs.domain.calling_hours import CallingHours
from chalicelibs.domain.campaign import CampaignState
from chalicelibs.domain.outlook import Wait, outlook, read, task_status
from chalicelibs.domain.overrides import Overrides
from chalicelibs.domain.task import TaskStatus
from tests.builders import NOON, a_call, a_campaign, a_task, rules, utc

SECOND = timedelta(seconds=1)
QUEUED, RUNNING, PAUSED, COMPLETED, ARCHIVED = TaskStatus
IN_FLIGHT = {"status": RUNNING, "call": a_call()}
ENDED, ENDS_SOON = {"end_at": NOON}, {"end_at": NOON + SECOND}


def in_state(state: CampaignState) -> dict[str, Any]:
    return {"state": state}


@pytest.mark.parametrize(
    ("task", "campaign", "status"),
    [
        pytest.param({}, {}, QUEUED, id="waits for its time"),
        pytest.param({}, {"start_at": NOON + SECOND}, QUEUED, id="its campaign has not begun"),
        pytest.param({}, in_state(CampaignState.DRAFT), QUEUED, id="its campaign is a draft"),
        pytest.param({}, in_state(CampaignState.PAUSED), PAUSED, id="its campaign is paused"),
        pytest.param(
            {}, in_state(CampaignState.ARCHIVED), ARCHIVED, id="its campaign is archived"
        ),
        pytest.param({}, in_state(CampaignState.COMPLETED), ARCHIVED, id="left by the end time"),
        pytest.param({}, ENDS_SOON, QUEUED, id="its campaign ends in a second"),
        pytest.param({}, ENDED, ARCHIVED, id="its campaign ends now"),
        pytest.param(
            {}, ENDED | in_state(CampaignState.PAUSED), ARCHIVED, id="ended while paused"
        ),
        pytest.param(ENDS_SOON, {}, QUEUED, id="it ends in a second"),
        pytest.param(ENDED, {}, ARCHIVED, id="it ends now"),
        pytest.param(ENDED, in_state(CampaignState.PAUSED), ARCHIVED, id="it ends while paused"),
        pytest.param({"status": PAUSED}, {}, PAUSED, id="paused by itself"),
        pytest.param({"status": PAUSED}, ENDED, ARCHIVED, id="its campaign ended, it is paused"),
        pytest.param(
            {"status": PAUSED},
            in_state(CampaignState.ARCHIVED),
            ARCHIVED,
            id="its campaign is archived, it is paused",
        ),
        pytest.param({"status": PAUSED} | ENDED, {}, ARCHIVED, id="it ends while it is paused"),
        pytest.param(
            {"status": PAUSED}, in_state(CampaignState.DRAFT), PAUSED, id="paused in a draft"
        ),
        pytest.param(IN_FLIGHT, {}, RUNNING, id="an attempt is being made"),
        pytest.param(
            IN_FLIGHT, in_state(CampaignState.PAUSED), RUNNING, id="in flight when paused"
        ),
        pytest.param(
            IN_FLIGHT, in_state(CampaignState.ARCHIVED), RUNNING, id="in flight when archived"
        ),
        pytest.param(IN_FLIGHT | ENDED, ENDED, RUNNING, id="in flight when all ended"),
        pytest.param({"status": COMPLETED}, ENDED, COMPLETED, id="reached before the end"),
        pytest.param(
            {"status": COMPLETED},
            in_state(CampaignState.ARCHIVED),
            COMPLETED,
            id="reached before it was archived",
        ),
        pytest.param({"status": ARCHIVED}, {}, ARCHIVED, id="archived by itself"),
    ],
)
def test_a_task_reads_as(
    task: dict[str, Any], campaign: dict[str, Any], status: TaskStatus
) -> None:
    assert task_status(a_task(**task), a_campaign(**campaign), NOON) is status


def test_a_reading_tells_the_campaign_that_explains_it() -> None:
    task, campaign = a_task(), a_campaign(state=CampaignState.PAUSED)

    assert read(task, campaign, NOON) == (task, PAUSED, campaign)


# --- What is to come -----------------------------------------------------------------------------

HOUR = timedelta(hours=1)
LATER = NOON + HOUR
LOT = timedelta(microseconds=417)

#: From one in the afternoon on; it is noon.
AFTERNOON = CallingHours.of(start="13:00", end="18:00", zone="UTC")
IN_THE_AFTERNOON = {"rules": rules(hours=AFTERNOON)}
TOMORROW = utc("2027-03-06T13:00")

SOME_TIME = {"due_at": LATER}
AGAIN = {"attempts": 1, "due_at": LATER}
ASKED_FOR = {"attempts": 1, "is_callback": True, "due_at": LATER}
BY_HAND = {"status": PAUSED, "paused_at": NOON}


OUTLOOKS = [
    pytest.param({}, {}, NOON, Wait.SLOT, id="its turn"),
    pytest.param({"due_at": NOON - HOUR}, {}, NOON, Wait.SLOT, id="its turn, overdue"),
    pytest.param({"due_at": NOON + LOT}, {}, NOON, Wait.SLOT, id="a lot keeps nobody waiting"),
    pytest.param(SOME_TIME, {}, LATER, Wait.START_TIME, id="its own start"),
    pytest.param({}, {"start_at": LATER}, LATER, Wait.START_TIME, id="its campaign's start"),
    pytest.param(
        SOME_TIME,
        {"start_at": LATER + HOUR},
        LATER + HOUR,
        Wait.START_TIME,
        id="the later of both starts",
    ),
    pytest.param(AGAIN, {}, LATER, Wait.RETRY_INTERVAL, id="the pause before the next attempt"),
    pytest.param(ASKED_FOR, {}, LATER, Wait.CALLBACK_TIME, id="the time they asked for"),
    pytest.param({}, IN_THE_AFTERNOON, LATER, Wait.CALLING_HOURS, id="the opening"),
    pytest.param(
        AGAIN | {"due_at": NOON + SECOND},
        IN_THE_AFTERNOON,
        LATER,
        Wait.CALLING_HOURS,
        id="the opening after the pause",
    ),
    pytest.param(
        AGAIN | {"due_at": LATER + HOUR},
        IN_THE_AFTERNOON,
        LATER + HOUR,
        Wait.RETRY_INTERVAL,
        id="the pause beyond the opening",
    ),
    pytest.param(
        {"due_at": NOON + 6 * HOUR},
        IN_THE_AFTERNOON,
        TOMORROW,
        Wait.CALLING_HOURS,
        id="due when they close: tomorrow",
    ),
    pytest.param(
        {"own": Overrides(zone="Europe/Madrid")},
        IN_THE_AFTERNOON,
        NOON,
        Wait.SLOT,
        id="where it lives it is one already",
    ),
    pytest.param(
        {"own": Overrides(hours=AFTERNOON)}, {}, LATER, Wait.CALLING_HOURS, id="hours of its own"
    ),
    pytest.param(
        ASKED_FOR | {"due_at": NOON},
        {"rules": rules(hours=AFTERNOON, callbacks_outside_hours=True)},
        NOON,
        Wait.SLOT,
        id="a callback outside calling hours",
    ),
    pytest.param(BY_HAND, {}, None, Wait.TASK_PAUSED, id="paused by hand"),
    pytest.param(
        BY_HAND,
        in_state(CampaignState.PAUSED),
        None,
        Wait.TASK_PAUSED,
        id="paused by hand in a paused campaign",
    ),
    pytest.param(
        {}, in_state(CampaignState.PAUSED), None, Wait.CAMPAIGN_PAUSED, id="a paused campaign"
    ),
    pytest.param({}, in_state(CampaignState.DRAFT), None, Wait.CAMPAIGN_DRAFT, id="a draft"),
    pytest.param({"attempts": 2}, {}, None, Wait.NO_ATTEMPT_LEFT, id="fewer are allowed now"),
    pytest.param(
        {"attempts": 2, "own": Overrides(max_attempts=3)},
        {},
        NOON,
        Wait.SLOT,
        id="more attempts of its own",
    ),
    pytest.param(
        {"attempts": 1, "own": Overrides(max_attempts=1)},
        {},
        None,
        Wait.NO_ATTEMPT_LEFT,
        id="fewer attempts of its own",
    ),
    pytest.param(
        {"attempts": 2, "is_callback": True}, {}, NOON, Wait.SLOT, id="a callback beyond them"
    ),
    pytest.param(AGAIN | {"end_at": LATER}, {}, None, Wait.END_TIME, id="it ends before"),
    pytest.param(AGAIN, {"end_at": LATER}, None, Wait.END_TIME, id="its campaign ends before"),
    pytest.param(
        AGAIN,
        {"end_at": LATER + SECOND},
        LATER,
        Wait.RETRY_INTERVAL,
        id="its campaign ends just after",
    ),
    pytest.param(
        {}, {"end_at": LATER, **IN_THE_AFTERNOON}, None, Wait.END_TIME, id="ends as hours open"
    ),
    pytest.param(IN_FLIGHT, {}, None, None, id="in flight: nothing is to come"),
    pytest.param({"status": COMPLETED}, {}, None, None, id="completed"),
    pytest.param({"status": ARCHIVED}, {}, None, None, id="archived"),
    pytest.param({}, ENDED, None, None, id="its campaign has ended"),
    pytest.param(BY_HAND, ENDED, None, None, id="ended while it was paused"),
    pytest.param({}, in_state(CampaignState.ARCHIVED), None, None, id="its campaign is archived"),
]


@pytest.mark.parametrize(("task", "campaign", "at", "wait"), OUTLOOKS)
def test_what_is_to_come_for_a_task(
    task: dict[str, Any], campaign: dict[str, Any], at: datetime | None, wait: Wait | None
) -> None:
    asked = a_campaign(**{"rules": rules(hours=None), **campaign})

    assert outlook(a_task(**task), asked, NOON) == (at, wait)


def test_every_wait_is_told_of_some_task() -> None:
    assert {case.values[3] for case in OUTLOOKS} == {None, *Wait}
