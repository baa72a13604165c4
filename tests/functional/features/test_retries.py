"""When a task is tried again, and when it is not (seed: Hooman, follow-up settings)."""

import pytest

from chalicelibs.ports.carriers import Refused
from tests.functional.features.scene import EVA, TWICE, Scene


def test_no_answer_is_always_retried(scene: Scene) -> None:
    assert is_retried(scene, "no-answer")


def test_busy_is_always_retried(scene: Scene) -> None:
    assert is_retried(scene, "busy")


def test_failed_is_always_retried(scene: Scene) -> None:
    assert is_retried(scene, "failed")


def test_init_failed_is_always_retried(scene: Scene) -> None:
    scene.product.carrier.answers.append(Refused("no_route"))
    task_id = scene.push(scene.realtime(**TWICE))

    assert scene.rings() == [EVA]
    assert scene.task(task_id)["outcome"] == "init_failed"
    assert scene.at("12:10") == [EVA]


def test_busy_callback_is_retried_by_itself_when_the_agent_uses_it(scene: Scene) -> None:
    scene.push(scene.realtime(**TWICE))
    scene.rings()

    scene.ends_with(EVA, outcome="busy_callback")

    assert scene.at("12:09") == []
    assert scene.at("12:10") == [EVA]


def test_busy_callback_is_not_retried_when_the_agent_does_not_use_it(scene: Scene) -> None:
    agent = scene.agent(offers_callbacks=False)
    scene.push(scene.realtime(agent_id=agent, **TWICE))
    scene.rings()

    scene.ends_with(EVA, outcome="busy_callback", callback_at="2027-03-05T13:00:00Z")

    assert scene.after(days=1) == []


def test_voicemail_is_retried_only_when_chosen(scene: Scene) -> None:
    assert not is_retried(scene, "voicemail")
    assert is_retried(scene, "voicemail", chosen=["voicemail"])


def test_no_response_is_retried_only_when_chosen(scene: Scene) -> None:
    assert not is_retried(scene, "no-response")
    assert is_retried(scene, "no-response", chosen=["no_response"])


@pytest.mark.parametrize("chosen", [[], ["undecided"], ["voicemail", "undecided"]])
def test_a_custom_outcome_is_retried_only_when_chosen(scene: Scene, chosen: list[str]) -> None:
    agent = scene.agent(custom_outcomes=["undecided", "interested"])
    scene.push(scene.realtime(agent_id=agent, retry_outcomes=chosen, **TWICE))
    scene.rings()

    scene.ends_with(EVA, outcome="undecided")

    assert scene.at("12:10") == ([EVA] if "undecided" in chosen else [])


def test_another_custom_outcome_than_the_chosen_one_is_not_retried(scene: Scene) -> None:
    agent = scene.agent(custom_outcomes=["undecided", "interested"])
    scene.push(scene.realtime(agent_id=agent, retry_outcomes=["undecided"], **TWICE))
    scene.rings()

    scene.ends_with(EVA, outcome="interested")

    assert scene.after(days=1) == []


def test_a_conversation_is_not_retried(scene: Scene) -> None:
    assert not is_retried(scene, "completed")


def test_no_answer_may_be_written_with_a_hyphen(scene: Scene) -> None:
    campaign_id = scene.realtime(**TWICE, retry_outcomes=["no-answer", "no-response"])

    shown = scene.acme.shown(f"/campaigns/{campaign_id}")

    assert shown["retry_outcomes"] == ["no_answer", "no_response"]


def test_an_outcome_that_the_agent_does_not_know_is_refused_by_name(scene: Scene) -> None:
    body = scene.acme.realtime(**TWICE, retry_outcomes=["undecided"])

    answer = scene.acme.post("/campaigns", body)

    assert (answer.status, answer.error["param"]) == (422, "retry_outcomes")
    assert "undecided" in answer.error["message"]


# --- When ----------------------------------------------------------------------------------------


def test_the_next_attempt_comes_an_interval_after_the_end_of_the_last(scene: Scene) -> None:
    task_id = scene.push(scene.realtime(**TWICE))
    scene.rings()

    scene.at("12:14")
    scene.ends(EVA, "busy")

    assert scene.task(task_id)["next_attempt_at"] == "2027-03-05T12:24:00.000Z"
    assert scene.at("12:23") == []
    assert scene.at("12:24") == [EVA]


def test_a_retry_outside_calling_hours_waits_for_the_next_window(scene: Scene) -> None:
    hours = {"start": "10:00", "end": "18:00"}
    task_id = scene.push(scene.realtime(calling_hours=hours, **TWICE))
    assert scene.at("17:55") == [EVA]

    scene.ends(EVA, "no-answer")

    shown = scene.task(task_id)
    assert shown["next_attempt_at"] == "2027-03-06T10:00:00.000Z"
    assert shown["waiting_for"] == "calling_hours"
    assert scene.at("18:05") == []
    assert scene.at("2027-03-06T09:59") == []
    assert scene.at("2027-03-06T10:00") == [EVA]


def test_a_window_may_be_days_away(scene: Scene) -> None:
    hours = {"start": "10:00", "end": "18:00", "days": ["mon", "tue", "wed", "thu", "fri"]}
    scene.push(scene.realtime(calling_hours=hours, **TWICE))
    assert scene.at("17:59") == [EVA]

    scene.ends(EVA, "no-answer")

    assert scene.at("2027-03-06T12:00") == [], "a Saturday"
    assert scene.at("2027-03-08T09:59") == []
    assert scene.at("2027-03-08T10:00") == [EVA]


def test_when_all_attempts_are_used_the_task_is_completed(scene: Scene) -> None:
    task_id = scene.push(scene.realtime(**TWICE))
    scene.rings()
    scene.ends(EVA, "no-answer")
    scene.at("12:10")

    scene.ends(EVA, "busy")

    shown = scene.task(task_id)
    assert (shown["status"], shown["outcome"], shown["reason"]) == (
        "completed",
        "busy",
        "attempts_exhausted",
    )
    assert scene.after(days=7) == []


def test_a_number_that_does_not_exist_is_not_tried_again(scene: Scene) -> None:
    task_id = scene.push(scene.realtime(**TWICE))
    scene.rings()

    scene.ends(EVA, "failed", permanent=True)

    assert scene.after(days=1) == []
    assert scene.task(task_id)["reason"] == "permanent"


def is_retried(scene: Scene, status: str, *, chosen: list[str] | None = None) -> bool:
    """Whether a second attempt follows ten minutes after the first one ended so."""
    scene.push(scene.realtime(**TWICE, retry_outcomes=chosen or []))
    assert scene.rings() == [EVA]
    scene.ends(EVA, status)
    return scene.after(minutes=10) == [EVA]
