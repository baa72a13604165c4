"""Imports as JSON, and the files that they are made of."""

from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Literal

from pydantic import Field

from chalicelibs.api.bodies import At, View, parse
from chalicelibs.api.errors import Malformed, TooLarge
from chalicelibs.api.http import CSV, MOST_BYTES, Request
from chalicelibs.api.readings import NewImport, asked, reading_of, together
from chalicelibs.domain.errors import Invalid
from chalicelibs.domain.imports import (
    Import,
    ImportStatus,
    MissingLines,
    RejectedRow,
    file_name,
)
from chalicelibs.domain.reading import Duplicates, Meaning, Reading
from chalicelibs.domain.rehearsal import MOST_PREVIEWS, MOST_REJECTED, Preview, Rehearsal
from chalicelibs.ports.imports import Upload
from chalicelibs.ports.pages import Page
from chalicelibs.use_cases.receive_contacts import Part, Received, Sent

#: What API Gateway makes of bytes that are no UTF-8 text, before we see them.
REPLACED = "\ufffd"


class OptionsView(View):
    """How a file is read, as its sender said; null: its header says it."""

    columns: dict[Meaning, str] = Field(description="Empty: there is none of this meaning.")
    region: str | None
    encoding: str | None
    delimiter: str | None
    duplicates: Duplicates
    dry_run: bool = Field(description="Everything is judged, and nothing becomes a task.")


class ImportView(View):
    """One file of contacts, and how many of its rows became tasks."""

    id: str
    campaign_id: str
    file: str = Field(description="The name under which it was dropped or announced.")
    status: ImportStatus = Field(
        description="`waiting`: the file has not come yet. "
        "`failed`: the file as a whole could not be used, or some of its lines could not be "
        "imported, which `/imports/{id}/missing` names."
    )
    reason: str | None = Field(description="Why it failed.")
    rows: int = Field(description="Rows done; always accepted + rejected + duplicates.")
    accepted: int = Field(description="Rows that became tasks.")
    rejected: int = Field(description="Rows that could not be used.")
    duplicates: int = Field(description="Rows whose number the campaign had already.")
    updated: int = Field(description="Of the duplicates, those that changed a task.")
    total: int | None = Field(description="Rows of the file; null: it is not known yet.")
    options: OptionsView
    created_at: At


class UploadView(View):
    """Where to send the file, as it is: without an API key, and without anything else."""

    method: Literal["PUT"]
    url: str = Field(description="Whoever knows it can send the file: keep it to yourself.")
    headers: dict[str, str] = Field(description="To be sent as they are.")
    expires_at: At = Field(description="After that it takes nothing: announce the file again.")


class PartView(View):
    """Where to send a part of a file, as it is, without an API key."""

    number: int
    bytes: int = Field(description="So many bytes of the file, after those of the parts before.")
    url: str = Field(description="Whoever knows it can send the part: keep it to yourself.")


class PartsView(View):
    """Where to send a large file, part by part, in any order and side by side."""

    method: Literal["PUT"]
    parts: list[PartView]
    expires_at: At = Field(description="After that they take nothing: announce the file again.")


class NewImportView(View):
    """An import that waits for its file, and where to send it."""

    import_: ImportView = Field(serialization_alias="import")
    upload: UploadView | None = Field(
        description="Null: the file came with the request, or comes in parts."
    )
    upload_parts: PartsView | None = Field(
        description="Only for a file whose `bytes` were said. When all parts are sent, "
        "`POST /imports/{id}/upload`."
    )


class ImportsView(View):
    """The imports of a campaign, oldest first."""

    imports: list[ImportView]


class MissingLinesView(View):
    """Lines that follow one another and are not done."""

    first: int
    last: int
    reason: str | None = Field(
        description="Why they were given up; null: they are still to come, or the import says why."
    )


class MissingView(View):
    """The lines of a file that are not done, as far as it has been looked through."""

    missing: list[MissingLinesView]


class RejectedRowView(View):
    """A row that did not become a task, and what to do about it."""

    line: int = Field(description="Where it begins in the file, counted from 1.")
    code: str = Field(description="What is wrong, in a word: `invalid_phone`, `duplicate` …")
    message: str = Field(description="What is wrong, and what to do about it.")
    column: str | None = Field(description="The column that is wrong, where it is one.")
    value: str | None = Field(
        description="The beginning of what stands there; of a duplicate, the number in E.164."
    )


class RejectedRowsView(View):
    """A page of the rows that did not become tasks."""

    rows: list[RejectedRowView]
    next_cursor: str | None = Field(description="Where the next page begins; null: at the end.")


class PreviewView(View):
    """What the agent would be told for a row."""

    line: int
    phone: str = Field(description="The number that would be called, E.164.")
    prompt: str | None = Field(
        description="Null: the campaign's agent is gone, or this contact's prompt is too long."
    )


class PreviewsView(View):
    """What the agent would be told for the first rows that could become tasks."""

    preview: list[PreviewView]


class RehearsalView(View):
    """What would become of the rows of a file; nothing of it was stored."""

    rows: int = Field(description="Always accepted + rejected + duplicates.")
    accepted: int = Field(description="Rows that would become tasks.")
    rejected: int = Field(description="Rows that could not be used.")
    duplicates: int = Field(description="Rows whose number is in the campaign, or came before.")
    updated: int = Field(description="Of the duplicates, those that would change a task.")
    rejected_rows: list[RejectedRowView] = Field(
        description=f"The first {MOST_REJECTED}, duplicates included."
    )
    preview: list[PreviewView] = Field(description=f"The first {MOST_PREVIEWS} prompts.")


class DryRunView(View):
    """The answer to a dry run of a file that came with its request."""

    dry_run: RehearsalView


def sent(request: Request) -> Sent:
    """What was announced, or sent as it is.

    Raises:
        Invalid: when the name of the file is none.
        Malformed: when the file is not text.
        TooLarge: when it is too large to come with the request.
    """
    if request.media_type != CSV:
        body = parse(NewImport, request.body).said()
        said = together(asked(request.query), body)
        return Sent(file_name(said["file"]), None, reading_of(said), said.get("bytes"))
    said = asked(request.query)
    if said.get("file") is None:
        raise Invalid("name the file in the address: ?file=contacts.csv", "file")
    if said.get("encoding") not in {None, "utf-8"}:
        raise Invalid("a file that comes with its request is UTF-8: announce others", "encoding")
    return Sent(file_name(said["file"]), text_in(request.raw_body), reading_of(said))


def text_in(raw: bytes) -> bytes:
    """A file that came with its request, still in bytes.

    Raises:
        Malformed: when it is not text.
        TooLarge: when it is too large.
    """
    if len(raw) > MOST_BYTES:
        raise TooLarge(
            f"send at most {MOST_BYTES} bytes here; to upload a longer file, announce it as JSON"
        )
    if REPLACED in raw.decode(errors="replace"):
        raise Malformed("the file is not UTF-8 text: save it as CSV with encoding UTF-8")
    return raw


def received(one: Received) -> NewImportView | DryRunView:
    """An import and where to send its file, or what would become of the one that came."""
    if one.rehearsal is not None:
        return DryRunView(dry_run=rehearsal_view(one.rehearsal))
    upload = None if one.upload is None else upload_view(one.upload)
    return NewImportView(import_=view(one.job), upload=upload, upload_parts=parts_view(one.parts))


def status_of(one: Received) -> int:
    """Told; or made, and the rest is the sender's; or accepted, and the rest is ours."""
    if one.rehearsal is not None:
        return HTTPStatus.OK
    is_here = one.upload is None and not one.parts
    return HTTPStatus.ACCEPTED if is_here else HTTPStatus.CREATED


def parts_view(parts: Sequence[Part]) -> PartsView | None:
    """Where to send the parts of a file."""
    if not parts:
        return None
    return PartsView(
        method="PUT",
        parts=[PartView(number=one.number, bytes=one.size, url=one.upload.url) for one in parts],
        expires_at=parts[0].upload.expires_at,
    )


def rehearsal_view(done: Rehearsal) -> RehearsalView:
    """What would become of the rows of a file."""
    counts = done.counts
    return RehearsalView(
        rows=counts.rows,
        accepted=counts.accepted,
        rejected=counts.rejected,
        duplicates=counts.duplicates,
        updated=counts.updated,
        rejected_rows=[row_view(row) for row in done.rejected],
        preview=[PreviewView(**one._asdict()) for one in done.previews],
    )


def previews_view(previews: Iterable[Preview]) -> PreviewsView:
    """What the agent would be told."""
    return PreviewsView(preview=[PreviewView(**one._asdict()) for one in previews])


def options_view(reading: Reading) -> OptionsView:
    """How a file is read."""
    return OptionsView(
        columns=dict(reading.columns),
        region=reading.region,
        encoding=reading.encoding,
        delimiter=reading.delimiter,
        duplicates=reading.duplicates,
        dry_run=reading.is_dry_run,
    )


def upload_view(upload: Upload) -> UploadView:
    """Where to send a file."""
    return UploadView(
        method="PUT",
        url=upload.url,
        headers=dict(upload.headers),
        expires_at=upload.expires_at,
    )


def view(job: Import) -> ImportView:
    """An import: rows = accepted + rejected + duplicates, always."""
    return ImportView(
        id=job.import_id,
        campaign_id=job.campaign_id,
        file=job.source.rpartition("/")[2],
        status=job.status,
        reason=job.reason,
        rows=job.rows,
        accepted=job.accepted,
        rejected=job.rejected,
        duplicates=job.duplicates,
        updated=job.counts.updated,
        total=job.total,
        options=options_view(job.reading),
        created_at=job.created_at,
    )


def list_view(jobs: Iterable[Import]) -> ImportsView:
    """The imports of a campaign."""
    return ImportsView(imports=[view(job) for job in jobs])


def missing_view(found: Iterable[MissingLines]) -> MissingView:
    """The lines of a file that are not done."""
    return MissingView(missing=[MissingLinesView(**one._asdict()) for one in found])


def rows_view(page: Page[RejectedRow]) -> RejectedRowsView:
    """A page of the rows that did not become tasks, each with what to do about it."""
    rows = [row_view(row) for row in page.items]
    return RejectedRowsView(rows=rows, next_cursor=page.cursor)


def row_view(row: RejectedRow) -> RejectedRowView:
    """A row that did not become a task."""
    return RejectedRowView(
        line=row.line, code=row.code, message=row.message, column=row.column, value=row.value
    )
