"""Campaigns: stored, listed, closed; what they may never lose."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelibs.adapters.dynamodb import keys
from chalicelibs.adapters.dynamodb.campaigns import BELIEVED_FOR_S, TRIES, DynamoCampaigns
from chalicelibs.adapters.dynamodb.table import Table
from chalicelibs.adapters.dynamodb.writes import IS_THERE, update
from chalicelibs.domain.campaign import Campaign, CampaignKind, CampaignState
from chalicelibs.domain.errors import NotAllowed, NotFound, Stale
from chalicelibs.domain.priority import Level
from chalicelibs.domain.progress import Progress
from chalicelibs.domain.retry import RetryPolicy
from tests.builders import (
    NOON,
    OTHER_WORKSPACE,
    WORKSPACE,
    a_campaign,
    a_key,
    a_workspace,
    rules,
)
from tests.contract.engines import Account, Ports, new_table, ports_in

FULL = a_campaign(
    name="Ñandú",
    kind=CampaignKind.REALTIME,
    state=CampaignState.PAUSED,
    level=Level.HIGH,
    zone="Europe/Madrid",
    rules=rules(
        max_attempts=3,
        retry=RetryPolicy(
            max_attempts=3,
            intervals=(timedelta(0), timedelta(days=2)),
            retry_outcomes=frozenset({"voicemail"}),
        ),
        callbacks_outside_hours=True,
    ),
    start_at=NOON,
    end_at=NOON + timedelta(days=7),
    concurrency_limit=1,
    repeats_numbers=True,
    families=frozenset({"100", "callback-100|1000-1800@Asia/Kolkata", "|@Asia/Tokyo"}),
    deepest=7,
    shards=3,
    reached=4,
    has_callbacks=True,
    importing=frozenset({"f1", "f2"}),
    prompt="Ofrécele a {{name}} 🙂",
    resumed_at=NOON + timedelta(milliseconds=7),
    reopened_at=NOON + timedelta(milliseconds=9),
)
OWN = (WORKSPACE, a_campaign().campaign_id)


@pytest.fixture(autouse=True)
def _workspaces(request: pytest.FixtureRequest) -> None:
    for name in {"ports", "parallel_ports"} & set(request.fixturenames):
        ports: Ports = request.getfixturevalue(name)
        ports.workspaces.add(a_workspace(), a_key())


def stored(ports: Ports, campaign: Campaign) -> Campaign:
    found = ports.campaigns.get(campaign.workspace_id, campaign.campaign_id)
    assert found is not None
    return found


@pytest.mark.parametrize(
    "campaign",
    [
        pytest.param(a_campaign(), id="batch"),
        pytest.param(FULL, id="with everything"),
        pytest.param(a_campaign(kind=CampaignKind.REALTIME, rules=None), id="without rules"),
        pytest.param(a_campaign(rules=rules(hours=None)), id="at any time"),
        pytest.param(a_campaign(rules=rules(max_attempts=1)), id="without retries"),
    ],
)
def test_a_campaign_comes_back_as_it_was_added(ports: Ports, campaign: Campaign) -> None:
    ports.campaigns.add(campaign)

    assert stored(ports, campaign) == campaign
    assert list(ports.campaigns.open(WORKSPACE)) == [campaign]


def test_another_workspaces_campaign_is_not_there(ports: Ports) -> None:
    ports.campaigns.add(a_campaign())

    assert ports.campaigns.get(OTHER_WORKSPACE, a_campaign().campaign_id) is None
    assert list(ports.campaigns.open(OTHER_WORKSPACE)) == []
    assert list(ports.campaigns.page(OTHER_WORKSPACE, cursor=None, limit=9).items) == []


def test_a_dispatch_goes_by_the_workspace_and_its_open_campaigns(ports: Ports) -> None:
    ports.campaigns.add(a_campaign())

    assert ports.campaigns.at_dispatch(WORKSPACE) == (a_workspace(), [a_campaign()])
    assert ports.campaigns.at_dispatch(OTHER_WORKSPACE) is None


# --- Edits ---------------------------------------------------------------------------------------


def renamed(name: str) -> Callable[[Campaign], Campaign]:
    return lambda found: replace(found, name=name)


def paused(found: Campaign) -> Campaign:
    return replace(found, state=CampaignState.PAUSED)


def test_an_edit_gives_what_is_stored_in_the_next_version(ports: Ports) -> None:
    ports.campaigns.add(FULL)

    edited = ports.campaigns.edit(*OWN, renamed("Plain"))

    assert edited == replace(FULL, name="Plain", version=1)
    assert stored(ports, FULL) == edited
    assert ports.campaigns.edit(*OWN, renamed("Other")).version == 2


def test_an_edit_takes_away_what_is_no_longer_there(ports: Ports) -> None:
    ports.campaigns.add(FULL)
    bare = a_campaign(kind=CampaignKind.REALTIME, rules=None)

    ports.campaigns.edit(*OWN, lambda _: bare)

    assert stored(ports, FULL) == replace(bare, version=1)


def test_an_edit_starts_from_what_is_stored(ports: Ports) -> None:
    ports.campaigns.add(FULL)
    seen: list[Campaign] = []

    def look(found: Campaign) -> Campaign:
        seen.append(found)
        return replace(found, name=f"{found.name}!")

    first, second = ports.campaigns.edit(*OWN, look), ports.campaigns.edit(*OWN, look)

    assert seen == [FULL, first]
    assert second.name == f"{FULL.name}!!"


def test_an_edit_that_changes_nothing_is_not_stored(ports: Ports) -> None:
    ports.campaigns.add(FULL)

    assert ports.campaigns.edit(*OWN, lambda found: found) == FULL
    assert stored(ports, FULL).version == 0


def test_an_edit_that_is_refused_leaves_the_campaign_alone(ports: Ports) -> None:
    ports.campaigns.add(a_campaign())

    def refuse(found: Campaign) -> Campaign:
        raise NotAllowed(found.name)

    with pytest.raises(NotAllowed):
        ports.campaigns.edit(*OWN, refuse)

    assert stored(ports, a_campaign()) == a_campaign()


@pytest.mark.parametrize("workspace_id", [WORKSPACE, OTHER_WORKSPACE])
def test_what_is_not_there_or_anothers_is_not_edited(ports: Ports, workspace_id: str) -> None:
    if workspace_id == OTHER_WORKSPACE:
        ports.campaigns.add(a_campaign())

    with pytest.raises(NotFound):
        ports.campaigns.edit(workspace_id, a_campaign().campaign_id, renamed("Mine"))

    if workspace_id == OTHER_WORKSPACE:
        assert stored(ports, a_campaign()) == a_campaign()


def collides(ports: Ports, times: int) -> Callable[[Campaign], Campaign]:
    """A change during which somebody else widens the campaign, so many times."""
    left = iter(range(times))

    def change(found: Campaign) -> Campaign:
        if next(left, None) is not None:
            ports.campaigns.edit(*OWN, lambda one: replace(one, shards=one.shards + 1))
        return replace(found, name="Ours")

    return change


def test_an_edit_that_collides_is_made_again_on_what_the_others_left(server: Account) -> None:
    ports = ports_in(new_table(server.client("dynamodb")))
    ports.workspaces.add(a_workspace(), a_key())
    ports.campaigns.add(a_campaign())

    edited = ports.campaigns.edit(*OWN, collides(ports, TRIES - 1))

    assert (edited.name, edited.shards, edited.version) == ("Ours", TRIES, TRIES)
    assert stored(ports, edited) == edited


def test_an_edit_that_collides_too_often_says_so(server: Account) -> None:
    ports = ports_in(new_table(server.client("dynamodb")))
    ports.workspaces.add(a_workspace(), a_key())
    ports.campaigns.add(a_campaign())

    with pytest.raises(Stale):
        ports.campaigns.edit(*OWN, collides(ports, TRIES))

    assert stored(ports, a_campaign()).name == a_campaign().name


# --- Open and closed -----------------------------------------------------------------------------


def test_changing_limits_of_the_workspace_keeps_its_campaigns_open(ports: Ports) -> None:
    ports.campaigns.add(a_campaign())

    ports.workspaces.set_limits(a_workspace(concurrency_limit=3))

    assert list(ports.campaigns.open(WORKSPACE)) == [a_campaign()]
    assert ports.workspaces.get(WORKSPACE) == a_workspace(concurrency_limit=3)


def test_a_closed_campaign_is_no_longer_open_but_still_there(ports: Ports) -> None:
    first, second = a_campaign(1), a_campaign(2)
    ports.campaigns.add(first)
    ports.campaigns.add(second)
    archived = ports.campaigns.edit(*OWN, lambda found: found.move("archive", NOON))

    assert list(ports.campaigns.open(WORKSPACE)) == [second]
    for _ in range(2):
        ports.campaigns.close(archived)
        assert list(ports.campaigns.open(WORKSPACE)) == [second]
    ports.campaigns.close(second)

    assert list(ports.campaigns.open(WORKSPACE)) == []
    assert stored(ports, first) == archived


def test_more_open_campaigns_than_one_request_can_read(ports: Ports) -> None:
    campaigns = [a_campaign(number) for number in range(105)]
    for campaign in campaigns:
        ports.campaigns.add(campaign)

    found = sorted(ports.campaigns.open(WORKSPACE), key=lambda one: one.campaign_id)

    assert found == campaigns


@pytest.fixture
def client(account: Account) -> Any:
    return account.client("dynamodb")


@pytest.fixture
def table(client: Any) -> Table:
    """A table with a workspace and a campaign."""
    table = new_table(client)
    ports_in(table).workspaces.add(a_workspace(), a_key())
    DynamoCampaigns(table).add(a_campaign())
    return table


@pytest.mark.engine
def test_open_campaigns_are_read_again_only_after_a_change(client: Any, table: Table) -> None:
    campaigns = DynamoCampaigns(table)
    asked: list[str] = []
    client.meta.events.register(
        "before-call.dynamodb", lambda model, **_: asked.append(model.name)
    )

    assert list(campaigns.open(WORKSPACE)) == [a_campaign()]
    assert asked == ["GetItem", "GetItem", "BatchGetItem"]
    asked.clear()
    for _ in range(3):
        assert list(campaigns.open(WORKSPACE)) == [a_campaign()]
    assert asked == ["GetItem"] * 3


@pytest.mark.engine
@pytest.mark.parametrize(
    "act",
    [
        pytest.param(lambda other: other.edit(*OWN, renamed("Other")), id="edited"),
        pytest.param(lambda other: other.edit(*OWN, paused), id="paused"),
        pytest.param(lambda other: other.add(a_campaign(2)), id="another is added"),
        pytest.param(lambda other: other.close(a_campaign()), id="closed"),
    ],
)
def test_what_others_do_to_a_campaign_is_seen_at_once(
    table: Table, act: Callable[[DynamoCampaigns], object]
) -> None:
    ours, others = DynamoCampaigns(table), DynamoCampaigns(table)
    assert ours.open(WORKSPACE) == [a_campaign()]

    act(others)

    assert ours.open(WORKSPACE) == DynamoCampaigns(table).open(WORKSPACE) != [a_campaign()]


@pytest.mark.engine
def test_a_campaign_is_not_remembered_for_ever(table: Table) -> None:
    now = 7.0
    campaigns = DynamoCampaigns(table, monotonic=lambda: now)
    assert campaigns.open(WORKSPACE) == [a_campaign()]
    uncounted = update(keys.campaign(*OWN), "SET #name = :name", IS_THERE, name="Other")
    table.write(uncounted)  # as nobody does

    now += BELIEVED_FOR_S - 1
    assert campaigns.open(WORKSPACE) == [a_campaign()]
    now += 1
    assert campaigns.open(WORKSPACE) == [a_campaign(name="Other")]


def test_pages_go_from_the_newest_to_the_oldest(ports: Ports) -> None:
    for number in (2, 1, 4, 3):
        ports.campaigns.add(a_campaign(number))

    first = ports.campaigns.page(WORKSPACE, cursor=None, limit=2)
    second = ports.campaigns.page(WORKSPACE, cursor=first.cursor, limit=2)

    assert list(first.items) == [a_campaign(4), a_campaign(3)]
    assert first.cursor is not None
    assert list(second.items) == [a_campaign(2), a_campaign(1)]
    assert second.cursor is None


def test_progress_of_a_new_campaign_is_nothing(ports: Ports) -> None:
    ports.campaigns.add(a_campaign())

    assert ports.campaigns.progress(a_campaign().campaign_id) == Progress()


def test_parallel_edits_all_survive(parallel_ports: Ports) -> None:
    ports = parallel_ports
    ports.campaigns.add(a_campaign())

    def reach(number: int) -> None:
        def change(found: Campaign) -> Campaign:
            return found.reaching(frozenset({str(number)}), attempts=number, shards=number)

        while True:
            try:
                ports.campaigns.edit(*OWN, change)
            except Stale:
                continue
            return

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(reach, range(1, 33)))

    campaign = stored(ports, a_campaign())
    assert campaign.families == {str(number) for number in range(1, 33)}
    assert (campaign.deepest, campaign.shards) == (32, 32)


def test_two_edits_at_the_same_moment_both_survive(parallel_ports: Ports) -> None:
    ports = parallel_ports
    ports.campaigns.add(a_campaign())

    def count(_: int) -> None:
        for _ in range(10):
            ports.campaigns.edit(*OWN, lambda found: replace(found, shards=found.shards + 1))

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(count, range(2)))

    assert (stored(ports, a_campaign()).shards, stored(ports, a_campaign()).version) == (21, 20)
