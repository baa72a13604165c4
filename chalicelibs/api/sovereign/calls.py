"""Calls with their results: transcript, duration, analysis, recording."""

from collections.abc import Mapping
from enum import StrEnum

from pydantic import Field

from chalicelibs.api.bodies import At, View
from chalicelibs.api.searches import DatedQuery, of
from chalicelibs.domain.call import Call, CallStatus
from chalicelibs.domain.naming import campaign_of, task_of
from chalicelibs.domain.outcome import Outcome
from chalicelibs.domain.search import CallFilter
from chalicelibs.domain.transcript import Utterance
from chalicelibs.ports.pages import Page
from chalicelibs.use_cases.look_up import CallSearch


class SovereignCallStatus(StrEnum):
    """How far a call has come."""

    CONNECTING = "connecting"
    IN_PROGRESS = "in-progress"
    ENDED = "ended"
    FAILED = "failed"


class SovereignCallQuery(DatedQuery):
    """The query of `GET /api/v1/calls`."""

    campaign_id: str | None = Field(None, description="Of this campaign.")
    assistant_id: str | None = Field(None, description="By this assistant.")


class MessageView(View):
    """What somebody said."""

    role: str = Field(description="`assistant`, `user`, `system`, or the carrier's own word.")
    content: str


class SovereignCallView(View):
    """A call in HMS Sovereign's words, with all that came of it."""

    id: str
    campaign_id: str
    lead_id: str
    status: SovereignCallStatus
    assistant_id: str | None
    number_id: str | None = Field(description="The number called from, E.164.")
    phone_number: str | None = Field(description="The number called, E.164.")
    started_at: At | None = Field(description="When it was answered.")
    ended_at: At | None
    duration_seconds: float | None
    transcript: str = Field(description="The messages as one text, a line each.")
    messages: list[MessageView]
    analysis: dict[str, object] = Field(description="What the assistant made of it.")
    outcome: str | None = Field(description="How it ended, in our words; null before.")
    recording_url: str | None
    error: str | None = Field(description="Why it failed, in a word.")
    created_at: At


class SovereignCallsView(View):
    """A page of ended calls in HMS Sovereign's words, newest first."""

    calls: list[SovereignCallView]
    next_cursor: str | None = Field(
        description="Where the next page begins; null: at the end. A page may hold fewer calls "
        "than asked for, or none, although it goes on."
    )


#: Outcomes of calls that did not come about.
FAILED = frozenset({Outcome.FAILED, Outcome.INIT_FAILED})

#: Who speaks.
ROLES: Mapping[str, str] = {"agent": "assistant", "contact": "user"}


def view(call: Call) -> SovereignCallView:
    """A call, ended or in flight."""
    messages = [message(one) for one in call.transcript]
    status = status_of(call)
    return SovereignCallView(
        id=call.call_id,
        campaign_id=campaign_of(call.call_id),
        lead_id=task_of(call.call_id),
        status=status,
        assistant_id=call.agent_id,
        number_id=call.caller_id,
        phone_number=call.phone,
        started_at=call.answered_at,
        ended_at=call.ended_at,
        duration_seconds=None if call.duration is None else call.duration.total_seconds(),
        transcript="\n".join(f"{one.role}: {one.content}" for one in messages),
        messages=messages,
        analysis=dict(call.analysis),
        outcome=call.outcome,
        recording_url=call.recording_url,
        error=error_of(call) if status is SovereignCallStatus.FAILED else None,
        created_at=call.reserved_at,
    )


def status_of(call: Call) -> SovereignCallStatus:
    """How far a call has come."""
    if call.status is CallStatus.ENDED:
        return SovereignCallStatus.FAILED if call.outcome in FAILED else SovereignCallStatus.ENDED
    is_answered = call.status is CallStatus.IN_PROGRESS
    return SovereignCallStatus.IN_PROGRESS if is_answered else SovereignCallStatus.CONNECTING


def error_of(call: Call) -> str | None:
    """Why a call failed; where nobody said so, the outcome."""
    return call.reason or call.outcome


def message(one: Utterance) -> MessageView:
    """What somebody said."""
    return MessageView(role=ROLES.get(one.role, one.role), content=one.text)


def search(query: Mapping[str, str]) -> CallSearch:
    """The calls that a query asks for.

    Raises:
        Invalid: naming what is wrong.
    """
    asked = of(SovereignCallQuery, query)
    wanted = CallFilter(campaign_id=asked.campaign_id, agent_id=asked.assistant_id)
    return CallSearch(wanted, since=asked.since, until=asked.until)


def page_view(page: Page[Call]) -> SovereignCallsView:
    """A page of the call log."""
    return SovereignCallsView(calls=[view(call) for call in page.items], next_cursor=page.cursor)
