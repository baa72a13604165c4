"""Find out what would become of a small file of contacts, and store nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from chalicelibs.domain.agent import Agent
from chalicelibs.domain.campaign import Campaign
from chalicelibs.domain.chunks import Gather, batches
from chalicelibs.domain.columns import Columns
from chalicelibs.domain.csv_rows import AnyRecord, read_blocks
from chalicelibs.domain.errors import Invalid
from chalicelibs.domain.head import HEAD_BYTES, Head
from chalicelibs.domain.imports import AcceptedRow, Batch, Chunk, Import
from chalicelibs.domain.intake import Intake
from chalicelibs.domain.prompt import needed_variables, template_for
from chalicelibs.domain.reach import Reach
from chalicelibs.domain.reading import UnusableFile
from chalicelibs.domain.rehearsal import MOST_PREVIEWS, Preview, Rehearsal
from chalicelibs.domain.template import TooLong, render
from chalicelibs.ports.surroundings import Clock, Ids
from chalicelibs.ports.tasks import Tasks
from chalicelibs.ports.workspaces import Agents

#: More rows take longer than a request may.
MOST_ROWS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearseImport:
    """Judge the rows of a file that is here, against each other and against the campaign."""

    agents: Agents
    tasks: Tasks
    clock: Clock
    ids: Ids

    def __call__(self, job: Import, campaign: Campaign, content: bytes) -> Rehearsal:
        """Rehearse the import of a file.

        Raises:
            Invalid: when the file as a whole could not be used, or is too long for this.
        """
        head, intake, agent = self._begun(job, campaign, content)
        return self._judged(intake, agent, all_records(content, head))

    def prompts(self, job: Import, campaign: Campaign, beginning: bytes) -> Sequence[Preview]:
        """What the agent would be told for the first rows of a file that could become tasks.

        Raises:
            Invalid: when the file as a whole could not be used.
        """
        head, intake, agent = self._begun(job, campaign, beginning)
        judged = (intake.judge_row(record, 0) for record in records_of(beginning, head))
        good = (row for row in judged if isinstance(row, AcceptedRow))
        return [preview(row, agent, campaign) for row in islice(good, MOST_PREVIEWS)]

    def _begun(
        self, job: Import, campaign: Campaign, content: bytes
    ) -> tuple[Head, Intake, Agent | None]:
        """How the file is written, what its rows are judged by, and who would call."""
        try:
            head = Head.of(content[:HEAD_BYTES], job.reading)
            columns = Columns.of(head.header, job.reading)
        except UnusableFile as error:
            raise Invalid(error.message, "file") from error
        assert campaign.rules is not None
        agent = self.agents.get(job.workspace_id, campaign.rules.agent_id)
        intake = Intake(
            job=job,
            campaign=campaign,
            columns=columns,
            needed_variables=needed_variables(agent, campaign) if agent else (),
            now=self.clock.now(),
            draw_lot=self.ids.lot,
        )
        return head, intake, agent

    def _judged(
        self, intake: Intake, agent: Agent | None, records: Sequence[AnyRecord]
    ) -> Rehearsal:
        duplicates = intake.job.reading.duplicates
        gather = Gather(duplicates, Reach(intake.campaign))
        chunk = whole(intake.job, len(records))
        done, seen = Rehearsal(), set[str]()
        for batch in batches(chunk, iter(records), intake.judge_row, gather):
            settled = self._settled(batch, seen)
            seen |= {row.task.task_id for row in settled.accepted}
            done = done.with_batch(settled)
            room = MOST_PREVIEWS - len(done.previews)
            good = sorted([*settled.accepted, *settled.updated], key=lambda row: row.line)
            shown = [preview(row, agent, intake.campaign) for row in good[:room]]
            done = replace(done, previews=[*done.previews, *shown])
        return done

    def _settled(self, batch: Batch, seen: set[str]) -> Batch:
        """A batch as it would be stored, after those that hold these tasks."""
        ids = {row.task.task_id for row in batch.accepted}
        return batch.where_there_are(self.tasks.get_all(sorted(ids - seen)), frozenset(ids & seen))


def records_of(content: bytes, head: Head) -> Iterator[AnyRecord]:
    """The rows of a file."""
    blocks = read_blocks(
        [content[head.start :]],
        encoding=head.encoding,
        delimiter=head.delimiter,
        start=head.start,
        line=head.line,
    )
    return (record for block in blocks for record in block.records)


def all_records(content: bytes, head: Head) -> Sequence[AnyRecord]:
    """The rows of a file that is short enough.

    Raises:
        Invalid: when they are too many.
    """
    records = list(islice(records_of(content, head), MOST_ROWS + 1))
    if len(records) > MOST_ROWS:
        raise Invalid(
            f"a dry run with the request takes at most {MOST_ROWS} rows: announce a longer file"
            " as JSON, with dry_run, and upload it",
            "file",
        )
    return records


def whole(job: Import, rows: int) -> Chunk:
    """All rows of a file as one chunk."""
    return Chunk(
        import_id=job.import_id,
        campaign_id=job.campaign_id,
        number=0,
        start=0,
        end=0,
        line=0,
        end_line=0,
        rows=rows,
        done_line=0,
    )


def preview(row: AcceptedRow, agent: Agent | None, campaign: Campaign) -> Preview:
    """What the agent would be told for a row that is accepted: nothing is missing there."""
    prompt = None if agent is None else prompt_for(row, agent, campaign)
    return Preview(row.line, row.task.phone, prompt)


def prompt_for(row: AcceptedRow, agent: Agent, campaign: Campaign) -> str | None:
    """What an agent is told; None where that is too much: the row is one all the same."""
    try:
        return render(template_for(agent, campaign), row.task.context)
    except TooLong:
        return None
