"""Calls as JSON."""

from collections.abc import Iterable

from chalicelibs.api.bodies import iso
from chalicelibs.domain.call import Call
from chalicelibs.domain.naming import campaign_of, task_of


def view(call: Call) -> dict[str, object]:
    """A call, ended or in flight."""
    return {
        "id": call.call_id,
        "task_id": task_of(call.call_id),
        "campaign_id": campaign_of(call.call_id),
        "attempt": call.attempt_no,
        "status": call.status,
        "outcome": call.outcome,
        "is_permanent": call.is_permanent,
        "reason": call.reason,
        "agent_id": call.agent_id,
        "from": call.caller_id,
        "to": call.phone,
        "carrier": call.carrier,
        "carrier_call_id": call.carrier_call_id,
        "reserved_at": iso(call.reserved_at),
        "dialed_at": iso(call.dialed_at),
        "answered_at": iso(call.answered_at),
        "ended_at": iso(call.ended_at),
        "duration_s": None if call.duration is None else call.duration.total_seconds(),
        "callback_at": iso(call.callback_at),
        "cost": call.cost,
        "recording_url": call.recording_url,
        "transcript": [
            {"role": role, "text": text, "at_s": None if after is None else after.total_seconds()}
            for role, text, after in call.transcript
        ],
        "analysis": dict(call.analysis),
    }


def list_view(calls: Iterable[Call]) -> dict[str, object]:
    """The calls of a task."""
    return {"calls": [view(call) for call in calls]}
