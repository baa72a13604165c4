"""What contacts are called stays text: it is no formula, no place, no name of anything of ours."""

import csv
import io
from typing import Any

import pytest

from tests.functional.product import Acme, Product

FORMULAS = ["=cmd|'/C calc'!A0", "+1+1", "-2+3", "@SUM(A1:A9)", '=HYPERLINK("http://x")', "\t=1"]

#: Names that mean something elsewhere: to Python, to the table and its expressions, to people.
NAMES = [
    *("__class__", "pk", "sk", "lane", "at", "workspace_id", "status", "version", "call"),
    *("#pk", ":value", "#a = :b", "a.b[0]", "REMOVE phone", "$ne", "${x", "{0}", "%s", "../x"),
    *("✆ 🤖", "naïve", "n" * 200, "<script>", "'; DROP TABLE", "\u202ename"),
]


def csv_of(*rows: list[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def imported(product: Product, acme: Acme, *rows: list[str]) -> list[dict[str, Any]]:
    """The tasks that a file becomes."""
    campaign_id = acme.made("/campaigns", acme.batch(draft=False))["id"]
    source = f"s3://drop/imports/{acme.workspace_id}/{campaign_id}/a.csv"
    product.drop(source, csv_of(*rows))
    tasks: list[dict[str, Any]] = acme.shown(f"/campaigns/{campaign_id}/tasks")["tasks"]
    return tasks


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_formula_is_a_name_like_any_other(product: Product, acme: Acme, formula: str) -> None:
    (task,) = imported(product, acme, ["phone", "name"], ["+34600000001", formula])

    assert task["context"] == {"name": formula.strip()}
    assert acme.shown(f"/tasks/{task['id']}")["prompt"] == f"Say hello to {formula.strip()}."


def test_odd_names_of_columns_are_names(product: Product, acme: Acme) -> None:
    values = [f"value {number}" for number in range(len(NAMES))]

    (task,) = imported(product, acme, ["phone", "name", *NAMES], ["+34600000001", "Eva", *values])

    assert task["context"] == {"name": "Eva", **dict(zip(NAMES, values, strict=True))}
    assert (task["phone"], task["status"]) == ("+34600000001", "queued")


def test_three_hundred_columns_are_taken(product: Product, acme: Acme) -> None:
    columns = [f"c{number}" for number in range(299)]

    (task,) = imported(product, acme, ["phone", "name", *columns], ["+34600000001", *["v"] * 300])

    assert len(task["context"]) == 300


@pytest.mark.parametrize("name", NAMES)
def test_a_pushed_task_with_an_odd_name_is_called(product: Product, acme: Acme, name: str) -> None:
    context = {"name": "Eva", name: "value"}

    task_id = acme.pushed(acme.campaign(), context=context)
    product.run()

    assert product.carrier.asked[0].context == context
    assert acme.shown(f"/tasks/{task_id}")["status"] == "running"


def test_a_prompt_that_outgrows_all_memory_reaches_no_carrier(
    product: Product, acme: Acme
) -> None:
    """Forty thousand letters of places, each of a long value: gigabytes, once they are filled."""
    acme.patch(f"/agents/{acme.agent_id}", {"prompt": "{{a}}" * 4_000})
    campaign_id = acme.campaign(prompt="{{a}}" * 4_000)

    task_id = acme.pushed(campaign_id, context={"a": "🙂" * 2_000})
    product.run()

    assert product.carrier.asked == []
    (call,) = acme.shown(f"/tasks/{task_id}/calls")["calls"]
    assert (call["outcome"], call["reason"]) == ("init_failed", "prompt_too_long")
    assert acme.shown(f"/tasks/{task_id}")["prompt"] is None


@pytest.mark.parametrize("name", ["{{secret}}", "${secret}", "{{ name }}", "{{{{secret}}}}", "{{"])
def test_a_value_is_never_expanded_again(product: Product, acme: Acme, name: str) -> None:
    context = {"name": name, "secret": "the code is 1234"}

    acme.pushed(acme.campaign(), context=context)
    product.run()

    assert product.carrier.asked[0].prompt == f"Say hello to {name}."
