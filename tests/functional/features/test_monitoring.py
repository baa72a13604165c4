"""What can be seen of campaigns, tasks and calls (seed: Hooman, campaign monitoring)."""

from datetime import timedelta
from typing import Any

import pytest

from tests.functional.features.scene import ANA, EVA, LEO, TOM, TWICE, Scene
from tests.functional.product import CALLER_ID

# --- The tasks of a campaign ---------------------------------------------------------------------


@pytest.fixture
def four(scene: Scene) -> tuple[Scene, str]:
    """A campaign of four: one reached, one to be tried again, one that rings, one that waits."""
    campaign_id = scene.realtime(concurrency_limit=3, **TWICE)
    for phone, minute in ((EVA, 0), (ANA, 1), (LEO, 2), (TOM, 30)):
        scene.push(campaign_id, phone, startAfter=scene.ms(f"12:{minute:02}"))
    scene.rings()
    scene.ends(EVA)
    scene.at("12:01")
    scene.ends(ANA, "busy")
    assert scene.at("12:02") == [LEO]
    return scene, campaign_id


Four = tuple[Scene, str]


def phones(scene: Scene, campaign_id: str, query: str) -> list[str]:
    return sorted(one["phone"] for one in scene.tasks(campaign_id, query))


def test_every_row_of_a_csv_is_a_task_that_is_listed(scene: Scene) -> None:
    campaign_id = scene.batch([EVA, ANA, LEO])

    assert phones(scene, campaign_id, "") == [EVA, ANA, LEO]


def test_every_pushed_task_is_listed(four: Four) -> None:
    assert phones(*four, "") == [EVA, ANA, LEO, TOM]


@pytest.mark.parametrize(
    ("status", "found"),
    [
        ("completed", [EVA]),
        ("running", [LEO]),
        ("queued", [ANA, TOM]),
        ("paused", []),
        ("archived", []),
    ],
)
def test_tasks_are_filtered_by_status(four: Four, status: str, found: list[str]) -> None:
    assert phones(*four, f"?status={status}") == found


def test_the_status_that_is_filtered_by_is_the_one_that_is_shown(four: Four) -> None:
    scene, campaign_id = four
    scene.control(campaign_id, "pause")

    assert phones(scene, campaign_id, "?status=paused") == [ANA, TOM]
    assert phones(scene, campaign_id, "?status=queued") == []


@pytest.mark.parametrize(
    ("outcome", "found"), [("completed", [EVA]), ("busy", [ANA]), ("no_answer", [])]
)
def test_tasks_are_filtered_by_outcome(four: Four, outcome: str, found: list[str]) -> None:
    assert phones(*four, f"?outcome={outcome}") == found


def test_tasks_are_filtered_by_phone(four: Four) -> None:
    assert phones(*four, f"?phone=%2B{ANA[1:]}") == [ANA]
    assert phones(*four, "?phone=%2B34600000099") == []


@pytest.mark.parametrize(("count", "found"), [(0, [TOM]), (1, [EVA, ANA, LEO]), (2, [])])
def test_tasks_are_filtered_by_attempt_count(four: Four, count: int, found: list[str]) -> None:
    assert phones(*four, f"?attempts={count}") == found


def test_filters_work_together(four: Four) -> None:
    assert phones(*four, "?status=queued&attempts=1") == [ANA]


def test_tasks_are_paged_by_cursor(four: Four) -> None:
    scene, campaign_id = four
    path = f"/campaigns/{campaign_id}/tasks?limit=3"

    first = scene.acme.shown(path)
    second = scene.acme.shown(f"{path}&cursor={first['next_cursor']}")

    assert (len(first["tasks"]), len(second["tasks"])) == (3, 1)
    assert sorted(one["phone"] for one in first["tasks"] + second["tasks"]) == [EVA, ANA, LEO, TOM]
    assert second["next_cursor"] is None


# --- A task --------------------------------------------------------------------------------------


def test_a_task_shows_what_was_submitted_by_api(scene: Scene) -> None:
    own: dict[str, Any] = {
        "start": 900,
        "end": 1330,
        "priorities": [7, 6],
        "retries": 2,
        "intervals": [90_000],
        "retryOutcomes": ["voicemail"],
        "context": {"name": "Eva", "orderId": "A-17"},
    }

    task_id = scene.push(scene.realtime(), **own)

    assert scene.task(task_id)["submitted"] == {
        "phone": EVA,
        "from": None,
        "agent": None,
        "start": "09:00",
        "end": "13:30",
        "timezone": "UTC",
        "start_after": None,
        "end_after": None,
        "priorities": [7, 6],
        "retries": 2,
        "intervals": [90_000],
        "retry_outcomes": ["voicemail"],
        "context": {"name": "Eva", "orderId": "A-17"},
    }


def test_a_task_shows_what_was_submitted_by_csv(scene: Scene) -> None:
    campaign_id = scene.batch()
    scene.upload(campaign_id, f"phone,name,orderId\n{EVA},Eva,A-17\n")

    submitted = scene.task(scene.tasks(campaign_id)[0]["id"])["submitted"]

    assert submitted["phone"] == EVA
    assert submitted["context"] == {"name": "Eva", "orderId": "A-17"}
    brought = {name for name, value in submitted.items() if value is not None}
    assert brought == {"phone", "context"}


def test_a_task_shows_its_effective_configuration(scene: Scene) -> None:
    hours = {"start": "10:00", "end": "20:00"}
    campaign_id = scene.realtime(
        priority="high", calling_hours=hours, end_at="2027-04-01T00:00:00Z", **TWICE
    )

    effective = scene.task(scene.push(campaign_id, intervals=[90_000]))["effective"]

    assert (effective["agent_id"], effective["caller_id"]) == (scene.acme.agent_id, CALLER_ID)
    assert (effective["max_attempts"], effective["retry_intervals_ms"]) == (2, [90_000])
    assert effective["priorities"] == [200, 199]
    assert effective["calling_hours"]["end"] == "20:00"
    assert effective["end_at"] == "2027-04-01T00:00:00.000Z"


def test_the_effective_configuration_follows_the_campaigns(scene: Scene) -> None:
    campaign_id = scene.batch([EVA])
    task_id = scene.tasks(campaign_id)[0]["id"]

    scene.update(campaign_id, retries=2, retry_interval_ms=5_000, priority="low")

    shown = scene.task(task_id)
    assert shown["effective"]["retry_intervals_ms"] == [5_000, 5_000]
    assert shown["effective"]["priorities"] == [50, 49, 48]
    assert shown["submitted"]["retries"] is None


def test_a_task_shows_the_time_of_its_next_attempt(scene: Scene) -> None:
    task_id = scene.push(scene.realtime(), startAfter=scene.ms("15:00"))

    assert scene.task(task_id)["next_attempt_at"] == "2027-03-05T15:00:00.000Z"
    scene.at("15:00")
    assert scene.task(task_id)["next_attempt_at"] is None, "it is being called"


# --- Why it is not calling now -------------------------------------------------------------------


def why(scene: Scene, task_id: str) -> str:
    return str(scene.task(task_id)["waiting_for"])


def test_it_waits_because_it_was_paused(scene: Scene) -> None:
    task_id = scene.push(scene.realtime())
    scene.control_task(task_id, "pause")

    assert why(scene, task_id) == "task_paused"


def test_it_waits_because_its_campaign_was_paused(scene: Scene) -> None:
    campaign_id = scene.realtime()
    task_id = scene.push(campaign_id)
    scene.control(campaign_id, "pause")

    assert why(scene, task_id) == "campaign_paused"


def test_it_waits_because_its_campaign_was_not_started(scene: Scene) -> None:
    campaign_id = scene.draft([EVA])

    assert why(scene, scene.tasks(campaign_id)[0]["id"]) == "campaign_draft"


def test_it_waits_for_its_start_time(scene: Scene) -> None:
    task_id = scene.push(scene.realtime(), startAfter=scene.ms("15:00"))

    assert why(scene, task_id) == "start_time"


def test_it_waits_for_its_retry_interval(scene: Scene) -> None:
    task_id = scene.push(scene.realtime(**TWICE))
    scene.rings()
    scene.ends(EVA, "busy")

    assert why(scene, task_id) == "retry_interval"


def test_it_waits_for_the_time_the_contact_asked_for(scene: Scene) -> None:
    task_id = scene.push(scene.realtime(**TWICE))
    scene.rings()
    scene.ends_with(EVA, outcome="busy_callback", callback_at="2027-03-05T15:00:00Z")

    assert why(scene, task_id) == "callback_time"


def test_it_waits_for_calling_hours(scene: Scene) -> None:
    task_id = scene.push(scene.realtime(), start=1500, end=1800)

    assert why(scene, task_id) == "calling_hours"


def test_it_waits_for_nothing_as_no_attempt_is_left(scene: Scene) -> None:
    campaign_id = scene.realtime(**TWICE)
    task_id = scene.push(campaign_id)
    scene.rings()
    scene.ends(EVA, "busy")
    scene.update(campaign_id, retries=0)

    assert why(scene, task_id) == "no_attempt_left"


def test_it_waits_for_its_end_as_that_comes_before_its_hours(scene: Scene) -> None:
    task_id = scene.push(scene.realtime(), start=1500, end=1800, endAfter=scene.ms("14:00"))

    assert why(scene, task_id) == "end_time"


def test_it_waits_for_a_slot(scene: Scene) -> None:
    scene.acme.put("/workspace/limits", {"concurrency_limit": 1})
    campaign_id = scene.realtime()
    scene.push(campaign_id, EVA)
    scene.rings()

    assert why(scene, scene.push(campaign_id, ANA)) == "slot"


# --- Calls ---------------------------------------------------------------------------------------


def test_the_attempts_of_a_task_show_id_start_number_and_status(scene: Scene) -> None:
    task_id = scene.push(scene.realtime(**TWICE))
    scene.rings()
    first = scene.asked(EVA).call_id
    scene.at("12:01")
    scene.ends(EVA, "no-answer")
    scene.at("12:11")
    second = scene.asked(EVA).call_id

    calls = scene.acme.shown(f"/tasks/{task_id}/calls")["calls"]

    assert [
        (one["id"], one["dialed_at"], one["attempt"], one["status"], one["outcome"])
        for one in calls
    ] == [
        (first, "2027-03-05T12:00:00.000Z", 1, "ended", "no_answer"),
        (second, "2027-03-05T12:11:00.000Z", 2, "placed", None),
    ]


@pytest.fixture
def log(scene: Scene) -> dict[str, str]:
    """Three ended calls of two campaigns and agents, a minute apart: ids by name."""
    bea = scene.agent()
    one, other = scene.realtime(), scene.realtime(agent_id=bea)
    ids = {"one": one, "other": other, "bea": bea}
    calls = [(EVA, one, "completed"), (ANA, other, "completed"), (LEO, other, "voicemail")]
    for phone, campaign_id, status in calls:
        scene.push(campaign_id, phone)
        scene.after(minutes=1)
        scene.ends(phone, status)
    return ids


def logged(scene: Scene, query: str) -> list[str]:
    return [call["to"] for call in scene.acme.shown(f"/calls{query}")["calls"]]


@pytest.mark.usefixtures("log")
def test_the_call_log_goes_across_campaigns_newest_first(scene: Scene) -> None:
    assert logged(scene, "") == [LEO, ANA, EVA]


@pytest.mark.usefixtures("log")
def test_the_call_log_is_filtered_by_time(scene: Scene) -> None:
    assert logged(scene, "?since=2027-03-05T12:02:00Z") == [LEO, ANA]
    assert logged(scene, "?until=2027-03-05T12:02:00Z") == [EVA]
    assert logged(scene, f"?since={scene.ms('12:02')}&until={scene.ms('12:03')}") == [ANA]


def test_the_call_log_is_filtered_by_agent(scene: Scene, log: dict[str, str]) -> None:
    assert logged(scene, f"?agent_id={log['bea']}") == [LEO, ANA]
    assert logged(scene, f"?agent_id={scene.acme.agent_id}") == [EVA]


def test_the_call_log_is_filtered_by_campaign(scene: Scene, log: dict[str, str]) -> None:
    assert logged(scene, f"?campaign_id={log['one']}") == [EVA]
    assert logged(scene, f"?campaign_id={log['other']}") == [LEO, ANA]


@pytest.mark.usefixtures("log")
def test_the_call_log_is_filtered_by_outcome(scene: Scene) -> None:
    assert logged(scene, "?outcome=voicemail") == [LEO]
    assert logged(scene, "?outcome=completed") == [ANA, EVA]


@pytest.mark.usefixtures("log")
def test_the_call_log_is_paged_by_cursor(scene: Scene) -> None:
    first = scene.acme.shown("/calls?limit=2")
    second = scene.acme.shown(f"/calls?limit=2&cursor={first['next_cursor']}")

    assert [one["to"] for one in first["calls"] + second["calls"]] == [LEO, ANA, EVA]


def test_calls_that_go_on_are_listed(scene: Scene) -> None:
    scene.push(scene.realtime())
    scene.rings()

    (call,) = scene.acme.shown("/calls/current")["calls"]

    assert (call["to"], call["status"], call["outcome"]) == (EVA, "placed", None)


RECORDING = "https://recordings.example/17.mp3"
SAID = [
    {"role": "agent", "text": "Hello, Eva?", "at_ms": 0},
    {"role": "contact", "text": "Speaking.", "at_ms": 1_500},
]


@pytest.fixture
def call(scene: Scene) -> Any:
    """A conversation that has ended, as it is shown."""
    scene.push(scene.realtime())
    scene.rings()
    call_id = scene.asked(EVA).call_id
    scene.product.clock.pass_(timedelta(seconds=5))
    answered = {
        "event_id": "evt_0",
        "type": "in_progress",
        "call_id": f"sim-{call_id}",
        "correlation_id": call_id,
        "sequence": 1,
        "at": scene.ms("12:00:05"),
    }
    assert scene.product.webhook(answered).status == 200
    scene.at("12:00:35")
    scene.product.ended(
        call_id,
        recording_url=RECORDING,
        transcript=SAID,
        analysis_follows=True,
        duration_ms=30_000,
    )
    scene.product.run()
    end = {**answered, "type": "analysis", "sequence": 3}
    analysis = {"outcome": "interested", "summary": "Wants an offer.", "score": 0.9}
    scene.product.webhook({**end, "analysis": analysis})
    scene.product.run()
    return scene.acme.shown(f"/calls/{call_id}")


def test_a_call_shows_its_agent_from_and_to(scene: Scene, call: Any) -> None:
    assert (call["agent_id"], call["from"], call["to"]) == (scene.acme.agent_id, CALLER_ID, EVA)


def test_a_call_shows_its_times(call: Any) -> None:
    assert (call["dialed_at"], call["answered_at"], call["ended_at"]) == (
        "2027-03-05T12:00:00.000Z",
        "2027-03-05T12:00:05.000Z",
        "2027-03-05T12:00:35.000Z",
    )


def test_a_call_shows_its_duration(call: Any) -> None:
    assert call["duration_s"] == 30


def test_a_call_shows_its_carrier(call: Any) -> None:
    assert (call["carrier"], call["carrier_call_id"]) == ("simulated", f"sim-{call['id']}")


def test_a_call_shows_its_cost(call: Any) -> None:
    assert call["cost"] == "0.0450 USD"


def test_a_call_shows_its_recording(call: Any) -> None:
    assert call["recording_url"] == RECORDING


def test_a_call_shows_its_transcript(call: Any) -> None:
    assert [(one["role"], one["text"]) for one in call["transcript"]] == [
        ("agent", "Hello, Eva?"),
        ("contact", "Speaking."),
    ]


def test_a_call_shows_its_analysis(call: Any) -> None:
    assert (call["analysis"]["summary"], call["analysis"]["score"]) == ("Wants an offer.", 0.9)


def test_a_call_shows_its_outcome(call: Any) -> None:
    assert call["outcome"] == "interested"
