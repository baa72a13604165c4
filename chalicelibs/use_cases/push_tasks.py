"""Take tasks that programs push, one or many."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache, partial

from chalicelibs.domain.agent import check_agent, check_number
from chalicelibs.domain.campaign import Campaign, CampaignKind
from chalicelibs.domain.deadlines import LOOK_AHEAD
from chalicelibs.domain.errors import CarillonError, Invalid, NotAllowed, NotFound
from chalicelibs.domain.instants import wait_until, with_lot
from chalicelibs.domain.lane import shard_for
from chalicelibs.domain.naming import is_task_id, task_id_for_phone
from chalicelibs.domain.outcome import check_outcomes
from chalicelibs.domain.overrides import Overrides, rules_of
from chalicelibs.domain.progress import Progress
from chalicelibs.domain.prompt import needed_variables
from chalicelibs.domain.push import Push, overrides_of
from chalicelibs.domain.reach import Reach, beyond_reach
from chalicelibs.domain.task import Task, TaskStatus
from chalicelibs.domain.template import require
from chalicelibs.ports.campaigns import Campaigns
from chalicelibs.ports.queues import Queue
from chalicelibs.ports.surroundings import Clock, Ids
from chalicelibs.ports.tasks import Tasks
from chalicelibs.ports.workspaces import Agents

DUPLICATE = "this number is already in the campaign: each is called for it once"


@dataclass(frozen=True, slots=True, kw_only=True)
class PushTasks:
    """Store pushed tasks, each judged for itself, and wake dispatch for them."""

    campaigns: Campaigns
    agents: Agents
    tasks: Tasks
    queue: Queue
    clock: Clock
    ids: Ids

    def __call__(
        self, workspace_id: str, pushes: Sequence[Push], ids: Ids | None = None
    ) -> list[Task | CarillonError]:
        """Push tasks; gives for each the task, or why it was refused.

        Under the ids of a request that may have been asked before, each push has its id by its
        place, and a realtime task that is there already is given as it stands.
        """
        drawn = [(ids or self.ids).new() for _ in pushes]
        campaigns: dict[str, Campaign | None] = {
            campaign_id: self.campaigns.get(workspace_id, campaign_id)
            for campaign_id in {push.campaign_id for push in pushes}
        }
        callers = Callers(self.agents, workspace_id)
        results = [
            self._judge(push, campaigns[push.campaign_id], callers, new_id)
            for push, new_id in zip(pushes, drawn, strict=True)
        ]
        for campaign in campaigns.values():
            if campaign is not None:
                results = self._add(campaign, results)
        ids_by_place = [
            f"{push.campaign_id}-{one}" for push, one in zip(pushes, drawn, strict=True)
        ]
        return self._as_accepted(workspace_id, results, ids_by_place)

    def _judge(
        self, push: Push, campaign: Campaign | None, callers: "Callers", new_id: str
    ) -> Task | CarillonError:
        try:
            return self._task(push, campaign, callers, new_id)
        except CarillonError as error:
            return error

    def _task(
        self, push: Push, campaign: Campaign | None, callers: "Callers", new_id: str
    ) -> Task:
        if campaign is None:
            raise NotFound("campaign", push.campaign_id, "campaign")
        campaign.check_takes_tasks(self.clock.now())
        if campaign.kind is CampaignKind.REALTIME:
            return self._realtime_task(push, campaign, callers, new_id)
        own = overrides_of(push, campaign)
        if own or push.end_at is not None:
            raise Invalid("all tasks of a batch campaign share its settings", "campaign")
        callers.check(push, campaign, own)
        task_id = task_id_for_phone(campaign.campaign_id, push.phone)
        start = push.start_at or campaign.created_at
        return self._new_task(task_id, push, campaign, start=start, own=own)

    def _realtime_task(
        self, push: Push, campaign: Campaign, callers: "Callers", new_id: str
    ) -> Task:
        own = overrides_of(push, campaign)
        callers.check(push, campaign, own)
        task_id = f"{campaign.campaign_id}-{new_id}"
        start = max(push.start_at or self.clock.now(), self.clock.now())
        return self._new_task(task_id, push, campaign, start=start, own=own)

    def _new_task(
        self, task_id: str, push: Push, campaign: Campaign, *, start: datetime, own: Overrides
    ) -> Task:
        now = self.clock.now()
        task = Task(
            task_id=task_id,
            workspace_id=campaign.workspace_id,
            campaign_id=campaign.campaign_id,
            phone=push.phone,
            context=push.context,
            external_id=push.external_id,
            own=own,
            start_at=push.start_at,
            end_at=push.end_at,
            due_at=with_lot(start, self.ids.lot()),
            created_at=now,
        )
        has_ended = push.end_at is not None and push.end_at <= now
        return task.finish(TaskStatus.ARCHIVED, "task_ended") if has_ended else task

    def _add(
        self, campaign: Campaign, results: Sequence[Task | CarillonError]
    ) -> list[Task | CarillonError]:
        """Store the tasks of one campaign; those that were there already become refusals."""
        own = [
            one
            for one in results
            if isinstance(one, Task) and one.campaign_id == campaign.campaign_id
        ]
        first: dict[str, Task] = {}
        for one in own:
            first.setdefault(one.task_id, one)
        if not first:
            return list(results)
        progress = self.campaigns.progress(campaign.campaign_id)
        new = [
            replace(task, shard=shard_for(progress.open_tasks + number))
            for number, task in enumerate(first.values())
        ]
        try:
            admitted = self._with_lanes(campaign, new, progress)
        except NotAllowed as error:  # it was closed since it was read
            return [error if one in own else one for one in results]
        stored = {task.task_id: task for task in admitted}
        judged = [
            beyond_reach(one.own)
            if isinstance(one, Task) and one.task_id in first.keys() - stored.keys()
            else one
            for one in results
        ]
        known = self.tasks.add(list(stored.values()))
        self._wake(campaign.workspace_id, stored.values())
        if campaign.kind is CampaignKind.REALTIME:
            # Only a repetition of the same request meets its own ids.
            stored |= {task.task_id: task for task in self.tasks.get_all(known)}
            known = frozenset()
        return without_doubles(judged, stored, known)

    def _as_accepted(
        self, workspace_id: str, results: list[Task | CarillonError], task_ids: Sequence[str]
    ) -> list[Task | CarillonError]:
        """What is refused now may have been accepted when the same request was first asked."""
        refused = {
            task_id
            for task_id, result in zip(task_ids, results, strict=True)
            if not isinstance(result, Task) and is_task_id(task_id)
        }
        found = self.tasks.get_all(refused) if refused else ()
        known = {task.task_id: task for task in found if task.workspace_id == workspace_id}
        return [known.get(one, result) for one, result in zip(task_ids, results, strict=True)]

    def _with_lanes(
        self, campaign: Campaign, tasks: Sequence[Task], progress: Progress
    ) -> Sequence[Task]:
        """Those that the campaign has lanes for; dispatch looks there before they stand there.

        It is judged by the campaign as it is when they are opened: others may open some, too. A
        batch of which all tasks are finished may be closed at this moment: that it goes on is
        noted in it first, and whoever closes it goes by what is noted. Where a task is open, that
        stays far from being over for longer than a request takes.

        Raises:
            NotAllowed: when it was closed meanwhile.
        """
        shards = max(task.shard for task in tasks) + 1
        is_idle = campaign.kind is CampaignKind.BATCH and progress.are_all_finished
        admitted: list[Task] = []

        def reaching(found: Campaign) -> Campaign:
            awake = found.reopened(self.clock.now()) if is_idle else found
            reach = Reach(awake.reaching(frozenset(), attempts=1, shards=shards))
            admitted[:] = [task for task in tasks if reach.admits(task.own)]
            return reach.campaign

        if reaching(campaign) != campaign:
            self.campaigns.edit(campaign.workspace_id, campaign.campaign_id, reaching)
        return admitted

    def _wake(self, workspace_id: str, tasks: Iterable[Task]) -> None:
        """A nudge for each second in which one is due; later ones are the schedule's."""
        now = self.clock.now()
        waits = {max(wait_until(task.due_at, now=now), timedelta(0)) for task in tasks}
        for wait in sorted(waits):
            if wait <= LOOK_AHEAD:
                self.queue.nudge(workspace_id, wait)


class Callers:
    """A workspace's agents and numbers, each read once for all pushes of a request."""

    def __init__(self, agents: Agents, workspace_id: str) -> None:
        self._agent = cache(partial(agents.get, workspace_id))
        self._number = cache(partial(agents.number, workspace_id))

    def check(self, push: Push, campaign: Campaign, own: Overrides) -> None:
        """Refuse a push that nobody could call.

        Raises:
            Invalid: naming what is missing or wrong.
        """
        rules = rules_of(own, campaign.rules, campaign.level)
        agent = check_agent(self._agent(rules.agent_id), "agent")
        check_number(self._number(rules.caller_id), "from")
        check_outcomes(rules.retry.retry_outcomes, custom=agent.custom_outcomes)
        require(needed_variables(agent, campaign), push.context)


def without_doubles(
    results: Sequence[Task | CarillonError], new: Mapping[str, Task], known: frozenset[str]
) -> list[Task | CarillonError]:
    """The results, a second task for one number turned into a refusal."""
    unseen = set(new) - known
    judged: list[Task | CarillonError] = []
    for one in results:
        if isinstance(one, Task) and one.task_id in new:
            is_first = one.task_id in unseen
            unseen.discard(one.task_id)
            judged.append(new[one.task_id] if is_first else NotAllowed(DUPLICATE, "phone"))
        else:
            judged.append(one)
    return judged
