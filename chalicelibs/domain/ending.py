"""How a call ended, as more and more is told of it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from chalicelibs.domain.activity import Ended
from chalicelibs.domain.analysis import bounded
from chalicelibs.domain.call import LOST, Call, CallStatus
from chalicelibs.domain.call_event import CallEvent
from chalicelibs.domain.naming import campaign_of
from chalicelibs.domain.outcome import Outcome, is_more_telling
from chalicelibs.domain.progress import OUTCOME, Tally, of_try
from chalicelibs.domain.task import Task, TaskStatus
from chalicelibs.domain.transcript import fuller


def moved_to(call: Call, before: str | None) -> Tally:
    """What the counters gain when a call turns out to have ended otherwise."""
    return {
        f"{OUTCOME}{before}": -1,
        of_try(call.attempt_no, before): -1,
        f"{OUTCOME}{call.outcome}": 1,
        of_try(call.attempt_no, call.outcome): 1,
    }


def ended_in(call: Call) -> Ended:
    """Where an ended call stands in the picture of its campaign."""
    assert call.ended_at is not None
    return Ended.call(campaign_of(call.call_id), call.ended_at, str(call.outcome))


def moved_in(before: Call, after: Call) -> Mapping[Ended, int]:
    """What the picture gains by that."""
    moved = Counter({ended_in(after): 1})
    moved.subtract({ended_in(before): 1})
    return moved


def may_settle_again(task: Task, last: Call) -> bool:
    """Whether nothing has followed from the last call that a new word on it could not undo."""
    is_waiting = task.status in {TaskStatus.QUEUED, TaskStatus.PAUSED}
    return task.status is TaskStatus.COMPLETED or (is_waiting and last.reason == LOST)


def end_of(call: Call, event: CallEvent, *, now: datetime) -> Call:
    """The call as its carrier says it ended; an analysis that came first stands."""
    # The carrier's clock is not ours: an end before the dial or in the future is cut to size.
    ended_at = min(max(event.at, call.dialed_at or event.at), now)
    ended = call.because(
        CallStatus.ENDED,
        ended_at=ended_at,
        outcome=event.outcome or Outcome.FAILED,
        is_permanent=event.is_permanent,
        reason=event.reason,
        duration=event.duration,
        carrier_call_id=event.carrier_call_id or call.carrier_call_id,
    )
    if call.outcome is not None and is_more_telling(call.outcome, str(ended.outcome)):
        ended = replace(ended, outcome=call.outcome)
    return with_analysis(ended, event)


def with_analysis(call: Call, event: CallEvent) -> Call:
    """The call with what an event tells beyond its end; an outcome counts if it tells more."""
    outcome = call.outcome
    if event.outcome and (outcome is None or is_more_telling(event.outcome, outcome)):
        outcome = event.outcome
    return replace(
        call,
        outcome=outcome,
        is_permanent=event.is_permanent or call.is_permanent,
        opts_out=event.opts_out or call.opts_out,
        duration=call.duration if event.duration is None else event.duration,
        callback_at=event.callback_at or call.callback_at,
        transcript=fuller(call.transcript, event.transcript),
        analysis=bounded({**call.analysis, **event.analysis}),
        cost=event.cost or call.cost,
        recording_url=event.recording_url or call.recording_url,
    )
