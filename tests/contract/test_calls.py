"""Ended calls."""

import time
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelibs.adapters.dynamodb import search as dynamodb_search
from chalicelibs.domain.analysis import MOST_BYTES as MOST_ANALYSIS
from chalicelibs.domain.call import Call, CallStatus, Dialed, SlotPages
from chalicelibs.domain.errors import Stale
from chalicelibs.domain.instants import MILLISECOND, SECOND
from chalicelibs.domain.search import CallFilter
from chalicelibs.domain.transcript import MOST_BYTES as MOST_TRANSCRIPT
from chalicelibs.domain.transcript import Utterance
from chalicelibs.ports.pages import Page
from tests.builders import (
    AGENT,
    CAMPAIGN,
    NOON,
    OTHER_WORKSPACE,
    WORKSPACE,
    a_call,
    a_task,
    plain_id,
    utc,
)
from tests.contract.engines import Account, Ports, claims, new_table, ports_in

FULL = a_call(
    status=CallStatus.ENDED,
    attempt_no=1,
    slots=SlotPages(workspace=0),
    dialed_at=NOON + timedelta(milliseconds=1),
    answered_at=NOON + timedelta(seconds=9),
    ended_at=NOON + timedelta(minutes=2, microseconds=10),
    phone="+34600000001",
    caller_id="+34910000000",
    agent_id=AGENT,
    carrier="simulated",
    carrier_call_id="sim-1",
    longest=timedelta(minutes=15, seconds=45),
    outcome="busy_callback",
    is_permanent=True,
    reason="busy",
    duration=timedelta(seconds=111, milliseconds=500),
    callback_at=NOON + timedelta(days=1),
    cost="0.0123 USD",
    recording_url="https://example.com/r.wav",
    takes_callbacks=False,
    is_withdrawn=True,
    opts_out=True,
    transcript=(
        Utterance("agent", "Hello, ¿qué tal? 🙂", timedelta(0)),
        Utterance("contact", "", timedelta(seconds=1, milliseconds=250)),
        Utterance("system", 'A "mark".'),
    ),
    analysis={"score": 0.87, "tags": ["a", "", None], "deep": {"set": {}}, "big": 10**40},
)


def test_a_call_comes_back_as_it_was_saved(ports: Ports) -> None:
    ports.calls.save(WORKSPACE, FULL)

    assert ports.calls.get(WORKSPACE, FULL.as_dialed) == FULL


def test_the_largest_call_that_is_kept_fits_into_an_item(ports: Ports) -> None:
    largest = replace(
        FULL,
        transcript=(Utterance("agent", "x" * (MOST_TRANSCRIPT - 50)),),
        analysis={"summary": "x" * (MOST_ANALYSIS - 20)},
    )
    task = a_task(context={"name": "x" * 8_000})
    ports.tasks.add([task])
    call = replace(largest, call_id=a_call(task).call_id, status=CallStatus.ENDED)

    ports.calls.save(WORKSPACE, call)
    assert claims(ports, task, a_call(task))
    claimed = ports.tasks.get(task.task_id)
    assert claimed is not None
    ports.tasks.save(claimed.with_call(call))

    assert ports.calls.get(WORKSPACE, call.as_dialed) == call
    waiting = ports.tasks.get(task.task_id)
    assert waiting is not None
    assert waiting.call == call


def test_the_first_to_keep_a_call_decides_what_is_kept(ports: Ports) -> None:
    later = replace(FULL, outcome="failed", reason="lost", transcript=())

    assert ports.calls.keep(WORKSPACE, FULL) == FULL
    assert ports.calls.keep(WORKSPACE, later) == FULL
    assert ports.calls.get(WORKSPACE, FULL.as_dialed) == FULL


def test_of_two_who_tell_more_of_a_call_the_second_must_look_again(ports: Ports) -> None:
    ports.calls.keep(WORKSPACE, FULL)
    for number in range(2):
        read = ports.calls.get(WORKSPACE, FULL.as_dialed)
        assert read is not None
        assert read.revision == number
        ports.calls.revise(WORKSPACE, replace(read, recording_url="https://example.com/mine"))

        with pytest.raises(Stale):
            ports.calls.revise(WORKSPACE, replace(read, recording_url="https://example.com/his"))

    kept = ports.calls.get(WORKSPACE, FULL.as_dialed)
    assert kept == replace(FULL, recording_url="https://example.com/mine", revision=2)


def test_what_was_never_kept_or_is_erased_is_not_revised(ports: Ports) -> None:
    with pytest.raises(Stale):
        ports.calls.revise(WORKSPACE, FULL)
    ports.calls.save(WORKSPACE, FULL.erased())
    with pytest.raises(Stale):
        ports.calls.revise(WORKSPACE, FULL)

    assert ports.calls.get(WORKSPACE, FULL.as_dialed) == FULL.erased()


def test_an_erased_call_is_revised_by_what_tells_nothing_of_the_person(ports: Ports) -> None:
    ports.calls.keep(WORKSPACE, FULL)
    ports.calls.save(WORKSPACE, FULL.erased())

    ports.calls.revise(WORKSPACE, replace(FULL.erased(), outcome="interested"))

    kept = ports.calls.get(WORKSPACE, FULL.as_dialed)
    assert kept is not None
    assert (kept.outcome, kept.is_erased, kept.revision) == ("interested", True, 1)


def test_an_erased_call_stays_erased_whoever_writes_it_again(ports: Ports) -> None:
    ports.calls.save(WORKSPACE, FULL)
    ports.calls.save(WORKSPACE, FULL.erased())

    ports.calls.save(WORKSPACE, FULL)
    ports.calls.save(WORKSPACE, replace(FULL.erased(), cost="9 EUR"))

    assert ports.calls.get(WORKSPACE, FULL.as_dialed) == replace(FULL.erased(), cost="9 EUR")


def test_a_call_of_which_little_is_known_comes_back(ports: Ports) -> None:
    little = a_call(dialed_at=NOON)

    ports.calls.save(WORKSPACE, little)

    assert ports.calls.get(WORKSPACE, little.as_dialed) == little


def test_what_was_never_saved_is_not_there(ports: Ports) -> None:
    ports.calls.save(WORKSPACE, FULL)
    later = Dialed(FULL.call_id, NOON + SECOND)

    assert ports.calls.get(WORKSPACE, later) is None
    assert ports.calls.get(OTHER_WORKSPACE, FULL.as_dialed) is None
    assert list(ports.calls.get_all(WORKSPACE, [later])) == []
    assert list(ports.calls.get_all(WORKSPACE, [])) == []


def test_saving_again_replaces(ports: Ports) -> None:
    upgraded = replace(FULL, outcome="interested", analysis={})

    ports.calls.save(WORKSPACE, FULL)
    ports.calls.save(WORKSPACE, upgraded)

    assert ports.calls.get(WORKSPACE, FULL.as_dialed) == upgraded
    assert logged(ports) == [upgraded]


def test_the_calls_of_a_task_come_in_the_order_they_were_dialled(ports: Ports) -> None:
    calls = [
        a_call(a_task(claims=claims), dialed_at=NOON + timedelta(days=9 * claims))
        for claims in range(12)
    ]
    for call in [*reversed(calls), dialled(17)]:
        ports.calls.save(WORKSPACE, call)

    found = ports.calls.get_all(WORKSPACE, [call.as_dialed for call in reversed(calls)])

    assert list(found) == calls


# --- Long ones -----------------------------------------------------------------------------------

SAID = tuple(Utterance("agent", f"{number} " + "x" * 400) for number in range(50))
MADE_OF_IT = {"summary": "y" * 9_000, "score": 7}
LONG = replace(FULL, transcript=SAID, analysis=MADE_OF_IT)


def test_a_long_call_comes_back_whole(ports: Ports) -> None:
    ports.calls.keep(WORKSPACE, LONG)

    assert ports.calls.get(WORKSPACE, LONG.as_dialed) == LONG
    assert list(ports.calls.get_all(WORKSPACE, [LONG.as_dialed])) == [LONG]
    assert ports.calls.keep(WORKSPACE, FULL) == LONG


def test_of_calls_that_are_kept_together_each_is_kept_by_itself(ports: Ports) -> None:
    long = replace(LONG, call_id=a_call(a_task(1_000)).call_id)
    others = [a_call(a_task(number), dialed_at=NOON) for number in range(2, 60)]
    said_before = replace(others[7], outcome="busy")
    ports.calls.keep(WORKSPACE, said_before)

    kept = ports.calls.keep_all([(WORKSPACE, one) for one in (FULL, long, *others)])

    assert list(kept) == [FULL, long, *others[:7], said_before, *others[8:]]
    read = [ports.calls.get(WORKSPACE, one.as_dialed) for one in (FULL, long, *others)]
    assert read == list(kept)


def test_a_call_whose_results_are_gone_is_not_kept_and_others_are(ports: Ports) -> None:
    other = a_call(a_task(2), dialed_at=NOON)

    gone, kept = ports.calls.keep_all(
        [(WORKSPACE, replace(FULL, is_abridged=True)), (WORKSPACE, other)]
    )

    assert isinstance(gone, Stale)
    assert kept == other


def test_nothing_kept_is_nothing(ports: Ports) -> None:
    assert list(ports.calls.keep_all([])) == []


def test_the_log_shows_the_beginning_of_a_long_call(ports: Ports) -> None:
    saved(ports, LONG)

    [shown] = logged(ports)

    assert shown == replace(
        LONG, transcript=shown.transcript, analysis=shown.analysis, is_abridged=True
    )
    assert shown.transcript[0].text in SAID[0].text
    assert shown.transcript[-1] == Utterance("system", "the rest is shown with the call itself")
    assert shown.analysis["score"] == 7
    assert shown.analysis["truncated"] is True


def test_the_second_to_keep_a_long_call_harms_nothing_of_the_first(ports: Ports) -> None:
    ports.calls.keep(WORKSPACE, LONG)
    later = replace(LONG, analysis={"summary": "z" * 9_000})

    assert ports.calls.keep(WORKSPACE, later) == LONG
    assert ports.calls.get(WORKSPACE, LONG.as_dialed) == LONG


def test_more_that_is_told_of_a_long_call_is_kept_and_what_came_too_late_is_not(
    ports: Ports,
) -> None:
    ports.calls.keep(WORKSPACE, FULL)
    ports.calls.revise(WORKSPACE, LONG)
    with pytest.raises(Stale):
        ports.calls.revise(WORKSPACE, replace(LONG, transcript=SAID[:40]))

    assert ports.calls.get(WORKSPACE, LONG.as_dialed) == replace(LONG, revision=1)


def test_what_stands_beside_the_calls_of_a_task_is_forgotten_and_nothing_else(
    ports: Ports,
) -> None:
    tasks = a_task(1, claims=1), a_task(1, claims=12), a_task(2, claims=1)
    first, second, other = (
        replace(LONG, call_id=a_call(task).call_id, dialed_at=NOON + place * SECOND)
        for place, task in enumerate(tasks)
    )
    saved(ports, first, second, other)
    ports.calls.save(OTHER_WORKSPACE, first)

    ports.calls.forget_results(WORKSPACE, tasks[0].task_id)
    ports.calls.forget_results(WORKSPACE, tasks[0].task_id)

    left = ports.calls.get_all(WORKSPACE, [first.as_dialed, second.as_dialed, other.as_dialed])
    assert [call.is_abridged for call in left] == [True, True, False]
    assert ports.calls.get(OTHER_WORKSPACE, first.as_dialed) == first


def test_of_a_call_whose_results_are_gone_nobody_stores_the_beginning_as_the_whole(
    ports: Ports,
) -> None:
    ports.calls.keep(WORKSPACE, LONG)
    ports.calls.forget_results(WORKSPACE, LONG.call_id.rpartition("-")[0])
    read = ports.calls.get(WORKSPACE, LONG.as_dialed)
    assert read is not None

    with pytest.raises(Stale):
        ports.calls.revise(WORKSPACE, replace(read, outcome="interested"))
    ports.calls.save(WORKSPACE, read.erased())

    assert ports.calls.get(WORKSPACE, LONG.as_dialed) == LONG.erased()


# --- The log -------------------------------------------------------------------------------------

FIRST_OF_MARCH = utc("2027-03-01T00:00")
FIRST_OF_APRIL = utc("2027-04-01T00:00")
LONG_AGO, FAR_AHEAD = utc("2026-01-01T00:00"), utc("2028-01-01T00:00")
MARCH = {"since": FIRST_OF_MARCH, "until": FIRST_OF_APRIL}


def dialled(number: int = 1, at: datetime = NOON, **changes: Any) -> Call:
    """The first call of a task."""
    return a_call(a_task(number), dialed_at=at, **changes)


def saved(ports: Ports, *calls: Call) -> None:
    for call in calls:
        ports.calls.save(WORKSPACE, call)


def logged(
    ports: Ports,
    since: datetime = LONG_AGO,
    until: datetime = FAR_AHEAD,
    *,
    workspace_id: str = WORKSPACE,
    limit: int = 99,
    **wanted: Any,
) -> list[Call]:
    """All that the log tells, page by page."""
    calls: list[Call] = []
    cursor = None
    while True:
        page = ports.calls.log(
            workspace_id,
            CallFilter(**wanted),
            since=since,
            until=until,
            cursor=cursor,
            limit=limit,
        )
        assert len(page.items) <= limit
        calls += page.items
        cursor = page.cursor
        if cursor is None:
            return calls


def test_the_log_tells_the_newest_call_first(ports: Ports) -> None:
    first, second, third = (dialled(number, NOON + number * SECOND) for number in (1, 2, 3))
    saved(ports, second, third, first)

    assert logged(ports) == [third, second, first]


def test_calls_of_one_millisecond_are_all_told(ports: Ports) -> None:
    calls = [dialled(number) for number in range(5)]
    saved(ports, *calls)

    assert logged(ports, limit=2) == sorted(calls, key=lambda call: call.call_id, reverse=True)


def test_the_log_goes_on_across_the_months(ports: Ports) -> None:
    at = [
        utc("2026-11-30T23:59"),
        utc("2026-12-31T23:59"),
        utc("2027-01-01T00:00"),
        utc("2027-02-28T23:59"),
        utc("2027-03-01T00:00"),
        utc("2027-06-15T12:00"),
    ]
    calls = [dialled(number, one) for number, one in enumerate(at)]
    saved(ports, *calls)

    for limit in (1, 2, 5, 6, 99):
        assert logged(ports, limit=limit) == calls[::-1]


@pytest.mark.parametrize(
    ("at", "is_told"),
    [
        pytest.param(FIRST_OF_MARCH - MILLISECOND, False, id="just before since"),
        pytest.param(FIRST_OF_MARCH, True, id="at since"),
        pytest.param(FIRST_OF_APRIL - MILLISECOND, True, id="just before until"),
        pytest.param(FIRST_OF_APRIL, False, id="at until"),
    ],
)
def test_the_log_tells_from_since_on_and_before_until(
    ports: Ports, at: datetime, is_told: bool
) -> None:
    saved(ports, dialled(1, at))

    assert bool(logged(ports, FIRST_OF_MARCH, FIRST_OF_APRIL)) is is_told


@pytest.mark.parametrize(
    "until",
    [FIRST_OF_MARCH, FIRST_OF_MARCH - MILLISECOND, FIRST_OF_MARCH - timedelta(days=99)],
    ids=["no time", "a little backwards", "months backwards"],
)
def test_a_time_of_no_length_has_no_calls(ports: Ports, until: datetime) -> None:
    saved(ports, dialled(1, FIRST_OF_MARCH), dialled(2, FIRST_OF_MARCH - timedelta(days=9)))

    assert logged(ports, FIRST_OF_MARCH, until) == []


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        pytest.param({}, [5, 4, 3, 2, 1], id="all"),
        pytest.param({"outcome": "busy"}, [4, 2], id="an outcome"),
        pytest.param({"agent_id": AGENT}, [3, 2], id="an agent"),
        pytest.param({"campaign_id": CAMPAIGN}, [4, 3, 2, 1], id="a campaign"),
        pytest.param({"agent_id": AGENT, "outcome": "busy"}, [2], id="both"),
        pytest.param({"outcome": "interested"}, [], id="none"),
    ],
)
@pytest.mark.parametrize("limit", [1, 2, 99])
def test_the_log_tells_the_calls_that_are_wanted(
    ports: Ports, wanted: dict[str, Any], numbers: list[int], limit: int
) -> None:
    week = timedelta(days=7)
    elsewhere = a_task(5, campaign_id=plain_id(2, "c"))
    calls = {
        1: dialled(1, NOON, outcome="completed"),
        2: dialled(2, NOON + week, outcome="busy", agent_id=AGENT),
        3: dialled(3, NOON + 2 * week, outcome="completed", agent_id=AGENT),
        4: dialled(4, NOON + 4 * week, outcome="busy", agent_id=plain_id(2, "a")),
        5: a_call(elsewhere, dialed_at=NOON + 5 * week, outcome="completed"),
    }
    saved(ports, *calls.values())

    assert logged(ports, limit=limit, **wanted) == [calls[number] for number in numbers]


def test_more_calls_than_one_search_looks_at_take_more_pages(
    ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dynamodb_search, "STEP", 3)
    monkeypatch.setattr(dynamodb_search, "MOST_LOOKED_AT", 5)
    day = timedelta(days=1)
    calls = [dialled(number, NOON + number * day, outcome="busy") for number in range(40)]
    rare = [replace(call, outcome="interested") for call in (calls[0], calls[21], calls[22])]
    saved(ports, *calls, *rare)

    assert logged(ports, outcome="interested", limit=2) == rare[::-1]


def test_a_page_without_a_wanted_call_may_go_on(
    server: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dynamodb_search, "STEP", 2)
    monkeypatch.setattr(dynamodb_search, "MOST_LOOKED_AT", 2)
    ports = ports_in(new_table(server.client("dynamodb")))
    saved(ports, *(dialled(number, NOON + number * SECOND) for number in range(9)))

    page = ports.calls.log(WORKSPACE, CallFilter(outcome="x"), **MARCH, cursor=None, limit=9)

    assert list(page.items) == []
    assert page.cursor is not None


def test_a_page_goes_on_although_its_last_call_got_another_outcome_since(ports: Ports) -> None:
    old, new = dialled(1, outcome="busy"), dialled(2, NOON + SECOND, outcome="busy")
    saved(ports, old, new)
    wanted = CallFilter(outcome="busy")
    page = ports.calls.log(WORKSPACE, wanted, **MARCH, cursor=None, limit=1)
    assert list(page.items) == [new]
    saved(ports, replace(new, outcome="interested"))

    rest = ports.calls.log(WORKSPACE, wanted, **MARCH, cursor=page.cursor, limit=9)

    assert list(rest.items) == [old]


def test_a_call_that_ends_meanwhile_moves_no_page(ports: Ports) -> None:
    calls = [dialled(number, NOON + number * SECOND) for number in range(1, 4)]
    saved(ports, *calls)
    page = ports.calls.log(WORKSPACE, CallFilter(), **MARCH, cursor=None, limit=2)
    saved(ports, dialled(4, NOON + timedelta(hours=1)))

    rest = ports.calls.log(WORKSPACE, CallFilter(), **MARCH, cursor=page.cursor, limit=2)

    assert [*page.items, *rest.items] == calls[::-1]


def test_a_made_up_place_in_the_log_moves_no_bound(ports: Ports) -> None:
    call = dialled(1, FIRST_OF_MARCH)
    saved(ports, call, dialled(2, FIRST_OF_APRIL))
    began = time.monotonic()

    page = ports.calls.log(
        WORKSPACE, CallFilter(), **MARCH, cursor=f"{'9' * 14}.{call.call_id}", limit=9
    )

    assert page == Page([call], None)
    assert time.monotonic() - began < 2, "it walked back from the year 5138, month by month"


def test_the_log_of_a_workspace_tells_no_call_of_another(ports: Ports) -> None:
    saved(ports, dialled())

    assert logged(ports, workspace_id=OTHER_WORKSPACE) == []
