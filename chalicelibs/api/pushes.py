"""Tasks as they are pushed: in the words of the seed (Hooman's create-task body), one or more."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from pydantic import Field, ValidationError
from pydantic_core import from_json, to_json

from chalicelibs.api.bodies import (
    At,
    Body,
    ClockTime,
    Instant,
    Interval,
    Value,
    View,
    Whole,
    Zone,
    invalid,
    milliseconds,
    text_of,
)
from chalicelibs.api.errors import Malformed, TooLarge
from chalicelibs.api.refusals import ErrorView, error_view
from chalicelibs.api.relaxed import json_of
from chalicelibs.domain.errors import CarillonError, Invalid
from chalicelibs.domain.external_id import LONGEST, external_id
from chalicelibs.domain.outcome import normal_name
from chalicelibs.domain.phone import parse_phone
from chalicelibs.domain.push import Push
from chalicelibs.domain.retry import MOST_ATTEMPTS
from chalicelibs.domain.task import Task, TaskStatus

Item = TypeVar("Item")
Result = TypeVar("Result")

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
    """One task: a contact to call for a campaign, and rules where it brings its own."""

    phone: str = Field(description="The number to call, with `+` and country code.")
    campaign: str = Field(description="The id of its campaign.")
    from_: str | None = Field(
        None, alias="from", description="The number shown; by default the campaign's."
    )
    agent: str | None = Field(None, description="Who calls; by default the campaign's agent.")
    start: ClockTime | None = Field(None, description="Opening of the calling hours, like 1000.")
    end: ClockTime | None = Field(None, description="Their end, like 1800.")
    timezone: Zone | None = Field(None, description="Where the calling hours count; an IANA name.")
    start_after: Instant | None = Field(None, description="No attempt before that.")
    end_after: Instant | None = Field(None, description="No attempt from then on.")
    priorities: list[Whole] | None = Field(
        None, min_length=1, description="One per attempt, larger first."
    )
    retries: Whole | None = Field(
        None, ge=1, le=MOST_ATTEMPTS, description="All attempts, the first included."
    )
    intervals: list[Interval] | None = Field(
        None, description="Pauses between attempts in ms, one fewer than attempts."
    )
    retry_outcomes: list[str] | None = Field(
        None, description="Outcomes to try again after, besides the usual ones."
    )
    context: dict[str, Value] = Field(
        default_factory=dict, max_length=200, description="What the prompt is filled with."
    )
    external_id: str | None = Field(
        None, min_length=1, max_length=LONGEST, description="What you call the contact."
    )

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
                external_id=None if self.external_id is None else external_id(self.external_id),
            )
        except Invalid as error:
            named(error)
            raise


def maybe_tuple(values: list[int] | None, of: Callable[[int], Item]) -> tuple[Item, ...] | None:
    """The values of a list that was given."""
    return None if values is None else tuple(map(of, values))


def maybe_set(names: list[str] | None) -> frozenset[str] | None:
    """The outcomes of a list that was given."""
    return None if names is None else frozenset(map(normal_name, names))


class CreatedTaskView(View):
    """A task that was just stored."""

    id: str
    campaign_id: str
    phone: str = Field(description="The number to call, E.164.")
    status: TaskStatus
    next_attempt_at: At = Field(description="Before that, it is not called.")


class PushedView(View):
    """What a task that was taken became."""

    task: CreatedTaskView


class ResultsView(View):
    """What became of each entry of a list, in its order."""

    results: list[PushedView | ErrorView]


def named(result: Result) -> Result:
    """A result; what an error is about by the name that this body has for it."""
    if isinstance(result, Invalid):
        result.param = NAMES.get(result.param or "", result.param)
    return result


class Entries:
    """What a body holds: one entry or a list, each to be pushed or what is wrong with it."""

    def __init__(self, judged: Sequence[Push | CarillonError], *, is_list: bool) -> None:
        self.is_list = is_list
        self._judged = judged
        self.pushes = [one for one in judged if isinstance(one, Push)]

    def merged(self, results: Iterable[Task | CarillonError]) -> list[Task | CarillonError]:
        """The result of each entry, those included that were not pushed.

        Raises:
            CarillonError: when the only one was refused.
        """
        stored = iter(results)
        merged = [next(stored) if isinstance(one, Push) else one for one in self._judged]
        if not self.is_list and isinstance(merged[0], CarillonError):
            raise merged[0]
        return merged


class Pushed(Entries):
    """A body of one task or of a list, each entry a task to push or what is wrong with it."""

    def __init__(self, raw: bytes) -> None:
        is_list, entries = entries_of(raw)
        super().__init__([judge(entry) for entry in entries], is_list=is_list)

    def view(self, results: Sequence[Task | CarillonError]) -> PushedView | ResultsView:
        """The answer: the one task, or the result of each.

        Raises:
            CarillonError: when the one task was refused.
        """
        merged = self.merged(map(named, results))
        if self.is_list:
            return ResultsView(results=[result_view(one) for one in merged])
        (task,) = merged
        assert isinstance(task, Task)
        return PushedView(task=created_view(task))


def entries_of(raw: bytes) -> tuple[bool, list[Any]]:
    """Whether the body is a list, and its entries.

    Raises:
        Malformed: when it is not JSON, or neither an object nor a list.
        TooLarge: when the list is too long.
    """
    try:
        body = from_json(json_of(raw))
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


def result_view(result: Task | CarillonError) -> PushedView | ErrorView:
    """What became of one entry of a list."""
    if isinstance(result, CarillonError):
        return error_view(result)
    return PushedView(task=created_view(result))


def created_view(task: Task) -> CreatedTaskView:
    """A task that was just stored."""
    return CreatedTaskView(
        id=task.task_id,
        campaign_id=task.campaign_id,
        phone=task.phone,
        status=task.status,
        next_attempt_at=task.due_at,
    )
