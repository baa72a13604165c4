import json
import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from local import resources, wiring
from local.events import schedule_event, sqs_event
from local.functions import Declared
from local.holds import Holds
from local.pumps import DropPump, QueuePump, Source, Ticker, succeeded
from local.resources import Clients
from local.settings import Settings
from local.trial import until
from tests.local.conftest import SAMPLE_APP

pytestmark = pytest.mark.engine

PumpOf = Callable[..., QueuePump]


@pytest.fixture
def source(clients: Clients) -> Source:
    _, dead_letters = resources.queue(clients.sqs, "dead-letters", {})
    url, arn = resources.queue(
        clients.sqs,
        "calls",
        {
            "VisibilityTimeout": 1,
            "RedrivePolicy": {"deadLetterTargetArn": dead_letters, "maxReceiveCount": 2},
        },
    )
    return Source(url=url, arn=arn, visibility_s=1, batch_size=10, partial=True)


@pytest.fixture
def pump(clients: Clients, source: Source) -> PumpOf:
    def make(invoke: Callable[[dict[str, Any]], Any]) -> QueuePump:
        return QueuePump(clients.sqs, source, invoke, Holds(clients.sqs))

    return make


def send(clients: Clients, source: Source, *bodies: str) -> None:
    for body in bodies:
        clients.sqs.send_message(
            QueueUrl=source.url,
            MessageBody=body,
            MessageAttributes={"kind": {"DataType": "String", "StringValue": "test"}},
        )


def waiting(clients: Clients, url: str) -> int:
    """Messages in the queue, visible or not."""
    attributes = clients.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    return int(attributes["Attributes"]["ApproximateNumberOfMessages"]) + int(
        attributes["Attributes"]["ApproximateNumberOfMessagesNotVisible"]
    )


def test_an_event_looks_like_lambdas(clients: Clients, source: Source, pump: PumpOf) -> None:
    events: list[dict[str, Any]] = []
    send(clients, source, "hello")

    pump(events.append).pump()

    [record] = events[0]["Records"]
    assert record["body"] == "hello"
    assert record["eventSource"] == "aws:sqs"
    assert record["eventSourceARN"] == source.arn
    assert record["awsRegion"] == "us-east-1"
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert record["messageAttributes"]["kind"]["stringValue"] == "test"
    assert record["messageId"]
    assert record["receiptHandle"]


def test_of_a_batch_only_what_failed_comes_back(
    clients: Clients, source: Source, pump: PumpOf
) -> None:
    bodies: list[list[str]] = []

    def fail_b(event: dict[str, Any]) -> Any:
        bodies.append(sorted(record["body"] for record in event["Records"]))
        return {
            "batchItemFailures": [
                {"itemIdentifier": record["messageId"]}
                for record in event["Records"]
                if record["body"] == "b"
            ]
        }

    send(clients, source, "a", "b", "c")
    fails = pump(fail_b)

    until(fails.pump)
    until(fails.pump)

    assert bodies == [["a", "b", "c"], ["b"]]


def test_a_failed_message_stays_invisible_until_its_time_is_over(
    clients: Clients, source: Source, pump: PumpOf
) -> None:
    send(clients, source, "a")
    pump(raise_on_purpose).pump()

    answer = clients.sqs.receive_message(QueueUrl=source.url, WaitTimeSeconds=0)

    assert "Messages" not in answer
    assert waiting(clients, source.url) == 1


def raise_on_purpose(_event: object) -> None:
    raise RuntimeError("on purpose")


def test_an_exception_is_logged_and_after_too_many_the_message_is_a_dead_letter(
    clients: Clients, source: Source, pump: PumpOf, caplog: pytest.LogCaptureFixture
) -> None:
    dead_letters = clients.sqs.get_queue_url(QueueName="dead-letters")["QueueUrl"]
    send(clients, source, "poison")
    stop = threading.Event()
    thread = threading.Thread(target=pump(raise_on_purpose).run, args=(stop,))
    thread.start()

    until(lambda: waiting(clients, dead_letters))
    stop.set()
    thread.join()

    failures = [record for record in caplog.records if record.message == "invocation failed"]
    assert len(failures) == 2
    assert all("on purpose" in str(record.exc_text) for record in failures)


def test_an_invocation_longer_than_the_visibility_keeps_its_messages(
    clients: Clients, source: Source
) -> None:
    holds = Holds(clients.sqs)
    stop = threading.Event()
    renewer = threading.Thread(target=holds.run, args=(stop,))
    renewer.start()
    seen: list[Any] = []

    def slow(_event: object) -> None:
        answer = clients.sqs.receive_message(QueueUrl=source.url, WaitTimeSeconds=2)
        seen.extend(answer.get("Messages", []))

    send(clients, source, "a")
    QueuePump(clients.sqs, source, slow, holds).pump()
    stop.set()
    renewer.join()

    assert seen == []
    assert waiting(clients, source.url) == 0


def test_without_partial_responses_an_answer_is_ignored_as_lambda_does(clients: Clients) -> None:
    url, arn = resources.queue(clients.sqs, "plain", {})
    source = Source(url=url, arn=arn, visibility_s=30, batch_size=10, partial=False)
    send(clients, source, "a")

    def fail(event: dict[str, Any]) -> Any:
        return {"batchItemFailures": [{"itemIdentifier": event["Records"][0]["messageId"]}]}

    QueuePump(clients.sqs, source, fail, Holds(clients.sqs)).pump()

    assert waiting(clients, url) == 0


@pytest.mark.parametrize(
    ("answer", "done"),
    [
        pytest.param(None, ["m1", "m2"], id="no answer"),
        pytest.param({}, ["m1", "m2"], id="an empty answer"),
        pytest.param({"batchItemFailures": None}, ["m1", "m2"], id="null"),
        pytest.param({"batchItemFailures": []}, ["m1", "m2"], id="no failures"),
        pytest.param({"batchItemFailures": [{"itemIdentifier": "m1"}]}, ["m2"], id="one failure"),
        pytest.param({"batchItemFailures": [{"itemIdentifier": ""}]}, [], id="an empty id"),
        pytest.param({"batchItemFailures": [{"itemIdentifier": "m9"}]}, [], id="an unknown id"),
        pytest.param({"batchItemFailures": [{"id": "m1"}]}, [], id="a misspelt key"),
        pytest.param("done", [], id="not an object"),
    ],
)
def test_an_answer_says_which_messages_are_done(answer: Any, done: list[str]) -> None:
    messages = [{"MessageId": "m1"}, {"MessageId": "m2"}]

    assert [message["MessageId"] for message in succeeded(messages, answer)] == done


def test_a_dropped_csv_reaches_the_function_and_nothing_else_does(
    clients: Clients, sample: Declared, tmp_path: Path
) -> None:
    created = resources.create(resources.load(SAMPLE_APP), clients)
    settings = Settings(data=tmp_path, visibility_s=1)
    [(function, source)] = wiring.drops(sample, created, clients, settings)
    events: list[dict[str, Any]] = []
    drops = DropPump(clients.sqs, source, events.append, Holds(clients.sqs))
    bucket = created.resolver.resolve({"Ref": "DropBucket"})
    for key in ("imports/a b.csv", "imports/a.txt", "elsewhere/a.csv"):
        clients.s3.put_object(Bucket=bucket, Key=key, Body=b"phone\n")

    until(lambda: [drops.pump(), events][1])
    while drops.pump():
        pass

    assert function.name == "import_csv"
    [record] = [record for event in events for record in event["Records"]]
    assert record["eventSource"] == "aws:s3"
    assert record["eventName"].startswith("ObjectCreated:")
    assert record["s3"]["bucket"]["name"] == bucket
    assert record["s3"]["object"]["key"] == "imports/a+b.csv"
    assert waiting(clients, source.url) == 0


def test_a_file_that_fails_three_times_is_told_of_with_its_error(
    clients: Clients, sample: Declared, tmp_path: Path
) -> None:
    created = resources.create(resources.load(SAMPLE_APP), clients)
    settings = Settings(data=tmp_path, visibility_s=0)
    [(_, source)] = wiring.drops(sample, created, clients, settings)
    drops = DropPump(clients.sqs, source, raise_on_purpose, Holds(clients.sqs))
    bucket = created.resolver.resolve({"Ref": "DropBucket"})
    clients.s3.put_object(Bucket=bucket, Key="imports/a.csv", Body=b"phone\n")

    until(lambda: [drops.pump(), waiting(clients, source.on_failure)][1])

    answer = clients.sqs.receive_message(QueueUrl=source.on_failure)
    told = json.loads(answer["Messages"][0]["Body"])
    assert told["requestPayload"]["Records"][0]["s3"]["object"]["key"] == "imports/a.csv"
    assert told["requestContext"]["approximateInvokeCount"] == 3
    assert told["responsePayload"] == {"errorType": "RuntimeError", "errorMessage": "on purpose"}
    assert waiting(clients, source.url) == 0


def test_a_schedule_ticks_at_once_and_a_slow_tick_does_not_hold_the_next() -> None:
    begun = threading.Semaphore(0)
    release = threading.Event()
    stop = threading.Event()

    def slow(_event: object) -> None:
        begun.release()
        release.wait(120)

    ticker = threading.Thread(target=Ticker("tick", slow, 0.05).run, args=(stop,))
    ticker.start()
    ticks = [begun.acquire(timeout=60) for _ in range(3)]
    one_too_many = begun.acquire(timeout=0.3)
    stop.set()
    release.set()
    ticker.join()

    assert ticks == [True, True, True]
    assert not one_too_many


def test_a_tick_that_raises_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    stop = threading.Event()
    stop.set()

    Ticker("tick", raise_on_purpose, 60).run(stop)

    assert [record.message for record in caplog.records] == ["invocation failed"]


def test_events_can_be_written_as_json() -> None:
    tick = schedule_event("tick", datetime(2027, 3, 5, 16, 30, tzinfo=UTC))

    assert json.loads(json.dumps(tick))["time"] == "2027-03-05T16:30:00Z"
    assert sqs_event([], "arn:aws:sqs:us-east-1:1:q") == {"Records": []}
