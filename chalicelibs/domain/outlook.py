"""What a task reads as, when its next attempt may start, and what it waits for until then."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from chalicelibs.domain.campaign import Campaign, CampaignState
from chalicelibs.domain.instants import whole_ms
from chalicelibs.domain.task import Task, TaskStatus


def task_status(task: Task, campaign: Campaign, now: datetime) -> TaskStatus:
    """The status that people see; pausing or ending a campaign changes it without a write."""
    if task.is_final:
        return task.status
    if task.call is not None:
        return TaskStatus.RUNNING
    if task.end_at is not None and now >= task.end_at:
        return TaskStatus.ARCHIVED
    return waiting_as(campaign, now) or task.status


def waiting_as(campaign: Campaign, now: datetime) -> TaskStatus | None:
    """What all its tasks that wait read as; None: each as it is stored."""
    if campaign.is_closed or campaign.has_ended(now):
        return TaskStatus.ARCHIVED
    return TaskStatus.PAUSED if campaign.state is CampaignState.PAUSED else None


class TaskReading(NamedTuple):
    """A task as people see it, and the campaign that explains it."""

    task: Task
    status: TaskStatus
    campaign: Campaign


def read(task: Task, campaign: Campaign, now: datetime) -> TaskReading:
    """A task as people see it."""
    return TaskReading(task, task_status(task, campaign, now), campaign)


class Wait(StrEnum):
    """Why a task is not being called now."""

    TASK_PAUSED = "task_paused"  #: Stopped by hand.
    CAMPAIGN_PAUSED = "campaign_paused"
    CAMPAIGN_DRAFT = "campaign_draft"  #: Its campaign was not started.
    START_TIME = "start_time"  #: Its own, or its campaign's.
    RETRY_INTERVAL = "retry_interval"
    CALLBACK_TIME = "callback_time"  #: The contact asked to be called then.
    CALLING_HOURS = "calling_hours"
    NO_ATTEMPT_LEFT = "no_attempt_left"  #: Fewer are allowed now; it is completed when due.
    END_TIME = "end_time"  #: The end comes before the next time at which it may be called.
    SLOT = "slot"  #: Nothing but its turn: the calls in flight are as many as allowed.


class Outlook(NamedTuple):
    """When the next attempt may start, and what it waits for; None, None: nothing is to come."""

    next_attempt_at: datetime | None
    waiting_for: Wait | None


NOTHING = Outlook(None, None)

#: What stops a task until somebody acts, so that no time can be told.
STOPPED = {
    CampaignState.DRAFT: Outlook(None, Wait.CAMPAIGN_DRAFT),
    CampaignState.PAUSED: Outlook(None, Wait.CAMPAIGN_PAUSED),
}


def outlook(task: Task, campaign: Campaign, now: datetime) -> Outlook:
    """What is to come for a task, as things stand."""
    status = task_status(task, campaign, now)
    if status not in {TaskStatus.QUEUED, TaskStatus.PAUSED}:
        return NOTHING
    if task.status is TaskStatus.PAUSED:
        return Outlook(None, Wait.TASK_PAUSED)
    if campaign.state in STOPPED:
        return STOPPED[campaign.state]
    if task.has_used_all(task.own.max_attempts or campaign.max_attempts):
        return Outlook(None, Wait.NO_ATTEMPT_LEFT)
    earliest = max(whole_ms(campaign.starts_at(task.due_at)), now)
    opening = campaign.lane(task.lane_name).next_opening(earliest)
    ends = [end for end in (task.end_at, campaign.end_at) if end is not None]
    if opening is None or any(end <= opening for end in ends):
        return Outlook(None, Wait.END_TIME if opening else Wait.CALLING_HOURS)
    if opening > earliest:
        return Outlook(opening, Wait.CALLING_HOURS)
    return Outlook(opening, what_for(task) if opening > now else Wait.SLOT)


def what_for(task: Task) -> Wait:
    """What lies between now and the time at which a task is due."""
    if task.is_callback:
        return Wait.CALLBACK_TIME
    return Wait.RETRY_INTERVAL if task.attempts else Wait.START_TIME
