"""A Chalice app that writes down how it was called: a stand-in for Carillon's in tests."""

import hashlib
import json
import os
import time
from functools import cache
from typing import Any

import boto3
from chalice import AuthResponse, Chalice, Response
from chalice.app import Request

app = Chalice(app_name="sample")

#: Read at import, so the environment must be complete by then.
TABLE_NAME = os.environ["TABLE_NAME"]


@cache
def dynamodb() -> Any:
    return boto3.client("dynamodb")


def note(kind: str, which: str) -> None:
    dynamodb().update_item(
        TableName=TABLE_NAME,
        Key={"pk": {"S": kind}, "sk": {"S": which}},
        UpdateExpression="ADD times :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
    )


def request() -> Request:
    assert app.current_request is not None
    return app.current_request


@app.authorizer()
def authorize(asked: Any) -> AuthResponse:
    if asked.token == "Bearer broken":
        raise RuntimeError("the authorizer is broken")
    allowed = asked.token.startswith("Bearer key_")
    context = {"key_id": "key_1", "requests_per_minute": "600"}
    return AuthResponse(["*"] if allowed else [], principal_id="someone", context=context)


@app.route("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


@app.route("/environment")
def environment() -> dict[str, str]:
    return dict(os.environ)


@app.route("/notes/{kind}")
def notes(kind: str) -> dict[str, int]:
    items = dynamodb().query(
        TableName=TABLE_NAME,
        KeyConditionExpression="pk = :kind",
        ExpressionAttributeValues={":kind": {"S": kind}},
        ConsistentRead=True,
    )["Items"]
    return {item["sk"]["S"]: int(item["times"]["N"]) for item in items}


@app.route("/echo", methods=["POST"], content_types=["application/json", "text/plain"])
def echo() -> dict[str, int]:
    return {"bytes": len(request().raw_body)}


@app.route("/slow/{seconds}")
def slow(seconds: str) -> dict[str, str]:
    time.sleep(float(seconds))
    return {"slept": seconds}


@app.route("/boom")
def boom() -> None:
    raise RuntimeError("boom")


@app.route("/workspaces", methods=["POST"])
def create_workspace() -> Response:
    token = request().headers["authorization"].removeprefix("Bearer ")
    if hashlib.sha256(token.encode()).hexdigest() != os.environ["BOOTSTRAP_KEY_HASH"]:
        return Response({"error": {"code": "forbidden"}}, status_code=403)
    note("workspaces", request().json_body["name"])
    return Response({"workspace": {"id": "ws_1"}, "api_key": "key_1"}, status_code=201)


@app.route("/campaigns", authorizer=authorize)
def list_campaigns() -> dict[str, list[str]]:
    return {"campaigns": []}


@app.route("/authorizer", authorizer=authorize)
def what_the_authorizer_said() -> dict[str, str]:
    return dict(request().context["authorizer"])


@app.schedule("rate(1 minute)")
def tick(_event: Any) -> None:
    note("ticks", "tick")


@app.on_sqs_message(queue="calls", batch_size=5)
def place_call(event: Any) -> Any:
    failures = []
    for record in event.to_dict()["Records"]:
        order = json.loads(record["body"])
        note("calls", order["id"])
        time.sleep(order.get("sleep", 0))
        if order.get("fail"):
            failures.append({"itemIdentifier": record["messageId"]})
        else:
            note("placed", order["id"])
    return {"batchItemFailures": failures}


@app.on_sqs_message(queue="call-events", batch_size=10)
def record_call_event(event: Any) -> None:
    for record in event:
        note("events", record.body)
        if record.body == "raise":
            raise RuntimeError("raised on purpose")


@app.lambda_function()
def import_csv(event: Any, _context: Any) -> None:
    for record in event["Records"]:
        note("imports", record["s3"]["object"]["key"])
