"""What is wrong with a scenario, given the carrier's journal and what was read from the API.

Pure: instants are milliseconds since 1970, tasks and calls are as the API shows them.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from chalicelibs.domain.instants import epoch_ms
from local.promises import PAST_THE_GATE_MS, Ring

Read = Mapping[str, Any]

STATUSES = ("queued", "running", "paused", "completed", "archived")


def ms(instant: str) -> int:
    """An instant of the API in milliseconds."""
    return epoch_ms(datetime.fromisoformat(instant))


def settled_without_a_call(tasks: Iterable[Read], rings: Iterable[Ring]) -> Iterator[str]:
    """Tasks that are over although nobody was ever rung for them."""
    rang = {ring.task_id for ring in rings}
    for task in tasks:
        if task["status"] in {"completed", "archived"} and task["id"] not in rang:
            yield f"task {task['id']} is {task['status']} and was never dialled"


def neither_called_nor_waiting(tasks: Iterable[Read], rings: Iterable[Ring]) -> Iterator[str]:
    """Tasks that were not called and will not be."""
    rang = {ring.task_id for ring in rings}
    for task in tasks:
        if task["id"] not in rang and task["status"] not in {"queued", "paused"}:
            yield f"task {task['id']} was not called and does not wait: {task['status']}"


def lost(tasks: Sequence[Read], contacts: int) -> Iterator[str]:
    """Contacts that were brought and are nowhere."""
    if len(tasks) != contacts:
        yield f"{contacts} contacts were brought, there are {len(tasks)} tasks"


def too_fast(starts: Iterable[int], per_second: int) -> Iterator[str]:
    """Seconds in which more calls started than allowed.

    The gate counts a call in the second in which it passes; its start comes a moment later, so a
    call may belong to the second before.
    """
    counted: Counter[int] = Counter()
    for start in sorted(starts):
        seconds = sorted({(start - PAST_THE_GATE_MS) // 1000, start // 1000})
        free = next((one for one in seconds if counted[one] < per_second), None)
        if free is None:
            yield f"more than {per_second} calls started in the second {start // 1000}"
        else:
            counted[free] += 1


def too_slow(count: int, seconds: float, per_second: float) -> Iterator[str]:
    """Fewer calls than there could have been."""
    if count < seconds * per_second:
        yield f"only {count} calls in {seconds:.0f} s, at least {per_second:g} a second expected"


def slower_when_allowed_more(slow: float, fast: float) -> Iterator[str]:
    """A higher limit that does not make the rate rise, from one call a second."""
    if fast < 2 * slow:
        yield f"the limit rose from 1/s to 1000/s, the rate only from {slow:.2f}/s to {fast:.2f}/s"


def slower_with_more(
    name: str, fewer: float, more: float, *, noise: float = 0.15
) -> Iterator[str]:
    """A rate that falls by more than what two runs differ by themselves."""
    if more < fewer * (1 - noise):
        yield f"more {name} lower the rate from {fewer:.1f}/s to {more:.1f}/s"


def recovered_late(
    calls: Iterable[Read], *, back_ms: int, killed_ms: int, within_ms: int
) -> Iterator[str]:
    """Calls that a crash interrupted and that were taken up later than published."""
    for call in calls:
        was_under_way = ms(call["reserved_at"]) < killed_ms
        ended_ms = None if call["ended_at"] is None else ms(call["ended_at"])
        if was_under_way and (ended_ms is None or ended_ms > back_ms + within_ms):
            yield f"call {call['id']} was interrupted and ended at {call['ended_at']}"


def dialled_after(
    stopped_ms: int, requests: Iterable[Read], calls: Iterable[Read]
) -> Iterator[str]:
    """Dial requests after everything stopped, but for calls that had passed the dial gate."""
    dialled = {call["id"]: ms(call["dialed_at"]) for call in calls if call["dialed_at"]}
    latest = stopped_ms + PAST_THE_GATE_MS
    for line in requests:
        call_id, after_ms = line["correlation_id"], line["t"] - stopped_ms
        if after_ms > 0 and dialled.get(call_id, latest + 1) > latest:
            yield f"call {call_id} was requested {after_ms} ms after the stop"


def not_paused(tasks: Iterable[Read]) -> Iterator[str]:
    """Tasks of a paused campaign that read as something else than paused or over."""
    for task in tasks:
        if task["status"] not in {"paused", "completed"}:
            yield f"task {task['id']} of a paused campaign reads {task['status']}"


def late(rings: Iterable[Ring], *, closes_ms: int) -> Iterator[str]:
    """Phones that rang after the window had closed; the gate is passed a moment before."""
    for ring in rings:
        if ring.started_ms >= closes_ms + PAST_THE_GATE_MS:
            yield f"call {ring.call_id} rang {ring.started_ms - closes_ms} ms after the close"


def early(rings: Iterable[Ring], *, opens_ms: int) -> Iterator[str]:
    """Phones that rang before the window opened."""
    for ring in rings:
        if ring.started_ms < opens_ms:
            yield f"call {ring.call_id} rang {opens_ms - ring.started_ms} ms before the opening"


def untold_opening(tasks: Iterable[Read], *, reopens_ms: int) -> Iterator[str]:
    """Waiting tasks that do not say when their window opens next."""
    for task in tasks:
        if task["status"] == "queued":
            told = task["next_attempt_at"] and ms(task["next_attempt_at"])
            if told != reopens_ms or task["waiting_for"] != "calling_hours":
                yield (
                    f"task {task['id']} waits for {task['waiting_for']} until "
                    f"{task['next_attempt_at']}, not for the opening"
                )


def attempts_spent_in_vain(tasks: Iterable[Read], rings: Iterable[Ring]) -> Iterator[str]:
    """Tasks that count more attempts than their phones rang."""
    rang = Counter(ring.task_id for ring in rings)
    for task in tasks:
        if task["attempts"] != rang[task["id"]]:
            yield f"task {task['id']} counts {task['attempts']} attempts, rang {rang[task['id']]}"


def retried_wrongly(
    rings: Iterable[Ring], tasks: Iterable[Read], *, interval_ms: int, late_ms: int
) -> Iterator[str]:
    """Tasks not rung exactly twice, or not one interval after the first call ended."""
    by_task: dict[str, list[Ring]] = {task["id"]: [] for task in tasks}
    for ring in sorted(rings, key=lambda ring: ring.started_ms):
        by_task.setdefault(ring.task_id, []).append(ring)
    for task_id, own in by_task.items():
        if len(own) != 2:
            yield f"task {task_id} was called {len(own)} times, not twice"
            continue
        wait = waited_ms(own)
        if wait is None or not interval_ms <= wait <= interval_ms + late_ms:
            yield f"task {task_id} was called again after {wait} ms"


def waited_ms(rings: Sequence[Ring]) -> int | None:
    """From the end of the first call of a task to the second."""
    ended = rings[0].ended_ms
    return None if ended is None else rings[1].started_ms - ended


def does_not_add_up(progress: Read) -> Iterator[str]:
    """One read of a campaign's progress that contradicts itself."""
    summed = sum(progress[status] for status in STATUSES)
    if summed != progress["total"]:
        yield f"the parts of {progress} are {summed} together"
    if sum(progress["outcomes"].values()) != progress["calls"]:
        yield f"the outcomes of {progress} are not its {progress['calls']} calls"


def fell(reads: Sequence[Read]) -> Iterator[str]:
    """Counts that can only rise, and fell from one read to the next."""
    for name in ("total", "completed", "calls"):
        counts = [progress[name] for progress in reads]
        for before, after in pairwise(counts):
            if after < before:
                yield f"{name} fell from {before} to {after}"


def not_between(before: Sequence[Read], progress: Read, after: Sequence[Read]) -> Iterator[str]:
    """Progress that is not between the sums of the tasks read before and after it.

    What is over stays over, so the tasks read before cannot be more than were counted, nor those
    read after fewer.
    """
    for name in ("completed", "archived"):
        least, most = (sum(task["status"] == name for task in read) for read in (before, after))
        if not least <= progress[name] <= most:
            yield f"{name} is {progress[name]}, the tasks say {least} before and {most} after"


def miscounted(progress: Read, tasks: Sequence[Read], rings: Sequence[Ring]) -> Iterator[str]:
    """Progress at rest that is not the sum of the tasks, or not what rang."""
    counted = Counter(task["status"] for task in tasks)
    for status in STATUSES:
        if progress[status] != counted[status]:
            yield f"{status} is {progress[status]}, the tasks say {counted[status]}"
    ended = sum(ring.ended_ms is not None for ring in rings)
    if progress["calls"] != ended:
        yield f"progress counts {progress['calls']} calls, {ended} rang and ended"
