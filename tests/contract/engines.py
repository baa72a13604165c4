"""What the ports run on: the in-memory twins, ministack, moto."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import boto3
from botocore.config import Config

from chalicelibs.adapters import dynamodb as stored
from chalicelibs.adapters import memory
from chalicelibs.adapters.clock import SystemClock
from chalicelibs.adapters.dynamodb.calls import Results
from chalicelibs.adapters.ids import RandomIds
from chalicelibs.adapters.s3_results import S3Results
from chalicelibs.domain.call import Call
from chalicelibs.domain.task import Task
from chalicelibs.ports.calls import Calls, Pacing, Slots
from chalicelibs.ports.campaigns import Activities, Campaigns, Gauges
from chalicelibs.ports.exports import Exports
from chalicelibs.ports.imports import Imports
from chalicelibs.ports.queues import Failures
from chalicelibs.ports.requests import Answers, Requests
from chalicelibs.ports.tasks import Tasks
from chalicelibs.ports.workspaces import Accounts, Agents, Sessions, Workspaces
from local.intrinsics import SECRET
from tests.builders import WORKSPACE
from tests.statements import moto

ROOT = Path(__file__).resolve().parents[2]
RESOURCES = ROOT / ".chalice" / "resources.json"
TABLE = "carillon"

#: Each an account of its own.
ACCOUNTS = count(100_000_000_001)
SESSION: Any = boto3.Session()  # typed, it knows no service by a variable name


@dataclass(frozen=True)
class Ports:
    """All that is kept in one table, or on the shelves of one store."""

    workspaces: Workspaces
    agents: Agents
    accounts: Accounts
    campaigns: Campaigns
    gauges: Gauges
    tasks: Tasks
    calls: Calls
    slots: Slots
    pacing: Pacing
    imports: Imports
    activities: Activities
    answers: Answers
    requests: Requests
    sessions: Sessions
    failures: Failures
    exports: Exports


@dataclass(frozen=True)
class Account:
    """An AWS account with nothing in it."""

    endpoint: str | None
    access_key: str

    def client(self, service: str, **config: Any) -> Any:
        return SESSION.client(
            service,
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=self.access_key,
            aws_secret_access_key=SECRET,
            config=Config(
                max_pool_connections=16,
                signature_version="s3v4" if service == "s3" else None,
                s3={"addressing_style": "path"},
                **config,
            ),
        )


def ports_in_memory() -> Ports:
    store = memory.MemoryStore()
    return Ports(
        workspaces=memory.MemoryWorkspaces(store),
        agents=memory.MemoryAgents(store),
        accounts=memory.MemoryAccounts(store),
        campaigns=memory.MemoryCampaigns(store),
        gauges=memory.MemoryGauges(store),
        tasks=memory.MemoryTasks(store),
        calls=memory.MemoryCalls(store),
        slots=memory.MemorySlots(store),
        pacing=memory.MemoryPacing(store),
        imports=memory.MemoryImports(store),
        activities=memory.MemoryActivities(store),
        answers=memory.MemoryAnswers(store),
        requests=memory.MemoryRequests(store),
        sessions=memory.MemorySessions(store),
        failures=memory.MemoryFailures(store),
        exports=memory.MemoryExports(store),
    )


class ResultsInMemory:
    """Results of tests that are about something else."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str, str], bytes] = {}

    def put(self, workspace_id: str, call_id: str, content: bytes) -> str:
        self.kept[workspace_id, call_id, str(len(content))] = content
        return str(len(content))

    def get(self, workspace_id: str, call_id: str, digest: str) -> bytes | None:
        return self.kept.get((workspace_id, call_id, digest))

    def forget(self, workspace_id: str, task_id: str) -> None:
        raise NotImplementedError(workspace_id, task_id)


def ports_of(account: Account) -> Ports:
    """A new table and a new bucket."""
    s3 = account.client("s3")
    bucket = f"drop-{account.access_key}"
    s3.create_bucket(Bucket=bucket)
    return ports_in(new_table(account.client("dynamodb")), S3Results(lambda: s3, bucket))


def ports_in(table: stored.Table, results: Results | None = None) -> Ports:
    return Ports(
        workspaces=stored.DynamoWorkspaces(table),
        agents=stored.DynamoAgents(table),
        accounts=stored.DynamoAccounts(table),
        campaigns=stored.DynamoCampaigns(table),
        gauges=stored.DynamoGauges(table),
        tasks=stored.DynamoTasks(table),
        calls=stored.DynamoCalls(table, results or ResultsInMemory()),
        slots=stored.DynamoSlots(table),
        pacing=stored.DynamoPacing(table),
        imports=stored.DynamoImports(table),
        activities=stored.DynamoActivities(table),
        answers=stored.DynamoAnswers(table),
        requests=stored.DynamoRequests(table),
        sessions=stored.DynamoSessions(table),
        failures=stored.DynamoFailures(table),
        exports=stored.DynamoExports(table),
    )


def claims(ports: Ports, task: Task, call: Call) -> bool:
    """Whether a task can be claimed for a call, alone."""
    return ports.tasks.claim_all([(task.as_due, call)], WORKSPACE) == {call.call_id}


def new_table(client: Any) -> stored.Table:
    """The table of the merge template, empty."""
    wanted = json.loads(RESOURCES.read_text())["Resources"]["Table"]["Properties"]
    taken = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
    client.create_table(TableName=TABLE, **{name: wanted[name] for name in taken})
    return stored.Table(client, TABLE, RandomIds(SystemClock(), Random(7)))


@contextmanager
def moto_account() -> Iterator[Account]:
    with moto():
        yield Account(None, "testing")
