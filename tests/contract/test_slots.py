"""Slots: as many as the limit, never one more."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from chalicelibs.adapters.clock import SystemClock
from chalicelibs.adapters.dynamodb import DynamoSlots
from chalicelibs.adapters.dynamodb.table import Table
from chalicelibs.adapters.ids import RandomIds
from tests.builders import CAMPAIGN, WORKSPACE, a_call, a_task
from tests.contract.engines import TABLE, Account, Ports, new_table


def ids(*numbers: int) -> list[str]:
    return [a_call(a_task(number)).call_id for number in numbers]


def test_nothing_is_held_at_first(ports: Ports) -> None:
    assert ports.slots.held(WORKSPACE) == frozenset()


def test_calls_get_in_up_to_the_limit(ports: Ports) -> None:
    got = ports.slots.reserve(WORKSPACE, ids(1, 2, 3), 2)

    assert len(got) == 2
    assert ports.slots.held(WORKSPACE) == got.keys()
    assert ports.slots.reserve(WORKSPACE, ids(4), 2) == {}


@pytest.mark.parametrize("limit", [0, -1])
def test_without_a_limit_above_nothing_nobody_gets_in(ports: Ports, limit: int) -> None:
    assert ports.slots.reserve(WORKSPACE, ids(1), limit) == {}


@pytest.mark.parametrize("limit", [1, 23, 24, 25, 60, 200])
def test_the_limit_is_reached_exactly(ports: Ports, limit: int) -> None:
    got = ports.slots.reserve(WORKSPACE, ids(*range(limit + 30)), limit)

    assert len(got) == limit
    assert len(ports.slots.held(WORKSPACE)) == limit


def test_reserving_again_gives_the_same_place_and_takes_no_other(ports: Ports) -> None:
    first = ports.slots.reserve(WORKSPACE, ids(*range(30)), 30)

    again = ports.slots.reserve(WORKSPACE, ids(*range(30)), 30)

    assert dict(again) == dict(first)
    assert len(ports.slots.held(WORKSPACE)) == 30


def test_one_call_named_twice_takes_one_slot(ports: Ports) -> None:
    assert list(ports.slots.reserve(WORKSPACE, ids(1, 1), 2)) == ids(1)
    assert ports.slots.held(WORKSPACE) == set(ids(1))


def test_a_released_slot_is_free(ports: Ports) -> None:
    got = ports.slots.reserve(WORKSPACE, ids(1), 1)

    for _ in range(2):
        ports.slots.release(WORKSPACE, {*ids(1)}, got[ids(1)[0]])

    assert ports.slots.held(WORKSPACE) == frozenset()
    assert list(ports.slots.reserve(WORKSPACE, ids(2), 1)) == ids(2)


def test_a_slot_is_found_without_its_page(ports: Ports) -> None:
    ports.slots.reserve(WORKSPACE, ids(*range(60)), 60)

    for _ in range(2):
        ports.slots.release(WORKSPACE, {*ids(59)}, None)

    assert ports.slots.held(WORKSPACE) == set(ids(*range(59)))


def test_slots_of_one_page_are_given_back_together(ports: Ports) -> None:
    got = ports.slots.reserve(WORKSPACE, ids(1, 2, 3), 3)
    assert set(got.values()) == {got[ids(1)[0]]}

    for _ in range(2):
        ports.slots.release(WORKSPACE, {*ids(1, 3, 99)}, got[ids(1)[0]])

    assert ports.slots.held(WORKSPACE) == {*ids(2)}
    assert len(ports.slots.reserve(WORKSPACE, ids(4, 5, 6), 3)) == 2


def test_slots_of_several_pages_are_found_without_their_pages(ports: Ports) -> None:
    ports.slots.reserve(WORKSPACE, ids(*range(60)), 60)

    ports.slots.release(WORKSPACE, {*ids(*range(0, 60, 2))}, None)

    assert ports.slots.held(WORKSPACE) == {*ids(*range(1, 60, 2))}


def test_releasing_what_nobody_holds_harms_nothing(ports: Ports) -> None:
    ports.slots.release(WORKSPACE, {*ids(1)}, 0)
    ports.slots.release(WORKSPACE, {*ids(1)}, None)
    ports.slots.release(WORKSPACE, {*ids(1)}, 7)

    assert len(ports.slots.reserve(WORKSPACE, ids(1, 2, 3), 2)) == 2


def test_scopes_do_not_share_slots(ports: Ports) -> None:
    ports.slots.reserve(WORKSPACE, ids(1), 1)

    assert list(ports.slots.reserve(CAMPAIGN, ids(1), 1)) == ids(1)


def test_after_the_limit_was_lowered_nobody_gets_in_until_enough_have_gone(
    ports: Ports,
) -> None:
    got = ports.slots.reserve(WORKSPACE, ids(*range(60)), 60)
    lower = 30

    for number in range(60):
        assert ports.slots.reserve(WORKSPACE, ids(100 + number), lower).keys() <= (
            set(ids(100 + number)) if number > lower else set()
        )
        ports.slots.release(WORKSPACE, {*ids(number)}, got[ids(number)[0]])
        assert len(ports.slots.held(WORKSPACE)) <= max(lower, 60 - number - 1)


def test_after_the_limit_was_raised_more_get_in(ports: Ports) -> None:
    ports.slots.reserve(WORKSPACE, ids(*range(10)), 10)

    assert len(ports.slots.reserve(WORKSPACE, ids(*range(10, 100)), 50)) == 40


@pytest.mark.parametrize("limit", [1, 5, 24, 30, 55])
def test_parallel_workers_never_exceed_the_limit(parallel_ports: Ports, limit: int) -> None:
    slots = parallel_ports.slots

    def take(worker: int) -> dict[str, int]:
        got: dict[str, int] = {}
        for turn in range(4):
            start = 100 * worker + 10 * turn
            got |= slots.reserve(WORKSPACE, ids(*range(start, start + 10)), limit)
        return got

    with ThreadPoolExecutor(8) as threads:
        got = list(threads.map(take, range(8)))

    assert slots.held(WORKSPACE) == {call_id for one in got for call_id in one}
    assert len(slots.held(WORKSPACE)) <= limit
    slots.reserve(WORKSPACE, ids(*range(1000, 1060)), limit)
    assert len(slots.held(WORKSPACE)) == limit


def test_while_the_limit_changes_each_worker_keeps_to_the_lowest(
    parallel_ports: Ports,
) -> None:
    slots = parallel_ports.slots
    got = slots.reserve(WORKSPACE, ids(*range(60)), 60)

    def come_and_go(worker: int) -> Sequence[int]:
        chance = Random(worker)
        seen = []
        for turn in range(10):
            number = worker * 8 + turn
            if number < 60:
                slots.release(WORKSPACE, {*ids(number)}, got[ids(number)[0]])
            mine = ids(*(1000 * worker + 10 * turn + offset for offset in range(5)))
            taken = slots.reserve(WORKSPACE, mine, 26)
            seen.append(len(slots.held(WORKSPACE)))
            for call_id, page in taken.items():
                if chance.random() < 0.3:
                    slots.release(WORKSPACE, {call_id}, page)
        return seen

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(come_and_go, range(1, 8)))

    for number in range(60):
        slots.release(WORKSPACE, {*ids(number)}, None)
    assert len(slots.held(WORKSPACE)) <= 26


class LosingAnswers:
    """A client that carries writes out, and of these, counted from one, loses the answers."""

    def __init__(
        self, client: Any, *lost: int, before: Mapping[int, Callable[[], object]]
    ) -> None:
        self._client = client
        self._lost = lost
        self._before = before
        self.writes = 0
        self.reads = 0

    def update_item(self, **params: Any) -> Any:
        self.writes += 1
        number = self.writes
        self._before.get(number, lambda: None)()
        answer = self._client.update_item(**params)
        if number in self._lost:
            raise ReadTimeoutError(endpoint_url="the table")
        return answer

    def query(self, **params: Any) -> Any:
        self.reads += 1
        return self._client.query(**params)


def slots_by(client: Any) -> DynamoSlots:
    ids = RandomIds(SystemClock(), Random(7))
    return DynamoSlots(Table(client, TABLE, ids, sleep=lambda _: None))


def test_slots_are_known_whose_answer_was_lost(server: Account) -> None:
    table = server.client("dynamodb")
    new_table(table)
    client = LosingAnswers(table, 1, before={})

    got = slots_by(client).reserve(WORKSPACE, ids(1, 2), 2)

    assert got.keys() == set(ids(1, 2)) == slots_by(table).held(WORKSPACE)
    assert (client.reads, client.writes) == (1, 2), "as it stands there, so it is told"


def test_slots_are_known_whose_answer_was_lost_after_others_were_faster(server: Account) -> None:
    table = server.client("dynamodb")
    new_table(table)
    slots = slots_by(table)
    slots.reserve(WORKSPACE, ids(1), 3)
    client = LosingAnswers(table, 2, before={1: lambda: slots.reserve(WORKSPACE, ids(2), 3)})

    got = slots_by(client).reserve(WORKSPACE, ids(3, 4), 3)

    assert len(got) == 1
    assert slots.held(WORKSPACE) == {*ids(1, 2), *got}, "nobody holds a slot without knowing"
