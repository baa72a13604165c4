"""One seed: a workspace, some campaigns, users who interfere, and everything going wrong."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from chalicelibs.adapters.ids import RandomIds
from chalicelibs.adapters.memory import (
    MemoryAgents,
    MemoryAnswers,
    MemoryCalls,
    MemoryCampaigns,
    MemoryDeadLetters,
    MemoryFailures,
    MemoryFiles,
    MemoryGauges,
    MemoryImports,
    MemoryPacing,
    MemoryRequests,
    MemorySlots,
    MemoryStore,
    MemoryTasks,
    MemoryWorkspaces,
)
from chalicelibs.bootstrap import Ports, Service, wire
from chalicelibs.domain.agent import Agent, Number
from chalicelibs.domain.brakes import Brakes, Budget, FailureBrake
from chalicelibs.domain.call import Call
from chalicelibs.domain.calling_hours import CallingHours
from chalicelibs.domain.campaign import MOVES, Campaign, CampaignKind, CampaignState
from chalicelibs.domain.deadlines import Deadlines
from chalicelibs.domain.errors import NotAllowed
from chalicelibs.domain.overrides import rules_of
from chalicelibs.domain.priority import Level, per_attempt
from chalicelibs.domain.progress import Tally
from chalicelibs.domain.push import Push
from chalicelibs.domain.retry import RetryPolicy
from chalicelibs.domain.rules import Rules
from chalicelibs.domain.task import DueTask, Task, TaskStatus
from chalicelibs.domain.workspace import ApiKey, Workspace
from chalicelibs.ports import AtGate
from tests.simulation.carrier import SimulatedCarrier
from tests.simulation.unreliable import Unreliable, UnreliableQueue, WorldClock, retried
from tests.simulation.world import Broken, Faults, World

WORKSPACE = "0000000000000wsp"
AGENT = "0000000000000agt"
CALLER_ID = "+34600000000"
MINUTE = timedelta(minutes=1)

NO_RULES = Rules(agent_id=AGENT, caller_id=CALLER_ID, retry=RetryPolicy(), priorities=(0,))

#: Faults stop after this; what then still hangs, hangs for ever.
TROUBLE = timedelta(hours=6)
LENGTH = timedelta(hours=60)

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]

#: Minutes between attempts: also such that a late report of one meets the next.
INTERVALS = [0, 1, 2, 5, 30, 90]

#: Most campaigns never feel theirs; some stop after a few calls.
BRAKES = [
    Brakes(),
    Brakes(failure=FailureBrake(share=0.5, least_calls=3)),
    Brakes(budget=Budget(attempts=4)),
]

#: Starts near which something happens: ordinary days, and days on which clocks change.
STARTS = [
    datetime(2027, 3, 5, 8, tzinfo=UTC),
    datetime(2027, 3, 14, 4, tzinfo=UTC),
    datetime(2027, 3, 27, 22, tzinfo=UTC),
    datetime(2027, 10, 30, 22, tzinfo=UTC),
    datetime(2027, 11, 7, 3, tzinfo=UTC),
]


@dataclass
class Gate:
    """What a dial gate read, and when."""

    at: datetime
    campaign: Campaign
    is_callback: bool


@dataclass(kw_only=True)
class History:
    """Everything that an audit wants to know of a run."""

    seed: int
    world: World
    store: MemoryStore
    service: Service
    carrier: SimulatedCarrier
    queue: UnreliableQueue
    campaigns: "WatchedCampaigns"
    gates: dict[str, list[Gate]] = field(default_factory=dict)
    states: dict[str, list[tuple[datetime, Campaign]]] = field(default_factory=dict)
    limits: list[tuple[datetime, int]] = field(default_factory=list)
    miscounts: list[str] = field(default_factory=list)
    accepted: set[str] = field(default_factory=set)
    queued_since: dict[str, datetime] = field(default_factory=dict)
    passed_over: list[str] = field(default_factory=list)
    misled_at: datetime | None = None  #: When the index last lagged behind.
    stopped: dict[str, list[tuple[datetime, bool]]] = field(default_factory=dict)


class WatchedTasks(MemoryTasks):
    """Tasks that note what each dial gate saw, whom a claim passed over, who was stopped."""

    history: History

    def __init__(self, store: MemoryStore) -> None:
        super().__init__(store)
        self.seen: dict[str, Sequence[DueTask]] = {}

    def add(self, tasks: Sequence[Task]) -> frozenset[str]:
        """See the port."""
        known = super().add(tasks)
        for task in tasks:
            if task.task_id not in known:
                self.history.queued_since[task.task_id] = self.history.world.now
        return known

    def settle(self, task: Task, tally: Tally) -> Task:
        """See the port; `save` comes through here, too."""
        saved = super().settle(task, tally)
        now = self.history.world.now
        self.history.queued_since[task.task_id] = now
        is_stopped = saved.status in {TaskStatus.PAUSED, TaskStatus.ARCHIVED}
        self.history.stopped.setdefault(task.task_id, []).append((now, is_stopped))
        return saved

    def due(self, partition: str, *, until: datetime, limit: int) -> Sequence[DueTask]:
        """See the port: an index lags behind its table, so a look may show what was before."""
        found = super().due(partition, until=until, limit=limit)
        before = self.seen.get(partition, found)
        self.seen[partition] = found
        world = self.history.world
        if not world.chance(world.faults.agenda_old):
            return found
        self.history.misled_at = world.now
        return [due for due in before if due.entry.at <= until][:limit]

    def claim(self, due: DueTask, call: Call, workspace_id: str) -> bool:
        """See the port."""
        task = self.get(due.task_id)
        has_won = super().claim(due, call, workspace_id)
        if has_won and task is not None:
            self.history.passed_over += passed_over(self.history, task)
        return has_won

    def at_gate(self, workspace_id: str, task_id: str) -> AtGate | None:
        """See the port."""
        gate = super().at_gate(workspace_id, task_id)
        if gate is not None and gate.task.call is not None:
            seen = Gate(self.history.world.now, gate.campaign, gate.task.is_callback)
            self.history.gates.setdefault(gate.task.call.call_id, []).append(seen)
        return gate


class WatchedCampaigns(MemoryCampaigns):
    """Campaigns that note each state they were in."""

    history: History

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
        history = self.history
        history.states.setdefault(campaign.campaign_id, []).append((history.world.now, campaign))
        history.world.tell(f"state   {campaign.campaign_id} {campaign.state}")


def rank_of(history: History, task: Task) -> tuple[bool, int] | None:
    """The rank of the lane in which a task waits; None when the lane is closed now."""
    campaign = history.store.campaigns[task.campaign_id]
    now = history.world.now
    lanes = {lane.name: lane for lane in campaign.lanes()}
    lane = lanes.get(task.lane_name)
    if lane is None or not campaign.may_call(now) or not lane.is_open(now):
        return None
    return lane.rank


def passed_over(history: History, claimed: Task) -> list[str]:
    """P4: tasks that waited in open lanes of higher rank since before this dispatch began.

    A campaign with a limit of its own may have to wait, and one that was just edited or opened may
    not have been seen: those are not held against the dispatcher.
    """
    since = history.world.actor_since()
    rank = rank_of(history, claimed)
    if rank is None or (history.misled_at is not None and history.misled_at >= since):
        return []
    better = []
    for task in history.store.tasks.values():
        is_waiting = task.status is TaskStatus.QUEUED and task.due_at <= since
        if not is_waiting or history.queued_since[task.task_id] > since:
            continue
        campaign = history.store.campaigns[task.campaign_id]
        is_steady = history.states[task.campaign_id][-1][0] < since
        opened = campaign.start_at is None or campaign.start_at <= since
        if campaign.concurrency_limit is not None or not is_steady or not opened:
            continue
        other = rank_of(history, task)
        hours = rules_of(task.own, campaign.rules or NO_RULES, campaign.level).hours
        if other is not None and other > rank and (hours is None or hours.is_open(since)):
            better.append(f"P4 {claimed.task_id} was claimed before {task.task_id}")
    return better


def faults_of(random: Random) -> Faults:
    """A mixture of faults: each kind is absent, rare or common."""

    def some(common: float) -> float:
        return random.choice([0.0, 0.0, common / 10, common])

    return Faults(
        crash=some(0.02),
        stall=some(0.01),
        request_refused=some(0.03),
        answer_lost=some(0.03),
        message_doubled=some(0.3),
        message_late=some(0.5),
        nudge_lost=some(0.5),
        webhook_lost=some(0.3),
        webhook_doubled=some(0.5),
        webhook_late=some(0.3),
        dial_refused=some(0.1),
        dial_throttled=some(0.2),
        dial_answer_lost=some(0.2),
        fetch_fails=some(0.5),
        agenda_old=some(0.5),
    )


def build(seed: int, kind: type[World] = World) -> History:
    """The world of a seed, before anything has happened in it."""
    random = Random(seed)
    world = kind(
        random=random,
        now=random.choice(STARTS),
        faults=faults_of(random),
        backlog_ms=random.choice([50, 2_000, 30_000]),
    )
    store = MemoryStore()
    tasks, campaigns = WatchedTasks(store), WatchedCampaigns(store)
    clock = WorldClock(world)
    queue = UnreliableQueue(
        world=world,
        place=lambda message: history.service.place_call(message),
        record=lambda event: history.service.record_call_event(event),
        dispatch=lambda workspace_id: history.service.dispatch(workspace_id),
        on_tick=lambda workspace_id: history.service.keep_time(workspace_id),
    )
    carrier = SimulatedCarrier(
        world=world, receive=lambda event: history.service.receive_report(event)
    )
    ports = {
        "workspaces": MemoryWorkspaces(store),
        "agents": MemoryAgents(store),
        "campaigns": campaigns,
        "gauges": MemoryGauges(store),
        "tasks": tasks,
        "calls": MemoryCalls(store),
        "slots": MemorySlots(store),
        "pacing": MemoryPacing(store),
        "imports": MemoryImports(store),
        "answers": MemoryAnswers(store),
        "requests": MemoryRequests(store),
        "failures": MemoryFailures(store),
        "dead_letters": MemoryDeadLetters(),
        "files": MemoryFiles({}),
        "queue": queue,
    }
    shaky = {name: Unreliable(port, world) for name, port in ports.items()}
    service = wire(
        Ports(**shaky, carriers=carrier, clock=clock, ids=RandomIds(clock, random)),
        deadlines=Deadlines(),
        bootstrap_key_hash=None,
    )
    history = History(
        seed=seed,
        world=world,
        store=store,
        service=service,
        carrier=carrier,
        queue=queue,
        campaigns=campaigns,
    )
    tasks.history = campaigns.history = history
    return history


def populate(history: History) -> None:
    """A workspace with an agent and a few campaigns of every kind."""
    world, random = history.world, history.world.random
    limit = random.randrange(1, 8)
    per_second = random.choice([None, None, 1, 3])
    workspace = Workspace(
        workspace_id=WORKSPACE,
        name="simulated",
        concurrency_limit=limit,
        calls_per_second=per_second,
        created_at=world.now,
    )
    history.limits.append((world.now, limit))
    key = ApiKey(
        key_id="0000000000000key",
        workspace_id=WORKSPACE,
        secret_hash="",
        name="simulated",
        created_at=world.now,
    )
    MemoryWorkspaces(history.store).add(workspace, key)
    agents = MemoryAgents(history.store)
    agents.save(
        Agent(
            agent_id=AGENT,
            workspace_id=WORKSPACE,
            name="Ada",
            carrier="simulated",
            max_duration=timedelta(minutes=6),
        )
    )
    agents.save_number(Number(phone=CALLER_ID, workspace_id=WORKSPACE, carrier="simulated"))
    for number in range(random.randrange(1, 4)):
        add_campaign(history, number)


def some_hours(world: World) -> CallingHours | None:
    """Calling hours of any shape, or none; often some that open or close while things happen."""
    random, zone = world.random, random_zone(world.random)
    kind = random.random()
    if kind < 0.35:
        return None
    if kind < 0.65:
        local = world.now.astimezone(ZoneInfo(zone))
        opens = (local.hour * 60 + local.minute + random.randrange(-30, 90)) % 1440
        length = random.randrange(2, 60)
    else:
        opens = random.randrange(0, 24) * 60
        length = random.randrange(1, 20) * 60
    return CallingHours(opens=opens, closes=(opens + length) % 1440 or 1440, zone=zone)


def clock_time(minutes: int) -> str:
    """Minutes of a day as people write them."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def random_zone(random: Random) -> str:
    """Where somebody lives."""
    return random.choice(ZONES)


def some_rules(world: World, level: Level) -> Rules:
    """Rules of any shape."""
    random = world.random
    attempts = random.randrange(1, 5)
    intervals = tuple(random.choice(INTERVALS) * MINUTE for _ in range(attempts - 1))
    chosen = random.sample(["voicemail", "no_response", "interested"], random.randrange(0, 3))
    return Rules(
        agent_id=AGENT,
        caller_id=CALLER_ID,
        hours=some_hours(world),
        retry=RetryPolicy(
            max_attempts=attempts, intervals=intervals, retry_outcomes=frozenset(chosen)
        ),
        priorities=per_attempt(level, attempts),
        callbacks_outside_hours=random.random() < 0.2,
    )


def add_campaign(history: History, number: int) -> None:
    """A campaign, its contacts, and a user who interferes with it."""
    world, random = history.world, history.world.random
    level = random.choice(list(Level))
    is_batch = random.random() < 0.6
    ends = world.now + random.randrange(60, 3000) * MINUTE if random.random() < 0.3 else None
    starts = world.now + random.randrange(0, 50) * MINUTE if random.random() < 0.3 else None
    campaign = Campaign(
        campaign_id=f"000000000000cmp{number}",
        workspace_id=WORKSPACE,
        name=f"campaign {number}",
        kind=CampaignKind.BATCH if is_batch else CampaignKind.REALTIME,
        state=CampaignState.ACTIVE,
        level=level,
        rules=some_rules(world, level),
        start_at=starts,
        end_at=ends,
        concurrency_limit=random.choice([None, None, 1, 3]),
        brakes=random.choice(BRAKES),
        created_at=world.now,
    )
    history.campaigns.add(campaign)
    for wave in range(random.randrange(1, 4)):
        first = 1000 * number + 100 * wave
        phones = [f"+346{first + one:08}" for one in range(random.randrange(1, 9))]
        world.at(some_moment(world, campaign), partial(push, history, campaign, phones))
    interfere(history, campaign.campaign_id)


def interfere(history: History, campaign_id: str) -> None:
    """Users press buttons and change settings while the campaign runs."""
    world, random = history.world, history.world.random
    if random.random() < 0.5:
        waver(history, campaign_id)
    if random.random() < 0.4:
        for _ in range(random.randrange(1, 6)):
            when = world.now + random.randrange(0, 200) * MINUTE
            world.at(when, partial(edit_settings, history, campaign_id))
    if random.random() < 0.4:
        for _ in range(random.randrange(1, 20)):
            when = world.now + random.randrange(0, 200) * MINUTE
            world.at(when, partial(steer_task, history, campaign_id))
    for _ in range(random.randrange(0, 4)):
        control = random.choice(["pause", "resume", "resume", "pause", "archive"])
        if control == "archive" and random.random() < 0.7:
            continue
        when = world.now + random.randrange(0, 240) * MINUTE
        world.at(when, partial(steer, history, campaign_id, control))


def some_moment(world: World, campaign: Campaign) -> datetime:
    """When contacts come: at any time, or in the last minute before the hours close."""
    when = world.now + world.random.randrange(0, 120) * MINUTE
    hours = campaign.rules.hours if campaign.rules else None
    opening = hours.next_opening(when) if hours else None
    closing = hours.closes_at(opening) if hours and opening else None
    if closing is None or closing > world.now + TROUBLE or world.random.random() < 0.4:
        return when
    return closing - timedelta(seconds=world.random.randrange(1, 60))


def push(history: History, campaign: Campaign, phones: list[str]) -> None:
    """A program pushes tasks, and again while it gets no answer."""
    random = history.world.random
    is_own = campaign.kind is CampaignKind.REALTIME and random.random() < 0.5
    pushes = [
        Push(
            campaign_id=campaign.campaign_id,
            phone=phone,
            context={"name": "Ada"},
            **(some_overrides(history.world) if is_own else {}),
        )
        for phone in phones
    ]

    def body() -> None:
        results = history.service.push_tasks(WORKSPACE, pushes)
        history.accepted.update(one.task_id for one in results if hasattr(one, "task_id"))

    history.world.start("push", lambda: retried(body, history.world))


def some_overrides(world: World) -> dict[str, Any]:
    """What a task may bring: any mixture of hours or a zone, of attempts and priorities."""
    random = world.random
    own: dict[str, Any] = {}
    hours = some_hours(world) if random.random() < 0.5 else None
    if hours is not None:
        own |= {"opens": clock_time(hours.opens), "closes": clock_time(hours.closes)}
    if hours is not None or random.random() < 0.5:
        own["zone"] = random_zone(random)
    if random.random() < 0.5:
        rules = some_rules(world, random.choice(list(Level)))
        own |= {"max_attempts": rules.retry.max_attempts, "intervals": rules.retry.intervals}
        own |= {"priorities": rules.priorities} if random.random() < 0.5 else {}
    return own


def waver(history: History, campaign_id: str) -> None:
    """A user who cannot decide: pauses or moves the hours every minute or two, for a while."""
    world, random = history.world, history.world.random
    when = world.now + random.randrange(0, 30) * MINUTE
    controls = random.choice([["pause", "resume"], ["close", "open"]])
    for control in controls * random.randrange(5, 25):
        when += timedelta(seconds=random.randrange(5, 120))
        act = steer if control in MOVES else edit_hours
        world.at(when, partial(act, history, campaign_id, control))


def steer(history: History, campaign_id: str, control: str) -> None:
    """A user presses a button, and again while it does not answer."""

    def body() -> None:
        history.service.campaigns.control(WORKSPACE, campaign_id, control)
        history.world.tell(f"user    {control} {campaign_id}")

    history.world.start(control, lambda: retried(body, history.world))


def edit_hours(history: History, campaign_id: str, how: str) -> None:
    """A user moves the calling hours, to now or away from now."""
    campaign = history.store.campaigns[campaign_id]
    now = history.world.now
    if campaign.rules is None or campaign.is_closed:
        return
    opens = ((now.hour + 6) % 24) * 60
    away = CallingHours(opens=opens, closes=opens + 30, zone="UTC")
    rules = replace(campaign.rules, hours=away if how == "close" else None)
    edit(history, campaign_id, rules=rules)
    history.world.tell(f"user    {how} {campaign_id}")


def edit_settings(history: History, campaign_id: str) -> None:
    """A user changes priority, attempts, start or limit of a campaign while it runs."""
    world, random = history.world, history.world.random
    campaign = history.store.campaigns[campaign_id]
    if campaign.rules is None or campaign.is_closed:
        return
    level = random.choice(list(Level))
    rules = replace(some_rules(world, level), hours=campaign.rules.hours)
    start_at = campaign.start_at and world.now + random.randrange(-30, 30) * MINUTE
    if campaign.end_at is not None and start_at is not None and start_at >= campaign.end_at:
        start_at = None
    edit(history, campaign_id, level=level, rules=rules, start_at=start_at)
    world.tell(f"user    edits {campaign_id}: {rules.retry.max_attempts} attempts, {level}")


def edit(history: History, campaign_id: str, **changes: object) -> None:
    """A user saves other settings, and again while there is no answer."""

    def changed(campaign: Campaign) -> Campaign:
        return campaign if campaign.is_closed else campaign.edited(**changes)

    def body() -> None:
        history.service.campaigns.update(WORKSPACE, campaign_id, changed)

    history.world.start("edit", lambda: retried(body, history.world))


def steer_task(history: History, campaign_id: str) -> None:
    """A user pauses, resumes or archives one task."""
    world, random = history.world, history.world.random
    own = [one for one in history.store.tasks.values() if one.campaign_id == campaign_id]
    if not own:
        return
    task_id = random.choice(sorted(task.task_id for task in own))
    control = random.choice(["pause", "pause", "resume", "archive"])

    def body() -> None:
        with suppress(NotAllowed):
            reading = history.service.steer_tasks(WORKSPACE, task_id, control)
            world.tell(f"user    {control} {task_id}, now {reading.task.status}")

    world.start(f"{control} task", lambda: retried(body, world))


def change_limit(history: History) -> None:
    """A user changes the concurrency limit while calls run."""
    workspaces = MemoryWorkspaces(history.store)
    workspace = workspaces.get(WORKSPACE)
    assert workspace is not None
    limit = history.world.random.randrange(1, 8)
    workspaces.set_limits(replace(workspace, concurrency_limit=limit))
    history.limits.append((history.world.now, limit))
    history.world.tell(f"user    limit {limit}")


def run(seed: int, *, sabotage: Callable[[History], None] | None = None) -> History:
    """A whole history: trouble first, then calm until everything must have come to its end."""
    history = build(seed)
    world = history.world
    if sabotage is not None:
        sabotage(history)
    populate(history)
    start = world.now

    def tick() -> None:
        world.start("tick", history.service.tick)

    def count() -> None:
        from tests.simulation.audit import miscounts

        history.miscounts += miscounts(history)

    world.every(MINUTE, tick, start + TROUBLE)
    world.every(timedelta(minutes=7), count, start + TROUBLE)
    if world.random.random() < 0.5:
        world.at(start + world.random.randrange(300) * MINUTE, lambda: change_limit(history))
    world.run(start + TROUBLE)
    world.faults = world.faults.calmed()
    for campaign in list(history.store.campaigns.values()):
        if not campaign.is_closed:
            edit(history, campaign.campaign_id, brakes=Brakes(failure=None))
            steer(history, campaign.campaign_id, "resume")
    world.every(10 * MINUTE, tick, start + LENGTH)
    world.run(start + LENGTH)
    return history


__all__ = ["Broken", "History", "run"]
