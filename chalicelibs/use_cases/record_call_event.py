"""Settle calls by what carriers report, and decide what follows."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelibs.domain.analysis import bounded
from chalicelibs.domain.call import LOST, Call, CallStatus
from chalicelibs.domain.call_event import CallEvent, EventKind
from chalicelibs.domain.campaign import Campaign
from chalicelibs.domain.deadlines import LOOK_AHEAD, Deadlines
from chalicelibs.domain.errors import Stale
from chalicelibs.domain.instants import wait_until
from chalicelibs.domain.naming import task_of
from chalicelibs.domain.outcome import Outcome, is_more_telling
from chalicelibs.domain.overrides import rules_of
from chalicelibs.domain.progress import OUTCOME, added
from chalicelibs.domain.retry import Complete, Decision, Verdict, decide
from chalicelibs.domain.task import Task, TaskStatus, tally_of, use_gained
from chalicelibs.domain.transcript import fuller
from chalicelibs.ports import Calls, Campaigns, Clock, Queue, Slots, Tasks

#: How often to look at a task that somebody else moves at the same moment.
LOOKS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCallEvent:
    """Record one report of a carrier. Reports come twice, late and out of order."""

    tasks: Tasks
    campaigns: Campaigns
    calls: Calls
    slots: Slots
    queue: Queue
    clock: Clock
    deadlines: Deadlines

    def __call__(self, event: CallEvent) -> str:
        """Record an event; gives what was done about it, in a word.

        Raises:
            Stale: when the task moved again and again; the event comes back and finds out how.
        """
        # Two reports of one call often come at once: waiting for the message to come back would
        # keep its next attempt waiting, too.
        for _ in range(LOOKS - 1):
            try:
                return self._record(event)
            except Stale:
                continue
        return self._record(event)

    def _record(self, event: CallEvent) -> str:
        task = self.tasks.get(task_of(event.call_id))
        if task is None:
            return "unknown_call"
        if task.is_erased:
            event = event.impersonal()
        if not task.has_in_flight(event.call_id):
            return self._record_late(task, event)
        assert task.call is not None
        match event.kind:
            case EventKind.IN_PROGRESS:
                return self._record_answer(task, task.call, event)
            case EventKind.ENDED:
                return self._record_end(task, task.call, event)
            case EventKind.ANALYSIS:
                return self._record_analysis(task, task.call, event)

    def _record_answer(self, task: Task, call: Call, event: CallEvent) -> str:
        if not call.can_become(CallStatus.IN_PROGRESS):
            return "old_news"
        answered = call.because(
            CallStatus.IN_PROGRESS,
            answered_at=event.at,
            carrier_call_id=event.carrier_call_id or call.carrier_call_id,
        )
        self.tasks.save(task.with_call(answered))
        return "in_progress"

    def _record_end(self, task: Task, call: Call, event: CallEvent) -> str:
        if not call.can_become(CallStatus.ENDED):
            return "old_news"
        ended = end_of(call, event, now=self.clock.now())
        # The slot goes first: should the rest fail, the task still stands in the rescue lane.
        self._release(task, call)
        has_analysis = bool(call.analysis or call.outcome)  # it came before the end
        if has_analysis or not event.analysis_follows:
            return self._settle(task, ended, event)
        waiting = replace(ended, deadline=self.clock.now() + self.deadlines.analysis)
        self.tasks.save(task.with_call(waiting))
        self.queue.nudge(task.workspace_id)
        return "waits_for_analysis"

    def _record_analysis(self, task: Task, call: Call, event: CallEvent) -> str:
        analysed = with_analysis(call, event)
        if call.status is CallStatus.ENDED:
            return self._settle(task, analysed, event)
        self.tasks.save(task.with_call(analysed))
        return "analysis_before_end"

    def _release(self, task: Task, call: Call) -> None:
        assert call.slots is not None, "the dial gate noted on which pages a dialled call stands"
        self.slots.release(task.workspace_id, call.call_id, call.slots.workspace)
        if call.slots.campaign is not None:
            self.slots.release(task.campaign_id, call.call_id, call.slots.campaign)

    def _settle(self, task: Task, call: Call, event: CallEvent) -> str:
        # Of two reports at once, the first to keep the call says what the task is settled by, and
        # not the second, even if that settles: task, call and counters must tell the same.
        kept = self.calls.keep(task.workspace_id, call)
        if task.is_erased and not kept.is_erased:
            kept = kept.erased()
            self.calls.save(task.workspace_id, kept)
        after = task.after(self._decide(task, kept), kept)
        tally = tally_of(task, after, now=self.clock.now(), ended_call=kept)
        self.tasks.settle(after, tally)
        self._wake(after)
        return "settled" if kept == call else self._record(event)

    def _decide(self, task: Task, call: Call) -> Decision:
        campaign: Campaign | None = self.campaigns.get(task.workspace_id, task.campaign_id)
        if campaign is None:
            return Complete()
        rules = rules_of(task.own, campaign.rules, campaign.level)
        assert call.outcome is not None
        assert call.ended_at is not None
        verdict = Verdict(
            outcome=call.outcome,
            ended_at=call.ended_at,
            is_permanent=call.is_permanent,
            callback_at=call.callback_at,
            takes_callbacks=call.takes_callbacks,
        )
        return decide(
            verdict, attempts=task.attempts, callbacks=task.callbacks, policy=rules.retry
        )

    def _wake(self, task: Task) -> None:
        """Refill the slot now; and be there when the next attempt is due, if that is soon."""
        self.queue.nudge(task.workspace_id)
        wait = wait_until(task.due_at, now=self.clock.now())
        if task.status is TaskStatus.QUEUED and timedelta(0) < wait <= LOOK_AHEAD:
            self.queue.nudge(task.workspace_id, wait)

    def _record_late(self, task: Task, event: CallEvent) -> str:
        """An event of a call that has ended: a repetition, or a more telling word on it."""
        if task.is_erased:
            return "erased"
        dialed = task.ended_call(event.call_id)
        kept = dialed and self.calls.get(task.workspace_id, dialed)
        if kept is None or event.kind is EventKind.IN_PROGRESS:
            return "old_news"
        call = self._told_late(kept, event)
        # What was settled by this word before is kept, however late its worker comes back.
        is_settled = (task.last_call_id, task.outcome) == (call.call_id, call.outcome)
        if call == kept or not (is_settled or self._is_in_time(kept)):
            return "old_news"
        if call.outcome != kept.outcome:
            return self._upgrade(task, kept, call)
        self.calls.save(task.workspace_id, call)
        return "analysis_added"

    def _told_late(self, call: Call, event: CallEvent) -> Call:
        """The call as it is now known; the end of a lost one was only a guess."""
        if call.reason == LOST and event.kind is EventKind.ENDED:
            return end_of(replace(call, outcome=None), event, now=self.clock.now())
        return with_analysis(call, event)

    def _is_in_time(self, call: Call) -> bool:
        assert call.ended_at is not None
        return self.clock.now() - call.ended_at <= self.deadlines.grace

    def _upgrade(self, task: Task, kept: Call, call: Call) -> str:
        """Settle once more, by the more telling outcome, unless the task has moved on since."""
        if task.last_call_id != call.call_id:
            return "old_news"
        if task.outcome != call.outcome:  # else whoever settled it so died before keeping the call
            if not may_settle_again(task, kept):
                return "old_news"
            after = task.after(self._decide(task, call), call)
            moved = {f"{OUTCOME}{task.outcome}": -1, f"{OUTCOME}{call.outcome}": 1}
            tally = added(tally_of(task, after, now=self.clock.now()), use_gained(kept, call))
            task = self.tasks.settle(after, added(tally, moved))
        self.calls.save(task.workspace_id, call)
        self._wake(task)
        return "upgraded"


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
        callback_at=event.callback_at or call.callback_at,
        transcript=fuller(call.transcript, event.transcript),
        analysis=bounded({**call.analysis, **event.analysis}),
        cost=event.cost or call.cost,
        recording_url=event.recording_url or call.recording_url,
    )
