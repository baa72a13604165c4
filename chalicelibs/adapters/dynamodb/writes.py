"""Conditional writes as values: carried out alone or together by the table."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple

from chalicelibs.adapters.dynamodb.codec import encode, encode_item
from chalicelibs.adapters.dynamodb.keys import Key

#: In the expressions here an attribute is written `#name` and stands for itself.
NAME = re.compile(r"#(\w+)")

IS_NEW = "attribute_not_exists(pk)"
IS_THERE = "attribute_exists(pk)"


class Write(NamedTuple):
    """One write, as a transaction names it and as the client's method takes it."""

    operation: str  #: `Put`, `Update` or `Delete`.
    params: dict[str, Any]


def put(key: Key, item: Mapping[str, Any], only_if: str | None = None, **values: Any) -> Write:
    """Store or replace an item under a condition."""
    params = {"Item": encode_item({"pk": key[0], "sk": key[1], **item})}
    return Write("Put", params | expressions(values, ConditionExpression=only_if))


def update(
    key: Key,
    expression: str,
    only_if: str | None = None,
    *,
    names: Mapping[str, str] | None = None,
    **values: Any,
) -> Write:
    """Change an item under a condition; `names` are those that are not plain words."""
    params = {"Key": encode_key(key)} | expressions(
        values, UpdateExpression=expression, ConditionExpression=only_if
    )
    if names:
        params["ExpressionAttributeNames"] = params["ExpressionAttributeNames"] | dict(names)
    return Write("Update", params)


def delete(key: Key, only_if: str, **values: Any) -> Write:
    """Remove an item under a condition."""
    params = {"Key": encode_key(key)}
    return Write("Delete", params | expressions(values, ConditionExpression=only_if))


class Change(NamedTuple):
    """A conditional change of an item, as a statement that may be one of many in a request."""

    verb: str  #: What stands before the name of the table.
    text: str  #: What follows it.
    values: list[dict[str, Any]]


def change(
    key: Key,
    *,
    sets: Mapping[str, Any],
    counts: Iterable[str] = (),
    only_if: Mapping[str, Any],
) -> Change:
    """Set attributes of an item and count others up, if it is there and has these values.

    What is set to None is removed.
    """
    where = {"pk": key[0], "sk": key[1], **only_if}
    values = {name: value for name, value in sets.items() if value is not None}
    clauses = [
        *(f'SET "{name}" = ?' for name in values),
        *(f'SET "{name}" = "{name}" + 1' for name in counts),
        *(f'REMOVE "{name}"' for name in sets if name not in values),
    ]
    condition = " AND ".join(f'"{name}" = ?' for name in where)
    return Change(
        "UPDATE",
        f"{' '.join(clauses)} WHERE {condition}",
        [encode(value) for value in (*values.values(), *where.values())],
    )


def insertion(key: Key, item: Mapping[str, Any]) -> Change:
    """Store an item, unless there is one."""
    whole = encode_item({"pk": key[0], "sk": key[1], **item})
    members = ", ".join(f"'{name}': ?" for name in whole)
    return Change("INSERT INTO", f"VALUE {{{members}}}", [*whole.values()])


def telling_what_is_stored(write: Write) -> Write:
    """The write, with the stored item told where its condition fails."""
    return Write(
        write.operation, write.params | {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    )


def encode_key(key: Key) -> dict[str, Any]:
    """A key with its DynamoDB types."""
    return {"pk": {"S": key[0]}, "sk": {"S": key[1]}}


def expressions(values: Mapping[str, Any], **texts: str | None) -> dict[str, Any]:
    """Expressions as request parameters, with the names and values that they use."""
    params: dict[str, Any] = {name: text for name, text in texts.items() if text is not None}
    if names := names_in(" ".join(params.values())):
        params["ExpressionAttributeNames"] = names
    if values:
        params["ExpressionAttributeValues"] = {
            f":{name}": encode(value) for name, value in values.items()
        }
    return params


@cache
def names_in(text: str) -> dict[str, str]:
    """The attributes that an expression names."""
    return {f"#{name}": name for name in NAME.findall(text)}
