from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelibs.adapters.memory import MemoryCampaigns, version_of
from chalicelibs.domain import chunks, csv_rows
from chalicelibs.domain.campaign import Campaign, CampaignKind, CampaignState
from chalicelibs.domain.errors import Stale
from chalicelibs.domain.imports import Import, ImportStatus
from chalicelibs.domain.lane import SHARD_SIZE
from chalicelibs.domain.reading import PLAIN, Duplicates, Reading
from chalicelibs.domain.task import TaskStatus
from chalicelibs.ports.queues import ImportChunk
from chalicelibs.use_cases import import_contacts
from chalicelibs.use_cases.receive_contacts import Received, Sent
from tests.builders import (
    CAMPAIGN,
    IMPORT,
    NOON,
    OTHER_WORKSPACE,
    WORKSPACE,
    a_campaign,
    an_agent,
)
from tests.unit.use_cases.bench import SECOND, Bench, crashes_everywhere

SOURCE = "s3://drop/contacts.csv"

#: Rows of a chunk, where chunks are small.
CHUNK = 20


def phone(number: int) -> str:
    return f"+346{number:08}"


def a_file(*numbers: int) -> str:
    return "phone,name\n" + "".join(f"{phone(number)},Ana\n" for number in numbers)


def imported(bench: Bench, text: str | None = None, **where: str) -> Import:
    if text is not None:
        bench.drops(text)
    job = bench.imports_file(SOURCE, **where)
    assert job is not None
    return job


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file is cut, and crashes are met everywhere, without thousands of rows."""
    monkeypatch.setattr(csv_rows, "BLOCK_BYTES", 200)
    monkeypatch.setattr(chunks, "CHUNK_ROWS", CHUNK)
    monkeypatch.setattr(chunks, "BATCH_ROWS", CHUNK // 2)
    monkeypatch.setattr(import_contacts, "TOGETHER", 2)
    monkeypatch.setattr(import_contacts, "STRIDE", 2)


def planned(bench: Bench, text: str, source: str = SOURCE) -> Import:
    """A file that was cut, and none of its chunks is imported yet."""
    bench.drops(text, source)
    version = version_of(text.encode())
    job = bench.plan_import(WORKSPACE, CAMPAIGN, source=source, version=version)
    assert job is not None
    return job


class Overtaken:
    """Imports before whose first call of one kind something else happens."""

    def __init__(self, bench: Bench, name: str, happens: Callable[[], object]) -> None:
        self._bench, self._name, self._happens = bench, name, happens

    def __getattr__(self, name: str) -> Any:
        if name == self._name:
            self._name = ""
            self._happens()
        return getattr(self._bench.imports, name)


def rejected(bench: Bench, job: Import) -> list[tuple[int, str]]:
    rows, _ = bench.imports.rejected(job.import_id, cursor=None, limit=100)
    return [(row.line, row.code) for row in rows]


# --- What becomes of the rows --------------------------------------------------------------------


def test_every_contact_becomes_a_task(bench: Bench) -> None:
    bench.has_campaign()

    job = imported(bench, a_file(1, 2, 3))

    assert (job.status, job.reason) == (ImportStatus.COMPLETED, None)
    assert (job.rows, job.accepted, job.rejected, job.duplicates) == (3, 3, 0, 0)
    tasks = bench.store.tasks.values()
    assert {task.phone for task in tasks} == {phone(1), phone(2), phone(3)}
    assert all(task.context == {"name": "Ana"} for task in tasks)
    assert all(task.status is TaskStatus.QUEUED for task in tasks)
    assert bench.progress(CAMPAIGN).tasks == 3


def test_imported_contacts_are_called(bench: Bench) -> None:
    bench.has_campaign()

    imported(bench, a_file(1, 2, 3))
    bench.clock.forward(SECOND)

    assert {workspace for workspace, _ in bench.queue.nudges} == {WORKSPACE}
    assert bench.dispatch(WORKSPACE) == 3


def test_each_row_that_became_no_task_is_reported_with_the_reason(bench: Bench) -> None:
    bench.has_campaign()
    rows = [f"{phone(1)},Ana", "600,Ben", f"{phone(1)},Cleo", f"{phone(2)}", f"{phone(3)},Dan"]

    job = imported(bench, "phone,name\n" + "\n".join(rows))

    assert (job.rows, job.accepted, job.rejected, job.duplicates) == (5, 2, 2, 1)
    assert rejected(bench, job) == [
        (3, "invalid_phone"),
        (4, "duplicate"),
        (5, "wrong_number_of_columns"),
    ]


def test_a_row_without_what_the_prompt_needs_is_rejected(bench: Bench) -> None:
    bench.agents.save(an_agent(system_messages=("{{name}}", "of {{company}}")))
    bench.has_campaign()

    job = imported(bench, a_file(1))

    assert (job.accepted, rejected(bench, job)) == (0, [(2, "missing_variables")])


def test_a_number_that_is_in_the_campaign_already_is_a_duplicate(bench: Bench) -> None:
    bench.has_campaign()
    imported(bench, a_file(1, 2))

    job = imported(bench, a_file(2, 3))

    assert (job.accepted, job.duplicates, rejected(bench, job)) == (1, 1, [(2, "duplicate")])
    assert bench.progress(CAMPAIGN).tasks == 3


def test_the_same_number_may_be_in_two_campaigns(bench: Bench) -> None:
    bench.has_campaign()
    other = bench.has_campaign(2)

    imported(bench, a_file(1))
    source = bench.drops(a_file(1), "s3://drop/other.csv")
    job = bench.imports_file(source, campaign_id=other.campaign_id)

    assert job is not None
    assert job.accepted == 1


@pytest.mark.usefixtures("small_chunks")
def test_a_campaign_holds_a_file_of_many_chunks(bench: Bench) -> None:
    bench.has_campaign()

    job = imported(bench, a_file(*range(2 * CHUNK + 7)))

    assert (job.rows, job.accepted) == (2 * CHUNK + 7, 2 * CHUNK + 7)


def test_a_campaign_gets_more_shards_as_it_grows(bench: Bench) -> None:
    bench.has_campaign()

    imported(bench, a_file(*range(SHARD_SIZE + 200)))

    campaign = bench.store.campaigns[CAMPAIGN]
    shards = {task.shard for task in bench.store.tasks.values()}
    assert shards == {0, 1}
    assert campaign.shards == 2


def test_a_file_without_rows_is_imported_in_no_time(bench: Bench) -> None:
    bench.has_campaign()

    job = imported(bench, "phone,name\n")

    assert (job.status, job.rows) == (ImportStatus.COMPLETED, 0)


# --- Files that cannot be used -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("", "empty", id="empty"),
        pytest.param("name,job\nAna,1\n", "no column named phone", id="no phone column"),
        pytest.param(None, "gone", id="gone by now"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(bench: Bench, text: str | None, reason: str) -> None:
    bench.has_campaign()

    job = imported(bench, text)

    assert job.status is ImportStatus.FAILED
    assert job.reason is not None
    assert reason in job.reason
    assert bench.store.campaigns[CAMPAIGN].importing == frozenset()


def test_a_quote_that_is_never_closed_costs_its_row_only(bench: Bench) -> None:
    bench.has_campaign()

    job = imported(bench, f'phone,name\n{phone(1)},Ana\n{phone(2)},"Ben\n{phone(3)},Cleo\n')

    assert (job.status, job.rows, job.accepted) == (ImportStatus.COMPLETED, 3, 2)
    assert rejected(bench, job) == [(3, "broken_quotes")]


@pytest.mark.parametrize(
    ("campaign", "reason"),
    [
        pytest.param(None, "no such campaign", id="unknown"),
        pytest.param({"state": CampaignState.ARCHIVED}, "archived", id="archived"),
        pytest.param({"state": CampaignState.COMPLETED}, "completed", id="completed"),
        pytest.param({"end_at": NOON}, "ended", id="past its end"),
        pytest.param({"kind": CampaignKind.REALTIME}, "push tasks", id="realtime"),
    ],
)
def test_a_campaign_that_takes_no_contacts_says_so(
    bench: Bench, campaign: dict[str, Any] | None, reason: str
) -> None:
    if campaign is not None:
        bench.has_campaign(**campaign)

    job = imported(bench, a_file(1))

    assert (job.status, job.accepted) == (ImportStatus.FAILED, 0)
    assert job.reason is not None
    assert reason in job.reason
    assert bench.store.tasks == {}


@pytest.mark.parametrize("state", [CampaignState.DRAFT, CampaignState.PAUSED])
def test_contacts_may_come_before_the_campaign_runs(bench: Bench, state: CampaignState) -> None:
    bench.has_campaign(state=state)

    assert imported(bench, a_file(1)).accepted == 1
    assert bench.dispatch(WORKSPACE) == 0


def test_a_file_for_another_workspaces_campaign_is_refused(bench: Bench) -> None:
    bench.campaigns.add(a_campaign())
    bench.store.campaigns[CAMPAIGN] = a_campaign(workspace_id=OTHER_WORKSPACE)

    job = imported(bench, a_file(1))

    assert (job.status, job.workspace_id) == (ImportStatus.FAILED, WORKSPACE)
    assert bench.store.tasks == {}


def test_a_file_for_no_workspace_leaves_no_trace(bench: Bench) -> None:
    bench.drops(a_file(1))

    job = bench.imports_file(SOURCE, workspace_id=OTHER_WORKSPACE)

    assert job is None
    assert bench.store.imports == {}


# --- Again ---------------------------------------------------------------------------------------


def test_a_file_that_is_delivered_twice_is_imported_once(bench: Bench) -> None:
    bench.has_campaign()
    first = imported(bench, a_file(1, 2) + "bad,row\n")

    assert imported(bench) == first

    assert bench.progress(CAMPAIGN).tasks == 2
    assert len(bench.store.imports) == 1


def test_a_file_that_failed_may_be_dropped_again(bench: Bench) -> None:
    bench.drops(a_file(1, 2))
    failed = imported(bench)
    bench.has_campaign()

    job = imported(bench)

    assert failed.status is ImportStatus.FAILED
    assert (job.status, job.reason, job.accepted) == (ImportStatus.COMPLETED, None, 2)
    assert job.import_id == failed.import_id


def test_two_workers_with_the_same_chunk_do_not_double_a_row(bench: Bench) -> None:
    bench.has_campaign()
    planned(bench, a_file(1, 2))
    [message] = bench.queue.importing
    slow = replace(
        bench.import_chunk, imports=Overtaken(bench, "commit", lambda: bench.imports_chunks())
    )

    with pytest.raises(Stale):
        slow(message)

    assert bench.progress(CAMPAIGN).tasks == 2
    [job] = bench.store.imports.values()
    assert (job.status, job.rows, job.accepted) == (ImportStatus.COMPLETED, 2, 2)


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("again", ["the event", "the messages"])
def test_an_import_goes_on_where_a_crash_stopped_it(again: str) -> None:
    numbers = [*range(2 * CHUNK), 1, 2, *range(2 * CHUNK, 2 * CHUNK + 5)]
    text = a_file(*numbers) + "bad,row\n"
    fresh = 2 * CHUNK + 5

    def prepare() -> Bench:
        bench = Bench()
        bench.has_campaign()
        bench.drops(text)
        return bench

    for bench in crashes_everywhere(prepare, imported):
        if again == "the messages" and was_planned(bench):
            bench.imports_chunks()
        else:
            imported(bench)

        [job] = bench.imports.of_campaign(CAMPAIGN)
        assert job.status is ImportStatus.COMPLETED
        assert (job.rows, job.total, job.accepted) == (len(numbers) + 1, job.rows, fresh)
        assert (job.rejected, job.duplicates) == (1, 2)
        assert bench.progress(CAMPAIGN).tasks == len(bench.store.tasks) == fresh
        assert bench.store.campaigns[CAMPAIGN].importing == frozenset()


def was_planned(bench: Bench) -> bool:
    """Whether the first function is through: then only messages come again."""
    return any(job.total is not None for job in bench.store.imports.values()) and bool(
        bench.queue.importing
    )


@pytest.mark.usefixtures("small_chunks")
def test_chunks_may_be_imported_in_any_order_and_twice(bench: Bench) -> None:
    bench.has_campaign()
    planned(bench, a_file(*range(5 * CHUNK)))
    messages = list(bench.queue.importing)

    for message in [*reversed(messages), *messages]:
        bench.import_chunk(message)

    [job] = bench.imports.of_campaign(CAMPAIGN)
    assert len(messages) > 2
    assert (job.status, job.rows, job.accepted) == (ImportStatus.COMPLETED, 100, 100)
    assert bench.progress(CAMPAIGN).tasks == len(bench.store.tasks) == 100


@pytest.mark.usefixtures("small_chunks")
def test_two_who_cut_one_file_do_not_both(bench: Bench) -> None:
    bench.has_campaign()
    text = a_file(*range(5 * CHUNK))
    bench.drops(text)
    other = replace(
        bench.plan_import,
        imports=Overtaken(bench, "add_chunks", lambda: planned(bench, text)),
    )

    with pytest.raises(Stale):
        other(WORKSPACE, CAMPAIGN, source=SOURCE, version=version_of(text.encode()))
    bench.imports_chunks()

    [job] = bench.imports.of_campaign(CAMPAIGN)
    assert (job.status, job.rows, job.accepted) == (ImportStatus.COMPLETED, 100, 100)


def test_an_unknown_chunk_is_nobodys(bench: Bench) -> None:
    message = ImportChunk(workspace_id=WORKSPACE, campaign_id=CAMPAIGN, import_id=IMPORT, number=3)

    assert bench.import_chunk(message) == "unknown"
    bench.import_chunk.give_up(message, "ValueError: no")


# --- When its world changes ----------------------------------------------------------------------


def half_done(bench: Bench, text: str) -> None:
    """A file of which the first chunk is imported."""
    planned(bench, text)
    bench.import_chunk(bench.queue.importing.pop(0))


def sums_are_exact(bench: Bench, job: Import) -> bool:
    tasks = bench.progress(CAMPAIGN).tasks
    return job.rows == job.accepted + job.rejected + job.duplicates and job.accepted == tasks


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda bench: bench.bytes_by_source.clear(), "is gone"),
        (lambda bench: bench.drops(a_file(*range(900, 990))), "was replaced"),
        (lambda bench: bench.manage.control(WORKSPACE, CAMPAIGN, "archive"), "archived"),
    ],
    ids=["deleted", "replaced", "archived"],
)
def test_an_import_whose_world_changes_ends_and_says_why(
    bench: Bench, change: Callable[[Bench], object], reason: str
) -> None:
    bench.has_campaign()
    half_done(bench, a_file(*range(5 * CHUNK)))

    change(bench)
    bench.imports_chunks()

    [job] = bench.imports.of_campaign(CAMPAIGN)
    assert job.status is ImportStatus.FAILED
    assert reason in str(job.reason)
    assert 0 < job.rows < 100
    assert sums_are_exact(bench, job)
    assert bench.store.campaigns[CAMPAIGN].importing == frozenset()
    missing = bench.look_up.missing_lines(WORKSPACE, job.import_id)
    assert sum(one.last - one.first + 1 for one in missing) == 100 - job.rows


@pytest.mark.usefixtures("small_chunks")
def test_a_file_that_comes_back_is_imported_to_its_end(bench: Bench) -> None:
    bench.has_campaign()
    text = a_file(*range(5 * CHUNK))
    half_done(bench, text)
    bench.bytes_by_source.clear()
    bench.imports_chunks()

    job = imported(bench, text)

    assert (job.status, job.rows, job.accepted) == (ImportStatus.COMPLETED, 100, 100)
    assert sums_are_exact(bench, job)


@pytest.mark.usefixtures("small_chunks")
def test_archiving_is_noticed_within_a_chunk(bench: Bench, monkeypatch: Any) -> None:
    monkeypatch.setattr(chunks, "CHUNK_ROWS", 1000)
    bench.has_campaign()
    planned(bench, a_file(*range(100)))
    [message] = bench.queue.importing
    archive = lambda: bench.manage.control(WORKSPACE, CAMPAIGN, "archive")  # noqa: E731
    worker = replace(bench.import_chunk, imports=Overtaken(bench, "commit", archive))

    worker(message)

    [job] = bench.imports.of_campaign(CAMPAIGN)
    assert (job.status, job.rows) == (ImportStatus.FAILED, CHUNK // 2)
    assert sums_are_exact(bench, job)


@pytest.mark.usefixtures("small_chunks")
def test_a_chunk_that_is_given_up_leaves_an_import_that_names_its_lines(bench: Bench) -> None:
    bench.has_campaign()
    planned(bench, a_file(*range(3 * CHUNK)))
    bad = bench.queue.importing.pop(1)
    bench.import_chunk.give_up(bad, "ConnectionError: no route")
    running = bench.store.imports[bad.import_id]
    bench.imports_chunks()

    job = bench.look_up.import_(WORKSPACE, bad.import_id)
    assert running.status is ImportStatus.RUNNING
    assert (job.status, job.counts.chunks_given_up) == (ImportStatus.FAILED, 1)
    assert "rows could not be imported" in str(job.reason)
    [missing] = bench.look_up.missing_lines(WORKSPACE, job.import_id)
    assert missing.reason == "ConnectionError: no route"
    assert missing.last - missing.first + 1 == 60 - job.rows
    assert sums_are_exact(bench, job)


@pytest.mark.usefixtures("small_chunks")
def test_a_chunk_that_is_sent_back_completes_its_import(bench: Bench) -> None:
    bench.has_campaign()
    planned(bench, a_file(*range(3 * CHUNK)))
    bad = bench.queue.importing.pop(1)
    bench.import_chunk.give_up(bad, "ConnectionError: no route")
    bench.import_chunk.give_up(bad, "ConnectionError: again")
    bench.imports_chunks()

    bench.import_chunk(bad)

    job = bench.look_up.import_(WORKSPACE, bad.import_id)
    assert (job.status, job.reason, job.accepted) == (ImportStatus.COMPLETED, None, 60)
    assert job.counts.chunks_given_up == 0
    assert bench.look_up.missing_lines(WORKSPACE, job.import_id) == []
    assert bench.store.campaigns[CAMPAIGN].importing == frozenset()


# --- Numbers that are there ----------------------------------------------------------------------


def test_a_number_may_be_called_twice_where_that_is_wanted(bench: Bench) -> None:
    bench.has_campaign()
    source = announced(bench, Reading(duplicates=Duplicates.ALLOW))

    job = uploaded(bench, source, a_file(1, 2, 1))
    again = uploaded(bench, source, a_file(1, 2, 1))

    assert (job.accepted, job.duplicates, again) == (3, 0, job)
    assert bench.progress(CAMPAIGN).tasks == 3


def test_a_task_that_waits_is_told_what_the_file_says_where_that_is_wanted(bench: Bench) -> None:
    bench.has_campaign()
    imported(bench, a_file(1, 2))
    bench.clock.forward(SECOND)
    called = bench.task(min(bench.store.tasks))
    bench.tasks.save(replace(called, attempts=1))
    source = announced(bench, Reading(duplicates=Duplicates.UPDATE))

    job = uploaded(bench, source, a_file(1, 2, 3, 3).replace("Ana", "Eva"))

    assert (job.rows, job.accepted, job.duplicates, job.counts.updated) == (4, 1, 3, 2)
    names = {task.task_id: task.context["name"] for task in bench.store.tasks.values()}
    assert names.pop(called.task_id) == "Ana"
    assert set(names.values()) == {"Eva"}
    assert [code for _, code in rejected(bench, job)] == ["duplicate"]


def test_a_later_row_of_the_same_number_wins_where_updates_are_wanted(bench: Bench) -> None:
    bench.has_campaign()
    source = announced(bench, Reading(duplicates=Duplicates.UPDATE))

    job = uploaded(bench, source, f"phone,name\n{phone(1)},Ana\n{phone(1)},Eva\n")

    [task] = bench.store.tasks.values()
    assert task.context["name"] == "Eva"
    assert (job.accepted, job.duplicates, job.counts.updated) == (1, 1, 1)


# --- Announced -----------------------------------------------------------------------------------


def announced(bench: Bench, reading: Reading = PLAIN) -> str:
    """Where the file of an announced import belongs."""
    sent = Sent("contacts.csv", None)
    received = bench.receive_contacts(WORKSPACE, CAMPAIGN, sent, import_id=IMPORT)
    assert isinstance(received, Received)
    source = received.job.source
    bench.store.imports[IMPORT] = replace(bench.store.imports[IMPORT], reading=reading)
    return source


def uploaded(bench: Bench, source: str, text: str) -> Import:
    bench.drops(text, source)
    job = bench.imports_file(source)
    assert job is not None
    return job


def test_an_announced_import_holds_nothing_until_its_file_comes(bench: Bench) -> None:
    bench.has_campaign()

    source = announced(bench)

    assert bench.store.imports[IMPORT].status is ImportStatus.WAITING
    assert bench.store.campaigns[CAMPAIGN].importing == frozenset()
    assert uploaded(bench, source, a_file(1, 2)).accepted == 2
    assert [*bench.store.imports] == [IMPORT]


@pytest.mark.usefixtures("small_chunks")
def test_an_announced_import_goes_on_where_a_crash_stopped_it() -> None:
    text = a_file(*range(CHUNK + 5))

    def prepare() -> Bench:
        bench = Bench()
        bench.has_campaign()
        bench.drops(text, announced(bench))
        return bench

    def act(bench: Bench) -> Import:
        return uploaded(bench, bench.store.imports[IMPORT].source, text)

    for bench in crashes_everywhere(prepare, act):
        job = act(bench)

        assert (job.status, job.import_id) == (ImportStatus.COMPLETED, IMPORT)
        assert (job.rows, job.accepted, job.duplicates) == (CHUNK + 5, CHUNK + 5, 0)
        assert bench.store.campaigns[CAMPAIGN].importing == frozenset()


def test_a_file_that_comes_while_another_is_imported_is_left_alone(bench: Bench) -> None:
    bench.has_campaign()
    source = announced(bench)
    planned(bench, a_file(1, 2), source)
    first, later = a_file(1, 2), a_file(7, 8, 9)

    job = planned(bench, later, source)
    bench.drops(first, source)
    bench.imports_chunks()

    assert (job.status, job.version) == (ImportStatus.RUNNING, version_of(first.encode()))
    assert {task.phone for task in bench.store.tasks.values()} == {phone(1), phone(2)}


def stopped(bench: Bench, text: str, *, before: str) -> str:
    """Where the file of an announced import is whose cutting was stopped before a step."""

    def dies() -> None:
        raise ConnectionError("the function is gone")

    source = announced(bench)
    bench.drops(text, source)
    dying = replace(bench.plan_import, imports=Overtaken(bench, before, dies))
    with pytest.raises(ConnectionError):
        dying(WORKSPACE, CAMPAIGN, source=source, version=version_of(text.encode()))
    assert bench.store.imports[IMPORT].status is ImportStatus.RUNNING
    return source


#: A line end more is another version, as a copy of what was uploaded in parts is one.
COPIED = "\n"


@pytest.mark.usefixtures("small_chunks")
def test_an_announced_file_that_was_copied_before_its_first_chunk_is_imported(
    bench: Bench,
) -> None:
    bench.has_campaign()
    text = a_file(*range(5 * CHUNK))
    source = stopped(bench, text, before="add_chunks")

    job = uploaded(bench, source, text + COPIED)

    assert (job.status, job.import_id) == (ImportStatus.COMPLETED, IMPORT)
    assert (job.rows, job.accepted) == (5 * CHUNK, 5 * CHUNK)
    assert bench.store.campaigns[CAMPAIGN].importing == frozenset()


@pytest.mark.usefixtures("small_chunks")
def test_an_announced_file_that_was_copied_half_way_ends_its_import(bench: Bench) -> None:
    bench.has_campaign()
    text = a_file(*range(5 * CHUNK))
    source = stopped(bench, text, before="set_total")
    bench.imports_chunks()
    assert bench.store.campaigns[CAMPAIGN].importing == {IMPORT}

    job = uploaded(bench, source, text + COPIED)

    assert (job.status, job.rows) == (ImportStatus.FAILED, 5 * CHUNK)
    assert "was replaced" in str(job.reason)
    assert bench.store.campaigns[CAMPAIGN].importing == frozenset()


def test_news_of_another_version_does_not_disturb_a_file_that_is_there(bench: Bench) -> None:
    bench.has_campaign()
    source = stopped(bench, text := a_file(1, 2), before="add_chunks")

    bench.plan_import(WORKSPACE, CAMPAIGN, source=source, version="older")

    assert bench.store.imports[IMPORT].status is ImportStatus.RUNNING
    assert uploaded(bench, source, text).accepted == 2


def test_a_file_whose_request_died_after_its_import_was_made_is_stored_by_the_next(
    bench: Bench,
) -> None:
    bench.has_campaign()
    source = announced(bench)
    sent = Sent("contacts.csv", a_file(1).encode())

    bench.receive_contacts(WORKSPACE, CAMPAIGN, sent, import_id=IMPORT)

    assert bench.bytes_by_source == {source: a_file(1).encode()}


# --- While it goes on ----------------------------------------------------------------------------


def test_a_campaign_is_not_completed_while_contacts_are_coming(bench: Bench) -> None:
    bench.has_campaign()

    job = planned(bench, a_file(1))

    assert bench.store.campaigns[CAMPAIGN].importing == frozenset({job.import_id})
    bench.imports_chunks()
    assert bench.store.campaigns[CAMPAIGN].importing == frozenset()


def test_a_campaign_that_is_edited_meanwhile_keeps_the_edit(bench: Bench) -> None:
    bench.has_campaign()
    bench.drops(a_file(1))

    class Edited(MemoryCampaigns):
        """Somebody else edits the campaign just before each change."""

        def edit(
            self, workspace_id: str, campaign_id: str, change: Callable[[Campaign], Campaign]
        ) -> Campaign:
            bench.is_edited(name="Edited")
            return super().edit(workspace_id, campaign_id, change)

    edited = Edited(bench.store)
    bench.plan_import = replace(bench.plan_import, campaigns=edited)
    bench.import_chunk = replace(bench.import_chunk, campaigns=edited)
    imported(bench)

    campaign = bench.store.campaigns[CAMPAIGN]
    assert (campaign.name, campaign.importing) == ("Edited", frozenset())


@pytest.mark.usefixtures("small_chunks")
def test_the_first_are_called_while_the_others_are_imported(bench: Bench) -> None:
    bench.has_campaign()
    planned(bench, a_file(*range(3 * CHUNK)))
    bench.import_chunk(bench.queue.importing.pop(0))
    bench.clock.forward(SECOND)

    assert len(bench.dispatched()) == 10
    bench.imports_chunks()

    [job] = bench.imports.of_campaign(CAMPAIGN)
    assert (job.status, job.accepted) == (ImportStatus.COMPLETED, 60)


def test_imported_tasks_start_with_their_campaign(bench: Bench) -> None:
    bench.has_campaign(start_at=NOON + 60 * SECOND)

    imported(bench, a_file(1))

    assert bench.dispatch(WORKSPACE) == 0
    bench.clock.forward(61 * SECOND)
    assert bench.dispatch(WORKSPACE) == 1
