"""Calls as JSON."""

from collections.abc import Iterable

from pydantic import Field

from chalicelibs.api.bodies import At, View
from chalicelibs.domain.call import Call, CallStatus
from chalicelibs.domain.naming import campaign_of, task_of
from chalicelibs.domain.transcript import Utterance
from chalicelibs.ports.pages import Page


class UtteranceView(View):
    """What somebody said."""

    role: str = Field(description="`agent`, `contact`, `system`, or the carrier's own word.")
    text: str
    at_s: float | None = Field(description="Seconds from the start of the conversation.")


class CallView(View):
    """One attempt, ended or in flight."""

    id: str
    task_id: str
    campaign_id: str
    attempt: int = Field(description="Which attempt of its task it is; 0 until it is dialled.")
    status: CallStatus = Field(description="How far it has come.")
    outcome: str | None = Field(
        description="How it ended: `completed`, `no_answer`, `busy`, `failed`, `init_failed`, "
        "`busy_callback`, `voicemail`, `no_response`, or one of the agent's own; null before."
    )
    is_permanent: bool = Field(description="The number itself is bad: no retry can help.")
    do_not_call: bool = Field(description="The person asked not to be called again.")
    reason: str | None = Field(description="Why it failed, in a word.")
    agent_id: str | None
    from_: str | None = Field(serialization_alias="from", description="The number shown, E.164.")
    to: str | None = Field(description="The number called, E.164.")
    carrier: str | None
    carrier_call_id: str | None = Field(description="The carrier's own id of it.")
    reserved_at: At
    dialed_at: At | None
    answered_at: At | None
    ended_at: At | None
    duration_s: float | None
    callback_at: At | None = Field(description="When the contact asked to be called.")
    cost: str | None = Field(description="Amount and currency, like `0.0123 USD`.")
    recording_url: str | None
    transcript: list[UtteranceView]
    analysis: dict[str, object] = Field(description="What the agent made of the conversation.")
    is_abridged: bool = Field(
        description="It is one of a list and long: transcript and analysis are beginnings here."
    )
    is_erased: bool = Field(description="The person was erased: nothing that was said is kept.")


class CallsView(View):
    """The attempts of a task, first to last."""

    calls: list[CallView]


class CallLogView(View):
    """A page of the calls of a workspace, newest first."""

    calls: list[CallView]
    next_cursor: str | None = Field(
        description="Where the next page begins; null: at the end. A page may hold fewer calls "
        "than asked for, or none, although it goes on."
    )


def view(call: Call) -> CallView:
    """A call, ended or in flight."""
    return CallView(
        id=call.call_id,
        task_id=task_of(call.call_id),
        campaign_id=campaign_of(call.call_id),
        attempt=call.attempt_no,
        status=call.status,
        outcome=call.outcome,
        is_permanent=call.is_permanent,
        do_not_call=call.opts_out,
        reason=call.reason,
        agent_id=call.agent_id,
        from_=call.caller_id,
        to=call.phone,
        carrier=call.carrier,
        carrier_call_id=call.carrier_call_id,
        reserved_at=call.reserved_at,
        dialed_at=call.dialed_at,
        answered_at=call.answered_at,
        ended_at=call.ended_at,
        duration_s=None if call.duration is None else call.duration.total_seconds(),
        callback_at=call.callback_at,
        cost=call.cost,
        recording_url=call.recording_url,
        transcript=[utterance_view(one) for one in call.transcript],
        analysis=dict(call.analysis),
        is_abridged=call.is_abridged,
        is_erased=call.is_erased,
    )


def utterance_view(one: Utterance) -> UtteranceView:
    """What somebody said."""
    role, text, after = one
    return UtteranceView(
        role=role, text=text, at_s=None if after is None else after.total_seconds()
    )


def list_view(calls: Iterable[Call]) -> CallsView:
    """The calls of a task."""
    return CallsView(calls=[view(call) for call in calls])


def page_view(page: Page[Call]) -> CallLogView:
    """A page of the call log."""
    return CallLogView(calls=[view(call) for call in page.items], next_cursor=page.cursor)
