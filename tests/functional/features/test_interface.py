"""The interface as people expect it: description, pages, repeatable requests, tags, a terminal."""

import json

import pytest

from tests.functional.command_line import CommandLine, InProcess
from tests.functional.features.scene import EVA, Scene
from tests.functional.product import CALLER_ID, Api


def test_the_description_is_openapi_3_1_and_is_served_without_a_key(scene: Scene) -> None:
    assert scene.product is not None
    headers, text = Api().page("/openapi.json")

    assert headers["Content-Type"] == "application/json"
    assert json.loads(text)["openapi"].startswith("3.1.")


def test_the_description_is_shown_to_people_at_docs() -> None:
    headers, text = Api().page("/docs")

    assert headers["Content-Type"].startswith("text/html")
    assert "swagger-ui" in text


@pytest.mark.parametrize("limit", [1, 2, 7])
def test_lists_are_paged_by_cursor_each_entry_once(scene: Scene, limit: int) -> None:
    made = {scene.realtime(name=f"No. {number}") for number in range(7)}
    seen: list[str] = []
    cursor = ""

    for _ in range(10):
        page = scene.acme.shown(f"/campaigns?limit={limit}{cursor}")
        assert len(page["campaigns"]) <= limit
        seen += [one["id"] for one in page["campaigns"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"

    assert len(seen) == 7
    assert set(seen) == made


def test_a_post_repeated_with_its_idempotency_key_calls_nobody_twice(scene: Scene) -> None:
    body = scene.acme.task(scene.realtime())

    first = scene.acme.post("/tasks", body, once="order-17")
    again = scene.acme.post("/tasks", body, once="order-17")

    assert (first.status, again.body) == (201, first.body)
    assert scene.rings() == [EVA]


def test_the_same_answer_is_given_for_a_day(scene: Scene) -> None:
    first = scene.acme.post("/campaigns", scene.acme.realtime(), once="order-17")

    scene.after(hours=23, minutes=59)
    within = scene.acme.post("/campaigns", scene.acme.realtime(), once="order-17")
    scene.after(minutes=1)
    later = scene.acme.post("/campaigns", scene.acme.realtime(), once="order-17")

    assert within.body["id"] == first.body["id"] != later.body["id"]


def test_an_idempotency_key_with_another_body_is_refused(scene: Scene) -> None:
    scene.acme.post("/campaigns", scene.acme.realtime(), once="order-17")

    answer = scene.acme.post("/campaigns", scene.acme.realtime(name="Other"), once="order-17")

    assert (answer.status, answer.error["code"]) == (409, "idempotency_key_reused")
    assert len(scene.acme.shown("/campaigns")["campaigns"]) == 1


@pytest.mark.parametrize("what", ["campaign", "agent"])
def test_two_editors_cannot_overwrite_each_other_silently(scene: Scene, what: str) -> None:
    path = {"campaign": f"/campaigns/{scene.batch()}", "agent": f"/agents/{scene.acme.agent_id}"}
    read = scene.acme.tag(path[what])

    first = scene.acme.patch(path[what], {"name": "Mine"}, if_match=read)
    second = scene.acme.patch(path[what], {"name": "Yours"}, if_match=read)

    assert (first.status, second.status) == (200, 412)
    assert second.error["code"] == "edited_meanwhile"
    assert scene.acme.shown(path[what])["name"] == "Mine"
    again = scene.acme.patch(path[what], {"name": "Yours"}, if_match=scene.acme.tag(path[what]))
    assert again.status == 200


def test_the_work_of_calls_is_no_edit(scene: Scene) -> None:
    campaign_id = scene.batch([EVA], **{"retries": 1, "retry_interval_ms": 60_000})
    read = scene.acme.tag(f"/campaigns/{campaign_id}")
    scene.rings()
    scene.ends(EVA, "no-answer")

    answer = scene.acme.patch(f"/campaigns/{campaign_id}", {"name": "Mine"}, if_match=read)

    assert answer.status == 200


def test_a_campaign_is_made_pushed_to_and_watched_from_a_terminal(scene: Scene) -> None:
    assert scene.acme.key is not None
    carillon = CommandLine(scene.acme.key, InProcess())
    who = ("--agent", scene.acme.agent_id, "--from", CALLER_ID)

    carillon.run("campaign", "create", "Leads", "--type", "realtime", *who)
    (campaign,) = scene.acme.shown("/campaigns")["campaigns"]
    carillon.run("task", "push", campaign["id"], EVA, "--context", "name=Eva")

    assert scene.rings() == [EVA]
    scene.ends(EVA)
    assert "Leads" in carillon.run("campaign", "list")


def test_fields_are_taken_in_snake_case_and_in_camel_case(scene: Scene) -> None:
    body = scene.acme.batch(max_attempts=2)
    camel = {"name": body["name"], "agentId": body["agent_id"], "callerId": body["caller_id"]}

    made = scene.acme.made("/campaigns", {**camel, "type": "batch", "maxAttempts": 2})

    assert made["max_attempts"] == 2


@pytest.mark.parametrize("path", ["/campaigns", "/tasks", "/agents", "/numbers", "/keys"])
def test_an_unknown_field_is_refused_by_name(scene: Scene, path: str) -> None:
    known = {
        "/campaigns": scene.acme.batch(),
        "/tasks": scene.acme.task(scene.realtime()),
        "/agents": {"name": "Bea", "carrier": "simulated"},
        "/numbers": {"phone": "+34910000009", "carrier": "simulated"},
        "/keys": {"name": "jobs"},
    }
    before = scene.product.everything()

    answer = scene.acme.post(path, {**known[path], "colour": "red"})

    assert (answer.status, answer.error["param"]) == (422, "colour")
    assert scene.product.everything() == before


def test_of_five_hundred_tasks_with_three_bad_ones_the_good_ones_are_in(scene: Scene) -> None:
    campaign_id = scene.realtime()
    tasks = [scene.acme.task(campaign_id, phone=f"+346{number:08}") for number in range(500)]
    tasks[17] |= {"phone": "600000001"}
    tasks[256] |= {"retries": 2, "intervals": [1, 2]}
    tasks[499] |= {"context": {}}

    results = scene.acme.made("/tasks", tasks)["results"]

    errors = {
        number: one["error"]["param"] for number, one in enumerate(results) if "error" in one
    }
    assert errors == {17: "phone", 256: "intervals", 499: "context"}
    assert [
        one["task"]["phone"] for number, one in enumerate(results) if number not in errors
    ] == [task["phone"] for number, task in enumerate(tasks) if number not in errors]
    assert scene.acme.shown(f"/campaigns/{campaign_id}")["progress"]["total"] == 497
