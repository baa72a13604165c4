from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelibs.domain.call import CallStatus
from chalicelibs.domain.calling_hours import CallingHours
from chalicelibs.domain.campaign import CampaignKind, CampaignState
from chalicelibs.domain.deadlines import Deadlines
from chalicelibs.domain.dial_gate import Answer, Dial, Drop, Finish, GiveBack, ask
from chalicelibs.domain.overrides import Overrides
from chalicelibs.domain.task import Task, TaskStatus
from tests.builders import NOON, a_call, a_campaign, a_task, rules

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
DEADLINES = Deadlines()
RULES = rules(hours=None)


def at_gate(now: datetime = NOON, **changes: Any) -> Task:
    """A task that was claimed just now."""
    task = a_task(**changes)
    return task.claim(a_call(task, deadline=now + DEADLINES.first_look))


def asked(
    *,
    now: datetime = NOON,
    task: Task | None = None,
    call_id: str | None = None,
    **campaign: Any,
) -> Answer:
    task = task or at_gate(now)
    assert call_id or task.call
    return ask(
        task,
        a_campaign(**{"rules": RULES, **campaign}),
        call_id=call_id or task.call.call_id,  # type: ignore[union-attr]
        now=now,
        deadlines=DEADLINES,
    )


def test_a_call_may_start_under_the_rules_of_its_campaign() -> None:
    assert asked() == Dial(RULES)


def test_a_realtime_task_brings_the_rules_it_is_called_under() -> None:
    own = Overrides(agent_id="b000000000000001", max_attempts=2, priorities=(7, 6))

    answer = asked(task=at_gate(own=own), kind=CampaignKind.REALTIME)

    assert answer == Dial(replace(RULES, agent_id="b000000000000001", priorities=(7, 6)))


# --- The message is old --------------------------------------------------------------------------


def test_a_task_that_was_taken_back_is_not_called() -> None:
    assert asked(task=a_task(), call_id=f"{a_task().task_id}-1") == Drop("taken_back")


def test_a_message_of_an_earlier_claim_calls_nobody() -> None:
    assert asked(task=at_gate(claims=1), call_id=f"{a_task().task_id}-1") == Drop("taken_back")


@pytest.mark.parametrize("status", [one for one in CallStatus if one is not CallStatus.RESERVED])
def test_no_call_is_dialled_twice(status: CallStatus) -> None:
    task = a_task()
    task = task.claim(a_call(task, status=status))

    assert asked(task=task) == Drop("dialled_already")


@pytest.mark.parametrize(
    ("left", "answer"),
    [
        pytest.param(DEADLINES.sending + SECOND, Dial(RULES), id="enough"),
        pytest.param(DEADLINES.sending, Drop("left_to_rescue"), id="too little"),
        pytest.param(-HOUR, Drop("left_to_rescue"), id="past its deadline"),
    ],
)
def test_a_call_is_dialled_only_with_time_to_send_before_rescue_looks(
    left: timedelta, answer: Answer
) -> None:
    task = a_task()
    task = task.claim(a_call(task, deadline=NOON + left))

    assert asked(task=task) == answer


# --- The campaign --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("campaign", "reason"),
    [
        pytest.param({"state": CampaignState.DRAFT}, "campaign_draft", id="not started"),
        pytest.param({"state": CampaignState.PAUSED}, "campaign_paused", id="paused"),
        pytest.param({"state": CampaignState.COMPLETED}, "campaign_completed", id="completed"),
        pytest.param({"state": CampaignState.ARCHIVED}, "campaign_archived", id="archived"),
        pytest.param({"start_at": NOON + SECOND}, "campaign_not_started", id="before its start"),
        pytest.param({"start_at": NOON}, None, id="at its start"),
        pytest.param({"end_at": NOON + SECOND}, None, id="just before its end"),
        pytest.param({"end_at": NOON}, "campaign_ended", id="at its end"),
        pytest.param({"end_at": NOON - HOUR}, "campaign_ended", id="after its end"),
    ],
)
def test_the_campaign_is_asked_again(campaign: dict[str, Any], reason: str | None) -> None:
    assert asked(**campaign) == (GiveBack(reason) if reason else Dial(RULES))


# --- The task's own end --------------------------------------------------------------------------

TASK_ENDED = Finish(TaskStatus.ARCHIVED, "task_ended")


@pytest.mark.parametrize(
    ("end_at", "answer"),
    [
        pytest.param(NOON + SECOND, Dial(RULES), id="just before"),
        pytest.param(NOON, TASK_ENDED, id="at it"),
        pytest.param(NOON - HOUR, TASK_ENDED, id="after it"),
    ],
)
def test_a_task_is_archived_by_its_own_end(end_at: datetime, answer: Answer) -> None:
    assert asked(task=at_gate(end_at=end_at)) == answer


def test_a_task_whose_end_has_passed_is_archived_even_while_its_campaign_is_paused() -> None:
    task = at_gate(end_at=NOON)

    assert asked(task=task, state=CampaignState.PAUSED) == TASK_ENDED


# --- Attempts ------------------------------------------------------------------------------------

NO_ATTEMPT_LEFT = Finish(TaskStatus.COMPLETED, "attempts_exhausted")


@pytest.mark.parametrize(
    ("task", "allowed", "may_dial"),
    [
        pytest.param({}, 1, True, id="the first of one"),
        pytest.param({"attempts": 1}, 2, True, id="the second of two"),
        pytest.param({"attempts": 1}, 1, False, id="the second, since only one is allowed"),
        pytest.param({"attempts": 4}, 2, False, id="far beyond"),
        pytest.param({"attempts": 2, "is_callback": True}, 2, True, id="a callback was granted"),
        pytest.param(
            {"attempts": 1, "own": Overrides(max_attempts=2)}, 1, True, id="its own number counts"
        ),
        pytest.param(
            {"attempts": 1, "own": Overrides(max_attempts=1)}, 5, False, id="also downwards"
        ),
    ],
)
def test_a_task_that_used_the_attempts_that_are_allowed_now_is_completed(
    task: dict[str, Any], allowed: int, may_dial: bool
) -> None:
    answer = asked(task=at_gate(**task), rules=rules(hours=None, max_attempts=allowed))

    assert isinstance(answer, Dial) if may_dial else answer == NO_ATTEMPT_LEFT


def test_a_task_without_attempts_left_is_completed_even_outside_calling_hours() -> None:
    shut = rules(max_attempts=1, hours=CallingHours.of(start="22:00", end="23:00", zone="UTC"))

    assert asked(task=at_gate(attempts=1), rules=shut) == NO_ATTEMPT_LEFT


def test_a_paused_campaign_completes_nobody() -> None:
    task = at_gate(attempts=9)

    assert asked(task=task, state=CampaignState.PAUSED) == GiveBack("campaign_paused")


# --- Calling hours -------------------------------------------------------------------------------

AT_NOON = rules(hours=CallingHours.of(start="12:00", end="13:00", zone="UTC"))
CLOSED = GiveBack("outside_calling_hours")


@pytest.mark.parametrize(
    ("now", "is_open"),
    [
        pytest.param(NOON - SECOND, False, id="a second before they open"),
        pytest.param(NOON, True, id="when they open"),
        pytest.param(NOON + HOUR - SECOND, True, id="a second before they close"),
        pytest.param(NOON + HOUR, False, id="when they close"),
    ],
)
def test_no_call_starts_outside_calling_hours(now: datetime, is_open: bool) -> None:
    assert asked(now=now, rules=AT_NOON) == (Dial(AT_NOON) if is_open else CLOSED)


def test_the_hours_of_a_realtime_task_are_its_own() -> None:
    task = at_gate(NOON + HOUR, own=Overrides(hours=AT_NOON.hours))

    assert asked(now=NOON + HOUR, task=task) == CLOSED


@pytest.mark.parametrize(
    ("zone", "is_open"),
    [
        pytest.param("UTC", True, id="noon in UTC"),
        pytest.param("Atlantic/Azores", False, id="eleven on the Azores"),
    ],
)
def test_the_hours_of_the_campaign_hold_in_the_zone_of_the_task(zone: str, is_open: bool) -> None:
    answer = asked(task=at_gate(own=Overrides(zone=zone)), rules=AT_NOON)

    assert isinstance(answer, Dial) if is_open else answer == CLOSED


@pytest.mark.parametrize(
    ("is_callback", "may_be_outside", "is_open"),
    [
        pytest.param(True, False, False, id="a callback waits for the opening"),
        pytest.param(True, True, True, id="unless the campaign lets callbacks be outside"),
        pytest.param(False, True, False, id="which lets nothing else be"),
    ],
)
def test_callbacks_and_calling_hours(
    is_callback: bool, may_be_outside: bool, is_open: bool
) -> None:
    now = NOON + HOUR
    own = rules(hours=AT_NOON.hours, callbacks_outside_hours=may_be_outside)

    answer = asked(now=now, task=at_gate(now, is_callback=is_callback), rules=own)

    assert answer == (Dial(own) if is_open else CLOSED)
