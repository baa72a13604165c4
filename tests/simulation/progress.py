"""Progress equals the sum of the tasks (P6), counted by hand at any moment."""

from collections import Counter
from collections.abc import Iterator

from chalicelibs.domain.task import Task, TaskStatus
from tests.simulation.history import History
from tests.simulation.violation import Violation


def miscounts(history: History) -> Iterator[Violation]:
    """Every counter of a campaign that is not what its tasks say."""
    own: dict[str, list[Task]] = {one: [] for one in history.store.campaigns}
    for task in history.store.tasks.values():
        own[task.campaign_id].append(task)
    for campaign_id, tasks in own.items():
        counted = history.store.counters[campaign_id]
        for name, number in summed(tasks).items():
            if counted.get(name, 0) != number:
                detail = f"{counted.get(name, 0)} {name} where there are {number}"
                yield Violation("P6", "miscounts", campaign_id, history.world.now, detail)
        by_outcome = sum(n for name, n in counted.items() if name.startswith("outcome:"))
        if by_outcome != counted.get("calls", 0):
            detail = f"{counted.get('calls', 0)} calls, but {by_outcome} outcomes"
            yield Violation("P6", "miscounts", campaign_id, history.world.now, detail)


def summed(tasks: list[Task]) -> dict[str, int]:
    """What the counters of a campaign with these tasks should say."""
    statuses = Counter(task.status for task in tasks)
    return {
        "tasks": len(tasks),
        "completed": statuses[TaskStatus.COMPLETED],
        "archived": statuses[TaskStatus.ARCHIVED],
        "paused": statuses[TaskStatus.PAUSED],
        "calls": sum(len(task.dialed) for task in tasks),
    }


def miscounted_calls(history: History) -> Iterator[Violation]:
    """At the end also each outcome, the minutes and the money equal what the calls say."""
    said: dict[str, Counter[str]] = {one: Counter() for one in history.store.campaigns}
    for call_id in half_told(history):
        said.pop(call_id.partition("-")[0], None)
    for (_, dialed), call in history.store.calls.items():
        if dialed.call_id.partition("-")[0] not in said:
            continue
        tally = said[dialed.call_id.partition("-")[0]]
        tally[f"outcome:{call.outcome}"] += 1
        if call.duration:
            tally["talked_ms"] += int(call.duration.total_seconds() * 1000)
    for campaign_id, tally in said.items():
        counted = history.store.counters[campaign_id]
        names = {one for one in counted if one.startswith("outcome:")} | tally.keys()
        for name in sorted(names):
            if counted.get(name, 0) != tally[name]:
                detail = f"{counted.get(name, 0)} {name}, but the calls say {tally[name]}"
                yield Violation("P6", "miscounts", campaign_id, history.world.now, detail)


def half_told(history: History) -> Iterator[str]:
    """Calls that were upgraded by a worker that died before it kept the call, and was late.

    The counters know, and so did the task, until its next attempt ended: then nobody mends the
    call. Two writes beside each other cannot do better, and a last call is mended.
    """
    for (_, dialed), call in history.store.calls.items():
        task = history.store.tasks[dialed.call_id.rpartition("-")[0]]
        is_last = dialed.call_id == f"{task.task_id}-{max(task.dialed, default=0)}"
        if not is_last and history.journal.told.get(dialed.call_id) != call.outcome:
            yield dialed.call_id
