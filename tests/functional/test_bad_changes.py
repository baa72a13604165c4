"""A change that is wrong in any field changes nothing; neither does a question that is wrong."""

from typing import Any
from urllib.parse import quote

import pytest

from chalicelibs.api.agents import AgentChanges, NewAgent, NewNumber, NumberChanges
from chalicelibs.api.bodies import Body
from chalicelibs.api.campaign_settings import CampaignChanges, NewCampaign
from chalicelibs.api.hours import Hours
from chalicelibs.api.keys import KeyChanges, NewKey
from chalicelibs.api.pushes import NewTask
from chalicelibs.api.searches import CallQuery, TaskQuery
from chalicelibs.api.workspaces import Limits, NewWorkspace
from tests.functional.product import OPERATOR_KEY, Acme, Api, Product
from tests.functional.test_bad_input import (
    AGENT_FIELDS,
    CAMPAIGN_FIELDS,
    HOURS_FIELDS,
    INSTANTS,
    NO_TEXT,
    NUMBER_FIELDS,
    TASK_FIELDS,
    WORKSPACE_FIELDS,
    check,
    each,
    field_of,
    label,
)

BRAKE, BUDGET = {"failed_percent": 50}, {"amount": "10.00", "currency": "USD"}

#: What new campaigns and changes share, beside what `CAMPAIGN_FIELDS` has.
MORE_SETTINGS = [
    *each("retries", "3", 1.5, True, [], {}, -1, 20, 10**30),
    *each("retry_interval_ms", "7", 1.5, True, [], {}, -1, 10**12, 10**30),
    *each("prompt", *NO_TEXT, None, "x" * 20_001),
    *each("failure_brake", 7, "off", True, []),
    *each("daily_budget", 7, "10 USD", True, [], {"currency": "USD"}, {"amount": "10.00"}),
]

#: These say how a campaign begins; they cannot be changed.
FIXED = {"type", "draft"}
CHANGES = [pair for pair in CAMPAIGN_FIELDS if field_of(pair[0]) not in FIXED]
STATUSES = each("status", *NO_TEXT, None, "", "draft", "completed", "Paused ", "stopped")
#: What may be left out of a new campaign by null cannot be taken from one that has it.
NO_NULLS = ["retries", "retry_interval_ms", "retry_intervals_ms", "max_attempts", "status"]
KEY_FIELDS = [
    *each("name", *NO_TEXT, None, "", "n" * 201),
    *each("requests_per_minute", "9", 1.5, True, None, [], 0, -1, 100_001),
    *each("scope", *NO_TEXT, None, "", "admin", "MANAGE"),
]
LIMIT_FIELDS = [
    *each("concurrency_limit", "7", 1.5, True, None, [], 0, -1, 10_001),
    *each("calls_per_second", "7", 1.5, True, [], 0, -1, 1001),
]


def refused(answer: Any, param: str) -> None:
    """Refused for this field, or for something in it."""
    assert answer.status == 422, answer
    told = answer.error["param"] or ""
    assert told == param or told.startswith((f"{param}.", f"{param}[")), answer


# --- Every field of every body -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "tables"),
    [
        (NewWorkspace, [WORKSPACE_FIELDS]),
        (Limits, [LIMIT_FIELDS]),
        (NewKey, [KEY_FIELDS]),
        (KeyChanges, [KEY_FIELDS]),
        (NewAgent, [AGENT_FIELDS]),
        (AgentChanges, [AGENT_FIELDS]),
        (NewNumber, [NUMBER_FIELDS]),
        (NumberChanges, [NUMBER_FIELDS]),
        (NewCampaign, [CAMPAIGN_FIELDS, MORE_SETTINGS]),
        (CampaignChanges, [CHANGES, MORE_SETTINGS, STATUSES]),
        (Hours, [HOURS_FIELDS]),
        (NewTask, [TASK_FIELDS]),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
def test_no_field_of_a_body_is_without_a_bad_value(
    model: type[Body], tables: list[list[tuple[str, Any]]]
) -> None:
    tried = {field_of(param) for table in tables for param, _ in table}

    assert {name.removesuffix("_") for name in model.model_fields} <= tried


@pytest.mark.parametrize("kind", ["batch", "realtime"])
@pytest.mark.parametrize(("param", "value"), MORE_SETTINGS, ids=label)
def test_more_of_a_new_campaign(
    product: Product, acme: Acme, kind: str, param: str, value: object
) -> None:
    before = product.everything()

    answer = acme.post("/campaigns", {**acme.batch(type=kind), param: value})

    refused(answer, param)
    assert product.everything() == before


@pytest.mark.parametrize(
    ("param", "value"),
    [
        *[*CHANGES, *MORE_SETTINGS, *STATUSES],
        *[(name, None) for name in NO_NULLS],
        *[(name, "x") for name in ("id", "type", "draft", "version", "progress", "colour")],
    ],
    ids=label,
)
def test_a_change_of_a_campaign(product: Product, acme: Acme, param: str, value: object) -> None:
    rules = {"max_attempts": 3, "retry_intervals_ms": [1, 2], "start_at": "2027-03-05T12:00:00Z"}
    campaign_id = acme.made("/campaigns", acme.batch(**rules, draft=False))["id"]
    before = product.everything()

    answer = acme.patch(f"/campaigns/{campaign_id}", {"name": "New", field_of(param): value})

    refused(answer, param)
    assert product.everything() == before, "not even its name"


@pytest.mark.parametrize(("param", "value"), HOURS_FIELDS, ids=label)
def test_a_change_of_calling_hours(
    product: Product, acme: Acme, param: str, value: object
) -> None:
    campaign_id = acme.campaign(calling_hours={"start": "10:00", "end": "18:00"})
    before = product.everything()
    hours = {"start": "10:00", "end": "18:00", field_of(param): value}

    answer = acme.patch(f"/campaigns/{campaign_id}", {"calling_hours": hours})

    refused(answer, f"calling_hours.{param}")
    assert product.everything() == before


@pytest.mark.parametrize("missing", ["start", "end"])
def test_calling_hours_that_lack_an_end(product: Product, acme: Acme, missing: str) -> None:
    hours = {"start": "10:00", "end": "18:00"}
    del hours[missing]

    check(
        *(product, acme, "/campaigns", acme.batch(calling_hours=hours)),
        *(422, f"calling_hours.{missing}"),
    )


# --- What contradicts itself ---------------------------------------------------------------------

CONTRADICTIONS = [
    ({"retries": 2, "max_attempts": 2}, "retries"),
    ({"retries": 0, "max_attempts": 2}, "retries"),
    ({"retries": 1, "retry_intervals_ms": [1, 2]}, "retry_intervals_ms"),
    ({"retries": 1, "retry_intervals_ms": []}, "retry_intervals_ms"),
    (
        {"retries": 1, "retry_intervals_ms": [1], "retry_interval_ms": 1},
        "retry_interval_ms",
    ),
    ({"max_attempts": 1, "retry_intervals_ms": [1]}, "retry_intervals_ms"),
    ({"start_at": "2027-03-06T10:00:00Z", "end_at": "2027-03-06T10:00:00Z"}, "end_at"),
    ({"start_at": "2027-03-06T10:00:00Z", "end_at": "2027-03-06T09:59:59Z"}, "end_at"),
    ({"calling_hours": {"start": "10:00", "end": "10:00"}}, "calling_hours.end"),
]


@pytest.mark.parametrize(("settings", "param"), CONTRADICTIONS, ids=str)
def test_settings_that_contradict_each_other(
    product: Product, acme: Acme, settings: dict[str, Any], param: str
) -> None:
    check(product, acme, "/campaigns", acme.batch(**settings), 422, param)


@pytest.mark.parametrize(("settings", "param"), CONTRADICTIONS, ids=str)
def test_changes_that_contradict_each_other(
    product: Product, acme: Acme, settings: dict[str, Any], param: str
) -> None:
    campaign_id = acme.campaign()
    before = product.everything()

    refused(acme.patch(f"/campaigns/{campaign_id}", settings), param)

    assert product.everything() == before


@pytest.mark.parametrize(
    ("settings", "change", "param"),
    [
        ({"start_at": "2027-03-06T10:00:00Z"}, {"end_at": "2027-03-06T10:00:00Z"}, "end_at"),
        ({"end_at": "2027-03-06T10:00:00Z"}, {"start_at": "2027-03-06T11:00:00Z"}, "end_at"),
        ({"max_attempts": 2}, {"retry_intervals_ms": [1, 2]}, "retry_intervals_ms"),
        ({}, {"retry_outcomes": ["undecided"]}, "retry_outcomes"),
    ],
    ids=str,
)
def test_a_change_that_contradicts_what_is_there(
    product: Product, acme: Acme, settings: dict[str, Any], change: dict[str, Any], param: str
) -> None:
    campaign_id = acme.campaign(**settings)
    before = product.everything()

    refused(acme.patch(f"/campaigns/{campaign_id}", change), param)

    assert product.everything() == before


def test_retries_and_attempts_that_say_the_same_are_no_contradiction(acme: Acme) -> None:
    assert acme.made("/campaigns", acme.batch(retries=2, max_attempts=3))["max_attempts"] == 3


# --- Limits and keys -----------------------------------------------------------------------------


@pytest.mark.parametrize(("param", "value"), LIMIT_FIELDS, ids=label)
def test_limits_beyond_reason(product: Product, acme: Acme, param: str, value: object) -> None:
    before = product.everything()

    refused(acme.put("/workspace/limits", {"concurrency_limit": 5, param: value}), param)

    assert product.everything() == before


def test_limits_without_the_one_that_is_needed(product: Product, acme: Acme) -> None:
    before = product.everything()

    refused(acme.put("/workspace/limits", {"calls_per_second": 5}), "concurrency_limit")

    assert product.everything() == before


@pytest.mark.parametrize(("param", "value"), KEY_FIELDS, ids=label)
def test_a_key(product: Product, acme: Acme, param: str, value: object) -> None:
    (key,) = acme.shown("/keys")["keys"]
    before = product.everything()

    refused(acme.post("/keys", {"name": "jobs", param: value}), param)
    refused(acme.patch(f"/keys/{key['id']}", {param: value}), param)

    assert product.everything() == before


def test_a_workspace_without_a_name(product: Product) -> None:
    before = product.everything()

    refused(Api(OPERATOR_KEY).post("/workspaces", {"concurrency_limit": 5}), "name")

    assert product.everything() == before


@pytest.mark.parametrize("missing", ["phone", "carrier"])
def test_a_number_that_lacks_a_field(product: Product, acme: Acme, missing: str) -> None:
    body = {"phone": "+34600000001", "carrier": "simulated"}
    del body[missing]

    check(product, acme, "/numbers", body, 422, missing)


# --- Queries -------------------------------------------------------------------------------------

TASK_QUERIES = [
    *each("status", "", "calling", "Queued", "7"),
    *each("outcome", ""),
    *each("phone", "", "600", "x", "+999123"),
    *each("attempts", "", "x", "-1", "22", "1.5"),
    *each("external_id", "", "x" * 201),
]
CALL_QUERIES = [
    *each("campaign_id", ""),
    *each("agent_id", ""),
    *each("outcome", ""),
    *each("since", *[text for text in INSTANTS if isinstance(text, str)], "-1", "1" * 30),
    *each("until", *[text for text in INSTANTS if isinstance(text, str)], "-1", "1" * 30),
]


def test_no_field_of_a_query_is_without_a_bad_value() -> None:
    assert set(TaskQuery.model_fields) <= {name for name, _ in TASK_QUERIES}
    assert set(CallQuery.model_fields) <= {name for name, _ in CALL_QUERIES}


@pytest.mark.parametrize(("name", "value"), TASK_QUERIES, ids=label)
def test_a_query_for_tasks(acme: Acme, name: str, value: str) -> None:
    campaign_id = acme.campaign()

    refused(acme.get(f"/campaigns/{campaign_id}/tasks?{name}={quote(value)}"), name)


@pytest.mark.parametrize(("name", "value"), CALL_QUERIES, ids=label)
def test_a_query_for_calls(acme: Acme, name: str, value: str) -> None:
    refused(acme.get(f"/calls?{name}={quote(value)}"), name)


# --- Nothing is half written ---------------------------------------------------------------------


def test_of_five_hundred_tasks_each_has_its_result_and_the_good_ones_are_in(
    product: Product, acme: Acme
) -> None:
    campaign_id = acme.campaign()
    tasks: list[Any] = [acme.task(campaign_id, phone=f"+346{number:08}") for number in range(500)]
    tasks[0] = "no object"
    tasks[250] = {**tasks[250], "retries": 3, "intervals": [1]}
    tasks[499] = {**tasks[499], "colour": "red"}

    results = acme.made("/tasks", tasks)["results"]

    wrong = {place: one["error"]["param"] for place, one in enumerate(results) if "error" in one}
    assert wrong == {0: None, 250: "intervals", 499: "colour"}
    assert len(product.store.tasks) == 497
    for place in (1, 249, 251, 498):
        made = results[place]["task"]
        assert acme.shown(f"/tasks/{made['id']}")["phone"] == tasks[place]["phone"]
