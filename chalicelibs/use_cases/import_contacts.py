"""Bring the contacts of a CSV into a batch campaign, row by row, each exactly once.

A file is cut into chunks, and the chunks are imported side by side. Both go on where they stopped.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice

from chalicelibs.domain.campaign import Campaign
from chalicelibs.domain.chunks import Gather, batches, cut
from chalicelibs.domain.columns import Columns
from chalicelibs.domain.csv_rows import AnyRecord, read_blocks
from chalicelibs.domain.errors import Invalid, NotAllowed, NotFound, Stale
from chalicelibs.domain.head import HEAD_BYTES, Head
from chalicelibs.domain.imports import (
    Batch,
    Chunk,
    Import,
    ImportStatus,
    announced_id,
    import_id_for,
)
from chalicelibs.domain.intake import Intake
from chalicelibs.domain.lane import shards_for
from chalicelibs.domain.prompt import needed_variables
from chalicelibs.domain.reach import Reach
from chalicelibs.domain.reading import UnusableFile
from chalicelibs.ports.campaigns import Campaigns
from chalicelibs.ports.imports import Files, Imports, UnreadableFile
from chalicelibs.ports.queues import ImportChunk, Queue
from chalicelibs.ports.surroundings import Clock, Ids
from chalicelibs.ports.tasks import Tasks
from chalicelibs.ports.workspaces import Agents, Workspaces

#: Bytes that are read in one request; a chunk is smaller as a rule.
PIECE_BYTES = 8 * 1024 * 1024

#: Chunks that are stored and sent together: the first are imported while the rest is being cut.
TOGETHER = 4

#: Batches after which a worker looks whether its campaign still takes contacts, and wakes it.
STRIDE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class _Course:
    """How an import goes on and ends, for whoever works on it."""

    campaigns: Campaigns
    imports: Imports
    files: Files
    queue: Queue
    clock: Clock

    def _campaign_for(self, job: Import) -> Campaign:
        """The campaign, as long as it takes contacts.

        Raises:
            UnusableFile: when it does not, or there is none.
        """
        campaign = self.campaigns.get(job.workspace_id, job.campaign_id)
        if campaign is None:
            raise UnusableFile("there is no such campaign in this workspace")
        try:
            campaign.check_takes_contacts(self.clock.now())
        except (Invalid, NotAllowed) as error:
            raise UnusableFile(error.message) from error
        return campaign

    def _head(self, job: Import) -> Head:
        """What the beginning of the file says.

        Raises:
            UnreadableFile: when it is gone, or it is another by now.
            UnusableFile: when it is no list of contacts.
        """
        assert job.version is not None
        first = self.files.read(job.source, job.version, start=0, size=HEAD_BYTES)
        return Head.of(first, job.reading)

    def _bytes(self, job: Import, start: int, end: int | None = None) -> Iterator[bytes]:
        """A part of the file, piece by piece."""
        assert job.version is not None
        while end is None or start < end:
            size = PIECE_BYTES if end is None else min(PIECE_BYTES, end - start)
            piece = self.files.read(job.source, job.version, start=start, size=size)
            if not piece:
                return
            yield piece
            start += len(piece)

    def _hold(self, job: Import) -> None:
        """Keep the campaign from being completed, if tasks are coming."""
        if not job.reading.is_dry_run:
            self._edit(job, lambda found: found.importing | {job.import_id})

    def _let_go(self, job: Import) -> None:
        self._edit(job, lambda found: found.importing - {job.import_id})

    def _edit(self, job: Import, importing: Callable[[Campaign], frozenset[str]]) -> None:
        """Change the imports that hold a campaign open; those of a missing one hold nothing."""
        with suppress(NotFound):
            self.campaigns.edit(
                job.workspace_id,
                job.campaign_id,
                lambda campaign: replace(campaign, importing=importing(campaign)),
            )

    def _end(self, done: Import) -> None:
        self.imports.finish(done)
        self._let_go(done)

    def _end_if_over(self, job: Import) -> None:
        """End an import of which nothing is left to do, or nothing that is done by itself."""
        now = self.imports.get(job.workspace_id, job.import_id)
        if now is not None and now.is_done:
            self._end(now.completed())
        elif now is not None and now.is_stuck:
            missing = (now.total or 0) - now.rows
            self._end(now.failed(f"{missing} rows could not be imported, again and again"))


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanImport(_Course):
    """Cut one version of one file into chunks. Delivered again, it goes on where it stopped."""

    workspaces: Workspaces

    def __call__(
        self, workspace_id: str, campaign_id: str, *, source: str, version: str
    ) -> Import | None:
        """Have a file imported; None when there is no such workspace to report to.

        An import that has another version of its file is given as it is: of that one, it is
        complete, or on its way.

        Raises:
            Stale: when another worker cuts the same file at this moment.
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
        job = self._unless_replaced(job, version)
        if not job.takes(version):
            return job
        if job.status is not ImportStatus.RUNNING:
            # Announced, or dropped once more: what was wrong with its campaign may be mended.
            job = self.imports.begin(job, version)
        try:
            self._plan(job, self._campaign_for(job))
        except (UnusableFile, UnreadableFile) as error:
            self._end(job.failed(str(error)))
        return self.imports.get(workspace_id, job.import_id)

    def _unless_replaced(self, job: Import, version: str) -> Import:
        """The import, failed if it cannot be cut any more: another version has come for its own.

        A file that is copied onto itself may be one, with the same bytes.
        """
        if job.status is ImportStatus.RUNNING and job.total is None and job.version != version:
            try:
                self._head(job)
            except UnreadableFile as error:
                job = job.failed(str(error))
                self._end(job)
            except UnusableFile:
                pass  # whoever cuts it says so
        return job

    def _id(self, workspace_id: str, source: str, version: str) -> str:
        """Of the import that was announced for this place, or of this version of a dropped file.

        A folder may look like an id and be none: only what was announced counts.
        """
        announced = announced_id(source)
        job = None if announced is None else self.imports.get(workspace_id, announced)
        if job is not None and job.source == source:
            return job.import_id
        return import_id_for(source, version)

    def _plan(self, job: Import, campaign: Campaign) -> None:
        self._hold(job)
        known = self.imports.chunks(job.import_id)
        self._send(job, [chunk for chunk in known if not chunk.is_done])
        if job.total is None:
            self._cut(job, campaign, known)
        self._end_if_over(job)

    def _cut(self, job: Import, campaign: Campaign, known: Sequence[Chunk]) -> None:
        head = self._head(job)
        Columns.of(head.header, job.reading)
        start, line = (known[-1].end, known[-1].end_line) if known else (head.start, head.line)
        blocks = read_blocks(
            self._bytes(job, start),
            encoding=head.encoding,
            delimiter=head.delimiter,
            start=start,
            line=line,
        )
        chunks = cut(job, blocks, number=len(known))
        rows = sum(chunk.rows for chunk in known)
        open_tasks = self.campaigns.progress(job.campaign_id).open_tasks
        shards = campaign.shards
        while some := list(islice(chunks, TOGETHER)):
            rows += sum(chunk.rows for chunk in some)
            wanted = shards_for(open_tasks + rows)
            if wanted > shards and not job.reading.is_dry_run:
                shards = wanted
                self._widen(job, shards)
            some = [replace(chunk, shards=wanted) for chunk in some]
            job = self.imports.add_chunks(job, some)
            self._send(job, some)
        self.imports.set_total(job, rows)

    def _widen(self, job: Import, shards: int) -> None:
        """Have dispatch look into more shards, before tasks stand there."""
        self.campaigns.edit(
            job.workspace_id,
            job.campaign_id,
            lambda campaign: replace(campaign, shards=max(campaign.shards, shards)),
        )

    def _send(self, job: Import, chunks: Sequence[Chunk]) -> None:
        self.queue.chunks(
            ImportChunk(
                workspace_id=job.workspace_id,
                campaign_id=job.campaign_id,
                import_id=job.import_id,
                number=chunk.number,
            )
            for chunk in chunks
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportChunks(_Course):
    """Import the rows of one chunk. Delivered again, it goes on where it stopped."""

    agents: Agents
    tasks: Tasks
    ids: Ids

    def __call__(self, message: ImportChunk) -> str:
        """Import a chunk; gives what was done about it.

        Raises:
            Stale: when another worker imports the same chunk at this moment.
        """
        job = self.imports.get(message.workspace_id, message.import_id)
        chunk = self.imports.chunk(message.import_id, message.number)
        if job is None or chunk is None:
            return "unknown"
        if job.status is ImportStatus.COMPLETED:
            self._let_go(job)  # whoever completed it may have died before that
            return "old news"
        try:
            if not chunk.is_done:
                self._import(job, chunk, self._campaign_for(job))
        except (UnusableFile, UnreadableFile) as error:
            self._end(job.failed(str(error)))
            return "failed"
        self._end_if_over(job)
        return "imported"

    def give_up(self, message: ImportChunk, reason: str) -> None:
        """Note that a chunk does not come again by itself."""
        job = self.imports.get(message.workspace_id, message.import_id)
        chunk = self.imports.chunk(message.import_id, message.number)
        if job is not None and chunk is not None:
            self.imports.give_up(chunk, reason)
            self._end_if_over(job)

    def _import(self, job: Import, chunk: Chunk, campaign: Campaign) -> None:
        intake, records = self._begun(job, chunk, campaign)
        chunk, reach = self._taken_up(job, chunk), Reach(campaign)
        rest = islice(records, chunk.done, None)
        gather = Gather(job.reading.duplicates, reach)
        for number, batch in enumerate(batches(chunk, rest, intake.judge_row, gather)):
            if number % STRIDE == STRIDE - 1:
                self._campaign_for(job)
            if job.reading.is_dry_run:
                self.imports.commit(self._rehearsed(batch))
                continue
            if reach.campaign != campaign:
                campaign = self._open_lanes(reach.campaign)
            self.imports.commit(batch)
            if number % STRIDE == 0 or batch.after.is_done:
                self.queue.nudge(job.workspace_id)

    def _rehearsed(self, batch: Batch) -> Batch:
        """A batch of which nothing becomes a task, judged against the tasks that there are."""
        stored = self.tasks.get_all([row.task.task_id for row in batch.accepted])
        return replace(batch.where_there_are(stored), is_dry_run=True)

    def _open_lanes(self, wanted: Campaign) -> Campaign:
        """Have dispatch look where tasks will stand, before they stand there."""

        def reaching(found: Campaign) -> Campaign:
            return found.reaching(wanted.families, attempts=wanted.deepest, shards=wanted.shards)

        self.campaigns.edit(wanted.workspace_id, wanted.campaign_id, reaching)
        return wanted

    def _begun(
        self, job: Import, chunk: Chunk, campaign: Campaign
    ) -> tuple[Intake, Iterator[AnyRecord]]:
        """What rows are judged by, and the rows."""
        assert campaign.rules is not None
        head = self._head(job)
        agent = self.agents.get(job.workspace_id, campaign.rules.agent_id)
        intake = Intake(
            job=job,
            campaign=campaign,
            columns=Columns.of(head.header, job.reading),
            needed_variables=needed_variables(agent, campaign) if agent else (),
            now=self.clock.now(),
            draw_lot=self.ids.lot,
        )
        blocks = read_blocks(
            self._bytes(job, chunk.start, chunk.end),
            encoding=head.encoding,
            delimiter=head.delimiter,
            start=chunk.start,
            line=chunk.line,
        )
        return intake, (record for block in blocks for record in block.records)

    def _taken_up(self, job: Import, chunk: Chunk) -> Chunk:
        """The chunk, of an import that goes on, although it may have failed meanwhile."""
        if job.status is ImportStatus.FAILED and job.version is not None:
            with suppress(Stale):  # another chunk of it has come back, too
                self.imports.begin(job, job.version)
            self._hold(job)
        return chunk if chunk.reason is None else self.imports.take_up(chunk)
