"""Tasks, and the agenda that says what must happen to them next."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from chalicelibs.domain.agent import Agent
from chalicelibs.domain.call import Call
from chalicelibs.domain.campaign import Campaign
from chalicelibs.domain.progress import Tally
from chalicelibs.domain.search import ANY_TASK, TaskFilter
from chalicelibs.domain.task import DueTask, Task
from chalicelibs.domain.workspace import Workspace
from chalicelibs.ports.pages import Page


class AtGate(NamedTuple):
    """What the dial gate judges, read consistently in one request."""

    task: Task
    campaign: Campaign
    workspace: Workspace
    agent: Agent | None = None  #: The campaign's, if it was read, too.


class Tasks(Protocol):
    """Tasks, and the agenda that says what must happen to them next."""

    def add(self, tasks: Sequence[Task]) -> frozenset[str]:
        """Store new tasks of one campaign and count them, together; gives the known ids.

        Each id may stand in the list only once.
        """

    def get(self, task_id: str) -> Task | None:
        """A task as it stands now."""

    def get_all(self, task_ids: Iterable[str]) -> Sequence[Task]:
        """Those of these tasks that there are, as they stand now."""

    def at_gate(self, workspace_id: str, task_id: str) -> AtGate | None:
        """A task with its campaign and workspace as they stand now; None if one is missing.

        Where the campaign's agent can be read with them, it is there, too.
        """

    def at_gates(self, workspace_id: str, task_ids: Iterable[str]) -> Mapping[str, AtGate]:
        """The same for several tasks, by their ids; those without one are left out."""

    def due(self, partition: str, *, until: datetime, limit: int) -> Sequence[DueTask]:
        """Entries of one agenda partition up to an instant, earliest first; may be a bit old."""

    def running(self, workspace_id: str) -> Sequence[DueTask]:
        """The tasks of a workspace that have a call, also one that waits for its analysis.

        May be a bit old.
        """

    def claim_all(
        self, claims: Sequence[tuple[DueTask, Call]], workspace_id: str
    ) -> frozenset[str]:
        """Take tasks for one attempt each; gives the ids of the calls that got theirs.

        One that is no longer as the agenda said is not taken, and the others are. Each task may
        stand in the list only once. Whoever gets an exception does not know which were taken.
        """

    def save(self, task: Task) -> Task:
        """Replace it, if it is still the version that was read; gives the new version.

        Raises:
            Stale: when it is not.
        """

    def save_all(self, changes: Sequence[tuple[Task, Task]]) -> Sequence[Task | Exception]:
        """Save tasks as they are to be, of which the first is as it was read, with few requests.

        Gives of each its new version, or why there is none. Each task may stand in the list only
        once. Whoever gets an exception instead does not know which were saved.
        """

    def settle(self, task: Task, tally: Tally) -> Task:
        """Like `save`, and add to its campaign's counters in the same transaction.

        Raises:
            Stale: when it is not the version that was read.
        """

    def settle_all(self, settled: Sequence[tuple[Task, Tally]]) -> Sequence[Task]:
        """Settle up to 90 tasks of one campaign, all of them or none.

        Gives their new versions, in the order of the tasks.

        Raises:
            Stale: when some are not the version that was read; its arguments are their ids.
        """

    def page(
        self, campaign_id: str, wanted: TaskFilter = ANY_TASK, *, cursor: str | None, limit: int
    ) -> Page[Task]:
        """The tasks of a campaign that are wanted, in an order of their own."""
