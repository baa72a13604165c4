"""Dead letters: looked at without being taken, sent back without being lost."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelibs.adapters.dead_letters import SqsDeadLetters, letter_of, to_bucket, to_queue
from chalicelibs.adapters.memory import MemoryDeadLetters
from chalicelibs.domain.dead_letters import DeadLetter, QueueName
from chalicelibs.domain.instants import epoch_ms
from chalicelibs.ports.queues import DeadLetters
from tests.builders import CAMPAIGN, NOON, WORKSPACE, a_call
from tests.contract.engines import Account

CALLS, EVENTS = QueueName.CALLS, QueueName.CALL_EVENTS
KEY = f"imports/{WORKSPACE}/{CAMPAIGN}/Eva Pérez.csv"


class Post:
    """Dead letters, what puts them there, and what has been sent back."""

    def __init__(self, letters: DeadLetters, bury: Any, returned: Any) -> None:
        self.letters = letters
        self.bury: Callable[[QueueName, str], str] = bury  #: Gives the message's id.
        self.returned: Callable[[QueueName], list[str]] = returned  #: Message bodies.


def in_memory() -> Post:
    letters, bodies = MemoryDeadLetters(), dict[str, str]()

    def bury(queue: QueueName, body: str) -> str:
        message_id = f"m{len(bodies)}"
        bodies[message_id] = body
        sent = {"SentTimestamp": epoch_ms(NOON)}
        message = {"MessageId": message_id, "Body": body, "Attributes": sent}
        letters.dead.append(letter_of(queue, message))
        return message_id

    def returned(queue: QueueName) -> list[str]:
        return [bodies[one.message_id] for one in letters.sent_back if one.queue == queue]

    return Post(letters, bury, returned)


class Sqs:
    """Every queue with its dead letters, and the bucket."""

    def __init__(self, account: Account) -> None:
        self.sqs, self.s3 = account.client("sqs"), account.client("s3")
        self.sources, self.dead = {}, {}
        for queue in QueueName:
            self.dead[queue] = self.sqs.create_queue(QueueName=f"{queue}-dead")["QueueUrl"]
            redrive = {"deadLetterTargetArn": self.arn(self.dead[queue]), "maxReceiveCount": 1}
            self.sources[queue] = self.sqs.create_queue(
                QueueName=queue.value,
                Attributes={"VisibilityTimeout": "0", "RedrivePolicy": json.dumps(redrive)},
            )["QueueUrl"]
        self.bucket = f"drop-{account.access_key}"
        self.s3.create_bucket(Bucket=self.bucket)
        imports = self.arn(self.sources[QueueName.IMPORTS])
        told = {"QueueArn": imports, "Events": ["s3:ObjectCreated:*"]}
        self.s3.put_bucket_notification_configuration(
            Bucket=self.bucket, NotificationConfiguration={"QueueConfigurations": [told]}
        )

    def arn(self, url: str) -> str:
        asked = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return str(asked["Attributes"]["QueueArn"])

    def letters(self) -> SqsDeadLetters:
        senders = {queue: to_queue(self.sqs, url) for queue, url in self.sources.items()}
        senders[QueueName.IMPORTS] = to_bucket(lambda: self.s3)
        return SqsDeadLetters(self.sqs, urls=self.dead, senders=senders, patience_s=0)

    def bury(self, queue: QueueName, body: str) -> str:
        """Send a message and receive it once too often."""
        source = self.sources[queue]
        sent = self.sqs.send_message(QueueUrl=source, MessageBody=body)
        assert len(self.sqs.receive_message(QueueUrl=source)["Messages"]) == 1
        assert "Messages" not in self.sqs.receive_message(QueueUrl=source)
        return str(sent["MessageId"])

    def returned(self, queue: QueueName) -> list[str]:
        found: list[str] = []
        url = self.sources[queue]
        while messages := self.sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=60
        ).get("Messages"):
            found += (message["Body"] for message in messages)
        return found


@pytest.fixture
def engine(server: Account) -> Sqs:
    return Sqs(server)


@pytest.fixture
def post(engine: Sqs) -> Post:
    return Post(engine.letters(), engine.bury, engine.returned)


def nothing_is_dead(post: Post) -> None:
    assert [post.letters.count(queue) for queue in QueueName] == [0] * len(QueueName)
    assert list(post.letters.peek(CALLS, limit=50)) == []
    assert post.letters.redrive(CALLS, limit=50) == 0


def looking_changes_nothing(post: Post) -> None:
    call_id = a_call().call_id
    buried = post.bury(EVENTS, json.dumps({"call_id": call_id, "kind": "ended", "reason": "Eva"}))

    first, again = (post.letters.peek(EVENTS, limit=50) for _ in range(2))

    assert [(one.message_id, one.kind, one.ids) for one in first] == [
        (buried, "ended", {"call_id": call_id})
    ]
    assert list(first) == list(again)
    assert post.letters.count(EVENTS) == 1
    assert post.returned(EVENTS) == []


def many_are_shown_once_each(post: Post) -> None:
    buried = {post.bury(CALLS, str(number)) for number in range(23)}

    some, every = post.letters.peek(CALLS, limit=12), post.letters.peek(CALLS, limit=50)

    assert len(some) == len({one.message_id for one in some} & buried) == 12
    assert sorted(one.message_id for one in every) == sorted(buried)


def they_go_back_as_they_are(post: Post) -> None:
    for body in ("{", '{"a": "ñ"}', "x" * 200_000):
        post.bury(CALLS, body)
    post.bury(EVENTS, "another queue's")
    list(post.letters.peek(CALLS, limit=50))  # who has just looked need not wait

    assert post.letters.redrive(CALLS, limit=50) == 3

    assert sorted(post.returned(CALLS)) == sorted(["{", '{"a": "ñ"}', "x" * 200_000])
    assert (post.letters.count(CALLS), post.letters.count(EVENTS)) == (0, 1)


def so_many_go_back_and_no_more(post: Post) -> None:
    for number in range(13):
        post.bury(CALLS, str(number))

    assert [post.letters.redrive(CALLS, limit=12) for _ in range(3)] == [12, 1, 0]

    assert sorted(post.returned(CALLS)) == sorted(map(str, range(13)))


CONVERSATIONS = [
    nothing_is_dead,
    looking_changes_nothing,
    many_are_shown_once_each,
    they_go_back_as_they_are,
    so_many_go_back_and_no_more,
]


@pytest.mark.parametrize("conversation", CONVERSATIONS)
def test_the_twins_letters(conversation: Callable[[Post], None]) -> None:
    conversation(in_memory())


@pytest.mark.parametrize("conversation", CONVERSATIONS)
def test_letters_in_sqs(post: Post, conversation: Callable[[Post], None]) -> None:
    conversation(post)


class NeverDeleting:
    """A client that dies before it deletes."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        if name == "delete_message":
            raise ConnectionError("the function is gone")
        return getattr(self._client, name)


def test_a_letter_is_sent_before_it_is_deleted(engine: Sqs) -> None:
    engine.bury(CALLS, "a")
    senders = {CALLS: to_queue(engine.sqs, engine.sources[CALLS])}
    letters = SqsDeadLetters(NeverDeleting(engine.sqs), urls=engine.dead, senders=senders)

    with pytest.raises(ConnectionError):
        letters.redrive(CALLS, limit=50)

    assert engine.returned(CALLS) == ["a"]
    assert letters.count(CALLS) == 1, "it may go twice, but is never lost"


# --- Files ---------------------------------------------------------------------------------------


def undelivered(event: object) -> str:
    """What Lambda tells of an event that it could not deliver."""
    return json.dumps(
        {
            "version": "1.0",
            "timestamp": "2027-03-05T12:00:00.000Z",
            "requestContext": {
                "requestId": "c2a6f2ee-5f5d-4a1b-b1cb-2a4a3f9e6c11",
                "functionArn": "arn:aws:lambda:us-east-1:123456789012:function:f:$LATEST",
                "condition": "RetriesExhausted",
                "approximateInvokeCount": 3,
            },
            "requestPayload": event,
            "responseContext": {"statusCode": 200, "functionError": "Unhandled"},
            "responsePayload": {
                "errorType": "ValueError",
                "errorMessage": "no number: '+34600000001'",
                "stackTrace": ["…"],
            },
        }
    )


def event_of(bucket: str, key: str) -> dict[str, Any]:
    return {"Records": [{"s3": {"bucket": {"name": bucket}, "object": {"key": key}}}]}


def buried_file(engine: Sqs, body: str) -> DeadLetter:
    engine.sqs.send_message(QueueUrl=engine.dead[QueueName.IMPORTS], MessageBody=body)
    (letter,) = engine.letters().peek(QueueName.IMPORTS, limit=50)
    return letter


def test_a_file_tells_whose_it_is_and_why_its_import_failed(engine: Sqs) -> None:
    letter = buried_file(engine, undelivered(event_of(engine.bucket, KEY.replace(" ", "+"))))

    assert letter.kind == "import"
    assert letter.ids == {"workspace_id": WORKSPACE, "campaign_id": CAMPAIGN}
    assert letter.failure is not None
    assert (letter.failure.error, letter.failure.receives) == ("ValueError", 3)
    assert letter.failure.message == "no number: '…'"
    assert letter.failure.at - letter.sent_at == timedelta(0)


@pytest.mark.parametrize("wrap", [undelivered, json.dumps], ids=["wrapped", "as it was"])
def test_a_file_goes_back_by_being_told_of_once_more(
    engine: Sqs, wrap: Callable[[object], str]
) -> None:
    put = engine.s3.put_object(Bucket=engine.bucket, Key=KEY, Body=b"phone\n")
    engine.returned(QueueName.IMPORTS)
    buried_file(engine, wrap(event_of(engine.bucket, KEY.replace(" ", "+"))))

    assert engine.letters().redrive(QueueName.IMPORTS, limit=50) == 1

    (told,) = engine.returned(QueueName.IMPORTS)
    (record,) = json.loads(told)["Records"]
    assert record["s3"]["object"]["eTag"] == put["ETag"].strip('"'), "it is the same import"
    assert engine.s3.get_object(Bucket=engine.bucket, Key=KEY)["Body"].read() == b"phone\n"
    assert engine.letters().count(QueueName.IMPORTS) == 0


class TooLarge:
    """A bucket whose files are over 5 GB."""

    def copy_object(self, **place: Any) -> Any:
        message = (
            "The specified copy source is larger than the maximum allowable size for a copy"
            f" source: 5368709120, {place['Key']}"
        )
        raise ClientError({"Error": {"Code": "InvalidRequest", "Message": message}}, "CopyObject")


def test_a_file_that_is_too_large_to_be_copied_stays_and_holds_up_no_other() -> None:
    send_back = to_bucket(TooLarge)

    assert not send_back(undelivered(event_of("drop", KEY)))


@pytest.mark.parametrize(
    "body", [undelivered(event_of("gone", "imports/gone.csv")), "{", "[]", '{"Records": [{}]}']
)
def test_what_cannot_go_back_stays(engine: Sqs, body: str) -> None:
    letter = buried_file(engine, body)

    assert engine.letters().redrive(QueueName.IMPORTS, limit=50) == 0

    assert (letter.kind, letter.ids) == ("import", {})
    assert engine.letters().count(QueueName.IMPORTS) == 1
