from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelibs.adapters.memory import MemoryCampaigns
from chalicelibs.domain.campaign import Campaign, CampaignKind, CampaignState
from chalicelibs.domain.errors import Stale
from chalicelibs.domain.imports import Chunk, Import, ImportStatus
from chalicelibs.domain.lane import SHARD_SIZE
from chalicelibs.domain.task import TaskStatus
from chalicelibs.use_cases.import_contacts import CHUNK
from chalicelibs.use_cases.receive_contacts import Sent
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


def phone(number: int) -> str:
    return f"+346{number:08}"


def a_file(*numbers: int) -> str:
    return "phone,name\n" + "".join(f"{phone(number)},Ana\n" for number in numbers)


def imported(bench: Bench, text: str | None = None, version: str = "v1", **where: str) -> Import:
    if text is not None:
        bench.drops(text)
    job = bench.import_contacts(
        where.get("workspace_id", WORKSPACE),
        where.get("campaign_id", CAMPAIGN),
        source=SOURCE,
        version=version,
    )
    assert job is not None
    return job


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

    job = imported(bench, a_file(2, 3), version="v2")

    assert (job.accepted, job.duplicates, rejected(bench, job)) == (1, 1, [(2, "duplicate")])
    assert bench.progress(CAMPAIGN).tasks == 3


def test_the_same_number_may_be_in_two_campaigns(bench: Bench) -> None:
    bench.has_campaign()
    other = bench.has_campaign(2)

    imported(bench, a_file(1))
    job = imported(bench, version="v2", campaign_id=other.campaign_id)

    assert job.accepted == 1


def test_a_campaign_holds_a_file_of_many_chunks(bench: Bench) -> None:
    bench.has_campaign()

    job = imported(bench, a_file(*range(2 * CHUNK + 7)))

    assert (job.rows, job.accepted) == (2 * CHUNK + 7, 2 * CHUNK + 7)


def test_a_campaign_gets_more_shards_as_it_grows(bench: Bench) -> None:
    bench.has_campaign()

    imported(bench, a_file(*range(SHARD_SIZE + 2 * CHUNK)))

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


def test_what_stood_before_a_broken_quote_is_imported(bench: Bench) -> None:
    bench.has_campaign()

    job = imported(bench, a_file(*range(CHUNK)) + f'{phone(999)},"Ana\n')

    assert job.status is ImportStatus.FAILED
    assert (job.rows, job.accepted) == (CHUNK, CHUNK)
    assert bench.progress(CAMPAIGN).tasks == CHUNK


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

    job = bench.import_contacts(OTHER_WORKSPACE, CAMPAIGN, source=SOURCE, version="v1")

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


def test_two_workers_with_the_same_file_do_not_double_a_row(bench: Bench) -> None:
    bench.has_campaign()
    bench.drops(a_file(1, 2))

    class SlowImports:
        """Lets another worker commit the same rows first."""

        def commit(self, chunk: Chunk) -> Chunk:
            imported(bench)
            return bench.imports.commit(chunk)

        def __getattr__(self, name: str) -> object:
            return getattr(bench.imports, name)

    slow = replace(bench.import_contacts, imports=SlowImports())  # type: ignore[arg-type]

    with pytest.raises(Stale):
        slow(WORKSPACE, CAMPAIGN, source=SOURCE, version="v1")

    assert bench.progress(CAMPAIGN).tasks == 2


def test_an_import_goes_on_where_a_crash_stopped_it() -> None:
    numbers = [*range(2 * CHUNK), 1, 2, *range(2 * CHUNK, 2 * CHUNK + 5)]
    text = a_file(*numbers) + "bad,row\n"
    fresh = 2 * CHUNK + 5

    def prepare() -> Bench:
        bench = Bench()
        bench.has_campaign()
        bench.drops(text)
        return bench

    for bench in crashes_everywhere(prepare, imported):
        job = imported(bench)

        assert job.status is ImportStatus.COMPLETED
        assert (job.rows, job.accepted) == (len(numbers) + 1, fresh)
        assert (job.rejected, job.duplicates) == (1, 2)
        assert bench.progress(CAMPAIGN).tasks == len(bench.store.tasks) == fresh
        assert bench.store.campaigns[CAMPAIGN].importing == frozenset()


# --- Announced -----------------------------------------------------------------------------------


def announced(bench: Bench) -> str:
    """Where the file of an announced import belongs."""
    sent = Sent("contacts.csv", None)
    return bench.receive_contacts(WORKSPACE, CAMPAIGN, sent, import_id=IMPORT).job.source


def uploaded(bench: Bench, source: str, text: str, version: str) -> Import:
    bench.drops(text, source)
    job = bench.import_contacts(WORKSPACE, CAMPAIGN, source=source, version=version)
    assert job is not None
    return job


def test_an_announced_import_holds_nothing_until_its_file_comes(bench: Bench) -> None:
    bench.has_campaign()

    source = announced(bench)

    assert bench.store.imports[IMPORT].status is ImportStatus.WAITING
    assert bench.store.campaigns[CAMPAIGN].importing == frozenset()
    assert uploaded(bench, source, a_file(1, 2), "v1").accepted == 2
    assert [*bench.store.imports] == [IMPORT]


def test_an_announced_import_goes_on_where_a_crash_stopped_it() -> None:
    text = a_file(*range(CHUNK + 5))

    def prepare() -> Bench:
        bench = Bench()
        bench.has_campaign()
        bench.drops(text, announced(bench))
        return bench

    def act(bench: Bench) -> Import:
        return uploaded(bench, bench.store.imports[IMPORT].source, text, "v1")

    for bench in crashes_everywhere(prepare, act):
        job = act(bench)

        assert (job.status, job.import_id) == (ImportStatus.COMPLETED, IMPORT)
        assert (job.rows, job.accepted, job.duplicates) == (CHUNK + 5, CHUNK + 5, 0)
        assert bench.store.campaigns[CAMPAIGN].importing == frozenset()


def test_a_file_that_comes_while_another_is_imported_is_left_alone(bench: Bench) -> None:
    bench.has_campaign()
    source = announced(bench)

    class Overtaken:
        """Another file comes to the same place before the rows are committed."""

        def commit(self, chunk: Chunk) -> Chunk:
            job = uploaded(bench, source, a_file(7, 8, 9), "v2")
            assert (job.status, job.version) == (ImportStatus.RUNNING, "v1")
            return bench.imports.commit(chunk)

        def __getattr__(self, name: str) -> object:
            return getattr(bench.imports, name)

    bench.drops(a_file(1, 2), source)
    first = replace(bench.import_contacts, imports=Overtaken())  # type: ignore[arg-type]

    job = first(WORKSPACE, CAMPAIGN, source=source, version="v1")

    assert job is not None
    assert (job.status, job.accepted) == (ImportStatus.COMPLETED, 2)
    assert {task.phone for task in bench.store.tasks.values()} == {phone(1), phone(2)}


def test_a_file_whose_request_died_after_its_import_was_made_is_stored_by_the_next(
    bench: Bench,
) -> None:
    bench.has_campaign()
    source = announced(bench)
    sent = Sent("contacts.csv", a_file(1).encode())

    bench.receive_contacts(WORKSPACE, CAMPAIGN, sent, import_id=IMPORT)

    assert bench.text_by_source == {source: a_file(1)}


# --- While it goes on ----------------------------------------------------------------------------


def test_a_campaign_is_not_completed_while_contacts_are_coming(bench: Bench) -> None:
    bench.has_campaign()
    seen: list[frozenset[str]] = []

    class Watched:
        """Looks at the campaign while rows are committed."""

        def commit(self, chunk: Chunk) -> Chunk:
            seen.append(bench.store.campaigns[CAMPAIGN].importing)
            return bench.imports.commit(chunk)

        def __getattr__(self, name: str) -> object:
            return getattr(bench.imports, name)

    bench.drops(a_file(1))
    watched = replace(bench.import_contacts, imports=Watched())  # type: ignore[arg-type]

    job = watched(WORKSPACE, CAMPAIGN, source=SOURCE, version="v1")

    assert job is not None
    assert seen == [frozenset({job.import_id})]
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

    edited = replace(bench.import_contacts, campaigns=Edited(bench.store))
    edited(WORKSPACE, CAMPAIGN, source=SOURCE, version="v1")

    campaign = bench.store.campaigns[CAMPAIGN]
    assert (campaign.name, campaign.importing) == ("Edited", frozenset())


def test_imported_tasks_start_with_their_campaign(bench: Bench) -> None:
    bench.has_campaign(start_at=NOON + 60 * SECOND)

    imported(bench, a_file(1))

    assert bench.dispatch(WORKSPACE) == 0
    bench.clock.forward(61 * SECOND)
    assert bench.dispatch(WORKSPACE) == 1
