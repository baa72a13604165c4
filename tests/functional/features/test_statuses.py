"""The statuses of campaigns and tasks, as the seed defines them (seed: Hooman)."""

from collections import Counter

import pytest

from tests.functional.features.scene import ANA, EVA, LEO, TWICE, Scene

END = "2027-03-05T13:00:00Z"
TASK_STATUSES = ["queued", "running", "paused", "completed", "archived"]


# --- Campaigns -----------------------------------------------------------------------------------


def test_draft_it_was_not_started(scene: Scene) -> None:
    campaign_id = scene.draft([EVA])

    assert scene.status(campaign_id) == "draft"
    assert scene.rings() == []


def test_scheduled_it_waits_for_its_start_time_all_tasks_in_queue(scene: Scene) -> None:
    batch = scene.batch([EVA, ANA], start_at="2027-03-05T15:00:00Z")
    realtime = scene.realtime(start_at="2027-03-05T15:00:00Z")
    scene.push(realtime, LEO)

    assert scene.rings() == []

    assert [scene.status(one) for one in (batch, realtime)] == ["scheduled", "scheduled"]
    assert set(scene.statuses(batch).values()) == {"queued"}


def test_scheduled_until_a_first_task_of_a_batch_has_started(scene: Scene) -> None:
    campaign_id = scene.batch([EVA])
    assert scene.status(campaign_id) == "scheduled"

    scene.rings()

    assert scene.status(campaign_id) == "running"


def test_running_at_least_one_task_was_started(scene: Scene) -> None:
    scene.acme.put("/workspace/limits", {"concurrency_limit": 1})
    campaign_id = scene.batch([EVA, ANA], retries=1, retry_interval_ms=600_000)
    (first,) = scene.rings()
    assert scene.status(campaign_id) == "running"

    (second,) = scene.ends(first, "no-answer")
    scene.ends(second, "no-answer")

    assert set(scene.statuses(campaign_id).values()) == {"queued"}
    assert scene.status(campaign_id) == "running", "nobody is called now, but the retries come"


def test_running_a_realtime_campaign_takes_tasks_from_its_start_on(scene: Scene) -> None:
    campaign_id = scene.realtime(start_at="2027-03-05T15:00:00Z")

    scene.at("15:00")

    assert scene.status(campaign_id) == "running"


def test_paused_by_hand_at_least_one_task_is_paused(scene: Scene) -> None:
    campaign_id = scene.batch([EVA, ANA], start_at="2027-03-05T15:00:00Z")

    scene.control(campaign_id, "pause")

    assert scene.status(campaign_id) == "paused"
    assert set(scene.statuses(campaign_id).values()) == {"paused"}


def test_paused_it_stays_while_its_last_calls_end(scene: Scene) -> None:
    scene.acme.put("/workspace/limits", {"concurrency_limit": 1})
    campaign_id = scene.batch([EVA, ANA])
    (first,) = scene.rings()
    scene.control(campaign_id, "pause")

    scene.ends(first)

    assert scene.status(campaign_id) == "paused"
    assert sorted(scene.statuses(campaign_id).values()) == ["completed", "paused"]


def test_completed_all_tasks_are_completed(scene: Scene) -> None:
    campaign_id = scene.batch([EVA, ANA])
    scene.rings()
    scene.ends(EVA)
    assert scene.status(campaign_id) == "running"

    scene.ends(ANA, "voicemail")

    assert scene.status(campaign_id) == "completed"
    scene.after(minutes=1)
    assert scene.status(campaign_id) == "completed"


def test_completed_at_once_although_its_last_task_ran_out_while_it_was_paused(
    scene: Scene,
) -> None:
    campaign_id = scene.batch([EVA])
    scene.rings()
    scene.control(campaign_id, "pause")

    scene.ends(EVA)

    assert scene.status(campaign_id) == "completed", "there is no task that could be paused"


def test_completed_its_tasks_were_archived_due_to_its_end_time(scene: Scene) -> None:
    batch = scene.batch([EVA, ANA], start_at="2027-03-05T12:59:00Z", end_at=END)
    realtime = scene.realtime(end_at=END)
    scene.push(realtime, LEO, startAfter=scene.ms("12:59"))

    scene.product.clock.at = scene.product.clock.at.replace(hour=13)

    assert [scene.status(one) for one in (batch, realtime)] == ["completed", "completed"]
    assert scene.statuses(batch) == {EVA: "archived", ANA: "archived"}
    assert scene.statuses(realtime) == {LEO: "archived"}
    assert scene.rings() == []


def test_completed_only_when_the_call_that_outlasts_its_end_has_ended(scene: Scene) -> None:
    campaign_id = scene.batch([EVA], end_at=END)
    scene.at("12:59")

    scene.product.clock.at = scene.product.clock.at.replace(hour=13, minute=0)
    assert scene.status(campaign_id) == "running"
    scene.rings()
    assert scene.status(campaign_id) == "running", "once more, when the schedule has seen it"
    scene.ends(EVA)

    assert scene.status(campaign_id) == "completed"
    assert scene.statuses(campaign_id) == {EVA: "completed"}


def test_archived_by_hand(scene: Scene) -> None:
    campaign_id = scene.batch([EVA])

    scene.control(campaign_id, "archive")

    assert scene.status(campaign_id) == "archived"


def test_the_counts_of_a_campaign_are_those_of_its_tasks(scene: Scene) -> None:
    scene.acme.put("/workspace/limits", {"concurrency_limit": 2})
    campaign_id = scene.realtime()
    tasks = {phone: scene.push(campaign_id, phone) for phone in (EVA, ANA, LEO)}
    first, second = scene.rings()
    (waiting,) = tasks.keys() - {first, second}
    scene.control_task(tasks[waiting], "pause")
    scene.ends(first)

    progress = scene.acme.shown(f"/campaigns/{campaign_id}")["progress"]

    counts = {"queued": 0, "running": 1, "paused": 1, "completed": 1, "archived": 0, "total": 3}
    assert {name: progress[name] for name in counts} == counts
    assert (progress["calls"], progress["outcomes"]) == (1, {"completed": 1})


@pytest.mark.parametrize("control", [None, "pause", "archive"])
def test_the_counts_of_a_campaign_with_a_call_beyond_its_end_are_those_of_its_tasks(
    scene: Scene, control: str | None
) -> None:
    scene.acme.put("/workspace/limits", {"concurrency_limit": 1})
    campaign_id = scene.batch([EVA, ANA, LEO], end_at=END)
    scene.at("12:59")
    if control is not None:
        scene.control(campaign_id, control)

    scene.product.clock.at = scene.product.clock.at.replace(hour=13, minute=0)

    progress = scene.acme.shown(f"/campaigns/{campaign_id}")["progress"]
    read = Counter(scene.statuses(campaign_id).values())
    assert read == {"running": 1, "archived": 2}
    assert {name: progress[name] for name in TASK_STATUSES} == {
        name: read[name] for name in TASK_STATUSES
    }


# --- Tasks ---------------------------------------------------------------------------------------


def test_a_task_is_queued_while_it_waits_for_its_scheduled_time(scene: Scene) -> None:
    task_id = scene.push(scene.realtime(), startAfter=scene.ms("15:00"))

    assert scene.task(task_id)["status"] == "queued"


def test_a_task_is_queued_between_its_attempts(scene: Scene) -> None:
    task_id = scene.push(scene.realtime(**TWICE))
    scene.rings()

    scene.ends(EVA, "no-answer")

    assert scene.task(task_id)["status"] == "queued"


def test_a_task_is_running_while_a_call_attempt_is_being_made(scene: Scene) -> None:
    task_id = scene.push(scene.realtime())

    scene.rings()

    shown = scene.task(task_id)
    assert shown["status"] == "running"
    assert shown["current_call"]["id"] == scene.asked(EVA).call_id


def test_a_task_is_completed_when_it_finished_successfully(scene: Scene) -> None:
    task_id = scene.push(scene.realtime(**TWICE))
    scene.rings()

    scene.ends(EVA)

    shown = scene.task(task_id)
    assert (shown["status"], shown["outcome"], shown["attempts"]) == ("completed", "completed", 1)


def test_a_task_is_completed_after_all_retries(scene: Scene) -> None:
    task_id = scene.push(scene.realtime(**TWICE))
    scene.rings()
    scene.ends(EVA, "no-answer")
    scene.at("12:10")

    scene.ends(EVA, "no-answer")

    shown = scene.task(task_id)
    assert (shown["status"], shown["outcome"], shown["attempts"]) == ("completed", "no_answer", 2)


def test_a_task_is_paused_when_it_was_paused_manually(scene: Scene) -> None:
    task_id = scene.push(scene.realtime())

    assert scene.control_task(task_id, "pause")["status"] == "paused"
    assert scene.task(task_id)["status"] == "paused"


def test_a_task_is_archived_when_it_was_archived_manually(scene: Scene) -> None:
    task_id = scene.push(scene.realtime())

    assert scene.control_task(task_id, "archive")["status"] == "archived"
    assert scene.rings() == []


def test_a_task_is_archived_when_its_campaigns_end_time_is_crossed(scene: Scene) -> None:
    task_id = scene.push(scene.realtime(end_at=END), startAfter=scene.ms("12:59"))

    scene.product.clock.at = scene.product.clock.at.replace(hour=13)

    assert scene.task(task_id)["status"] == "archived"


def test_a_task_is_archived_when_its_own_end_time_is_crossed(scene: Scene) -> None:
    task_id = scene.push(
        scene.realtime(), startAfter=scene.ms("12:59"), endAfter=scene.ms("13:00")
    )

    scene.product.clock.at = scene.product.clock.at.replace(hour=13)

    assert scene.task(task_id)["status"] == "archived"
    assert scene.rings() == []
