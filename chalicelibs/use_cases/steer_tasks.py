"""Pause, resume and archive single tasks."""

from dataclasses import dataclass

from chalicelibs.domain.errors import NotAllowed, NotFound, Stale
from chalicelibs.domain.naming import is_task_id
from chalicelibs.domain.outlook import TaskReading, read
from chalicelibs.domain.task import Task, TaskStatus, tally_of
from chalicelibs.ports.campaigns import Campaigns
from chalicelibs.ports.queues import Queue
from chalicelibs.ports.surroundings import Clock
from chalicelibs.ports.tasks import Tasks

#: How often to try again when somebody else moves the task at the same moment.
TRIES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class SteerTasks:
    """The controls of a campaign, on one task."""

    campaigns: Campaigns
    tasks: Tasks
    queue: Queue
    clock: Clock

    def __call__(self, workspace_id: str, task_id: str, control: str) -> TaskReading:
        """Pause, resume or archive a task.

        Raises:
            NotFound: when the workspace has no such task.
            NotAllowed: when the control does not work as things stand; it says why.
        """
        for _ in range(TRIES):
            task = self._load(workspace_id, task_id)
            try:
                return self._move(task, control)
            except Stale:
                continue
        raise Stale(task_id)

    def _load(self, workspace_id: str, task_id: str) -> Task:
        task = self.tasks.get(task_id) if is_task_id(task_id) else None
        if task is None or task.workspace_id != workspace_id:
            raise NotFound("task", task_id)
        return task

    def _move(self, task: Task, control: str) -> TaskReading:
        now = self.clock.now()
        campaign = self.campaigns.get(task.workspace_id, task.campaign_id)
        if campaign is None:
            raise NotFound("task", task.task_id)
        if campaign.is_closed:
            raise NotAllowed(f"the campaign is {campaign.state}: its tasks stay as they are")
        moved = task.move(control, campaign.since_resumed(now))
        if moved != task:
            moved = self.tasks.settle(moved, tally_of(task, moved, now=now))
        if moved.status is TaskStatus.QUEUED:
            self.queue.nudge(task.workspace_id)
        return read(moved, campaign, now)
