"""Which tasks or calls of a list are asked for."""

from dataclasses import dataclass, fields

from chalicelibs.domain.call import Call
from chalicelibs.domain.naming import campaign_of
from chalicelibs.domain.task import Task, TaskStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFilter:
    """The tasks that match all of what is given."""

    statuses: frozenset[TaskStatus] | None = None  #: As stored.
    outcome: str | None = None  #: Of the last attempt.
    phone: str | None = None
    attempts: int | None = None
    external_id: str | None = None

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) is not None for field in fields(self))

    def admits(self, task: Task) -> bool:
        """Whether a task is one of them."""
        return (
            (self.statuses is None or task.status in self.statuses)
            and self.outcome in {None, task.outcome}
            and self.phone in {None, task.phone}
            and self.attempts in {None, task.attempts}
            and self.external_id in {None, task.external_id}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFilter:
    """The calls that match all of what is given."""

    campaign_id: str | None = None
    agent_id: str | None = None
    outcome: str | None = None

    def admits(self, call: Call) -> bool:
        """Whether a call is one of them."""
        return (
            self.campaign_id in {None, campaign_of(call.call_id)}
            and self.agent_id in {None, call.agent_id}
            and self.outcome in {None, call.outcome}
        )


#: All of them.
ANY_TASK, ANY_CALL = TaskFilter(), CallFilter()
