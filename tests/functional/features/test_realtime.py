"""Realtime campaigns: persistent, tasks are pushed as they arise (seed: Hooman)."""

import json
from typing import Any

import pytest

from tests.functional.features.scene import ANA, EVA, LEO, Scene
from tests.functional.product import CALLER_ID

#: What the seed calls its basics.
BASICS = {"name": "Leads", "type": "realtime", "priority": "High", "timezone": "Europe/Madrid"}


def test_a_realtime_campaign_is_made_of_name_priority_and_timezone(scene: Scene) -> None:
    made = scene.acme.made("/campaigns", BASICS)

    assert (made["name"], made["priority"], made["timezone"]) == ("Leads", "high", "Europe/Madrid")
    assert made["type"] == "realtime"


def test_creating_it_gives_its_id(scene: Scene) -> None:
    campaign_id = scene.acme.made("/campaigns", BASICS)["id"]

    assert scene.acme.shown(f"/campaigns/{campaign_id}")["id"] == campaign_id


def test_creating_it_gives_a_sample_body_with_every_field_of_the_seeds(scene: Scene) -> None:
    sample = scene.acme.made("/campaigns", BASICS)["sample_task"]

    assert list(sample) == [
        *("phone", "from", "agent", "start", "end", "timezone", "startAfter", "endAfter"),
        *("priorities", "retries", "intervals", "retryOutcomes", "context", "campaign"),
    ]


def test_the_sample_body_works_when_sent_back_with_a_phone_number(scene: Scene) -> None:
    made = scene.acme.made("/campaigns", BASICS)

    answer = scene.acme.post("/tasks", json.dumps({**made["sample_task"], "phone": EVA}).encode())

    assert answer.status == 201, answer
    assert answer.body["task"]["campaign_id"] == made["id"]
    assert scene.rings() == [EVA]
    assert scene.asked(EVA).prompt == "Say hello to Tarun."


def test_the_sample_body_names_the_campaigns_own_agent_and_number(scene: Scene) -> None:
    agent, number = scene.agent(), scene.number()

    made = scene.acme.made("/campaigns", {**BASICS, "agent_id": agent, "caller_id": number})

    assert (made["sample_task"]["agent"], made["sample_task"]["from"]) == (agent, number)


def test_everything_but_campaign_id_and_status_may_vary_per_task(scene: Scene) -> None:
    campaign_id = scene.acme.made("/campaigns", BASICS)["id"]
    own: dict[str, Any] = {
        "agent": scene.agent(prompt="Order ${order}."),
        "from": scene.number(),
        "start": 1800,
        "end": 2100,
        "timezone": "Asia/Kolkata",
        "startAfter": scene.ms("12:40"),
        "endAfter": scene.ms("2027-03-09T12:00"),
        "priorities": [300, 20, 10],
        "retries": 3,
        "intervals": [60_000, 7_200_000],
        "retryOutcomes": ["no_response"],
        "context": {"order": "A-17"},
    }
    plain = {"agent": scene.acme.agent_id, "from": CALLER_ID}
    varied = scene.push(campaign_id, EVA, **own)
    other = scene.push(campaign_id, ANA, **plain)

    assert scene.rings() == [ANA]
    assert scene.at("12:40") == [EVA], "18:10 in Kolkata"

    one = scene.asked(EVA)
    assert (one.agent.agent_id, one.caller_id, one.prompt) == (
        own["agent"],
        own["from"],
        "Order A-17.",
    )
    assert scene.asked(ANA).caller_id == CALLER_ID
    effective = scene.task(varied)["effective"]
    assert effective["priorities"] == [300, 20, 10]
    assert effective["retry_intervals_ms"] == [60_000, 7_200_000]
    assert effective["retry_outcomes"] == ["no_response"]
    assert effective["end_at"] == "2027-03-09T12:00:00.000Z"
    assert scene.task(other)["effective"]["max_attempts"] == 1


@pytest.mark.parametrize("field", ["status", "id"])
def test_a_task_cannot_bring_what_is_the_campaigns(scene: Scene, field: str) -> None:
    body = scene.acme.task(scene.realtime(), **{field: "running"})

    answer = scene.acme.post("/tasks", body)

    assert (answer.status, answer.error["param"]) == (422, field)


def test_its_status_is_that_of_all_its_tasks_whatever_they_bring(scene: Scene) -> None:
    campaign_id = scene.realtime()
    scene.push(campaign_id, EVA, priorities=[1000], retries=1)
    scene.push(campaign_id, ANA, start=0, end="24:00", timezone="Asia/Tokyo")

    scene.control(campaign_id, "pause")

    assert scene.statuses(campaign_id) == {EVA: "paused", ANA: "paused"}
    assert scene.rings() == []


def test_what_a_task_does_not_bring_is_its_campaigns(scene: Scene) -> None:
    hours = {"start": "10:00", "end": "20:00"}
    campaign_id = scene.realtime(priority="low", timezone="Asia/Tokyo", calling_hours=hours)

    task_id = scene.push(campaign_id)

    effective = scene.task(task_id)["effective"]
    assert effective["priorities"] == [50]
    assert effective["calling_hours"]["timezone"] == "Asia/Tokyo"
    assert scene.rings() == [], "it is 21:00 in Tokyo"
    assert scene.at("2027-03-06T01:00") == [EVA]


def test_it_is_persistent_tasks_come_as_they_arise(scene: Scene) -> None:
    campaign_id = scene.realtime()
    scene.push(campaign_id, EVA)
    assert scene.rings() == [EVA]
    scene.ends(EVA)

    scene.after(days=30)
    assert scene.status(campaign_id) == "running"
    scene.push(campaign_id, LEO)

    assert scene.rings() == [LEO]


def test_a_pushed_task_is_called_at_once_without_waiting_for_the_minute(scene: Scene) -> None:
    scene.push(scene.realtime())

    scene.product.run()

    assert [one.phone for one in scene.product.carrier.asked] == [EVA]


def test_the_same_number_may_be_pushed_again(scene: Scene) -> None:
    campaign_id = scene.realtime()
    scene.push(campaign_id, EVA)
    scene.rings()
    scene.ends(EVA)

    scene.push(campaign_id, EVA)

    assert scene.rings() == [EVA]
