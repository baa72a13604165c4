"""Requests sent as they were made, and answers read as they came.

Our codec writes items as DynamoDB's JSON has them, and reads them so. boto3 would walk through
every value of a request two or three times more and once through every value of an answer, which
takes half of what a request costs, and of an import more than all else.
"""

import json
from base64 import b64encode
from http import HTTPStatus
from typing import Any

#: What is large in a request.
LARGE = (
    "ExpressionAttributeValues",
    "Item",
    "RequestItems",
    "Statements",
    "TransactItems",
)

#: Where a request keeps what it is about to send.
ASIDE = "carillon_aside"


def speak_straight(client: Any) -> Any:
    """Have the client send items as they are, and give them as they come; gives the client."""
    events = client.meta.events
    events.register("before-parameter-build.dynamodb", _set_aside)
    events.register("before-call.dynamodb", _write)
    events.register("before-parse.dynamodb", _read)
    return client


def _set_aside(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    context[ASIDE] = {name: params[name] for name in LARGE if name in params}
    params.update((name, type(value)()) for name, value in context[ASIDE].items())


def _write(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    rest = json.loads(params["body"])  # the token that makes a repeated request harmless, too
    whole = rest | context[ASIDE]
    params["body"] = json.dumps(whole, separators=(",", ":"), default=_bytes).encode()


def _read(
    response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any
) -> None:
    if response_dict["status_code"] == HTTPStatus.OK:  # an error is boto3's to understand
        customized_response_dict.update(json.loads(response_dict["body"]))
        response_dict["body"] = b"{}"


def _bytes(value: bytes) -> str:
    return b64encode(value).decode()
