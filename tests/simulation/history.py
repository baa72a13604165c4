"""The service of one seed: the real use cases on watched twins, behind ports that fail."""

from bisect import bisect_right, insort
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from chalicelibs.adapters.ids import RandomIds
from chalicelibs.adapters.memory import (
    MemoryAccounts,
    MemoryActivities,
    MemoryAgents,
    MemoryAnswers,
    MemoryCalls,
    MemoryExports,
    MemoryFailures,
    MemoryFiles,
    MemoryGauges,
    MemoryParts,
    MemoryRequests,
    MemorySessions,
    MemoryStore,
)
from chalicelibs.bootstrap import Ports, Service, wire
from chalicelibs.domain.call import CallStatus
from chalicelibs.domain.call_event import CallEvent, EventKind
from chalicelibs.domain.campaign import CampaignState
from chalicelibs.domain.deadlines import Deadlines
from chalicelibs.domain.task import Task, TaskStatus
from chalicelibs.together import Done, attempt
from chalicelibs.use_cases.record_call_event import RecordCallEvent
from tests.simulation.carrier import SimulatedCarrier
from tests.simulation.faults import (
    MOST_CARRIER_SKEW,
    MOST_SKEW,
    PER_PORT_CALL,
    some_outages,
    some_rates,
)
from tests.simulation.unreliable import (
    Unreliable,
    UnreliableDeadLetters,
    UnreliableQueue,
    WorldClock,
)
from tests.simulation.violation import Violation
from tests.simulation.watched import (
    Journal,
    WatchedCampaigns,
    WatchedImports,
    WatchedPacing,
    WatchedSlots,
    WatchedTasks,
    WatchedWorkspaces,
)
from tests.simulation.world import MILLISECOND, SKEW, World

WORKSPACE = "0000000000000wsp"
AGENT = "0000000000000agt"
CALLER_ID = "+34600000000"
MINUTE = timedelta(minutes=1)

OVER = {CampaignState.COMPLETED, CampaignState.ARCHIVED}


@dataclass(kw_only=True)
class History:
    """Everything that an audit wants to know of a run."""

    seed: int
    world: World
    store: MemoryStore
    service: Service
    carrier: SimulatedCarrier
    queue: UnreliableQueue
    campaigns: WatchedCampaigns
    tasks: WatchedTasks
    journal: Journal
    files: dict[str, bytes]
    accepted: set[str] = field(default_factory=set)  #: Tasks that somebody was told of.
    keyed: set[tuple[str, str]] = field(default_factory=set)  #: Pushed with a key.
    dropped: dict[str, tuple[str, list[str], int]] = field(default_factory=dict)
    wishes: dict[str, datetime] = field(default_factory=dict)  #: Not to be called, since when.
    full_ends: set[str] = field(default_factory=set)  #: Calls that were settled by such a report.
    erased: list[tuple[datetime, datetime, str]] = field(default_factory=list)  #: From, to, whom.
    acts: list[datetime] = field(default_factory=list)  #: When somebody does something, sorted.

    def act(self, when: datetime, action: Callable[[], object]) -> None:
        """Have somebody do something at an instant."""
        insort(self.acts, when)
        self.world.at(when, action)

    def next_act_at(self) -> datetime | None:
        """When somebody does something next."""
        place = bisect_right(self.acts, self.world.now)
        return self.acts[place] if place < len(self.acts) else None

    @property
    def is_over(self) -> bool:
        """Whether nobody will do anything any more, and no task is left."""
        return self.next_act_at() is None and all(map(self.is_done, self.store.tasks.values()))

    def is_done(self, task: Task) -> bool:
        """Whether nothing more will happen to a task: it has ended, or its campaign without it.

        By its end, or by hand: a campaign that is completed for its counts leaves nobody behind.
        """
        if task.status in {TaskStatus.COMPLETED, TaskStatus.ARCHIVED}:
            return True
        campaign = self.store.campaigns[task.campaign_id]
        has_ended = campaign.end_at is not None and campaign.end_at <= self.world.now
        is_archived = campaign.state is CampaignState.ARCHIVED
        return task.call is None and (is_archived or has_ended)


def a_world(seed: int, start: datetime, without: frozenset[str]) -> World:
    """The world of a seed, with its own mixture of troubles."""
    world = World(seed=seed, now=start, without=without)
    random = world.dice("world")
    rates = some_rates(random)
    world.backlog_ms = random.choice([50, 2_000, 30_000])
    skew_ms = random.choice([0, 0, 500, MOST_SKEW // MILLISECOND])
    outages = some_outages(random, start)
    gather_ms = random.choice([0, 40, 800, world.backlog_ms])
    world.gather_ms = gather_ms if world.has("batches of calls") else 0
    world.rates = rates
    world.doom(name for name in PER_PORT_CALL if name in rates)
    world.rates = {name: rate for name, rate in rates.items() if world.has(name)}
    if rates:
        named = [(f"{one.what} away at {one.begin:%H:%M}", one) for one in outages]
        world.outages = [one for name, one in named if world.has(name)]
        world.skew_ms = skew_ms if skew_ms and world.has(SKEW) else 0
    world.is_troubled = bool(world.rates or world.outages or world.skew_ms)
    return world


def build(world: World) -> History:
    """The service in a world, before anything has happened in it."""
    store = MemoryStore()
    journal = Journal(world=world, store=store)
    tasks, campaigns = WatchedTasks(journal), WatchedCampaigns(journal)
    clock = WorldClock(world)
    files: dict[str, bytes] = {}
    queue = UnreliableQueue(
        world=world,
        place=lambda messages: history.service.place_call.together(messages),
        record=lambda events: record_together(history, events),
        dispatch=lambda workspace_id: history.service.dispatch(workspace_id),
        import_chunk=lambda message: history.service.import_chunk(message),
        on_tick=lambda workspace_id: history.service.keep_time(workspace_id),
    )
    carrier = SimulatedCarrier(
        world=world,
        receive=lambda event: history.service.receive_report(event),
        skew=a_carrier_skew(world),
        announces=world.dice("announces").random() < 0.7,
    )
    on_table = {
        "workspaces": WatchedWorkspaces(journal),
        "agents": MemoryAgents(store),
        "campaigns": campaigns,
        "gauges": MemoryGauges(store),
        "tasks": tasks,
        "calls": MemoryCalls(store),
        "accounts": MemoryAccounts(store),
        "slots": WatchedSlots(journal),
        "pacing": WatchedPacing(journal),
        "imports": WatchedImports(journal),
        "exports": MemoryExports(store),
        "activities": MemoryActivities(store),
        "answers": MemoryAnswers(store),
        "requests": MemoryRequests(store),
        "sessions": MemorySessions(store),
        "failures": MemoryFailures(store),
    }
    in_queues = {"dead_letters": UnreliableDeadLetters(queues=queue), "queue": queue}
    shaky = {name: Unreliable(port, world) for name, port in on_table.items()}
    shaky |= {name: Unreliable(port, world, "queue") for name, port in in_queues.items()}
    service = wire(
        Ports(
            **shaky,
            files=Unreliable(Bucket(files), world),
            parts=Unreliable(MemoryParts(), world),
            carriers=carrier,
            clock=clock,
            ids=Lots(clock, world.dice("ids")),
            side_by_side=world.side_by_side,
        ),
        deadlines=Deadlines(),
        bootstrap_key_hash=None,
    )
    history = History(
        seed=world.seed,
        world=world,
        store=store,
        service=service,
        carrier=carrier,
        queue=queue,
        campaigns=campaigns,
        tasks=tasks,
        journal=journal,
        files=files,
    )
    return history


def record_together(history: History, events: Sequence[CallEvent]) -> Sequence[Done]:
    """Record the reports of a batch, and see whether what was recorded is."""
    record = history.service.record_call_event
    if isinstance(record, RecordCallEvent):
        recorded = record.together(events)
    else:  # a planted bug is in its place
        recorded = [attempt(record, event) for event in events]
    for event, said in zip(events, recorded, strict=True):
        if not isinstance(said, Exception):
            note_recorded(history, event, said)
    return recorded


def note_recorded(history: History, event: CallEvent, said: str) -> None:
    """What the audits want to know of a report that was recorded."""
    now = history.world.now
    if is_forgotten(history, event):
        found = Violation("P7", "has an end nobody keeps", event.call_id, now)
        history.journal.broken.append(found)
    if event.opts_out and said != "unknown_call":
        history.wishes.setdefault(event.call_id.rpartition("-")[0], now)
    if event.duration is not None and said == "settled":
        history.full_ends.add(event.call_id)


def is_forgotten(history: History, event: CallEvent) -> bool:
    """Whether a call goes on whose end was reported."""
    task = history.store.tasks.get(event.call_id.rpartition("-")[0])
    if event.kind is not EventKind.ENDED or task is None or task.call is None:
        return False
    return task.call.call_id == event.call_id and task.call.status is not CallStatus.ENDED


class Lots(RandomIds):
    """Ids from the world's dice; of one thing there is one order."""

    def shuffled(self, count: int) -> Sequence[int]:
        """See the port."""
        return super().shuffled(count) if count > 1 else range(count)


class Bucket(MemoryFiles):
    """Files under their keys."""

    def source(self, key: str) -> str:
        """See the port."""
        return key


def a_carrier_skew(world: World) -> timedelta:
    """How far the carrier's clock is off: by nothing, seconds, or more than a minute."""
    if not world.skew_ms:
        return timedelta(0)
    most = MOST_CARRIER_SKEW // MILLISECOND
    return world.dice("carrier's clock").randrange(-most, most + 1) * MILLISECOND
