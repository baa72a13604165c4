"""Which tasks or calls a query asks for."""

from collections.abc import Mapping
from typing import TypeVar

from pydantic import ConfigDict, Field, ValidationError, field_validator

from chalicelibs.api.bodies import Body, Instant, invalid
from chalicelibs.api.http import PAGING
from chalicelibs.domain.external_id import LONGEST
from chalicelibs.domain.outcome import normal_name
from chalicelibs.domain.phone import parse_phone
from chalicelibs.domain.retry import MOST_ATTEMPTS
from chalicelibs.domain.search import CallFilter
from chalicelibs.domain.task import TaskStatus
from chalicelibs.use_cases.look_up import CallSearch, TaskSearch

Query = TypeVar("Query", bound=Body)

#: A query is text: numbers are read from it.
AS_TEXT = ConfigDict(strict=False)


class TaskQuery(Body):
    """The query of `GET /campaigns/{id}/tasks`."""

    model_config = AS_TEXT

    status: TaskStatus | None = Field(None, description="As tasks show it.")
    outcome: str | None = Field(None, min_length=1, description="Of the last attempt.")
    phone: str | None = Field(None, description="E.164; the + written as %2B.")
    attempts: int | None = Field(None, ge=0, le=MOST_ATTEMPTS + 1, description="Attempts used.")
    external_id: str | None = Field(
        None, min_length=1, max_length=LONGEST, description="What its sender calls the contact."
    )


class CurrentQuery(Body):
    """The query of `GET /calls/current`."""

    model_config = AS_TEXT

    campaign_id: str | None = Field(None, min_length=1, description="Of this campaign.")
    agent_id: str | None = Field(None, min_length=1, description="By this agent.")


class DatedQuery(Body):
    """What asks for calls by their time."""

    model_config = AS_TEXT

    since: Instant | None = Field(None, description="Dialled at or after.")
    until: Instant | None = Field(None, description="Dialled before.")

    @field_validator("since", "until", mode="before")
    @classmethod
    def _number(cls, text: object) -> object:
        """Milliseconds are digits here."""
        is_number = isinstance(text, str) and text.isascii() and text.isdecimal()
        return int(str(text)) if is_number else text


class CallQuery(DatedQuery, CurrentQuery):
    """The query of `GET /calls`."""

    outcome: str | None = Field(None, min_length=1, description="That ended so.")


def tasks(query: Mapping[str, str]) -> TaskSearch:
    """The tasks that a query asks for.

    Raises:
        Invalid: naming what is wrong.
    """
    asked = of(TaskQuery, query)
    return TaskSearch(
        status=asked.status,
        outcome=maybe_outcome(asked.outcome),
        phone=maybe_phone(asked.phone),
        attempts=asked.attempts,
        external_id=asked.external_id,
    )


def calls(query: Mapping[str, str]) -> CallSearch:
    """The calls that a query asks for.

    Raises:
        Invalid: naming what is wrong.
    """
    asked = of(CallQuery, query)
    wanted = CallFilter(
        campaign_id=asked.campaign_id,
        agent_id=asked.agent_id,
        outcome=maybe_outcome(asked.outcome),
    )
    return CallSearch(wanted, since=asked.since, until=asked.until)


def current_calls(query: Mapping[str, str]) -> CallFilter:
    """The calls in flight that a query asks for.

    Raises:
        Invalid: naming what is wrong.
    """
    asked = of(CurrentQuery, query)
    return CallFilter(campaign_id=asked.campaign_id, agent_id=asked.agent_id)


def of(model: type[Query], query: Mapping[str, str]) -> Query:
    """A query as a model; what every list takes is read elsewhere."""
    own = {name: value for name, value in query.items() if name not in PAGING}
    try:
        return model.model_validate(own)
    except ValidationError as error:
        raise invalid(error) from None


def maybe_outcome(name: str | None) -> str | None:
    """An outcome as it is stored."""
    return None if name is None else normal_name(name)


def maybe_phone(text: str | None) -> str | None:
    """A number; a + that was not written as %2B arrives as a space."""
    return None if text is None else parse_phone(f"+{text.strip().removeprefix('+')}")
