"""The rows of an export: the API's own objects, a line of JSON or of CSV for each."""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from io import StringIO
from typing import Any

from chalicelibs.api.bodies import View
from chalicelibs.api.calls import view as call_view
from chalicelibs.api.tasks import view as task_view
from chalicelibs.domain.call import Call
from chalicelibs.domain.corrections import Correction
from chalicelibs.domain.exports import Export, ExportFormat, ExportKind
from chalicelibs.domain.outlook import TaskReading
from chalicelibs.domain.spreadsheet import safe

#: What each column of a task holds is told by the field of the same name in the API's answers.
#: New columns are added at the end: whoever reads a column by its place finds it there.
TASK_COLUMNS = (
    "id",
    "external_id",
    "campaign_id",
    "phone",
    "status",
    "outcome",
    "reason",
    "attempts",
    "next_attempt_at",
    "waiting_for",
    "is_callback",
    "is_erased",
    "last_call_id",
    "created_at",
    "context",
)

#: The same of a call; its cost is a number and a currency here. A transcript fits into no cell.
CALL_COLUMNS = (
    "id",
    "task_id",
    "campaign_id",
    "attempt",
    "to",
    "from",
    "status",
    "outcome",
    "reason",
    "is_permanent",
    "agent_id",
    "carrier",
    "carrier_call_id",
    "reserved_at",
    "dialed_at",
    "answered_at",
    "ended_at",
    "duration_s",
    "cost_amount",
    "cost_currency",
    "callback_at",
    "recording_url",
    "is_erased",
    "analysis",
)

#: Before the name of the context that a column holds.
CONTEXT = "context."

#: What makes Excel read a file as UTF-8.
MARK = "\ufeff"

#: The end of a line, as RFC 4180 wants it.
LINE_END = "\r\n"

Json = Mapping[str, Any]


class ExportRows:
    """How rows look in each format."""

    def head(self, export: Export) -> bytes:
        """The names of the columns, where the format has any."""
        if export.format is not ExportFormat.CSV:
            return b""
        columns = columns_of(export)
        return MARK.encode() + (csv_of([columns]) if columns else b"")

    def of_tasks(self, export: Export, tasks: Sequence[TaskReading], now: datetime) -> bytes:
        """A row for each task."""
        views = [task_view(task, now) for task in tasks]
        if export.format is ExportFormat.NDJSON:
            return ndjson_of(views)
        return csv_of(task_cells(view.to_json(), export.context) for view in views)

    def of_calls(self, export: Export, calls: Sequence[Call]) -> bytes:
        """A row for each call."""
        views = [call_view(call) for call in calls]
        if export.format is ExportFormat.NDJSON:
            return ndjson_of(views)
        return csv_of(call_cells(view.to_json()) for view in views)

    def of_corrections(self, rows: Iterable[Correction], delimiter: str) -> bytes:
        """A row for each row that is to be corrected, as its file is written."""
        return csv_of(([safe(cell) for cell in one.row] for one in rows), delimiter)


def columns_of(export: Export) -> list[str]:
    """The columns of a CSV: always these, and those of the context that were asked for.

    Those of rejected rows are their file's own, which comes later.
    """
    if export.kind is ExportKind.REJECTED_ROWS:
        return []
    if export.kind is ExportKind.CALLS:
        return list(CALL_COLUMNS)
    return [*TASK_COLUMNS, *(safe(f"{CONTEXT}{name}") for name in export.context)]


def task_cells(task: Json, names: Sequence[str]) -> list[str]:
    """A task of the API as cells."""
    context = task["context"]
    return [
        *(cell(task[column]) for column in TASK_COLUMNS),
        *(cell(context.get(name)) for name in names),
    ]


def call_cells(call: Json) -> list[str]:
    """A call of the API as cells."""
    amount, _, currency = (call["cost"] or "").partition(" ")
    whole = {**call, "cost_amount": amount, "cost_currency": currency}
    return [cell(whole[column]) for column in CALL_COLUMNS]


def cell(value: object) -> str:
    """A value of the API as a cell: nothing for none, and never a formula."""
    if value is None:
        return ""
    if isinstance(value, str):
        return safe(value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def csv_of(rows: Iterable[Sequence[str]], delimiter: str = ",") -> bytes:
    """Rows as RFC 4180 writes them."""
    text = StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=LINE_END).writerows(rows)
    return text.getvalue().encode(errors="replace")


def ndjson_of(views: Iterable[View]) -> bytes:
    """Views as the API answers them, a line for each."""
    return "".join(f"{view.model_dump_json(by_alias=True)}\n" for view in views).encode()
