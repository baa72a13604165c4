"""Ask for files of a campaign's tasks, calls or rejected rows, and see how far they have come."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from chalicelibs.domain.campaign import Campaign
from chalicelibs.domain.errors import NotAllowed, NotFound
from chalicelibs.domain.exports import (
    DOWNLOAD_TIME,
    Export,
    ExportFormat,
    ExportKind,
    ExportStatus,
    check_not_too_many,
    file_name_for,
)
from chalicelibs.domain.imports import ImportStatus
from chalicelibs.ports.campaigns import Campaigns
from chalicelibs.ports.exports import Download, Exports, Parts
from chalicelibs.ports.imports import Imports
from chalicelibs.ports.queues import Queue, WriteExport
from chalicelibs.ports.surroundings import Clock


class Wanted(NamedTuple):
    """What somebody wants in a file."""

    kind: ExportKind
    format: ExportFormat = ExportFormat.CSV
    context: Sequence[str] = ()  #: Names of the context that get columns of their own.
    import_id: str = ""  #: Whose rejected rows.
    has_duplicates: bool = False  #: Whether rows whose number was known are among them.


class ExportReading(NamedTuple):
    """An export, and where its file can be had; None: there is none yet."""

    export: Export
    download: Download | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ManageExports:
    """The exports of campaigns. Raises `NotFound` for foreign ids."""

    campaigns: Campaigns
    imports: Imports
    exports: Exports
    parts: Parts
    queue: Queue
    clock: Clock

    def start(
        self, workspace_id: str, campaign_id: str, wanted: Wanted, *, export_id: str
    ) -> Export:
        """Have a file written; the same id asks for the same file.

        Raises:
            NotAllowed: when too many of this campaign are on their way.
        """
        campaign = self._campaign(workspace_id, campaign_id)
        export = self.exports.get(workspace_id, campaign_id, export_id)
        if export is None:
            others = self.exports.of_campaign(workspace_id, campaign_id)
            check_not_too_many(others, self.clock.now())
            export = self.exports.add(self._new(campaign, wanted, export_id))
        self.queue.export(
            WriteExport(workspace_id=workspace_id, campaign_id=campaign_id, export_id=export_id)
        )
        return export

    def get(self, workspace_id: str, campaign_id: str, export_id: str) -> ExportReading:
        """An export, with an address for its file that is good for a moment."""
        export, now = self.exports.get(workspace_id, campaign_id, export_id), self.clock.now()
        if export is None or now >= export.expires_at:
            raise NotFound("export", export_id)
        if export.status is not ExportStatus.COMPLETED:
            return ExportReading(export, None)
        valid_for = min(DOWNLOAD_TIME, export.expires_at - now)
        download = self.parts.download(export.key, name=export.file, now=now, valid_for=valid_for)
        return ExportReading(export, download)

    def list(self, workspace_id: str, campaign_id: str) -> Sequence[Export]:
        """The exports of a campaign, newest first."""
        self._campaign(workspace_id, campaign_id)
        now = self.clock.now()
        found = self.exports.of_campaign(workspace_id, campaign_id)
        return [export for export in found if now < export.expires_at]

    def _campaign(self, workspace_id: str, campaign_id: str) -> Campaign:
        campaign = self.campaigns.get(workspace_id, campaign_id)
        if campaign is None:
            raise NotFound("campaign", campaign_id)
        return campaign

    def _new(self, campaign: Campaign, wanted: Wanted, export_id: str) -> Export:
        now = self.clock.now()
        return Export(
            export_id=export_id,
            workspace_id=campaign.workspace_id,
            campaign_id=campaign.campaign_id,
            kind=wanted.kind,
            format=wanted.format,
            file=file_name_for(campaign.name, wanted.kind, now, wanted.format),
            context=tuple(wanted.context),
            import_id=wanted.import_id or None,
            has_duplicates=wanted.has_duplicates,
            total=self._total(campaign, wanted),
            created_at=now,
        )

    def _total(self, campaign: Campaign, wanted: Wanted) -> int:
        if wanted.kind is ExportKind.REJECTED_ROWS:
            return self._rejected(campaign, wanted)
        progress = self.campaigns.progress(campaign.campaign_id)
        return progress.tasks if wanted.kind is ExportKind.TASKS else progress.calls

    def _rejected(self, campaign: Campaign, wanted: Wanted) -> int:
        job = self.imports.get(campaign.workspace_id, wanted.import_id)
        if job is None or job.campaign_id != campaign.campaign_id:
            raise NotFound("import", wanted.import_id, "import_id")
        if job.status not in {ImportStatus.COMPLETED, ImportStatus.FAILED}:
            raise NotAllowed(f"the import is {job.status}: wait until it has ended", "import_id")
        repeated = job.duplicates - job.counts.updated
        return job.rejected + (repeated if wanted.has_duplicates else 0)
