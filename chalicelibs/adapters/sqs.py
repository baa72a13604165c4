"""The queues: calls to place, carriers' reports, nudges, chunks of files, exports."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from chalicelibs.domain.call_event import CallEvent
from chalicelibs.ports.queues import ImportChunk, PlaceCall, WithdrawCall, WriteExport

#: Messages that SQS takes in one request, and what they may weigh together.
BATCH = 10
BATCH_BYTES = 256 * 1024

#: The longest that SQS holds a message back.
LONGEST_DELAY = timedelta(minutes=15)
SECOND = timedelta(seconds=1)
NO_DELAY = timedelta(0)


class NotSent(Exception):
    """SQS refused messages twice; the others of the same batch were sent."""

    def __init__(self, failed: Sequence[Mapping[str, Any]]) -> None:
        codes = ", ".join(sorted({str(failure["Code"]) for failure in failed}))
        super().__init__(f"{len(failed)} messages were not sent: {codes}")
        self.count = len(failed)


class SqsQueue:
    """Messages as JSON, in batches of ten."""

    def __init__(
        self,
        client: Any,
        *,
        calls_url: str,
        events_url: str,
        nudges_url: str,
        chunks_url: str,
        exports_url: str,
    ) -> None:
        self._client = client
        self._chunks_url = chunks_url
        self._exports_url = exports_url
        self._calls_url = calls_url
        self._events_url = events_url
        self._nudges_url = nudges_url

    def calls(self, messages: Iterable[tuple[PlaceCall, timedelta]]) -> None:
        """See the port."""
        self._send(self._calls_url, ((_place(call), delay) for call, delay in messages))

    def withdraw(self, messages: Iterable[WithdrawCall], delay: timedelta = NO_DELAY) -> None:
        """See the port. They go where calls are placed: who may speak to carriers reads there."""
        self._send(self._calls_url, ((_withdraw(one), delay) for one in messages))

    def events(self, events: Iterable[CallEvent]) -> None:
        """See the port."""
        self._send(self._events_url, ((event.to_message(), NO_DELAY) for event in events))

    def chunks(self, messages: Iterable[ImportChunk]) -> None:
        """See the port."""
        self._send(self._chunks_url, ((_chunk(one), NO_DELAY) for one in messages))

    def nudge(self, workspace_id: str, delay: timedelta = NO_DELAY) -> None:
        """See the port."""
        message = {"workspace_id": workspace_id, "kind": "nudge"}
        self._send(self._nudges_url, [(message, delay)])

    def tick(self, workspace_ids: Iterable[str]) -> None:
        """See the port."""
        messages = ({"workspace_id": one, "kind": "tick"} for one in workspace_ids)
        self._send(self._nudges_url, ((message, NO_DELAY) for message in messages))

    def export(self, message: WriteExport, delay: timedelta = NO_DELAY) -> None:
        """See the port."""
        self._send(self._exports_url, [(asdict(message), delay)])

    def _send(self, url: str, messages: Iterable[tuple[dict[str, Any], timedelta]]) -> None:
        for entries in _batches(_entry(*message) for message in messages):
            failed = self._send_batch(url, entries)
            if failed:
                again = {failure["Id"] for failure in failed}
                failed = self._send_batch(url, [one for one in entries if one["Id"] in again])
            if failed:
                raise NotSent(failed)

    def _send_batch(self, url: str, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
        answer = self._client.send_message_batch(QueueUrl=url, Entries=entries)
        failed: list[dict[str, Any]] = answer.get("Failed", [])
        return failed


def _place(call: PlaceCall) -> dict[str, Any]:
    return {
        "workspace_id": call.workspace_id,
        "call_id": call.call_id,
        "workspace_page": call.workspace_page,
        "campaign_page": call.campaign_page,
    }


def _withdraw(message: WithdrawCall) -> dict[str, Any]:
    return {
        "kind": "withdraw",
        "workspace_id": message.workspace_id,
        "call_id": message.call_id,
    }


def _chunk(message: ImportChunk) -> dict[str, Any]:
    return {
        "kind": "import_chunk",
        "workspace_id": message.workspace_id,
        "campaign_id": message.campaign_id,
        "import_id": message.import_id,
        "number": message.number,
    }


def _entry(message: dict[str, Any], delay: timedelta) -> dict[str, Any]:
    entry: dict[str, Any] = {"MessageBody": json.dumps(message, separators=(",", ":"))}
    if seconds := whole_seconds(delay):
        entry["DelaySeconds"] = seconds
    return entry


def whole_seconds(delay: timedelta) -> int:
    """A delay as SQS takes it: rounded up, and never more than 15 minutes."""
    return -(-min(max(delay, NO_DELAY), LONGEST_DELAY) // SECOND)


def _batches(entries: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    weight = 0
    for entry in entries:
        size = len(entry["MessageBody"])  # JSON escapes what is not ASCII: one byte per letter
        if batch and (len(batch) == BATCH or weight + size > BATCH_BYTES):
            yield batch
            batch, weight = [], 0
        batch.append({"Id": str(len(batch)), **entry})
        weight += size
    if batch:
        yield batch
