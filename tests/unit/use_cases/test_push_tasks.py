from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelibs.adapters.memory import MemoryAgents, MemoryCampaigns, MemoryTasks
from chalicelibs.domain.agent import Agent, Number
from chalicelibs.domain.calling_hours import CallingHours
from chalicelibs.domain.campaign import MOST_LANES, Campaign, CampaignKind, CampaignState
from chalicelibs.domain.errors import CarillonError, Invalid, NotAllowed, NotFound
from chalicelibs.domain.instants import whole_ms
from chalicelibs.domain.lane import SHARD_SIZE
from chalicelibs.domain.overrides import NONE, Overrides
from chalicelibs.domain.push import Push
from chalicelibs.domain.task import Task
from chalicelibs.domain.template import MissingVariables
from tests.builders import (
    CAMPAIGN,
    NOON,
    OTHER_WORKSPACE,
    WORKSPACE,
    a_task,
    an_agent,
    plain_id,
    rules,
)
from tests.unit.use_cases.bench import MINUTE, NO_DELAY, SECOND, Bench

REALTIME: dict[str, Any] = {"kind": CampaignKind.REALTIME, "rules": rules(hours=None)}


def push(number: int = 1, **changes: Any) -> Push:
    one = Push(campaign_id=CAMPAIGN, phone=f"+346{number:08}", context={"name": "Ana"})
    return replace(one, **changes)


def pushed(bench: Bench, *pushes: Push, workspace_id: str = WORKSPACE) -> list[Any]:
    return bench.push(workspace_id, pushes)


def refusal(bench: Bench, one: Push, **where: str) -> CarillonError:
    [result] = pushed(bench, one, **where)
    assert isinstance(result, CarillonError)
    assert bench.store.tasks == {}
    return result


# --- Accepted ------------------------------------------------------------------------------------


def test_a_task_is_pushed_into_a_batch_campaign(bench: Bench) -> None:
    bench.has_campaign()

    [task] = pushed(bench, push())

    assert isinstance(task, Task)
    assert bench.task(task) == task
    assert (task.phone, task.context, task.own) == ("+34600000001", {"name": "Ana"}, NONE)
    assert bench.progress(CAMPAIGN).tasks == 1


class CountedAgents(MemoryAgents):
    """Agents and numbers that count how often they are read."""

    reads = 0

    def get(self, workspace_id: str, agent_id: str) -> Agent | None:
        self.reads += 1
        return super().get(workspace_id, agent_id)

    def number(self, workspace_id: str, phone: str) -> Number | None:
        self.reads += 1
        return super().number(workspace_id, phone)


@pytest.mark.parametrize("campaign", [{}, REALTIME], ids=["batch", "realtime"])
def test_agent_and_number_are_read_once_for_a_whole_list(
    bench: Bench, campaign: dict[str, Any]
) -> None:
    bench.has_campaign(**campaign)
    agents = CountedAgents(bench.store)

    results = replace(bench.push, agents=agents)(WORKSPACE, [push(one) for one in range(1, 60)])

    assert all(isinstance(one, Task) for one in results)
    assert agents.reads == 2


def test_a_pushed_task_is_called_at_once(bench: Bench) -> None:
    bench.has_campaign(**REALTIME)

    pushed(bench, push())

    assert bench.queue.nudges == [(WORKSPACE, NO_DELAY)]
    bench.clock.forward(SECOND)
    assert bench.dispatch(WORKSPACE) == 1


def test_a_realtime_task_keeps_what_it_brought_and_nothing_of_its_campaign(bench: Bench) -> None:
    bench.has_campaign(**REALTIME)
    night = CallingHours.of(start="22:00", end="02:00", zone="UTC")

    [task] = pushed(
        bench, push(opens="22:00", closes="02:00", end_at=NOON + MINUTE, priorities=(7, 9))
    )

    assert bench.task(task).own == Overrides(hours=night, max_attempts=2, priorities=(7, 9))
    assert task.end_at == NOON + MINUTE


def test_an_edit_of_the_campaign_reaches_the_tasks_that_left_it_the_choice(bench: Bench) -> None:
    bench.has_campaign(**REALTIME)
    pushed(bench, push(1), push(2, opens="12:00", closes="13:00"))
    bench.clock.forward(SECOND)

    bench.is_edited(rules=rules(hours=CallingHours.of(start="22:00", end="23:00", zone="UTC")))

    [message] = bench.dispatched()
    assert bench.task(message.call_id.rpartition("-")[0]).phone == push(2).phone


def test_the_campaigns_own_variables_are_needed_too(bench: Bench) -> None:
    bench.has_campaign(prompt="{{name}} lives in {{city}}.")

    refused, accepted = pushed(
        bench, push(1), push(2, context={"name": "Ana", "city": "San Sebastián"})
    )

    assert isinstance(refused, MissingVariables)
    assert isinstance(accepted, Task)


def test_a_realtime_campaign_may_have_no_rules_of_its_own(bench: Bench) -> None:
    bench.has_campaign(kind=CampaignKind.REALTIME, rules=None)
    defaults = rules()

    [task] = pushed(bench, push(agent_id=defaults.agent_id, caller_id=defaults.caller_id))

    assert isinstance(task, Task)


def test_the_same_number_may_be_pushed_twice_into_a_realtime_campaign(bench: Bench) -> None:
    bench.has_campaign(**REALTIME)

    first, second = pushed(bench, push(), push())

    assert first.task_id != second.task_id
    assert bench.progress(CAMPAIGN).tasks == 2


@pytest.mark.parametrize(
    ("kind", "start_at", "due_at"),
    [
        pytest.param("batch", None, NOON - MINUTE, id="batch: when its campaign was made"),
        pytest.param("batch", NOON + MINUTE, NOON + MINUTE, id="batch: a start of its own"),
        pytest.param("realtime", None, NOON, id="realtime: now"),
        pytest.param("realtime", NOON + MINUTE, NOON + MINUTE, id="realtime: its own start"),
        pytest.param("realtime", NOON - MINUTE, NOON, id="realtime: not in the past"),
    ],
)
def test_when_a_pushed_task_starts(
    bench: Bench, kind: str, start_at: datetime | None, due_at: datetime
) -> None:
    bench.has_campaign(kind=CampaignKind(kind), created_at=NOON - MINUTE)

    [task] = pushed(bench, push(start_at=start_at))

    assert whole_ms(task.due_at) == due_at


# --- Lanes ---------------------------------------------------------------------------------------


def lane_names(bench: Bench) -> set[str]:
    """Where dispatch looks."""
    return {lane.name for lane in bench.store.campaigns[CAMPAIGN].lanes()}


def test_every_lane_a_realtime_task_may_need_is_looked_at(bench: Bench) -> None:
    bench.has_campaign(**REALTIME)

    [task] = pushed(bench, push(priorities=(7, 9)))

    names = lane_names(bench)
    assert task.lane_name in names
    assert replace(task, attempts=1).lane_name in names
    assert replace(task, is_callback=True).lane_name in names


def test_as_many_attempts_as_a_task_brings_are_looked_for(bench: Bench) -> None:
    bench.has_campaign(**REALTIME)

    [task] = pushed(bench, push(max_attempts=5, zone="Asia/Tokyo"))

    assert task.own == Overrides(max_attempts=5, zone="Asia/Tokyo")
    assert replace(task, attempts=4).lane_name in lane_names(bench)


def test_a_lane_is_open_before_a_task_stands_in_it(bench: Bench) -> None:
    bench.has_campaign(**REALTIME)

    class Watched(MemoryTasks):
        """Looks for the lanes when tasks are stored."""

        def add(self, tasks: Sequence[Task]) -> frozenset[str]:
            assert {task.lane_name for task in tasks} <= lane_names(bench)
            return super().add(tasks)

    watched = replace(bench.push, tasks=Watched(bench.store))

    watched(WORKSPACE, [push(), push(2, priorities=(7, 9)), push(3, zone="Asia/Tokyo")])

    assert len(bench.store.tasks) == 3


def test_lanes_that_are_open_already_cost_no_write(bench: Bench) -> None:
    bench.has_campaign(**REALTIME)
    pushed(bench, push(1, zone="Asia/Tokyo"))
    before = bench.store.campaigns[CAMPAIGN]

    pushed(bench, push(2, zone="Asia/Tokyo"), push(3, max_attempts=1))

    assert bench.store.campaigns[CAMPAIGN] == before


def scored(score: int) -> Push:
    """A task with two lanes of its own: one for its attempt, one for callbacks."""
    return push(800 + score, max_attempts=1, priorities=(score,))


#: With the three lanes that the campaign has anyway, there is room for one more.
FILLING = [scored(score) for score in range(MOST_LANES // 2 - 2)]


def full(bench: Bench) -> list[Task]:
    """The campaign has no room for the lanes of another score."""
    bench.has_campaign(**REALTIME)
    tasks = pushed(bench, *FILLING)
    assert bench.store.campaigns[CAMPAIGN].lane_count == MOST_LANES - 1
    return tasks


@pytest.mark.parametrize(
    ("brought", "param"),
    [
        ({"priorities": (250, 249)}, "priorities"),
        ({"zone": "Asia/Tokyo"}, "zone"),
        ({"opens": 900, "closes": 1000}, "start"),
        ({"max_attempts": 5}, "max_attempts"),
    ],
)
def test_pushes_open_so_many_lanes_and_no_more(
    bench: Bench, brought: dict[str, Any], param: str
) -> None:
    before = full(bench)

    plain, beyond, known = pushed(bench, push(1), push(2, **brought), scored(7))

    assert isinstance(beyond, Invalid)
    assert (beyond.param, "too many different" in beyond.message) == (param, True)
    assert len(lane_names(bench)) == MOST_LANES - 1
    assert {task.task_id for task in (*before, plain, known)} == set(bench.store.tasks)


def test_a_push_that_is_refused_altogether_writes_nothing(bench: Bench) -> None:
    full(bench)
    campaign, nudges = bench.store.campaigns[CAMPAIGN], list(bench.queue.nudges)

    [beyond] = pushed(bench, scored(250))

    assert isinstance(beyond, Invalid)
    assert bench.store.campaigns[CAMPAIGN] == campaign
    assert bench.queue.nudges == nudges


class Meanwhile(MemoryCampaigns):
    """Somebody else pushes a moment before lanes are opened."""

    def __init__(self, bench: Bench, *pushes: Push) -> None:
        super().__init__(bench.store)
        self.pushes = [(bench, pushes)]

    def edit(
        self, workspace_id: str, campaign_id: str, change: Callable[[Campaign], Campaign]
    ) -> Campaign:
        if self.pushes:
            bench, others = self.pushes.pop()
            pushed(bench, *others)
        return super().edit(workspace_id, campaign_id, change)


def test_lanes_that_somebody_else_opens_meanwhile_are_counted_and_used(bench: Bench) -> None:
    bench.has_campaign(**REALTIME)
    meanwhile = replace(bench.push, campaigns=Meanwhile(bench, *FILLING))

    beyond, known = meanwhile(WORKSPACE, [scored(250), scored(7)])

    assert isinstance(beyond, Invalid)
    assert isinstance(known, Task)
    assert len(lane_names(bench)) == MOST_LANES - 1


def test_where_a_former_release_opened_more_lanes_tasks_go_on_standing_in_them(
    bench: Bench,
) -> None:
    families = frozenset(str(number) for number in range(300))
    bench.has_campaign(**REALTIME, families=families | {"callback-7"})

    known, beyond = pushed(bench, scored(7), scored(301))

    assert isinstance(known, Task)
    assert isinstance(beyond, Invalid)


def test_pushed_tasks_spread_over_more_shards_as_the_campaign_grows(bench: Bench) -> None:
    bench.has_campaign()
    bench.store.counters[CAMPAIGN]["tasks"] = SHARD_SIZE - 1

    first, second = pushed(bench, push(1), push(2))

    assert (bench.task(first), bench.task(second)) == (first, second)
    assert (first.shard, second.shard) == (0, 1)
    assert bench.store.campaigns[CAMPAIGN].shards == 2


# --- Refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "kind", "param"),
    [
        pytest.param(push(context={}), MissingVariables, "context", id="variables"),
        pytest.param(push(agent_id=plain_id(9, "a")), Invalid, "agent", id="unknown agent"),
        pytest.param(push(caller_id="+34910000099"), Invalid, "from", id="unknown number"),
        pytest.param(push(priorities=(1,)), Invalid, "priorities", id="too few priorities"),
        pytest.param(
            push(max_attempts=1, intervals=(MINUTE,)),
            Invalid,
            "intervals",
            id="too many intervals",
        ),
        pytest.param(push(max_attempts=99), Invalid, "max_attempts", id="too many attempts"),
        pytest.param(
            push(retry_outcomes=frozenset({"interesed"})),
            Invalid,
            "retry_outcomes",
            id="unknown outcome",
        ),
        pytest.param(
            push(campaign_id=plain_id(9, "c")), NotFound, "campaign", id="unknown campaign"
        ),
    ],
)
def test_a_task_that_cannot_be_called_is_refused(
    bench: Bench, one: Push, kind: type[CarillonError], param: str
) -> None:
    bench.has_campaign(**REALTIME)

    error = refusal(bench, one)

    assert isinstance(error, kind)
    assert getattr(error, "param", None) == param


@pytest.mark.parametrize("kind", CampaignKind)
def test_an_inactive_agent_calls_nobody(bench: Bench, kind: CampaignKind) -> None:
    bench.has_campaign(kind=kind)
    bench.agents.save(an_agent(is_active=False))

    assert isinstance(refusal(bench, push()), Invalid)


@pytest.mark.parametrize(
    "brought",
    [
        pytest.param({"priorities": (1, 2)}, id="priorities"),
        pytest.param({"zone": "Asia/Tokyo"}, id="a zone"),
        pytest.param({"opens": 1000, "closes": 1800}, id="hours"),
        pytest.param({"max_attempts": 2}, id="attempts"),
        pytest.param({"end_at": NOON + MINUTE}, id="an end"),
    ],
)
def test_a_task_of_a_batch_campaign_brings_no_settings(
    bench: Bench, brought: dict[str, Any]
) -> None:
    bench.has_campaign()

    error = refusal(bench, push(**brought))

    assert isinstance(error, Invalid)
    assert error.param == "campaign"


@pytest.mark.parametrize("state", [CampaignState.ARCHIVED, CampaignState.COMPLETED])
@pytest.mark.parametrize("kind", CampaignKind)
def test_a_closed_campaign_takes_no_tasks(
    bench: Bench, kind: CampaignKind, state: CampaignState
) -> None:
    bench.has_campaign(kind=kind, state=state)

    error = refusal(bench, push())

    assert isinstance(error, NotAllowed)
    assert state in error.message


@pytest.mark.parametrize("kind", CampaignKind)
def test_a_campaign_whose_end_has_come_takes_no_tasks(bench: Bench, kind: CampaignKind) -> None:
    bench.has_campaign(kind=kind, end_at=NOON)

    assert isinstance(refusal(bench, push()), NotAllowed)


def test_another_workspaces_campaign_is_not_found(bench: Bench) -> None:
    bench.has_campaign()

    assert isinstance(refusal(bench, push(), workspace_id=OTHER_WORKSPACE), NotFound)


def test_a_refusal_nudges_nobody(bench: Bench) -> None:
    bench.has_campaign()

    refusal(bench, push(context={}))

    assert bench.queue.nudges == []


# --- Many ----------------------------------------------------------------------------------------


def test_each_of_many_is_judged_for_itself_and_answered_in_its_place(bench: Bench) -> None:
    bench.has_campaign()
    bench.has_campaign(2)

    results = pushed(
        bench,
        push(1),
        push(2, context={}),
        push(3, campaign_id=plain_id(2, "c")),
        push(4, campaign_id=plain_id(9, "c")),
        push(5),
    )

    assert [type(one) for one in results] == [Task, MissingVariables, Task, NotFound, Task]
    assert [one.phone[-1] for one in results if isinstance(one, Task)] == ["1", "3", "5"]
    assert bench.progress(CAMPAIGN).tasks == 2
    assert bench.progress(plain_id(2, "c")).tasks == 1


def test_a_number_twice_in_one_push_is_stored_once(bench: Bench) -> None:
    bench.has_campaign()

    first, second, other = pushed(bench, push(1), push(1, context={"name": "Ben"}), push(2))

    assert bench.task(first) == first
    assert first.context == {"name": "Ana"}
    assert isinstance(second, NotAllowed)
    assert second.param == "phone"
    assert isinstance(other, Task)
    assert bench.progress(CAMPAIGN).tasks == 2


def test_a_number_that_is_in_the_campaign_already_is_refused(bench: Bench) -> None:
    bench.has_campaign()
    [stored] = pushed(bench, push(1))

    again, other = pushed(bench, push(1, context={"name": "Ben"}), push(2))

    assert isinstance(again, NotAllowed)
    assert isinstance(other, Task)
    assert bench.task(stored) == stored


def test_nothing_pushed_is_nothing_done(bench: Bench) -> None:
    assert pushed(bench) == []
    assert bench.queue.nudges == []


# --- Waking --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start_in", "nudges"),
    [
        pytest.param([20 * SECOND], [20 * SECOND], id="when it is due"),
        pytest.param([75 * SECOND], [75 * SECOND], id="just within the look ahead"),
        pytest.param([timedelta(hours=1)], [], id="later the schedule sees to it"),
        pytest.param([20 * SECOND, 50 * SECOND], [20 * SECOND, 50 * SECOND], id="for each second"),
        pytest.param([20 * SECOND, 20 * SECOND], [20 * SECOND], id="once for a second"),
    ],
)
def test_dispatch_is_nudged_for_the_moment_a_task_is_due(
    bench: Bench, start_in: list[timedelta], nudges: list[timedelta]
) -> None:
    bench.has_campaign(**REALTIME)
    pushes = [push(number, start_at=NOON + wait) for number, wait in enumerate(start_in, 1)]

    pushed(bench, *pushes)

    assert [delay for _, delay in bench.queue.nudges] == nudges


def test_a_task_id_says_which_campaign_it_is_of(bench: Bench) -> None:
    bench.has_campaign(**REALTIME)

    [task] = pushed(bench, push())

    assert task.task_id.startswith(f"{CAMPAIGN}-")
    assert task.task_id != a_task().task_id
