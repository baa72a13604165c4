"""Tasks as JSON: pushed in the words of the seed (Hooman's create-task body), one or a list."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from pydantic import Field, ValidationError
from pydantic_core import from_json, to_json

from chalicelibs.api.bodies import (
    Body,
    Instant,
    Interval,
    Value,
    Zone,
    invalid,
    iso,
    milliseconds,
    text_of,
)
from chalicelibs.api.calls import view as call_view
from chalicelibs.api.campaigns import rules_view
from chalicelibs.api.errors import Malformed, TooLarge, body_of
from chalicelibs.api.hours import hours_view
from chalicelibs.domain.errors import CarillonError, Invalid
from chalicelibs.domain.instants import MILLISECOND
from chalicelibs.domain.outcome import normal_name
from chalicelibs.domain.outlook import TaskReading, outlook
from chalicelibs.domain.overrides import rules_of
from chalicelibs.domain.phone import parse_phone
from chalicelibs.domain.push import Push
from chalicelibs.domain.retry import MOST_ATTEMPTS
from chalicelibs.domain.task import Task
from chalicelibs.ports import Page

Item = TypeVar("Item")
Shown = TypeVar("Shown")

#: Longer lists come as CSV.
MOST_TASKS = 500

#: What the domain's fields are called in this body.
NAMES = {
    "max_attempts": "retries",
    "retry_outcomes": "retry_outcomes",
    "start_at": "start_after",
    "end_at": "end_after",
    "zone": "timezone",
}


class NewTask(Body):
    """The body of `POST /tasks`, or one entry of its list."""

    phone: str
    campaign: str
    from_: str | None = Field(None, alias="from")
    agent: str | None = None
    start: str | int | None = Field(None, description="Opening of the calling hours, like 1000.")
    end: str | int | None = Field(None, description="Their end, like 1800.")
    timezone: Zone | None = None
    start_after: Instant | None = None
    end_after: Instant | None = None
    priorities: list[int] | None = Field(
        None, min_length=1, description="One per attempt, larger first."
    )
    retries: int | None = Field(
        None, ge=1, le=MOST_ATTEMPTS, description="All attempts, the first included."
    )
    intervals: list[Interval] | None = Field(None, description="ms, one fewer than attempts.")
    retry_outcomes: list[str] | None = None
    context: dict[str, Value] = Field(default_factory=dict, max_length=200)

    def to_domain(self) -> Push:
        """The task as it is pushed.

        Raises:
            Invalid: naming the field that is wrong, as this body spells it.
        """
        try:
            return Push(
                campaign_id=self.campaign,
                phone=parse_phone(self.phone),
                context={name: text_of(value) for name, value in self.context.items()},
                agent_id=self.agent,
                caller_id=None if self.from_ is None else parse_phone(self.from_, param="from"),
                opens=self.start,
                closes=self.end,
                zone=self.timezone,
                max_attempts=self.retries,
                intervals=maybe_tuple(self.intervals, milliseconds),
                retry_outcomes=maybe_set(self.retry_outcomes),
                priorities=maybe_tuple(self.priorities, int),
                start_at=self.start_after,
                end_at=self.end_after,
            )
        except Invalid as error:
            error.param = NAMES.get(error.param or "", error.param)
            raise


def maybe_tuple(values: list[int] | None, of: Callable[[int], Item]) -> tuple[Item, ...] | None:
    """The values of a list that was given."""
    return None if values is None else tuple(map(of, values))


def maybe_set(names: list[str] | None) -> frozenset[str] | None:
    """The outcomes of a list that was given."""
    return None if names is None else frozenset(map(normal_name, names))


class Pushed:
    """A body of one task or of a list, each entry a task to push or what is wrong with it."""

    def __init__(self, raw: bytes) -> None:
        self.is_list, entries = entries_of(raw)
        self._judged = [judge(entry) for entry in entries]
        self.pushes = [one for one in self._judged if isinstance(one, Push)]

    def view(self, results: Sequence[Task | CarillonError]) -> dict[str, object]:
        """The answer: the one task, or the result of each.

        Raises:
            CarillonError: when the one task was refused.
        """
        stored = iter(results)
        merged = [next(stored) if isinstance(one, Push) else one for one in self._judged]
        if self.is_list:
            return {"results": [result_view(one) for one in merged]}
        if isinstance(merged[0], CarillonError):
            raise merged[0]
        return {"task": created_view(merged[0])}


def entries_of(raw: bytes) -> tuple[bool, list[Any]]:
    """Whether the body is a list, and its entries.

    Raises:
        Malformed: when it is not JSON, or neither an object nor a list.
        TooLarge: when the list is too long.
    """
    try:
        body = from_json(raw)
    except ValueError:
        raise Malformed("the body is not JSON") from None
    if not isinstance(body, list):
        return False, [body]
    if not body:
        raise Malformed("the list is empty")
    if len(body) > MOST_TASKS:
        raise TooLarge(f"push at most {MOST_TASKS} tasks at once; longer lists come as CSV")
    return True, body


def judge(entry: Any) -> Push | Invalid:
    """An entry as a task to push, or what is wrong with it."""
    try:
        return NewTask.model_validate_json(to_json(entry)).to_domain()
    except ValidationError as error:
        return invalid(error)
    except Invalid as error:
        return error


def result_view(result: Task | CarillonError) -> dict[str, object]:
    """What became of one entry of a list."""
    if isinstance(result, CarillonError):
        return body_of(result)
    return {"task": created_view(result)}


def created_view(task: Task) -> dict[str, object]:
    """A task that was just stored."""
    return {
        "id": task.task_id,
        "campaign_id": task.campaign_id,
        "phone": task.phone,
        "status": task.status,
        "next_attempt_at": iso(task.due_at),
    }


def view(reading: TaskReading, now: datetime) -> dict[str, object]:
    """A task as people see it."""
    task, (next_attempt_at, waiting_for) = (
        reading.task,
        outlook(reading.task, reading.campaign, now),
    )
    return {
        **created_view(task),
        "status": reading.status,
        "next_attempt_at": iso(next_attempt_at),
        "waiting_for": waiting_for,
        "is_callback": task.is_callback,
        "attempts": task.attempts,
        "outcome": task.outcome,
        "reason": task.reason,
        "context": dict(task.context),
        "current_call": None if task.call is None else call_view(task.call),
        "last_call_id": task.last_call_id,
        "created_at": iso(task.created_at),
    }


def details_view(reading: TaskReading, now: datetime, prompt: str | None) -> dict[str, object]:
    """A task with what was submitted, and what holds for it now."""
    task, campaign = reading.task, reading.campaign
    effective = rules_of(task.own, campaign.rules, campaign.level)
    return {
        **view(reading, now),
        "submitted": submitted_view(task),
        "effective": {
            **rules_view(effective),
            "start_at": iso(task.start_at or campaign.start_at),
            "end_at": iso(min(filter(None, (task.end_at, campaign.end_at)), default=None)),
        },
        "prompt": prompt,
    }


def submitted_view(task: Task) -> dict[str, object]:
    """What the task brought itself, in the words in which tasks are pushed."""
    own, hours = task.own, hours_view(task.own.hours) or {}
    return {
        "phone": task.phone,
        "from": own.caller_id,
        "agent": own.agent_id,
        "start": hours.get("start"),
        "end": hours.get("end"),
        "timezone": hours.get("timezone", own.zone),
        "start_after": iso(task.start_at),
        "end_after": iso(task.end_at),
        "priorities": maybe_list(own.priorities, int),
        "retries": own.max_attempts,
        "intervals": maybe_list(own.intervals, lambda span: span // MILLISECOND),
        "retry_outcomes": None if own.retry_outcomes is None else sorted(own.retry_outcomes),
        "context": dict(task.context),
    }


def maybe_list(values: Iterable[Item] | None, of: Callable[[Item], Shown]) -> list[Shown] | None:
    """The values that were brought, as they are shown."""
    return None if values is None else list(map(of, values))


def page_view(page: Page[TaskReading], now: datetime) -> dict[str, object]:
    """A page of tasks."""
    return {"tasks": [view(reading, now) for reading in page.items], "next_cursor": page.cursor}
