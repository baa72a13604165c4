"""Read tasks, calls and imports as people see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from chalicelibs.domain.call import Call
from chalicelibs.domain.campaign import Campaign
from chalicelibs.domain.errors import NotFound
from chalicelibs.domain.imports import Import, MissingLines, RejectedRow, missing_in
from chalicelibs.domain.instants import MILLISECOND
from chalicelibs.domain.naming import (
    campaign_of,
    is_call_id,
    is_task_id,
    task_id_for_phone,
    task_of,
)
from chalicelibs.domain.outlook import TaskReading, read
from chalicelibs.domain.overrides import rules_of
from chalicelibs.domain.prompt import template_for
from chalicelibs.domain.search import CallFilter, TaskFilter
from chalicelibs.domain.task import Task, TaskStatus
from chalicelibs.domain.template import MissingVariables, TooLong, render
from chalicelibs.ports.calls import Calls, Slots
from chalicelibs.ports.campaigns import Campaigns
from chalicelibs.ports.imports import Imports
from chalicelibs.ports.pages import Page, Paging
from chalicelibs.ports.surroundings import Clock
from chalicelibs.ports.tasks import Tasks
from chalicelibs.ports.workspaces import Agents, Workspaces

#: As what a task may be stored that reads so; how it does read is then judged one by one.
STORED_AS = {
    TaskStatus.QUEUED: frozenset({TaskStatus.QUEUED}),
    TaskStatus.RUNNING: frozenset({TaskStatus.RUNNING}),
    TaskStatus.PAUSED: frozenset({TaskStatus.QUEUED, TaskStatus.PAUSED}),
    TaskStatus.COMPLETED: frozenset({TaskStatus.COMPLETED}),
    TaskStatus.ARCHIVED: frozenset({TaskStatus.QUEUED, TaskStatus.PAUSED, TaskStatus.ARCHIVED}),
}


class TaskSearch(NamedTuple):
    """Which tasks of a campaign are asked for."""

    status: TaskStatus | None = None  #: As people see it.
    outcome: str | None = None
    phone: str | None = None
    attempts: int | None = None
    external_id: str | None = None

    @property
    def filter(self) -> TaskFilter:
        """What the table can tell."""
        statuses = None if self.status is None else STORED_AS[self.status]
        return TaskFilter(
            statuses=statuses,
            outcome=self.outcome,
            phone=self.phone,
            attempts=self.attempts,
            external_id=self.external_id,
        )


class CallSearch(NamedTuple):
    """Which calls of the log are asked for."""

    filter: CallFilter = CallFilter()
    since: datetime | None = None  #: None: as long as there are calls.
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUp:
    """Everything of a workspace that was stored by others. Raises `NotFound` for foreign ids."""

    workspaces: Workspaces
    agents: Agents
    campaigns: Campaigns
    tasks: Tasks
    calls: Calls
    slots: Slots
    imports: Imports
    clock: Clock

    def campaign(self, workspace_id: str, campaign_id: str) -> Campaign:
        """A campaign as it is stored."""
        campaign = self.campaigns.get(workspace_id, campaign_id)
        if campaign is None:
            raise NotFound("campaign", campaign_id)
        return campaign

    def task(self, workspace_id: str, task_id: str) -> TaskReading:
        """A task."""
        task = self.tasks.get(task_id) if is_task_id(task_id) else None
        if task is None or task.workspace_id != workspace_id:
            raise NotFound("task", task_id)
        return read(task, self.campaign(workspace_id, task.campaign_id), self.clock.now())

    def prompt_of(self, reading: TaskReading) -> str | None:
        """What the agent is told of the contact; None while that is too much, or lacks a value."""
        task, _, campaign = reading
        rules = rules_of(task.own, campaign.rules, campaign.level)
        agent = self.agents.get(task.workspace_id, rules.agent_id)
        if agent is None:
            return None
        try:
            return render(template_for(agent, campaign), task.context)
        except (MissingVariables, TooLong):
            return None

    def tasks_of(
        self, workspace_id: str, campaign_id: str, wanted: TaskSearch, paging: Paging
    ) -> Page[TaskReading]:
        """The tasks of a campaign that are wanted; a page may be short although it goes on."""
        campaign, now = self.campaign(workspace_id, campaign_id), self.clock.now()
        tasks, cursor = self._tasks(campaign, wanted, paging)
        readings = [read(task, campaign, now) for task in tasks]
        matching = [one for one in readings if wanted.status in {None, one.status}]
        return Page(matching, cursor)

    def _tasks(self, campaign: Campaign, wanted: TaskSearch, paging: Paging) -> Page[Task]:
        """Candidates; whoever asks for a number or for what is in flight waits for no search."""
        known: list[str] | None = None
        if wanted.status is TaskStatus.RUNNING:
            known = self._in_flight(campaign)
        elif wanted.phone is not None and campaign.knows_by_number:
            known = [task_id_for_phone(campaign.campaign_id, wanted.phone)]
        cursor, limit = paging
        if known is None:
            return self.tasks.page(campaign.campaign_id, wanted.filter, cursor=cursor, limit=limit)
        left = sorted(one for one in known if cursor is None or one > cursor)
        found = self.tasks.get_all(left[:limit])
        more = left[limit - 1] if len(left) > limit else None
        return Page([task for task in found if wanted.filter.admits(task)], more)

    def _in_flight(self, campaign: Campaign) -> list[str]:
        """The tasks with a call, those included that wait for its analysis and hold no slot."""
        ids = [due.task_id for due in self.tasks.running(campaign.workspace_id)]
        return [one for one in ids if campaign_of(one) == campaign.campaign_id]

    def call(self, workspace_id: str, call_id: str) -> Call:
        """A call, ended or in flight."""
        task = self.tasks.get(task_of(call_id)) if is_call_id(call_id) else None
        if task is None or task.workspace_id != workspace_id:
            raise NotFound("call", call_id)
        if task.call is not None and task.has_in_flight(call_id):
            return task.call
        dialed = task.ended_call(call_id)
        call = dialed and self.calls.get(workspace_id, dialed)
        if call is None:
            raise NotFound("call", call_id)
        return call

    def calls_of(self, workspace_id: str, task_id: str) -> Sequence[Call]:
        """The calls of a task, first to last, the one in flight included."""
        task = self.task(workspace_id, task_id).task
        ended = self.calls.get_all(workspace_id, task.ended_calls)
        return [*ended, *([] if task.call is None else [task.call])]

    def call_log(self, workspace_id: str, wanted: CallSearch, paging: Paging) -> Page[Call]:
        """The ended calls of all campaigns that are wanted, newest first."""
        cursor, limit = paging
        opened_at, now = self._opened_at(workspace_id), self.clock.now() + MILLISECOND
        return self.calls.log(
            workspace_id,
            wanted.filter,
            since=max(wanted.since or opened_at, opened_at),
            until=min(wanted.until or now, now),
            cursor=cursor,
            limit=limit,
        )

    def in_flight(self, workspace_id: str, wanted: CallFilter) -> Sequence[Call]:
        """The calls that are going on, those that began first first."""
        tasks = self.tasks.get_all(map(task_of, self.slots.held(workspace_id)))
        calls = [task.call for task in tasks if task.call is not None]
        return sorted(
            (call for call in calls if wanted.admits(call)), key=lambda call: call.reserved_at
        )

    def _opened_at(self, workspace_id: str) -> datetime:
        workspace = self.workspaces.get(workspace_id)
        return workspace.created_at if workspace else self.clock.now()

    def import_(self, workspace_id: str, import_id: str) -> Import:
        """An import."""
        found = self.imports.get(workspace_id, import_id)
        if found is None:
            raise NotFound("import", import_id)
        return found

    def imports_of(self, workspace_id: str, campaign_id: str) -> Sequence[Import]:
        """The imports of a campaign, oldest first, and those that named it in vain.

        A file may be dropped for a campaign that does not exist, or that is another workspace's.
        """
        jobs = self.imports.of_campaign(campaign_id)
        own = [job for job in jobs if job.workspace_id == workspace_id]
        if not own:
            self.campaign(workspace_id, campaign_id)
        return own

    def missing_lines(self, workspace_id: str, import_id: str) -> Sequence[MissingLines]:
        """The lines of a file that are not done, as far as it is known.

        Raises:
            NotFound: when the workspace has no such import.
        """
        self.import_(workspace_id, import_id)
        return missing_in(self.imports.chunks(import_id))

    def rejected_rows(
        self, workspace_id: str, import_id: str, paging: Paging
    ) -> Page[RejectedRow]:
        """The rows of an import that did not become tasks."""
        self.import_(workspace_id, import_id)
        return self.imports.rejected(import_id, cursor=paging.cursor, limit=paging.limit)
