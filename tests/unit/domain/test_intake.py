from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from chalicelibs.domain.campaign import MOST_LANES
from chalicelibs.domain.chunks import BATCH_ROWS, Gather
from chalicelibs.domain.columns import Columns
from chalicelibs.domain.context import MOST_BYTES
from chalicelibs.domain.csv_rows import BadRecord, Record
from chalicelibs.domain.imports import AcceptedRow, Batch, RejectedRow
from chalicelibs.domain.instants import lot_of, whole_ms
from chalicelibs.domain.intake import Intake
from chalicelibs.domain.lane import families_of
from chalicelibs.domain.naming import task_id_for_phone
from chalicelibs.domain.overrides import NONE, Overrides
from chalicelibs.domain.reach import Reach
from chalicelibs.domain.reading import PLAIN, Meaning, Reading
from chalicelibs.domain.task import Task
from tests.builders import CAMPAIGN, NOON, WORKSPACE, a_campaign, a_chunk, an_import, utc

PHONE = "+34600000001"
TOMORROW = utc("2027-03-06T09:00")


HEADER = ("phone", "name", "role")

#: What DynamoDB takes together, in bytes.
LARGEST_TRANSACTION = 4_000_000


def intake(header: Sequence[str] = HEADER, *, reading: Reading = PLAIN, **campaign: Any) -> Intake:
    lots = count(1)
    return Intake(
        job=an_import(reading=reading),
        campaign=a_campaign(**campaign),
        columns=Columns.of(header, reading),
        needed_variables=("name", "role"),
        now=NOON,
        draw_lot=lambda: next(lots),
    )


def a_row(line: int = 2, phone: str = PHONE, name: str = "Ana", role: str = "CEO") -> Record:
    return Record(line, [phone, name, role])


def batch_of(own: Intake, records: Sequence[Record | BadRecord]) -> Batch:
    """Rows that follow one another in a chunk."""
    gather = Gather(own.job.reading.duplicates, Reach(own.campaign))
    chunk = a_chunk(rows=len(records))
    return gather(chunk, [own.judge_row(record, shard=0) for record in records])


def rejected(row: Record | BadRecord, header: Sequence[str] = HEADER) -> RejectedRow:
    judged = intake(header).judge_row(row, shard=0)
    assert isinstance(judged, RejectedRow)
    return judged


def test_a_row_becomes_a_task() -> None:
    judged = intake().judge_row(a_row(8, "+34 600 000 001"), shard=2)

    assert isinstance(judged, AcceptedRow)
    task = judged.task
    assert judged.line == 8
    assert (task.task_id, task.phone) == (task_id_for_phone(CAMPAIGN, PHONE), PHONE)
    assert (task.workspace_id, task.campaign_id, task.shard) == (WORKSPACE, CAMPAIGN, 2)
    assert task.context == {"name": "Ana", "role": "CEO"}
    assert task.own == NONE


def test_all_tasks_of_a_campaign_are_due_when_it_was_made_and_ordered_by_lot() -> None:
    chunk = batch_of(intake(start_at=TOMORROW), [a_row(2), a_row(3, "+34600000002")])

    dues = [row.task.due_at for row in chunk.accepted]
    assert {whole_ms(due) for due in dues} == {NOON}
    assert [lot_of(due) for due in dues] == [1, 2]


def test_without_a_start_time_tasks_start_when_the_campaign_was_made() -> None:
    judged = intake(created_at=TOMORROW).judge_row(a_row(), shard=0)

    assert isinstance(judged, AcceptedRow)
    assert whole_ms(judged.task.due_at) == TOMORROW


def test_an_invalid_phone_is_rejected_with_what_was_written() -> None:
    row = rejected(a_row(4, "600 000 001"))

    assert (row.line, row.code) == (4, "missing_country_code")
    assert (row.column, row.value) == ("phone", "600 000 001")


def test_of_an_absurd_phone_only_the_beginning_is_shown() -> None:
    value = rejected(a_row(phone="9" * 5000)).value

    assert value is not None
    assert len(value) <= 100


def test_a_number_is_read_in_the_region_of_the_file() -> None:
    judged = intake(reading=Reading(region="ES")).judge_row(a_row(phone="600 000 001"), shard=0)

    assert isinstance(judged, AcceptedRow)
    assert judged.task.phone == PHONE


def test_an_empty_cell_is_a_variable_that_the_row_lacks() -> None:
    row = rejected(a_row(name=" ", role=""))

    assert (row.code, row.column) == ("missing_variables", "name, role")
    assert "fill it in" in row.message


OWN_HEADER = (*HEADER, "tz", "start_after", "priority", "external_id")


def own(tz: str = "", start: str = "", priority: str = "", external_id: str = "") -> Record:
    return Record(2, [*a_row().cells, tz, start, priority, external_id])


def task_of(record: Record, **campaign: Any) -> Task:
    judged = intake(OWN_HEADER, **campaign).judge_row(record, shard=0)
    assert isinstance(judged, AcceptedRow)
    return judged.task


def test_a_row_may_bring_its_own_zone_start_priority_and_id() -> None:
    task = task_of(own("Asia/Tokyo", "2027-03-06 09:00", "high", "crm-17"))

    assert task.own == Overrides(zone="Asia/Tokyo", max_attempts=2, priorities=(200, 199))
    assert task.lane_name == "200|@Asia/Tokyo"
    assert task.start_at == utc("2027-03-06T00:00")
    assert whole_ms(task.due_at) == task.start_at
    assert task.external_id == "crm-17"
    assert task.context["tz"] == "Asia/Tokyo"


def test_a_row_that_leaves_them_empty_takes_its_campaigns() -> None:
    task = task_of(own())

    assert (task.own, task.start_at, task.external_id) == (NONE, None, None)
    assert whole_ms(task.due_at) == NOON


def test_a_start_without_offset_is_local_in_the_campaigns_zone_if_the_row_names_none() -> None:
    task = task_of(own(start="2027-03-06 09:00"), zone="America/New_York")

    assert task.start_at == utc("2027-03-06T14:00")


@pytest.mark.parametrize(
    ("record", "code", "column", "value"),
    [
        (own(tz="PST"), "invalid_timezone", "tz", "PST"),
        (own(start="soon"), "invalid_start", "start_after", "soon"),
        (own(priority="VIP"), "invalid_priority", "priority", "VIP"),
        (own(external_id="a\nb"), "invalid_external_id", "external_id", "a\nb"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_setting_that_cannot_be_read_is_named_by_its_column(
    record: Record, code: str, column: str, value: str
) -> None:
    row = rejected(record, OWN_HEADER)

    assert (row.code, row.column, row.value) == (code, column, value)


def test_rows_open_so_many_lanes_and_no_more() -> None:
    header = (*HEADER, "priority")
    records = [
        Record(2 + number, [f"+3460000{number:04}", "Ana", "CEO", str(number)])
        for number in range(500)
    ]

    chunk = batch_of(intake(header), records)

    families = frozenset().union(*(families_of(row.task.own) for row in chunk.accepted))
    reached = a_campaign().reaching(families, attempts=2, shards=1)
    assert MOST_LANES - 3 <= len(reached.lanes()) <= MOST_LANES
    assert {row.code for row in chunk.rejected} == {"too_many_lanes"}
    last = task_id_for_phone(CAMPAIGN, records[-1].cells[0])
    assert chunk.rejected[-1].task_id == last, "it is found where its contact is erased"
    assert len(chunk.accepted) + len(chunk.rejected) == 500


def test_lanes_that_are_there_already_cost_nothing() -> None:
    full = frozenset(f"{number}" for number in range(300))
    header = (*HEADER, "priority")
    again = Overrides(priorities=(7, 6), max_attempts=2)

    chunk = batch_of(
        intake(header, families=full | families_of(again)),
        [
            Record(2, [PHONE, "Ana", "CEO", "7"]),
            Record(3, [PHONE[:-1] + "2", "Ana", "CEO", "555"]),
        ],
    )

    assert [row.line for row in chunk.accepted] == [2]
    assert [row.line for row in chunk.rejected] == [3]


def test_missing_variables_are_named() -> None:
    row = rejected(Record(2, [PHONE, "Ana"]), ["phone", "name"])

    assert (row.code, row.column) == ("missing_variables", "role")
    assert "role" in row.message


def test_of_many_missing_variables_the_first_are_named_and_the_others_counted() -> None:
    needed = tuple(f"word {number}" for number in range(12))

    row = replace(intake(), needed_variables=needed).judge_row(a_row(), shard=0)

    assert isinstance(row, RejectedRow)
    first = ", ".join(needed[:10])
    assert row.column == f"{first} and 2 more"
    assert row.message == f"the agent's prompt needs {row.column}: fill it in for this contact"


#: In UTF-8 nothing is larger than this letter.
LARGE = "\N{GRINNING FACE}"


@pytest.mark.parametrize(
    ("header", "record"),
    [
        pytest.param(["phone", "", LARGE], Record(2, [PHONE, LARGE * 131_000]), id="few"),
        pytest.param(["phone", LARGE, ""], Record(2, [PHONE, "", LARGE * 131_000]), id="nameless"),
        pytest.param(["phone", LARGE], Record(2, [PHONE, LARGE]), id="missing variables"),
        pytest.param([f"phone{LARGE * 2000}"], Record(2, [LARGE * 2000]), id="phone"),
        pytest.param(["phone", "name"], Record(2, [PHONE, LARGE * 131_000]), id="too large"),
    ],
)
def test_a_batch_of_rejected_rows_fits_a_transaction(header: list[str], record: Record) -> None:
    needed = tuple(f"{LARGE * 4000}{number}" for number in range(10_000))
    reading = Reading(columns={Meaning.PHONE: header[0]})
    own = replace(intake(header, reading=reading), needed_variables=needed)

    row = own.judge_row(record, shard=0)

    assert isinstance(row, RejectedRow)
    shown = (row.code, row.message, row.column or "", row.value or "")
    assert sum(len(text.encode()) for text in shown) < 10_000 < LARGEST_TRANSACTION / BATCH_ROWS


def test_the_column_of_a_duplicate_is_shown_as_far_as_that_of_another_row() -> None:
    header = [f"phone{LARGE * 2000}", "name", "role"]

    judged = intake(header, reading=Reading(columns={Meaning.PHONE: header[0]})).judge_row(
        a_row(), shard=0
    )

    assert isinstance(judged, AcceptedRow)
    assert judged.as_duplicate().column == header[0][:100]


def test_a_context_that_cannot_be_stored_is_rejected() -> None:
    assert rejected(a_row(name="x" * MOST_BYTES)).code == "context_too_large"


def test_a_row_that_could_not_be_read_stays_rejected() -> None:
    row = rejected(BadRecord(9, "unclosed_quote", "why"))

    assert row == RejectedRow(9, "unclosed_quote", "why")


@pytest.mark.parametrize("again", [PHONE, "+34 600-000-001"], ids=["same", "written otherwise"])
def test_a_number_twice_in_a_batch_becomes_one_task(again: str) -> None:
    chunk = batch_of(intake(), [a_row(2), a_row(3, again)])

    [accepted], [double] = chunk.accepted, chunk.rejected
    assert (accepted.line, double.line, double.code) == (2, 3, "duplicate")
    assert chunk.counts.duplicates == 1


def test_rows_whose_numbers_turn_out_to_be_known_are_duplicates() -> None:
    chunk = batch_of(intake(), [a_row(2), a_row(3, "x"), a_row(4, "+34600000003")])

    done = chunk.without(frozenset({task_id_for_phone(CAMPAIGN, PHONE)}))

    assert [row.line for row in done.accepted] == [4]
    assert {(row.line, row.code) for row in done.rejected} == {
        (2, "duplicate"),
        (3, "invalid_phone"),
    }
    assert done.counts.duplicates == 1
