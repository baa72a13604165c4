"""Leads: the tasks of a campaign, as they come in and as they are shown."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, NamedTuple

from pydantic import ConfigDict, Field, ValidationError, WithJsonSchema
from pydantic_core import to_json

from chalicelibs.api.bodies import At, Body, Value, View, invalid, parse, text_of
from chalicelibs.api.pushes import MOST_TASKS, Entries, entries_of
from chalicelibs.api.refusals import ErrorView, error_view
from chalicelibs.api.searches import maybe_phone, of
from chalicelibs.api.sovereign.words import reworded, told
from chalicelibs.domain.errors import CarillonError, NotFound
from chalicelibs.domain.outcome import Outcome
from chalicelibs.domain.outlook import TaskReading
from chalicelibs.domain.phone import parse_phone
from chalicelibs.domain.push import Push
from chalicelibs.domain.task import Task, TaskStatus
from chalicelibs.ports.pages import Page
from chalicelibs.use_cases.look_up import TaskSearch


class LeadStatus(StrEnum):
    """How far a lead has come."""

    PENDING = "pending"
    CALLING = "calling"
    COMPLETED = "completed"
    FAILED = "failed"
    NO_ANSWER = "no_answer"


class NewLead(Body):
    """Somebody to call, and what the template is filled with."""

    phone_number: str = Field(description="The number to call, with `+` and country code.")
    variables: dict[str, Value] = Field(
        default_factory=dict, max_length=200, description="Values for `{{variable}}`, by name."
    )


class NewLeads(Body):
    """A list of leads, each judged for itself."""

    leads: Annotated[
        list[Any],
        Field(min_length=1, max_length=MOST_TASKS),
        WithJsonSchema(
            {
                "type": "array",
                "items": {"$ref": "#/components/schemas/NewLead"},
                "minItems": 1,
                "maxItems": MOST_TASKS,
            }
        ),
    ]


class LeadQuery(Body):
    """The query of `GET /campaigns/{campaign_id}/leads`."""

    model_config = ConfigDict(strict=False)

    status: LeadStatus | None = Field(None, description="As leads show it.")
    phone_number: str | None = Field(None, description="E.164; the + written as %2B.")


class LeadView(View):
    """Somebody to call, and how far that has come."""

    id: str
    campaign_id: str
    phone_number: str = Field(description="The number to call, E.164.")
    variables: dict[str, str]
    status: LeadStatus
    call_id: str | None = Field(description="Its call in flight, or its last; null before.")
    attempts: int = Field(description="Attempts dialled.")
    last_attempt_at: At | None = Field(description="When its last attempt was dialled.")
    created_at: At


class AddedView(View):
    """What a lead of a list that was taken became."""

    lead: LeadView


class AddedLeadsView(View):
    """What became of each lead of a list, in its order."""

    results: list[AddedView | ErrorView]


class LeadsView(View):
    """A page of leads."""

    leads: list[LeadView]
    next_cursor: str | None = Field(
        description="Where the next page begins; null: at the end. A page may hold fewer leads "
        "than asked for, or none, although it goes on."
    )


class Leads(Entries):
    """A body of one lead or of a list, each entry a lead to call or what is wrong with it."""

    def __init__(self, raw: bytes, campaign_id: str) -> None:
        is_list, entries = leads_in(raw)
        super().__init__([judge(entry, campaign_id) for entry in entries], is_list=is_list)

    def view(self, results: Sequence[Task | CarillonError]) -> LeadView | AddedLeadsView:
        """The answer: the one lead, or the result of each.

        Raises:
            CarillonError: when the one lead was refused.
        """
        merged = self.merged(map(as_told, results))
        if self.is_list:
            return AddedLeadsView(results=[result_view(one) for one in merged])
        (task,) = merged
        assert isinstance(task, Task)
        return lead_view(task, task.status)


def leads_in(raw: bytes) -> tuple[bool, list[Any]]:
    """Whether the body is a list, and its entries; `{"leads": [...]}` is one, too.

    Raises:
        Malformed: when it is not JSON, or neither an object nor a list.
        TooLarge: when the list is too long.
        Invalid: when `leads` is no list, or stands beside something else.
    """
    is_list, entries = told(entries_of, raw)
    if not is_list and isinstance(entries[0], dict) and "leads" in entries[0]:
        return True, parse(NewLeads, raw).leads
    return is_list, entries


def judge(entry: Any, campaign_id: str) -> Push | CarillonError:
    """An entry as a lead to call, or what is wrong with it."""
    try:
        lead = NewLead.model_validate_json(to_json(entry))
        context = {name: text_of(value) for name, value in lead.variables.items()}
        phone = parse_phone(lead.phone_number)
        return Push(campaign_id=campaign_id, phone=phone, context=context)
    except ValidationError as error:
        return invalid(error)
    except CarillonError as error:
        return reworded(error)


def as_told(result: Task | CarillonError) -> Task | CarillonError:
    """A result; an error in the words of this dialect."""
    return reworded(result) if isinstance(result, CarillonError) else result


def result_view(result: Task | CarillonError) -> AddedView | ErrorView:
    """What became of one entry of a list."""
    if isinstance(result, CarillonError):
        return error_view(result)
    return AddedView(lead=lead_view(result, result.status))


#: What a finished task's lead reads as, by the outcome of its last call; else `completed`.
STATUS_BY_OUTCOME: Mapping[str | None, LeadStatus] = {
    Outcome.NO_ANSWER: LeadStatus.NO_ANSWER,
    Outcome.BUSY: LeadStatus.NO_ANSWER,
    Outcome.VOICEMAIL: LeadStatus.NO_ANSWER,
    Outcome.NO_RESPONSE: LeadStatus.NO_ANSWER,
    Outcome.FAILED: LeadStatus.FAILED,
    Outcome.INIT_FAILED: LeadStatus.FAILED,
    None: LeadStatus.FAILED,  # finished without a call
}

STATUS_BY_TASK = {
    TaskStatus.QUEUED: LeadStatus.PENDING,
    TaskStatus.PAUSED: LeadStatus.PENDING,
    TaskStatus.RUNNING: LeadStatus.CALLING,
    TaskStatus.ARCHIVED: LeadStatus.FAILED,
}


def status_of(outcome: str | None, status: TaskStatus) -> LeadStatus:
    """What a lead reads as."""
    if status in STATUS_BY_TASK:
        return STATUS_BY_TASK[status]
    return STATUS_BY_OUTCOME.get(outcome, LeadStatus.COMPLETED)


def lead_view(task: Task, status: TaskStatus) -> LeadView:
    """A lead whose task reads so."""
    return LeadView(
        id=task.task_id,
        campaign_id=task.campaign_id,
        phone_number=task.phone,
        variables=dict(task.context),
        status=status_of(task.outcome, status),
        call_id=task.last_call_id if task.call is None else task.call.call_id,
        attempts=task.attempts,
        last_attempt_at=last_dialed_at(task),
        created_at=task.created_at,
    )


def last_dialed_at(task: Task) -> datetime | None:
    """When its last call was dialled, ended or in flight."""
    current = task.call and task.call.dialed_at
    return current or (task.ended_calls[-1].dialed_at if task.ended_calls else None)


def view(reading: TaskReading, campaign_id: str) -> LeadView:
    """A lead of this campaign.

    Raises:
        NotFound: when it is another's.
    """
    if reading.task.campaign_id != campaign_id:
        raise NotFound("lead", reading.task.task_id)
    return lead_view(reading.task, reading.status)


class LeadSearch(NamedTuple):
    """Which leads of a campaign are asked for."""

    status: LeadStatus | None
    search: TaskSearch  #: What is known of their tasks.


def wanted(query: Mapping[str, str]) -> LeadSearch:
    """The leads that a query asks for.

    Raises:
        Invalid: naming what is wrong.
    """
    asked = of(LeadQuery, query)
    is_calling = asked.status is LeadStatus.CALLING
    status = TaskStatus.RUNNING if is_calling else None
    return LeadSearch(
        asked.status, TaskSearch(status=status, phone=told(maybe_phone, asked.phone_number))
    )


def page_view(page: Page[TaskReading], status: LeadStatus | None) -> LeadsView:
    """A page of leads, of those with a status if one is asked for."""
    leads = [lead_view(one.task, one.status) for one in page.items]
    matching = [lead for lead in leads if status in {None, lead.status}]
    return LeadsView(leads=matching, next_cursor=page.cursor)
