"""The audit finds each promise that is broken, and nothing where none is."""

from typing import Any

import pytest

from chalicelibs.domain.instants import from_epoch_ms
from local.promises import Facts, Ring, Seen, cut_off, most_in_flight, rings_of, violations

CAMPAIGN = "c" * 16
URGENT = "d" * 16


def task_id(number: int, campaign: str = CAMPAIGN) -> str:
    return f"{campaign}-{number:016}"


def a_ring(number: int, start: int, end: int | None, *, claim: int = 1, **more: Any) -> Ring:
    return Ring(call_id=f"{task_id(number, **more)}-{claim}", started_ms=start, ended_ms=end)


def a_call(ring: Ring, outcome: str = "completed", **more: Any) -> dict[str, Any]:
    return {
        "id": ring.call_id,
        "outcome": outcome,
        "reserved_at": from_epoch_ms(ring.started_ms).isoformat(),
        "ended_at": "2027-03-05T10:00:00Z",
        "callback_at": None,
        "reason": None,
        **more,
    }


def seen(*rings: Ring, limit: int = 5, **more: Any) -> Seen:
    """A run in which everything was told and counted as it was."""
    calls: dict[str, list[dict[str, Any]]] = {}
    for ring in rings:
        calls.setdefault(ring.task_id, []).append(a_call(ring))
    tasks = [
        {"id": one, "campaign_id": one.partition("-")[0], "status": "completed"} for one in calls
    ]
    count = {"total": len(tasks), "completed": len(tasks), "calls": len(rings)}
    progress = {**count, "outcomes": {"completed": len(rings)} if rings else {}}
    given: dict[str, Any] = {
        "facts": Facts(concurrency_limit=limit),
        "rings": rings,
        "campaigns": [{"id": CAMPAIGN, "progress": progress}],
        "tasks": tasks,
        "calls_by_task": calls,
    }
    return Seen(**given | more)


def broken(run: Seen) -> set[str]:
    return {line[:2] for line in violations(run)}


def test_a_run_as_it_should_be_breaks_nothing() -> None:
    run = seen(a_ring(1, 0, 100), a_ring(2, 50, 90), a_ring(1, 200, 300, claim=2))

    assert violations(run) == []


def test_a_call_that_rings_twice_breaks_p1() -> None:
    assert "P1" in broken(seen(a_ring(1, 0, 10), a_ring(1, 20, 30)))


def test_two_calls_in_flight_for_one_task_break_p1() -> None:
    assert "P1" in broken(seen(a_ring(1, 0, 100), a_ring(1, 50, 150, claim=2)))


def test_a_ring_that_never_ends_stands_in_the_way_of_the_next_attempt() -> None:
    assert "P1" in broken(seen(a_ring(1, 0, None), a_ring(1, 50, 150, claim=2)))


def test_more_calls_than_the_limit_break_p2() -> None:
    run = seen(a_ring(1, 0, 100), a_ring(2, 10, 100), limit=1)

    assert broken(run) == {"P2"}


def test_a_call_that_starts_as_another_ends_does_not_count_with_it() -> None:
    assert most_in_flight([a_ring(1, 0, 100), a_ring(2, 100, 200)]) == 1


def test_a_ring_during_a_pause_breaks_p3() -> None:
    facts = Facts(concurrency_limit=5, pauses=[(1000, 9000)])

    assert broken(seen(a_ring(1, 5000, 5100), facts=facts)) == {"P3"}
    assert broken(seen(a_ring(1, 1500, 5100), facts=facts)) == set()


def test_a_ring_outside_the_calling_hours_breaks_p3() -> None:
    run = seen(a_ring(1, 5000, 5100))
    hours = {"start": "09:00", "end": "17:00", "days": ["thu"], "timezone": "Asia/Tokyo"}
    at_night = [{**run.campaigns[0], "calling_hours": {**hours, "timezone": "UTC"}}]
    by_day = [{**run.campaigns[0], "calling_hours": hours}]  # 1970 began on a Thursday, at 9

    assert broken(seen(*run.rings, campaigns=at_night)) == {"P3"}
    assert broken(seen(*run.rings, campaigns=by_day)) == set()


def test_a_ring_after_the_end_breaks_p3() -> None:
    run = seen(a_ring(1, 5000, 5100))
    over = [{**run.campaigns[0], "end_at": "1970-01-01T00:00:02.000Z"}]

    assert broken(seen(*run.rings, campaigns=over)) == {"P3"}


def test_an_ordinary_call_before_an_urgent_task_breaks_p4() -> None:
    facts = Facts(concurrency_limit=5, urgent_campaign_id=URGENT, urgent_since_ms=0)
    rings = a_ring(1, 5000, 5100), a_ring(2, 6000, 6100, campaign=URGENT)

    assert "P4" in broken(seen(*rings, facts=facts))


def test_a_call_that_was_chosen_before_the_urgent_task_came_may_ring_later() -> None:
    facts = Facts(concurrency_limit=5, urgent_campaign_id=URGENT, urgent_since_ms=4000)
    late, urgent = a_ring(1, 5000, 5100), a_ring(2, 6000, 6100, campaign=URGENT)
    chosen = a_call(late, reserved_at="1970-01-01T00:00:03.999Z")
    calls = {late.task_id: [chosen], urgent.task_id: [a_call(urgent)]}

    assert broken(seen(late, urgent, facts=facts, calls_by_task=calls)) == broken(
        seen(late, urgent)
    )


def test_a_callback_may_come_before_an_urgent_task() -> None:
    facts = Facts(concurrency_limit=5, urgent_campaign_id=URGENT, urgent_since_ms=4000)
    first, again = a_ring(1, 0, 10), a_ring(1, 5000, 5010, claim=2)
    urgent = a_ring(2, 6000, 6100, campaign=URGENT)
    asked = a_call(first, callback_at="1970-01-01T00:00:05Z")
    calls = {first.task_id: [asked, a_call(again)], urgent.task_id: [a_call(urgent)]}

    assert "P4" not in broken(seen(first, again, urgent, facts=facts, calls_by_task=calls))


def test_a_second_attempt_before_a_first_one_breaks_p4() -> None:
    run = seen(a_ring(1, 0, 10), a_ring(1, 1000, 1010, claim=2), a_ring(2, 5000, 5010))

    assert broken(run) == {"P4"}


@pytest.mark.parametrize(("all_here_ms", "found"), [(1_000, set()), (999, {"P4"})])
def test_whoever_comes_later_cannot_be_called_before_a_second_attempt(
    all_here_ms: int, found: set[str]
) -> None:
    rings = a_ring(1, 0, 10), a_ring(1, 1000, 1010, claim=2), a_ring(2, 5000, 5010)
    facts = Facts(concurrency_limit=5, all_here_ms=all_here_ms)

    assert broken(seen(*rings, facts=facts)) == found


def test_a_first_attempt_that_was_given_back_comes_when_it_can() -> None:
    run = seen(a_ring(1, 0, 10), a_ring(1, 1000, 1010, claim=2), a_ring(2, 5000, 5010, claim=2))

    assert broken(run) == set()


def test_a_callback_may_come_before_first_attempts() -> None:
    first, again, other = a_ring(1, 0, 10), a_ring(1, 1000, 1010, claim=2), a_ring(2, 5000, 5010)
    asked = a_call(first, callback_at="2027-03-05T11:00:00Z")
    calls = {task_id(1): [asked, a_call(again)], task_id(2): [a_call(other)]}

    assert broken(seen(first, again, other, calls_by_task=calls)) == set()


def test_a_task_that_is_not_final_breaks_p5() -> None:
    run = seen(a_ring(1, 0, 10))
    waiting = [{**run.tasks[0], "status": "queued"}]

    assert "P5" in broken(seen(a_ring(1, 0, 10), tasks=waiting))


def test_a_count_that_is_not_the_sum_breaks_p6() -> None:
    progress = {"total": 1, "completed": 1, "calls": 1, "outcomes": {"busy": 1}}
    campaigns = [{"id": CAMPAIGN, "progress": progress}]

    assert broken(seen(a_ring(1, 0, 10), campaigns=campaigns)) == {"P6"}


def test_a_ring_that_nobody_was_told_of_breaks_p7() -> None:
    run = seen(a_ring(1, 0, 10))

    assert "P7" in broken(
        seen(a_ring(1, 0, 10), a_ring(3, 0, 10), calls_by_task=run.calls_by_task, tasks=run.tasks)
    )


def test_a_conversation_that_never_rang_breaks_p7() -> None:
    run = seen(a_ring(1, 0, 10))

    assert "P7" in broken(seen(a_ring(1, 0, 10), rings=[], calls_by_task=run.calls_by_task))


def test_rings_are_read_from_the_journal_of_the_campaigns_asked_for() -> None:
    call, other = f"{task_id(1)}-1", f"{task_id(1, URGENT)}-1"
    journal = [
        {"event": "requested", "call": "s1", "correlation_id": call, "t": 1},
        {"event": "dialled", "call": "s1", "correlation_id": call, "t": 2},
        {"event": "dialled", "call": "s2", "correlation_id": other, "t": 3},
        {"event": "ended", "call": "s1", "correlation_id": call, "t": 9},
    ]

    assert rings_of(journal, [CAMPAIGN]) == [Ring(call_id=call, started_ms=2, ended_ms=9)]


def test_a_lost_call_need_not_have_rung() -> None:
    rang, other = a_ring(1, 0, 10), a_ring(2, 20, 30)
    run = seen(rang, other)

    def told(**more: Any) -> dict[str, Any]:
        calls = {rang.task_id: [a_call(rang)], other.task_id: [a_call(other, "failed", **more)]}
        return {"rings": [rang], "calls_by_task": calls, "campaigns": [], "tasks": run.tasks}

    assert broken(seen(**told())) == {"P7"}
    assert broken(seen(**told(reason="lost"))) == set()
    assert broken(seen(**told(), cut_off=frozenset({other.call_id}))) == set()


def test_a_call_is_cut_off_that_ended_before_it_was_dialled() -> None:
    journal: list[dict[str, Any]] = [
        {"event": "requested", "call": None, "correlation_id": "a"},
        {"event": "dialled", "call": "1", "correlation_id": "b"},
        {"event": "ended", "call": "1", "correlation_id": "b"},
        {"event": "ended", "call": "2", "correlation_id": "c"},
    ]

    assert cut_off(journal) == {"c"}
