"""Valid values by default: a test says only what matters to it."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelibs.domain.agent import Agent, Number
from chalicelibs.domain.call import Call
from chalicelibs.domain.calling_hours import CallingHours
from chalicelibs.domain.campaign import Campaign, CampaignKind, CampaignState
from chalicelibs.domain.imports import AcceptedRow, Batch, Chunk, Counts, Import, RejectedRow
from chalicelibs.domain.naming import LENGTH, base32, call_id_for_claim
from chalicelibs.domain.once import Asked
from chalicelibs.domain.retry import RetryPolicy
from chalicelibs.domain.rules import Rules
from chalicelibs.domain.task import Task
from chalicelibs.domain.workspace import ApiKey, Workspace


def utc(text: str) -> datetime:
    """`2027-03-05T16:30` as an instant."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


NOON = utc("2027-03-05T12:00")


def plain_id(number: int, letter: str) -> str:
    """An id that says in its first letter what it is of."""
    return letter + base32(number, LENGTH - 1)


WORKSPACE = plain_id(1, "w")
OTHER_WORKSPACE = plain_id(2, "w")
CAMPAIGN = plain_id(1, "c")
AGENT = plain_id(1, "a")
IMPORT = plain_id(1, "f")


def a_workspace(**changes: Any) -> Workspace:
    workspace = Workspace(workspace_id=WORKSPACE, name="Acme", created_at=NOON)
    return replace(workspace, **changes)


def a_key(**changes: Any) -> ApiKey:
    key = ApiKey(
        key_id="k000000000000001",
        workspace_id=WORKSPACE,
        secret_hash="5ec7e7",
        name="first",
        created_at=NOON,
    )
    return replace(key, **changes)


def an_asked(**changes: Any) -> Asked:
    asked = Asked(principal=WORKSPACE, key="order-17", request="5ec7e7")
    return replace(asked, **changes)


def an_agent(**changes: Any) -> Agent:
    agent = Agent(
        agent_id=AGENT,
        workspace_id=WORKSPACE,
        name="Ana",
        carrier="simulated",
        system_messages=("Say hello to {{name}}.",),
    )
    return replace(agent, **changes)


def a_number(**changes: Any) -> Number:
    number = Number(phone="+34910000000", workspace_id=WORKSPACE, carrier="simulated")
    return replace(number, **changes)


def rules(*, max_attempts: int = 2, **changes: Any) -> Rules:
    made = Rules(
        agent_id=AGENT,
        caller_id="+34910000000",
        hours=CallingHours.of(start="10:00", end="18:00", zone="Asia/Kolkata"),
        retry=RetryPolicy(
            max_attempts=max_attempts, intervals=(timedelta(minutes=30),) * (max_attempts - 1)
        ),
        priorities=tuple(100 - attempt for attempt in range(max_attempts)),
    )
    return replace(made, **changes)


def a_campaign(number: int = 1, **changes: Any) -> Campaign:
    campaign = Campaign(
        campaign_id=plain_id(number, "c"),
        workspace_id=WORKSPACE,
        name="Renewals",
        kind=CampaignKind.BATCH,
        state=CampaignState.ACTIVE,
        rules=rules(),
        created_at=NOON,
    )
    return replace(campaign, **changes)


def a_task(number: int = 1, *, campaign_id: str = CAMPAIGN, **changes: Any) -> Task:
    task = Task(
        task_id=f"{campaign_id}-{base32(number, LENGTH)}",
        workspace_id=WORKSPACE,
        campaign_id=campaign_id,
        phone=f"+346{number:08}",
        context={"name": "Ana"},
        due_at=NOON,
        created_at=NOON,
    )
    return replace(task, **changes)


def a_call(task: Task | None = None, **changes: Any) -> Call:
    """The call that the next claim of a task makes."""
    task = task or a_task()
    call = Call(
        call_id=call_id_for_claim(task.task_id, task.claims + 1),
        reserved_at=NOON,
        deadline=NOON + timedelta(minutes=5),
    )
    return replace(call, **changes)


def an_import(**changes: Any) -> Import:
    """An import; its counts may be given one by one."""
    counted = {name: changes.pop(name) for name in COUNTED & changes.keys()}
    one = Import(
        import_id=IMPORT,
        workspace_id=WORKSPACE,
        campaign_id=CAMPAIGN,
        source="s3://drop/imports/contacts.csv",
        version="v1",
        counts=Counts(**counted),
        created_at=NOON,
    )
    return replace(one, **changes)


COUNTED = {one.name for one in fields(Counts)}


def a_chunk(**changes: Any) -> Chunk:
    """The first chunk of a file, with more rows than most tests have."""
    chunk = Chunk(
        import_id=IMPORT,
        campaign_id=CAMPAIGN,
        number=0,
        start=6,
        end=2000,
        line=2,
        end_line=102,
        rows=100,
        done_line=1,
    )
    return replace(chunk, **changes)


def a_batch(
    *tasks: Task,
    rejected: tuple[RejectedRow, ...] = (),
    chunk: Chunk | None = None,
    **changes: Any,
) -> Batch:
    """Rows that become these tasks, and these rejected ones after them."""
    chunk = chunk or a_chunk()
    rows = len(tasks) + len(rejected)
    first = chunk.line + chunk.done
    batch = Batch(
        chunk=chunk,
        rows=rows,
        line=first + rows - 1,
        accepted=[AcceptedRow(line, task) for line, task in enumerate(tasks, first)],
        rejected=rejected,
    )
    return replace(batch, **changes)
