"""Let the tasks go on that were paused one by one before their campaign was resumed."""

from dataclasses import dataclass

from chalicelibs.domain.campaign import Campaign
from chalicelibs.domain.errors import Stale
from chalicelibs.domain.lane import PAUSED
from chalicelibs.domain.task import Task, TaskStatus, tally_of
from chalicelibs.ports.campaigns import Campaigns
from chalicelibs.ports.surroundings import Clock
from chalicelibs.ports.tasks import Tasks

#: In one run; the schedule comes again in a minute.
MOST_AT_ONCE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeTasks:
    """Resuming a campaign resumes its individually paused tasks, too (seed: Hooman, controls).

    They are few as a rule, each was paused by hand; what a run does not reach, the next one does.
    """

    campaigns: Campaigns
    tasks: Tasks
    clock: Clock

    def __call__(self, workspace_id: str) -> int:
        """Resume what is left to resume in a workspace; gives the number of tasks."""
        return sum(map(self.of, self.campaigns.open(workspace_id)))

    def of(self, campaign: Campaign) -> int:
        """Resume what is left to resume in a campaign; gives the number of tasks."""
        if campaign.resumed_at is None:
            return 0
        return sum(
            self._resume(task, campaign)
            for partition in campaign.partitions(PAUSED)
            for task in self._paused(partition, campaign)
        )

    def _paused(self, partition: str, campaign: Campaign) -> list[Task]:
        assert campaign.resumed_at is not None
        found = self.tasks.due(partition, until=campaign.resumed_at, limit=MOST_AT_ONCE)
        return list(self.tasks.get_all(due.task_id for due in found))

    def _resume(self, task: Task, campaign: Campaign) -> bool:
        assert campaign.resumed_at is not None
        if task.paused_at is None or task.paused_at > campaign.resumed_at:
            return False
        now = self.clock.now()
        resumed = task.move("resume", now)
        try:
            self.tasks.settle(resumed, tally_of(task, resumed, now=now))
        except Stale:
            return False
        return resumed.status is TaskStatus.QUEUED
