"""What the simulated carrier writes down, and what it knows again after a restart."""

from collections.abc import Iterable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from local.carrier.calls import Call
from local.carrier.journal import Journal, JournalInUse, line_of, read_lines, replay

REQUESTED: dict[str, Any] = {"answer": "accepted", "webhook_url": "http://receiver/events"}
ENDED: dict[str, Any] = {"status": "busy", "permanent": False, "duration_ms": 0, "analysis": None}


@pytest.mark.parametrize(
    ("events", "status", "events_raised", "in_flight"),
    [
        ([], "queued", 0, False),
        (["dialled"], "ringing", 1, True),
        (["dialled", "answered"], "in_progress", 2, True),
        (["dialled", "ended"], "ended", 2, False),
        (["dialled", "answered", "ended"], "ended", 3, False),
        (["ended"], "ended", 1, False),
    ],
    ids=lambda value: "+".join(value) or "requested" if isinstance(value, list) else None,
)
def test_a_call_stands_where_its_last_line_left_it(
    events: list[str], status: str, events_raised: int, in_flight: bool
) -> None:
    history = replay([a_line("requested", **REQUESTED), *(a_line(e, **ENDED) for e in events)])

    call = history.get("sim_1")

    assert call
    assert (call.status, call.events, call.is_in_flight) == (status, events_raised, in_flight)
    assert list(history.unfinished()) == ([] if status == "ended" else [call])


def test_an_ended_call_keeps_what_was_known_of_it() -> None:
    ended: dict[str, Any] = {
        "status": "completed",
        "permanent": True,
        "duration_ms": 900,
        "analysis": {"a": 1},
        "transcript": [{"role": "agent", "text": "Hello.", "at_ms": 0}],
    }
    lines = [
        a_line("requested", **REQUESTED),
        a_line("dialled", t=1_000),
        a_line("answered", t=1_100),
        a_line("ended", t=2_000, **ended),
    ]

    call = replay(lines).get("sim_1")

    assert call
    assert call.as_json() == {
        "id": "sim_1",
        "correlation_id": "c1",
        "to": "+34600000055",
        "from": "+34910000000",
        "agent": "agent-1",
        "status": "ended",
        "outcome": "completed",
        "permanent": True,
        "duration_ms": 900,
        "started_at": 1_000,
        "answered_at": 1_100,
        "ended_at": 2_000,
        "analysis": {"a": 1},
        "transcript": [{"role": "agent", "text": "Hello.", "at_ms": 0}],
    }


def test_two_requests_with_one_correlation_id_are_two_calls() -> None:
    lines = [a_line("requested", call=call, **REQUESTED) for call in ("sim_1", "sim_2")]

    history = replay(lines)

    assert [call.call_id for call in history.correlated("c1")] == ["sim_1", "sim_2"]
    assert [call.earlier_calls for call in history.correlated("c1")] == [0, 1]
    assert history.correlated("c2") == ()


@pytest.mark.parametrize("answer", ["refused", "throttled", "error"])
def test_what_was_not_taken_is_counted_but_is_no_call(answer: str) -> None:
    history = replay([a_line("requested", call=None, answer=answer)])

    assert history.correlated("c1") == ()
    assert history.requests_by_number == {"+34600000055": 1}
    assert history.calls_by_number == {}


def test_a_hung_request_is_a_call() -> None:
    history = replay([a_line("requested", **{**REQUESTED, "answer": "hung"})])

    assert len(history.correlated("c1")) == 1


def test_a_request_turned_away_without_a_number_is_passed_over() -> None:
    history = replay([a_line("requested", call=None, to=None, answer="refused")])

    assert history.requests_by_number == {}


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "journal.jsonl"
    with Journal(path, now=count(1_000).__next__) as journal:
        journal.write("requested", line_of(a_call()), **REQUESTED)
        journal.write("dialled", line_of(a_call()))

        assert list(read_lines(path)) == [
            a_line("requested", t=1_000, **REQUESTED),
            a_line("dialled", t=1_001),
        ]


def test_a_line_torn_by_a_crash_is_passed_over_and_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_text('{"t":1,"event":"dialled"}\n{"t":2,"eve')

    with Journal(path, now=lambda: 3) as journal:
        journal.write("dialled", {})

    assert [line["t"] for line in read_lines(path)] == [1, 3]


def test_a_journal_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert list(read_lines(tmp_path / "none.jsonl")) == []


def test_a_journal_has_one_writer(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"

    with (
        Journal(path, now=lambda: 1),
        pytest.raises(JournalInUse, match="journal"),
        Journal(path, now=lambda: 1),
    ):
        pass


def test_only_what_is_known_of_the_crash_counts_as_unfinished() -> None:
    lines: Iterable[dict[str, Any]] = [
        a_line("requested", call="sim_1", **REQUESTED),
        a_line("requested", call="sim_2", **REQUESTED),
        a_line("dialled", call="sim_1"),
        a_line("dialled", call="sim_2"),
        a_line("ended", call="sim_1", **ENDED),
        a_line("webhook", call="sim_1", type="ended"),
    ]

    assert [call.call_id for call in replay(lines).unfinished()] == ["sim_2"]


def a_line(event: str, *, t: int = 1_000, **fields: Any) -> dict[str, Any]:
    return {"t": t, "event": event, **line_of(a_call()), **fields}


def a_call() -> Call:
    return Call(
        call_id="sim_1",
        correlation_id="c1",
        to="+34600000055",
        caller_id="+34910000000",
        agent="agent-1",
        webhook_url="http://receiver/events",
        earlier_calls=0,
    )
