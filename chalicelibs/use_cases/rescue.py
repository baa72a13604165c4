"""Act on what did not happen by its deadline: ask the carrier, or take the task back."""

from dataclasses import dataclass, replace
from datetime import datetime

from chalicelibs.domain.call import LOST, Call, CallStatus
from chalicelibs.domain.call_event import CallEvent, EventKind
from chalicelibs.domain.deadlines import Deadlines
from chalicelibs.domain.errors import Stale
from chalicelibs.domain.journal import Happened, Note
from chalicelibs.domain.lane import rescue_partition
from chalicelibs.domain.outcome import Outcome
from chalicelibs.domain.task import Task, tally_of
from chalicelibs.ports.calls import Slots
from chalicelibs.ports.carriers import (
    CannotSay,
    Carriers,
    FetchAnswer,
    NeverSeen,
    StillAlive,
    Withdrawn,
)
from chalicelibs.ports.queues import Queue
from chalicelibs.ports.surroundings import UNHEARD, Clock, Journal
from chalicelibs.ports.tasks import Tasks
from chalicelibs.together import attempt

#: In one run; the schedule comes again in a minute.
MOST_AT_ONCE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescue:
    """Look at the calls of a workspace that nothing more was heard of.

    It settles nothing itself: what it finds out it reports as the carrier would have.
    """

    tasks: Tasks
    slots: Slots
    carriers: Carriers
    queue: Queue
    clock: Clock
    deadlines: Deadlines
    journal: Journal = UNHEARD

    def __call__(self, workspace_id: str) -> int:
        """Rescue a workspace's overdue calls; gives how many were looked at.

        Raises:
            ExceptionGroup: with what single calls raised, after all of them were looked at; those
                whose carriers could not be asked are dealt with all the same.
        """
        now = self.clock.now()
        overdue = self.tasks.due(rescue_partition(workspace_id), until=now, limit=MOST_AT_ONCE)
        errors: list[Exception] = []
        for due in overdue:
            try:
                self._look_at(due.task_id, now)
            except Exception as error:  # noqa: BLE001 - one bad call must not strand the others
                errors.append(error)
        if errors:
            raise ExceptionGroup("some calls could not be rescued", errors)
        return len(overdue)

    def _look_at(self, task_id: str, now: datetime) -> None:
        task = self.tasks.get(task_id)
        if task is not None and task.call is not None and task.call.deadline <= now:
            self._rescue(task, task.call, now)

    def _rescue(self, task: Task, call: Call, now: datetime) -> None:
        failure: Exception | None = None
        match call.status:
            case CallStatus.RESERVED:
                self._take_back(task, call)
            case CallStatus.ENDED:
                late = CallEvent(call_id=call.call_id, kind=EventKind.ANALYSIS, at=now)
                self.queue.events([late])
            case _:
                failure = self._find_out(task, call, now)
        self._note(task, call, now)
        if failure is not None:
            raise failure

    def _find_out(self, task: Task, call: Call, now: datetime) -> Exception | None:
        """Ask what became of a call, and act on it; gives why its carrier could not be asked."""
        answer: FetchAnswer | Exception = attempt(self._ask, task.workspace_id, call, now)
        if isinstance(answer, Exception):
            # That is our trouble and says nothing of the call, which may be going on. It must have
            # ended some day all the same, and may not hold its slot for ever.
            self._resolve(task, call, now, StillAlive())
            return answer
        self._resolve(task, call, now, answer)
        return None

    def _note(self, task: Task, call: Call, now: datetime) -> None:
        """Tell how far a call had come of which nothing more was heard."""
        self.journal.tell(
            Note(
                what=Happened.RESCUED,
                workspace_id=task.workspace_id,
                call_id=call.call_id,
                reason=call.status,
                waited=now - call.deadline,
            )
        )

    def _take_back(self, task: Task, call: Call) -> None:
        """The message to place it is lost or late; should it still come, the gate drops it.

        The slots go first: should the rest fail, the task still stands in the rescue lane.
        """
        self.slots.release(task.workspace_id, {call.call_id}, None)
        self.slots.release(task.campaign_id, {call.call_id}, None)
        try:
            back = task.give_back()
            self.tasks.settle(back, tally_of(task, back, now=self.clock.now()))
        except Stale:
            return
        self.queue.nudge(task.workspace_id)

    def _ask(self, workspace_id: str, call: Call, now: datetime) -> FetchAnswer:
        """What became of a call; one that waits at its carrier for too long is taken back."""
        if call.carrier is None:
            return NeverSeen()
        carrier = self.carriers.get(workspace_id, call.carrier)
        if carrier is None:
            # Its account was removed since it was asked for the call, which may be going on.
            return CannotSay()
        answer = carrier.fetch(call)
        is_too_long = isinstance(answer, StillAlive) and now >= self.deadlines.of_patience(call)
        if is_too_long and isinstance(carrier.withdraw(call), Withdrawn):
            return lost(call, now)
        return answer

    def _resolve(self, task: Task, call: Call, now: datetime, answer: FetchAnswer) -> None:
        is_overdue = now >= self.deadlines.of_end(call)
        match answer:
            case CallEvent():
                self.queue.events([of_this_call(answer, task, call)])
            case NeverSeen() if call.carrier_call_id is None and call.answered_at is None:
                self.queue.events([never_made(call, now)])
            case StillAlive() if now < self.deadlines.of_surrender(call):
                self._wait(task, call, now)
            case CannotSay() if not is_overdue:
                self._wait(task, call, now)
            case _:
                self.queue.events([lost(call, now)])

    def _wait(self, task: Task, call: Call, now: datetime) -> None:
        """Look again later: when it must have ended, or soon if that is past."""
        end = self.deadlines.of_end(call)
        later = end if end > now else now + self.deadlines.again
        try:
            self.tasks.save(task.with_call(replace(call, deadline=later)))
        except Stale:
            return


def of_this_call(answer: CallEvent, task: Task, call: Call) -> CallEvent:
    """What a carrier answered, told of the call that it was asked for and of no other.

    Carriers that workspaces bring may answer whatever they like, and name anybody's call.
    """
    return replace(answer, call_id=call.call_id, workspace_id=task.workspace_id).bounded()


def never_made(call: Call, now: datetime) -> CallEvent:
    """The end of a call that its carrier was never asked for."""
    return end_of(call, now, Outcome.INIT_FAILED, "never_reached_the_carrier")


def lost(call: Call, now: datetime) -> CallEvent:
    """The end of a call of which nothing is known, or that was taken back."""
    return end_of(call, now, Outcome.FAILED, LOST)


def end_of(call: Call, now: datetime, outcome: Outcome, reason: str) -> CallEvent:
    """The end of a call that nobody else reports."""
    return CallEvent(
        call_id=call.call_id, kind=EventKind.ENDED, at=now, outcome=outcome, reason=reason
    )
