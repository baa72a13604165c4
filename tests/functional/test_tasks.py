"""Tasks as programs push them, and their calls as they are read."""

from datetime import timedelta
from typing import Any

from tests.functional.product import Acme, Product


def test_a_pushed_task_waits_for_its_turn(acme: Acme) -> None:
    campaign_id = acme.campaign()

    made = acme.made("/tasks", acme.task(campaign_id, phone="+34 600 000 001"))["task"]

    assert made["phone"] == "+34600000001"
    assert made["status"] == "queued"
    shown = acme.shown(f"/tasks/{made['id']}")
    assert shown["context"] == {"name": "Eva"}
    assert shown["attempts"] == 0
    assert shown["current_call"] is None
    assert acme.shown(f"/campaigns/{campaign_id}")["progress"]["queued"] == 1


def test_a_task_brings_its_own_rules(acme: Acme) -> None:
    own: dict[str, Any] = {
        "agent": acme.agent_id,
        "from": "+34 910 000 000",
        "start": 1000,
        "end": 1800,
        "timezone": "Asia/Kolkata",
        "startAfter": 1_804_300_000_000,
        "end_after": "2027-12-31T00:00:00Z",
        "retries": 3,
        "intervals": [60_000, 120_000],
        "priorities": [300, 200, 100],
        "retry_outcomes": ["no-response"],
    }
    campaign_id = acme.made("/campaigns", {"name": "Leads", "type": "realtime"})["id"]

    task_id = acme.pushed(campaign_id, **own, context={"name": "Eva", "age": 7, "vip": True})

    shown = acme.shown(f"/tasks/{task_id}")
    effective = shown["effective"]
    assert effective["priorities"] == [300, 200, 100]
    assert effective["retry_intervals_ms"] == [60_000, 120_000]
    assert effective["retry_outcomes"] == ["no_response"]
    assert effective["calling_hours"]["timezone"] == "Asia/Kolkata"
    assert effective["end_at"] == "2027-12-31T00:00:00.000Z"
    assert shown["submitted"]["intervals"] == [60_000, 120_000]
    assert shown["submitted"]["from"] == "+34910000000"
    assert shown["next_attempt_at"].startswith("2027-03-06T")
    assert shown["context"] == {"name": "Eva", "age": "7", "vip": "true"}


AS_THE_SEED_SHOWS_IT = """
{
  "phone": "+919876543210",      //phone number to call
  "from": "+34910000000",        //your agent's number
  "agent": "AGENT",
  "start": 1000,                 //10 AM
  "end": 1800,                   //06 PM
  "timezone": "Asia/Kolkata",
  "startAfter": 1804300000000,   //start time for 1st attempt
  "endAfter": 1806000000000,     //end time for this task
  "priorities": [                //attempt wise priority
    100,
    50,
  ],
  "retries": 2,                  //total attempts
  "intervals": [                 //gap between attempts
    180000
  ],
  "retryOutcomes": [             //outcomes for re-attempt
    "voicemail"
  ],
  "context": {                   //context for agent
    "name": "Tarun, of https://tarun.example"
  },
  "campaign": "CAMPAIGN"
}
"""


def test_the_seeds_body_can_be_pasted_with_its_comments(acme: Acme) -> None:
    text = AS_THE_SEED_SHOWS_IT.replace("AGENT", acme.agent_id)

    made = acme.made("/tasks", text.replace("CAMPAIGN", acme.campaign()).encode())["task"]

    shown = acme.shown(f"/tasks/{made['id']}")
    assert shown["context"] == {"name": "Tarun, of https://tarun.example"}
    assert shown["effective"]["priorities"] == [100, 50]
    assert shown["effective"]["calling_hours"]["start"] == "10:00"


def test_every_body_may_carry_comments(acme: Acme) -> None:
    made = acme.made("/numbers", b'{"phone": "+34600112233", "carrier": "simulated",} // ours')

    assert made["phone"] == "+34600112233"


def test_of_a_list_each_task_is_judged_for_itself(acme: Acme) -> None:
    campaign_id = acme.campaign()
    tasks = [
        acme.task(campaign_id),
        acme.task(campaign_id, phone="600"),
        acme.task("0000000000000000"),
        "no object",
        acme.task(campaign_id, phone="+34600000002", context={}),
        acme.task(campaign_id, phone="+34600000003"),
    ]

    results = acme.made("/tasks", tasks)["results"]

    assert ["task" in one for one in results] == [True, False, False, False, False, True]
    wrong = [one["error"] for one in results if "error" in one]
    assert [(error["code"], error["param"]) for error in wrong] == [
        ("invalid_phone", "phone"),
        ("not_found", "campaign"),
        ("malformed", None),
        ("missing_variables", "context"),
    ]
    assert acme.shown(f"/campaigns/{campaign_id}")["progress"]["total"] == 2


def test_a_task_that_its_campaign_has_no_lanes_for_is_refused_by_the_name_of_its_field(
    acme: Acme,
) -> None:
    campaign_id = acme.campaign(max_attempts=1)
    scores = [
        acme.task(campaign_id, phone=f"+34600000{score:03}", priorities=[score])
        for score in range(120)
    ]

    results = acme.made("/tasks", [*scores, acme.task(campaign_id, timezone="Asia/Tokyo")])

    errors = [one["error"] for one in results["results"] if "error" in one]
    assert len(errors) == 22
    assert errors[0]["param"] == "priorities"
    assert (errors[-1]["code"], errors[-1]["param"]) == ("invalid", "timezone")


def test_a_number_is_called_once_for_a_batch_campaign(acme: Acme) -> None:
    campaign_id = acme.made("/campaigns", acme.batch())["id"]
    task = acme.task(campaign_id)

    first, doubled = acme.made("/tasks", [task, task])["results"]
    again = acme.post("/tasks", task)

    assert "task" in first
    assert doubled["error"]["param"] == "phone"
    assert again.status == 409
    assert again.error["param"] == "phone"
    assert acme.shown(f"/campaigns/{campaign_id}")["progress"]["total"] == 1


def test_a_closed_campaign_takes_no_tasks(product: Product, acme: Acme) -> None:
    campaign_id = acme.campaign()
    acme.post(f"/campaigns/{campaign_id}/archive")
    before = product.everything()

    answer = acme.post("/tasks", acme.task(campaign_id))

    assert answer.status == 409
    assert answer.error["code"] == "not_allowed"
    assert product.everything() == before


def test_tasks_are_listed_page_by_page_each_once(acme: Acme) -> None:
    campaign_id = acme.campaign()
    tasks = [acme.task(campaign_id, phone=f"+3460000{n:04}") for n in range(25)]
    made = {one["task"]["id"] for one in acme.made("/tasks", tasks)["results"]}
    seen: list[str] = []
    path = f"/campaigns/{campaign_id}/tasks?limit=10"

    page = acme.shown(path)
    sizes = [len(page["tasks"])]
    seen += [task["id"] for task in page["tasks"]]
    while page["next_cursor"] is not None:
        page = acme.shown(f"{path}&cursor={page['next_cursor']}")
        sizes.append(len(page["tasks"]))
        seen += [task["id"] for task in page["tasks"]]

    assert sizes == [10, 10, 5]
    assert len(seen) == 25
    assert set(seen) == made


def test_a_call_in_flight_is_read_like_one_that_has_ended(product: Product, acme: Acme) -> None:
    task_id = acme.pushed(acme.campaign())
    product.run()

    in_flight = acme.shown(f"/calls/{product.carrier.asked[0].call_id}")

    assert (in_flight["status"], in_flight["attempt"]) == ("placed", 1)
    assert (in_flight["from"], in_flight["to"]) == ("+34910000000", "+34600000001")
    assert acme.shown(f"/tasks/{task_id}")["current_call"] == in_flight
    assert acme.shown(f"/tasks/{task_id}/calls") == {"calls": [in_flight]}


def test_every_attempt_is_a_call_of_its_own(product: Product, acme: Acme) -> None:
    campaign_id = acme.campaign(max_attempts=2, retry_intervals_ms=[600_000])
    task_id = acme.pushed(campaign_id)
    product.run()
    first = product.carrier.asked[0].call_id

    product.clock.pass_(timedelta(seconds=20))
    product.ended(first, "no-answer")
    product.run()

    shown = acme.shown(f"/tasks/{task_id}")
    assert (shown["status"], shown["outcome"]) == ("queued", "no_answer")
    assert shown["next_attempt_at"] == "2027-03-05T12:10:20.000Z"

    product.clock.pass_(timedelta(minutes=10))
    product.tick()
    product.run()
    second = product.carrier.asked[1].call_id
    product.ended(second)
    product.run()

    calls = acme.shown(f"/tasks/{task_id}/calls")["calls"]
    assert [(one["id"], one["outcome"]) for one in calls] == [
        (first, "no_answer"),
        (second, "completed"),
    ]
    assert calls[1]["cost"] == "0.0450 USD"
    assert calls[1]["duration_s"] == 30
    assert acme.shown(f"/calls/{second}") == calls[1]
    done = acme.shown(f"/tasks/{task_id}")
    assert (done["status"], done["attempts"], done["outcome"]) == ("completed", 2, "completed")
    assert done["next_attempt_at"] is None


def test_a_task_that_is_over_before_it_begins_is_archived_and_counted_so(
    product: Product, acme: Acme
) -> None:
    campaign_id = acme.campaign()

    pushed = acme.made("/tasks", acme.task(campaign_id, endAfter="2027-03-05T11:00:00Z"))["task"]
    product.run()

    progress = acme.shown(f"/campaigns/{campaign_id}")["progress"]
    assert pushed["status"] == "archived"
    assert (progress["total"], progress["archived"], progress["queued"]) == (1, 1, 0)
    assert product.carrier.asked == []


# --- Ids of the sender's -------------------------------------------------------------------------


def test_a_task_is_found_by_what_its_sender_calls_the_contact(acme: Acme) -> None:
    campaign_id = acme.campaign()
    task_id = acme.pushed(campaign_id, external_id="crm 17/ñ")
    acme.pushed(campaign_id)

    found = acme.shown(f"/campaigns/{campaign_id}/tasks?external_id=crm%2017/%C3%B1")

    assert [(task["id"], task["external_id"]) for task in found["tasks"]] == [
        (task_id, "crm 17/ñ")
    ]
    assert acme.shown(f"/tasks/{task_id}")["external_id"] == "crm 17/ñ"


def test_in_camel_case_it_is_the_same_id(acme: Acme) -> None:
    task_id = acme.pushed(acme.campaign(), externalId="17")

    assert acme.shown(f"/tasks/{task_id}")["external_id"] == "17"


def test_a_task_of_which_nobody_said_an_id_has_none(acme: Acme) -> None:
    assert acme.shown(f"/tasks/{acme.pushed(acme.campaign())}")["external_id"] is None
