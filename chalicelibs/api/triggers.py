"""Events of queues and buckets: their messages as domain values, failures one by one."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any
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
from chalicelibs.ports import ImportChunk, PlaceCall, WithdrawCall, WriteExport
from chalicelibs.use_cases.import_contacts import ImportChunks
from chalicelibs.use_cases.tend_dead_letters import NoteFailure
from chalicelibs.use_cases.write_export import Lines

#: Where files are dropped: the workspace and the campaign stand in the path.
DROP = re.compile(r"imports/(?P<workspace_id>[^/]+)/(?P<campaign_id>[^/]+)/.+\.csv")


#: Has messages handled, in order or not; says of each whether it failed.
Run = Callable[[Callable[[SQSRecord], bool], Iterable[SQSRecord]], Iterable[bool]]


def each_record(
    event: SQSEvent, handle: Callable[[dict[str, Any]], None], watch: Watch, run: Run = map
) -> dict[str, Any]:
    """Handle what each message says; those that fail, and only those, come again."""
    return each_message(event, lambda message: handle(json.loads(message.body)), watch, run)


def each_message(
    event: SQSEvent, handle: Callable[[SQSRecord], None], watch: Watch, run: Run = map
) -> dict[str, Any]:
    """Handle each message; those that fail, and only those, come again."""
    records = [SQSRecord(record) for record in event.to_dict()["Records"]]

    def has_failed(record: SQSRecord) -> bool:
        try:
            handle(record)
        except Exception as error:  # noqa: BLE001 - whatever it is, its message comes again
            watch.tell(record, error)
            return True
        return False

    outcomes = zip(records, run(has_failed, records), strict=True)
    failed = [record.message_id for record, is_failure in outcomes if is_failure]
    for told in FIGURES.take(watch.note.clock):
        logger().info("figures", extra=told)
    return {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}


def side_by_side(
    has_failed: Callable[[SQSRecord], bool], records: Iterable[SQSRecord]
) -> list[bool]:
    """Handle all messages at the same time: those that wait for others wait together."""
    from concurrent.futures import ThreadPoolExecutor  # for those who need threads, and only them

    messages = list(records)
    with ThreadPoolExecutor(len(messages)) as threads:
        return list(threads.map(has_failed, messages))


#: What recording a report says when an attempt has ended by it.
SETTLED = "settled"

#: What comes of a call for which its carrier was asked; all else is a refusal of the dial gate.
ASKED = frozenset(
    {"placed", "answer_lost", "refused", "denied", "throttled", "carrier_unreachable"}
)


Place = Callable[[PlaceCall], str]


def place_calls(
    event: SQSEvent,
    of_batch: Callable[[Iterable[PlaceCall]], Place],
    withdraw: Callable[[WithdrawCall], str],
    note: NoteFailure,
) -> dict[str, Any]:
    """Place the calls of a batch side by side, and take others back.

    Their gates are read before the first of them starts, and all start at once: none of them
    waits with what was read until the carriers of the others have answered.
    """
    place = of_batch(calls_to_place(event))

    def handle(message: dict[str, Any]) -> None:
        if message.get("kind") == "withdraw":
            told = {name: message[name] for name in ("workspace_id", "call_id")}
            done = withdraw(WithdrawCall(**told))
            logger().info("call taken back", extra=ids_in(message) | {"result": done})
            return
        done = place(PlaceCall(**message))
        FIGURES.add({"calls_asked_for" if done in ASKED else "calls_held_back": 1}, result=done)
        logger().info("call judged", extra=ids_in(message) | {"result": done})

    watch = Watch(QueueName.CALLS, "place_call", note)
    return each_record(event, handle, watch, side_by_side)


def calls_to_place(event: SQSEvent) -> Iterator[PlaceCall]:
    """The calls of a batch that are to be placed; a message that is none will fail by itself."""
    for message in event:
        with suppress(ValueError, TypeError, AttributeError, RecursionError):
            told = json.loads(message.body)
            if kind_in(told) != "withdraw":
                yield PlaceCall(**told)


#: Records the reports of a batch; gives what was done about each, or why that failed.
Record = Callable[[Sequence[CallEvent]], Sequence[str | Exception]]


def record_events(event: SQSEvent, record: Record, note: NoteFailure) -> dict[str, Any]:
    """Record the carriers' reports of a batch, and tell of each message what came of it."""
    reports = reports_in(event)
    done_by_message = dict(zip(reports, record([*reports.values()]), strict=True))

    def handle(message: SQSRecord) -> None:
        report = reports.get(message.message_id) or report_in(message.body)  # or fails here
        done = done_by_message[message.message_id]
        if isinstance(done, Exception):
            raise done
        if done == SETTLED:
            return  # the journal has told it, and of which outcome
        fields = {"kind": report.kind, "outcome": known(report.outcome), "result": done}
        ids = {"call_id": report.call_id, "workspace_id": report.workspace_id}
        logger().info("report recorded", extra={**ids_in(ids), **fields})

    return each_message(event, handle, Watch(QueueName.CALL_EVENTS, "record_call_event", note))


def reports_in(event: SQSEvent) -> dict[str, CallEvent]:
    """The reports of a batch, by message; what is none will fail by itself."""
    reports = {}
    for message in event.to_dict()["Records"]:
        with suppress(Exception):
            reports[message["messageId"]] = report_in(message["body"])
    return reports


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

    answer = each_record(event, handle, Watch(QueueName.NUDGES, "dispatch", note))
    sent = [sent_at(record) for record in event.to_dict()["Records"] if is_tick(record)]
    if sent:
        lag = epoch_ms(note.clock.now()) - min(sent)
        logger().info("ticks kept", extra=measured({"dispatch_lag_ms": lag}, clock=note.clock))
    return answer


def is_tick(record: Mapping[str, Any]) -> bool:
    """Whether a message is one that the schedule sent; a nudge may wait on purpose."""
    with suppress(ValueError, RecursionError):
        return kind_in(json.loads(record["body"])) == "tick"
    return False


def sent_at(record: Mapping[str, Any]) -> int:
    """When a message was sent, as SQS tells it."""
    return int(record["attributes"]["SentTimestamp"])


def write_exports(
    event: SQSEvent, write: Callable[[WriteExport, Lines], str], note: NoteFailure
) -> dict[str, Any]:
    """Give each export of a batch a turn."""
    from chalicelibs.api.export_rows import ExportRows  # no other function needs its models

    def handle(message: dict[str, Any]) -> None:
        done = write(WriteExport(**message), ExportRows())
        logger().info("export written", extra={**message, "result": done})

    return each_record(event, handle, Watch(QueueName.EXPORTS, "write_export", note))


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
    return each_record(event, handle, watch)


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
