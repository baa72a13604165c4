"""Take calls back that wait at their carriers when they may not be dialled any more."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from chalicelibs.domain.call import Call, CallStatus
from chalicelibs.domain.call_event import CallEvent, EventKind
from chalicelibs.domain.campaign import Campaign, CampaignKind
from chalicelibs.domain.carrier_account import CANCELLED, QUEUEING
from chalicelibs.domain.dial_gate import may_still_start, why_over
from chalicelibs.domain.naming import campaign_of, task_of
from chalicelibs.domain.outcome import Outcome
from chalicelibs.domain.task import Task
from chalicelibs.ports.calls import Slots
from chalicelibs.ports.campaigns import Campaigns
from chalicelibs.ports.carriers import Carriers, TooLate, Withdrawn
from chalicelibs.ports.queues import Queue, WithdrawCall
from chalicelibs.ports.side_by_side import SideBySide, one_by_one
from chalicelibs.ports.surroundings import Clock, Ids
from chalicelibs.ports.tasks import Tasks
from chalicelibs.ports.workspaces import Accounts
from chalicelibs.together import Done, attempt

#: A request that is on its way has been answered by then.
AFTER_PLACING = timedelta(seconds=10)

#: In one run; the schedule comes again in a minute.
MOST_AT_ONCE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawCalls:
    """Take one call back. How it ends is reported as its carrier would: see `RecordCallEvent`.

    Its carrier is asked once for a message. Where that leads to nothing `WithdrawClosed` finds the
    call again; were it queued again here as well, each minute would begin another series.
    """

    tasks: Tasks
    carriers: Carriers
    queue: Queue
    clock: Clock
    side_by_side: SideBySide = one_by_one

    def together(self, messages: Sequence[WithdrawCall]) -> Sequence[Done]:
        """Take back calls at the same time; what was done about each, or why that failed."""
        return self.side_by_side(partial(attempt, self), messages)

    def __call__(self, message: WithdrawCall) -> str:
        """Take back the call that a message names; gives what was done about it, in a word.

        Raises:
            Stale: when the task moved meanwhile; the message comes again and finds out how.
        """
        gate = self.tasks.at_gate(message.workspace_id, task_of(message.call_id))
        if gate is None or not gate.task.has_in_flight(message.call_id):
            return "over"
        assert gate.task.call is not None
        if may_still_start(gate.task, gate.campaign, self.clock.now()):
            return "may_be_dialled"
        if gate.task.call.status is CallStatus.DIALING:
            self._wait(message, gate.task.call)
            return "not_placed_yet"
        if gate.task.call.status is not CallStatus.PLACED:
            return "goes_on"
        return self._withdraw(gate.task, gate.task.call)

    def _wait(self, message: WithdrawCall, call: Call) -> None:
        """Come again soon for a call that is about to be placed, unless its worker has died."""
        assert call.dialed_at is not None, "it is being dialled"
        if self.clock.now() < call.dialed_at + AFTER_PLACING:
            self.queue.withdraw([message], AFTER_PLACING)

    def _withdraw(self, task: Task, call: Call) -> str:
        assert call.carrier is not None, "it was placed"
        carrier = self.carriers.get(task.workspace_id, call.carrier)
        if carrier is None:
            return "unknown_carrier"
        # First it is noted that we ask: the carrier's own report may be faster than its answer.
        withdrawn = replace(call, is_withdrawn=True)
        if not call.is_withdrawn:
            self.tasks.save(task.with_call(withdrawn))
        match carrier.withdraw(withdrawn):
            case Withdrawn():
                self.queue.events([self._end(withdrawn)])
                return "withdrawn"
            case TooLate():
                return "too_late"
            case _:
                return "cannot_say"

    def _end(self, call: Call) -> CallEvent:
        return CallEvent(
            call_id=call.call_id,
            kind=EventKind.ENDED,
            at=self.clock.now(),
            outcome=Outcome.INIT_FAILED,
            reason=CANCELLED,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawClosed:
    """Find the calls in flight that may not be dialled any more.

    Their campaign is paused, over or out of hours, or their task's own end has passed.
    """

    accounts: Accounts
    campaigns: Campaigns
    tasks: Tasks
    slots: Slots
    queue: Queue
    clock: Clock
    ids: Ids

    def __call__(self, workspace_id: str) -> int:
        """Have a workspace's calls taken back, as far as they wait; gives how many are asked.

        Only where a carrier of the workspace lets calls wait. A campaign that is over is none of
        those that are open, and its calls are found all the same.
        """
        if not self._lets_wait(workspace_id):
            return 0
        now = self.clock.now()
        calling = {
            one.campaign_id: one
            for one in self.campaigns.open(workspace_id)
            if lets_call(one, now)
        }
        held = sorted(self.slots.held(workspace_id))
        found = [call_id for call_id in held if campaign_of(call_id) not in calling]
        realtime = {name for name, one in calling.items() if one.kind is CampaignKind.REALTIME}
        found += self._over((one for one in held if campaign_of(one) in realtime), now)
        return self._ask(workspace_id, found)

    def of(self, campaign: Campaign) -> int:
        """The same for one campaign, which was paused or archived."""
        if lets_call(campaign, self.clock.now()) or not self._lets_wait(campaign.workspace_id):
            return 0
        held = sorted(self.slots.held(campaign.workspace_id))
        own = [call_id for call_id in held if campaign_of(call_id) == campaign.campaign_id]
        return self._ask(campaign.workspace_id, own)

    def _lets_wait(self, workspace_id: str) -> bool:
        return any(one.kind in QUEUEING for one in self.accounts.list(workspace_id))

    def _over(self, call_ids: Iterable[str], now: datetime) -> list[str]:
        """The calls of tasks that are over, though their campaign calls: these bring own ends."""
        by_task = {task_of(call_id): call_id for call_id in call_ids}
        tasks = self.tasks.get_all(by_task) if by_task else ()
        return [by_task[one.task_id] for one in tasks if why_over(one, now) is not None]

    def _ask(self, workspace_id: str, found: Sequence[str]) -> int:
        # By lot, for those that go on are found again and again, and must not hide the others.
        chosen = self.ids.shuffled(len(found))[:MOST_AT_ONCE]
        messages = [WithdrawCall(workspace_id=workspace_id, call_id=found[at]) for at in chosen]
        if messages:
            self.queue.withdraw(messages)
        return len(messages)


def lets_call(campaign: Campaign, now: datetime) -> bool:
    """Whether a campaign lets calls start now, in each of its lanes."""
    return campaign.may_call(now) and all(lane.is_open(now) for lane in campaign.lanes())
