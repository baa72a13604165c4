"""Exports as JSON: what is wanted in a file, and how far it has come."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field

from chalicelibs.api.bodies import At, Body, View, parse
from chalicelibs.domain.errors import Invalid
from chalicelibs.domain.exports import Export, ExportFormat, ExportKind, ExportStatus
from chalicelibs.ports.exports import Download
from chalicelibs.use_cases.manage_exports import ExportReading, Wanted

#: Columns that context may have of its own, and how long their names may be.
MOST_COLUMNS, LONGEST_NAME = 50, 200

ContextName = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]


class NewExport(Body):
    """What is wanted in a file."""

    what: ExportKind = Field(
        description="`rejected_rows`: the rows of an import that could not be used, as they stand "
        "in its file and with what is wrong, to be corrected and imported."
    )
    format: ExportFormat = Field(ExportFormat.CSV, description="Rejected rows come as `csv`.")
    context: list[ContextName] = Field(
        default_factory=list,
        max_length=MOST_COLUMNS,
        description="Names of the context that get a column of their own, for tasks as `csv`.",
    )
    import_id: str | None = Field(None, description="Whose rejected rows.")
    duplicates: bool = Field(
        False,
        description="Whether rejected rows include those whose number was known.",
    )


class DownloadView(View):
    """Where to get the file: by GET, without an API key."""

    url: str = Field(description="Whoever knows it has the file: keep it to yourself.")
    expires_at: At = Field(description="After that it gives nothing: ask for the export again.")


class ExportView(View):
    """A file of a campaign's tasks, calls or rejected rows."""

    id: str
    campaign_id: str
    what: ExportKind
    format: ExportFormat
    context: list[str] = Field(description="Names of the context with columns of their own.")
    import_id: str | None = Field(description="Whose rejected rows.")
    duplicates: bool = Field(description="Whether rows whose number was known are among them.")
    status: ExportStatus
    reason: str | None = Field(description="Why it failed.")
    rows: int = Field(description="Rows written so far.")
    total: int = Field(description="About how many it will have: counted when it was asked for.")
    file: str = Field(description="The name of the file.")
    created_at: At
    expires_at: At = Field(description="Then the file and the export are forgotten.")
    download: DownloadView | None = Field(
        description="Null before the export is completed, in lists, and for keys that only read."
    )


class ExportsView(View):
    """The exports of a campaign, newest first."""

    exports: list[ExportView]


def wanted(raw: bytes) -> Wanted:
    """What somebody wants in a file.

    Raises:
        Invalid: when the fields do not go together.
    """
    body = parse(NewExport, raw)
    check(body)
    return Wanted(
        kind=body.what,
        format=body.format,
        context=body.context,
        import_id=body.import_id or "",
        has_duplicates=body.duplicates,
    )


def check(body: NewExport) -> None:
    """Refuse what is not for this kind of export.

    Raises:
        Invalid: naming the field.
    """
    is_rejected = body.what is ExportKind.REJECTED_ROWS
    has_columns = (body.what, body.format) == (ExportKind.TASKS, ExportFormat.CSV)
    if is_rejected and not body.import_id:
        raise Invalid("name the import whose rows were rejected", "import_id")
    if body.import_id is not None and not is_rejected:
        raise Invalid("only rejected rows are those of an import", "import_id")
    if body.duplicates and not is_rejected:
        raise Invalid("only rejected rows may be duplicates", "duplicates")
    if is_rejected and body.format is not ExportFormat.CSV:
        raise Invalid("rejected rows come as csv, so that they can be imported again", "format")
    if body.context and not has_columns:
        raise Invalid("only tasks as csv have columns for the context", "context")
    if len(set(body.context)) < len(body.context):
        raise Invalid("names each column once", "context")


def view(export: Export, download: Download | None = None) -> ExportView:
    """An export, and where its file is."""
    address: dict[str, Any] | None = (
        None
        if download is None
        else {
            "url": download.url,
            "expires_at": download.expires_at,
        }
    )
    return ExportView(
        id=export.export_id,
        campaign_id=export.campaign_id,
        what=export.kind,
        format=export.format,
        context=list(export.context),
        import_id=export.import_id,
        duplicates=export.has_duplicates,
        status=export.status,
        reason=export.reason,
        rows=export.done.rows,
        total=export.total,
        file=export.file,
        created_at=export.created_at,
        expires_at=export.expires_at,
        download=None if address is None else DownloadView(**address),
    )


def reading_view(reading: ExportReading) -> ExportView:
    """An export, and where its file can be had now."""
    return view(*reading)


def list_view(exports: Sequence[Export]) -> ExportsView:
    """The exports of a campaign."""
    return ExportsView(exports=[view(export) for export in exports])
