"""Units are counted as AWS does."""

from typing import Any

import pytest

from bench.units import read_units, size, statement_units

SMALL = {"pk": {"S": "T#1"}, "n": {"N": "12345"}, "ok": {"BOOL": True}}
LARGE = {"pk": {"S": "x" * 5000}}
STRONG = {"ConsistentRead": True}


def test_an_item_is_as_large_as_its_names_and_values() -> None:
    assert size(SMALL) == (2 + 3) + (1 + 4) + (2 + 1)


def batch(*items: Any, keys: int) -> tuple[dict[str, Any], dict[str, Any]]:
    asked = {"RequestItems": {"t": {"Keys": [{}] * keys, **STRONG}}}
    return asked, {"Responses": {"t": list(items)}}


@pytest.mark.parametrize(
    ("operation", "asked", "answer", "units"),
    [
        pytest.param("GetItem", STRONG, {"Item": SMALL}, 1, id="a small item"),
        pytest.param("GetItem", {}, {"Item": SMALL}, 0.5, id="one that may be old"),
        pytest.param("GetItem", STRONG, {"Item": LARGE}, 2, id="a large item"),
        pytest.param("GetItem", STRONG, {}, 1, id="nothing there"),
        pytest.param("BatchGetItem", *batch(SMALL, LARGE, keys=3), 4, id="each for itself"),
        pytest.param("Query", STRONG, {"Items": [SMALL] * 10}, 1, id="all together"),
        pytest.param("Query", {}, {"Items": [LARGE] * 4}, 2.5, id="half, of old ones"),
        pytest.param(
            "Query", STRONG, {"Items": [LARGE], "ScannedCount": 4}, 5, id="what a filter passes"
        ),
        pytest.param("PutItem", {}, {}, 0, id="a write"),
    ],
)
def test_read_units(
    operation: str, asked: dict[str, Any], answer: dict[str, Any], units: float
) -> None:
    assert read_units(operation, asked, answer) == units


def test_a_statement_that_moves_an_entry_pays_for_both_of_its_places() -> None:
    claim = {"Statement": 'UPDATE "carillon" SET "lane" = ? WHERE "pk" = ?'}
    other = {"Statement": 'UPDATE "carillon" SET "reason" = ? WHERE "pk" = ?'}
    answers = [{"TableName": "carillon"}, {"Error": {"Code": "ConditionalCheckFailed"}}, {}]

    told = statement_units({"Statements": [claim, claim, other]}, {"Responses": answers})

    assert told == 3 + 1 + 1
