"""Transactions sent as they were made: the client does not look through each of their values.

Our codec writes items as DynamoDB reads them. boto3 would walk through every value of a large
transaction three times more, which costs more than all else that an import does.
"""

import json
from base64 import b64encode
from typing import Any

#: Where a request keeps what it is about to send.
ACTIONS = "carillon_actions"


def send_straight(client: Any) -> Any:
    """Have the client send transactions as they are; gives the client."""
    events, name = client.meta.events, "dynamodb.TransactWriteItems"
    events.register(f"before-parameter-build.{name}", _set_aside)
    events.register(f"before-call.{name}", _write)
    return client


def _set_aside(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    context[ACTIONS] = params["TransactItems"]
    params["TransactItems"] = []


def _write(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    rest = json.loads(params["body"])  # the token that makes a repeated request harmless
    whole = rest | {"TransactItems": context[ACTIONS]}
    params["body"] = json.dumps(whole, separators=(",", ":"), default=_bytes).encode()


def _bytes(value: bytes) -> str:
    return b64encode(value).decode()
