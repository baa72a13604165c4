"""Calls per second."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

from chalicelibs.domain.carrier_account import Denials
from chalicelibs.domain.rest import Rest
from chalicelibs.domain.workspace import Workspace
from tests.builders import NOON, OTHER_WORKSPACE, WORKSPACE, a_key, a_workspace
from tests.contract.engines import Ports


def test_as_many_calls_start_in_a_second_as_the_limit_says(ports: Ports) -> None:
    started = [
        ports.pacing.take(WORKSPACE, NOON + timedelta(milliseconds=number), limit=3)
        for number in range(5)
    ]

    assert started == [1, 1, 1, 0, 0]


def test_the_next_second_and_other_workspaces_count_for_themselves(ports: Ports) -> None:
    assert ports.pacing.take(WORKSPACE, NOON, limit=1)

    assert not ports.pacing.take(WORKSPACE, NOON + timedelta(milliseconds=999), limit=1)
    assert ports.pacing.take(WORKSPACE, NOON + timedelta(seconds=1), limit=1)
    assert ports.pacing.take(OTHER_WORKSPACE, NOON, limit=1)


def test_a_limit_of_nothing_lets_nothing_start(ports: Ports) -> None:
    assert not ports.pacing.take(WORKSPACE, NOON, limit=0)


def test_parallel_starts_are_counted_exactly(parallel_ports: Ports) -> None:
    def take(wanted: int) -> int:
        return parallel_ports.pacing.take(WORKSPACE, NOON, limit=17, wanted=wanted)

    with ThreadPoolExecutor(8) as threads:
        started = list(threads.map(take, [1, 2, 3, 5] * 10))

    assert sum(started) == 17


def test_of_many_that_want_to_start_as_many_do_as_there_is_room_for(ports: Ports) -> None:
    assert ports.pacing.take(WORKSPACE, NOON, limit=7, wanted=4) == 4
    assert ports.pacing.take(WORKSPACE, NOON, limit=7, wanted=4) == 3
    assert ports.pacing.take(WORKSPACE, NOON, limit=7, wanted=4) == 0
    assert ports.pacing.take(WORKSPACE, NOON + timedelta(seconds=1), limit=7, wanted=9) == 7


def test_a_limit_that_was_lowered_lets_nothing_start_that_is_above_it(ports: Ports) -> None:
    assert ports.pacing.take(WORKSPACE, NOON, limit=7, wanted=5) == 5

    assert ports.pacing.take(WORKSPACE, NOON, limit=3, wanted=2) == 0


def test_a_workspace_knows_until_when_its_starts_are_given_away(ports: Ports) -> None:
    workspace = a_workspace(calls_per_second=1)
    ports.workspaces.add(workspace, a_key())

    first, second = NOON + timedelta(milliseconds=250), NOON + timedelta(seconds=1)
    assert ports.pacing.plan(WORKSPACE, seen=None, until=first)
    assert not ports.pacing.plan(WORKSPACE, seen=None, until=second)
    assert not ports.pacing.plan(WORKSPACE, seen=NOON, until=second)
    assert ports.workspaces.get(WORKSPACE) == replace(workspace, planned_until=first)

    assert ports.pacing.plan(WORKSPACE, seen=first, until=second)
    ports.workspaces.set_limits(replace(workspace, calls_per_second=2))

    stored = ports.workspaces.get(WORKSPACE)
    assert stored == a_workspace(calls_per_second=2, planned_until=second)


# --- Rests of carriers ---------------------------------------------------------------------------

SECOND = timedelta(seconds=1)


def a_rest(seconds: int) -> Rest:
    return Rest(until=NOON + seconds * SECOND, length=seconds * SECOND)


def test_a_workspace_knows_which_of_its_carriers_rest(ports: Ports) -> None:
    ports.workspaces.add(a_workspace(), a_key())

    ports.pacing.rest(WORKSPACE, "simulated", a_rest(2))
    ports.pacing.rest(WORKSPACE, "sip", a_rest(4))

    stored = ports.workspaces.get(WORKSPACE)
    assert stored == a_workspace(rests={"simulated": a_rest(2), "sip": a_rest(4)})
    assert stored.rest_of("simulated", NOON + SECOND) == a_rest(2)
    assert stored.rest_of("simulated", NOON + 2 * SECOND) is None
    assert stored.rest_of("another", NOON) is None


def test_the_longer_rest_stands_whoever_writes_last(ports: Ports) -> None:
    ports.workspaces.add(a_workspace(), a_key())

    for seconds in (4, 8, 2):
        ports.pacing.rest(WORKSPACE, "simulated", a_rest(seconds))

    assert ports.workspaces.get(WORKSPACE) == a_workspace(rests={"simulated": a_rest(8)})


def test_new_limits_let_carriers_rest(ports: Ports) -> None:
    workspace = a_workspace()
    ports.workspaces.add(workspace, a_key())
    ports.pacing.rest(WORKSPACE, "simulated", a_rest(2))

    ports.workspaces.set_limits(replace(workspace, concurrency_limit=7))

    changed = a_workspace(concurrency_limit=7, rests={"simulated": a_rest(2)})
    assert ports.workspaces.get(WORKSPACE) == changed


# --- Credentials that are refused ----------------------------------------------------------------

HOUR = timedelta(hours=1)


def deny(ports: Ports, at: datetime, reason: str = "credentials_refused") -> Workspace:
    ports.pacing.deny(WORKSPACE, "own", Denials(1, at, reason), since=at - HOUR)
    stored = ports.workspaces.get(WORKSPACE)
    assert stored is not None
    return stored


def test_refusals_of_our_credentials_are_counted_until_they_pause_the_carrier(
    ports: Ports,
) -> None:
    ports.workspaces.add(a_workspace(), a_key())

    counted = [deny(ports, NOON + number * SECOND) for number in range(3)]

    assert [one.denials["own"].times for one in counted] == [1, 2, 3]
    assert [one.has_paused("own") for one in counted] == [False, False, True]
    last = Denials(3, NOON + 2 * SECOND, "credentials_refused")
    assert ports.workspaces.get(WORKSPACE) == a_workspace(denials={"own": last})
    assert not counted[-1].has_paused("another")


def test_a_refusal_of_yesterday_does_not_count(ports: Ports) -> None:
    ports.workspaces.add(a_workspace(), a_key())
    deny(ports, NOON)
    deny(ports, NOON + SECOND)

    later = deny(ports, NOON + 2 * HOUR, "secret_missing")

    assert later.denials == {"own": Denials(1, NOON + 2 * HOUR, "secret_missing")}


def test_a_carrier_that_is_woken_has_neither_rest_nor_denials(ports: Ports) -> None:
    ports.workspaces.add(a_workspace(), a_key())
    ports.pacing.rest(WORKSPACE, "own", a_rest(8))
    ports.pacing.rest(WORKSPACE, "simulated", a_rest(8))
    deny(ports, NOON)

    for _ in range(2):
        ports.pacing.wake(WORKSPACE, "own")

    assert ports.workspaces.get(WORKSPACE) == a_workspace(rests={"simulated": a_rest(8)})


def test_new_limits_keep_a_carrier_paused(ports: Ports) -> None:
    ports.workspaces.add(a_workspace(), a_key())
    denied = deny(ports, NOON)

    ports.workspaces.set_limits(replace(denied, concurrency_limit=7))

    assert ports.workspaces.get(WORKSPACE) == replace(denied, concurrency_limit=7)
