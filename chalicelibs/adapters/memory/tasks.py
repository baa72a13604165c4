"""Tasks, the agenda and ended calls in memory."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from chalicelibs.adapters.memory.store import MemoryStore, page_of
from chalicelibs.domain.call import Call
from chalicelibs.domain.errors import Stale
from chalicelibs.domain.naming import task_of
from chalicelibs.domain.progress import TASKS, Tally
from chalicelibs.domain.task import DueTask, Task
from chalicelibs.ports import AtGate, CallRecord, Page


class MemoryTasks:
    """The twin of the tasks in the table."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def add(self, tasks: Sequence[Task]) -> frozenset[str]:
        """See the port."""
        with self._store.lock:
            known = frozenset(task.task_id for task in tasks if task.task_id in self._store.tasks)
            for task in tasks:
                if task.task_id not in known:
                    self._store.put_task(task)
                    self._store.counters[task.campaign_id][TASKS] += 1
            return known

    def get(self, task_id: str) -> Task | None:
        """See the port."""
        return self._store.tasks.get(task_id)

    def at_gate(self, workspace_id: str, task_id: str) -> AtGate | None:
        """See the port."""
        with self._store.lock:
            task = self._store.tasks.get(task_id)
            workspace = self._store.workspaces.get(workspace_id)
            if task is None or workspace is None or task.workspace_id != workspace_id:
                return None
            return AtGate(task, self._store.campaigns[task.campaign_id], workspace)

    def exists(self, task_id: str) -> bool:
        """See the port."""
        return task_id in self._store.tasks

    def due(self, partition: str, *, until: datetime, limit: int) -> Sequence[DueTask]:
        """See the port."""
        with self._store.lock:
            dues = [task.as_due for task in self._store.agenda[partition].values()]
            dues.sort(key=lambda due: (due.entry.at, due.task_id))
            return [due for due in dues if due.entry.at <= until][:limit]

    def claim(self, due: DueTask, call: Call, workspace_id: str) -> bool:
        """See the port."""
        with self._store.lock:
            task = self._store.tasks.get(due.task_id)
            if task is None or task.entry is None or task.as_due != due:
                return False
            assert task.workspace_id == workspace_id, due.task_id
            self._store.put_task(task.claim(call))
            return True

    def save(self, task: Task) -> Task:
        """See the port."""
        return self.settle(task, {})

    def settle(self, task: Task, tally: Tally) -> Task:
        """See the port."""
        with self._store.lock:
            stored = self._store.tasks.get(task.task_id)
            if stored is None or stored.version != task.version:
                raise Stale(task.task_id)
            saved = replace(task, version=task.version + 1)
            self._store.put_task(saved)
            self._store.counters[task.campaign_id].update(tally)
            return saved

    def page(self, campaign_id: str, *, cursor: str | None, limit: int) -> Page[Task]:
        """See the port."""
        with self._store.lock:
            own = [
                (task_id, task)
                for task_id, task in sorted(self._store.tasks.items(), key=lambda pair: pair[0])
                if task.campaign_id == campaign_id
            ]
            return page_of(own, cursor=cursor, limit=limit)


class MemoryCalls:
    """The twin of the calls in the table."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def save(self, workspace_id: str, call: Call) -> None:
        """See the port."""
        with self._store.lock:
            self._store.calls[call.call_id] = CallRecord(workspace_id, call)

    def get(self, call_id: str) -> CallRecord | None:
        """See the port."""
        return self._store.calls.get(call_id)

    def of_task(self, task_id: str) -> Sequence[CallRecord]:
        """See the port."""
        with self._store.lock:
            own = [record for call_id, record in self._store.calls.items()
                   if task_of(call_id) == task_id]  # fmt: skip
            return sorted(own, key=lambda record: record.call.reserved_at)
