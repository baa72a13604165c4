"""Tasks and the agenda in the table."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial, reduce
from typing import Any

from chalicelibs.adapters.dynamodb import counters, former, keys
from chalicelibs.adapters.dynamodb.agents import agent_of
from chalicelibs.adapters.dynamodb.call_item import call_item
from chalicelibs.adapters.dynamodb.campaign_item import campaign_of as campaign_from
from chalicelibs.adapters.dynamodb.codec import Item, maybe
from chalicelibs.adapters.dynamodb.search import search, tasks_wanted
from chalicelibs.adapters.dynamodb.table import Cancelled, ConditionFailed, Stretch, Table
from chalicelibs.adapters.dynamodb.task_item import due_of, task_item, task_of
from chalicelibs.adapters.dynamodb.workspaces import workspace_of
from chalicelibs.adapters.dynamodb.writes import IS_NEW, Change, Write, change, put, update
from chalicelibs.domain.call import Call
from chalicelibs.domain.campaign import Campaign
from chalicelibs.domain.errors import Stale
from chalicelibs.domain.lane import rescue_partition
from chalicelibs.domain.naming import BUCKETS, bucket_of, campaign_of
from chalicelibs.domain.progress import Tally, added
from chalicelibs.domain.search import ANY_TASK, TaskFilter
from chalicelibs.domain.task import DueTask, Task, TaskStatus, tally_of_new
from chalicelibs.ports.pages import Page
from chalicelibs.ports.tasks import AtGate

#: Tasks stored in one transaction, which holds at most 100 writes.
TOGETHER = 90

AGENDA = "agenda"

#: More than any workspace has in flight.
MOST_RUNNING = 20_000

#: Campaigns whose agent is known beforehand.
MOST_REMEMBERED = 1_000


IS_FRESH = (
    "(#status = :queued OR #status = :paused)"
    " AND attribute_not_exists(#attempts) AND attribute_not_exists(#is_erased)"
)


class DynamoTasks:
    """An item per task, in one of its campaign's partitions; `lane` and `at` are its entry."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._agent_by_campaign: dict[keys.Key, keys.Key] = {}

    def add(self, tasks: Sequence[Task]) -> frozenset[str]:
        """See the port. More than 90 tasks are stored in several transactions."""
        known: frozenset[str] = frozenset()
        for start in range(0, len(tasks), TOGETHER):
            known |= self._add_together(tasks[start : start + TOGETHER])
        return known

    def _add_together(self, tasks: Sequence[Task]) -> frozenset[str]:
        known: frozenset[str] = frozenset()
        while new := [task for task in tasks if task.task_id not in known]:
            tally = tally_of_new(new)
            counted = counters.count(new[0].campaign_id, tally, lot=self._table.ids.lot())
            try:
                self._table.transact([*map(insert, new), counted])
            except Cancelled as cancelled:
                known |= {new[place].task_id for place in cancelled.failed}
            else:
                break
        return known

    def get(self, task_id: str) -> Task | None:
        """See the port."""
        item = self._table.get(keys.task(task_id))
        return None if item is None else task_of(item)

    def get_all(self, task_ids: Iterable[str]) -> Sequence[Task]:
        """See the port."""
        items = self._table.get_all(map(keys.task, task_ids))
        return [task_of(item) for item in items.values()]

    def at_gate(self, workspace_id: str, task_id: str) -> AtGate | None:
        """See the port."""
        return self.at_gates(workspace_id, [task_id]).get(task_id)

    def at_gates(self, workspace_id: str, task_ids: Iterable[str]) -> Mapping[str, AtGate]:
        """See the port. What the tasks share is read once."""
        wanted = {task_id: self._before(workspace_id, task_id) for task_id in task_ids}
        found = self._table.get_all(key for own in wanted.values() for key in own)
        gates = {
            task_id: self._gate(workspace_id, *map(found.get, own))
            for task_id, own in wanted.items()
        }
        return {task_id: gate for task_id, gate in gates.items() if gate is not None}

    def _before(self, workspace_id: str, task_id: str) -> Sequence[keys.Key]:
        """What stands before the dial gate of a task: last, if that is known, its agent."""
        of_campaign = keys.campaign(workspace_id, campaign_of(task_id))
        of_agent = self._agent_by_campaign.get(of_campaign)
        always = (keys.task(task_id), keys.workspace(workspace_id), of_campaign)
        return always if of_agent is None else (*always, of_agent)

    def _gate(
        self,
        workspace_id: str,
        task: Item | None,
        workspace: Item | None,
        campaign: Item | None,
        agent: Item | None = None,
    ) -> AtGate | None:
        if task is None or workspace is None or campaign is None:
            return None
        if task["workspace_id"] != workspace_id:
            return None
        read = campaign_from(workspace_id, campaign)
        self._remember_agent(read)
        return AtGate(
            task_of(task),
            read,
            workspace_of(workspace_id, workspace),
            maybe(partial(agent_of, workspace_id), agent),
        )

    def _remember_agent(self, campaign: Campaign) -> None:
        """What to read for its next call: an agent that is read in vain changes nothing."""
        if len(self._agent_by_campaign) >= MOST_REMEMBERED:
            self._agent_by_campaign.clear()
        own, rules = campaign.workspace_id, campaign.rules
        if rules is not None:
            of_campaign = keys.campaign(own, campaign.campaign_id)
            self._agent_by_campaign[of_campaign] = keys.agent(own, rules.agent_id)

    def due(self, partition: str, *, until: datetime, limit: int) -> Sequence[DueTask]:
        """See the port."""
        entries = self._table.query_index(
            AGENDA, "#lane = :lane AND #at <= :until", limit=limit, lane=partition, until=until
        )
        return [due_of(entry) for entry in entries]

    def running(self, workspace_id: str) -> Sequence[DueTask]:
        """See the port."""
        entries = self._table.query_index(
            AGENDA, "#lane = :lane", limit=MOST_RUNNING, lane=rescue_partition(workspace_id)
        )
        return [due_of(entry) for entry in entries]

    def claim_all(
        self, claims: Sequence[tuple[DueTask, Call]], workspace_id: str
    ) -> frozenset[str]:
        """See the port. One request takes 25."""
        told = self._table.change_each([claim(*one, workspace_id) for one in claims])
        for why_not in told:
            if why_not is not None and not isinstance(why_not, ConditionFailed):
                raise why_not
        return frozenset(
            call.call_id for (_, call), why_not in zip(claims, told, strict=True) if not why_not
        )

    def save(self, task: Task) -> Task:
        """See the port."""
        saved = replace(task, version=task.version + 1)
        try:
            self._table.write(replacing(task, saved))
        except ConditionFailed as failed:
            raise Stale(task.task_id) from failed
        return saved

    def save_all(self, changes: Sequence[tuple[Task, Task]]) -> Sequence[Task | Exception]:
        """See the port. One request takes 25, and says of each task only what is new."""
        saved = [replace(task, version=task.version + 1) for _, task in changes]
        told = self._table.change_each(
            [amending(was, task) for (was, _), task in zip(changes, saved, strict=True)]
        )
        return [
            Stale(task.task_id) if isinstance(why_not, ConditionFailed) else why_not or task
            for task, why_not in zip(saved, told, strict=True)
        ]

    def settle(self, task: Task, tally: Tally) -> Task:
        """See the port."""
        if not tally:
            return self.save(task)
        [saved] = self.settle_all([(task, tally)])
        return saved

    def settle_all(self, settled: Sequence[tuple[Task, Tally]]) -> Sequence[Task]:
        """See the port."""
        tasks = [task for task, _ in settled]
        saved = [replace(task, version=task.version + 1) for task in tasks]
        tally = reduce(added, (tally for _, tally in settled))
        counted = counters.count(tasks[0].campaign_id, tally, lot=self._table.ids.lot())
        try:
            self._table.transact([*map(replacing, tasks, saved), counted])
        except Cancelled as cancelled:
            raise Stale(*(tasks[place].task_id for place in cancelled.failed)) from cancelled
        return saved

    def page(
        self, campaign_id: str, wanted: TaskFilter = ANY_TASK, *, cursor: str | None, limit: int
    ) -> Page[Task]:
        """See the port. The order is that of the partitions, and of the ids in each."""
        begin = 0 if cursor is None else bucket_of(cursor)
        stretches = [
            Stretch(keys.tasks_in(campaign_id, bucket), f"{campaign_id}-", f"{campaign_id}-~")
            for bucket in range(begin, BUCKETS)
        ]
        if cursor is not None:
            stretches[0] = stretches[0]._replace(first=keys.after(cursor))
        found = search(self._table, stretches, tasks_wanted(wanted), limit=limit)
        return Page(list(map(task_of, found.items)), found.last)


def replacing(task: Task, saved: Task) -> Write:
    """The write that stores the next version of a task, if it is still the one that was read."""
    return put(
        keys.task(task.task_id), task_item(saved), "#version = :version", version=task.version
    )


def amending(was: Task, saved: Task) -> Change:
    """What makes the next version of a task of the one that was read, if that is still there."""
    before, after = task_item(was), task_item(saved)
    new = {name: value for name, value in after.items() if value != before[name]}
    if "own" in new:
        new |= former.OWN_BEFORE
    return change(keys.task(was.task_id), sets=new, only_if={"version": was.version})


def claim(due: DueTask, call: Call, workspace_id: str) -> Change:
    """What takes a task for a call, if it is still as the agenda said."""
    return change(
        keys.task(due.task_id),
        sets={
            "status": TaskStatus.RUNNING,
            "call": call_item(call),
            "lane": rescue_partition(workspace_id),
            "at": call.deadline,
        },
        counts=("claims", "version"),
        only_if={
            "lane": due.entry.partition,
            "at": due.entry.at,
            "claims": due.claims,
            "workspace_id": workspace_id,
        },
    )


def insert(task: Task) -> Write:
    """The write that stores a new task, unless it is there."""
    return put(keys.task(task.task_id), task_item(task), IS_NEW)


def amend(task: Task) -> Write:
    """The write that has a task that waits for its first call say what another says."""
    says: dict[str, Any] = {"context": task.context or None, "external_id": task.external_id}
    values = {name: value for name, value in says.items() if value is not None}
    clauses = ["ADD #version :one"]
    if values:
        clauses.append("SET " + ", ".join(f"#{name} = :{name}" for name in values))
    if gone := says.keys() - values.keys():
        clauses.append("REMOVE " + ", ".join(f"#{name}" for name in sorted(gone)))
    return update(
        keys.task(task.task_id),
        " ".join(clauses),
        IS_FRESH,
        one=1,
        queued=TaskStatus.QUEUED,
        paused=TaskStatus.PAUSED,
        **values,
    )
