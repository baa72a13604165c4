"""The service in memory and in virtual time, where nothing goes wrong but what is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from greenlet import getcurrent

from chalicelibs.adapters.memory import MemoryAgents, MemoryWorkspaces
from chalicelibs.domain.agent import Agent, Number
from chalicelibs.domain.brakes import Brakes
from chalicelibs.domain.calling_hours import CallingHours
from chalicelibs.domain.campaign import Campaign, CampaignKind, CampaignState
from chalicelibs.domain.priority import Level, per_attempt
from chalicelibs.domain.push import Push
from chalicelibs.domain.retry import RetryPolicy
from chalicelibs.domain.rules import Rules
from chalicelibs.domain.workspace import ApiKey, Workspace
from tests.simulation.history import AGENT, CALLER_ID, WORKSPACE, History, build
from tests.simulation.world import Crashed, World

CAMPAIGN = "0000000000000cmp"
MINUTE = timedelta(minutes=1)
SEED = 7


@dataclass(kw_only=True)
class DeadlyWorld(World):
    """A world in which an invocation dies before its so-many-th port call, once."""

    dies_at: int = 0  #: 0: never.
    steps: int = 0  #: Port calls of invocations so far.
    died_at: datetime | None = None

    def step(self) -> None:
        """Let time pass before a port call, or die."""
        super().step()
        self.steps += getcurrent() is not self._hub
        if 0 < self.dies_at == self.steps and self.died_at is None:
            self.died_at = self.now
            raise Crashed


def a_quiet_world(
    now: datetime, *, limit: int, hours: CallingHours | None = None, attempts: int = 1
) -> History:
    """One workspace with one batch campaign, and nothing that goes wrong."""
    history = build(DeadlyWorld(seed=SEED, now=now))
    workspace = Workspace(
        workspace_id=WORKSPACE, name="quiet", concurrency_limit=limit, created_at=now
    )
    key = ApiKey(
        key_id="0000000000000key",
        workspace_id=WORKSPACE,
        secret_hash="",
        name="quiet",
        created_at=now,
    )
    MemoryWorkspaces(history.store).add(workspace, key)
    history.journal.limits.append((now, workspace))
    history.journal.free_since[WORKSPACE] = now
    agents = MemoryAgents(history.store)
    longest = timedelta(minutes=6)
    agents.save(
        Agent(
            agent_id=AGENT,
            workspace_id=WORKSPACE,
            name="Ada",
            carrier="simulated",
            offers_callbacks=False,
            max_duration=longest,
        )
    )
    agents.save_number(Number(phone=CALLER_ID, workspace_id=WORKSPACE, carrier="simulated"))
    rules = Rules(
        agent_id=AGENT,
        caller_id=CALLER_ID,
        hours=hours,
        retry=RetryPolicy(max_attempts=attempts, intervals=(MINUTE,) * (attempts - 1)),
        priorities=per_attempt(Level.NORMAL, attempts),
    )
    history.campaigns.add(
        Campaign(
            campaign_id=CAMPAIGN,
            workspace_id=WORKSPACE,
            name="quiet",
            kind=CampaignKind.BATCH,
            state=CampaignState.ACTIVE,
            level=Level.NORMAL,
            rules=rules,
            brakes=Brakes(failure=None),
            created_at=now,
        )
    )
    return history


def push(history: History, count: int) -> Sequence[object]:
    """So many contacts, pushed before anything else happens."""
    pushes = [
        Push(campaign_id=CAMPAIGN, phone=f"+346{number:08}", context={}) for number in range(count)
    ]
    return history.service.push_tasks(WORKSPACE, pushes)


def live_on(history: History, until: datetime) -> None:
    """Let time pass, with a tick each minute."""
    world = history.world
    while world.now < until:
        world.start("tick", history.service.tick)
        world.run(min(world.now + MINUTE, until))
