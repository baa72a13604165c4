"""Settle calls by what carriers report, and decide what follows."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import NamedTuple, Self

from chalicelibs.domain.call import LOST, Call, CallStatus
from chalicelibs.domain.call_event import CallEvent, EventKind
from chalicelibs.domain.campaign import Campaign
from chalicelibs.domain.carrier_account import CANCELLED
from chalicelibs.domain.deadlines import LOOK_AHEAD, Deadlines
from chalicelibs.domain.ending import (
    end_of,
    ended_in,
    may_settle_again,
    moved_in,
    moved_to,
    with_analysis,
)
from chalicelibs.domain.errors import Stale
from chalicelibs.domain.instants import wait_until
from chalicelibs.domain.journal import Happened, Note
from chalicelibs.domain.naming import is_task_id, task_of
from chalicelibs.domain.overrides import rules_of
from chalicelibs.domain.progress import added
from chalicelibs.domain.retry import Complete, Decision, Verdict, decide
from chalicelibs.domain.task import Task, TaskStatus, tally_of, use_gained
from chalicelibs.ports.calls import Calls, Slots
from chalicelibs.ports.surroundings import UNHEARD, Clock, Journal
from chalicelibs.together import (
    Activity,
    ActivityOnce,
    Answer,
    Done,
    Nudges,
    NudgesOnce,
    ReadAhead,
    Release,
    Remembered,
    Save,
    Settle,
    Steps,
    TasksInFlight,
    TheirCampaigns,
    Together,
    attempt_all,
    result_of,
    stored,
)

#: How often to look at a task that somebody else moves at the same moment.
LOOKS = 3


class Keep(NamedTuple):
    """A call that has ended and is to be kept; the answer is what is kept."""

    workspace_id: str
    call: Call


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCallEvent:
    """Record one report of a carrier. Reports come twice, late and out of order."""

    tasks: TasksInFlight
    campaigns: TheirCampaigns
    calls: Calls
    slots: Slots
    activity: Activity
    queue: Nudges
    clock: Clock
    deadlines: Deadlines
    journal: Journal = UNHEARD

    def __call__(self, event: CallEvent) -> str:
        """Record one report by itself; gives what was done about it, in a word.

        Raises:
            Stale: when the task moved again and again; the event comes back and finds out how.
        """
        [done] = self.together([event])
        return result_of(done)

    def together(self, events: Sequence[CallEvent]) -> Sequence[Done]:
        """Record the reports of a batch with fewer requests; each fails or not by itself."""
        known = filter(is_task_id, dict.fromkeys(task_of(event.call_id) for event in events))
        with self._of_batch(known) as batch:
            together = Together(
                tasks=batch.tasks, slots=batch.slots, besides={Keep: batch._keep_all}
            )
            return together.handle(events, batch._look_and_record)

    @contextmanager
    def _of_batch(self, task_ids: Iterable[str]) -> Iterator[Self]:
        """Read these tasks together, each campaign once, and nudge in the end.

        What was read ahead may be a moment old: the condition on a task's version finds that out,
        and the next look is a new one. Nudges leave when the batch is done; should it die before,
        the tick makes up for them.
        """
        nudges, activity = NudgesOnce(self.queue), ActivityOnce(self.activity)
        yield replace(
            self,
            tasks=ReadAhead(self.tasks, task_ids),
            campaigns=Remembered(self.campaigns),
            activity=activity,
            queue=nudges,
        )
        nudges.send()
        activity.send()

    def _look_and_record(self, event: CallEvent) -> Steps[str]:
        # Two reports of one call often come at once: waiting for the message to come back would
        # keep its next attempt waiting, too.
        for _ in range(LOOKS - 1):
            try:
                return (yield from self._record(event))
            except Stale:
                continue
        return (yield from self._record(event))

    def _record(self, event: CallEvent) -> Steps[str]:
        task = self.tasks.get(task_of(event.call_id))
        if task is None or event.workspace_id not in {None, task.workspace_id}:
            return "unknown_call"
        if task.is_erased:
            event = event.impersonal()
        if not task.has_in_flight(event.call_id):
            return (yield from self._record_late(task, event))
        assert task.call is not None
        if not task.call.is_told_of_by(event.carrier):
            return "another_carriers_call"
        task = yield from self._opt_out(task, event)
        assert task.call is not None, "what is in flight goes on"
        match event.kind:
            case EventKind.IN_PROGRESS:
                return (yield from self._record_answer(task, task.call, event))
            case EventKind.ENDED:
                return (yield from self._record_end(task, task.call, event))
            case EventKind.ANALYSIS:
                return (yield from self._record_analysis(task, task.call, event))

    def _record_answer(self, task: Task, call: Call, event: CallEvent) -> Steps[str]:
        if not call.can_become(CallStatus.IN_PROGRESS):
            return "old_news"
        answered = call.because(
            CallStatus.IN_PROGRESS,
            answered_at=event.at,
            opts_out=event.opts_out or call.opts_out,
            carrier_call_id=event.carrier_call_id or call.carrier_call_id,
        )
        yield Save(task, task.with_call(answered))
        return "in_progress"

    def _record_end(self, task: Task, call: Call, event: CallEvent) -> Steps[str]:
        if call.status is CallStatus.ENDED:
            return (yield from self._record_end_again(task, call, event))
        if not call.can_become(CallStatus.ENDED):
            return "old_news"
        if call.is_withdrawn and event.reason == CANCELLED:
            return (yield from self._take_back(task, call))
        ended = end_of(call, event, now=self.clock.now())
        # The slot goes first: should the rest fail, the task still stands in the rescue lane.
        yield from self._release(task, call)
        has_analysis = bool(call.analysis or call.outcome)  # it came before the end
        if has_analysis or not event.analysis_follows:
            return (yield from self._settle(task, ended, event))
        waiting = replace(ended, deadline=self.clock.now() + self.deadlines.analysis)
        yield Save(task, task.with_call(waiting))
        self.queue.nudge(task.workspace_id)
        return "waits_for_analysis"

    def _record_end_again(self, task: Task, call: Call, event: CallEvent) -> Steps[str]:
        """Some tell of the end twice: at once, and in full when the conversation was looked at."""
        fuller = with_analysis(call, event)
        if fuller == call:
            return "old_news"
        if event.analysis_follows:
            yield Save(task, task.with_call(fuller))
            return "waits_for_analysis"
        return (yield from self._settle(task, fuller, event))

    def _take_back(self, task: Task, call: Call) -> Steps[str]:
        """It was never dialled: no attempt is spent, and the task waits in its lane again."""
        yield from self._release(task, call)
        back = task.give_back()
        yield stored(task, back, tally_of(task, back, now=self.clock.now()))
        self.queue.nudge(task.workspace_id)
        return "taken_back"

    def _record_analysis(self, task: Task, call: Call, event: CallEvent) -> Steps[str]:
        analysed = with_analysis(call, event)
        if call.status is CallStatus.ENDED:
            return (yield from self._settle(task, analysed, event))
        yield Save(task, task.with_call(analysed))
        return "analysis_before_end"

    def _release(self, task: Task, call: Call) -> Steps[None]:
        assert call.slots is not None, "the dial gate noted on which pages a dialled call stands"
        yield Release(task.workspace_id, call.slots.workspace, call.call_id)
        if call.slots.campaign is not None:
            yield Release(task.campaign_id, call.slots.campaign, call.call_id)

    def _settle(self, task: Task, call: Call, event: CallEvent) -> Steps[str]:
        # Of two reports at once, the first to keep the call says what the task is settled by, and
        # not the second, even if that settles: task, call and counters must tell the same.
        kept: Call = yield Keep(task.workspace_id, call)
        if task.is_erased:
            kept = self._erased(task, kept)
        after = task.after(self._decide(task, kept), kept)
        tally = tally_of(task, after, now=self.clock.now(), ended_call=kept)
        self._open_lane(after)
        yield Settle(after, tally)
        self._note(after, kept)
        self._wake(after)
        self.activity.add({ended_in(kept): 1})
        return "settled" if kept == call else (yield from self._record(event))

    def _keep_all(self, wishes: Sequence[Keep]) -> Sequence[Answer]:
        return attempt_all(lambda wish: self.calls.keep(*wish), self.calls.keep_all, wishes)

    def _erased(self, task: Task, kept: Call) -> Call:
        """The call without the person, also where a worker died who read the task before."""
        if not kept.is_erased:
            kept = kept.erased()
            self.calls.save(task.workspace_id, kept)
        self.calls.forget_results(task.workspace_id, task.task_id)
        return kept

    def _note(self, after: Task, call: Call) -> None:
        """Tell how an attempt ended, and what follows."""
        self.journal.tell(
            Note(
                what=Happened.SETTLED,
                workspace_id=after.workspace_id,
                call_id=call.call_id,
                outcome=call.outcome,
                reason=after.status,
            )
        )

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
            opts_out=call.opts_out or task.opted_out,
        )
        return decide(
            verdict, attempts=task.attempts, callbacks=task.callbacks, policy=rules.retry
        )

    def _open_lane(self, task: Task) -> None:
        """Have dispatch look where the task will stand, before it stands there."""
        if task.is_final:
            return
        campaign = self.campaigns.get(task.workspace_id, task.campaign_id)

        def expecting(found: Campaign) -> Campaign:
            return found.expecting(task.attempts + 1, is_callback=task.is_callback)

        if campaign is not None and expecting(campaign) != campaign:
            self.campaigns.edit(task.workspace_id, task.campaign_id, expecting)

    def _wake(self, task: Task) -> None:
        """Refill the slot now; and be there when the next attempt is due, if that is soon."""
        self.queue.nudge(task.workspace_id)
        wait = wait_until(task.due_at, now=self.clock.now())
        if task.status is TaskStatus.QUEUED and timedelta(0) < wait <= LOOK_AHEAD:
            self.queue.nudge(task.workspace_id, wait)

    def _record_late(self, task: Task, event: CallEvent) -> Steps[str]:
        """An event of a call that has ended: a repetition, or a more telling word on it."""
        kept = self._kept(task, event)
        if kept is None:
            return "old_news"
        if not kept.is_told_of_by(event.carrier):
            return "another_carriers_call"
        if is_erased := task.is_erased or kept.is_erased:
            # Who read the call before may have stored what it was told after the erasing.
            self.calls.forget_results(task.workspace_id, task.task_id)
        task = yield from self._opt_out(task, event)
        call = self._told_late(kept, event.impersonal() if is_erased else event)
        # What was settled by this word before is kept, however late its worker comes back.
        is_settled = (task.last_call_id, task.outcome) == (call.call_id, call.outcome)
        if is_erased and not (is_settled and call.outcome != kept.outcome):
            return "erased"
        if call == kept or not (is_settled or self._is_in_time(kept, event)):
            return "old_news"
        if call.outcome != kept.outcome:
            return (yield from self._upgrade(task, kept, call))
        return (yield from self._add(task, kept, call, is_in_time=self._is_in_time(kept, event)))

    def _kept(self, task: Task, event: CallEvent) -> Call | None:
        """The ended call of which an event may tell more; that it was answered is no more."""
        is_news = event.kind is not EventKind.IN_PROGRESS or event.opts_out
        dialed = task.ended_call(event.call_id) if is_news else None
        return dialed and self.calls.get(task.workspace_id, dialed)

    def _opt_out(self, task: Task, event: CallEvent) -> Steps[Task]:
        """Whoever asked not to be called again, in whichever report and however late, is not."""
        if task.opted_out or not event.opts_out:
            return task
        done = task.not_again()
        saved: Task = yield stored(task, done, tally_of(task, done, now=self.clock.now()))
        return saved

    def _told_late(self, call: Call, event: CallEvent) -> Call:
        """The call as it is now known; the end of a lost one was only a guess, as another is."""
        if call.reason == LOST != event.reason and event.kind is EventKind.ENDED:
            return end_of(replace(call, outcome=None), event, now=self.clock.now())
        told = with_analysis(call, event)
        # Minutes are counted with an outcome: who changes none leaves them as they were counted.
        return told if told.outcome != call.outcome else replace(told, duration=call.duration)

    def _is_in_time(self, call: Call, event: CallEvent) -> bool:
        assert call.ended_at is not None
        return event.opts_out or self.clock.now() - call.ended_at <= self.deadlines.grace

    def _add(self, task: Task, kept: Call, call: Call, *, is_in_time: bool) -> Steps[str]:
        """Keep what more is known of a call that ended as it was thought to have ended."""
        is_settled = (task.last_call_id, task.outcome) == (call.call_id, call.outcome)
        was_guess = kept.reason == LOST != call.reason
        if was_guess and is_settled and is_in_time and may_settle_again(task, kept):
            # It failed, as was guessed; but when, and whether for good, is known only now.
            task = yield from self._settle_again(task, kept, call)
            self._wake(task)
        self.calls.revise(task.workspace_id, call)
        return "analysis_added"

    def _upgrade(self, task: Task, kept: Call, call: Call) -> Steps[str]:
        """Settle once more, by the more telling outcome, unless the task has moved on since."""
        if task.last_call_id != call.call_id:
            return "old_news"
        if task.outcome != call.outcome:  # else whoever settled it so died before keeping the call
            if not may_settle_again(task, kept):
                return "old_news"
            task = yield from self._settle_again(task, kept, call)
        self.calls.revise(task.workspace_id, call)
        self._wake(task)
        return "upgraded"

    def _settle_again(self, task: Task, kept: Call, call: Call) -> Steps[Task]:
        """The task as it follows from what is known now; one that is so already is left alone."""
        after = task.after(self._decide(task, call), call)
        if after == task:
            return task
        tally = added(tally_of(task, after, now=self.clock.now()), use_gained(kept, call))
        if call.outcome != task.outcome:
            tally = added(tally, moved_to(call, task.outcome))
        self._open_lane(after)
        settled: Task = yield Settle(after, tally)
        self.activity.add(moved_in(kept, call))
        return settled
