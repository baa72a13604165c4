"""Erasing a person: nothing of them is left, they are never called, and all counts stay."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelibs.adapters.memory import MemorySlots, MemoryTasks
from chalicelibs.domain.call import CallStatus
from chalicelibs.domain.campaign import CampaignKind
from chalicelibs.domain.corrections import is_wanted
from chalicelibs.domain.erasing import Erased, Place
from chalicelibs.domain.errors import Stale
from chalicelibs.domain.imports import RejectedRow
from chalicelibs.domain.naming import task_id_for_phone
from chalicelibs.domain.progress import Tally
from chalicelibs.domain.task import ERASED, Task, TaskStatus
from chalicelibs.domain.transcript import Utterance
from chalicelibs.ports.carriers import AnswerLost, Throttled
from chalicelibs.use_cases import erase_contact
from tests.builders import (
    CAMPAIGN,
    IMPORT,
    OTHER_WORKSPACE,
    WORKSPACE,
    a_batch,
    a_call,
    a_chunk,
    a_key,
    a_task,
    a_workspace,
    an_agent,
    an_import,
    plain_id,
)
from tests.unit.use_cases.bench import MINUTE, Bench, crashes_everywhere

PHONE = "+34600000077"
NAME = "Eva Luna"
SAID = (Utterance("contact", f"this is {NAME}, {PHONE}", timedelta(seconds=1)),)
AT_LENGTH = SAID * 200  #: Too much to stand on a call.


def has_them(bench: Bench, number: int = 1, **changes: Any) -> Task:
    """A task of a batch campaign for the person to be erased."""
    campaign_id = plain_id(number, "c")
    task_id = task_id_for_phone(campaign_id, PHONE)
    fields = {"task_id": task_id, "phone": PHONE, "context": {"name": NAME}, **changes}
    task = replace(a_task(campaign_id=campaign_id), **fields)
    bench.tasks.add([task])
    return task


def erased(bench: Bench, place: Place | None = None) -> Erased:
    return bench.erase(WORKSPACE, PHONE, place)


def completely(bench: Bench) -> Erased:
    """Ask until it is done, as the documentation says."""
    done = erased(bench)
    while done.place is not None:
        done = erased(bench, done.place)
    return done


def is_known(bench: Bench) -> bool:
    """Whether anything of the person is stored."""
    store = bench.store
    kept = repr([store.tasks, store.calls, store.results, store.rejected])
    return PHONE in kept or NAME in kept or "recordings" in kept


# --- What is left -------------------------------------------------------------------------------


def test_a_person_who_waits_is_archived_and_never_called(bench: Bench) -> None:
    bench.has_campaign()
    task = has_them(bench)

    done = erased(bench)

    assert done == Erased(tasks=1)
    assert not is_known(bench)
    assert bench.task(task).status is TaskStatus.ARCHIVED
    assert bench.task(task).reason == ERASED
    assert bench.progress(CAMPAIGN).archived == 1
    assert bench.dispatched() == []


def test_a_person_who_was_paused_is_archived_and_counted_once(bench: Bench) -> None:
    bench.has_campaign()
    task = has_them(bench)
    bench.steer(WORKSPACE, task.task_id, "pause")

    erased(bench)

    progress = bench.progress(CAMPAIGN)
    assert (progress.paused, progress.archived, progress.open_tasks) == (0, 1, 0)
    assert not is_known(bench)


def test_of_calls_that_ended_what_counts_stays(bench: Bench) -> None:
    bench.has_campaign()
    has_them(bench)
    call_id = bench.placed()
    bench.ends(call_id, transcript=SAID, recording_url="https://c/recordings/1", cost="0.1 EUR")
    before = bench.progress(CAMPAIGN)
    assert is_known(bench), "else there is nothing to erase"

    done = erased(bench)

    assert done == Erased(tasks=1, calls=1)
    assert not is_known(bench)
    assert bench.progress(CAMPAIGN) == before
    call = bench.call(call_id)
    assert (call.outcome, call.cost, call.is_erased) == ("completed", "0.1 EUR", True)
    [task] = bench.store.tasks.values()
    assert (task.status, task.outcome) == (TaskStatus.COMPLETED, "completed")


def test_everybody_else_stays(bench: Bench) -> None:
    bench.has_campaign()
    has_them(bench)
    [other] = bench.has_tasks(5)

    erased(bench)

    assert bench.task(other) == other


def test_a_person_is_erased_from_every_campaign_of_either_kind(bench: Bench) -> None:
    bench.has_campaign(1)
    bench.has_campaign(2, kind=CampaignKind.REALTIME)
    has_them(bench, 1)
    for number in (8, 9):
        has_them(bench, 2, task_id=a_task(number, campaign_id=plain_id(2, "c")).task_id)

    assert erased(bench) == Erased(tasks=3)

    assert not is_known(bench)


def test_what_another_workspace_knows_is_its_own(bench: Bench) -> None:
    bench.has_campaign()
    has_them(bench)
    bench.workspaces.add(a_workspace(workspace_id=OTHER_WORKSPACE), a_key(key_id=plain_id(2, "k")))

    assert bench.erase(OTHER_WORKSPACE, PHONE) == Erased()

    assert is_known(bench)


def test_whoever_is_erased_may_be_erased_again(bench: Bench) -> None:
    bench.has_campaign()
    has_them(bench)
    erased(bench)

    assert erased(bench) == Erased()
    assert bench.progress(CAMPAIGN).archived == 1


# --- Calls in flight ----------------------------------------------------------------------------


def test_a_call_that_goes_on_ends_and_nothing_that_it_brings_is_kept(bench: Bench) -> None:
    bench.has_campaign()
    task = has_them(bench)
    call_id = bench.placed()

    done = erased(bench)

    assert done == Erased(tasks=1, in_flight=1)
    assert not is_known(bench)
    callback_at = bench.clock.now() + MINUTE
    bench.ends(
        call_id,
        "busy_callback",
        transcript=SAID,
        recording_url="https://c/recordings/1",
        analysis={"name": NAME},
        callback_at=callback_at,
    )
    assert not is_known(bench)
    assert bench.task(task).status is TaskStatus.ARCHIVED
    assert bench.held() == frozenset()
    progress = bench.progress(CAMPAIGN)
    assert (progress.archived, progress.calls, progress.open_tasks) == (1, 1, 0)
    bench.clock.forward(60 * MINUTE)
    assert bench.dispatched() == []


def test_an_analysis_that_comes_after_the_end_is_not_kept(bench: Bench) -> None:
    bench.has_campaign()
    task = has_them(bench)
    call_id = bench.placed()
    bench.ends(call_id, analysis_follows=True, transcript=SAID)

    assert erased(bench) == Erased(tasks=1, in_flight=1)
    bench.record(bench.analysis(call_id, transcript=SAID, analysis={"name": NAME}))

    assert not is_known(bench)
    assert bench.task(task).status is TaskStatus.ARCHIVED


def test_a_late_word_on_an_ended_call_is_not_kept(bench: Bench) -> None:
    bench.has_campaign()
    task = has_them(bench)
    call_id = bench.placed()
    bench.ends(call_id)
    erased(bench)

    late = bench.analysis(call_id, outcome="busy_callback", transcript=SAID)

    assert bench.record(late) == "erased"
    assert not is_known(bench)
    assert bench.task(task).status is TaskStatus.COMPLETED


def test_a_call_that_was_queued_is_not_dialled(bench: Bench) -> None:
    bench.has_campaign()
    task = has_them(bench)
    [message] = bench.dispatched()

    assert erased(bench) == Erased(tasks=1, in_flight=1)

    assert bench.place(message) == ERASED
    assert bench.carrier.requests == []
    assert bench.task(task).status is TaskStatus.ARCHIVED
    assert bench.held() == frozenset()
    assert bench.progress(CAMPAIGN).archived == 1


def test_a_queued_call_whose_message_was_lost_ends_with_the_rescue(bench: Bench) -> None:
    bench.has_campaign()
    task = has_them(bench)
    bench.dispatched()
    erased(bench)

    bench.clock.forward(60 * MINUTE)
    bench.rescue(WORKSPACE)

    assert bench.task(task).status is TaskStatus.ARCHIVED
    assert bench.held() == frozenset()
    assert bench.progress(CAMPAIGN).archived == 1


def test_whoever_is_erased_before_no_slot_was_found_is_counted_as_archived(bench: Bench) -> None:
    bench.has_campaign()
    task = has_them(bench)

    class Full(MemorySlots):
        def reserve(self, scope: str, call_ids: Sequence[str], limit: int) -> Mapping[str, int]:
            erased(bench)
            return super().reserve(scope, call_ids, limit - limit)

    assert replace(bench.dispatch, slots=Full(bench.store))(WORKSPACE) == 0

    assert bench.task(task).status is TaskStatus.ARCHIVED
    assert bench.progress(CAMPAIGN).archived == 1


@pytest.mark.parametrize("answer", [AnswerLost(), Throttled(MINUTE), None])
def test_whoever_is_erased_while_the_carrier_is_asked_is_not_called_again(
    bench: Bench, answer: AnswerLost | Throttled | None
) -> None:
    bench.has_campaign()
    task = has_them(bench)
    [message] = bench.dispatched()
    bench.carrier.answer = answer
    bench.carrier.while_placing = lambda _: erased(bench)

    try_until_done(bench, message)
    for _ in range(3):
        bench.clock.forward(60 * MINUTE)
        bench.rescue(WORKSPACE)
        for event in bench.queue.reports:
            bench.record(event)
        bench.queue.reports.clear()

    assert len(bench.carrier.requests) == 1
    assert not is_known(bench)
    assert bench.task(task).status is TaskStatus.ARCHIVED
    assert bench.held() == frozenset()
    assert bench.dispatched() == []


def try_until_done(bench: Bench, message: Any) -> None:
    """Deliver a message as a queue does: again, when it failed."""
    try:
        bench.place(message)
    except Stale:
        bench.place(message)


# --- Others at work -----------------------------------------------------------------------------


def test_a_call_that_ends_at_the_same_moment_is_erased_too(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.has_campaign()
    has_them(bench)
    call_id = bench.placed()
    settle, ends = MemoryTasks.settle, [call_id]

    def meanwhile(tasks: MemoryTasks, task: Task, tally: Tally) -> Task:
        if task.is_erased and ends:
            bench.ends(ends.pop(), transcript=AT_LENGTH)
        return settle(tasks, task, tally)

    monkeypatch.setattr(MemoryTasks, "settle", meanwhile)

    assert erased(bench) == Erased(tasks=1, calls=1)
    assert not is_known(bench)


@pytest.mark.parametrize("has_ended", [False, True])
def test_what_a_worker_stored_who_died_is_erased_by_the_next_report(
    bench: Bench, has_ended: bool
) -> None:
    bench.has_campaign()
    has_them(bench)
    call_id = bench.placed()
    if has_ended:
        bench.ends(call_id, transcript=AT_LENGTH)
    erased(bench)
    bench.store.results[WORKSPACE, call_id] = a_call(transcript=AT_LENGTH)
    assert is_known(bench)

    bench.ends(call_id, transcript=AT_LENGTH)

    assert not is_known(bench)


def test_an_erased_call_is_not_written_over_by_whoever_had_read_it_before(bench: Bench) -> None:
    bench.has_campaign()
    has_them(bench)
    call_id = bench.placed()
    bench.ends(call_id, transcript=SAID)
    before = bench.call(call_id)
    erased(bench)

    bench.calls.save(WORKSPACE, before)

    assert not is_known(bench)


# --- Several tasks for one number ---------------------------------------------------------------


def test_where_a_number_may_have_several_tasks_all_of_them_are_erased(bench: Bench) -> None:
    bench.has_campaign(repeats_numbers=True)
    has_them(bench)
    has_them(bench, task_id=a_task(5).task_id)

    done = completely(bench)

    assert done.tasks == 2
    assert not is_known(bench)


# --- Rejected rows ------------------------------------------------------------------------------


def has_rows(bench: Bench, *values: str | None) -> None:
    bench.imports.add_chunks(bench.imports.start(an_import()), [a_chunk()])
    rows = [
        RejectedRow(number, "invalid_phone", "no", "phone", value)
        for number, value in enumerate(values, start=1)
    ]
    bench.imports.commit(a_batch(rejected=tuple(rows)))


def values(bench: Bench) -> list[str | None]:
    return [row.value for row in bench.store.rejected[IMPORT].values()]


def test_rejected_rows_that_name_the_number_say_so_no_more(bench: Bench) -> None:
    bench.has_campaign()
    has_rows(bench, PHONE, "600 00 00 77", "+34600000078", None)

    assert erased(bench) == Erased(rows=2)

    assert values(bench) == [None, None, "+34600000078", None]


@pytest.mark.parametrize(
    "row",
    [f"{PHONE},,", f"{PHONE},Eva,PST", "+34 600-000-077,,"],
    ids=["missing_variables", "invalid_timezone", "written otherwise"],
)
def test_rows_that_were_rejected_for_something_else_are_known_by_their_number(
    bench: Bench, row: str
) -> None:
    bench.has_campaign()
    bench.agents.save(an_agent(system_messages=("{{name}}",)))
    job = bench.imports_file(bench.drops(f"phone,name,tz\n{row}\n+34600000078,Eva,PST\n"))
    assert job is not None

    assert [erased(bench).rows for _ in range(2)] == [1, 0]

    gone, stays = bench.store.rejected[job.import_id].values()
    assert not is_wanted(gone, has_duplicates=True)
    assert is_wanted(stays, has_duplicates=True)


# --- Bounds -------------------------------------------------------------------------------------


def test_one_request_goes_only_so_far_and_says_where_to_go_on(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erase_contact, "MOST_LOOKS", 1)
    monkeypatch.setattr(erase_contact, "AT_ONCE", 2)
    for number, kind in ((1, CampaignKind.BATCH), (2, CampaignKind.REALTIME)):
        bench.has_campaign(number, kind=kind)
    has_them(bench, 1)
    for number in range(5):
        has_them(bench, 2, task_id=a_task(number, campaign_id=plain_id(2, "c")).task_id)
    has_rows(bench, *[PHONE] * 5)

    places, done = 0, erased(bench)
    while done.place is not None:
        assert done.tasks + done.rows <= 2
        places, done = places + 1, erased(bench, done.place)

    assert places == 3 + 1 + 3
    assert not is_known(bench)


@pytest.mark.parametrize(
    "place",
    [
        Place(after=plain_id(99, "z")),
        Place(task_id=a_task(1, campaign_id=plain_id(9, "c")).task_id),
        Place(import_id=plain_id(9, "f"), row="0000000001"),
    ],
)
def test_a_place_that_was_never_given_harms_nobody(bench: Bench, place: Place) -> None:
    bench.has_campaign()
    has_them(bench)
    has_rows(bench, PHONE)

    assert erased(bench, place).place is None


# --- Crashes ------------------------------------------------------------------------------------


def everything_known(status: CallStatus) -> Bench:
    """A person with an ended call, one in flight or not, and a row, in two campaigns."""
    bench = Bench()
    bench.has_campaign(1)
    bench.has_campaign(2, kind=CampaignKind.REALTIME)
    has_them(bench, 1)
    has_them(bench, 2)
    has_rows(bench, PHONE)
    ids = []
    for message in bench.dispatched():
        bench.place(message)
        ids.append(message.call_id)
    for call_id in ids:
        bench.ends(call_id, "no_answer", transcript=AT_LENGTH)
    if status is not CallStatus.ENDED:
        bench.clock.forward(60 * MINUTE)
        for message in bench.dispatched():
            if status is CallStatus.PLACED:
                bench.place(message)
    return bench


@pytest.mark.parametrize("status", [CallStatus.ENDED, CallStatus.RESERVED, CallStatus.PLACED])
def test_whoever_asks_again_after_a_crash_finishes_it(status: CallStatus) -> None:
    for bench in crashes_everywhere(lambda: everything_known(status), erased):
        completely(bench)

        assert not is_known(bench)
        assert all(task.is_erased for task in bench.store.tasks.values())
        assert all(call.is_erased for call in bench.store.calls.values())
        for number in (1, 2):
            progress = bench.progress(plain_id(number, "c"))
            archived = 1 if status is CallStatus.ENDED else 0
            assert (progress.tasks, progress.calls, progress.archived) == (1, 1, archived)
