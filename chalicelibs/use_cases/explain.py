"""Say why a campaign or a task is or is not calling now, and when it can next."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import NamedTuple

from chalicelibs.domain import gates
from chalicelibs.domain.brakes import verdict
from chalicelibs.domain.campaign import Campaign, CampaignState
from chalicelibs.domain.deadlines import Deadlines
from chalicelibs.domain.errors import NotFound
from chalicelibs.domain.gates import Gate, GateName
from chalicelibs.domain.instants import lot_of
from chalicelibs.domain.lane import Lane, lane_in
from chalicelibs.domain.naming import by_campaign, is_task_id
from chalicelibs.domain.outlook import TaskReading, read
from chalicelibs.domain.overrides import rules_of
from chalicelibs.domain.pace import delay_of, most_at_once, planned_ahead
from chalicelibs.domain.prompt import Unready, prepare
from chalicelibs.domain.task import DueTask, Task
from chalicelibs.domain.workspace import Workspace
from chalicelibs.ports.calls import Slots
from chalicelibs.ports.campaigns import Campaigns, Gauges
from chalicelibs.ports.carriers import Carriers
from chalicelibs.ports.surroundings import Clock
from chalicelibs.ports.tasks import Tasks
from chalicelibs.ports.workspaces import Agents, Workspaces

#: Tasks looked at in each lane: the first may have ended, and is finished when its turn comes.
HEADS = 3

#: The first task of a lane is looked for until here.
FAR = datetime(2200, 1, 1, tzinfo=UTC)


#: Whom dispatch would call beside the calls that run, in its order, were there slots for all.
Line = Callable[[Workspace, Mapping[str, Campaign], Set[str]], Sequence[DueTask]]


class Scene(NamedTuple):
    """What is the same for all tasks of a workspace at one moment."""

    now: datetime
    workspace: Workspace
    held: Set[str]  #: The calls that hold slots.
    room: int  #: How many calls dispatch would begin now.
    line: Sequence[DueTask]  #: Whom it would call, in this order, were there slots for all.
    campaigns: Mapping[str, Campaign]  #: Those that are open.


class Others(NamedTuple):
    """Tasks of one lane that are called before somebody's turn comes."""

    campaign_id: str
    lane: Lane
    tasks: int


class Explained(NamedTuple):
    """What stands between a task and its next call."""

    task: Task
    gates: Sequence[Gate]
    next_at: datetime | None

    @property
    def is_callable(self) -> bool:
        """Whether the next run of dispatch calls it."""
        return gates.are_open(self.gates)


class TaskExplanation(NamedTuple):
    """Why a task is or is not called now."""

    reading: TaskReading
    asked_at: datetime
    explained: Explained
    ahead: Sequence[Others]


class CampaignExplanation(NamedTuple):
    """Why a campaign does or does not call now."""

    campaign: Campaign
    asked_at: datetime
    gates: Sequence[Gate]  #: Those that all its tasks pass.
    lanes: Sequence[tuple[Lane, Explained]]  #: Where somebody waits, and who is first there.

    @property
    def is_callable(self) -> bool:
        """Whether the next run of dispatch begins a call of it."""
        return any(first.is_callable for _, first in self.lanes)

    @property
    def next_at(self) -> datetime | None:
        """When its next call can start at the earliest; None: not until somebody acts."""
        moments = (first.next_at for _, first in self.lanes)
        return min((at for at in moments if at is not None), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Explain:
    """Look at all that dispatch and the dial gate look at, and touch nothing."""

    line: Line
    workspaces: Workspaces
    campaigns: Campaigns
    gauges: Gauges
    tasks: Tasks
    agents: Agents
    slots: Slots
    carriers: Carriers
    clock: Clock
    deadlines: Deadlines

    def task(self, workspace_id: str, task_id: str) -> TaskExplanation:
        """Why a task is or is not called now.

        Raises:
            NotFound: when the workspace has no such task.
        """
        task = self.tasks.get(task_id) if is_task_id(task_id) else None
        if task is None or task.workspace_id != workspace_id:
            raise NotFound("task", task_id)
        campaign, scene = self._campaign(workspace_id, task.campaign_id), self._scene(workspace_id)
        shared = self._shared(campaign, scene)
        explained = self._explained(task, campaign, scene, shared)
        reading = read(task, campaign, scene.now)
        return TaskExplanation(reading, scene.now, explained, ahead_of(task, scene))

    def campaign(self, workspace_id: str, campaign_id: str) -> CampaignExplanation:
        """Why a campaign does or does not call now.

        Raises:
            NotFound: when the workspace has no such campaign.
        """
        campaign, scene = self._campaign(workspace_id, campaign_id), self._scene(workspace_id)
        shared = self._shared(campaign, scene)
        lanes = [
            (lane, min(firsts, key=soonest))
            for lane in sorted(campaign.lanes_in_use(), key=lambda lane: lane.rank, reverse=True)
            if (firsts := list(self._firsts(campaign, lane, scene, shared)))
        ]
        return CampaignExplanation(campaign, scene.now, shared, lanes)

    def _campaign(self, workspace_id: str, campaign_id: str) -> Campaign:
        campaign = self.campaigns.get(workspace_id, campaign_id)
        if campaign is None:
            raise NotFound("campaign", campaign_id)
        return campaign

    def _scene(self, workspace_id: str) -> Scene:
        now, workspace = self.clock.now(), self.workspaces.get(workspace_id)
        if workspace is None:
            raise NotFound("workspace", workspace_id)
        campaigns = {one.campaign_id: one for one in self.campaigns.open(workspace_id)}
        held = self.slots.held(workspace_id)
        most = most_at_once(workspace, now, self.deadlines)
        return Scene(
            now=now,
            workspace=workspace,
            held=held,
            room=min(most, workspace.concurrency_limit - len(held)),
            line=self.line(workspace, campaigns, held),
            campaigns=campaigns,
        )

    def _shared(self, campaign: Campaign, scene: Scene) -> list[Gate]:
        """The gates that all tasks of a campaign pass."""
        workspace, limit = scene.workspace, campaign.concurrency_limit
        running = by_campaign(scene.held).get(campaign.campaign_id, frozenset())
        if limit is not None:
            running |= self.slots.held(campaign.campaign_id)
        return [
            *gates.of_campaign(campaign, scene.now, soon=self._soon(campaign, scene.now)),
            gates.room(GateName.CAMPAIGN_SLOTS, len(running), limit),
            gates.room(GateName.WORKSPACE_SLOTS, len(scene.held), workspace.concurrency_limit),
            gates.pace(workspace, scene.now, planned_ahead(workspace, scene.now)),
        ]

    def _soon(self, campaign: Campaign, now: datetime) -> str | None:
        """Why a brake will pause the campaign when it looks next; None: it would not."""
        if campaign.state is not CampaignState.ACTIVE:
            return None
        progress = self.campaigns.progress(campaign.campaign_id)
        if campaign.is_finished(now, progress):
            return None
        gauge, brakes = self.gauges.get(campaign.campaign_id), campaign.brakes
        if gauge.is_of(progress, now, zone=campaign.zone, brakes=brakes):
            return None
        gauge = gauge.after(progress, now, zone=campaign.zone, brakes=brakes)
        return verdict(brakes, gauge, progress, since=campaign.resumed_at)

    def _explained(
        self, task: Task, campaign: Campaign, scene: Scene, shared: Iterable[Gate]
    ) -> Explained:
        own = gates.of_task(task, campaign, scene.now, self.deadlines)
        told = [*shared, *own, *self._carrying(task, campaign, scene)]
        told.append(turn_of(task, scene, is_only_gate=gates.are_open(told)))
        told.sort(key=lambda gate: list(GateName).index(gate.name))
        return Explained(task, told, gates.next_moment(task, campaign, scene.now, told))

    def _carrying(self, task: Task, campaign: Campaign, scene: Scene) -> Iterator[Gate]:
        """Whether somebody can speak, and somebody dial.

        Dispatch goes by the carrier of the campaign's agent, the dial gate by that of the task's.
        """
        rules = rules_of(task.own, campaign.rules, campaign.level)
        agent = self.agents.get(campaign.workspace_id, rules.agent_id)
        usual = campaign.rules and campaign.rules.agent_id
        other = usual and usual != rules.agent_id and self.agents.get(task.workspace_id, usual)
        ready = prepare(agent, campaign, task.context)
        if isinstance(ready, Unready):
            yield gates.agent_ready(ready.reason)
        else:
            is_known = self.carriers.knows(campaign.workspace_id, ready.agent.carrier)
            yield gates.agent_ready(None if is_known else "unknown_carrier")
        names = {one.carrier for one in (agent, other) if one}
        rests = (scene.workspace.rest_of(name, scene.now) for name in names)
        yield gates.carrier_awake(
            max((rest for rest in rests if rest), key=lambda rest: rest.until, default=None),
            is_paused=any(map(scene.workspace.has_paused, names)),
        )

    def _firsts(
        self, campaign: Campaign, lane: Lane, scene: Scene, shared: Sequence[Gate]
    ) -> Iterator[Explained]:
        """What holds for the first tasks of a lane."""
        found = [
            due
            for partition in campaign.partitions(lane.name)
            for due in self.tasks.due(partition, until=FAR, limit=HEADS)
        ]
        found.sort(key=lambda due: (campaign.starts_at(due.entry.at), lot_of(due.entry.at)))
        for task in self.tasks.get_all(due.task_id for due in found[:HEADS]):
            yield self._explained(task, campaign, scene, shared)


def soonest(explained: Explained) -> tuple[bool, datetime]:
    """The order in which the first tasks of a lane can be called."""
    return not explained.is_callable, explained.next_at or FAR


def turn_of(task: Task, scene: Scene, *, is_only_gate: bool) -> Gate:
    """Whether a task is among those that are called next, where nothing else keeps it."""
    ids = [due.task_id for due in scene.line]
    if task.task_id not in ids:
        # It stands behind all that one run of dispatch looks at, or is not due at all.
        return Gate(name=GateName.TURN, reason="others_first" if is_only_gate else None)
    ahead, per_second = ids.index(task.task_id), scene.workspace.calls_per_second
    later = delay_of(ahead, per_second)
    note = f"{ahead} others go first" if ahead else None
    if ahead >= max(scene.room, 1):
        return Gate(name=GateName.TURN, reason="others_first", note=note)
    if later:
        opens_at = scene.now + planned_ahead(scene.workspace, scene.now) + later
        return Gate(name=GateName.TURN, reason="others_first", opens_at=opens_at, note=note)
    return Gate(name=GateName.TURN, note=note)


def ahead_of(task: Task, scene: Scene) -> Sequence[Others]:
    """Who goes before a task, lane by lane; nobody, where it is not in line."""
    ids = [due.task_id for due in scene.line]
    before = scene.line[: ids.index(task.task_id)] if task.task_id in ids else ()
    places = (lane_in(due.entry.partition) for due in before)
    return [
        Others(campaign_id, scene.campaigns[campaign_id].lane(name), len(list(group)))
        for (campaign_id, name), group in groupby(sorted(places))
    ]
