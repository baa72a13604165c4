"""A call: as a map on its task while it is in flight, as an item of its own when it has ended."""

import json
from typing import Any

from chalicelibs.adapters.dynamodb.codec import Item, maybe, to_instant, to_span
from chalicelibs.domain.call import Call, CallStatus, SlotPages
from chalicelibs.domain.transcript import from_lines, to_lines


def call_item(call: Call) -> Item:
    """A call in plain values, but for its id, which its place tells.

    The analysis is whatever JSON an agent reports, so it is kept as text; so is the transcript,
    which as a list of maps would weigh twice as much. What stands beside an ended call its item
    says under `results`.
    """
    return {
        "status": call.status,
        "attempt_no": call.attempt_no or None,
        "deadline": call.deadline,
        "slots": maybe(pages_item, call.slots),
        "reserved_at": call.reserved_at,
        "dialed_at": call.dialed_at,
        "answered_at": call.answered_at,
        "ended_at": call.ended_at,
        "phone": call.phone,
        "caller_id": call.caller_id,
        "agent_id": call.agent_id,
        "carrier": call.carrier,
        "carrier_call_id": call.carrier_call_id,
        "is_withdrawn": call.is_withdrawn or None,
        "takes_callbacks": None if call.takes_callbacks else False,
        "longest": call.longest or None,
        "outcome": call.outcome,
        "is_permanent": call.is_permanent or None,
        "opts_out": call.opts_out or None,
        "reason": call.reason,
        "duration": call.duration,
        "callback_at": call.callback_at,
        "cost": call.cost,
        "recording_url": call.recording_url,
        "transcript": as_text(to_lines(call.transcript)) if call.transcript else None,
        "analysis": as_text(dict(call.analysis)) if call.analysis else None,
        "is_erased": call.is_erased or None,
        "revision": call.revision or None,
    }


def call_of(call_id: str, item: Item) -> Call:
    """The call that `call_item` wrote."""
    return Call(
        call_id=call_id,
        status=CallStatus(item["status"]),
        attempt_no=item.get("attempt_no", 0),
        deadline=to_instant(item["deadline"]),
        slots=maybe(pages_of, item.get("slots")),
        reserved_at=to_instant(item["reserved_at"]),
        dialed_at=maybe(to_instant, item.get("dialed_at")),
        answered_at=maybe(to_instant, item.get("answered_at")),
        ended_at=maybe(to_instant, item.get("ended_at")),
        phone=item.get("phone"),
        caller_id=item.get("caller_id"),
        agent_id=item.get("agent_id"),
        carrier=item.get("carrier"),
        carrier_call_id=item.get("carrier_call_id"),
        is_withdrawn=item.get("is_withdrawn", False),
        takes_callbacks=item.get("takes_callbacks", True),
        longest=to_span(item.get("longest", 0)),
        outcome=item.get("outcome"),
        is_permanent=item.get("is_permanent", False),
        opts_out=item.get("opts_out", False),
        reason=item.get("reason"),
        duration=maybe(to_span, item.get("duration")),
        callback_at=maybe(to_instant, item.get("callback_at")),
        cost=item.get("cost"),
        recording_url=item.get("recording_url"),
        transcript=from_lines(json.loads(item.get("transcript", "[]"))),
        analysis=json.loads(item.get("analysis", "{}")),
        is_erased=item.get("is_erased", False),
        is_abridged="results" in item,
        revision=item.get("revision", 0),
    )


def as_text(value: Any) -> str:
    """A value as JSON."""
    return json.dumps(value, separators=(",", ":"))


def pages_item(pages: SlotPages) -> list[int]:
    """The pages as one number or two."""
    return [pages.workspace] if pages.campaign is None else [pages.workspace, pages.campaign]


def pages_of(numbers: list[int]) -> SlotPages:
    """The pages that `pages_item` wrote."""
    workspace, *campaign = numbers
    return SlotPages(workspace=workspace, campaign=campaign[0] if campaign else None)
