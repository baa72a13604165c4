"""The contact asks to be called at a time (seed: Hooman, callback override)."""

from typing import Any

import pytest

from tests.functional.features.scene import ANA, EVA, LEO, TWICE, Scene

AT_TWO: dict[str, Any] = {"outcome": "busy_callback", "callback_at": "2027-03-05T14:00:00Z"}


@pytest.fixture
def one_line(scene: Scene) -> Scene:
    """A workspace that makes one call at a time."""
    scene.acme.put("/workspace/limits", {"concurrency_limit": 1})
    return scene


@pytest.mark.parametrize(
    "asked",
    [
        {"callback_at": "2027-03-05T19:30:00+05:30"},
        {"callback_at": 1804255200000},
        {"callback": {"local": "2027-03-05T15:00", "timezone": "Europe/Madrid"}},
        {"callback": {"local": "2027-03-05T09:00", "timezone": "America/New_York"}},
    ],
    ids=["instant", "milliseconds", "local time in Madrid", "local time in New York"],
)
def test_who_asks_for_a_time_is_called_at_that_time(scene: Scene, asked: dict[str, Any]) -> None:
    scene.push(scene.realtime(**TWICE))
    scene.rings()

    scene.ends_with(EVA, outcome="busy_callback", **asked)

    assert scene.at("12:10") == [], "the retry interval does not count"
    assert scene.at("13:59") == []
    assert scene.at("14:00") == [EVA]


def test_at_that_moment_it_outranks_all_other_tasks(one_line: Scene) -> None:
    one_line.push(one_line.realtime(priority="lowest", **TWICE), EVA)
    one_line.rings()
    one_line.ends_with(EVA, **AT_TWO)
    one_line.batch([ANA, LEO], priority="highest")
    (ringing,) = one_line.at("13:59")

    one_line.product.clock.at = one_line.product.clock.at.replace(hour=14, minute=0)

    assert one_line.ends(ringing) == [EVA]


def test_before_that_moment_others_are_called(one_line: Scene) -> None:
    one_line.push(one_line.realtime(priority="highest", **TWICE), EVA)
    one_line.rings()
    one_line.ends_with(EVA, **AT_TWO)

    one_line.batch([ANA], priority="lowest")

    assert one_line.at("13:59") == [ANA]


def test_the_task_shows_that_and_when_it_is_called_back(scene: Scene) -> None:
    task_id = scene.push(scene.realtime(**TWICE))
    scene.rings()

    scene.ends_with(EVA, **AT_TWO)

    shown = scene.task(task_id)
    assert (shown["status"], shown["is_callback"]) == ("queued", True)
    assert shown["next_attempt_at"] == "2027-03-05T14:00:00.000Z"
    assert shown["waiting_for"] == "callback_time"


def test_the_call_shows_the_time_that_was_asked_for(scene: Scene) -> None:
    scene.push(scene.realtime(**TWICE))
    scene.rings()

    scene.ends_with(EVA, **AT_TWO)

    (call,) = scene.acme.shown("/calls")["calls"]
    assert (call["outcome"], call["callback_at"]) == ("busy_callback", "2027-03-05T14:00:00.000Z")


def test_a_callback_spends_an_attempt(scene: Scene) -> None:
    task_id = scene.push(scene.realtime(**TWICE))
    scene.rings()
    scene.ends_with(EVA, **AT_TWO)
    assert scene.at("14:00") == [EVA]

    scene.ends(EVA, "no-answer")

    assert scene.after(days=1) == []
    assert (scene.task(task_id)["attempts"], scene.task(task_id)["status"]) == (2, "completed")


def test_the_first_callback_is_granted_even_when_no_attempt_is_left(scene: Scene) -> None:
    scene.push(scene.realtime(max_attempts=1))
    scene.rings()

    scene.ends_with(EVA, **AT_TWO)

    assert scene.at("14:00") == [EVA]
    scene.ends_with(EVA, outcome="busy_callback", callback_at="2027-03-05T16:00:00Z")
    assert scene.at("16:00") == [], "a second one is not"


def test_a_callback_waits_for_calling_hours(scene: Scene) -> None:
    hours = {"start": "10:00", "end": "18:00"}
    scene.push(scene.realtime(calling_hours=hours, **TWICE))
    scene.rings()

    scene.ends_with(EVA, outcome="busy_callback", callback_at="2027-03-05T21:00:00Z")

    assert scene.at("21:00") == []
    assert scene.at("2027-03-06T10:00") == [EVA]


def test_a_callback_comes_outside_calling_hours_where_the_campaign_says_so(scene: Scene) -> None:
    hours = {"start": "10:00", "end": "18:00"}
    scene.push(scene.realtime(calling_hours=hours, callbacks_outside_hours=True, **TWICE))
    scene.rings()

    scene.ends_with(EVA, outcome="busy_callback", callback_at="2027-03-05T21:00:00Z")

    assert scene.at("20:59") == []
    assert scene.at("21:00") == [EVA]


def test_a_paused_campaign_calls_nobody_back(scene: Scene) -> None:
    campaign_id = scene.realtime(**TWICE)
    scene.push(campaign_id)
    scene.rings()
    scene.ends_with(EVA, **AT_TWO)

    scene.control(campaign_id, "pause")

    assert scene.at("14:00") == []
    scene.control(campaign_id, "resume")
    assert scene.at("15:00") == [EVA]


def test_after_its_end_a_campaign_calls_nobody_back(scene: Scene) -> None:
    scene.push(scene.realtime(end_at="2027-03-05T13:30:00Z", **TWICE))
    scene.rings()

    scene.ends_with(EVA, **AT_TWO)

    assert scene.at("14:00") == []


def test_an_agent_that_offers_no_callbacks_calls_nobody_back(scene: Scene) -> None:
    agent = scene.agent(offers_callbacks=False)
    task_id = scene.push(scene.realtime(agent_id=agent, **TWICE))
    scene.rings()

    scene.ends_with(EVA, **AT_TWO)

    assert scene.at("14:00") == []
    assert scene.task(task_id)["status"] == "completed"
