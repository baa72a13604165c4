"""Tasks as JSON: what was submitted, what holds for them, what is to come."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

from pydantic import Field

from chalicelibs.api.bodies import At, View
from chalicelibs.api.calls import CallView
from chalicelibs.api.calls import view as call_view
from chalicelibs.api.campaigns import RulesView, rules_view
from chalicelibs.api.hours import clock_time
from chalicelibs.domain.instants import MILLISECOND
from chalicelibs.domain.outlook import TaskReading, Wait, outlook
from chalicelibs.domain.overrides import rules_of
from chalicelibs.domain.task import Task, TaskStatus
from chalicelibs.ports.pages import Page

Item = TypeVar("Item")
Shown = TypeVar("Shown")


class TaskView(View):
    """One contact's way through its attempts."""

    id: str
    campaign_id: str
    phone: str = Field(description="The number to call, E.164; empty where it was erased.")
    status: TaskStatus
    next_attempt_at: At | None = Field(
        description="Before that, it is not called; null where no time can be told, see"
        " `waiting_for`."
    )
    waiting_for: Wait | None = Field(
        description="Why it is not being called now; null while it is, and when it is finished."
    )
    is_callback: bool = Field(description="The contact asked for the next attempt.")
    attempts: int = Field(description="Attempts dialled.")
    outcome: str | None = Field(description="Of the last attempt.")
    reason: str | None = Field(description="Why it was finished, where the outcome does not say.")
    is_erased: bool = Field(description="The person was erased; it counts, and is never called.")
    external_id: str | None = Field(description="What the sender calls the contact.")
    context: dict[str, str] = Field(description="What the agent's prompt is filled with.")
    current_call: CallView | None = Field(description="The attempt in flight.")
    last_call_id: str | None
    created_at: At


class SubmittedView(View):
    """What a task brought itself, in the words in which tasks are pushed; null: not given."""

    phone: str
    from_: str | None = Field(serialization_alias="from", description="The number shown, E.164.")
    agent: str | None
    start: str | None = Field(description="Opening of its own calling hours.")
    end: str | None = Field(description="Their end.")
    timezone: str | None = Field(description="Of its own hours, or for the campaign's.")
    start_after: At | None
    end_after: At | None
    priorities: list[int] | None
    retries: int | None = Field(description="All attempts, the first included.")
    intervals: list[int] | None = Field(description="Pauses between attempts, in milliseconds.")
    retry_outcomes: list[str] | None
    context: dict[str, str]


class EffectiveView(RulesView):
    """What holds for a task now: its own settings, and its campaign's where it has none."""

    start_at: At | None
    end_at: At | None


class TaskDetailsView(TaskView):
    """A task with what was submitted and what holds for it now."""

    submitted: SubmittedView
    effective: EffectiveView
    prompt: str | None = Field(
        description="What the agent is told, the context filled in; null: something is missing."
    )


class TasksView(View):
    """A page of tasks."""

    tasks: list[TaskView]
    next_cursor: str | None = Field(
        description="Where the next page begins; null: at the end. A page may hold fewer tasks "
        "than asked for, or none, although it goes on."
    )


def view(reading: TaskReading, now: datetime) -> TaskView:
    """A task as people see it."""
    task = reading.task
    next_attempt_at, waiting_for = outlook(task, reading.campaign, now)
    return TaskView(
        id=task.task_id,
        campaign_id=task.campaign_id,
        phone=task.phone,
        status=reading.status,
        next_attempt_at=next_attempt_at,
        waiting_for=waiting_for,
        is_callback=task.is_callback,
        attempts=task.attempts,
        outcome=task.outcome,
        reason=task.reason,
        is_erased=task.is_erased,
        external_id=task.external_id,
        context=dict(task.context),
        current_call=None if task.call is None else call_view(task.call),
        last_call_id=task.last_call_id,
        created_at=task.created_at,
    )


def details_view(reading: TaskReading, now: datetime, prompt: str | None) -> TaskDetailsView:
    """A task with all that explains it."""
    return TaskDetailsView(
        **dict(view(reading, now)),
        submitted=submitted_view(reading.task),
        effective=effective_view(reading),
        prompt=prompt,
    )


def submitted_view(task: Task) -> SubmittedView:
    """What a task brought itself."""
    own, hours = task.own, task.own.hours
    return SubmittedView(
        phone=task.phone,
        from_=own.caller_id,
        agent=own.agent_id,
        start=None if hours is None else clock_time(hours.opens),
        end=None if hours is None else clock_time(hours.closes),
        timezone=own.zone if hours is None else hours.zone,
        start_after=task.start_at,
        end_after=task.end_at,
        priorities=maybe_list(own.priorities, int),
        retries=own.max_attempts,
        intervals=maybe_list(own.intervals, lambda span: span // MILLISECOND),
        retry_outcomes=None if own.retry_outcomes is None else sorted(own.retry_outcomes),
        context=dict(task.context),
    )


def effective_view(reading: TaskReading) -> EffectiveView:
    """What holds for a task now."""
    task, campaign = reading.task, reading.campaign
    rules = rules_of(task.own, campaign.rules, campaign.level)
    ends = [end for end in (task.end_at, campaign.end_at) if end is not None]
    return EffectiveView(
        **dict(rules_view(rules)),
        start_at=task.start_at or campaign.start_at,
        end_at=min(ends, default=None),
    )


def maybe_list(values: Iterable[Item] | None, of: Callable[[Item], Shown]) -> list[Shown] | None:
    """The values that were brought, as they are shown."""
    return None if values is None else list(map(of, values))


def page_view(page: Page[TaskReading], now: datetime) -> TasksView:
    """A page of tasks."""
    return TasksView(tasks=[view(one, now) for one in page.items], next_cursor=page.cursor)
