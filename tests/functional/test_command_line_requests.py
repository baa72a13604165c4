"""What commands send, and what they show of what comes back."""

import json
from typing import Any

import pytest

from tests.functional.command_line import URL, CommandLine
from tests.unit.client.script import Script, answer

CALL: dict[str, Any] = {
    **{"id": "c1", "task_id": "t1", "campaign_id": "k1", "attempt": 2, "status": "ended"},
    **{"outcome": "completed", "is_permanent": False, "reason": None, "agent_id": "a1"},
    **{"from": "+34910000000", "to": "+34600000001", "carrier": "simulated"},
    **{"carrier_call_id": "s1", "reserved_at": None, "dialed_at": "2027-03-05T12:00:00.000Z"},
    **{"answered_at": None, "ended_at": None, "duration_s": 65.0, "callback_at": None},
    **{"cost": None, "recording_url": None, "analysis": {"interested": True}},
}
TASK: dict[str, Any] = {
    **{"id": "t1", "campaign_id": "k1", "phone": "+34600000001", "status": "paused"},
    **{"next_attempt_at": None, "is_callback": False, "attempts": 1, "outcome": None},
    **{"reason": None, "context": {}, "end_at": None, "rules": None, "current_call": None},
    **{"last_call_id": None, "created_at": "2027-03-05T12:00:00.000Z"},
}
CAMPAIGN: dict[str, Any] = {
    **{"id": "k1", "name": "Renewals", "type": "batch", "status": "draft", "priority": "normal"},
    **{"timezone": "UTC", "start_at": None, "end_at": None, "concurrency_limit": None},
    **{"agent_id": "a1", "caller_id": "+34910000000", "max_attempts": 3, "version": 7},
    **{"retry_intervals_ms": [1000, 1000], "retry_outcomes": [], "priorities": [100, 99, 98]},
    "calling_hours": {
        **{"start": "10:00", "end": "20:00", "days": ["mon", "tue"], "timezone": "UTC"},
        "is_every_day": False,
    },
    "progress": {
        **{"total": 0, "queued": 0, "running": 0, "paused": 0, "completed": 0, "archived": 0},
        **{"calls": 0, "outcomes": {}},
    },
}
STALE = {
    "error": {
        **{"code": "edited_meanwhile", "message": "somebody edited it: read it again"},
        **{"param": None, "type": "conflict_error"},
    }
}


def run(script: Script, *words: str, status: int = 0) -> str:
    return CommandLine("k", script, sleep=script.slept.append).run(*words, status=status)


@pytest.mark.parametrize(
    ("options", "changes"),
    [
        pytest.param(["--name", "New"], {"name": "New"}, id="one field"),
        pytest.param(
            ["--hours", "09:00-18:00"],
            {"calling_hours": {"start": "09:00", "end": "18:00", "days": ["mon", "tue"]}},
            id="hours keep their days",
        ),
        pytest.param(
            ["--days", "fri"],
            {"calling_hours": {"start": "10:00", "end": "20:00", "days": ["fri"]}},
            id="days keep their hours",
        ),
        pytest.param(
            ["--interval", "1h"],
            {"retry_intervals_ms": [3_600_000, 3_600_000]},
            id="one pause counts for the attempts that it has",
        ),
        pytest.param(
            ["--attempts", "2", "--interval", "1h", "--priority", "low"],
            {"max_attempts": 2, "retry_intervals_ms": [3_600_000], "priority": "low"},
            id="several",
        ),
    ],
)
def test_an_update_sends_what_is_named_and_the_etag_it_read(
    options: list[str], changes: dict[str, Any]
) -> None:
    script = Script([answer(CAMPAIGN, etag='"7"'), answer(CAMPAIGN)])

    run(script, "campaign", "update", "k1", *options)

    method, url, headers, body = script.sent[1]
    assert (method, url) == ("PATCH", f"{URL}/campaigns/k1?dialect=native")
    assert headers["If-Match"] == '"7"'
    assert json.loads(body) == changes


def test_an_update_of_nothing_is_not_sent() -> None:
    script = Script([answer(CAMPAIGN, etag='"7"')])

    assert "--hours" in run(script, "campaign", "update", "k1", status=2)
    assert len(script.sent) == 1


def test_an_update_that_came_too_late_says_so() -> None:
    script = Script([answer(CAMPAIGN, etag='"7"'), answer(STALE, 412)])

    shown = run(script, "campaign", "update", "k1", "--name", "New", status=1)

    assert shown.strip() == "somebody edited it: read it again"


@pytest.mark.parametrize("action", ["pause", "resume", "archive"])
def test_a_task_is_steered_by_a_word(action: str) -> None:
    script = Script([answer(TASK)])

    assert "paused" in run(script, "task", action, "t1")
    assert script.sent[0][:2] == ("POST", f"{URL}/tasks/t1/{action}")


def test_tasks_are_asked_for_by_what_is_known_of_them() -> None:
    script = Script([answer({"tasks": [TASK], "next_cursor": None})])

    shown = run(
        *(script, "tasks", "k1", "--status", "queued", "--outcome", "busy"),
        *("--phone", "+34600000001", "--attempts", "2"),
    )

    assert "t1" in shown
    assert script.sent[0][1] == (
        f"{URL}/campaigns/k1/tasks?status=queued&outcome=busy&phone=%2B34600000001"
        "&attempts=2&limit=50"
    )


def test_a_push_has_a_key_and_waits_when_asked_to() -> None:
    throttled = answer({"error": {"message": "wait", "param": None}}, 429, retry_after="3")
    script = Script([throttled, answer({"task": TASK}, 201)])

    run(script, "task", "push", "k1", "+34600000001")

    assert [headers["Idempotency-Key"] for _, _, headers, _ in script.sent] == ["key-0", "key-0"]
    assert script.slept == [3]


def test_a_push_can_be_repeated_with_the_key_it_had() -> None:
    script = Script([answer({"task": TASK}, 201)])

    run(script, "task", "push", "k1", "+34600000001", "--idempotency-key", "mine")

    assert script.sent[0][2]["Idempotency-Key"] == "mine"


def test_a_task_says_what_it_waits_for_and_what_it_will_say() -> None:
    task = {**TASK, "waiting_for": "calling_hours", "prompt": "Say hello to Eva."}
    task |= {"submitted": {"retries": 3, "start": None}, "effective": {"max_attempts": 3}}
    script = Script([answer(task), answer({"calls": []})])

    shown = run(script, "task", "show", "t1")

    for part in ("calling_hours", "Say hello to Eva.", "submitted retries", "effective max_att"):
        assert part in shown
    assert "submitted start" not in shown, "it was not said"


def test_calls_are_asked_for_by_what_is_known_of_them() -> None:
    script = Script([answer({"calls": [CALL], "next_cursor": None})])

    shown = run(
        *(script, "calls", "--campaign", "k1", "--agent", "a1", "--outcome", "busy"),
        *("--since", "2027-03-05T10:00Z", "--until", "2027-03-06T10:00Z", "--limit", "5"),
    )

    assert "1:05" in shown
    assert script.sent[0][1] == (
        f"{URL}/calls?campaign_id=k1&agent_id=a1&outcome=busy&since=2027-03-05T10%3A00Z"
        "&until=2027-03-06T10%3A00Z&limit=5"
    )


@pytest.mark.parametrize(
    "turns",
    [
        pytest.param(
            [{"speaker": "agent", "text": "Hello?"}, {"speaker": "contact", "text": "Yes."}],
            id="by speaker",
        ),
        pytest.param(
            [{"role": "agent", "content": "Hello?"}, {"role": "contact", "message": "Yes."}],
            id="by role",
        ),
        pytest.param(["agent: Hello?", "contact: Yes."], id="as lines"),
    ],
)
def test_what_was_said_is_shown_turn_by_turn(turns: list[Any]) -> None:
    script = Script([answer({**CALL, "transcript": turns})])

    shown = run(script, "call", "show", "c1").splitlines()

    assert [line.strip() for line in shown[-2:]] == ["agent: Hello?", "contact: Yes."]
    assert any("analysis interested" in line and "yes" in line for line in shown)


def test_what_comes_from_outside_never_steers_the_terminal() -> None:
    script = Script([answer({**CALL, "transcript": "\x1b]0;owned\x07 [red]hi[/]"})])

    shown = run(script, "call", "show", "c1")

    assert "\x1b" not in shown
    assert "[red]hi[/]" in shown, "nor is it markup"
