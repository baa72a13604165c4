"""What many workers at once cannot break."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

from chalicelibs.domain.errors import Stale
from chalicelibs.domain.progress import Progress
from chalicelibs.domain.task import TaskStatus
from tests.builders import CAMPAIGN, NOON, WORKSPACE, a_call, a_task
from tests.contract.engines import Ports

WORKERS = 8


def test_of_eight_claims_one_wins(parallel_ports: Ports) -> None:
    tasks = [a_task(number) for number in range(30)]
    parallel_ports.tasks.add(tasks)

    def claim_all(worker: int) -> list[bool]:
        deadline = NOON + timedelta(seconds=worker)
        calls = [a_call(task, deadline=deadline) for task in tasks]
        wanted = [(task.as_due, call) for task, call in zip(tasks, calls, strict=True)]
        ours = parallel_ports.tasks.claim_all(wanted, WORKSPACE)
        return [call.call_id in ours for call in calls]

    with ThreadPoolExecutor(WORKERS) as threads:
        won_by_worker = list(threads.map(claim_all, range(WORKERS)))

    for task, won in zip(tasks, zip(*won_by_worker, strict=True), strict=True):
        stored = parallel_ports.tasks.get(task.task_id)
        assert sum(won) == 1
        assert stored is not None
        assert stored.claims == 1
        assert stored.call is not None
        assert stored.call.deadline == NOON + timedelta(seconds=won.index(True))


def test_parallel_settling_keeps_the_counters_exact(parallel_ports: Ports) -> None:
    tasks = [a_task(number) for number in range(64)]
    parallel_ports.tasks.add(tasks)

    def settle(number: int) -> bool:
        done = replace(tasks[number % len(tasks)], status=TaskStatus.COMPLETED)
        try:
            parallel_ports.tasks.settle(done, {"completed": 1, "calls": 1, "outcome:completed": 1})
        except Stale:
            return False
        return True

    with ThreadPoolExecutor(WORKERS) as threads:
        won = sum(threads.map(settle, range(2 * len(tasks))))

    assert won == len(tasks)
    assert parallel_ports.campaigns.progress(CAMPAIGN) == Progress(
        tasks=64, completed=64, calls=64, outcomes={"completed": 64}
    )


def test_of_batches_that_settle_the_same_tasks_at_once_one_counts_each(
    parallel_ports: Ports,
) -> None:
    tasks = [a_task(number) for number in range(60)]
    parallel_ports.tasks.add(tasks)
    done = [replace(task, status=TaskStatus.COMPLETED) for task in tasks]
    tally = {"completed": 1, "calls": 1, "outcome:completed": 1}

    def settle(number: int) -> int:
        own = done[number % 6 * 10 :][:10]
        try:
            return len(parallel_ports.tasks.settle_all([(task, tally) for task in own]))
        except Stale:
            return 0

    with ThreadPoolExecutor(WORKERS) as threads:
        won = sum(threads.map(settle, range(18)))

    assert won == len(tasks)
    assert parallel_ports.campaigns.progress(CAMPAIGN) == Progress(
        tasks=60, completed=60, calls=60, outcomes={"completed": 60}
    )


def test_the_same_tasks_added_in_parallel_are_stored_and_counted_once(
    parallel_ports: Ports,
) -> None:
    tasks = [a_task(number) for number in range(20)]

    with ThreadPoolExecutor(WORKERS) as threads:
        known = list(threads.map(parallel_ports.tasks.add, [tasks] * WORKERS))

    assert sum(len(tasks) - len(ids) for ids in known) == len(tasks)
    assert parallel_ports.campaigns.progress(CAMPAIGN) == Progress(tasks=20)
