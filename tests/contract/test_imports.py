"""Imports: each chunk once, together with its counts."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelibs.domain.chunks import BATCH_ROWS
from chalicelibs.domain.errors import Stale
from chalicelibs.domain.imports import (
    AcceptedRow,
    Batch,
    Chunk,
    Counts,
    Import,
    ImportStatus,
    Parts,
    RejectedRow,
)
from chalicelibs.domain.progress import Progress
from chalicelibs.domain.reading import Duplicates, Meaning, Reading
from chalicelibs.domain.row_codes import RowCode
from chalicelibs.domain.task import Task, TaskStatus
from tests.builders import (
    CAMPAIGN,
    IMPORT,
    NOON,
    OTHER_WORKSPACE,
    WORKSPACE,
    a_batch,
    a_chunk,
    a_task,
    an_import,
    plain_id,
)
from tests.contract.engines import Ports

BAD = RejectedRow(5, "invalid_phone", "no such number", "phone", "+34 1", a_task().task_id)
EMPTY = RejectedRow(6, "empty", "the row is empty")


def stored(ports: Ports) -> Import:
    found = ports.imports.get(WORKSPACE, IMPORT)
    assert found is not None
    return found


def begun(ports: Ports) -> Chunk:
    """An import whose file has one chunk of many rows."""
    ports.imports.add_chunks(ports.imports.start(an_import()), [a_chunk()])
    return a_chunk()


def counted(**counts: int) -> Import:
    """That import with these counts."""
    return an_import(chunks=1, **counts)


def rejected(ports: Ports) -> list[RejectedRow]:
    return list(ports.imports.rejected(IMPORT, cursor=None, limit=99).items)


def test_an_import_comes_back_as_it_was_started(ports: Ports) -> None:
    assert ports.imports.start(an_import()) == an_import()

    assert stored(ports) == an_import()


@pytest.mark.parametrize(
    "reading",
    [
        Reading(columns={Meaning.PHONE: "Kontakt-Nr", Meaning.TIMEZONE: "TZ"}, region="DE"),
        Reading(encoding="windows-1252", delimiter="\t"),
        Reading(duplicates=Duplicates.UPDATE),
        Reading(is_dry_run=True),
    ],
)
def test_an_import_knows_how_its_file_is_to_be_read(ports: Ports, reading: Reading) -> None:
    ports.imports.start(an_import(reading=reading))

    assert stored(ports).reading == reading


def test_another_workspaces_import_is_not_there(ports: Ports) -> None:
    ports.imports.start(an_import())

    assert ports.imports.get(OTHER_WORKSPACE, IMPORT) is None
    assert ports.imports.get(WORKSPACE, plain_id(2, "f")) is None


def test_starting_again_gives_what_is_stored(ports: Ports) -> None:
    begun(ports)
    ports.imports.commit(a_batch(a_task(1)))

    again = ports.imports.start(an_import(created_at=NOON + timedelta(hours=1)))

    assert again == stored(ports)
    assert again.rows == 1
    assert again.created_at == NOON


def test_a_chunk_stores_tasks_rejected_rows_and_counts_together(ports: Ports) -> None:
    begun(ports)
    chunk = a_batch(a_task(1), a_task(2), rejected=(BAD, EMPTY))

    done = ports.imports.commit(chunk)

    assert list(done.accepted) == list(chunk.accepted)
    assert list(done.rejected) == list(chunk.rejected)
    assert stored(ports) == counted(rows=4, accepted=2, rejected=2)
    assert rejected(ports) == [BAD, EMPTY]
    assert ports.tasks.get(a_task(2).task_id) == a_task(2)
    assert ports.campaigns.progress(CAMPAIGN) == Progress(tasks=2)


def test_a_chunk_is_stored_once(ports: Ports) -> None:
    begun(ports)
    chunk = a_batch(a_task(1), a_task(2), rejected=(BAD,))
    ports.imports.commit(chunk)
    after = stored(ports)

    with pytest.raises(Stale):
        ports.imports.commit(chunk)

    assert stored(ports) == after
    assert ports.campaigns.progress(CAMPAIGN) == Progress(tasks=2)


def test_numbers_that_are_known_are_rejected_as_duplicates(ports: Ports) -> None:
    begun(ports)
    ports.tasks.add([a_task(2), a_task(3)])
    in_flight = ports.tasks.save(a_task(2, attempts=1))

    done = ports.imports.commit(a_batch(a_task(1), a_task(2), a_task(3)))

    assert [row.task for row in done.accepted] == [a_task(1)]
    assert [(row.line, row.code) for row in rejected(ports)] == [
        (3, RowCode.DUPLICATE),
        (4, RowCode.DUPLICATE),
    ]
    assert list(done.rejected) == rejected(ports)
    assert stored(ports) == counted(rows=3, accepted=1, duplicates=2)
    assert ports.tasks.get(a_task(2).task_id) == in_flight
    assert ports.campaigns.progress(CAMPAIGN) == Progress(tasks=3)


def test_a_chunk_of_rejected_rows_only_moves_on(ports: Ports) -> None:
    begun(ports)

    ports.imports.commit(a_batch(rejected=(BAD,)))
    ports.imports.commit(a_batch(a_task(1), chunk=a_chunk(done=1)))

    assert stored(ports) == counted(rows=2, accepted=1, rejected=1)


def test_a_chunk_of_known_numbers_only_moves_on(ports: Ports) -> None:
    begun(ports)
    ports.tasks.add([a_task(1)])

    ports.imports.commit(a_batch(a_task(1)))

    assert stored(ports) == counted(rows=1, duplicates=1)
    assert ports.campaigns.progress(CAMPAIGN) == Progress(tasks=1)


def test_a_batch_may_have_as_many_rows_as_are_put_together(ports: Ports) -> None:
    begun(ports)

    ports.imports.commit(a_batch(*(a_task(number) for number in range(BATCH_ROWS))))

    assert stored(ports).accepted == BATCH_ROWS
    assert ports.campaigns.progress(CAMPAIGN) == Progress(tasks=BATCH_ROWS)


WAITING = an_import(status=ImportStatus.WAITING, version=None)


def test_an_announced_import_begins_with_the_file_that_comes(ports: Ports) -> None:
    ports.imports.start(WAITING)

    begun = ports.imports.begin(WAITING, "v1")

    assert (begun.status, begun.version) == (ImportStatus.RUNNING, "v1")
    assert stored(ports) == begun


def test_a_failed_import_begins_again_without_its_reason(ports: Ports) -> None:
    begun(ports)
    ports.imports.commit(a_batch(a_task(1)))
    ports.imports.finish(stored(ports).failed("gone"))

    again = ports.imports.begin(stored(ports), "v1")

    assert (again.status, again.reason, again.rows) == (ImportStatus.RUNNING, None, 1)
    assert stored(ports) == again


@pytest.mark.parametrize("other", ["v1", "v2"])
def test_of_two_files_at_once_one_begins(ports: Ports, other: str) -> None:
    ports.imports.start(WAITING)
    begun = ports.imports.begin(WAITING, "v1")

    with pytest.raises(Stale):
        ports.imports.begin(WAITING, other)

    assert stored(ports) == begun


def test_a_failed_import_that_began_meanwhile_does_not_begin_with_another_file(
    ports: Ports,
) -> None:
    ports.imports.start(an_import())
    ports.imports.finish(an_import().failed("gone"))
    failed = stored(ports)
    ports.imports.begin(failed, "v2")
    ports.imports.finish(stored(ports).failed("gone"))

    with pytest.raises(Stale):
        ports.imports.begin(failed, "v3")

    assert stored(ports).version == "v2"


@pytest.mark.parametrize(
    "done",
    [
        an_import().completed(),
        an_import().failed("line 3 is not UTF-8 text"),
    ],
    ids=lambda done: done.status,
)
def test_a_finished_import_keeps_its_counts(ports: Ports, done: Import) -> None:
    begun(ports)
    ports.imports.commit(a_batch(a_task(1), rejected=(BAD,)))

    ports.imports.finish(replace(done, counts=stored(ports).counts))

    counts = Counts(rows=2, accepted=1, rejected=1)
    assert stored(ports) == replace(done, chunks=1, counts=counts)


def test_a_failed_import_may_complete_later(ports: Ports) -> None:
    ports.imports.start(an_import())
    ports.imports.finish(an_import().failed("gone"))

    ports.imports.finish(an_import().completed())

    assert stored(ports).status is ImportStatus.COMPLETED
    assert stored(ports).reason is None


def test_the_imports_of_a_campaign_come_oldest_first(ports: Ports) -> None:
    second = an_import(import_id=plain_id(0, "f"), created_at=NOON + timedelta(minutes=1))
    elsewhere = an_import(import_id=plain_id(9, "f"), campaign_id=plain_id(9, "c"))
    for one in (second, an_import(), elsewhere):
        ports.imports.start(one)

    assert list(ports.imports.of_campaign(CAMPAIGN)) == [an_import(), second]


def test_what_stood_in_a_rejected_row_is_forgotten_and_its_reason_is_not(ports: Ports) -> None:
    begun(ports)
    ports.imports.commit(a_batch(rejected=(BAD,)))

    for number in (BAD.line, BAD.line, 99):
        ports.imports.erase_row(IMPORT, number)

    assert BAD.value
    assert rejected(ports) == [BAD._replace(value=None, task_id=None, is_erased=True)]


def test_rejected_rows_come_in_pages_in_the_order_of_the_file(ports: Ports) -> None:
    begun(ports)
    rows = tuple(RejectedRow(line, "empty", "the row is empty") for line in range(2, 13))
    ports.imports.commit(a_batch(rejected=rows))

    first = ports.imports.rejected(IMPORT, cursor=None, limit=6)
    second = ports.imports.rejected(IMPORT, cursor=first.cursor, limit=5)

    assert (*first.items, *second.items) == rows
    assert first.cursor is not None
    assert second.cursor is None


def test_of_parallel_commits_of_one_chunk_one_wins(parallel_ports: Ports) -> None:
    begun(parallel_ports)
    chunk = a_batch(*(a_task(number) for number in range(20)))

    def commit(_: int) -> bool:
        try:
            parallel_ports.imports.commit(chunk)
        except Stale:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        won = list(threads.map(commit, range(8)))

    assert sum(won) == 1
    assert stored(parallel_ports) == counted(rows=20, accepted=20)
    assert parallel_ports.campaigns.progress(CAMPAIGN) == Progress(tasks=20)


# --- Chunks --------------------------------------------------------------------------------------


def test_chunks_come_back_in_the_order_of_the_file(ports: Ports) -> None:
    job = ports.imports.start(an_import())
    some = [a_chunk(number=number, shards=3) for number in range(12)]

    job = ports.imports.add_chunks(job, some[:10])
    job = ports.imports.add_chunks(job, some[10:])

    assert job == stored(ports) == an_import(chunks=12)
    assert list(ports.imports.chunks(IMPORT)) == some
    assert ports.imports.chunk(IMPORT, 11) == some[11]
    assert ports.imports.chunk(IMPORT, 12) is None
    assert ports.imports.chunks(plain_id(9, "f")) == []


def test_a_file_that_comes_in_parts_says_which(ports: Ports) -> None:
    job = an_import(parts=Parts("bucket's own id", 7_000_000_000))

    ports.imports.start(job)

    assert stored(ports) == job


def test_only_one_cuts_a_file(ports: Ports) -> None:
    job = ports.imports.start(an_import())
    ports.imports.add_chunks(job, [a_chunk()])

    with pytest.raises(Stale):
        ports.imports.add_chunks(job, [a_chunk(rows=7)])
    with pytest.raises(Stale):
        ports.imports.set_total(job, 7)

    assert list(ports.imports.chunks(IMPORT)) == [a_chunk()]
    assert stored(ports) == counted()


def test_a_file_that_is_cut_to_its_end_is_cut_no_more(ports: Ports) -> None:
    job = ports.imports.start(an_import())

    done = ports.imports.set_total(job, 0)

    assert done == stored(ports) == an_import(total=0)
    with pytest.raises(Stale):
        ports.imports.add_chunks(job, [a_chunk()])


def test_a_file_of_another_version_is_not_cut(ports: Ports) -> None:
    ports.imports.start(an_import(version="v2"))

    with pytest.raises(Stale):
        ports.imports.add_chunks(an_import(version="v1"), [a_chunk()])


def test_the_last_row_of_a_chunk_completes_it(ports: Ports) -> None:
    job = ports.imports.start(an_import())
    chunk = a_chunk(rows=2)
    job = ports.imports.add_chunks(job, [chunk])

    first = ports.imports.commit(a_batch(a_task(1), chunk=chunk)).after
    before = stored(ports).counts.chunks_done
    ports.imports.commit(a_batch(a_task(2), chunk=first))

    assert (before, stored(ports).counts.chunks_done) == (0, 1)
    assert ports.imports.chunk(IMPORT, 0) == replace(chunk, done=2, done_line=3)


def test_a_chunk_is_given_up_once_and_taken_up_once(ports: Ports) -> None:
    chunk = begun(ports)

    for reason in ("ValueError: no", "again"):
        ports.imports.give_up(chunk, reason)
    dead = ports.imports.chunk(IMPORT, 0)
    given_up = stored(ports)
    assert dead is not None
    for _ in range(2):
        taken = ports.imports.take_up(dead)

    assert dead.reason == "ValueError: no"
    assert given_up == counted(chunks_given_up=1)
    assert taken == chunk == ports.imports.chunk(IMPORT, 0)
    assert stored(ports) == counted()


def test_a_chunk_that_is_done_is_not_given_up(ports: Ports) -> None:
    chunk = a_chunk(rows=1)
    ports.imports.add_chunks(ports.imports.start(an_import()), [chunk])
    done = ports.imports.commit(a_batch(a_task(1), chunk=chunk)).after

    ports.imports.give_up(chunk, "ValueError: no")

    assert ports.imports.chunk(IMPORT, 0) == done


def test_a_completed_import_does_not_fail_later(ports: Ports) -> None:
    begun(ports)
    ports.imports.finish(stored(ports).completed())

    ports.imports.finish(stored(ports).failed("gone"))

    assert stored(ports).status is ImportStatus.COMPLETED


# --- Updates -------------------------------------------------------------------------------------

UPDATE = Duplicates.UPDATE


def told(number: int, **changes: Any) -> Task:
    """The task of a row that says something new."""
    return a_task(number, context={"name": "Eva"}, external_id="crm-1", **changes)


def test_tasks_that_wait_for_their_first_call_are_told_what_is_new(ports: Ports) -> None:
    begun(ports)
    ports.tasks.add([a_task(1), a_task(2), a_task(3), a_task(4)])
    ports.tasks.save(a_task(2, attempts=1))
    ports.tasks.save(a_task(3, status=TaskStatus.PAUSED, paused_at=NOON))
    ports.tasks.save(a_task(4).erased())
    rows = [told(number) for number in (1, 2, 3, 4, 5)]

    done = ports.imports.commit(a_batch(*rows, duplicates_are=UPDATE))

    names = [ports.tasks.get(row.task_id) for row in rows]
    assert [task and task.context.get("name") for task in names] == [
        "Eva",
        "Ana",
        "Eva",
        None,
        "Eva",
    ]
    assert names[0] == replace(a_task(1), context={"name": "Eva"}, external_id="crm-1", version=1)
    assert [row.line for row in done.updated] == [2, 4]
    assert [row.code for row in rejected(ports)] == ["duplicate"] * 2
    assert stored(ports) == counted(rows=5, accepted=1, duplicates=4, updated=2)
    assert ports.campaigns.progress(CAMPAIGN).tasks == 5


def test_what_a_row_does_not_say_any_more_is_forgotten(ports: Ports) -> None:
    begun(ports)
    ports.tasks.add([told(1)])

    ports.imports.commit(a_batch(a_task(1, context={}), duplicates_are=UPDATE))

    task = ports.tasks.get(a_task(1).task_id)
    assert task is not None
    assert (task.context, task.external_id) == ({}, None)


def test_rows_that_changed_a_row_of_their_batch_share_its_fate(ports: Ports) -> None:
    begun(ports)
    ports.tasks.add([a_task(1)])
    ports.tasks.save(a_task(1, attempts=1))
    later = (AcceptedRow(9, told(1)), AcceptedRow(10, told(2)))

    ports.imports.commit(a_batch(told(1), told(2), merged=later, rows=4, duplicates_are=UPDATE))

    assert [row.line for row in rejected(ports)] == [2, 9]
    assert stored(ports) == counted(rows=4, accepted=1, duplicates=3, updated=1)


# --- Dry runs ------------------------------------------------------------------------------------


def rehearsed(*tasks: Task, **changes: Any) -> Batch:
    return a_batch(*tasks, is_dry_run=True, **changes)


def test_a_dry_run_counts_what_would_be_and_makes_no_task(ports: Ports) -> None:
    begun(ports)

    ports.imports.commit(rehearsed(a_task(1), a_task(2), rejected=(BAD,)))

    assert stored(ports) == counted(rows=3, accepted=2, rejected=1)
    assert rejected(ports) == [BAD]
    assert ports.tasks.get(a_task(1).task_id) is None
    assert ports.campaigns.progress(CAMPAIGN) == Progress()


@pytest.mark.parametrize("policy", [Duplicates.SKIP, UPDATE])
def test_a_dry_run_finds_numbers_that_come_twice_in_its_file(
    ports: Ports, policy: Duplicates
) -> None:
    chunk = begun(ports)
    after = ports.imports.commit(
        rehearsed(a_task(1), a_task(2), chunk=chunk, duplicates_are=policy)
    ).after

    done = ports.imports.commit(
        rehearsed(a_task(2), a_task(3), chunk=after, duplicates_are=policy)
    )

    assert (done.counts.accepted, done.counts.duplicates) == (1, 1)
    assert done.counts.updated == (policy is UPDATE)
    assert len(rejected(ports)) == (policy is not UPDATE)


def test_dry_runs_do_not_know_of_each_other(ports: Ports) -> None:
    other = an_import(import_id=plain_id(2, "f"))
    ports.imports.add_chunks(ports.imports.start(other), [a_chunk(import_id=other.import_id)])
    ports.imports.commit(rehearsed(a_task(1), chunk=a_chunk(import_id=other.import_id)))
    begun(ports)

    done = ports.imports.commit(rehearsed(a_task(1)))

    assert done.counts.accepted == 1


def test_a_task_that_is_there_stays_as_it_is_in_a_dry_run(ports: Ports) -> None:
    begun(ports)
    ports.tasks.add([a_task(1)])
    batch = rehearsed(told(1), duplicates_are=UPDATE).where_there_are([a_task(1)])

    done = ports.imports.commit(batch)

    assert done.counts.updated == 1
    assert ports.tasks.get(a_task(1).task_id) == a_task(1)
