"""Tasks as JSON: pushed in the words of the seed (Hooman's create-task body), one or a list."""

from collections.abc import Sequence
from typing import Any

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
from chalicelibs.api.campaigns import DEFAULT_INTERVAL_MS, rules_view
from chalicelibs.api.errors import Malformed, TooLarge, body_of
from chalicelibs.domain.calling_hours import CallingHours
from chalicelibs.domain.errors import CarillonError, Invalid
from chalicelibs.domain.outcome import normal_name
from chalicelibs.domain.phone import parse_phone
from chalicelibs.domain.push import Push
from chalicelibs.domain.retry import MOST_ATTEMPTS, RetryPolicy
from chalicelibs.domain.task import Task
from chalicelibs.ports import Page
from chalicelibs.use_cases.look_up import TaskReading

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
                hours=self._hours(),
                retry=self._retry(),
                priorities=None if self.priorities is None else tuple(self.priorities),
                start_at=self.start_after,
                end_at=self.end_after,
            )
        except Invalid as error:
            error.param = NAMES.get(error.param or "", error.param)
            raise

    def _hours(self) -> CallingHours | None:
        if self.start is None and self.end is None:
            return None
        if self.start is None or self.end is None:
            missing = "start" if self.start is None else "end"
            raise Invalid("calling hours need both start and end", missing)
        return CallingHours.of(start=self.start, end=self.end, zone=self.timezone or "UTC")

    def _retry(self) -> RetryPolicy | None:
        named = (self.retries, self.intervals, self.retry_outcomes)
        if all(value is None for value in named):
            return None
        attempts = self.retries if self.retries is not None else len(self.intervals or []) + 1
        intervals = self.intervals
        if intervals is None:
            intervals = [DEFAULT_INTERVAL_MS] * (attempts - 1)
        return RetryPolicy(
            max_attempts=attempts,
            intervals=tuple(milliseconds(interval) for interval in intervals),
            retry_outcomes=frozenset(normal_name(name) for name in self.retry_outcomes or []),
        )


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


def view(reading: TaskReading) -> dict[str, object]:
    """A task as people see it."""
    task = reading.task
    is_waiting = not task.is_final and task.call is None
    return {
        **created_view(task),
        "status": reading.status,
        "next_attempt_at": iso(task.due_at) if is_waiting else None,
        "is_callback": task.is_callback,
        "attempts": task.attempts,
        "outcome": task.outcome,
        "reason": task.reason,
        "context": dict(task.context),
        "end_at": iso(task.end_at),
        "rules": None if task.rules is None else rules_view(task.rules),
        "current_call": None if task.call is None else call_view(task.call),
        "last_call_id": task.last_call_id,
        "created_at": iso(task.created_at),
    }


def page_view(page: Page[TaskReading]) -> dict[str, object]:
    """A page of tasks."""
    return {"tasks": [view(reading) for reading in page.items], "next_cursor": page.cursor}
