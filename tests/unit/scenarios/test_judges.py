"""Each judge of a scenario finds what it is there for, and nothing in a run as it should be."""

from collections.abc import Iterable
from typing import Any

import pytest

from chalicelibs.domain.instants import from_epoch_ms
from local.promises import Ring
from tests.scenarios import judges

SECOND = 1000


def a_ring(task: int, start: int, end: int | None = None, *, claim: int = 1) -> Ring:
    ended_ms = start + 500 if end is None else end
    return Ring(call_id=f"camp-t{task}-{claim}", started_ms=start, ended_ms=ended_ms)


def a_task(number: int, status: str = "completed", **more: Any) -> dict[str, Any]:
    return {"id": f"camp-t{number}", "status": status, "attempts": 0, **more}


def a_call(number: int, *, dialed: int | None, ended: int | None = None) -> dict[str, Any]:
    return {
        "id": f"camp-t{number}-1",
        "reserved_at": text(0 if dialed is None else dialed),
        "dialed_at": None if dialed is None else text(dialed),
        "ended_at": None if ended is None else text(ended),
    }


def text(instant_ms: int) -> str:
    return from_epoch_ms(instant_ms).isoformat()


def progress(**counts: int) -> dict[str, Any]:
    statuses = dict.fromkeys(judges.STATUSES, 0) | counts
    calls = statuses["completed"]
    outcomes = {"completed": calls} if calls else {}
    return {"total": sum(statuses.values()), "calls": calls, "outcomes": outcomes, **statuses}


def count(lines: Iterable[str]) -> int:
    return len(list(lines))


def test_a_contact_that_is_settled_was_called() -> None:
    rings = [a_ring(1, 0)]

    assert count(judges.settled_without_a_call([a_task(1), a_task(2, "queued")], rings)) == 0
    assert count(judges.settled_without_a_call([a_task(2)], rings)) == 1


def test_a_contact_that_was_not_called_waits() -> None:
    tasks = [a_task(1), a_task(2, "queued"), a_task(3, "paused")]

    assert count(judges.neither_called_nor_waiting(tasks, [a_ring(1, 0)])) == 0
    assert count(judges.neither_called_nor_waiting([a_task(4, "running")], [])) == 1


def test_contacts_are_not_lost() -> None:
    assert count(judges.lost([a_task(1)], 1)) == 0
    assert count(judges.lost([a_task(1)], 2)) == 1


@pytest.mark.parametrize(
    ("starts", "wrong"),
    [
        pytest.param([500, 1500, 2500], 0, id="one a second"),
        pytest.param([1950, 2020, 3100], 0, id="one left its second late"),
        pytest.param([2100, 2200, 2300], 1, id="three at once"),
        pytest.param([2000 + 100 * number for number in range(10)], 8, id="all at once"),
    ],
)
def test_calls_start_as_often_as_allowed(starts: list[int], wrong: int) -> None:
    assert count(judges.too_fast(starts, per_second=1)) == wrong


def test_calls_start_as_often_as_they_could() -> None:
    assert count(judges.too_slow(150, 150, 0.8)) == 0
    assert count(judges.too_slow(38, 150, 0.8)) == 1


def test_the_rate_rises_with_the_limit() -> None:
    assert count(judges.slower_when_allowed_more(1.0, 20.0)) == 0
    assert count(judges.slower_when_allowed_more(1.0, 0.25)) == 1


def test_more_workers_do_not_lower_the_rate() -> None:
    assert count(judges.slower_with_more("workers", 20.0, 19.0)) == 0
    assert count(judges.slower_with_more("workers", 35.9, 23.4)) == 1


def test_what_a_crash_interrupted_is_taken_up_in_time() -> None:
    when = {"killed_ms": 10 * SECOND, "back_ms": 12 * SECOND, "within_ms": 5 * SECOND}

    in_time = a_call(1, dialed=9 * SECOND, ended=16 * SECOND)
    later = a_call(2, dialed=15 * SECOND, ended=60 * SECOND)
    stuck = a_call(3, dialed=9 * SECOND)
    slow = a_call(4, dialed=9 * SECOND, ended=18 * SECOND)

    assert count(judges.recovered_late([in_time, later], **when)) == 0
    assert count(judges.recovered_late([stuck, slow], **when)) == 2


def test_nobody_is_dialled_after_a_pause_but_by_who_had_passed_the_gate() -> None:
    paused = 10 * SECOND
    calls = [a_call(1, dialed=9 * SECOND), a_call(2, dialed=12 * SECOND)]
    before = {"correlation_id": "camp-t1-1", "t": 9 * SECOND}
    passed = {"correlation_id": "camp-t1-1", "t": 11 * SECOND}
    not_passed = {"correlation_id": "camp-t2-1", "t": 12 * SECOND}
    untold = {"correlation_id": "camp-t3-1", "t": 12 * SECOND}

    assert count(judges.dialled_after(paused, [before, passed], calls)) == 0
    assert count(judges.dialled_after(paused, [not_passed, untold], calls)) == 2


def test_tasks_of_a_paused_campaign_read_as_paused() -> None:
    assert count(judges.not_paused([a_task(1), a_task(2, "paused")])) == 0
    assert count(judges.not_paused([a_task(1, "queued")])) == 1


def test_nobody_is_rung_when_the_window_is_closed() -> None:
    opens, closes = 10 * SECOND, 20 * SECOND
    rings = [a_ring(1, opens), a_ring(2, closes - 1)]

    assert count(judges.late(rings, closes_ms=closes)) == 0
    assert count(judges.early(rings, opens_ms=opens)) == 0
    assert count(judges.late([a_ring(3, closes + SECOND)], closes_ms=closes)) == 1
    assert count(judges.early([a_ring(4, opens - 1)], opens_ms=opens)) == 1


def test_waiting_tasks_tell_the_next_opening() -> None:
    told: dict[str, Any] = {"next_attempt_at": text(5000), "waiting_for": "calling_hours"}
    wrong: list[dict[str, Any]] = [
        told | {"next_attempt_at": text(6000)},
        told | {"next_attempt_at": None},
        told | {"waiting_for": "slot"},
    ]

    assert count(judges.untold_opening([a_task(1, "queued", **told)], reopens_ms=5000)) == 0
    tasks = [a_task(number, "queued", **one) for number, one in enumerate(wrong)]
    assert count(judges.untold_opening(tasks, reopens_ms=5000)) == 3


def test_an_attempt_is_spent_by_a_ring_alone() -> None:
    tasks = [a_task(1, attempts=1), a_task(2, "queued")]

    assert count(judges.attempts_spent_in_vain(tasks, [a_ring(1, 0)])) == 0
    assert count(judges.attempts_spent_in_vain([a_task(3, attempts=1)], [])) == 1


def test_a_retry_comes_once_and_one_interval_after_the_end() -> None:
    def wrong(*rings: Ring) -> int:
        judged = judges.retried_wrongly(rings, [a_task(1)], interval_ms=3000, late_ms=1000)
        return count(judged)

    first, second = a_ring(1, 0, 500), a_ring(1, 3600, 4000, claim=2)

    assert wrong(first, second) == 0
    assert wrong() == 1
    assert wrong(first) == 1
    assert wrong(first, second, a_ring(1, 8000, claim=3)) == 1
    assert wrong(first, a_ring(1, 3400, claim=2)) == 1
    assert wrong(first, a_ring(1, 4600, claim=2)) == 1


def test_progress_adds_up_at_every_read() -> None:
    good = progress(queued=3, completed=2)

    assert count(judges.does_not_add_up(good)) == 0
    assert count(judges.does_not_add_up(good | {"total": 500})) == 1
    assert count(judges.does_not_add_up(good | {"calls": 3})) == 1


def test_what_is_counted_never_falls() -> None:
    rising = [progress(queued=5), progress(queued=4, completed=1)]

    assert count(judges.fell(rising)) == 0
    assert count(judges.fell(rising[::-1])) == 2


def test_progress_lies_between_the_sums_before_and_after_it() -> None:
    before = [a_task(1), a_task(2, "queued"), a_task(3, "running")]
    after = [a_task(1), a_task(2), a_task(3, "running")]

    for completed in (1, 2):
        assert count(judges.not_between(before, progress(completed=completed), after)) == 0
    for completed in (0, 3):
        assert count(judges.not_between(before, progress(completed=completed), after)) == 1


def test_at_rest_progress_is_the_sum_of_the_tasks_and_of_what_rang() -> None:
    tasks, rings = [a_task(1), a_task(2, "paused")], [a_ring(1, 0)]

    assert count(judges.miscounted(progress(completed=1, paused=1), tasks, rings)) == 0
    assert count(judges.miscounted(progress(completed=2), tasks, rings)) == 3
