"""Tasks, the agenda and ended calls in memory."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from operator import itemgetter

from chalicelibs.adapters.memory.store import MemoryStore, page_of
from chalicelibs.domain.call import Call, Dialed
from chalicelibs.domain.errors import Stale
from chalicelibs.domain.instants import epoch_ms
from chalicelibs.domain.lane import rescue_partition
from chalicelibs.domain.naming import task_of
from chalicelibs.domain.progress import Tally, added
from chalicelibs.domain.results import abridged, is_large
from chalicelibs.domain.search import ANY_TASK, CallFilter, TaskFilter
from chalicelibs.domain.task import DueTask, Task, tally_of_new
from chalicelibs.ports.pages import Page
from chalicelibs.ports.tasks import AtGate
from chalicelibs.together import attempt


class MemoryTasks:
    """The twin of the tasks in the table."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def add(self, tasks: Sequence[Task]) -> frozenset[str]:
        """See the port."""
        with self._store.lock:
            known = frozenset(task.task_id for task in tasks if task.task_id in self._store.tasks)
            new = [task for task in tasks if task.task_id not in known]
            for task in new:
                self._store.put_task(task)
            if new:
                self._store.counters[new[0].campaign_id].update(tally_of_new(new))
            return known

    def get(self, task_id: str) -> Task | None:
        """See the port."""
        return self._store.tasks.get(task_id)

    def get_all(self, task_ids: Iterable[str]) -> Sequence[Task]:
        """See the port."""
        with self._store.lock:
            return [self._store.tasks[one] for one in task_ids if one in self._store.tasks]

    def at_gate(self, workspace_id: str, task_id: str) -> AtGate | None:
        """See the port."""
        with self._store.lock:
            task = self._store.tasks.get(task_id)
            workspace = self._store.workspaces.get(workspace_id)
            if task is None or workspace is None or task.workspace_id != workspace_id:
                return None
            campaign = self._store.campaigns[task.campaign_id]
            of_agent = (workspace_id, campaign.rules.agent_id if campaign.rules else "")
            return AtGate(task, campaign, workspace, self._store.agents.get(of_agent))

    def at_gates(self, workspace_id: str, task_ids: Iterable[str]) -> Mapping[str, AtGate]:
        """See the port."""
        with self._store.lock:
            found = {task_id: self.at_gate(workspace_id, task_id) for task_id in task_ids}
            return {task_id: gate for task_id, gate in found.items() if gate is not None}

    def due(self, partition: str, *, until: datetime, limit: int) -> Sequence[DueTask]:
        """See the port."""
        with self._store.lock:
            dues = [task.as_due for task in self._store.agenda[partition].values()]
            dues.sort(key=lambda due: (due.entry.at, due.task_id))
            return [due for due in dues if due.entry.at <= until][:limit]

    def running(self, workspace_id: str) -> Sequence[DueTask]:
        """See the port."""
        with self._store.lock:
            lane = self._store.agenda[rescue_partition(workspace_id)]
            return [task.as_due for task in lane.values()]

    def claim_all(
        self, claims: Sequence[tuple[DueTask, Call]], workspace_id: str
    ) -> frozenset[str]:
        """See the port."""
        return frozenset(
            call.call_id for due, call in claims if self._claim(due, call, workspace_id)
        )

    def _claim(self, due: DueTask, call: Call, workspace_id: str) -> bool:
        with self._store.lock:
            task = self._store.tasks.get(due.task_id)
            if task is None or task.entry is None or task.as_due != due:
                return False
            if task.workspace_id != workspace_id:
                return False
            self._store.put_task(task.claim(call))
            return True

    def save(self, task: Task) -> Task:
        """See the port."""
        return self.settle(task, {})

    def save_all(self, changes: Sequence[tuple[Task, Task]]) -> Sequence[Task | Exception]:
        """See the port."""
        return [attempt(self.save, task) for _, task in changes]

    def settle(self, task: Task, tally: Tally) -> Task:
        """See the port."""
        with self._store.lock:
            if self._has_moved(task):
                raise Stale(task.task_id)
            saved = replace(task, version=task.version + 1)
            self._store.put_task(saved)
            counters = self._store.counters
            counters[task.campaign_id] = Counter(added(counters[task.campaign_id], tally))
            return saved

    def settle_all(self, settled: Sequence[tuple[Task, Tally]]) -> Sequence[Task]:
        """See the port."""
        with self._store.lock:
            stale = [task.task_id for task, _ in settled if self._has_moved(task)]
            if stale:
                raise Stale(*stale)
            return [self.settle(task, tally) for task, tally in settled]

    def _has_moved(self, task: Task) -> bool:
        stored = self._store.tasks.get(task.task_id)
        return stored is None or stored.version != task.version

    def page(
        self, campaign_id: str, wanted: TaskFilter = ANY_TASK, *, cursor: str | None, limit: int
    ) -> Page[Task]:
        """See the port."""
        with self._store.lock:
            own = [
                (task_id, task)
                for task_id, task in sorted(self._store.tasks.items(), key=itemgetter(0))
                if task.campaign_id == campaign_id and wanted.admits(task)
            ]
            return page_of(own, cursor=cursor, limit=limit)


class MemoryCalls:
    """The twin of the calls in the table."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def keep(self, workspace_id: str, call: Call) -> Call:
        """See the port."""
        with self._store.lock:
            kept = self.get(workspace_id, call.as_dialed)
            if kept is None:
                self._put(workspace_id, call)
            return kept or call

    def keep_all(self, kept: Sequence[tuple[str, Call]]) -> Sequence[Call | Exception]:
        """See the port."""
        return [attempt(self.keep, *one) for one in kept]

    def save(self, workspace_id: str, call: Call) -> None:
        """See the port."""
        with self._store.lock:
            stored = self.get(workspace_id, call.as_dialed)
            if stored is None or call.is_erased or not stored.is_erased:
                self._put(workspace_id, call)

    def revise(self, workspace_id: str, call: Call) -> None:
        """See the port."""
        with self._store.lock:
            stored = self.get(workspace_id, call.as_dialed)
            if stored is None or stored.revision != call.revision:
                raise Stale(call.call_id)
            if stored.is_erased and not call.is_erased:
                raise Stale(call.call_id)
            self._put(workspace_id, replace(call, revision=call.revision + 1))

    def get(self, workspace_id: str, dialed: Dialed) -> Call | None:
        """See the port."""
        with self._store.lock:
            call = self._store.calls.get((workspace_id, dialed))
            if call is None or not call.is_abridged:
                return call
            full = self._store.results.get((workspace_id, dialed.call_id))
            if full is None:
                return call
            said, made_of_it = full.transcript, full.analysis
            return replace(call, transcript=said, analysis=made_of_it, is_abridged=False)

    def get_all(self, workspace_id: str, dialed: Iterable[Dialed]) -> Sequence[Call]:
        """See the port."""
        with self._store.lock:
            found = [self.get(workspace_id, one) for one in dialed]
            return sorted((call for call in found if call is not None), key=by_dial)

    def log(
        self,
        workspace_id: str,
        wanted: CallFilter,
        *,
        since: datetime,
        until: datetime,
        cursor: str | None,
        limit: int,
    ) -> Page[Call]:
        """See the port."""
        with self._store.lock:
            own = [
                (f"{epoch_ms(dialed.dialed_at):014}.{dialed.call_id}", call)
                for (owner, dialed), call in self._store.calls.items()
                if owner == workspace_id and since <= dialed.dialed_at < until
            ]
            matching = [(key, call) for key, call in own if wanted.admits(call)]
            newest_first = sorted(matching, key=itemgetter(0), reverse=True)
            return page_of(newest_first, cursor=cursor, limit=limit, is_falling=True)

    def forget_results(self, workspace_id: str, task_id: str) -> None:
        """See the port."""
        with self._store.lock:
            own = [
                (owner, call_id)
                for owner, call_id in self._store.results
                if owner == workspace_id and task_of(call_id) == task_id
            ]
            for key in own:
                del self._store.results[key]

    def _put(self, workspace_id: str, call: Call) -> None:
        """Store a call, and beside it what is too large for an item of the table."""
        if call.is_abridged:
            raise Stale(call.call_id)
        if is_large(call):
            self._store.results[workspace_id, call.call_id] = call
            call = abridged(call)
        self._store.calls[workspace_id, call.as_dialed] = call


def by_dial(call: Call) -> tuple[datetime, str]:
    """The order in which calls were dialled."""
    return call.as_dialed.dialed_at, call.call_id
