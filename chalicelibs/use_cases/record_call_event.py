"""Settle calls by what carriers report, and decide what follows."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from typing import Protocol, Self

from chalicelibs.domain.activity import Ended
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
from chalicelibs.domain.naming import is_call_id, task_of
from chalicelibs.domain.overrides import rules_of
from chalicelibs.domain.progress import Tally, added
from chalicelibs.domain.retry import OPTED_OUT, Complete, Decision, Verdict, decide
from chalicelibs.domain.task import Task, TaskStatus, tally_of, use_gained
from chalicelibs.ports import UNHEARD, Calls, Clock, Journal, Slots

#: How often to look at a task that somebody else moves at the same moment.
LOOKS = 3


NO_DELAY = timedelta(0)


class TasksInFlight(Protocol):
    """What recording needs of the tasks, see the port."""

    def get(self, task_id: str) -> Task | None:
        """A task as it stands now."""

    def get_all(self, task_ids: Iterable[str]) -> Iterable[Task]:
        """Those of these tasks that there are."""

    def save(self, task: Task) -> Task:
        """Replace it, if it is still the version that was read."""

    def settle(self, task: Task, tally: Tally) -> Task:
        """Like `save`, and count it in the same transaction."""


class TheirCampaigns(Protocol):
    """What recording needs of the campaigns, see the port."""

    def get(self, workspace_id: str, campaign_id: str) -> Campaign | None:
        """A campaign as it stands now."""

    def edit(
        self, workspace_id: str, campaign_id: str, change: Callable[[Campaign], Campaign]
    ) -> Campaign:
        """Change a campaign as it stands now."""


class Nudges(Protocol):
    """What recording needs of the queues, see the port."""

    def nudge(self, workspace_id: str, delay: timedelta = NO_DELAY) -> None:
        """Have a workspace dispatched."""


class Activity(Protocol):
    """What recording needs of what went on, see the port."""

    def add(self, counts: Mapping[Ended, int]) -> None:
        """Count calls that ended."""


class ReadAhead:
    """Tasks that were read in one request; a look after a lost race is a new one."""

    def __init__(self, tasks: TasksInFlight, task_ids: Iterable[str]) -> None:
        self._tasks = tasks
        self._read: dict[str, Task] = {}
        with suppress(Exception):  # one that cannot be read must not fail the others
            self._read = {task.task_id: task for task in tasks.get_all(task_ids)}
        self.get_all = tasks.get_all

    def get(self, task_id: str) -> Task | None:
        """The task as it was read or saved last, or as it stands now."""
        return self._read.pop(task_id, None) or self._tasks.get(task_id)

    def save(self, task: Task) -> Task:
        """See the port; the next report of the batch goes on from here."""
        return self._saved(self._tasks.save(task))

    def settle(self, task: Task, tally: Tally) -> Task:
        """See the port; the next report of the batch goes on from here."""
        return self._saved(self._tasks.settle(task, tally))

    def _saved(self, task: Task) -> Task:
        self._read[task.task_id] = task
        return task


class Remembered:
    """Campaigns that are read once."""

    def __init__(self, campaigns: TheirCampaigns) -> None:
        self._campaigns = campaigns
        self.get = cache(campaigns.get)

    def edit(
        self, workspace_id: str, campaign_id: str, change: Callable[[Campaign], Campaign]
    ) -> Campaign:
        """See the port; what is read from now on is read anew."""
        self.get.cache_clear()
        return self._campaigns.edit(workspace_id, campaign_id, change)


class NudgesOnce:
    """Nudges that are held back, each workspace's only once for each moment."""

    def __init__(self, queue: Nudges) -> None:
        self._queue = queue
        self._held: dict[tuple[str, timedelta], None] = {}

    def nudge(self, workspace_id: str, delay: timedelta = NO_DELAY) -> None:
        """Hold it back."""
        self._held[workspace_id, delay] = None

    def send(self) -> None:
        """Let them go."""
        for workspace_id, delay in self._held:
            self._queue.nudge(workspace_id, delay)


class ActivityOnce:
    """Ended calls that are summed up, so that a batch writes each campaign's hour once."""

    def __init__(self, activity: Activity) -> None:
        self._activity = activity
        self._summed: Counter[Ended] = Counter()

    def add(self, counts: Mapping[Ended, int]) -> None:
        """Hold it back."""
        self._summed.update(counts)

    def send(self) -> None:
        """Let it go; what cancels out is nothing."""
        counts = {ended: count for ended, count in self._summed.items() if count}
        if counts:
            self._activity.add(counts)


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

    @contextmanager
    def of_batch(self, call_ids: Iterable[str]) -> Iterator[Self]:
        """Record reports of these calls with fewer requests: read together, nudge once.

        What was read ahead may be a moment old: the condition on a task's version finds that out,
        and the next look is a new one. Nudges leave when the batch is done; should it die before,
        the tick makes up for them.
        """
        nudges, activity = NudgesOnce(self.queue), ActivityOnce(self.activity)
        yield replace(
            self,
            tasks=ReadAhead(self.tasks, map(task_of, filter(is_call_id, call_ids))),
            campaigns=Remembered(self.campaigns),
            activity=activity,
            queue=nudges,
        )
        nudges.send()
        activity.send()

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
        if task is None or event.workspace_id not in {None, task.workspace_id}:
            return "unknown_call"
        if task.is_erased:
            event = event.impersonal()
        if not task.has_in_flight(event.call_id):
            return self._record_late(task, event)
        assert task.call is not None
        if not task.call.is_told_of_by(event.carrier):
            return "another_carriers_call"
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
            # Some tell of the end twice: at once, and in full when the conversation is analysed.
            return self._record_analysis(task, call, event) if event.analysis else "old_news"
        if call.is_withdrawn and event.reason == CANCELLED:
            return self._take_back(task, call)
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

    def _take_back(self, task: Task, call: Call) -> str:
        """It was never dialled: no attempt is spent, and the task waits in its lane again."""
        self._release(task, call)
        back = task.give_back()
        self.tasks.settle(back, tally_of(task, back, now=self.clock.now()))
        self.queue.nudge(task.workspace_id)
        return "taken_back"

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
        self._open_lane(after)
        self.tasks.settle(after, tally)
        self._note(after, kept)
        self._wake(after)
        self.activity.add({ended_in(kept): 1})
        return "settled" if kept == call else self._record(event)

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
            opts_out=call.opts_out,
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

    def _record_late(self, task: Task, event: CallEvent) -> str:
        """An event of a call that has ended: a repetition, or a more telling word on it."""
        dialed = task.ended_call(event.call_id)
        kept = dialed and self.calls.get(task.workspace_id, dialed)
        if kept is None or event.kind is EventKind.IN_PROGRESS:
            return "old_news"
        if not kept.is_told_of_by(event.carrier):
            return "another_carriers_call"
        is_erased = task.is_erased or kept.is_erased
        call = self._told_late(kept, event.impersonal() if is_erased else event)
        # What was settled by this word before is kept, however late its worker comes back.
        is_settled = (task.last_call_id, task.outcome) == (call.call_id, call.outcome)
        if is_erased and not (is_settled and call.outcome != kept.outcome):
            return "erased"
        if call == kept or not (is_settled or self._is_in_time(kept)):
            return "old_news"
        if call.opts_out:
            task = self._opt_out(task)
        if call.outcome != kept.outcome:
            return self._upgrade(task, kept, call)
        self.calls.revise(task.workspace_id, call)
        return "analysis_added"

    def _opt_out(self, task: Task) -> Task:
        """Whoever asked not to be called again, however late it is told, is not."""
        if task.is_final:
            return task
        if task.call is not None:
            return self.tasks.save(task.with_call(replace(task.call, opts_out=True)))
        done = task.finish(TaskStatus.COMPLETED, OPTED_OUT)
        return self.tasks.settle(done, tally_of(task, done, now=self.clock.now()))

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
            tally = added(tally_of(task, after, now=self.clock.now()), use_gained(kept, call))
            moved = moved_to(call, task.outcome)
            self._open_lane(after)
            task = self.tasks.settle(after, added(tally, moved))
            self.activity.add(moved_in(kept, call))
        self.calls.revise(task.workspace_id, call)
        self._wake(task)
        return "upgraded"
