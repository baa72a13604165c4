"""How a file is cut into chunks, and the rows of a chunk are put together in batches."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from chalicelibs.domain.csv_rows import LINE_TOO_LONG, AnyRecord, Block
from chalicelibs.domain.imports import AcceptedRow, Batch, Chunk, Import, RejectedRow
from chalicelibs.domain.reach import Reach
from chalicelibs.domain.reading import Duplicates

#: A chunk has about so many rows, or bytes if they are long: seconds of work for one function.
CHUNK_ROWS = 5_000
CHUNK_BYTES = 8 * 1024 * 1024

#: Rows saved together: a transaction takes 100 items, of which one is the chunk and two count.
BATCH_ROWS = 97

#: What judges a row; if it becomes a task, then one of this shard.
Judge = Callable[[AnyRecord, int], AcceptedRow | RejectedRow]


def cut(job: Import, blocks: Iterable[Block], *, number: int) -> Iterator[Chunk]:
    """The chunks of the rest of a file, the first of which has this number.

    A line that is too long ends its chunk: who has seen where it begins need not read it all.
    """
    first, rows, is_full = None, 0, False
    for block in blocks:
        if first is not None and is_full:
            yield chunk_of(job, first, block, number=number, rows=rows)
            number, rows, first = number + 1, 0, None
        first = first or block
        rows += len(block.records)
        is_full = rows >= CHUNK_ROWS or block.start - first.start >= CHUNK_BYTES or is_long(block)
        is_full = is_full and rows > 0
    if first is not None and rows:
        yield chunk_of(job, first, block, number=number, rows=rows)


def is_long(block: Block) -> bool:
    """Whether a block is one line that is too long."""
    return any(getattr(record, "code", None) == LINE_TOO_LONG for record in block.records[-1:])


def chunk_of(job: Import, first: Block, after: Block, *, number: int, rows: int) -> Chunk:
    """The rows from one block up to another."""
    return Chunk(
        import_id=job.import_id,
        campaign_id=job.campaign_id,
        number=number,
        start=first.start,
        end=after.start,
        line=first.line,
        end_line=after.line,
        rows=rows,
        done_line=first.line - 1,
    )


def batches(
    chunk: Chunk, records: Iterator[AnyRecord], judge: Judge, gather: "Gather"
) -> Iterator[Batch]:
    """What is left of a chunk, batch by batch, each for one of its shards."""
    while not chunk.is_done:
        some = islice(records, min(BATCH_ROWS, chunk.rows - chunk.done))
        shard = (chunk.number + chunk.done // BATCH_ROWS) % chunk.shards
        batch = gather(chunk, [judge(record, shard) for record in some])
        yield batch
        chunk = batch.after


class Gather:
    """Puts rows together to be saved: of each number one, and none that has no lane."""

    def __init__(self, duplicates: Duplicates, reach: Reach) -> None:
        self._duplicates = duplicates
        self._reach = reach

    def __call__(self, chunk: Chunk, rows: Sequence[AcceptedRow | RejectedRow]) -> Batch:
        """Some rows that follow one another, as they are to be saved."""
        accepted: dict[str, AcceptedRow] = {}
        merged: list[AcceptedRow] = []
        rejected: list[RejectedRow] = []
        for row in rows:
            if isinstance(row, RejectedRow):
                rejected.append(row)
            elif (first := accepted.get(row.task.task_id)) is None:
                if self._reach.admits(row.task.own):
                    accepted[row.task.task_id] = row
                else:
                    rejected.append(row.beyond_reach())
            elif self._duplicates is Duplicates.UPDATE:
                accepted[row.task.task_id] = first._replace(task=first.task.told_as(row.task))
                merged.append(row)
            else:
                rejected.append(row.as_duplicate())
        return Batch(
            chunk=chunk,
            rows=len(rows),
            line=rows[-1].line,
            duplicates_are=self._duplicates,
            accepted=list(accepted.values()),
            merged=merged,
            rejected=rejected,
        )
