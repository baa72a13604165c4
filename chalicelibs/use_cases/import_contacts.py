"""Bring the contacts of a CSV into a batch campaign, row by row, each exactly once."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice

from chalicelibs.domain.campaign import Campaign
from chalicelibs.domain.columns import Columns
from chalicelibs.domain.csv_rows import BadRecord, Record, read_records
from chalicelibs.domain.errors import Invalid, NotAllowed, NotFound
from chalicelibs.domain.imports import Import, ImportStatus, announced_id, import_id_for
from chalicelibs.domain.intake import Intake
from chalicelibs.domain.lane import shard_for
from chalicelibs.domain.prompt import needed_variables
from chalicelibs.domain.reading import Reading, UnusableFile
from chalicelibs.ports import (
    Agents,
    Campaigns,
    Clock,
    Files,
    Ids,
    Imports,
    Queue,
    UnreadableFile,
    Workspaces,
)

#: Rows saved together: a transaction takes 100 items, some are counters.
CHUNK = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportContacts:
    """Import one version of one file. Delivered again, it goes on where it stopped."""

    workspaces: Workspaces
    campaigns: Campaigns
    agents: Agents
    imports: Imports
    files: Files
    queue: Queue
    clock: Clock
    ids: Ids

    def __call__(
        self, workspace_id: str, campaign_id: str, *, source: str, version: str
    ) -> Import | None:
        """Import a file; None when there is no such workspace to report to.

        An import that has another version of its file is given as it is: of that one, it is
        complete, or on its way.

        Raises:
            Stale: when another worker imports the same file at this moment.
        """
        if self.workspaces.get(workspace_id) is None:
            return None
        job = self.imports.start(
            Import(
                import_id=self._id(workspace_id, source, version),
                workspace_id=workspace_id,
                campaign_id=campaign_id,
                source=source,
                version=version,
                created_at=self.clock.now(),
            )
        )
        if job.status is ImportStatus.COMPLETED:
            self._let_go(job)  # whoever completed it may have died before that
            return job
        if not job.takes(version):
            return job
        if job.status is not ImportStatus.RUNNING:
            # Announced, or dropped once more: what was wrong with its campaign may be mended.
            job = self.imports.begin(job, version)
        try:
            self._import(job, self._campaign_for(job))
            done = job.completed()
        except (UnusableFile, UnreadableFile) as error:
            done = job.failed(str(error))
        self.imports.finish(done)
        self._let_go(job)
        self.queue.nudge(workspace_id)
        return self.imports.get(workspace_id, job.import_id)

    def _id(self, workspace_id: str, source: str, version: str) -> str:
        """Of the import that was announced for this place, or of this version of a dropped file.

        A folder may look like an id and be none: only what was announced counts.
        """
        announced = announced_id(source)
        job = None if announced is None else self.imports.get(workspace_id, announced)
        if job is not None and job.source == source:
            return job.import_id
        return import_id_for(source, version)

    def _campaign_for(self, job: Import) -> Campaign:
        campaign = self.campaigns.get(job.workspace_id, job.campaign_id)
        if campaign is None:
            raise UnusableFile("there is no such campaign in this workspace")
        try:
            campaign.check_takes_contacts(self.clock.now())
        except (Invalid, NotAllowed) as error:
            raise UnusableFile(error.message) from error
        return campaign

    def _let_go(self, job: Import) -> None:
        self._edit(job, lambda campaign: campaign.importing - {job.import_id})

    def _edit(self, job: Import, importing: Callable[[Campaign], frozenset[str]]) -> None:
        """Change the imports that hold a campaign open; those of a missing one hold nothing."""
        with suppress(NotFound):
            self.campaigns.edit(
                job.workspace_id,
                job.campaign_id,
                lambda campaign: replace(campaign, importing=importing(campaign)),
            )

    def _import(self, job: Import, campaign: Campaign) -> None:
        assert campaign.rules is not None
        self._edit(job, lambda found: found.importing | {job.import_id})
        records = read_records(self.files.lines(job.source), job.reading)
        columns = columns_of(next(records), job.reading)
        agent = self.agents.get(job.workspace_id, campaign.rules.agent_id)
        intake = Intake(
            job=job,
            campaign=campaign,
            columns=columns,
            needed_variables=needed_variables(agent, campaign) if agent else (),
            now=self.clock.now(),
            draw_lot=self.ids.lot,
        )
        self._commit_all(intake, islice(records, job.rows, None))

    def _commit_all(self, intake: Intake, rows: Iterator[Record | BadRecord]) -> None:
        job, done, shards = intake.job, intake.job.rows, intake.campaign.shards
        open_tasks = self.campaigns.progress(job.campaign_id).open_tasks
        while some := list(islice(rows, CHUNK)):
            shard = shard_for(open_tasks)
            if shard >= shards:
                shards = shard + 1
                self._widen(job, shards)
            chunk = self.imports.commit(intake.judge(some, rows_before=done, shard=shard))
            open_tasks += len(chunk.accepted)
            done = chunk.rows_after
            self.queue.nudge(job.workspace_id)

    def _widen(self, job: Import, shards: int) -> None:
        """Have dispatch look into more shards, before tasks stand there."""
        self.campaigns.edit(
            job.workspace_id,
            job.campaign_id,
            lambda campaign: replace(campaign, shards=max(campaign.shards, shards)),
        )


def columns_of(header: Record | BadRecord, reading: Reading) -> Columns:
    """The columns that a file names in its first line.

    Raises:
        UnusableFile: when that cannot be read.
    """
    if isinstance(header, BadRecord):
        raise UnusableFile(f"line {header.line}: {header.message}")
    return Columns.of(header.cells, reading)
