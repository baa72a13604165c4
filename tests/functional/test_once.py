"""A program may repeat a request whose answer it has lost: nothing is made twice."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

import app
from chalicelibs.domain.once import KEPT_FOR, LONGEST_ANSWER, Answered, Asked, Turn
from chalicelibs.ports.requests import Answers
from tests.functional.product import CALLER_ID, OPERATOR_KEY, Acme, Answer, Api, Product

SECOND = timedelta(seconds=1)
REPLAYED = "Idempotency-Replayed"


class Crashed(BaseException):
    """The function is gone: nothing below the current line will run."""


@dataclass
class LosingAnswers:
    """Answers that are lost after everything was done, as `error` says; then they are kept."""

    answers: Answers
    error: BaseException
    losses: int = 1

    def begin(self, asked: Asked, now: datetime) -> Turn | Answered:
        return self.answers.begin(asked, now)

    def keep(self, turn: Turn, answer: Answered) -> None:
        self.losses -= 1
        if self.losses >= 0:
            raise self.error
        self.answers.keep(turn, answer)

    def forget(self, turn: Turn) -> None:
        self.answers.forget(turn)


def loses_an_answer(product: Product, error: BaseException) -> None:
    once = product.service.answer_once
    losing = replace(once, answers=LosingAnswers(once.answers, error))
    product.service = replace(product.service, answer_once=losing)


def crashes_once(product: Product, ask: Callable[[], Answer]) -> Answer:
    """Ask, lose the answer with the function that had it, and ask again when it is known dead."""
    loses_an_answer(product, Crashed())
    with pytest.raises(Crashed):
        ask()
    product.clock.pass_(LONGEST_ANSWER)
    return ask()


# --- The same answer -----------------------------------------------------------------------------


@pytest.fixture
def draft_id(acme: Acme) -> str:
    return str(acme.made("/campaigns", acme.batch())["id"])


def body_for(path: str, acme: Acme, draft_id: str) -> Any:
    number = {"phone_number": CALLER_ID}
    lead = {"phone_number": "+34600000001", "variables": {"name": "Eva"}}
    bodies: dict[str, Any] = {
        "/workspaces": {"name": "Beta"},
        "/keys": {"name": "jobs"},
        "/admin/dead-letters/redrive": {},
        "/agents": {"name": "Bea", "carrier": "simulated"},
        "/numbers": {"phone": "+34910000077", "carrier": "simulated"},
        "/campaigns": acme.batch(),
        "/campaigns/{campaign_id}/exports": {"what": "tasks"},
        "/campaigns/{campaign_id}/imports": {"file": "contacts.csv"},
        "/campaigns/{campaign_id}/leads": lead,
        "/api/v1/campaigns": {"name": "N", "assistant_id": acme.agent_id, **number},
        "/api/v1/campaigns/{campaign_id}/leads": [lead, {"phone_number": "nonsense"}],
        "/tasks": [acme.task(draft_id), {"phone": "nonsense", "campaign": draft_id}],
    }
    return bodies.get(path)


def import_in_parts(product: Product, acme: Acme, draft_id: str) -> str:
    """An import all of whose parts have come."""
    body = {"file": "contacts.csv", "bytes": 5}
    made = acme.made(f"/campaigns/{draft_id}/imports", body)
    product.upload_part(made["upload_parts"]["parts"][0], b"phone")
    return str(made["import"]["id"])


#: Every route that takes a POST and a key.
ROUTES = sorted(
    path
    for path, entries in app.app.routes.items()
    if "POST" in entries and entries["POST"].authorizer is not None
)


#: Those that only the operator's key opens.
OPERATORS = {"/workspaces", "/admin/dead-letters/redrive"}


@pytest.mark.parametrize("path", ROUTES)
def test_a_repeated_request_has_the_same_answer_and_changes_nothing(
    product: Product, acme: Acme, draft_id: str, path: str
) -> None:
    client = Api(OPERATOR_KEY) if path in OPERATORS else acme
    body = body_for(path, acme, draft_id)
    task_id = acme.pushed(draft_id, phone="+34600000099")
    filled = path.format(
        campaign_id=draft_id,
        task_id=task_id,
        import_id=import_in_parts(product, acme, draft_id),
        name=acme.carrier(),
    )
    if path.startswith("/tasks/") and path.endswith("/resume"):
        acme.post(f"/tasks/{task_id}/pause")
    elif path.startswith("/tasks/") or path.endswith(("/pause", "/resume")):
        acme.post(f"/campaigns/{draft_id}/start")
    if path.startswith("/campaigns/") and path.endswith("/resume"):
        acme.post(f"/campaigns/{draft_id}/pause")

    first = client.post(filled, body, once="monday")
    stored = product.everything()
    product.clock.pass_(timedelta(hours=23))
    again = client.post(filled, body, once="monday")

    assert first.status in {200, 201, 202}
    assert again == first
    assert REPLAYED not in first.headers
    assert again.headers[REPLAYED] == "true"
    assert product.everything() == stored


def test_an_answer_keeps_its_headers(acme: Acme) -> None:
    body = {"name": "Bea", "carrier": "simulated"}

    first = acme.post("/agents", body, once="monday")
    again = acme.post("/agents", body, once="monday")

    tag = acme.tag(f"/agents/{first.body['id']}")
    assert (first.headers["ETag"], again.headers["ETag"]) == (tag, tag)


def test_without_the_header_nothing_is_written_and_everything_is_made_anew(
    product: Product, acme: Acme
) -> None:
    one, two = acme.campaign(), acme.campaign()

    assert one != two
    assert product.store.answers == {}


def test_after_a_day_the_same_request_is_a_new_one(product: Product, acme: Acme) -> None:
    one = acme.post("/campaigns", acme.realtime(), once="monday")
    product.clock.pass_(KEPT_FOR)

    two = acme.post("/campaigns", acme.realtime(), once="monday")

    assert one.body["id"] != two.body["id"]
    assert REPLAYED not in two.headers


def test_a_list_that_was_accepted_in_part_is_answered_again_as_it_was(
    product: Product, acme: Acme
) -> None:
    pushes = [acme.task(acme.campaign()), {"phone": "nonsense"}]

    first = acme.post("/tasks", pushes, once="monday")
    again = acme.post("/tasks", pushes, once="monday")

    assert first.status == 201
    assert again == first
    assert len(product.store.tasks) == 1


def test_a_list_of_five_hundred_is_answered_again_as_it_was(product: Product, acme: Acme) -> None:
    campaign_id = acme.campaign()
    pushes = [acme.task(campaign_id, phone=f"+346{number:08}") for number in range(500)]

    first = acme.post("/tasks", pushes, once="monday")
    again = acme.post("/tasks", pushes, once="monday")

    assert again == first
    assert len(product.store.tasks) == 500


# --- Refusals ------------------------------------------------------------------------------------


def test_a_key_that_came_with_another_body_is_refused(product: Product, acme: Acme) -> None:
    acme.post("/campaigns", acme.realtime(), once="monday")
    stored = product.everything()

    answer = acme.post("/campaigns", acme.realtime(name="Other"), once="monday")

    assert answer.status == 409
    assert answer.error["code"] == "idempotency_key_reused"
    assert answer.error["param"] == "Idempotency-Key"
    assert product.everything() == stored


def test_a_key_that_came_with_another_path_is_refused(acme: Acme, draft_id: str) -> None:
    acme.post(f"/campaigns/{draft_id}/start", once="monday")

    answer = acme.post(f"/campaigns/{draft_id}/archive", once="monday")

    assert (answer.status, answer.error["code"]) == (409, "idempotency_key_reused")


def test_while_the_first_is_being_answered_the_second_is_told_when_to_ask_again(
    product: Product, acme: Acme
) -> None:
    loses_an_answer(product, Crashed())
    with pytest.raises(Crashed):
        acme.post("/campaigns", acme.realtime(), once="monday")
    product.clock.pass_(20 * SECOND)

    answer = acme.post("/campaigns", acme.realtime(), once="monday")

    assert (answer.status, answer.error["code"]) == (409, "in_progress")
    assert answer.headers["Retry-After"] == "40"


def test_a_refused_request_may_be_corrected_under_its_key(acme: Acme) -> None:
    refused = acme.post("/campaigns", acme.realtime(agent_id="0" * 16), once="monday")

    corrected = acme.post("/campaigns", acme.realtime(), once="monday")

    assert (refused.status, corrected.status) == (422, 201)
    assert REPLAYED not in corrected.headers


@pytest.mark.parametrize("key", ["", " ", "a b", "k" * 256, "clé", "tab\tbed", "\x7f"], ids=ascii)
def test_a_key_that_is_none_is_refused(product: Product, acme: Acme, key: str) -> None:
    stored = product.everything()

    answer = acme.post("/campaigns", acme.realtime(), once=key)

    assert (answer.status, answer.error["param"]) == (422, "Idempotency-Key")
    assert product.everything() == stored


@pytest.mark.parametrize("key", ["k", "!", "~", "k" * 255, "order#17/{x}"])
def test_any_visible_characters_make_a_key(acme: Acme, key: str) -> None:
    first = acme.post("/campaigns", acme.realtime(), once=key)

    assert acme.post("/campaigns", acme.realtime(), once=key) == first


# --- Lost answers --------------------------------------------------------------------------------


def test_a_campaign_whose_answer_was_lost_is_not_made_twice(product: Product, acme: Acme) -> None:
    body = acme.realtime()

    answer = crashes_once(product, lambda: acme.post("/campaigns", body, once="monday"))

    assert answer.status == 201
    assert list(product.store.campaigns) == [answer.body["id"]]
    shown = acme.shown(f"/campaigns/{answer.body['id']}")
    assert {**shown, "sample_task": answer.body["sample_task"]} == answer.body


def test_a_task_whose_answer_was_lost_rings_nobody_twice(product: Product, acme: Acme) -> None:
    body = acme.task(acme.campaign())

    answer = crashes_once(product, lambda: acme.post("/tasks", body, once="monday"))
    product.run()

    assert answer.status == 201
    assert list(product.store.tasks) == [answer.body["task"]["id"]]
    assert len(product.carrier.asked) == 1


def test_of_a_list_whose_answer_was_lost_each_task_is_there_once(
    product: Product, acme: Acme
) -> None:
    campaign_id = acme.campaign()
    pushes: list[Any] = [acme.task(campaign_id, phone=f"+3460000010{one}") for one in range(5)]
    pushes.insert(2, {"phone": "nonsense"})

    answer = crashes_once(product, lambda: acme.post("/tasks", pushes, once="monday"))

    made = [one["task"]["phone"] for one in answer.body["results"] if "task" in one]
    assert made == [f"+3460000010{one}" for one in range(5)]
    assert len(product.store.tasks) == 5


def test_a_list_that_died_half_way_is_completed(product: Product, acme: Acme) -> None:
    campaign_id = acme.campaign()
    pushes = [acme.task(campaign_id, phone=f"+3460000010{one}") for one in range(4)]
    loses_an_answer(product, Crashed())
    with pytest.raises(Crashed):
        acme.post("/tasks", pushes, once="monday")
    for task_id in sorted(product.store.tasks)[2:]:
        task = product.store.tasks.pop(task_id)
        assert task.entry is not None
        del product.store.agenda[task.entry.partition][task_id]
    product.clock.pass_(LONGEST_ANSWER)

    answer = acme.post("/tasks", pushes, once="monday")

    assert [one["task"]["phone"] for one in answer.body["results"]] == [
        push["phone"] for push in pushes
    ]
    assert len(product.store.tasks) == 4


def test_a_task_that_would_be_refused_by_now_is_still_the_one_that_was_made(
    product: Product, acme: Acme
) -> None:
    campaign_id = acme.campaign()
    body = acme.task(campaign_id)

    def ask() -> Answer:
        return acme.post("/tasks", body, once="monday")

    loses_an_answer(product, Crashed())
    with pytest.raises(Crashed):
        ask()
    acme.post(f"/campaigns/{campaign_id}/archive")
    product.clock.pass_(LONGEST_ANSWER)

    assert ask().status == 201
    assert len(product.store.tasks) == 1


def test_a_campaign_that_would_be_refused_by_now_is_still_the_one_that_was_made(
    product: Product, acme: Acme
) -> None:
    ends = product.clock.at + timedelta(seconds=30)
    body = acme.batch(end_at=ends.isoformat())

    answer = crashes_once(product, lambda: acme.post("/campaigns", body, once="monday"))

    assert answer.status == 201
    assert len(product.store.campaigns) == 1


@pytest.mark.parametrize("path", ["/agents", "/numbers"])
def test_agents_and_numbers_whose_answers_were_lost_are_there_once(
    product: Product, acme: Acme, draft_id: str, path: str
) -> None:
    body = body_for(path, acme, draft_id)

    crashes_once(product, lambda: acme.post(path, body, once="monday"))

    (listed,) = acme.shown(path).values()
    assert len(listed) == 2, "the one that Acme has, and this one"


def test_a_workspace_whose_answer_was_lost_is_opened_by_the_key_of_the_second(
    product: Product,
) -> None:
    operator = Api(OPERATOR_KEY)

    answer = crashes_once(
        product, lambda: operator.post("/workspaces", {"name": "Beta"}, once="monday")
    )

    assert list(product.store.workspaces) == [answer.body["workspace"]["id"]]
    assert Api(answer.body["api_key"]).shown("/workspace")["name"] == "Beta"
    assert len(product.store.keys) == 1


def test_a_key_whose_answer_was_lost_is_there_once_and_works(product: Product, acme: Acme) -> None:
    product.clock.pass_(SECOND)

    answer = crashes_once(product, lambda: acme.post("/keys", {"name": "jobs"}, once="monday"))

    assert Api(answer.body["api_key"]).get("/workspace").status == 200
    assert [key["name"] for key in acme.shown("/keys")["keys"]] == ["first", "jobs"]


def test_an_error_on_our_side_frees_the_key_at_once_and_makes_nothing_twice(
    product: Product, acme: Acme
) -> None:
    loses_an_answer(product, ConnectionError("the table does not answer"))

    failed = acme.post("/campaigns", acme.realtime(), once="monday")
    again = acme.post("/campaigns", acme.realtime(), once="monday")

    assert (failed.status, again.status) == (500, 201)
    assert list(product.store.campaigns) == [again.body["id"]]


def test_after_an_error_another_request_under_the_key_is_another_thing(
    product: Product, acme: Acme
) -> None:
    loses_an_answer(product, ConnectionError("the table does not answer"))
    acme.post("/campaigns", acme.realtime(), once="monday")

    other = acme.post("/campaigns", acme.realtime(name="Other"), once="monday")

    assert other.body["name"] == "Other"
    assert len(product.store.campaigns) == 2


def test_campaigns_made_under_a_key_sort_by_when_they_were_first_asked_for(
    product: Product, acme: Acme
) -> None:
    one = acme.post("/campaigns", acme.realtime(name="one"), once="z").body["id"]
    product.clock.pass_(SECOND)
    two = acme.campaign(name="two")
    product.clock.pass_(SECOND)
    three = acme.post("/campaigns", acme.realtime(name="three"), once="a").body["id"]

    assert [each["id"] for each in acme.shown("/campaigns")["campaigns"]] == [three, two, one]


# --- Secrets -------------------------------------------------------------------------------------


def test_a_secret_that_is_answered_again_is_kept_so_that_nobody_else_can_read_it(
    product: Product, acme: Acme
) -> None:
    first = acme.post("/keys", {"name": "jobs"}, once="monday")

    assert acme.post("/keys", {"name": "jobs"}, once="monday") == first
    secret = first.body["api_key"].split("_", 2)[2]
    assert secret not in str(product.everything())


def test_a_secret_is_told_again_only_to_the_key_that_asked(acme: Acme) -> None:
    other_key = Api(acme.made("/keys", {"name": "other"})["api_key"])
    first = acme.post("/keys", {"name": "jobs"}, once="monday")

    answer = other_key.post("/keys", {"name": "jobs"}, once="monday")

    assert answer.status == 201
    assert answer.body["api_key"] != first.body["api_key"]
