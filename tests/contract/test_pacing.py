"""Calls per second."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from tests.builders import NOON, OTHER_WORKSPACE, WORKSPACE
from tests.contract.engines import Ports


def test_as_many_calls_start_in_a_second_as_the_limit_says(ports: Ports) -> None:
    started = [
        ports.pacing.take(WORKSPACE, NOON + timedelta(milliseconds=number), 3)
        for number in range(5)
    ]

    assert started == [True, True, True, False, False]


def test_the_next_second_and_other_workspaces_count_for_themselves(ports: Ports) -> None:
    assert ports.pacing.take(WORKSPACE, NOON, 1)

    assert not ports.pacing.take(WORKSPACE, NOON + timedelta(milliseconds=999), 1)
    assert ports.pacing.take(WORKSPACE, NOON + timedelta(seconds=1), 1)
    assert ports.pacing.take(OTHER_WORKSPACE, NOON, 1)


def test_a_limit_of_nothing_lets_nothing_start(ports: Ports) -> None:
    assert not ports.pacing.take(WORKSPACE, NOON, 0)


def test_parallel_starts_are_counted_exactly(parallel_ports: Ports) -> None:
    with ThreadPoolExecutor(8) as threads:
        started = list(
            threads.map(lambda _: parallel_ports.pacing.take(WORKSPACE, NOON, 7), range(40))
        )

    assert sum(started) == 7
