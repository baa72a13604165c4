"""Batch campaigns: a list of contacts, called by one set of rules (seed: Hooman)."""

import pytest

from tests.functional.features.scene import ANA, EVA, LEO, Scene
from tests.functional.product import CALLER_ID

NAME = "Abandoned Cart Recovery 12 Jan"
HOURS = {"start": "10:00", "end": "20:00"}


# --- Basics --------------------------------------------------------------------------------------


def test_a_batch_campaign_has_a_name(scene: Scene) -> None:
    campaign_id = scene.batch(name=NAME)

    assert scene.acme.shown(f"/campaigns/{campaign_id}")["name"] == NAME
    assert [one["name"] for one in scene.acme.shown("/campaigns")["campaigns"]] == [NAME]


def test_its_agent_places_the_calls(scene: Scene) -> None:
    bea = scene.agent()

    scene.batch([EVA, ANA], agent_id=bea)

    assert set(scene.rings()) == {EVA, ANA}
    assert {one.agent.agent_id for one in scene.product.carrier.asked} == {bea}


def test_its_calling_number_is_shown_to_recipients(scene: Scene) -> None:
    number = scene.number()

    scene.batch([EVA], caller_id=number)

    assert scene.rings() == [EVA]
    assert scene.asked(EVA).caller_id == number != CALLER_ID


def test_its_priority_is_normal_unless_said_otherwise(scene: Scene) -> None:
    assert scene.acme.shown(f"/campaigns/{scene.batch()}")["priority"] == "normal"


@pytest.mark.parametrize("word", ["Lowest", "Low", "Normal", "High", "Highest"])
def test_its_priority_is_one_of_five(scene: Scene, word: str) -> None:
    campaign_id = scene.batch(priority=word)

    assert scene.acme.shown(f"/campaigns/{campaign_id}")["priority"] == word.lower()


# --- The CSV -------------------------------------------------------------------------------------


def test_every_row_of_its_csv_becomes_a_task_that_is_called(scene: Scene) -> None:
    campaign_id = scene.batch()

    scene.upload(campaign_id, f"phone,name\n{EVA},Eva\n{ANA},Ana\n{LEO},Leo\n")

    assert scene.statuses(campaign_id) == dict.fromkeys([EVA, ANA, LEO], "queued")
    assert sorted(scene.rings()) == [EVA, ANA, LEO]


def test_its_csv_may_have_five_thousand_rows_and_more(scene: Scene) -> None:
    campaign_id = scene.draft()
    rows = "".join(f"+346{number:08},Contact {number}\n" for number in range(5_001))

    job = scene.upload(campaign_id, f"phone,name\n{rows}")

    assert (job["status"], job["accepted"], job["rejected"]) == ("completed", 5_001, 0)
    assert scene.acme.shown(f"/campaigns/{campaign_id}")["progress"]["queued"] == 5_001


@pytest.mark.parametrize("header", ["customer,name", "Kontakt-Nr,name", f"{LEO},Leo"])
def test_its_csv_must_have_a_header_phone(scene: Scene, header: str) -> None:
    campaign_id = scene.batch()

    job = scene.upload(campaign_id, f"{header}\n{EVA},Eva\n")

    assert (job["status"], job["accepted"]) == ("failed", 0)
    assert "phone" in job["reason"]
    assert scene.rings() == []


@pytest.mark.parametrize("header", ["number,name", "Telephone;name", "Mobile No.\tname"])
def test_its_column_phone_may_have_another_name(scene: Scene, header: str) -> None:
    campaign_id = scene.batch()
    between = header.removesuffix("name")[-1]

    scene.upload(campaign_id, f"{header}\n{EVA}{between}Eva\n")

    assert scene.rings() == [EVA]


def test_its_column_phone_may_be_another_than_the_first(scene: Scene) -> None:
    campaign_id = scene.batch()

    scene.upload(campaign_id, f"name,Phone\nEva,{EVA}\n")

    assert scene.rings() == [EVA]
    assert scene.asked(EVA).prompt == "Say hello to Eva."


def test_phone_numbers_must_have_their_country_codes(scene: Scene) -> None:
    campaign_id = scene.batch()

    job = scene.upload(campaign_id, f"phone,name\n600000001,Eva\n{ANA},Ana\n9876543210,Tarun\n")

    assert (job["accepted"], job["rejected"]) == (1, 2)
    rows = scene.acme.shown(f"/imports/{job['id']}/rows")["rows"]
    assert [(row["line"], row["column"], row["value"]) for row in rows] == [
        (2, "phone", "600000001"),
        (4, "phone", "9876543210"),
    ]
    assert scene.rings() == [ANA]


def test_its_other_columns_are_context_for_the_prompt_by_their_headers(scene: Scene) -> None:
    agent = scene.agent(prompt="You call ${name} about order ${orderId}.")
    campaign_id = scene.batch(agent_id=agent)

    scene.upload(campaign_id, f"phone,name,orderId\n{EVA},Eva,A-17\n{ANA},Ana,B-4\n")

    scene.rings()
    assert scene.asked(EVA).prompt == "You call Eva about order A-17."
    assert scene.asked(ANA).prompt == "You call Ana about order B-4."
    assert scene.asked(ANA).context == {"name": "Ana", "orderId": "B-4"}


# --- Times ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "before", "opens"),
    [
        ("Asia/Kolkata", "04:29", "04:30"),
        ("Europe/Madrid", "08:59", "09:00"),
        ("America/New_York", "14:59", "15:00"),
    ],
)
def test_its_timezone_controls_its_calling_hours(
    scene: Scene, zone: str, before: str, opens: str
) -> None:
    scene.batch([EVA], timezone=zone, calling_hours=HOURS, start_at="2027-03-06T00:00:00Z")

    assert scene.at(f"2027-03-06T{before}") == []
    assert scene.at(f"2027-03-06T{opens}") == [EVA]


def test_it_may_start_now(scene: Scene) -> None:
    scene.batch([EVA])

    assert scene.rings() == [EVA]


def test_it_may_be_scheduled_to_start_later(scene: Scene) -> None:
    scene.batch([EVA, ANA], start_at="2027-03-08T09:00:00+01:00")

    assert scene.rings() == []
    assert scene.at("2027-03-08T07:59") == []
    assert sorted(scene.at("2027-03-08T08:00")) == [EVA, ANA]


def test_at_its_end_time_it_stops_and_what_is_pending_is_archived(scene: Scene) -> None:
    scene.acme.put("/workspace/limits", {"concurrency_limit": 1})
    campaign_id = scene.batch([EVA, ANA, LEO], end_at="2027-03-05T13:00:00Z")
    (first,) = scene.rings()
    (second,) = scene.ends(first)

    assert scene.at("13:00") == []
    assert scene.ends(second) == [], "the call that went on has ended; no other follows"

    pending = ({EVA, ANA, LEO} - {first, second}).pop()
    assert scene.statuses(campaign_id) == {
        first: "completed",
        second: "completed",
        pending: "archived",
    }
    assert scene.status(campaign_id) == "completed"


def test_calls_pause_outside_its_calling_hours(scene: Scene) -> None:
    scene.acme.put("/workspace/limits", {"concurrency_limit": 1})
    scene.batch([EVA, ANA, LEO], calling_hours=HOURS)

    (first,) = scene.at("19:59")
    assert scene.at("20:00") == []
    assert scene.ends(first) == [], "a slot is free, but it is too late"
    assert scene.at("2027-03-06T09:59") == []
    (second,) = scene.at("2027-03-06T10:00")
    assert {first, second} < {EVA, ANA, LEO}


# --- Follow-up settings --------------------------------------------------------------------------


@pytest.mark.parametrize("retries", [0, 1, 2, 5])
def test_its_retries_are_attempts_after_the_first(scene: Scene, retries: int) -> None:
    campaign_id = scene.batch([EVA], retries=retries, retry_interval_ms=600_000)
    attempts = 0

    ringing = scene.rings()
    while ringing:
        attempts += 1
        scene.ends(EVA, "no-answer")
        ringing = scene.after(minutes=10)

    assert attempts == 1 + retries
    assert scene.after(days=3) == []
    assert scene.statuses(campaign_id) == {EVA: "completed"}


def test_its_retry_interval_is_a_gap_from_the_end_of_the_last_attempt(scene: Scene) -> None:
    scene.batch([EVA], retries=1, retry_interval_ms=180_000)
    scene.rings()

    scene.at("12:07")
    scene.ends(EVA, "no-answer")

    assert scene.at("12:09") == []
    assert scene.at("12:10") == [EVA]


def test_its_retry_conditions_choose_outcomes_to_try_again_after(scene: Scene) -> None:
    scene.batch([EVA, ANA], retry_outcomes=["voicemail"], **{"retries": 1})
    scene.rings()

    scene.ends(EVA, "voicemail")
    scene.ends(ANA, "no-response")

    assert scene.after(hours=1) == [EVA]


# --- What its tasks share ------------------------------------------------------------------------


def test_all_its_tasks_share_its_settings_only_phone_and_context_differ(scene: Scene) -> None:
    rules = {"retries": 2, "retry_interval_ms": 60_000, "retry_outcomes": ["voicemail"]}
    campaign_id = scene.batch([EVA, ANA], calling_hours=HOURS, priority="high", **rules)

    one, other = (scene.task(task["id"]) for task in scene.tasks(campaign_id))

    assert one["effective"] == other["effective"]
    assert one["effective"]["priorities"] == [200, 199, 198]
    assert one["phone"] != other["phone"]
    assert one["context"] != other["context"]


@pytest.mark.parametrize(
    "own", [{"retries": 1}, {"priorities": [5]}, {"from": CALLER_ID}, {"start": 900, "end": 1000}]
)
def test_a_task_of_it_that_brings_its_own_settings_is_refused(
    scene: Scene, own: dict[str, object]
) -> None:
    campaign_id = scene.batch()

    answer = scene.acme.post("/tasks", scene.acme.task(campaign_id, **own))

    assert (answer.status, answer.error["param"]) == (422, "campaign")
    assert scene.rings() == []
