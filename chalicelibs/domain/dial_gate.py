"""The last question before the request to the carrier, whether this call may start now."""

from dataclasses import dataclass
from datetime import datetime

from chalicelibs.domain.call import CallStatus
from chalicelibs.domain.campaign import Campaign
from chalicelibs.domain.deadlines import Deadlines
from chalicelibs.domain.overrides import rules_of
from chalicelibs.domain.retry import OPTED_OUT
from chalicelibs.domain.rules import Rules
from chalicelibs.domain.task import ERASED, Task, TaskStatus


@dataclass(frozen=True, slots=True)
class Dial:
    """Go: under these rules."""

    rules: Rules


@dataclass(frozen=True, slots=True)
class GiveBack:
    """Not now: the task returns to its lane, no attempt spent."""

    reason: str


@dataclass(frozen=True, slots=True)
class Finish:
    """Never again: the task's own end has passed, or it has no attempt left."""

    status: TaskStatus
    reason: str


@dataclass(frozen=True, slots=True)
class Drop:
    """The message is old: this attempt went on, or was taken back, without it."""

    reason: str


Answer = Dial | GiveBack | Finish | Drop


def ask(
    task: Task, campaign: Campaign, *, call_id: str, now: datetime, deadlines: Deadlines
) -> Answer:
    """Whether this call of this task may start now, judged on consistent reads."""
    call = task.call
    if call is None or call.call_id != call_id:
        return Drop("taken_back")
    if call.status is not CallStatus.RESERVED:
        return Drop("dialled_already")
    if now >= deadlines.of_gate(call):
        return Drop("left_to_rescue")
    if (reason := why_over(task, now)) is not None:
        is_done = reason == OPTED_OUT
        return Finish(TaskStatus.COMPLETED if is_done else TaskStatus.ARCHIVED, reason)
    if not campaign.may_call(now):
        return GiveBack(why_closed(campaign, now))
    rules = rules_of(task.own, campaign.rules, campaign.level)
    if task.has_used_all(rules.retry.max_attempts):
        return Finish(TaskStatus.COMPLETED, "attempts_exhausted")
    if not is_open(task, rules, now):
        return GiveBack("outside_calling_hours")
    return Dial(rules)


def may_still_start(task: Task, campaign: Campaign, now: datetime) -> bool:
    """Whether a call of this task that waits at its carrier may be dialled now."""
    rules = rules_of(task.own, campaign.rules, campaign.level)
    return why_over(task, now) is None and campaign.may_call(now) and is_open(task, rules, now)


def is_open(task: Task, rules: Rules, now: datetime) -> bool:
    """Whether the hours that hold for this task let a call start."""
    hours = rules.callback_hours if task.is_callback else rules.hours
    return hours is None or hours.is_open(now)


def why_over(task: Task, now: datetime) -> str | None:
    """The reason for which a task is never called again, whatever its campaign says."""
    if task.is_erased:
        return ERASED
    if task.opted_out:
        return OPTED_OUT
    return "task_ended" if task.end_at is not None and now >= task.end_at else None


def why_closed(campaign: Campaign, now: datetime) -> str:
    """The reason for which a campaign lets no call start."""
    if campaign.has_ended(now):
        return "campaign_ended"
    if not campaign.has_begun(now):
        return "campaign_not_started"
    return f"campaign_{campaign.state}"
