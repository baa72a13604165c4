"""Dead letters in SQS: looked at without being taken, and sent back to where they came from."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import unquote_plus

from botocore.exceptions import ClientError

from chalicelibs.domain.dead_letters import (
    DeadLetter,
    Failure,
    QueueName,
    ids_in,
    kind_in,
    told,
)
from chalicelibs.domain.instants import from_epoch_ms

Json = Mapping[str, Any]

#: Letters that one request gives at most.
BATCH = 10

#: How long a letter is hidden from others while it is looked at, and while it is sent back.
LOOK_S, MOVE_S = 10, 60

#: What S3 says of an object that is not there; without the right to list, it denies access.
GONE = frozenset({"NoSuchKey", "NoSuchBucket", "404", "AccessDenied", "403"})

#: What it says, under a code that says nothing, of an object over 5 GB.
TOO_LARGE = "larger than the maximum allowable size for a copy source"

#: Where a file lies that is to be imported.
PLACE = re.compile(r"imports/(?P<workspace_id>[^/]+)/(?P<campaign_id>[^/]+)/.+")


#: What sends the body of a letter back; False: it cannot go.
Sender = Callable[[str], bool]


class SqsDeadLetters:
    """Dead letters by queue."""

    def __init__(
        self,
        client: Any,
        *,
        urls: Mapping[QueueName, str],
        senders: Mapping[QueueName, Sender],
        patience_s: int = 1,
    ) -> None:
        self._client = client
        self._urls = urls
        self._senders = senders
        self._patience_s = patience_s  # SQS asks all its servers only if it is given time

    def count(self, queue: QueueName) -> int:
        """See the port."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self._client.get_queue_attributes(
            QueueUrl=self._urls[queue], AttributeNames=names
        )["Attributes"]
        return sum(int(found[name]) for name in names)

    def peek(self, queue: QueueName, *, limit: int) -> Sequence[DeadLetter]:
        """See the port. They are hidden while this looks, so that each comes once."""
        seen: dict[str, Json] = {}
        try:
            for message in self._received(queue, limit, LOOK_S):
                seen[message["MessageId"]] = message
        finally:
            self._show_again(queue, list(seen.values()))
        return [letter_of(queue, message) for message in seen.values()]

    def redrive(self, queue: QueueName, *, limit: int) -> int:
        """See the port. A letter goes only once it has been sent: it is never lost."""
        send_back, moved = self._senders[queue], 0
        for message in self._received(queue, limit, MOVE_S):
            if send_back(message["Body"]):
                self._client.delete_message(
                    QueueUrl=self._urls[queue], ReceiptHandle=message["ReceiptHandle"]
                )
                moved += 1
        return moved

    def _received(self, queue: QueueName, limit: int, hidden_s: int) -> Iterator[Json]:
        """Up to so many letters, until a patient look finds none."""
        wait_s = self._patience_s if self.count(queue) else 0
        taken = 0
        while taken < limit:
            messages = self._client.receive_message(
                QueueUrl=self._urls[queue],
                MaxNumberOfMessages=min(BATCH, limit - taken),
                VisibilityTimeout=hidden_s,
                WaitTimeSeconds=wait_s,
                AttributeNames=["SentTimestamp"],
            ).get("Messages", [])
            if not messages:
                return
            taken += len(messages)
            yield from messages

    def _show_again(self, queue: QueueName, messages: Sequence[Json]) -> None:
        for start in range(0, len(messages), BATCH):
            entries = [
                {
                    "Id": str(number),
                    "ReceiptHandle": message["ReceiptHandle"],
                    "VisibilityTimeout": 0,
                }
                for number, message in enumerate(messages[start : start + BATCH])
            ]
            self._client.change_message_visibility_batch(
                QueueUrl=self._urls[queue], Entries=entries
            )


def to_queue(client: Any, url: str) -> Sender:
    """What sends a letter back to its queue, as it is."""

    def send_back(body: str) -> bool:
        client.send_message(QueueUrl=url, MessageBody=body)
        return True

    return send_back


def to_bucket(make_client: Callable[[], Any]) -> Sender:
    """What has S3 tell of a file once more: it is copied onto itself, which changes no byte."""

    def send_back(body: str) -> bool:
        client = make_client()
        places = places_in(event_in(json_of(body)))
        return bool(places) and all(touch(client, place) for place in places)

    return send_back


def touch(client: Any, place: Mapping[str, str]) -> bool:
    """Write a file anew as it is; False when it is gone, or too large for that."""
    try:
        client.copy_object(
            **place, CopySource=place, MetadataDirective="REPLACE", ContentType="text/csv"
        )
    except ClientError as error:
        refusal = error.response["Error"]
        if refusal["Code"] not in GONE and TOO_LARGE not in refusal["Message"]:
            raise
        return False
    return True


def letter_of(queue: QueueName, message: Json) -> DeadLetter:
    """A message as a dead letter."""
    content, message_id = json_of(message["Body"]), message["MessageId"]
    sent_at = from_epoch_ms(int(message["Attributes"]["SentTimestamp"]))
    is_file = queue is QueueName.IMPORTS
    about = file_in(content) if is_file else content
    return DeadLetter(
        queue=queue,
        message_id=message_id,
        sent_at=sent_at,
        kind=kind_in(about),
        ids=ids_in(about),
        failure=failure_in(content, message_id, sent_at) if is_file else None,
    )


def json_of(body: str) -> Any:
    """What a body holds; None where it is not JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def event_in(content: Any) -> Any:
    """The event that Lambda could not deliver; it wraps it, a queue of ours would not."""
    is_wrapped = isinstance(content, dict) and "requestPayload" in content
    return content["requestPayload"] if is_wrapped else content


def places_in(event: Any) -> list[dict[str, str]]:
    """Where the files lie that an event of S3 tells of."""
    try:
        found = [record["s3"] for record in event["Records"]]
        return [
            {"Bucket": one["bucket"]["name"], "Key": unquote_plus(one["object"]["key"])}
            for one in found
        ]
    except (KeyError, TypeError, AttributeError):
        return []


def file_in(content: Any) -> dict[str, str]:
    """Whose file it is that could not be imported; its name may be a person's."""
    places = places_in(event_in(content))
    place = PLACE.fullmatch(places[0]["Key"]) if places else None
    return {"kind": "import", **(place.groupdict() if place else {})}


def failure_in(content: Any, message_id: str, at: datetime) -> Failure | None:
    """Why Lambda gave up, as it tells it beside the event."""
    try:
        context, said = content["requestContext"], content["responsePayload"]
        error = str(said.get("errorType", "Error"))
        return Failure(
            queue=QueueName.IMPORTS,
            message_id=message_id,
            function="import_csv",
            error=error,
            message=told(error, str(said.get("errorMessage", ""))),
            receives=int(context["approximateInvokeCount"]),
            at=at,
        )
    except (KeyError, TypeError, AttributeError, ValueError):
        return None
