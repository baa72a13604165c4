from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from chalicelibs.domain import chunks, csv_rows
from chalicelibs.domain.call import Call, CallStatus
from chalicelibs.domain.campaign import CampaignKind
from chalicelibs.domain.corrections import Correction
from chalicelibs.domain.exports import (
    ERASED,
    LEASE,
    START,
    TURN,
    Export,
    ExportFormat,
    ExportKind,
    ExportStatus,
)
from chalicelibs.domain.outlook import TaskReading
from chalicelibs.domain.task import Task
from chalicelibs.ports.exports import PART_BYTES
from chalicelibs.ports.queues import WriteExport
from chalicelibs.use_cases.manage_exports import Wanted
from chalicelibs.use_cases.write_export import (
    CALLS_AT_ONCE,
    GOES_ON,
    HELD,
    NOTHING_TO_DO,
    TASKS_AT_ONCE,
)
from tests.builders import CAMPAIGN, NOON, WORKSPACE, a_call, a_task, plain_id
from tests.unit.use_cases.bench import SECOND, Bench, crashes_everywhere

EXPORT = plain_id(1, "x")
MESSAGE = WriteExport(workspace_id=WORKSPACE, campaign_id=CAMPAIGN, export_id=EXPORT)

#: So wide are rows that a page of them fills a part.
WIDE = 15_000

#: Three pages, the last of which fills no part.
MANY = 2 * TASKS_AT_ONCE + 7


@dataclass
class Lines:
    """Ids, as wide as is said; something may happen while they are written."""

    width: int = 0
    meanwhile: list[Callable[[], object]] = field(default_factory=list)

    def head(self, export: Export) -> bytes:
        return f"{export.kind}\n".encode()

    def of_tasks(self, _: Export, tasks: Sequence[TaskReading], now: datetime) -> bytes:
        assert now.tzinfo
        return self._lines(one.task.task_id for one in tasks)

    def of_calls(self, _: Export, calls: Sequence[Call]) -> bytes:
        return self._lines(call.call_id for call in calls)

    def of_corrections(self, rows: Iterable[Correction], delimiter: str) -> bytes:
        return self._lines(delimiter.join(one.row) for one in rows)

    def _lines(self, ids: Iterable[str]) -> bytes:
        text = "".join(f"{one.ljust(self.width)}\n" for one in ids)
        if self.meanwhile:
            self.meanwhile.pop(0)()
        return text.encode()


def asked(bench: Bench, kind: ExportKind = ExportKind.TASKS) -> Export:
    """Somebody asks for an export."""
    wanted = Wanted(kind, ExportFormat.CSV)
    return bench.manage_exports.start(WORKSPACE, CAMPAIGN, wanted, export_id=EXPORT)


def stored(bench: Bench) -> Export:
    return bench.store.exports[EXPORT]


def finished(bench: Bench, lines: Lines) -> list[str]:
    """Whatever was sent is delivered, and whatever died comes again; gives the lines."""
    for _ in range(20):
        bench.clock.forward(LEASE)
        if not stored(bench).is_open:
            break
        bench.write_export(MESSAGE, lines)
    export = stored(bench)
    assert export.status is ExportStatus.COMPLETED, export
    assert export.done == replace(START, rows=export.done.rows)
    return [one.strip() for one in bench.bucket.content_by_key[export.key].decode().splitlines()]


def ids(tasks: Sequence[Task]) -> list[str]:
    return sorted(task.task_id for task in tasks)


# --- What stands in the file ---------------------------------------------------------------------


def test_every_task_stands_in_the_file_once(bench: Bench) -> None:
    bench.has_campaign()
    tasks = bench.has_tasks(*range(MANY))
    asked(bench)

    assert finished(bench, Lines(WIDE)) == ["tasks", *ids(tasks)]
    assert (stored(bench).done.rows, stored(bench).total) == (MANY, MANY)


def test_each_part_is_as_large_as_storage_wants_it(bench: Bench) -> None:
    """The twin refuses smaller ones, as S3 does."""
    bench.has_campaign()
    tasks = bench.has_tasks(*range(MANY))
    asked(bench)

    assert finished(bench, Lines(WIDE // 2)) == ["tasks", *ids(tasks)]


def calls_of(bench: Bench, numbers: Sequence[int], each: int) -> list[str]:
    """Tasks that were called so often; gives the calls in order."""
    ended = []
    for number in numbers:
        task = a_task(number)
        for claim in range(each):
            at = NOON + claim * timedelta(days=20)
            call = a_call(replace(task, claims=claim), dialed_at=at, status=CallStatus.ENDED)
            bench.calls.save(WORKSPACE, call)
            task = replace(task, claims=claim + 1, dialed={**task.dialed, claim + 1: at})
            ended.append(call.call_id)
        bench.tasks.add([task])
    return ended


@pytest.mark.parametrize("each", [0, 1, 3, CALLS_AT_ONCE + 5])
def test_every_call_stands_in_the_file_once_task_by_task(bench: Bench, each: int) -> None:
    bench.has_campaign()
    calls = calls_of(bench, range(7), each)
    asked(bench, ExportKind.CALLS)

    assert finished(bench, Lines()) == ["calls", *calls]
    assert stored(bench).done.rows == len(calls)


def test_calls_that_are_cut_into_turns_stand_there_once(bench: Bench) -> None:
    bench.has_campaign()
    calls = calls_of(bench, range(50), 11)
    asked(bench, ExportKind.CALLS)
    lines = Lines(meanwhile=[lambda: bench.clock.forward(TURN)] * 20)

    assert finished(bench, lines) == ["calls", *calls]


# --- Turns ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [0, WIDE // 10, WIDE], ids=["small", "less than a part", "wide"])
def test_a_turn_that_is_over_is_followed_by_another_that_goes_on(bench: Bench, width: int) -> None:
    bench.has_campaign()
    tasks = bench.has_tasks(*range(MANY))
    asked(bench)
    bench.queue.exports.clear()
    lines = Lines(width, meanwhile=[lambda: bench.clock.forward(TURN)] * 2)

    first = bench.write_export(MESSAGE, lines)

    assert first == GOES_ON
    assert bench.queue.exports == [(MESSAGE, timedelta(0))]
    assert stored(bench).done.rows == TASKS_AT_ONCE
    assert (stored(bench).status, stored(bench).held_until) == (ExportStatus.RUNNING, None)
    assert finished(bench, lines) == ["tasks", *ids(tasks)]


def test_while_one_worker_is_at_it_another_touches_nothing_and_looks_later(bench: Bench) -> None:
    bench.has_campaign()
    tasks = bench.has_tasks(*range(MANY))
    asked(bench)
    bench.queue.exports.clear()
    answers = []
    lines = Lines(WIDE)
    lines.meanwhile.append(lambda: answers.append(bench.write_export(MESSAGE, lines)))

    bench.write_export(MESSAGE, lines)

    assert answers == [HELD]
    assert bench.queue.exports == [(MESSAGE, LEASE)]
    assert finished(bench, lines) == ["tasks", *ids(tasks)]


def test_a_worker_that_was_thought_dead_spoils_nothing(bench: Bench) -> None:
    """It stores a part over one of its successor's; the file is written anew, not wrongly."""
    bench.has_campaign()
    tasks = bench.has_tasks(*range(MANY))
    asked(bench)
    late = Lines(WIDE + 1)

    def overtake() -> None:
        bench.clock.forward(LEASE)
        second = Lines(WIDE, meanwhile=[lambda: bench.clock.forward(TURN)])
        assert bench.write_export(MESSAGE, second) == GOES_ON

    late.meanwhile.append(overtake)

    assert bench.write_export(MESSAGE, late) == HELD
    assert finished(bench, Lines(WIDE)) == ["tasks", *ids(tasks)]


def test_parts_that_storage_gave_up_are_written_anew(bench: Bench) -> None:
    bench.has_campaign()
    tasks = bench.has_tasks(*range(MANY))
    asked(bench)
    lines = Lines(WIDE, meanwhile=[lambda: bench.clock.forward(TURN)])
    bench.write_export(MESSAGE, lines)
    bench.bucket.parts_by_upload.clear()

    assert finished(bench, lines) == ["tasks", *ids(tasks)]


def test_what_is_done_is_not_done_again(bench: Bench) -> None:
    bench.has_campaign()
    asked(bench)
    finished(bench, Lines())
    bench.queue.exports.clear()
    before = stored(bench)

    assert bench.write_export(MESSAGE, Lines()) == NOTHING_TO_DO
    assert bench.write_export(replace(MESSAGE, export_id="0" * 16), Lines()) == NOTHING_TO_DO
    assert stored(bench) == before
    assert bench.queue.exports == []


# --- Crashes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [ExportKind.TASKS, ExportKind.CALLS])
def test_wherever_a_worker_dies_the_next_one_completes_the_file(kind: ExportKind) -> None:
    def prepare() -> Bench:
        bench = Bench()
        bench.has_campaign()
        if kind is ExportKind.TASKS:
            bench.has_tasks(*range(MANY))
        else:
            calls_of(bench, range(12), 10)
        asked(bench, kind)
        return bench

    def act(bench: Bench) -> None:
        lines = Lines(width, meanwhile=[lambda: bench.clock.forward(TURN)])
        bench.write_export(MESSAGE, lines)
        bench.clock.forward(SECOND)
        bench.write_export(MESSAGE, lines)

    width = WIDE if kind is ExportKind.TASKS else 4 * WIDE
    count = 0
    for bench in crashes_everywhere(prepare, act):
        count += 1
        tasks = sorted(bench.store.tasks.values(), key=lambda task: task.task_id)
        calls = [one.call_id for task in tasks for one in task.ended_calls]
        wanted = ids(tasks) if kind is ExportKind.TASKS else calls
        assert finished(bench, Lines(width)) == [kind, *wanted]
        assert stored(bench).done.rows == len(wanted)
    assert count > 15


def test_wherever_a_worker_dies_every_rejected_row_is_in_the_file_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(csv_rows, "BLOCK_BYTES", 50)
    monkeypatch.setattr(chunks, "CHUNK_ROWS", 10)
    names = [f"Ana{number}" for number in range(37)]

    def prepare() -> Bench:
        bench = Bench()
        bench.has_campaign()
        bench.drops("phone;name\n" + "".join(f"600;{name}\n" for name in names))
        job = bench.imports_file()
        assert job is not None
        assert (job.rejected, job.chunks > 2) == (37, True)
        wanted = Wanted(ExportKind.REJECTED_ROWS, import_id=job.import_id)
        bench.manage_exports.start(WORKSPACE, CAMPAIGN, wanted, export_id=EXPORT)
        return bench

    def act(bench: Bench) -> None:
        lines = Lines(PART_BYTES // 10, meanwhile=[lambda: bench.clock.forward(TURN)] * 2)
        bench.write_export(MESSAGE, lines)
        bench.write_export(MESSAGE, lines)
        bench.write_export(MESSAGE, lines)

    for bench in crashes_everywhere(prepare, act):
        lines = finished(bench, Lines(PART_BYTES // 10))

        assert [one.rpartition(";")[2] for one in lines] == ["rejected_rows", "name", *names]
        assert stored(bench).done.rows == 37


def test_an_export_whose_message_was_never_sent_is_sent_by_the_repetition() -> None:
    def prepare() -> Bench:
        bench = Bench()
        bench.has_campaign()
        return bench

    for bench in crashes_everywhere(prepare, asked):
        asked(bench)

        assert [message for message, _ in bench.queue.exports][-1] == MESSAGE
        assert list(bench.store.exports) == [EXPORT]


# --- Erased --------------------------------------------------------------------------------------


def test_a_file_that_may_hold_somebody_who_was_erased_is_emptied(bench: Bench) -> None:
    bench.has_campaign(kind=CampaignKind.REALTIME)
    task = bench.has_task()
    asked(bench)
    finished(bench, Lines())

    bench.erase(WORKSPACE, task.phone)

    assert (stored(bench).status, stored(bench).reason) == (ExportStatus.FAILED, ERASED)
    assert bench.bucket.content_by_key[stored(bench).key] == b""


def test_an_export_is_left_alone_where_nobody_was_found(bench: Bench) -> None:
    bench.has_campaign(kind=CampaignKind.REALTIME)
    bench.has_task()
    asked(bench)
    lines = finished(bench, Lines())

    bench.erase(WORKSPACE, "+34699999999")

    assert bench.bucket.content_by_key[stored(bench).key].decode().splitlines() == lines


def test_erasing_somebody_stops_an_export_on_its_way(bench: Bench) -> None:
    bench.has_campaign(kind=CampaignKind.REALTIME)
    task, *_ = bench.has_tasks(*range(MANY))
    asked(bench)
    lines = Lines(WIDE, meanwhile=[lambda: bench.erase(WORKSPACE, task.phone)])

    assert bench.write_export(MESSAGE, lines) == HELD
    assert stored(bench).reason == ERASED
    assert bench.bucket.content_by_key[stored(bench).key] == b""
    bench.clock.forward(LEASE)
    assert bench.write_export(MESSAGE, Lines()) == NOTHING_TO_DO


def test_wherever_erasing_dies_its_repetition_takes_the_file_back() -> None:
    def prepare() -> Bench:
        bench = Bench()
        bench.has_campaign(kind=CampaignKind.REALTIME)
        bench.has_task()
        asked(bench)
        finished(bench, Lines())
        return bench

    def act(bench: Bench) -> object:
        return bench.erase(WORKSPACE, a_task().phone)

    for bench in crashes_everywhere(prepare, act):
        act(bench)

        assert stored(bench).status is ExportStatus.FAILED
        assert bench.bucket.content_by_key[stored(bench).key] == b""
