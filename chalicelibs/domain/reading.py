"""What a task reads as, its campaign's state and the clock considered."""

from datetime import datetime

from chalicelibs.domain.campaign import Campaign, CampaignState
from chalicelibs.domain.task import Task, TaskStatus


def task_status(task: Task, campaign: Campaign, now: datetime) -> TaskStatus:
    """The status that people see; pausing or ending a campaign changes it without a write."""
    if task.is_final:
        return task.status
    if task.call is not None:
        return TaskStatus.RUNNING
    if campaign.is_closed or campaign.has_ended(now):
        return TaskStatus.ARCHIVED
    if task.end_at is not None and now >= task.end_at:
        return TaskStatus.ARCHIVED
    if campaign.state is CampaignState.PAUSED:
        return TaskStatus.PAUSED
    return task.status
