"""A webhook as each front of AWS hands it to its function, by AWS's description of the events."""

import base64
import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from chalice.local import LambdaContext

import app
from tests.functional.product import Answer

#: The addresses that AWS gives to the two of them, and where a domain leads to each.
HTTP_API = "https://a1b2c3d4e5.execute-api.eu-south-2.amazonaws.com"
REST_API = "https://z9y8x7w6v5.execute-api.eu-south-2.amazonaws.com/api"
DOMAIN = "https://calls.example.com"

#: What is handed on as text; any other body comes in base64.
TEXT = ("text/", "application/json", "application/xml", "application/javascript")


class Sent(NamedTuple):
    """A carrier's request."""

    path: str  #: With its query; what comes before it, the front's address says.
    body: bytes
    headers: Mapping[str, str]


def by_http_api(sent: Sent, at: str = HTTP_API) -> Answer:
    """Answer it as behind the HTTP API, whose events are in format 1.0."""
    event = {"version": "1.0", **event_of(sent, at, stage="$default")}
    kind = {name.lower(): value for name, value in sent.headers.items()}.get("content-type", "")
    if not kind.startswith(TEXT):
        event |= {"body": base64.b64encode(sent.body).decode(), "isBase64Encoded": True}
    # Nobody is asked who comes, and the event says so at length.
    event["requestContext"]["authorizer"] = {"claims": None, "scopes": None}
    return answered(app.receive_report(event, LambdaContext("receive_report", 512, 10_000)))


def by_rest_api(sent: Sent, at: str = REST_API) -> Answer:
    """Answer it as behind the REST API."""
    event = event_of(sent, at, stage="api")
    return answered(app.app(event, LambdaContext("api_handler", 1024, 29_000)))


def event_of(sent: Sent, at: str, *, stage: str) -> dict[str, Any]:
    """What the events of both have in common."""
    front, asked = urlsplit(at), urlsplit(sent.path)
    names = ("carrier", "workspace_id", "call_id")
    values = dict(zip(names, asked.path.split("/")[2:], strict=False))
    resource = "/".join(["/webhooks", *(f"{{{name}}}" for name in values)])
    query = parse_qs(asked.query, keep_blank_values=True)
    last = {name: many[-1] for name, many in query.items()}
    headers = {"Host": front.netloc, **sent.headers, "X-Forwarded-Proto": "https"}
    event = {
        "resource": resource,
        "path": front.path + asked.path if stage == "$default" else asked.path,
        "httpMethod": "POST",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": last or None,
        "multiValueQueryStringParameters": query or None,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": front.netloc.partition(".")[0],
            "domainName": front.netloc,
            "httpMethod": "POST",
            "identity": {"sourceIp": "192.0.2.1", "userAgent": "TwilioProxy/1.1"},
            "path": front.path + asked.path,
            "protocol": "HTTP/1.1",
            "resourcePath": resource,
            "stage": stage,
        },
        "pathParameters": values,
        "stageVariables": None,
        "body": sent.body.decode(),
        "isBase64Encoded": False,
    }
    plain: dict[str, Any] = json.loads(json.dumps(event))
    return plain


def answered(answer: Mapping[str, Any]) -> Answer:
    """What the front makes of a function's answer; it has to be JSON that says what it is."""
    answer = json.loads(json.dumps(answer))
    assert not answer.get("isBase64Encoded")
    return Answer(answer["statusCode"], json.loads(answer["body"]), answer["headers"])
