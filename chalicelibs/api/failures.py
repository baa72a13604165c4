"""Messages that fail: told to the log and to the alarms, and their reason kept."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from chalicelibs.api.log import logger
from chalicelibs.api.metrics import measured
from chalicelibs.domain.dead_letters import Failure, QueueName, told
from chalicelibs.use_cases.tend_dead_letters import NoteFailure


@dataclass(frozen=True, slots=True)
class Watch:
    """Who handles which queue's messages, and where failures are noted."""

    queue: QueueName
    function: str
    note: NoteFailure
    #: Whoever must know what message does not come again.
    given_up: Callable[[str, Failure], None] = lambda _body, _failure: None

    def tell(self, record: SQSRecord, error: Exception) -> None:
        """Tell of a failure; whatever goes wrong here changes nothing for the message."""
        try:
            failure = self._failure(record, error)
            fields = fields_of(failure) | measured(
                {"message_failed": 1}, clock=self.note.clock, queue=self.queue.value
            )
            logger().warning("message failed", extra=fields, exc_info=error)
            self.note(failure)
            if failure.is_last:
                self.given_up(record.body, failure)
        except Exception:  # noqa: BLE001 - the message fails for its own reason, not for this one
            logger().exception("reason not kept", extra={"id": record.message_id})

    def _failure(self, record: SQSRecord, error: Exception) -> Failure:
        name = type(error).__name__
        return Failure(
            queue=self.queue,
            message_id=record.message_id,
            function=self.function,
            error=name,
            message=told(name, str(error)),
            receives=int(record.attributes.approximate_receive_count),
            at=self.note.clock.now(),
        )


def fields_of(failure: Failure) -> dict[str, Any]:
    """A failure as fields of a log line."""
    return {
        "id": failure.message_id,
        "receives": failure.receives,
        "error": failure.error,
    }
