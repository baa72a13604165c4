"""Imports: each chunk once, together with its counts."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelibs.domain.errors import Stale
from chalicelibs.domain.imports import Import, ImportStatus, RejectedRow
from chalicelibs.domain.progress import Progress
from chalicelibs.domain.reading import Duplicates, Meaning, Reading
from chalicelibs.domain.row_codes import RowCode
from tests.builders import (
    CAMPAIGN,
    IMPORT,
    NOON,
    OTHER_WORKSPACE,
    WORKSPACE,
    a_chunk,
    a_task,
    an_import,
    plain_id,
)
from tests.contract.engines import Ports

BAD = RejectedRow(5, "invalid_phone", "no such number", "phone", "+34 1")
EMPTY = RejectedRow(6, "empty", "the row is empty")


def stored(ports: Ports) -> Import:
    found = ports.imports.get(WORKSPACE, IMPORT)
    assert found is not None
    return found


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
    ports.imports.start(an_import())
    ports.imports.commit(a_chunk(a_task(1)))

    again = ports.imports.start(an_import(created_at=NOON + timedelta(hours=1)))

    assert again == stored(ports)
    assert again.rows == 1
    assert again.created_at == NOON


def test_a_chunk_stores_tasks_rejected_rows_and_counts_together(ports: Ports) -> None:
    ports.imports.start(an_import())
    chunk = a_chunk(a_task(1), a_task(2), rejected=(BAD, EMPTY))

    done = ports.imports.commit(chunk)

    assert list(done.accepted) == list(chunk.accepted)
    assert list(done.rejected) == list(chunk.rejected)
    assert stored(ports) == an_import(rows=4, accepted=2, rejected=2)
    assert rejected(ports) == [BAD, EMPTY]
    assert ports.tasks.get(a_task(2).task_id) == a_task(2)
    assert ports.campaigns.progress(CAMPAIGN) == Progress(tasks=2)


def test_a_chunk_is_stored_once(ports: Ports) -> None:
    ports.imports.start(an_import())
    chunk = a_chunk(a_task(1), a_task(2), rejected=(BAD,))
    ports.imports.commit(chunk)
    after = stored(ports)

    with pytest.raises(Stale):
        ports.imports.commit(chunk)

    assert stored(ports) == after
    assert ports.campaigns.progress(CAMPAIGN) == Progress(tasks=2)


def test_numbers_that_are_known_are_rejected_as_duplicates(ports: Ports) -> None:
    ports.imports.start(an_import())
    ports.tasks.add([a_task(2), a_task(3)])
    in_flight = ports.tasks.save(a_task(2, attempts=1))

    done = ports.imports.commit(a_chunk(a_task(1), a_task(2), a_task(3)))

    assert [row.task for row in done.accepted] == [a_task(1)]
    assert [(row.line, row.code) for row in rejected(ports)] == [
        (3, RowCode.DUPLICATE),
        (4, RowCode.DUPLICATE),
    ]
    assert list(done.rejected) == rejected(ports)
    assert stored(ports) == an_import(rows=3, accepted=1, duplicates=2)
    assert ports.tasks.get(a_task(2).task_id) == in_flight
    assert ports.campaigns.progress(CAMPAIGN) == Progress(tasks=3)


def test_a_chunk_of_rejected_rows_only_moves_on(ports: Ports) -> None:
    ports.imports.start(an_import())

    ports.imports.commit(a_chunk(rejected=(BAD,)))
    ports.imports.commit(a_chunk(a_task(1), rows_before=1))

    assert stored(ports) == an_import(rows=2, accepted=1, rejected=1)


def test_a_chunk_of_known_numbers_only_moves_on(ports: Ports) -> None:
    ports.imports.start(an_import())
    ports.tasks.add([a_task(1)])

    ports.imports.commit(a_chunk(a_task(1)))

    assert stored(ports) == an_import(rows=1, duplicates=1)
    assert ports.campaigns.progress(CAMPAIGN) == Progress(tasks=1)


def test_a_chunk_may_have_ninety_rows(ports: Ports) -> None:
    ports.imports.start(an_import())

    ports.imports.commit(a_chunk(*(a_task(number) for number in range(90))))

    assert stored(ports).accepted == 90
    assert ports.campaigns.progress(CAMPAIGN) == Progress(tasks=90)


WAITING = replace(an_import(), status=ImportStatus.WAITING)


def test_an_announced_import_begins_with_the_file_that_comes(ports: Ports) -> None:
    ports.imports.start(WAITING)

    begun = ports.imports.begin(WAITING, "v1")

    assert (begun.status, begun.version) == (ImportStatus.RUNNING, "v1")
    assert stored(ports) == begun


def test_a_failed_import_begins_again_without_its_reason(ports: Ports) -> None:
    ports.imports.start(an_import(version="v1"))
    ports.imports.commit(a_chunk(a_task(1)))
    ports.imports.finish(stored(ports).failed("gone"))

    begun = ports.imports.begin(stored(ports), "v1")

    assert (begun.status, begun.reason, begun.rows) == (ImportStatus.RUNNING, None, 1)
    assert stored(ports) == begun


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
    ports.imports.start(an_import(version="v1"))
    ports.imports.finish(an_import(version="v1").failed("gone"))
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
    ports.imports.start(an_import())
    ports.imports.commit(a_chunk(a_task(1), rejected=(BAD,)))

    ports.imports.finish(done)

    assert stored(ports) == replace(done, rows=2, accepted=1, rejected=1)


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
    ports.imports.start(an_import())
    ports.imports.commit(a_chunk(rejected=(BAD,)))

    for number in (BAD.line, BAD.line, 99):
        ports.imports.erase_value(IMPORT, number)

    assert BAD.value
    assert rejected(ports) == [BAD._replace(value=None)]


def test_rejected_rows_come_in_pages_in_the_order_of_the_file(ports: Ports) -> None:
    ports.imports.start(an_import())
    rows = tuple(RejectedRow(line, "empty", "the row is empty") for line in range(2, 13))
    ports.imports.commit(a_chunk(rejected=rows))

    first = ports.imports.rejected(IMPORT, cursor=None, limit=6)
    second = ports.imports.rejected(IMPORT, cursor=first.cursor, limit=5)

    assert (*first.items, *second.items) == rows
    assert first.cursor is not None
    assert second.cursor is None


def test_of_parallel_commits_of_one_chunk_one_wins(parallel_ports: Ports) -> None:
    parallel_ports.imports.start(an_import())
    chunk = a_chunk(*(a_task(number) for number in range(20)))

    def commit(_: int) -> bool:
        try:
            parallel_ports.imports.commit(chunk)
        except Stale:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        won = list(threads.map(commit, range(8)))

    assert sum(won) == 1
    assert stored(parallel_ports) == an_import(rows=20, accepted=20)
    assert parallel_ports.campaigns.progress(CAMPAIGN) == Progress(tasks=20)
