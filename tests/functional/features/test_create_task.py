"""The create-task body, exactly as the seed shows it (seed: Hooman)."""

from pathlib import Path
from typing import Any

import pytest

from tests.functional.features.scene import ANA, EVA, Scene
from tests.functional.product import CALLER_ID

#: The seed's sample, byte for byte: with its comments, commas and places to fill in.
SAMPLE = (Path(__file__).parents[2] / "data" / "create_task.txt").read_bytes()

#: Both times of the sample, and what it calls them.
LONG_AGO = b"1748629800000"
INDIAN = "+918041234567"


def sample(scene: Scene, campaign_id: str, phone: str = "+919876543210") -> bytes:
    """The sample with nothing but its four places filled in."""
    places = {
        b"+9189xxxxxxxx": phone,
        b"+9180xxxxxxxx": scene.number(INDIAN),
        b"agent_id": scene.acme.agent_id,
        b"campaign_id": campaign_id,
    }
    body = SAMPLE
    for place, value in places.items():
        assert body.count(place) == 1, place
        body = body.replace(place, value.encode())
    return body


def timed(body: bytes, start: int, end: int) -> bytes:
    """A sample with other times."""
    assert body.count(LONG_AGO) == 2
    return body.replace(LONG_AGO, b"%d" % start, 1).replace(LONG_AGO, b"%d" % end, 1)


# --- The sample ----------------------------------------------------------------------------------


def test_the_seeds_body_is_accepted_byte_for_byte(scene: Scene) -> None:
    campaign_id = scene.realtime()

    answer = scene.acme.post("/tasks", sample(scene, campaign_id))

    assert answer.status == 201, answer
    shown = scene.task(answer.body["task"]["id"])
    assert shown["submitted"] == {
        "phone": "+919876543210",
        "from": INDIAN,
        "agent": scene.acme.agent_id,
        "start": "10:00",
        "end": "18:00",
        "timezone": "Asia/Kolkata",
        "start_after": "2025-05-30T18:30:00.000Z",
        "end_after": "2025-05-30T18:30:00.000Z",
        "priorities": [100, 50],
        "retries": 2,
        "intervals": [180_000],
        "retry_outcomes": ["voicemail"],
        "context": {"name": "Tarun"},
    }


def test_as_the_end_of_the_seeds_body_has_passed_it_is_archived_and_nobody_is_called(
    scene: Scene,
) -> None:
    made = scene.acme.made("/tasks", sample(scene, scene.realtime()))["task"]

    assert scene.task(made["id"])["status"] == "archived"
    assert scene.at("2027-03-06T08:00") == []
    assert scene.task(made["id"])["status"] == "archived"
    assert scene.product.carrier.asked == []


def test_with_real_times_the_seeds_body_is_called_as_it_says(scene: Scene) -> None:
    body = timed(sample(scene, scene.realtime()), scene.ms("12:15"), scene.ms("2027-03-08T18:30"))
    phone = "+919876543210"

    task_id = scene.acme.made("/tasks", body)["task"]["id"]

    assert scene.at("12:14") == []
    assert scene.at("12:15") == [phone], "17:45 in Kolkata"
    assert (scene.asked(phone).caller_id, scene.asked(phone).prompt) == (
        INDIAN,
        "Say hello to Tarun.",
    )
    scene.at("12:16")
    scene.ends(phone, "voicemail")
    assert scene.at("12:18") == []
    assert scene.at("12:19") == [phone], "180,000 ms after the end"
    scene.ends(phone, "voicemail")
    assert scene.at("2027-03-08T08:00") == []
    assert (scene.task(task_id)["status"], scene.task(task_id)["attempts"]) == ("completed", 2)


# --- Field by field ------------------------------------------------------------------------------


def test_phone_is_the_number_to_call(scene: Scene) -> None:
    scene.push(scene.realtime(), "+919876543210")

    assert scene.rings() == ["+919876543210"]


def test_from_is_the_number_shown(scene: Scene) -> None:
    number = scene.number()

    scene.push(scene.realtime(), **{"from": number})

    assert scene.rings() == [EVA]
    assert scene.asked(EVA).caller_id == number


def test_agent_is_who_calls(scene: Scene) -> None:
    bea = scene.agent()

    scene.push(scene.realtime(), agent=bea)

    assert scene.rings() == [EVA]
    assert scene.asked(EVA).agent.agent_id == bea


def test_start_is_a_time_of_the_day_as_an_integer(scene: Scene) -> None:
    scene.push(scene.realtime(), start=1430, end=1800)

    assert scene.at("14:29") == []
    assert scene.at("14:30") == [EVA]


def test_end_is_a_time_of_the_day_as_an_integer(scene: Scene) -> None:
    campaign_id = scene.realtime()
    scene.push(campaign_id, EVA, start=900, end=1230)
    assert scene.at("12:29") == [EVA]

    scene.push(campaign_id, ANA, start=900, end=1230)

    assert scene.at("12:30") == []
    assert scene.at("2027-03-06T09:00") == [ANA]


def test_timezone_is_where_start_and_end_count(scene: Scene) -> None:
    scene.push(scene.realtime(), start=1000, end=1800, timezone="America/New_York")

    assert scene.at("14:59") == []
    assert scene.at("15:00") == [EVA]


def test_start_after_is_the_start_of_the_first_attempt(scene: Scene) -> None:
    scene.push(scene.realtime(), startAfter=scene.ms("13:17"))

    assert scene.at("13:16") == []
    assert scene.at("13:17") == [EVA]


def test_end_after_is_the_end_of_the_task(scene: Scene) -> None:
    campaign_id = scene.realtime(max_attempts=3, retry_interval_ms=600_000)
    task_id = scene.push(campaign_id, endAfter=scene.ms("12:15"))
    assert scene.rings() == [EVA]
    scene.ends(EVA, "no-answer")
    assert scene.at("12:10") == [EVA]
    scene.ends(EVA, "no-answer")

    assert scene.at("12:20") == []
    assert scene.task(task_id)["status"] == "archived"


def test_start_after_may_equal_end_after(scene: Scene) -> None:
    at = scene.ms("13:00")
    task_id = scene.push(scene.realtime(), startAfter=at, endAfter=at)

    assert scene.at("12:59") == []
    assert scene.at("13:00") == []
    assert scene.task(task_id)["status"] == "archived"


def test_priorities_are_one_per_attempt(scene: Scene) -> None:
    task_id = scene.push(scene.realtime(), priorities=[100, 50], retries=2, intervals=[0])

    assert scene.task(task_id)["effective"]["priorities"] == [100, 50]


@pytest.mark.parametrize("retries", [1, 2, 4])
def test_retries_are_total_attempts(scene: Scene, retries: int) -> None:
    scene.push(scene.realtime(), retries=retries, intervals=[60_000] * (retries - 1))
    attempts = 0

    ringing = scene.rings()
    while ringing:
        attempts += 1
        scene.ends(EVA, "no-answer")
        ringing = scene.after(minutes=1)

    assert attempts == retries


def test_intervals_are_gaps_between_attempts_in_milliseconds(scene: Scene) -> None:
    scene.push(scene.realtime(), retries=3, intervals=[60_000, 3_600_000])
    scene.rings()

    scene.ends(EVA, "busy")
    assert scene.at("12:01") == [EVA]
    scene.ends(EVA, "busy")
    assert scene.at("13:00") == []
    assert scene.at("13:01") == [EVA]


def test_retry_outcomes_are_those_of_the_task(scene: Scene) -> None:
    campaign_id = scene.realtime(max_attempts=2, retry_interval_ms=60_000)
    scene.push(campaign_id, EVA, retryOutcomes=["voicemail"])
    scene.push(campaign_id, ANA)
    scene.rings()

    scene.ends(EVA, "voicemail")
    scene.ends(ANA, "voicemail")

    assert scene.at("12:01") == [EVA]


def test_context_is_what_the_agent_knows(scene: Scene) -> None:
    scene.push(scene.realtime(), context={"name": "Tarun", "plan": "gold", "years": 7})
    scene.rings()

    assert scene.asked(EVA).context == {"name": "Tarun", "plan": "gold", "years": "7"}
    assert scene.asked(EVA).prompt == "Say hello to Tarun."


def test_campaign_is_whose_task_it_is(scene: Scene) -> None:
    one, other = scene.realtime(), scene.realtime()

    scene.push(other)

    assert (scene.statuses(one), scene.statuses(other)) == ({}, {EVA: "queued"})


# --- What does not fit ---------------------------------------------------------------------------


@pytest.mark.parametrize("intervals", [[], [180_000, 180_000]])
def test_intervals_of_a_wrong_length_are_refused_by_name(
    scene: Scene, intervals: list[int]
) -> None:
    body = sample(scene, scene.realtime())
    old = b"""[                 //gap between attempts
    180000
  ]"""
    assert old in body

    answer = scene.acme.post("/tasks", body.replace(old, str(intervals).encode()))

    assert (answer.status, answer.error["param"]) == (422, "intervals")
    assert "one fewer" in answer.error["message"]


@pytest.mark.parametrize("priorities", [[100], [100, 50, 25]])
def test_priorities_of_a_wrong_length_are_refused_by_name(
    scene: Scene, priorities: list[int]
) -> None:
    body = scene.acme.task(scene.realtime(), retries=2, intervals=[0], priorities=priorities)

    answer = scene.acme.post("/tasks", body)

    assert (answer.status, answer.error["param"]) == (422, "priorities")
    assert "one per attempt" in answer.error["message"]


@pytest.mark.parametrize("field", ["phone", "campaign"])
def test_what_no_campaign_can_fill_in_is_asked_for_by_name(scene: Scene, field: str) -> None:
    body = scene.acme.task(scene.realtime())
    del body[field]

    answer = scene.acme.post("/tasks", body)

    assert (answer.status, answer.error["param"]) == (422, field)


@pytest.mark.parametrize(
    ("own", "param"), [({}, "agent"), ({"agent": "own"}, "from"), ({"from": CALLER_ID}, "agent")]
)
def test_agent_and_from_are_asked_for_where_the_campaign_has_none(
    scene: Scene, own: dict[str, Any], param: str
) -> None:
    campaign_id = scene.acme.made("/campaigns", {"name": "Leads", "type": "realtime"})["id"]
    named = {
        name: scene.acme.agent_id if name == "agent" else value for name, value in own.items()
    }

    answer = scene.acme.post("/tasks", scene.acme.task(campaign_id, **named))

    assert (answer.status, answer.error["param"]) == (422, param)
