"""Campaigns as their owners create, steer and watch them."""

from datetime import timedelta

import pytest

from tests.functional.product import CALLER_ID, Acme, Product

MINUTE = timedelta(minutes=1)
RULES = [
    *("agent_id", "caller_id", "calling_hours", "callbacks_outside_hours", "max_attempts"),
    *("retry_intervals_ms", "retry_outcomes", "priorities"),
]


def test_a_batch_campaign_begins_as_a_draft_and_shows_what_it_was_told(acme: Acme) -> None:
    hours = {"start": "10:00", "end": 1830, "days": ["mon", "Friday"]}
    more = {"priority": "High", "timezone": "Europe/Madrid", "calling_hours": hours}
    retry = {"max_attempts": 3, "retry_intervals_ms": [60_000, 0], "retry_outcomes": ["Voicemail"]}

    made = acme.made("/campaigns", acme.batch(**more, **retry, concurrency_limit=2))

    assert made["status"] == "draft"
    assert (made["priority"], made["priorities"]) == ("high", [200, 199, 198])
    assert made["calling_hours"] == {
        "start": "10:00",
        "end": "18:30",
        "days": ["mon", "fri"],
        "timezone": "Europe/Madrid",
        "is_every_day": False,
    }
    assert made["retry_intervals_ms"] == [60_000, 0]
    assert made["retry_outcomes"] == ["voicemail"]
    assert made["concurrency_limit"] == 2
    assert made.pop("sample_task") is None
    assert acme.shown(f"/campaigns/{made['id']}") == made


def test_names_are_taken_in_both_spellings(acme: Acme) -> None:
    body = {"name": "N", "agentId": acme.agent_id, "callerId": CALLER_ID, "maxAttempts": 2}

    made = acme.made("/campaigns", {**body, "startAt": "2027-03-06T10:00:00+01:00"})

    assert made["max_attempts"] == 2
    assert made["retry_intervals_ms"] == [3_600_000]
    assert made["start_at"] == "2027-03-06T09:00:00.000Z"


def test_a_realtime_campaign_runs_at_once_and_may_leave_its_rules_to_its_tasks(acme: Acme) -> None:
    made = acme.made("/campaigns", {"name": "Leads", "type": "realtime", "priority": "low"})

    assert made["status"] == "running"
    assert {made[rule] for rule in RULES} == {None}


def test_campaigns_are_listed_page_by_page_newest_first(product: Product, acme: Acme) -> None:
    made = []
    for number in range(5):
        made.append(acme.made("/campaigns", acme.batch(name=f"No. {number}")))
        product.clock.pass_(MINUTE)

    first = acme.shown("/campaigns?limit=2")
    second = acme.shown(f"/campaigns?limit=2&cursor={first['next_cursor']}")
    third = acme.shown(f"/campaigns?limit=2&cursor={second['next_cursor']}")

    for one in made:
        del one["sample_task"]
    pages = [first["campaigns"], second["campaigns"], third["campaigns"]]
    assert pages == [made[:2:-1], made[2:0:-1], made[:1]]
    assert third["next_cursor"] is None


def test_pausing_and_resuming_shows_on_every_task(product: Product, acme: Acme) -> None:
    campaign_id = acme.campaign()
    task_ids = [acme.pushed(campaign_id, phone=f"+3460000000{n}") for n in range(3)]

    def statuses() -> set[str]:
        listed = acme.shown(f"/campaigns/{campaign_id}/tasks")["tasks"]
        return {acme.shown(f"/tasks/{one}")["status"] for one in task_ids} | {
            task["status"] for task in listed
        }

    stored = dict(product.store.tasks)
    assert statuses() == {"queued"}

    assert acme.post(f"/campaigns/{campaign_id}/pause").body["status"] == "paused"
    assert statuses() == {"paused"}
    assert acme.shown(f"/campaigns/{campaign_id}")["progress"]["paused"] == 3

    assert acme.post(f"/campaigns/{campaign_id}/resume").body["status"] == "running"
    assert statuses() == {"queued"}

    assert acme.post(f"/campaigns/{campaign_id}/archive").body["status"] == "archived"
    assert statuses() == {"archived"}
    assert acme.shown(f"/campaigns/{campaign_id}")["progress"]["archived"] == 3
    assert product.store.tasks == stored, "one write each, whatever the number of tasks"


def test_a_paused_campaign_keeps_its_calls_in_flight_and_starts_no_more(
    product: Product, acme: Acme
) -> None:
    campaign_id = acme.campaign()
    first = acme.pushed(campaign_id)
    product.run()
    acme.pushed(campaign_id, phone="+34600000002")
    acme.post(f"/campaigns/{campaign_id}/pause")

    product.run()
    product.tick()
    product.run()

    assert len(product.carrier.asked) == 1
    progress = acme.shown(f"/campaigns/{campaign_id}")["progress"]
    assert (progress["running"], progress["paused"]) == (1, 1)
    assert acme.shown(f"/tasks/{first}")["status"] == "running"


def test_a_call_that_was_queued_before_the_pause_is_stopped_at_the_gate(
    product: Product, acme: Acme
) -> None:
    campaign_id = acme.campaign()
    task_id = acme.pushed(campaign_id)
    product.deliver("app.dispatch", [{"workspace_id": acme.workspace_id, "kind": "nudge"}])
    assert product.queue.placing
    acme.post(f"/campaigns/{campaign_id}/pause")

    product.run()

    assert product.carrier.asked == []
    shown = acme.shown(f"/tasks/{task_id}")
    assert (shown["status"], shown["attempts"]) == ("paused", 0)
    assert acme.shown(f"/tasks/{task_id}/calls") == {"calls": []}


def test_repeating_a_control_changes_nothing(product: Product, acme: Acme) -> None:
    campaign_id = acme.made("/campaigns", acme.batch())["id"]
    acme.post(f"/campaigns/{campaign_id}/start")
    shown = acme.shown(f"/campaigns/{campaign_id}")
    stored = dict(product.store.campaigns)

    again = acme.post(f"/campaigns/{campaign_id}/start")

    assert again == (200, shown)
    assert shown["status"] == "scheduled"
    assert product.store.campaigns == stored


@pytest.mark.parametrize(
    ("before", "control"),
    [
        ([], "pause"),
        ([], "resume"),
        (["start", "pause"], "start"),
        (["archive"], "start"),
        (["archive"], "pause"),
        (["archive"], "resume"),
    ],
    ids=lambda value: value if isinstance(value, str) else "+".join(value) or "draft",
)
def test_a_control_that_does_not_fit_is_refused(
    product: Product, acme: Acme, before: list[str], control: str
) -> None:
    campaign_id = acme.made("/campaigns", acme.batch())["id"]
    for step in before:
        assert acme.post(f"/campaigns/{campaign_id}/{step}").status == 200
    stored = product.everything()

    answer = acme.post(f"/campaigns/{campaign_id}/{control}")

    assert answer.status == 409
    assert answer.error["code"] == "not_allowed"
    assert answer.error["param"] == "status"
    assert "allowed from" in answer.error["message"]
    assert product.everything() == stored


def test_the_end_time_ends_a_campaign_and_its_waiting_tasks(product: Product, acme: Acme) -> None:
    campaign_id = acme.campaign(end_at="2027-03-05T13:00:00Z", start_at="2027-03-05T12:59:00Z")
    task_id = acme.pushed(campaign_id)
    assert acme.shown(f"/campaigns/{campaign_id}")["status"] == "scheduled"

    product.clock.pass_(60 * MINUTE)

    assert acme.shown(f"/campaigns/{campaign_id}")["status"] == "completed"
    assert acme.shown(f"/tasks/{task_id}")["status"] == "archived"
    product.tick()
    assert acme.post("/tasks", acme.task(campaign_id, phone="+34600000009")).status == 409
    product.run()
    assert product.carrier.asked == []
