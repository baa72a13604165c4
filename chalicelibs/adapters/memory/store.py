"""The shelves that the twins share, as the real adapters share one table."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from threading import RLock
from typing import TypeVar

from chalicelibs.domain.activity import Ended
from chalicelibs.domain.agent import Agent, Number
from chalicelibs.domain.brakes import Gauge
from chalicelibs.domain.call import Call, Dialed
from chalicelibs.domain.campaign import Campaign
from chalicelibs.domain.carrier_account import CarrierAccount
from chalicelibs.domain.dead_letters import Failure, QueueName
from chalicelibs.domain.exports import Export
from chalicelibs.domain.imports import Chunk, Import, RejectedRow
from chalicelibs.domain.once import Known
from chalicelibs.domain.session import Session
from chalicelibs.domain.task import Task
from chalicelibs.domain.workspace import ApiKey, Workspace
from chalicelibs.ports.pages import Page

Item = TypeVar("Item")


@dataclass
class MemoryStore:
    """Everything that is stored. Each port call holds the lock: it happens at once or not."""

    lock: RLock = field(default_factory=RLock)
    workspaces: dict[str, Workspace] = field(default_factory=dict)
    keys: dict[str, ApiKey] = field(default_factory=dict)
    agents: dict[tuple[str, str], Agent] = field(default_factory=dict)
    accounts: dict[tuple[str, str], CarrierAccount] = field(default_factory=dict)
    numbers: dict[tuple[str, str], Number] = field(default_factory=dict)
    campaigns: dict[str, Campaign] = field(default_factory=dict)
    open_campaigns: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    counters: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    gauges: dict[str, Gauge] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    agenda: dict[str, dict[str, Task]] = field(default_factory=lambda: defaultdict(dict))
    calls: dict[tuple[str, Dialed], Call] = field(default_factory=dict)
    results: dict[tuple[str, str], Call] = field(default_factory=dict)
    slots: dict[str, dict[int, set[str]]] = field(default_factory=dict)
    starts: Counter[tuple[str, int]] = field(default_factory=Counter)
    requests: Counter[tuple[str, datetime]] = field(default_factory=Counter)
    sessions: dict[tuple[str, str], Session] = field(default_factory=dict)
    activity: Counter[Ended] = field(default_factory=Counter)
    answers: dict[tuple[str, str], Known] = field(default_factory=dict)
    failures: dict[tuple[QueueName, str], Failure] = field(default_factory=dict)
    imports: dict[str, Import] = field(default_factory=dict)
    chunks: dict[str, dict[int, Chunk]] = field(default_factory=lambda: defaultdict(dict))
    rehearsed: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    rejected: dict[str, dict[int, RejectedRow]] = field(default_factory=lambda: defaultdict(dict))
    exports: dict[str, Export] = field(default_factory=dict)

    def put_task(self, task: Task) -> None:
        """Store a task, and its one entry in the agenda."""
        old = self.tasks.get(task.task_id)
        if old is not None and old.entry is not None:
            del self.agenda[old.entry.partition][old.task_id]
        self.tasks[task.task_id] = task
        if task.entry is not None:
            self.agenda[task.entry.partition][task.task_id] = task


def page_of(
    items: list[tuple[str, Item]], *, cursor: str | None, limit: int, is_falling: bool = False
) -> Page[Item]:
    """The items whose keys come after the cursor, in the order given, which is that of the keys.

    The cursor's own item may have gone from a filtered list since.
    """
    start = 0
    if cursor is not None:
        start = sum(key >= cursor if is_falling else key <= cursor for key, _ in items)
    chosen = items[start : start + limit]
    is_last = start + limit >= len(items)
    return Page([item for _, item in chosen], None if is_last else chosen[-1][0])
