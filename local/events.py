"""What Lambda hands to a function: the events of a queue and of a schedule."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from local.intrinsics import ACCOUNT, REGION

#: Attribute types by the name that Lambda gives to the value.
_VALUES = {"StringValue": "stringValue", "BinaryValue": "binaryValue", "DataType": "dataType"}


def sqs_event(messages: Sequence[Mapping[str, Any]], queue_arn: str) -> dict[str, Any]:
    """Render the batch as an SQS event source mapping delivers it."""
    return {"Records": [_record(message, queue_arn) for message in messages]}


def schedule_event(name: str, now: datetime) -> dict[str, Any]:
    """One tick of an EventBridge rule."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "time": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": REGION,
        "resources": [f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{name}"],
        "detail": {},
    }


def failure_event(
    event: Mapping[str, Any], error: BaseException, *, count: int, at: datetime
) -> dict[str, Any]:
    """What Lambda tells a destination of an event that it gives up."""
    return {
        "version": "1.0",
        "timestamp": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "requestContext": {
            "requestId": str(uuid.uuid4()),
            "condition": "RetriesExhausted",
            "approximateInvokeCount": count,
        },
        "requestPayload": dict(event),
        "responseContext": {"statusCode": 200, "functionError": "Unhandled"},
        "responsePayload": {"errorType": type(error).__name__, "errorMessage": str(error)},
    }


def _record(message: Mapping[str, Any], queue_arn: str) -> dict[str, Any]:
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": dict(message.get("Attributes", {})),
        "messageAttributes": {
            name: {
                **{ours: value[theirs] for theirs, ours in _VALUES.items() if theirs in value},
                "stringListValues": [],
                "binaryListValues": [],
            }
            for name, value in message.get("MessageAttributes", {}).items()
        },
        "md5OfBody": message.get("MD5OfBody", ""),
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": queue_arn.split(":")[3],
    }
