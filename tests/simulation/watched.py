"""The in-memory twins, watched: what was written, when, and by an invocation that began when."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from chalicelibs.adapters.memory import (
    MemoryCampaigns,
    MemoryImports,
    MemoryPacing,
    MemorySlots,
    MemoryStore,
    MemoryTasks,
    MemoryWorkspaces,
)
from chalicelibs.domain.call import Call, CallStatus
from chalicelibs.domain.campaign import Campaign
from chalicelibs.domain.imports import Batch
from chalicelibs.domain.naming import by_campaign
from chalicelibs.domain.progress import Tally
from chalicelibs.domain.task import DueTask, Task, TaskStatus
from chalicelibs.domain.workspace import ApiKey, Workspace
from chalicelibs.ports.tasks import AtGate
from tests.simulation.violation import Violation
from tests.simulation.world import World

#: Whatever changes, the schedule comes within this.
SOON = timedelta(minutes=1)

STOPPED = {TaskStatus.PAUSED, TaskStatus.ARCHIVED}


class Gate(NamedTuple):
    """What a dial gate read, when, and by which clock it judges."""

    at: datetime
    clock: datetime
    task: Task
    campaign: Campaign


class Claim(NamedTuple):
    """Who was claimed, when, and when the dispatch began that did it."""

    at: datetime
    began_at: datetime
    clock: datetime
    task: Task


@dataclass(kw_only=True)
class Journal:
    """What the audits want to know of a run, besides what is stored and what rang."""

    world: World
    store: MemoryStore
    gates: dict[str, list[Gate]] = field(default_factory=lambda: defaultdict(list))
    born: dict[str, datetime] = field(default_factory=dict)  #: Tasks, by id.
    claims: dict[str, Claim] = field(default_factory=dict)
    reserved: dict[str, datetime] = field(default_factory=dict)  #: In the workspace, by call.
    dialled: dict[str, datetime] = field(default_factory=dict)  #: Written down, by call.
    #: The second of its worker's clock in which a call was allowed to start.
    seconds: dict[str, int | None] = field(default_factory=dict)
    states: dict[str, list[tuple[datetime, Campaign]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    limits: list[tuple[datetime, Workspace]] = field(default_factory=list)
    waiting_since: dict[str, datetime] = field(default_factory=dict)
    stopped: dict[str, list[tuple[datetime, bool]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    free_since: dict[str, datetime] = field(default_factory=dict)  #: By what has a limit.
    misled_at: datetime | None = None  #: When the index last lagged behind.
    granted: dict[str, int] = field(default_factory=lambda: defaultdict(int))  #: Callbacks.
    told: dict[str, str] = field(default_factory=dict)  #: Outcomes that were settled, by call.
    broken: list[Violation] = field(default_factory=list)
    on_claim: Callable[[Claim, Call], None] = lambda *_: None
    on_save: Callable[[Task, Task], None] = lambda *_: None

    def note_new(self, task: Task) -> None:
        """Note a task that is new."""
        self.waiting_since[task.task_id] = self.born[task.task_id] = self.world.now
        self.world.hasten(SOON)
        self.world.tell(f"task {task.task_id}: new, due {task.due_at:%d %H:%M:%S}")

    def campaigns_since(self, campaign_id: str, began_at: datetime) -> list[Campaign]:
        """What a campaign has been since an instant."""
        states = self.states[campaign_id]
        before = [state for at, state in states if at <= began_at][-1:]
        return before + [state for at, state in states if at > began_at]

    def limit_of(self, scope: str) -> int | None:
        """What a workspace or campaign may have in flight now."""
        if scope in self.store.workspaces:
            return self.store.workspaces[scope].concurrency_limit
        return self.store.campaigns[scope].concurrency_limit

    def campaigns_at(self, campaign_id: str, at: datetime) -> list[Campaign]:
        """What a campaign was at an instant; all of it, where it was written at that instant."""
        states = self.states[campaign_id]
        before = [state for when, state in states if when < at][-1:]
        return before + [state for when, state in states if when == at]


class WatchedTasks(MemoryTasks):
    """Tasks that note what each dial gate saw, who was claimed, who was stopped."""

    def __init__(self, journal: Journal) -> None:
        super().__init__(journal.store)
        self.journal = journal
        self.seen: dict[str, Sequence[DueTask]] = {}

    def add(self, tasks: Sequence[Task]) -> frozenset[str]:
        """See the port."""
        known = super().add(tasks)
        for task in tasks:
            if task.task_id not in known:
                self.journal.note_new(task)
        return known

    def settle(self, task: Task, tally: Tally) -> Task:
        """See the port; `save` comes through here, too."""
        journal, before = self.journal, self._store.tasks[task.task_id]
        saved = super().settle(task, tally)
        now = journal.world.now
        journal.waiting_since[task.task_id] = now
        journal.world.hasten(SOON)
        is_stopped = saved.status in STOPPED or saved.is_erased
        journal.stopped[task.task_id].append((now, is_stopped))
        if saved.call is not None and saved.call.status is CallStatus.DIALING:
            journal.dialled.setdefault(saved.call.call_id, now)
            second = getattr(journal.world.actor(), "second", None)
            journal.seconds.setdefault(saved.call.call_id, second)
        journal.world.tell(f"task {task.task_id}: {as_told(saved)}")
        journal.on_save(before, saved)
        return saved

    def due(self, partition: str, *, until: datetime, limit: int) -> Sequence[DueTask]:
        """See the port: an index lags behind its table, so a look may show what was before."""
        found = super().due(partition, until=until, limit=limit)
        world = self.journal.world
        if "agenda_old" not in world.rates:
            return found
        before = self.seen.get(partition, found)
        self.seen[partition] = found
        if not world.strikes("agenda_old"):
            return found
        self.journal.misled_at = world.now
        return [due for due in before if due.entry.at <= until][:limit]

    def _claim(self, due: DueTask, call: Call, workspace_id: str) -> bool:
        task = self.get(due.task_id)
        has_won = super()._claim(due, call, workspace_id)
        if has_won and task is not None:
            world = self.journal.world
            claim = Claim(world.now, world.actor_since(), world.clock(), task)
            self.journal.claims[call.call_id] = claim
            world.tell(f"claim {call.call_id}")
            self.journal.on_claim(claim, call)
        return has_won

    def at_gate(self, workspace_id: str, task_id: str) -> AtGate | None:
        """See the port."""
        gate = super().at_gate(workspace_id, task_id)
        if gate is not None and gate.task.call is not None:
            world = self.journal.world
            seen = Gate(world.now, world.clock(), gate.task, gate.campaign)
            self.journal.gates[gate.task.call.call_id].append(seen)
            state = gate.campaign.state
            clock = f", its clock {seen.clock:%H:%M:%S}" if seen.clock != seen.at else ""
            world.tell(f"gate {gate.task.call.call_id}: campaign {state}{clock}")
        return gate


def as_told(task: Task) -> str:
    """Where a task stands, in a few words."""
    if task.call is not None:
        call = task.call
        words = [f"call {call.call_id} {call.status}", call.outcome or ""]
        words.append(f"look at {call.deadline:%H:%M:%S}")
    else:
        words = [str(task.status), f"{task.attempts} used", task.outcome or "", task.reason or ""]
        if not task.is_final:
            kind = "callback" if task.is_callback else "due"
            words.append(f"{kind} {task.due_at:%d %H:%M:%S}")
    return ", ".join(word for word in words if word)


class WatchedImports(MemoryImports):
    """Imports that note the tasks they make."""

    def __init__(self, journal: Journal) -> None:
        super().__init__(journal.store)
        self.journal = journal

    def commit(self, batch: Batch) -> Batch:
        """See the port."""
        done = super().commit(batch)
        for row in done.accepted:
            self.journal.note_new(row.task)
        return done


class WatchedCampaigns(MemoryCampaigns):
    """Campaigns that note each state they were in."""

    def __init__(self, journal: Journal) -> None:
        super().__init__(journal.store)
        self.journal = journal

    def add(self, campaign: Campaign) -> None:
        """See the port."""
        super().add(campaign)
        self._note(campaign)

    def edit(
        self, workspace_id: str, campaign_id: str, change: Callable[[Campaign], Campaign]
    ) -> Campaign:
        """See the port."""
        saved = super().edit(workspace_id, campaign_id, change)
        self._note(saved)
        return saved

    def _note(self, campaign: Campaign) -> None:
        states, world = self.journal.states[campaign.campaign_id], self.journal.world
        before = states[-1][1] if states else None
        if before is not None and campaign.version <= before.version:
            return  # nothing was written: an edit found what it wanted, perhaps a while ago
        states.append((world.now, campaign))
        world.hasten(SOON)
        if before is None or before.concurrency_limit != campaign.concurrency_limit:
            self.journal.free_since[campaign.campaign_id] = world.now
        world.tell(f"campaign {campaign.campaign_id}: {campaign.state}{changed(before, campaign)}")


def changed(before: Campaign | None, after: Campaign) -> str:
    """What is new of a campaign, for those who read the story."""
    told = ("rules", "start_at", "end_at", "concurrency_limit", "level", "paused_for")
    parts = []
    for name in told:
        old, new = getattr(before, name, None), getattr(after, name)
        if new != old:
            parts.append(f", {name} {rules_told(after) if name == 'rules' else new}")
    return "".join(parts)


def rules_told(campaign: Campaign) -> str:
    """Rules in a few words."""
    rules = campaign.rules
    if rules is None:
        return "none"
    pauses = "/".join(str(int(one.total_seconds() // 60)) for one in rules.retry.intervals)
    outside = ", callbacks at any time" if rules.callbacks_outside_hours else ""
    attempts = f"{rules.retry.max_attempts} attempts after {pauses or 0} min"
    return f"({attempts}, hours {rules.hours or 'any'}{outside})"


class WatchedWorkspaces(MemoryWorkspaces):
    """Workspaces that note their limits."""

    def __init__(self, journal: Journal) -> None:
        super().__init__(journal.store)
        self.journal = journal

    def add(self, workspace: Workspace, key: ApiKey) -> None:
        """See the port."""
        super().add(workspace, key)
        self._note(workspace)

    def set_limits(self, workspace: Workspace) -> None:
        """See the port."""
        super().set_limits(workspace)
        self._note(workspace)

    def _note(self, workspace: Workspace) -> None:
        world = self.journal.world
        self.journal.limits.append((world.now, workspace))
        self.journal.free_since[workspace.workspace_id] = world.now
        limit, pace = workspace.concurrency_limit, workspace.calls_per_second
        world.tell(f"limit {limit}, {pace or 'any'} per second")


class WatchedSlots(MemorySlots):
    """Slots that note since when one is free."""

    def __init__(self, journal: Journal) -> None:
        super().__init__(journal.store)
        self.journal = journal

    def reserve(self, scope: str, call_ids: Sequence[str], limit: int) -> Mapping[str, int]:
        """See the port."""
        pages = super().reserve(scope, call_ids, limit)
        if scope in self._store.workspaces:
            self.journal.reserved |= dict.fromkeys(pages, self.journal.world.now)
        if len(pages) < len(call_ids):
            left_out = ", ".join(one for one in call_ids if one not in pages)
            self.journal.world.tell(f"no slot for {left_out}")
        return pages

    def release(self, scope: str, call_ids: Set[str], page: int | None) -> None:
        """See the port."""
        limit = self.journal.limit_of(scope)
        was_full = limit is not None and len(self.held(scope)) >= limit
        gone = call_ids & self.held(scope)
        super().release(scope, call_ids, page)
        if was_full:
            self.journal.free_since[scope] = self.journal.world.now
        for campaign_id in by_campaign(gone) if scope in self._store.workspaces else ():
            if not gone & self.held(campaign_id):  # it began before its campaign had a limit
                self.journal.free_since[campaign_id] = self.journal.world.now


class WatchedPacing(MemoryPacing):
    """Pacing that notes in which second an invocation was let through."""

    def __init__(self, journal: Journal) -> None:
        super().__init__(journal.store)
        self.journal = journal

    def take(self, workspace_id: str, at: datetime, *, limit: int, wanted: int = 1) -> int:
        """See the port."""
        taken = super().take(workspace_id, at, limit=limit, wanted=wanted)
        actor = self.journal.world.actor()
        if taken and actor is not None:
            actor.second = int(at.timestamp())
        return taken
