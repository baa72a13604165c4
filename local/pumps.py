"""The pumps: queue → function, and clock → function, as Lambda's triggers do it."""

import json
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.events import failure_event, schedule_event, sqs_event
from local.holds import Holds

log = logging.getLogger(__name__)

Message = Mapping[str, Any]
Invoke = Callable[[dict[str, Any]], Any]

#: Short, because stopping waits for it: a poll that is cut off takes messages with it.
_POLL_S = 1
_MOST_PER_RECEIVE = 10
_MOST_TICKS_AT_ONCE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A queue and how its messages are handed over."""

    url: str
    arn: str
    visibility_s: int
    batch_size: int
    #: `ReportBatchItemFailures`: without it an answer is ignored and every message deleted.
    partial: bool
    #: The queue that Lambda tells of an event it gives up, after so many invocations.
    on_failure: str = ""
    most_invocations: int = 0


class QueuePump:
    """Takes batches from a queue, invokes the function, deletes what it has done."""

    def __init__(self, sqs: Any, source: Source, invoke: Invoke, holds: Holds) -> None:
        self._sqs = sqs
        self._source = source
        self._invoke = invoke
        self._holds = holds

    def run(self, stop: threading.Event) -> None:
        """Pump until told to stop; the batch in hand is finished first."""
        while not stop.is_set():
            try:
                self.pump()
            except (BotoCoreError, ClientError):
                log.exception("queue not reachable")
                stop.wait(1)

    def pump(self) -> int:
        """Deliver one batch, if there is one within a second; how many messages it had."""
        answer = self._sqs.receive_message(
            QueueUrl=self._source.url,
            MaxNumberOfMessages=min(self._source.batch_size, _MOST_PER_RECEIVE),
            WaitTimeSeconds=_POLL_S,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        messages: list[Message] = answer.get("Messages", [])
        if messages:
            with self._holds.hold(self._source.url, messages, self._source.visibility_s):
                self._delete(self._deliver(messages))
        return len(messages)

    def _event(self, messages: Sequence[Message]) -> dict[str, Any] | None:
        return sqs_event(messages, self._source.arn)

    def _deliver(self, messages: Sequence[Message]) -> Sequence[Message]:
        """Invoke the function; the messages that are done with."""
        event = self._event(messages)
        if event is None:
            return messages
        try:
            answer = self._invoke(event)
        except (Exception, SystemExit) as error:
            log.exception("invocation failed")
            return self._given_up(messages, event, error)
        return succeeded(messages, answer) if self._source.partial else messages

    def _given_up(
        self, messages: Sequence[Message], event: Mapping[str, Any], error: BaseException
    ) -> Sequence[Message]:
        """Pick those of a failed invocation that do not come again."""
        del messages, event, error  # a queue knows by itself when to give up
        return []

    def _delete(self, messages: Sequence[Message]) -> None:
        if not messages:
            return
        answer = self._sqs.delete_message_batch(
            QueueUrl=self._source.url,
            Entries=[
                {"Id": str(index), "ReceiptHandle": message["ReceiptHandle"]}
                for index, message in enumerate(messages)
            ],
        )
        if failed := answer.get("Failed"):
            log.warning("messages not deleted: %s", failed)


class DropPump(QueuePump):
    """Takes a bucket's notifications from a queue and invokes the function with each."""

    def _event(self, messages: Sequence[Message]) -> dict[str, Any] | None:
        [message] = messages
        event: dict[str, Any] = json.loads(message["Body"])
        # S3 greets a new target with a test event, which has no records and no function sees.
        return event if "Records" in event else None

    def _given_up(
        self, messages: Sequence[Message], event: Mapping[str, Any], error: BaseException
    ) -> Sequence[Message]:
        [message] = messages
        count = int(message["Attributes"]["ApproximateReceiveCount"])
        if not self._source.on_failure or count < self._source.most_invocations:
            return []
        told = failure_event(event, error, count=count, at=datetime.now(UTC))
        self._sqs.send_message(QueueUrl=self._source.on_failure, MessageBody=json.dumps(told))
        return messages


class Ticker:
    """Invokes a function at once and then again and again."""

    def __init__(self, name: str, invoke: Invoke, every_s: float) -> None:
        self._name = name
        self._invoke = invoke
        self._every_s = every_s
        self._running: list[threading.Thread] = []

    def run(self, stop: threading.Event) -> None:
        """Tick until told to stop; ticks still running are finished first."""
        self.tick()
        while not stop.wait(self._every_s):
            self.tick()
        for thread in self._running:
            thread.join()

    def tick(self) -> None:
        """Start one invocation, beside a slow one if need be, as EventBridge would."""
        self._running = [thread for thread in self._running if thread.is_alive()]
        if len(self._running) >= _MOST_TICKS_AT_ONCE:
            log.warning("tick of %s skipped: %d still run", self._name, len(self._running))
            return
        thread = threading.Thread(target=self._call, name=f"tick-{self._name}", daemon=True)
        self._running.append(thread)
        thread.start()

    def _call(self) -> None:
        try:
            self._invoke(schedule_event(self._name, datetime.now(UTC)))
        except (Exception, SystemExit):
            log.exception("invocation failed")


def succeeded(messages: Sequence[Message], answer: Any) -> Sequence[Message]:
    """Pick the messages that a function's answer lets Lambda delete.

    An answer that makes no sense means that all have failed:
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    if answer is None:
        return messages
    try:
        failed = {item["itemIdentifier"] for item in answer.get("batchItemFailures") or []}
    except (AttributeError, KeyError, TypeError):
        log.error("answer not understood, all messages stay: %r", answer)  # noqa: TRY400 - ours
        return []
    if not failed <= {message["MessageId"] for message in messages}:
        log.error("answer names unknown messages, all messages stay: %r", answer)
        return []
    return [message for message in messages if message["MessageId"] not in failed]
