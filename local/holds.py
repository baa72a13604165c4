"""Messages being worked on, kept invisible to others for as long as the work runs."""

import logging
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class _Hold:
    url: str
    handles: list[str]
    visibility_s: int
    renew_at: float


class Holds:
    """Renews the invisibility of every batch in work at a third of its time.

    In the cloud a queue's visibility is six times the function's timeout and no invocation can
    outlive it. Here the time is short, so that a killed process gives its work back soon; renewing
    makes up for it while the process lives.
    """

    def __init__(self, sqs: Any) -> None:
        self._sqs = sqs
        self._lock = threading.Lock()
        self._holds: dict[int, _Hold] = {}

    @contextmanager
    def hold(
        self, url: str, messages: Sequence[Mapping[str, Any]], visibility_s: int
    ) -> Iterator[None]:
        """Keep the messages invisible within the block."""
        hold = _Hold(
            url=url,
            handles=[message["ReceiptHandle"] for message in messages],
            visibility_s=visibility_s,
            renew_at=time.monotonic() + visibility_s / 3,
        )
        with self._lock:
            self._holds[id(hold)] = hold
        try:
            yield
        finally:
            with self._lock:
                del self._holds[id(hold)]

    def run(self, stop: threading.Event) -> None:
        """Renew until told to stop."""
        while not stop.wait(0.2):
            self.renew()

    def renew(self) -> None:
        """Renew every batch that is due."""
        now = time.monotonic()
        with self._lock:
            due = [hold for hold in self._holds.values() if hold.renew_at <= now]
        for hold in due:
            hold.renew_at = now + hold.visibility_s / 3
            try:
                self._sqs.change_message_visibility_batch(
                    QueueUrl=hold.url,
                    Entries=[
                        {
                            "Id": str(index),
                            "ReceiptHandle": handle,
                            "VisibilityTimeout": hold.visibility_s,
                        }
                        for index, handle in enumerate(hold.handles)
                    ],
                )
            except (BotoCoreError, ClientError):
                log.exception("hold not renewed")
