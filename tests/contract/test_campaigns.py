"""Campaigns: stored, listed, closed; what they may never lose."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelibs.domain.campaign import Campaign, CampaignKind, CampaignState
from chalicelibs.domain.errors import Stale
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
from tests.contract.engines import Ports

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
    lane_names=frozenset({"100|any", "callback-100|1000-1800@Asia/Kolkata"}),
    shards=3,
    importing=frozenset({"f1", "f2"}),
)


@pytest.fixture(autouse=True)
def _workspaces(request: pytest.FixtureRequest) -> None:
    name = "ports" if "ports" in request.fixturenames else "parallel_ports"
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


def test_saving_gives_the_next_version(ports: Ports) -> None:
    ports.campaigns.add(FULL)
    plain = replace(a_campaign(), name="Plain")

    saved = ports.campaigns.save(plain)

    assert saved == replace(plain, version=1)
    assert stored(ports, plain) == saved
    assert ports.campaigns.save(saved).version == 2


def test_a_stale_version_is_refused(ports: Ports) -> None:
    ports.campaigns.add(a_campaign())
    ports.campaigns.save(a_campaign(name="first"))

    with pytest.raises(Stale):
        ports.campaigns.save(a_campaign(name="second"))

    assert stored(ports, a_campaign()).name == "first"


def test_saving_what_was_never_added_is_stale(ports: Ports) -> None:
    with pytest.raises(Stale):
        ports.campaigns.save(a_campaign())


def test_changing_limits_of_the_workspace_keeps_its_campaigns_open(ports: Ports) -> None:
    ports.campaigns.add(a_campaign())

    ports.workspaces.set_limits(a_workspace(concurrency_limit=3))

    assert list(ports.campaigns.open(WORKSPACE)) == [a_campaign()]
    assert ports.workspaces.get(WORKSPACE) == a_workspace(concurrency_limit=3)


def test_a_closed_campaign_is_no_longer_open_but_still_there(ports: Ports) -> None:
    first, second = a_campaign(1), a_campaign(2)
    ports.campaigns.add(first)
    ports.campaigns.add(second)
    archived = ports.campaigns.save(first.move("archive"))

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


def test_pages_go_from_the_newest_to_the_oldest(ports: Ports) -> None:
    for number in (2, 1, 4, 3):
        ports.campaigns.add(a_campaign(number))

    first = ports.campaigns.page(WORKSPACE, cursor=None, limit=2)
    second = ports.campaigns.page(WORKSPACE, cursor=first.cursor, limit=2)

    assert list(first.items) == [a_campaign(4), a_campaign(3)]
    assert first.cursor is not None
    assert list(second.items) == [a_campaign(2), a_campaign(1)]
    assert second.cursor is None


def test_lanes_are_added_to_those_that_are_there(ports: Ports) -> None:
    ports.campaigns.add(a_campaign(shards=2))
    own = (WORKSPACE, a_campaign().campaign_id)

    ports.campaigns.add_lanes(*own, frozenset({"100|any"}), 1)
    ports.campaigns.add_lanes(*own, frozenset({"99|any"}), 5)
    ports.campaigns.add_lanes(*own, frozenset({"100|any"}), 3)
    ports.campaigns.add_lanes(*own, frozenset(), 6)

    campaign = stored(ports, a_campaign())
    assert campaign.lane_names == {"100|any", "99|any"}
    assert campaign.shards == 6


def test_who_read_before_lanes_were_added_cannot_lose_them(ports: Ports) -> None:
    ports.campaigns.add(a_campaign())
    ports.campaigns.add_lanes(WORKSPACE, a_campaign().campaign_id, frozenset({"100|any"}), 1)

    with pytest.raises(Stale):
        ports.campaigns.save(a_campaign(name="read before"))

    assert stored(ports, a_campaign()).lane_names == {"100|any"}


def test_progress_of_a_new_campaign_is_nothing(ports: Ports) -> None:
    ports.campaigns.add(a_campaign())

    assert ports.campaigns.progress(a_campaign().campaign_id) == Progress()


def test_parallel_lanes_are_all_kept(parallel_ports: Ports) -> None:
    ports = parallel_ports
    ports.campaigns.add(a_campaign())

    def add(number: int) -> None:
        names = frozenset({f"{number}|any"})
        ports.campaigns.add_lanes(WORKSPACE, a_campaign().campaign_id, names, number)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(add, range(1, 33)))

    campaign = stored(ports, a_campaign())
    assert campaign.lane_names == {f"{number}|any" for number in range(1, 33)}
    assert campaign.shards == 32


def test_of_parallel_saves_one_wins_each_version(parallel_ports: Ports) -> None:
    ports = parallel_ports
    ports.campaigns.add(a_campaign())

    def save(number: int) -> bool:
        try:
            ports.campaigns.save(a_campaign(name=f"by {number}"))
        except Stale:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        wins = list(threads.map(save, range(8)))

    assert sum(wins) == 1
    assert stored(ports, a_campaign()).name == f"by {wins.index(True)}"
