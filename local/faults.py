"""Faults of AWS, put into the way of the functions' requests; off unless asked for.

`CARILLON_FAULTS` names a file. While that file exists it says, as JSON, which share of all
requests is throttled, and of how many batches a part is held back:
`{"throttled": 0.33, "held_back": 0.33}`. The pumps are not concerned: they stand for AWS itself.
"""

import json
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from typing import Any

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

#: The variable that names the file.
VARIABLE = "CARILLON_FAULTS"

#: How long what the file says may be outdated.
_FRESH_S = 0.2

_DYNAMODB = {"__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"}
_SQS = {"__type": "com.amazonaws.sqs#RequestThrottled"}
_S3 = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"

#: What each service answers whom it throttles: the status and the body.
THROTTLED: Mapping[str, tuple[int, bytes]] = {
    "dynamodb": (HTTPStatus.BAD_REQUEST, json.dumps(_DYNAMODB).encode()),
    "sqs": (HTTPStatus.BAD_REQUEST, json.dumps(_SQS).encode()),
    "s3": (HTTPStatus.SERVICE_UNAVAILABLE, _S3),
}


class Faults:
    """What goes wrong, as the file says at the moment of asking."""

    def __init__(self, file: Path, lot: Callable[[], float]) -> None:
        self._file = file
        self._lot = lot
        self._shares: Mapping[str, float] = {}
        self._read_at = float("-inf")

    def install(self, session: boto3.Session) -> None:
        """Stand in the way of all clients that the session will make."""
        for service in THROTTLED:
            session.events.register(f"before-send.{service}", self.throttle)
        session.events.register("after-call.dynamodb.BatchGetItem", self.hold_keys_back)
        statements = "dynamodb.BatchExecuteStatement"
        session.events.register(f"provide-client-params.{statements}", self.hold_statement_back)
        session.events.register(f"after-call.{statements}", self.tell_statement_held_back)
        session.events.register("provide-client-params.sqs.SendMessageBatch", self.hold_back)
        session.events.register("after-call.sqs.SendMessageBatch", self.tell_held_back)

    def throttle(
        self, request: AWSPreparedRequest, event_name: str, **_: object
    ) -> AWSResponse | None:
        """Answer in the place of the service, or let the request pass."""
        if not self._happens("throttled"):
            return None
        status, body = THROTTLED[event_name.split(".")[1]]
        return AWSResponse(request.url, status, {}, _Raw(body))

    def hold_keys_back(self, parsed: dict[str, Any], **_: object) -> None:
        """Hand back a key of a batch that was read, as if there had been no time for it."""
        for table, items in parsed.get("Responses", {}).items():
            if items and not parsed.get("UnprocessedKeys") and self._happens("held_back"):
                item = items.pop()
                key = {name: item[name] for name in ("pk", "sk")}
                parsed["UnprocessedKeys"] = {table: {"Keys": [key], "ConsistentRead": True}}

    def hold_statement_back(
        self, params: dict[str, Any], context: dict[str, Any], **_: object
    ) -> dict[str, Any]:
        """Keep a statement of a batch from being carried out; one always is."""
        statements = params["Statements"]
        if len(statements) > 1 and self._happens("held_back"):
            context["held_back"] = True
            return {**params, "Statements": statements[:-1]}
        return params

    def tell_statement_held_back(
        self, parsed: dict[str, Any], context: dict[str, Any], **_: object
    ) -> None:
        """Say that the last statement met a table that was busy."""
        if context.get("held_back") and "Responses" in parsed:
            parsed["Responses"].append({"Error": {"Code": "ThrottlingError", "Message": "busy"}})

    def hold_back(
        self, params: dict[str, Any], context: dict[str, Any], **_: object
    ) -> dict[str, Any]:
        """Keep a message of a batch from being sent; one always goes."""
        entries = params["Entries"]
        if len(entries) > 1 and self._happens("held_back"):
            context["held_back"] = entries[-1]["Id"]
            return {**params, "Entries": entries[:-1]}
        return params

    def tell_held_back(self, parsed: dict[str, Any], context: dict[str, Any], **_: object) -> None:
        """Say which message was not sent."""
        if identity := context.get("held_back"):
            failure = {"Id": identity, "Code": "ServiceUnavailable", "SenderFault": False}
            parsed.setdefault("Failed", []).append(failure)

    def _happens(self, fault: str) -> bool:
        if time.monotonic() - self._read_at > _FRESH_S:
            self._read_at = time.monotonic()
            self._shares = self._said()
        return self._lot() < self._shares.get(fault, 0)

    def _said(self) -> Mapping[str, float]:
        try:
            shares: Mapping[str, float] = json.loads(self._file.read_text())
        except FileNotFoundError:
            return {}
        except ValueError:
            return self._shares  # it is being written
        return shares


class _Raw(BytesIO):
    """A body as botocore reads it from a connection."""

    def stream(self, **_: object) -> Any:
        yield self.getvalue()


def install(environ: Mapping[str, str], lot: Callable[[], float]) -> None:
    """Concern the clients of the functions, which boto3's own session makes, if asked to."""
    if file := environ.get(VARIABLE):
        if boto3.DEFAULT_SESSION is None:
            boto3.setup_default_session()
        Faults(Path(file), lot).install(boto3.DEFAULT_SESSION)
