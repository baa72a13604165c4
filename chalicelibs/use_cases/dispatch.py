"""Free slots, best due tasks, claim, reserve, queue: for one workspace at a time."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from chalicelibs.domain.call import Call
from chalicelibs.domain.campaign import Campaign
from chalicelibs.domain.deadlines import Deadlines
from chalicelibs.domain.errors import Stale
from chalicelibs.domain.instants import lot_of
from chalicelibs.domain.journal import Happened, Note
from chalicelibs.domain.lane import Lane
from chalicelibs.domain.naming import by_campaign, campaign_of, task_of
from chalicelibs.domain.pace import MOST_AT_ONCE, delay_of, most_at_once, planned_ahead
from chalicelibs.domain.task import DueTask, tally_of
from chalicelibs.domain.workspace import Workspace
from chalicelibs.ports.calls import Pacing, Slots
from chalicelibs.ports.campaigns import Campaigns
from chalicelibs.ports.queues import PlaceCall, Queue
from chalicelibs.ports.surroundings import UNHEARD, Clock, Ids, Journal
from chalicelibs.ports.tasks import Tasks
from chalicelibs.ports.workspaces import Agents, Workspaces

#: Candidates beyond the free slots, for those that somebody else takes first.
SPARE = 5

#: Lanes of one rank that are all looked into, and their tasks put in order. Where there are more,
#: chance decides into which, until there are enough: but always into two, of which the one that
#: waits longer goes first, so that no campaign is forgotten by bad luck.
MOST_COMPARED = 16
FEWEST_COMPARED = 2

#: How often to look at a plan that somebody else makes at the same moment.
LOOKS = 3

SECOND = timedelta(seconds=1)
NO_DELAY = timedelta(0)

#: Takes tasks for calls; gives the ids of those calls whose task nobody else had taken.
Claim = Callable[[Sequence[tuple[DueTask, Call]]], Collection[str]]


class OwnLimit(NamedTuple):
    """What a campaign's own limit leaves."""

    slots: int  #: It may hold so many: fewer while calls run that hold none of it.
    free: int  #: Of these.


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """Bring due tasks to the calls queue while slots are free."""

    workspaces: Workspaces
    campaigns: Campaigns
    tasks: Tasks
    agents: Agents
    slots: Slots
    pacing: Pacing
    queue: Queue
    clock: Clock
    ids: Ids
    deadlines: Deadlines
    is_thorough: bool = False  #: Looks into lanes, too, that were never used as far as is known.
    journal: Journal = UNHEARD

    def __call__(self, workspace_id: str) -> int:
        """Dispatch a workspace; gives the number of calls queued."""
        began = self.clock.now()
        found = self.campaigns.at_dispatch(workspace_id)
        if found is None or not found.campaigns:
            return 0
        workspace, campaigns = found.workspace, {one.campaign_id: one for one in found.campaigns}
        most = most_at_once(workspace, began, self.deadlines)
        if most <= 0:
            return 0
        held = self.slots.held(workspace_id)
        room = min(most, workspace.concurrency_limit - len(held))
        calls = self._fill(workspace, campaigns, held, room, most) if room > 0 else 0
        used, took = len(held) + calls, self.clock.now() - began
        self._tell(workspace, calls=calls, slots_used=used, took=took)
        return calls

    def _fill(
        self,
        workspace: Workspace,
        campaigns: dict[str, Campaign],
        held: Set[str],
        room: int,
        most: int,
    ) -> int:
        """Queue calls as there is room, and see to it that what is left is not forgotten."""
        workspace_id, due_at = workspace.workspace_id, dict[str, datetime]()

        def claim(claims: Sequence[tuple[DueTask, Call]]) -> Collection[str]:
            ours = self.tasks.claim_all(claims, workspace_id)
            for due, call in claims:
                due_at[call.call_id] = campaigns[campaign_of(due.task_id)].starts_at(due.entry.at)
                if call.call_id not in ours:
                    self._tell_let_go(workspace_id, call.call_id, "taken_by_another")
            return ours

        able = self._with_carrier(workspace, campaigns)
        own_limits = self._own_limits(able.values(), held)
        calls, is_outrun = self._claim(able, own_limits, room, claim)
        messages = self._reserve(workspace, own_limits, calls)
        if messages:
            self._queue(workspace, messages)
        if len(calls) == most:
            self.queue.nudge(workspace_id, delay_of(len(calls), workspace.calls_per_second))
        elif is_outrun:
            self.queue.nudge(workspace_id, SECOND)
        self._tell_of(messages, due_at)
        return len(messages)

    def _tell_let_go(self, workspace_id: str, call_id: str, reason: str) -> None:
        self.journal.tell(
            Note(what=Happened.LET_GO, workspace_id=workspace_id, call_id=call_id, reason=reason)
        )

    def _tell_of(self, messages: Iterable[PlaceCall], due_at: Mapping[str, datetime]) -> None:
        now = self.clock.now()
        for message in messages:
            self.journal.tell(
                Note(
                    what=Happened.DISPATCHED,
                    workspace_id=message.workspace_id,
                    call_id=message.call_id,
                    waited=max(now - due_at[message.call_id], NO_DELAY),
                )
            )

    def _tell(self, workspace: Workspace, *, calls: int, slots_used: int, took: timedelta) -> None:
        self.journal.tell(
            Note(
                what=Happened.DISPATCH,
                workspace_id=workspace.workspace_id,
                calls=calls,
                slots_used=slots_used,
                slots=workspace.concurrency_limit,
                took=took,
            )
        )

    def line(
        self, workspace: Workspace, campaigns: Mapping[str, Campaign], held: Set[str]
    ) -> list[DueTask]:
        """The tasks that would be called were all slots of the workspace free, in their order.

        Nothing is claimed: it is told who is first in line. The calls that hold slots now count
        for their campaigns' own limits.
        """
        found: list[DueTask] = []

        def note(claims: Sequence[tuple[DueTask, Call]]) -> Collection[str]:
            found.extend(due for due, _ in claims)
            return [call.call_id for _, call in claims]

        able = self._with_carrier(workspace, campaigns)
        self._claim(able, self._own_limits(able.values(), held), MOST_AT_ONCE, note)
        return found

    def _with_carrier(
        self, workspace: Workspace, campaigns: Mapping[str, Campaign]
    ) -> Mapping[str, Campaign]:
        """Those whose carrier may be asked. A task with an agent of its own is for the gate."""
        now = self.clock.now()
        named = {*workspace.rests, *workspace.denials}
        if all(workspace.may_ask(carrier, now) for carrier in named):
            return campaigns
        return {
            campaign_id: campaign
            for campaign_id, campaign in campaigns.items()
            if workspace.may_ask(self._carrier_of(campaign), now)
        }

    def _carrier_of(self, campaign: Campaign) -> str:
        rules = campaign.rules
        agent = rules and self.agents.get(campaign.workspace_id, rules.agent_id)
        return agent.carrier if agent else ""

    def _claim(
        self,
        campaigns: Mapping[str, Campaign],
        own_limits: Mapping[str, OwnLimit],
        room: int,
        claim: Claim,
    ) -> tuple[list[Call], bool]:
        """Calls for the best due tasks, as there is room; and whether others took some first.

        Then what else there is of that rank still goes before the next rank. It may also be that
        the index is old: so another look follows in a second.
        """
        now = self.clock.now()
        taken: list[Call] = []
        free = {campaign_id: own.free for campaign_id, own in own_limits.items()}
        not_full = [one for one in campaigns.values() if free.get(one.campaign_id, 1) > 0]
        for equals in ranked(self._open_lanes(not_full, now)):
            candidates, are_all = self._candidates(equals, now, room + SPARE)
            lost = self._take(candidates, taken, free, room, claim)
            if len(taken) == room:
                break
            if lost and not are_all:
                return taken, True
        return taken, False

    def _open_lanes(
        self, campaigns: Iterable[Campaign], now: datetime
    ) -> list[tuple[Campaign, Lane]]:
        """The lanes whose calls may start now."""
        return [
            (campaign, lane)
            for campaign in campaigns
            if campaign.may_call(now)
            for lane in (campaign.lanes() if self.is_thorough else campaign.lanes_in_use())
            if lane.is_open(now)
        ]

    def _take(
        self,
        candidates: Iterable[DueTask],
        taken: list[Call],
        free: dict[str, int],
        room: int,
        claim: Claim,
    ) -> int:
        """Claim candidates until there is no room; gives how many somebody else had taken.

        As many as there is room for are claimed together; then the next, for those that were lost.
        """
        waiting, lost = list(candidates), 0
        while chosen := best(waiting, room - len(taken), free):
            calls = list(map(self._new_call, chosen))
            ours = claim(list(zip(chosen, calls, strict=True)))
            lost += len(calls) - len(ours)
            taken += (call for call in calls if call.call_id in ours)
            for campaign_id in map(campaign_of, ours):
                if campaign_id in free:
                    free[campaign_id] -= 1
            tried = set(chosen)
            waiting = [due for due in waiting if due not in tried]
        return lost

    def _new_call(self, due: DueTask) -> Call:
        now = self.clock.now()
        return Call(
            call_id=due.next_call_id,
            reserved_at=now,
            deadline=now + self.deadlines.first_look,
        )

    def _own_limits(self, campaigns: Iterable[Campaign], held: Set[str]) -> Mapping[str, OwnLimit]:
        """What each campaign's own limit leaves; those without one are not in it.

        Calls that began before it had one hold slots of the workspace alone. They take up room,
        too, also for those who reserve at the same moment: so there are fewer slots meanwhile.
        """
        running, found = by_campaign(held), dict[str, OwnLimit]()
        for campaign in campaigns:
            campaign_id, limit = campaign.campaign_id, campaign.concurrency_limit
            if limit is not None:
                own = self.slots.held(campaign_id)
                slots = limit - len(running.get(campaign_id, frozenset()) - own)
                found[campaign_id] = OwnLimit(slots, slots - len(own))
        return found

    def _candidates(
        self, equals: Sequence[tuple[Campaign, Lane]], now: datetime, wanted: int
    ) -> tuple[list[DueTask], bool]:
        """Due tasks of lanes of one rank, best first; and whether these are all that there are."""
        found: list[tuple[datetime, float, DueTask]] = []
        are_all = True
        enough = wanted
        compared = len(equals) if len(equals) <= MOST_COMPARED else FEWEST_COMPARED
        for place, number in enumerate(self.ids.shuffled(len(equals))):
            if place >= compared and enough <= 0:
                are_all = False
                break
            campaign, lane = equals[number]
            due_in_lane = self._due_in(campaign, lane, now, wanted)
            are_all = are_all and len(due_in_lane) < wanted
            if campaign.concurrency_limit is None:  # else its own limit may leave them waiting
                enough -= len(due_in_lane)
            found += (
                (campaign.starts_at(due.entry.at), lot_of(due.entry.at), due)
                for due in due_in_lane
            )
        return [due for _, _, due in sorted(found)], are_all

    def _due_in(self, campaign: Campaign, lane: Lane, now: datetime, wanted: int) -> list[DueTask]:
        found: list[DueTask] = []
        partitions = campaign.partitions(lane.name)
        for number in self.ids.shuffled(len(partitions)):
            found += self.tasks.due(partitions[number], until=now, limit=wanted)
            if len(found) >= wanted:
                break
        return found

    def _queue(self, workspace: Workspace, messages: Sequence[PlaceCall]) -> None:
        per_second = workspace.calls_per_second
        ahead = NO_DELAY if per_second is None else self._plan(workspace, per_second, messages)
        self.queue.calls(spread(messages, per_second, ahead))

    def _plan(
        self, workspace: Workspace, per_second: int, messages: Sequence[PlaceCall]
    ) -> timedelta:
        """How long these calls wait behind those that were queued before.

        Otherwise each run would give the next seconds away anew, and what is too much would come
        back to the gate second for second.
        """
        now = self.clock.now()
        ahead = planned_ahead(workspace, now)
        for _ in range(LOOKS):
            until = now + ahead + len(messages) * SECOND / per_second
            if self.pacing.plan(workspace.workspace_id, seen=workspace.planned_until, until=until):
                break
            workspace = self.workspaces.get(workspace.workspace_id) or workspace
            ahead = planned_ahead(workspace, now)
        return ahead

    def _reserve(
        self, workspace: Workspace, own_limits: Mapping[str, OwnLimit], calls: Sequence[Call]
    ) -> list[PlaceCall]:
        """Slots for the claimed calls; a call that gets none gives its task back.

        The claim comes first because it leaves an entry in the rescue lane: a crash between the
        two can then not leak a slot, nor strand the task.
        """
        ids = [call.call_id for call in calls]
        own = self._reserve_in_campaigns(own_limits, ids)
        admitted = [call_id for call_id in ids if call_id in own]
        pages = (
            self.slots.reserve(workspace.workspace_id, admitted, workspace.concurrency_limit)
            if admitted
            else {}
        )
        for call_id in ids:
            if call_id not in pages:
                self._give_back(call_id, own.get(call_id))
        return [
            PlaceCall(
                workspace_id=workspace.workspace_id,
                call_id=call_id,
                workspace_page=pages[call_id],
                campaign_page=own[call_id],
            )
            for call_id in admitted
            if call_id in pages
        ]

    def _reserve_in_campaigns(
        self, own_limits: Mapping[str, OwnLimit], ids: Sequence[str]
    ) -> dict[str, int | None]:
        """For each call that got in its page in its campaign's limit; None: there is none."""
        pages: dict[str, int | None] = {}
        for campaign_id, group in groupby(sorted(ids, key=campaign_of), key=campaign_of):
            own, limit = list(group), own_limits.get(campaign_id)
            if limit is None:
                pages.update(dict.fromkeys(own))
            else:
                pages.update(self.slots.reserve(campaign_id, own, limit.slots))
        return pages

    def _give_back(self, call_id: str, campaign_page: int | None) -> None:
        """No slot: the task returns to its lane. The campaign's slot goes first, see `Rescue`."""
        if campaign_page is not None:
            self.slots.release(campaign_of(call_id), {call_id}, campaign_page)
        task = self.tasks.get(task_of(call_id))
        if task is not None and task.has_in_flight(call_id):
            self._tell_let_go(task.workspace_id, call_id, "no_slot")
            back = task.give_back()  # of an erased contact: archived, and counted
            with suppress(Stale):
                self.tasks.settle(back, tally_of(task, back, now=self.clock.now()))


def best(candidates: Iterable[DueTask], room: int, free: Mapping[str, int]) -> list[DueTask]:
    """The first candidates, as many as there is room for, also in their campaigns' own limits.

    An index that is old may show a task in two places; only one of them is the truth.
    """
    chosen: dict[str, DueTask] = {}
    used = Counter[str]()
    for due in candidates:
        campaign_id = campaign_of(due.task_id)
        is_full = len(chosen) >= room or used[campaign_id] >= free.get(campaign_id, room)
        if due.task_id not in chosen and not is_full:
            chosen[due.task_id] = due
            used[campaign_id] += 1
    return list(chosen.values())


def ranked(
    lanes: Iterable[tuple[Campaign, Lane]],
) -> Iterator[list[tuple[Campaign, Lane]]]:
    """The lanes in groups of equal rank, highest first."""
    in_order = sorted(lanes, key=lambda pair: pair[1].rank, reverse=True)
    for _, equals in groupby(in_order, key=lambda pair: pair[1].rank):
        yield list(equals)


def spread(
    messages: Iterable[PlaceCall], calls_per_second: int | None, ahead: timedelta
) -> Iterator[tuple[PlaceCall, timedelta]]:
    """Each message with its delay, so that no second gets more than its share."""
    for number, message in enumerate(messages):
        yield message, ahead + delay_of(number, calls_per_second)
