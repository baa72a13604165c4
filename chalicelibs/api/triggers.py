"""Events of queues and buckets: their messages as domain values, failures one by one."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple
from urllib.parse import unquote_plus

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from chalice.app import SQSEvent

from chalicelibs.api.failures import Watch
from chalicelibs.api.journal import known
from chalicelibs.api.log import logger
from chalicelibs.api.metrics import FIGURES, measured
from chalicelibs.domain.call_event import CallEvent
from chalicelibs.domain.dead_letters import Failure, QueueName, ids_in, kind_in
from chalicelibs.domain.imports import Import
from chalicelibs.domain.instants import epoch_ms
from chalicelibs.ports.queues import ImportChunk, PlaceCall, WithdrawCall, WriteExport
from chalicelibs.together import Done, attempt, result_of
from chalicelibs.use_cases.import_contacts import ImportChunks
from chalicelibs.use_cases.tend_dead_letters import NoteFailure
from chalicelibs.use_cases.write_export import Lines

#: Where files are dropped: the workspace and the campaign stand in the path.
DROP = re.compile(r"imports/(?P<workspace_id>[^/]+)/(?P<campaign_id>[^/]+)/.+\.csv")


class Message(NamedTuple):
    """A message of a batch."""

    record: SQSRecord
    said: Any  #: What it says, or the exception that tells why it cannot be read.


def messages_of(event: SQSEvent, read: Callable[[str], object] = json.loads) -> Sequence[Message]:
    """The messages of a batch, each read once; one that cannot be read fails, and no other."""
    records = [SQSRecord(record) for record in event.to_dict()["Records"]]
    return [Message(record, attempt(read, record.body)) for record in records]


def readable(messages: Iterable[Message]) -> Sequence[Any]:
    """What those messages say that can be read."""
    return [one.said for one in messages if not isinstance(one.said, Exception)]


def each_message(
    messages: Sequence[Message], handle: Callable[[Any], None], watch: Watch
) -> dict[str, Any]:
    """Handle what each message says; those that fail, and only those, come again."""

    def has_failed(message: Message) -> bool:
        try:
            if isinstance(message.said, Exception):
                raise message.said
            handle(message.said)
        except Exception as error:  # noqa: BLE001 - whatever it is, its message comes again
            watch.tell(message.record, error)
            return True
        return False

    failed = [message.record.message_id for message in messages if has_failed(message)]
    for told in FIGURES.take(watch.note.clock):
        logger().info("figures", extra=told)
    return {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}


#: What recording a report says when an attempt has ended by it.
SETTLED = "settled"

#: What comes of a call for which its carrier was asked; all else is a refusal of the dial gate.
ASKED = frozenset(
    {"placed", "answer_lost", "refused", "denied", "throttled", "carrier_unreachable"}
)


Placed = Callable[[Sequence[PlaceCall]], Sequence[Done]]
Withdrawn = Callable[[Sequence[WithdrawCall]], Sequence[Done]]


def place_calls(
    event: SQSEvent, place: Placed, withdraw: Withdrawn, note: NoteFailure
) -> dict[str, Any]:
    """Place the calls of a batch together, take others back, and tell what came of each."""
    messages = messages_of(event, call_in)
    calls = readable(messages)
    results = {
        PlaceCall: iter(place([one for one in calls if isinstance(one, PlaceCall)])),
        WithdrawCall: iter(withdraw([one for one in calls if isinstance(one, WithdrawCall)])),
    }
    tell = {PlaceCall: tell_placed, WithdrawCall: tell_withdrawn}

    def handle(call: PlaceCall | WithdrawCall) -> None:
        done = next(results[type(call)])  # they come in the order of the calls, and so do we
        tell[type(call)](ids_of(call), result_of(done))

    return each_message(messages, handle, Watch(QueueName.CALLS, "place_call", note))


def tell_placed(ids: Mapping[str, str], done: str) -> None:
    """Log what the dial gate and the carrier said of a call, and count it."""
    FIGURES.add({"calls_asked_for" if done in ASKED else "calls_held_back": 1}, result=done)
    logger().info("call judged", extra={**ids, "result": done})


def tell_withdrawn(ids: Mapping[str, str], done: str) -> None:
    """Log whether a call was taken back."""
    logger().info("call taken back", extra={**ids, "result": done})


def call_in(body: str) -> PlaceCall | WithdrawCall:
    """What a message wants done about a call."""
    message = json.loads(body)
    if kind_in(message) == "withdraw":
        return WithdrawCall(workspace_id=message["workspace_id"], call_id=message["call_id"])
    return PlaceCall(**message)


def ids_of(one: PlaceCall | WithdrawCall | CallEvent) -> dict[str, Any]:
    """Whose call it is, and which."""
    return ids_in({"workspace_id": one.workspace_id, "call_id": one.call_id})


#: Records the reports of a batch; gives what was done about each, or why that failed.
Record = Callable[[Sequence[CallEvent]], Sequence[Done]]


def record_events(event: SQSEvent, record: Record, note: NoteFailure) -> dict[str, Any]:
    """Record the carriers' reports of a batch, and tell of each message what came of it."""
    messages = messages_of(event, report_in)
    results = iter(record(readable(messages)))

    def handle(report: CallEvent) -> None:
        done = result_of(next(results))  # in the order of the reports, in which we come, too
        if done == SETTLED:
            return  # the journal has told it, and of which outcome
        fields = {"kind": report.kind, "outcome": known(report.outcome), "result": done}
        logger().info("report recorded", extra=ids_of(report) | fields)

    watch = Watch(QueueName.CALL_EVENTS, "record_call_event", note)
    return each_message(messages, handle, watch)


def report_in(body: str) -> CallEvent:
    """The report that a message is."""
    report = CallEvent.from_message(json.loads(body))
    if not isinstance(report.call_id, str):
        raise TypeError("the call_id of a report is a text")
    return report


def dispatch(
    event: SQSEvent,
    nudged: Callable[[str], int],
    ticked: Callable[[str], None],
    note: NoteFailure,
) -> dict[str, Any]:
    """Dispatch each workspace of a batch, once, however many nudges it got."""
    seen: set[tuple[str, str]] = set()

    def handle(message: dict[str, Any]) -> None:
        workspace_id, kind = message["workspace_id"], message["kind"]
        if (workspace_id, kind) in seen:
            return
        if kind == "tick":
            ticked(workspace_id)
        else:
            nudged(workspace_id)
        seen.add((workspace_id, kind))

    messages = messages_of(event)
    answer = each_message(messages, handle, Watch(QueueName.NUDGES, "dispatch", note))
    # Only what the schedule sent: a nudge may wait on purpose.
    ticks = [one.record.attributes for one in messages if kind_in(one.said) == "tick"]
    if ticks:
        lag = epoch_ms(note.clock.now()) - min(int(one.sent_timestamp) for one in ticks)
        logger().info("ticks kept", extra=measured({"dispatch_lag_ms": lag}, clock=note.clock))
    return answer


def write_exports(
    event: SQSEvent, write: Callable[[WriteExport, Lines], str], note: NoteFailure
) -> dict[str, Any]:
    """Give each export of a batch a turn."""
    from chalicelibs.api.export_rows import ExportRows  # no other function needs its models

    def handle(message: dict[str, Any]) -> None:
        done = write(WriteExport(**message), ExportRows())
        logger().info("export written", extra={**message, "result": done})

    watch = Watch(QueueName.EXPORTS, "write_export", note)
    return each_message(messages_of(event), handle, watch)


def import_chunks(event: SQSEvent, chunks: ImportChunks, note: NoteFailure) -> dict[str, Any]:
    """Import the chunks of a batch; of one that fails for the last time its import is told."""

    def handle(message: dict[str, Any]) -> None:
        done = chunks(chunk_in(message))
        logger().info("chunk judged", extra={**ids_in(message), "result": done})

    def given_up(body: str, failure: Failure) -> None:
        with suppress(ValueError, KeyError, TypeError):  # a message that names no chunk
            message = chunk_in(json.loads(body))
            chunks.give_up(message, f"{failure.error}: {failure.message}")

    watch = Watch(QueueName.IMPORT_CHUNKS, "import_chunk", note, given_up)
    return each_message(messages_of(event), handle, watch)


def chunk_in(message: Any) -> ImportChunk:
    """The chunk that a message names."""
    return ImportChunk(
        workspace_id=message["workspace_id"],
        campaign_id=message["campaign_id"],
        import_id=message["import_id"],
        number=message["number"],
    )


class ImportFailed(Exception):
    """A file could not be imported for now; it comes again. Says what kind of error it was."""


def import_files(event: Mapping[str, Any], import_file: Callable[..., Import | None]) -> None:
    """Import the files that were dropped; one dropped elsewhere is nobody's."""
    for record in event["Records"]:
        bucket, item = record["s3"]["bucket"]["name"], record["s3"]["object"]
        key = unquote_plus(item["key"])
        place = DROP.fullmatch(key)
        if place is None:
            logger().warning("file dropped outside a campaign's folder")
            continue
        version = item.get("eTag", "")
        try:
            job = import_file(
                place["workspace_id"],
                place["campaign_id"],
                source=f"s3://{bucket}/{key}",
                version=version,
            )
        except Exception as error:  # noqa: BLE001 - the outermost line, and it is raised again
            # Lambda writes what it is told into the log as it is, a contact's data included.
            logger().exception("import failed", extra=ids_in(place.groupdict()))
            raise ImportFailed(type(error).__name__) from None
        tell_import(job, version, place.groupdict())


def tell_import(job: Import | None, version: str, place: Mapping[str, str]) -> None:
    """Log what became of a file."""
    status = "unknown_workspace" if job is None else job.status
    # Whoever drops files names their folders: what is no id there may be anything.
    fields = {**ids_in(place), "import_id": job and job.import_id, "status": status}
    if job is not None and job.version != version:
        logger().warning("file not imported: its import has another", extra=fields)
    else:
        logger().info("file planned", extra=fields)
