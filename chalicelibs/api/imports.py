"""Imports as JSON."""

from collections.abc import Iterable

from chalicelibs.api.bodies import iso
from chalicelibs.domain.imports import Import, RejectedRow
from chalicelibs.ports import Page


def view(job: Import) -> dict[str, object]:
    """An import: rows = accepted + rejected + duplicates, always."""
    return {
        "id": job.import_id,
        "campaign_id": job.campaign_id,
        "file": job.source.rpartition("/")[2],
        "status": job.status,
        "reason": job.reason,
        "rows": job.rows,
        "accepted": job.accepted,
        "rejected": job.rejected,
        "duplicates": job.duplicates,
        "created_at": iso(job.created_at),
    }


def list_view(jobs: Iterable[Import]) -> dict[str, object]:
    """The imports of a campaign."""
    return {"imports": [view(job) for job in jobs]}


def rows_view(page: Page[RejectedRow]) -> dict[str, object]:
    """A page of the rows that did not become tasks, each with what to do about it."""
    return {"rows": [row._asdict() for row in page.items], "next_cursor": page.cursor}
