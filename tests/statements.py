"""PartiQL for moto, whose own knows no sums, and takes a condition that fails for success."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from moto import mock_aws
from moto.dynamodb.exceptions import ConditionalCheckFailed
from moto.dynamodb.models import DynamoDBBackend

UPDATE = re.compile(
    r'UPDATE "(?P<table>[^"]+)" (?P<sets>SET .+?)(?P<removes>( REMOVE "\w+")*) '
    r"WHERE (?P<condition>.+)"
)
INSERT = re.compile(r"""INSERT INTO "(?P<table>[^"]+)" VALUE \{(?P<members>('\w+': \?(, )?)+)\}""")
SET = re.compile(r'SET "(\w+)" = (\?|"\w+" \+ 1)')
REMOVE = re.compile(r'REMOVE "(\w+)"')
MEMBER = re.compile(r"'(\w+)': \?")
EQUAL = re.compile(r'"(\w+)" = \?')
ONE = {":one": {"N": "1"}}


@contextmanager
def moto() -> Iterator[None]:
    """An AWS in this process."""
    with mock_aws(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(DynamoDBBackend, "batch_execute_statement", carry_out)
        yield


def carry_out(table: DynamoDBBackend, statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each statement for itself, as DynamoDB does it."""
    return [answer_to(table, one["Statement"], one["Parameters"]) for one in statements]


def answer_to(table: DynamoDBBackend, text: str, values: list[Any]) -> dict[str, Any]:
    """What is told of a statement: its table, or its error."""
    if parts := INSERT.fullmatch(text):
        return insert(table, parts["table"], MEMBER.findall(parts["members"]), values)
    parts = UPDATE.fullmatch(text)
    assert parts is not None, text
    return update(table, parts, values)


def insert(
    table: DynamoDBBackend, name: str, members: list[str], values: list[Any]
) -> dict[str, Any]:
    """Store an item, unless there is one."""
    item = dict(zip(members, values, strict=True))
    try:
        table.put_item(name, item, condition_expression="attribute_not_exists(pk)")
    except ConditionalCheckFailed:
        return {"Error": {"Code": "DuplicateItem", "Message": "it is there"}}
    return {"TableName": name}


def update(table: DynamoDBBackend, parts: re.Match[str], values: list[Any]) -> dict[str, Any]:
    """Change an item, if its condition holds."""
    places = iter(range(len(values)))
    sets = [
        f"#{name} = :{next(places)}" if to == "?" else f"#{name} = #{name} + :one"
        for name, to in SET.findall(parts["sets"])
    ]
    removes = REMOVE.findall(parts["removes"])
    where = [(name, next(places)) for name in EQUAL.findall(parts["condition"])]
    names = [name for name, _ in SET.findall(parts["sets"])] + [name for name, _ in where]
    gone = f" REMOVE {', '.join(f'#{name}' for name in removes)}" if removes else ""
    try:
        table.update_item(
            parts["table"],
            {name: values[place] for name, place in where if name in {"pk", "sk"}},
            f"SET {', '.join(sets)}{gone}",
            {f"#{name}": name for name in [*names, *removes]},
            {f":{place}": value for place, value in enumerate(values)} | ONE,
            condition_expression=" AND ".join(f"#{name} = :{place}" for name, place in where),
        )
    except ConditionalCheckFailed:
        return {"Error": {"Code": "ConditionalCheckFailed", "Message": "it failed"}}
    return {"TableName": parts["table"]}
