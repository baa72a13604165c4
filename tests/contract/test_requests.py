"""Requests per minute."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from tests.builders import NOON
from tests.contract.engines import Ports

KEY, OTHER_KEY = "k000000000000001", "k000000000000002"


def test_each_request_of_a_minute_is_counted(ports: Ports) -> None:
    assert [ports.requests.count(KEY, NOON) for _ in range(3)] == [1, 2, 3]


def test_the_next_minute_and_other_keys_count_for_themselves(ports: Ports) -> None:
    ports.requests.count(KEY, NOON)

    assert ports.requests.count(KEY, NOON + timedelta(minutes=1)) == 1
    assert ports.requests.count(OTHER_KEY, NOON) == 1


def test_no_two_parallel_requests_are_given_the_same_count(parallel_ports: Ports) -> None:
    with ThreadPoolExecutor(8) as threads:
        counts = list(threads.map(lambda _: parallel_ports.requests.count(KEY, NOON), range(40)))

    assert sorted(counts) == list(range(1, 41))
