"""Imports as JSON."""

from collections.abc import Iterable

from pydantic import Field

from chalicelibs.api.bodies import At, View
from chalicelibs.domain.imports import Import, ImportStatus, RejectedRow
from chalicelibs.ports import Page


class ImportView(View):
    """One file of contacts, and how many of its rows became tasks."""

    id: str
    campaign_id: str
    file: str = Field(description="The name under which it was dropped.")
    status: ImportStatus = Field(description="`failed`: the file as a whole could not be used.")
    reason: str | None = Field(description="Why it failed.")
    rows: int = Field(description="Rows done; always accepted + rejected + duplicates.")
    accepted: int = Field(description="Rows that became tasks.")
    rejected: int = Field(description="Rows that could not be used.")
    duplicates: int = Field(description="Rows whose number the campaign had already.")
    created_at: At


class ImportsView(View):
    """The imports of a campaign, oldest first."""

    imports: list[ImportView]


class RejectedRowView(View):
    """A row that did not become a task, and what to do about it."""

    row: int = Field(description="Data rows count from 1; the header is row 0.")
    line: int = Field(description="Where it begins in the file, counted from 1.")
    code: str = Field(description="What is wrong, in a word: `invalid_phone`, `duplicate` …")
    message: str = Field(description="What is wrong, and what to do about it.")
    column: str | None = Field(description="The column that is wrong, where it is one.")
    value: str | None = Field(description="What stands there.")


class RejectedRowsView(View):
    """A page of the rows that did not become tasks."""

    rows: list[RejectedRowView]
    next_cursor: str | None = Field(description="Where the next page begins; null: at the end.")


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
        created_at=job.created_at,
    )


def list_view(jobs: Iterable[Import]) -> ImportsView:
    """The imports of a campaign."""
    return ImportsView(imports=[view(job) for job in jobs])


def rows_view(page: Page[RejectedRow]) -> RejectedRowsView:
    """A page of the rows that did not become tasks, each with what to do about it."""
    rows = [RejectedRowView(**row._asdict()) for row in page.items]
    return RejectedRowsView(rows=rows, next_cursor=page.cursor)
