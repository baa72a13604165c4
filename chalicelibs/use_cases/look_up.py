"""Read tasks, calls and imports as people see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from chalicelibs.domain.call import Call
from chalicelibs.domain.campaign import Campaign
from chalicelibs.domain.errors import NotFound
from chalicelibs.domain.imports import Import, RejectedRow
from chalicelibs.domain.naming import is_call_id, is_task_id, task_of
from chalicelibs.domain.reading import task_status
from chalicelibs.domain.task import Task, TaskStatus
from chalicelibs.ports import Calls, Campaigns, Clock, Imports, Page, Paging, Tasks


class TaskReading(NamedTuple):
    """A task as people see it."""

    task: Task
    status: TaskStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUp:
    """Everything of a workspace that was stored by others. Raises `NotFound` for foreign ids."""

    campaigns: Campaigns
    tasks: Tasks
    calls: Calls
    imports: Imports
    clock: Clock

    def task(self, workspace_id: str, task_id: str) -> TaskReading:
        """A task."""
        task = self.tasks.get(task_id) if is_task_id(task_id) else None
        if task is None or task.workspace_id != workspace_id:
            raise NotFound("task", task_id)
        campaign = self._campaign(workspace_id, task.campaign_id)
        return TaskReading(task, task_status(task, campaign, self.clock.now()))

    def tasks_of(self, workspace_id: str, campaign_id: str, paging: Paging) -> Page[TaskReading]:
        """The tasks of a campaign."""
        campaign, now = self._campaign(workspace_id, campaign_id), self.clock.now()
        tasks, cursor = self.tasks.page(campaign_id, cursor=paging.cursor, limit=paging.limit)
        readings = [TaskReading(task, task_status(task, campaign, now)) for task in tasks]
        return Page(readings, cursor)

    def call(self, workspace_id: str, call_id: str) -> Call:
        """A call, ended or in flight."""
        if not is_call_id(call_id):
            raise NotFound("call", call_id)
        record = self.calls.get(call_id)
        if record is not None and record.workspace_id == workspace_id:
            return record.call
        task = self.tasks.get(task_of(call_id))
        is_own = task is not None and task.workspace_id == workspace_id
        if task is None or not is_own or not task.has_in_flight(call_id):
            raise NotFound("call", call_id)
        assert task.call is not None
        return task.call

    def calls_of(self, workspace_id: str, task_id: str) -> Sequence[Call]:
        """The calls of a task, first to last, the one in flight included."""
        task = self.task(workspace_id, task_id).task
        ended = [record.call for record in self.calls.of_task(task_id)]
        in_flight = [] if task.call is None else [task.call]
        return [*(call for call in ended if not task.has_in_flight(call.call_id)), *in_flight]

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
            self._campaign(workspace_id, campaign_id)
        return own

    def rejected_rows(
        self, workspace_id: str, import_id: str, paging: Paging
    ) -> Page[RejectedRow]:
        """The rows of an import that did not become tasks."""
        self.import_(workspace_id, import_id)
        return self.imports.rejected(import_id, cursor=paging.cursor, limit=paging.limit)

    def _campaign(self, workspace_id: str, campaign_id: str) -> Campaign:
        campaign = self.campaigns.get(workspace_id, campaign_id)
        if campaign is None:
            raise NotFound("campaign", campaign_id)
        return campaign
