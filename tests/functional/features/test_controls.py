"""Pause, resume, archive, update: a campaign, or a single task (seed: Hooman)."""

from typing import Any

import pytest

from tests.functional.features.scene import ANA, EVA, LEO, TWICE, Scene

HOURS = {"start": "15:00", "end": "18:00"}


@pytest.fixture
def mixed(scene: Scene) -> tuple[Scene, str, dict[str, str]]:
    """A campaign with a completed task, a running one and one that waits, by what they are."""
    scene.acme.put("/workspace/limits", {"concurrency_limit": 1})
    campaign_id = scene.realtime(**TWICE)
    for phone in (EVA, ANA, LEO):
        scene.push(campaign_id, phone)
    (first,) = scene.rings()
    (second,) = scene.ends(first)
    (third,) = {EVA, ANA, LEO} - {first, second}
    return scene, campaign_id, {"completed": first, "running": second, "queued": third}


Mixed = tuple[Scene, str, dict[str, str]]


# --- A campaign ----------------------------------------------------------------------------------


def test_pause_marks_all_non_completed_non_running_tasks_as_paused(mixed: Mixed) -> None:
    scene, campaign_id, phones = mixed

    assert scene.control(campaign_id, "pause")["status"] == "paused"

    assert scene.statuses(campaign_id) == {
        phones["completed"]: "completed",
        phones["running"]: "running",
        phones["queued"]: "paused",
    }


def test_while_it_is_paused_no_call_starts_and_those_in_flight_go_on(mixed: Mixed) -> None:
    scene, campaign_id, phones = mixed
    scene.control(campaign_id, "pause")

    assert scene.ends(phones["running"], "no-answer") == []
    assert scene.after(hours=1) == [], "neither the one that waits nor the retry"
    assert scene.statuses(campaign_id)[phones["running"]] == "paused"


def test_resume_moves_all_paused_tasks_to_queued(mixed: Mixed) -> None:
    scene, campaign_id, phones = mixed
    scene.control(campaign_id, "pause")
    scene.ends(phones["running"])

    assert scene.control(campaign_id, "resume")["status"] == "running"

    assert scene.statuses(campaign_id)[phones["queued"]] == "queued"
    assert scene.rings() == [phones["queued"]]


def test_resume_resumes_individually_paused_tasks_too(scene: Scene) -> None:
    campaign_id = scene.realtime()
    task_id = scene.push(campaign_id, EVA)
    scene.push(campaign_id, ANA)
    scene.control_task(task_id, "pause")
    scene.control(campaign_id, "pause")
    assert scene.rings() == []

    scene.control(campaign_id, "resume")

    assert scene.task(task_id)["status"] == "queued"
    assert sorted(scene.rings()) == [EVA, ANA]


def test_archive_marks_all_non_completed_non_running_tasks_as_archived(mixed: Mixed) -> None:
    scene, campaign_id, phones = mixed

    assert scene.control(campaign_id, "archive")["status"] == "archived"

    assert scene.statuses(campaign_id) == {
        phones["completed"]: "completed",
        phones["running"]: "running",
        phones["queued"]: "archived",
    }


def test_archive_ends_the_campaign_permanently(mixed: Mixed) -> None:
    scene, campaign_id, phones = mixed
    scene.control(campaign_id, "archive")

    assert scene.ends(phones["running"], "no-answer") == []
    assert scene.after(days=1) == []
    for control in ("start", "pause", "resume"):
        assert scene.acme.post(f"/campaigns/{campaign_id}/{control}").status == 409
    assert scene.acme.post("/tasks", scene.acme.task(campaign_id)).status == 409
    assert scene.acme.patch(f"/campaigns/{campaign_id}", {"status": "running"}).status == 409
    assert scene.status(campaign_id) == "archived"


# --- Update: with effect on queued tasks at once -------------------------------------------------


def test_update_its_name(scene: Scene) -> None:
    campaign_id = scene.batch([EVA])

    assert scene.update(campaign_id, name="Renewals, second list")["name"] == (
        "Renewals, second list"
    )


def test_update_its_agent(scene: Scene) -> None:
    campaign_id = scene.batch([EVA])

    scene.update(campaign_id, agent_id=scene.agent(prompt="Good day."))

    assert scene.rings() == [EVA]
    assert scene.asked(EVA).prompt == "Good day."


def test_update_its_calling_number(scene: Scene) -> None:
    campaign_id = scene.batch([EVA])

    scene.update(campaign_id, caller_id=scene.number("+34910000007"))

    assert scene.rings() == [EVA]
    assert scene.asked(EVA).caller_id == "+34910000007"


def test_update_its_priority(scene: Scene) -> None:
    scene.acme.put("/workspace/limits", {"concurrency_limit": 1})
    scene.batch([EVA])
    other = scene.batch([ANA], priority="low")

    scene.update(other, priority="highest")

    assert scene.rings() == [ANA]


def test_update_its_timezone(scene: Scene) -> None:
    campaign_id = scene.batch([EVA], calling_hours=HOURS)
    assert scene.rings() == []

    scene.update(campaign_id, timezone="Asia/Kolkata")

    assert scene.rings() == [EVA], "half past five in the afternoon there"


def test_update_its_calling_hours(scene: Scene) -> None:
    campaign_id = scene.batch([EVA], calling_hours=HOURS)
    task = scene.tasks(campaign_id)[0]
    assert task["next_attempt_at"] == "2027-03-05T15:00:00.000Z"

    scene.update(campaign_id, calling_hours={"start": "13:00", "end": "18:00"})

    assert scene.task(task["id"])["next_attempt_at"] == "2027-03-05T13:00:00.000Z"
    assert scene.at("13:00") == [EVA]


def test_update_its_calling_hours_to_any_time(scene: Scene) -> None:
    campaign_id = scene.batch([EVA], calling_hours=HOURS)

    scene.update(campaign_id, calling_hours=None)

    assert scene.rings() == [EVA]


def test_update_its_start_time(scene: Scene) -> None:
    campaign_id = scene.batch([EVA], start_at="2027-03-08T09:00:00Z")

    scene.update(campaign_id, start_at="2027-03-05T12:30:00Z")

    assert scene.at("12:29") == []
    assert scene.at("12:30") == [EVA]


def test_update_its_end_time(scene: Scene) -> None:
    campaign_id = scene.batch([EVA], start_at="2027-03-05T14:00:00Z")

    scene.update(campaign_id, end_at="2027-03-05T14:00:01Z")
    assert scene.task(scene.tasks(campaign_id)[0]["id"])["effective"]["end_at"] == (
        "2027-03-05T14:00:01.000Z"
    )

    scene.product.clock.at = scene.product.clock.at.replace(hour=14, second=1)
    assert scene.rings() == []
    assert scene.statuses(campaign_id) == {EVA: "archived"}


def test_update_its_retries(scene: Scene) -> None:
    campaign_id = scene.batch([EVA])
    scene.rings()

    scene.update(campaign_id, retries=1, retry_interval_ms=60_000)
    scene.ends(EVA, "no-answer")

    assert scene.at("12:01") == [EVA]


def test_update_its_retries_to_fewer(scene: Scene) -> None:
    campaign_id = scene.batch([EVA], retries=3, retry_interval_ms=60_000)
    scene.rings()
    scene.ends(EVA, "no-answer")

    scene.update(campaign_id, retries=0)

    assert scene.at("12:01") == []
    assert scene.statuses(campaign_id) == {EVA: "completed"}


def test_update_its_retry_interval(scene: Scene) -> None:
    campaign_id = scene.batch([EVA], retries=1, retry_interval_ms=3_600_000)
    scene.rings()

    scene.update(campaign_id, retry_interval_ms=120_000)
    scene.ends(EVA, "no-answer")

    assert scene.at("12:01") == []
    assert scene.at("12:02") == [EVA]


def test_update_its_retry_conditions(scene: Scene) -> None:
    campaign_id = scene.batch([EVA], retries=1, retry_interval_ms=60_000)
    scene.rings()

    scene.update(campaign_id, retry_outcomes=["voicemail"])
    scene.ends(EVA, "voicemail")

    assert scene.at("12:01") == [EVA]


def test_update_its_concurrency(scene: Scene) -> None:
    campaign_id = scene.batch([EVA, ANA, LEO], concurrency_limit=1)
    assert len(scene.rings()) == 1

    scene.update(campaign_id, concurrency_limit=3)

    assert len(scene.rings()) == 2


def test_update_its_prompt(scene: Scene) -> None:
    campaign_id = scene.batch([EVA])

    scene.update(campaign_id, prompt="Mention the offer of March.")

    assert scene.rings() == [EVA]
    assert scene.asked(EVA).prompt == "Say hello to Contact 1.\n\nMention the offer of March."


def test_update_whether_callbacks_come_outside_hours(scene: Scene) -> None:
    campaign_id = scene.batch([EVA], calling_hours={"start": "10:00", "end": "13:00"}, **TWICE)
    scene.rings()
    scene.ends_with(EVA, outcome="busy_callback", callback_at="2027-03-05T14:00:00Z")

    scene.update(campaign_id, callbacks_outside_hours=True)

    assert scene.at("14:00") == [EVA]


def test_update_leaves_what_a_task_brought_itself(scene: Scene) -> None:
    campaign_id = scene.realtime()
    scene.push(campaign_id, start=1000, end=1800)

    scene.update(campaign_id, calling_hours=HOURS)

    assert scene.rings() == [EVA]


def test_update_does_not_move_a_retry_whose_time_has_been_set(scene: Scene) -> None:
    campaign_id = scene.batch([EVA], retries=1, retry_interval_ms=3_600_000)
    scene.rings()
    scene.ends(EVA, "no-answer")

    scene.update(campaign_id, retry_interval_ms=60_000)

    assert scene.at("12:01") == []
    assert scene.at("13:00") == [EVA]


@pytest.mark.parametrize("changes", [{"name": "Late"}, {"retries": 2}, {"priority": "high"}])
def test_a_completed_campaign_cannot_be_updated(scene: Scene, changes: dict[str, Any]) -> None:
    campaign_id = scene.batch([EVA])
    scene.rings()
    scene.ends(EVA)
    assert scene.status(campaign_id) == "completed"

    at_once = scene.acme.patch(f"/campaigns/{campaign_id}", changes)
    scene.after(minutes=1)
    later = scene.acme.patch(f"/campaigns/{campaign_id}", changes)

    assert (at_once.status, later.status) == (409, 409)


def test_a_campaign_whose_end_has_passed_cannot_be_updated(scene: Scene) -> None:
    campaign_id = scene.batch([EVA], start_at="2027-03-05T12:59:00Z", end_at="2027-03-05T13:00Z")
    scene.product.clock.at = scene.product.clock.at.replace(hour=13)
    later = {"end_at": "2027-03-06T13:00:00Z"}

    at_once = scene.acme.patch(f"/campaigns/{campaign_id}", later)
    scene.rings()
    after = scene.acme.patch(f"/campaigns/{campaign_id}", later)

    assert (at_once.status, after.status) == (409, 409)
    assert scene.rings() == []


def test_an_archived_campaign_cannot_be_updated(scene: Scene) -> None:
    campaign_id = scene.batch([EVA])
    scene.control(campaign_id, "archive")

    answer = scene.acme.patch(f"/campaigns/{campaign_id}", {"name": "Late"})

    assert (answer.status, answer.error["code"]) == (409, "not_allowed")


# --- A single task -------------------------------------------------------------------------------


def test_pause_a_single_task_the_others_are_called(scene: Scene) -> None:
    campaign_id = scene.realtime()
    task_id = scene.push(campaign_id, EVA)
    scene.push(campaign_id, ANA)

    scene.control_task(task_id, "pause")

    assert scene.rings() == [ANA]
    assert scene.after(days=1) == []


def test_resume_a_single_task(scene: Scene) -> None:
    task_id = scene.push(scene.realtime())
    scene.control_task(task_id, "pause")

    assert scene.control_task(task_id, "resume")["status"] == "queued"

    assert scene.rings() == [EVA]


def test_a_resumed_task_keeps_its_time(scene: Scene) -> None:
    task_id = scene.push(scene.realtime(), startAfter=scene.ms("14:00"))
    scene.control_task(task_id, "pause")
    scene.control_task(task_id, "resume")

    assert scene.at("13:59") == []
    assert scene.at("14:00") == [EVA]


def test_archive_a_single_task(scene: Scene) -> None:
    task_id = scene.push(scene.realtime())

    scene.control_task(task_id, "archive")

    assert scene.rings() == []
    for control in ("pause", "resume"):
        assert scene.acme.post(f"/tasks/{task_id}/{control}").status == 409


@pytest.mark.parametrize("control", ["pause", "archive"])
def test_a_running_task_is_left_alone(scene: Scene, control: str) -> None:
    task_id = scene.push(scene.realtime())
    scene.rings()

    answer = scene.acme.post(f"/tasks/{task_id}/{control}")

    assert (answer.status, answer.error["code"]) == (409, "not_allowed")
    assert scene.task(task_id)["status"] == "running"


def test_a_completed_task_is_left_alone(scene: Scene) -> None:
    task_id = scene.push(scene.realtime())
    scene.rings()
    scene.ends(EVA)

    for control in ("pause", "resume", "archive"):
        assert scene.acme.post(f"/tasks/{task_id}/{control}").status == 409
    assert scene.task(task_id)["status"] == "completed"
