"""Each function may do what it does, and nothing that it never does."""

import json
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import boto3
import pytest

from chalicelibs.adapters.dynamodb.straight import ASIDE
from chalicelibs.adapters.memory import version_of
from chalicelibs.adapters.secrets import SsmSecrets
from chalicelibs.api.export_rows import ExportRows
from chalicelibs.api.triggers import chunk_in
from chalicelibs.bootstrap import Service, aws_ports, wire
from chalicelibs.config import Settings
from chalicelibs.domain.agent import Agent, Number
from chalicelibs.domain.call import Call
from chalicelibs.domain.call_event import CallEvent, EventKind
from chalicelibs.domain.campaign import Campaign, CampaignKind, CampaignState
from chalicelibs.domain.carrier_account import CarrierAccount, CarrierKind
from chalicelibs.domain.dead_letters import MOST_RECEIVES, Failure, QueueName
from chalicelibs.domain.deadlines import Deadlines
from chalicelibs.domain.exports import LEASE, Export, ExportKind
from chalicelibs.domain.imports import Import, ImportStatus
from chalicelibs.domain.once import Answered, Asked
from chalicelibs.domain.push import Push
from chalicelibs.domain.reading import Reading
from chalicelibs.domain.retry import RetryPolicy
from chalicelibs.domain.rules import Rules
from chalicelibs.domain.session import PASS_PREFIX
from chalicelibs.domain.transcript import Utterance
from chalicelibs.ports.carriers import (
    Accepted,
    CannotSay,
    Denied,
    DialRequest,
    FetchAnswer,
    PlaceAnswer,
    Refused,
    Throttled,
    Unreachable,
    Webhook,
    WithdrawAnswer,
    Withdrawn,
)
from chalicelibs.ports.pages import Paging
from chalicelibs.ports.queues import PlaceCall, WithdrawCall, WriteExport
from chalicelibs.ports.surroundings import Ids
from chalicelibs.ports.workspaces import Accounts
from chalicelibs.use_cases.look_up import TaskSearch
from chalicelibs.use_cases.manage_exports import Wanted
from chalicelibs.use_cases.receive_contacts import Received, Sent
from chalicelibs.use_cases.write_export import COMPLETED, HELD
from local import resources
from tests.statements import moto

ROOT = Path(__file__).parents[2]

#: Function by function: what it was seen doing, as (IAM action, logical id of the resource).
Seen = dict[str, set[tuple[str, str]]]

ARN, HERE = "arn:${AWS::Partition}", "${AWS::AccountId}-${AWS::Region}"

#: What stands in policies for what `Seen` names; anything wider is not known here, and fails.
RESOURCES = {
    "${Table.Arn}/index/agenda": "Table/index/agenda",
    f"{ARN}:s3:::carillon-drop-${{Stage}}-{HERE}/imports/*": "DropBucket/imports",
    f"{ARN}:s3:::carillon-drop-${{Stage}}-{HERE}/exports/*": "DropBucket/exports",
    f"{ARN}:s3:::carillon-drop-${{Stage}}-{HERE}/results/*": "DropBucket/results",
    f"{ARN}:s3:::carillon-drop-${{Stage}}-{HERE}": "DropBucket",
    f"{ARN}:ssm:${{AWS::Region}}:${{AWS::AccountId}}:parameter/carillon/${{Stage}}/*": "Secrets",
}

#: The partitions that a statement is bound to, by their beginning; those without see the table.
BOUND = {"authorize": "KEY#", "tick": "WORKSPACES", "receive-report": "W#"}

#: What Lambda itself does with queues, in the function's name.
TAKES = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
SOURCES = (
    "NudgesQueue",
    "CallsQueue",
    "CallEventsQueue",
    "ImportChunksQueue",
    "ExportsQueue",
)
NOT_CALLED = {
    ("sqs:SendMessage", "ImportsDeadLetters"),
    *((f"sqs:{action}", queue) for action in TAKES for queue in SOURCES),
}


#: What a function must be allowed to do for each request about an object.
OBJECTS = {
    "GetObject": ["GetObject"],
    "HeadObject": ["GetObject"],
    "PutObject": ["PutObject"],
    "DeleteObject": ["DeleteObject"],
    "CreateMultipartUpload": ["PutObject"],
    "UploadPart": ["PutObject"],
    "CompleteMultipartUpload": ["PutObject"],
    "ListParts": ["ListMultipartUploadParts"],
    "CopyObject": ["GetObject", "PutObject"],
}


#: What a function must be allowed to do for a statement, by its first word.
STATEMENTS = {"UPDATE": "PartiQLUpdate", "INSERT": "PartiQLInsert"}


def actions_on_table(operation: str, params: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What a function must be allowed to do with the table for a request."""
    index = "/index/agenda" if "IndexName" in params else ""
    statements = [STATEMENTS[one["Statement"].split()[0]] for one in params.get("Statements", [])]
    for action in statements or [operation]:
        yield f"dynamodb:{action}", f"Table{index}"


class MovableClock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.time = datetime(2027, 3, 5, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time


class Moody:
    """A carrier that answers what it is told to."""

    def __init__(self) -> None:
        self.answer: PlaceAnswer = Accepted("c1")

    def place(self, request: DialRequest) -> PlaceAnswer:
        assert request
        return self.answer

    def fetch(self, call: Call) -> FetchAnswer:
        assert call
        return CannotSay()

    def withdraw(self, call: Call) -> WithdrawAnswer:
        assert call
        return Withdrawn()

    def read(self, webhook: Webhook) -> CallEvent | None:
        return CallEvent.from_message(json.loads(webhook.body))


class Brought:
    """Carriers that a workspace brings: each has an account, and a secret that is read anew."""

    def __init__(self, carrier: Moody, accounts: Accounts) -> None:
        self._carrier = carrier
        self._accounts = accounts

    def get(self, workspace_id: str | None, name: str) -> Moody | None:
        if workspace_id is None:
            return None
        secrets = SsmSecrets(lambda: boto3.client("ssm"), "/carillon/dev")
        account = self._accounts.get(workspace_id, name)
        assert secrets.get(workspace_id, name) == ()
        return self._carrier if account else None

    def knows(self, workspace_id: str | None, name: str) -> bool:
        return workspace_id is not None and self._accounts.get(workspace_id, name) is not None


class Watched:
    """A service on moto whose requests are noted under the function that makes them."""

    def __init__(self) -> None:
        self.seen: Seen = defaultdict(set)
        self.partitions: dict[str, set[str]] = defaultdict(set)
        self._function: str | None = None
        session = boto3.Session(region_name="us-east-1")
        self._clients = resources.Clients.of(session)
        created = resources.create(resources.load(ROOT), self._clients)
        self._names = {created.env["TABLE_NAME"]: "Table"}
        self._names |= {url: logical_id for logical_id, url in created.queues.items()}
        boto3.setup_default_session(region_name="us-east-1")
        assert boto3.DEFAULT_SESSION is not None
        boto3.DEFAULT_SESSION.events.register("before-parameter-build", self._note)
        self.clock, self.carrier = MovableClock(), Moody()
        ports = aws_ports(Settings.from_environment(created.env))
        carriers = Brought(self.carrier, ports.accounts)
        self.service: Service = wire(
            replace(ports, carriers=carriers, clock=self.clock),
            deadlines=Deadlines(),
            bootstrap_key_hash=None,
        )
        self.queues = created.queues

    @contextmanager
    def as_(self, function: str) -> Iterator[Service]:
        self._function = function
        yield self.service
        self._function = None

    def _note(self, params: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        # Our client sets aside what is large, see `adapters/dynamodb/straight.py`.
        asked = {**params, **context.get(ASIDE, {})}
        if self._function is not None:
            self.seen[self._function] |= set(self._actions(model.name, asked))
            self.partitions[self._function] |= set(partitions_in(asked))

    def _actions(self, operation: str, params: dict[str, Any]) -> Iterator[tuple[str, str]]:
        if operation == "TransactWriteItems":
            names = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem"}
            for action in params["TransactItems"]:
                yield f"dynamodb:{names[next(iter(action))]}", "Table"
        elif operation == "GetParameter":
            assert params["Name"].startswith("/carillon/dev/"), "no policy goes further"
            yield "ssm:GetParameter", "Secrets"
        elif operation == "ListObjectsV2":
            assert params["Prefix"].startswith("results/"), "no policy goes further"
            yield "s3:ListBucket", "DropBucket"
        elif operation in OBJECTS:
            # An address that is given away lets do what its signer may do: it counts as done.
            folder, _, rest = params["Key"].partition("/")
            assert rest, "no policy goes further than a folder"
            for action in OBJECTS[operation]:
                yield f"s3:{action}", f"DropBucket/{folder}"
        elif "QueueUrl" in params:
            yield f"sqs:{operation.removesuffix('Batch')}", self._names[params["QueueUrl"]]
        else:
            yield from actions_on_table(operation, params)

    def imports(self, workspace_id: str, campaign_id: str, source: str, version: str) -> Import:
        """Have a file cut, and its chunks imported, one of them after it was given up."""
        with self.as_("import-csv") as service:
            job = service.plan_import(workspace_id, campaign_id, source=source, version=version)
        assert job is not None
        for message in self.messages("ImportChunksQueue"):
            with self.as_("import-chunk") as service:
                service.import_chunk.give_up(chunk_in(message), "ValueError: no")
                assert service.import_chunk(chunk_in(message)) == "imported"
        done = self.service.look_up.imports.get(workspace_id, job.import_id)
        assert done is not None
        return done

    def messages(self, queue: str) -> list[dict[str, Any]]:
        """Take what waits in a queue."""
        found: list[dict[str, Any]] = []
        url = self.queues[queue]
        while batch := self._clients.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for message in batch:
                found.append(json.loads(message["Body"]))
                self._clients.sqs.delete_message(
                    QueueUrl=url, ReceiptHandle=message["ReceiptHandle"]
                )
        return found


def granted(name: str) -> set[tuple[str, str]]:
    """What a policy file allows, as `Seen` writes it."""
    return {
        (action, resource)
        for statement in statements_of(name)
        for action in statement["Action"]
        for resource in names_of(statement["Resource"])
    }


def statements_of(name: str) -> list[dict[str, Any]]:
    """The statements of a policy file, of which each says what may be done to what."""
    policy = json.loads((ROOT / ".chalice" / f"policy-{name}.json").read_text())
    assert policy.keys() == {"Version", "Statement"}
    for statement in policy["Statement"]:
        assert statement.keys() - {"Condition"} == {"Effect", "Action", "Resource"}
        assert statement["Effect"] == "Allow"
        assert isinstance(statement["Action"], list), "letter by letter it would mean nothing"
    found: list[dict[str, Any]] = policy["Statement"]
    return found


def names_of(resource: Any) -> Iterator[str]:
    """The logical ids that a statement's resources mean."""
    for one in resource if isinstance(resource, list) else [resource]:
        if "Fn::GetAtt" in one:
            logical_id, attribute = one["Fn::GetAtt"]
            assert attribute == "Arn"
            yield logical_id
        else:
            yield RESOURCES[one["Fn::Sub"]]


def partitions_in(params: dict[str, Any]) -> Iterator[str]:
    """The partitions that a request to the table names."""
    key = params.get("Key", {})
    if isinstance(key, dict) and "pk" in key:
        yield key["pk"]["S"]
    if "IndexName" not in params and "KeyConditionExpression" in params:
        yield params["ExpressionAttributeValues"][":pk"]["S"]


@pytest.fixture(scope="module")
def watched() -> Iterator[Watched]:
    """A service that has done everything once."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        with moto():
            yield everything_once()
        boto3.DEFAULT_SESSION = None


def everything_once() -> Watched:
    """Walk through everything that the functions do, each under its own name."""
    watched = Watched()
    workspace_id, campaign_id = set_up(watched)
    for answer in (
        Accepted("c1"),
        Refused("no"),
        Denied(),
        Throttled(timedelta(seconds=1)),
        Unreachable(),
    ):
        watched.carrier.answer = answer
        push(watched, workspace_id, campaign_id)
        call(watched, workspace_id)
    call_together(watched, workspace_id, campaign_id)
    withdraw(watched, workspace_id, campaign_id)
    settle(watched, workspace_id)
    look_around(watched, workspace_id, campaign_id)
    bury(watched)
    rescue(watched, workspace_id, campaign_id)
    export(watched, workspace_id)
    erase(watched, workspace_id)
    return watched


def set_up(watched: Watched) -> tuple[str, str]:
    with watched.as_("api") as service:
        workspace, key = service.workspaces.create("w", concurrency_limit=2)
        own = workspace.workspace_id
        service.workspaces.set_limits(own, concurrency_limit=2, calls_per_second=1)
        carriers(service, own)
        agent = Agent(agent_id="a" * 16, workspace_id=own, name="Ada", carrier="moody")
        service.agents.save(agent)
        number = Number(phone="+12025550100", workspace_id=own, carrier="moody")
        service.agents.save_number(number)
        keys(service, own)
        repeat(service, own)
    with watched.as_("authorize") as service:
        assert service.authorize(key) is not None
    sign_in(watched, key)
    ids = []
    for kind in CampaignKind:
        campaign = Campaign(
            campaign_id=watched.service.ids.new(),
            workspace_id=own,
            name=kind,
            kind=kind,
            state=CampaignState.ACTIVE,
            rules=Rules(
                agent_id=agent.agent_id,
                caller_id=number.phone,
                retry=RetryPolicy(max_attempts=2, intervals=(timedelta(0),)),
                priorities=(2, 1),
            ),
            concurrency_limit=2,
            created_at=watched.clock.time,
        )
        with watched.as_("api") as service:
            service.campaigns.create(campaign)
        ids.append(campaign.campaign_id)
    drop(watched, own, ids[0])
    upload(watched, own, ids[0])
    return own, ids[1]


def sign_in(watched: Watched, key: str) -> None:
    """Somebody opens the console, and leaves it."""
    with watched.as_("api") as service:
        signed_in = service.sign_in.open(key)
        assert service.sign_in.find(signed_in.cookie) == signed_in
    with watched.as_("authorize") as service:
        ticket = f"{PASS_PREFIX}{signed_in.cookie.derived.text}"
        assert service.authorize(ticket) == signed_in.holder
    with watched.as_("api") as service:
        service.sign_in.close(signed_in.cookie)
        assert service.receive_contacts.origin()


def carriers(service: Service, workspace_id: str) -> None:
    """Carriers are set up, shown and forgotten."""
    for name in ("moody", "another"):
        account = CarrierAccount(workspace_id=workspace_id, name=name, kind=CarrierKind.HTTP)
        service.carriers.save(account)
    service.carriers.remove(workspace_id, "another")
    assert [one.state for one in service.carriers.list(workspace_id)] == ["ready"]


def keys(service: Service, workspace_id: str) -> None:
    """Keys come and go, and each request is counted."""
    made, _ = service.keys.create(workspace_id, name="jobs", requests_per_minute=9)
    service.keys.change(workspace_id, made.key_id, name="nightly jobs")
    assert len(service.keys.list(workspace_id)) == 2
    service.keys.revoke(workspace_id, made.key_id)
    assert service.count_request(made.key_id, 9).remaining == 8


def repeat(service: Service, workspace_id: str) -> None:
    """A request that fails, is answered at length, and is repeated."""

    def fail(ids: Ids) -> Answered:
        raise ConnectionError(ids.new())

    asked = Asked(principal=workspace_id, key="monday", request="r")
    answer = Answered(status=201, body=Random(1).randbytes(500_000))
    with pytest.raises(ConnectionError):
        service.answer_once(asked, fail)
    assert service.answer_once(asked, lambda _: answer) == (answer, False)
    assert service.answer_once(asked, lambda _: answer) == (answer, True)


def drop(watched: Watched, workspace_id: str, campaign_id: str) -> None:
    bucket = watched._clients.s3.list_buckets()["Buckets"][0]["Name"]
    body = b"phone,name\n+12025550111,Ada\nnobody,Bob\n"
    watched._clients.s3.put_object(Bucket=bucket, Key="imports/x.csv", Body=body)
    source = f"s3://{bucket}/imports/x.csv"
    watched.imports(workspace_id, campaign_id, source, version_of(body))


def upload(watched: Watched, workspace_id: str, campaign_id: str) -> None:
    """A file is announced, another one comes with its request and is imported."""
    for content in (None, b"phone,name\n+12025550133,Eva\n"):
        sent = Sent(file="contacts.csv", content=content)
        with watched.as_("api") as service:
            made = service.receive_contacts(
                workspace_id, campaign_id, sent, import_id=service.ids.new()
            )
    assert isinstance(made, Received)
    assert content is not None
    done = watched.imports(workspace_id, campaign_id, made.job.source, version_of(content))
    assert (done.import_id, done.accepted) == (made.job.import_id, 1)
    rehearse(watched, workspace_id, campaign_id)
    upload_in_parts(watched, workspace_id, campaign_id)


def upload_in_parts(watched: Watched, workspace_id: str, campaign_id: str) -> None:
    """A file that is announced in parts, of which all come."""
    sent = Sent(file="contacts.csv", content=None, size=5)
    with watched.as_("api") as service:
        made = service.receive_contacts(
            workspace_id, campaign_id, sent, import_id=service.ids.new()
        )
    assert made.job.parts is not None
    bucket, _, key = made.job.source.removeprefix("s3://").partition("/")
    watched._clients.s3.upload_part(
        Bucket=bucket, Key=key, UploadId=made.job.parts.upload_id, PartNumber=1, Body=b"phone"
    )
    with watched.as_("api") as service:
        service.join_parts(workspace_id, made.job.import_id)


def rehearse(watched: Watched, workspace_id: str, campaign_id: str) -> None:
    """A file that is uploaded for a dry run."""
    sent = Sent(file="contacts.csv", content=None, reading=Reading(is_dry_run=True))
    with watched.as_("api") as service:
        made = service.receive_contacts(
            workspace_id, campaign_id, sent, import_id=service.ids.new()
        )
    assert isinstance(made, Received)
    content = b"phone,name\n+12025550144,Lea\n"
    bucket, _, key = made.job.source.removeprefix("s3://").partition("/")
    watched._clients.s3.put_object(Bucket=bucket, Key=key, Body=content)
    watched.imports(workspace_id, campaign_id, made.job.source, version_of(content))
    with watched.as_("api") as service:
        assert len(service.preview_import(workspace_id, made.job.import_id)) == 1


def push(watched: Watched, workspace_id: str, campaign_id: str) -> None:
    with watched.as_("api") as service:
        service.push_tasks(workspace_id, [Push(campaign_id=campaign_id, phone="+12025550122")] * 2)


def call(watched: Watched, workspace_id: str) -> None:
    """One dispatch, its call, and what came of it, until the slot is free again."""
    watched.clock.time += timedelta(seconds=2)
    with watched.as_("tick") as service:
        service.tick()
    with watched.as_("dispatch") as service:
        service.dispatch(workspace_id)
    for message in watched.messages("CallsQueue"):
        for _ in range(2):
            with watched.as_("place-call") as service:
                service.place_call(PlaceCall(**message))
    settle(watched, workspace_id)


def call_together(watched: Watched, workspace_id: str, campaign_id: str) -> None:
    """Calls that are placed in one batch, and whose reports are recorded so."""
    watched.carrier.answer = Accepted("c4")
    pushed = [Push(campaign_id=campaign_id, phone=f"+1202555016{n}") for n in range(2)]
    with watched.as_("api") as service:
        service.workspaces.set_limits(workspace_id, concurrency_limit=9, calls_per_second=None)
        service.push_tasks(workspace_id, pushed)
    watched.clock.time += timedelta(minutes=10)
    with watched.as_("dispatch") as service:
        service.dispatch(workspace_id)
    messages = [PlaceCall(**message) for message in watched.messages("CallsQueue")]
    with watched.as_("place-call") as service:
        done = service.place_call.together(messages)
    placed = [one.call_id for one, said in zip(messages, done, strict=True) if said == "placed"]
    assert len(placed) > 1
    for kind, outcome in ((EventKind.IN_PROGRESS, None), (EventKind.ENDED, "completed")):
        reports = [
            CallEvent(call_id=one, kind=kind, at=watched.clock.time, outcome=outcome)
            for one in placed
        ]
        with watched.as_("record-call-event") as service:
            assert len(set(service.record_call_event.together(reports))) == 1
    with watched.as_("api") as service:
        service.workspaces.set_limits(workspace_id, concurrency_limit=2, calls_per_second=1)


def withdraw(watched: Watched, workspace_id: str, campaign_id: str) -> None:
    """A campaign is paused while a call of it waits at its carrier."""
    watched.carrier.answer = Accepted("c3")
    push(watched, workspace_id, campaign_id)
    watched.clock.time += timedelta(minutes=1)
    with watched.as_("dispatch") as service:
        service.dispatch(workspace_id)
    for message in watched.messages("CallsQueue"):
        watched.service.place_call(PlaceCall(**message))
    with watched.as_("api") as service:
        service.campaigns.control(workspace_id, campaign_id, "pause")
    with watched.as_("dispatch") as service:
        service.keep_time(workspace_id)
    for message in watched.messages("CallsQueue"):
        with watched.as_("place-call") as service:
            if message.pop("kind", None) == "withdraw":
                service.withdraw_call(WithdrawCall(**message))
            else:  # another campaign's, which goes on
                service.place_call(PlaceCall(**message))
    settle(watched, workspace_id)
    with watched.as_("api") as service:
        service.campaigns.control(workspace_id, campaign_id, "resume")


def settle(watched: Watched, workspace_id: str) -> None:
    reports = [CallEvent.from_message(one) for one in watched.messages("CallEventsQueue")]
    with watched.as_("record-call-event") as service:
        service.record_call_event.together(reports)
    tasks = watched.service.look_up.tasks
    for campaign in watched.service.campaigns.page(workspace_id, Paging()).items:
        for task in tasks.page(campaign.campaign.campaign_id, cursor=None, limit=50).items:
            if task.call is not None:
                end(watched, workspace_id, task.call)


def end(watched: Watched, workspace_id: str, call: Call) -> None:
    event = CallEvent(
        call_id=call.call_id,
        kind=EventKind.ENDED,
        at=watched.clock.time,
        outcome="completed",
        transcript=(Utterance("agent", "x" * 9_000),),
    )
    report = Webhook(headers={}, body=json.dumps(event.to_message()).encode())
    for function in ("api", "receive-report"):  # a carrier knows the one address or the other
        with watched.as_(function) as service:
            assert service.receive_report.webhook("moody", report, workspace_id)
    for message in watched.messages("CallEventsQueue"):
        for _ in range(2):
            with watched.as_("record-call-event") as service:
                service.record_call_event(CallEvent.from_message(message))


def look_around(watched: Watched, workspace_id: str, campaign_id: str) -> None:
    with watched.as_("api") as service:
        service.workspaces.get(workspace_id)
        service.agents.list(workspace_id)
        service.campaigns.get(workspace_id, campaign_id)
        page = service.look_up.tasks_of(workspace_id, campaign_id, TaskSearch(), Paging())
        for reading in page.items:
            service.look_up.calls_of(workspace_id, reading.task.task_id)
            service.explain.task(workspace_id, reading.task.task_id)
        service.explain.campaign(workspace_id, campaign_id)
        assert service.show_activity(workspace_id, campaign_id).tries
        service.look_up.imports_of(workspace_id, campaign_id)


def export(watched: Watched, workspace_id: str) -> None:
    """Each kind of file is written, by one worker after the other."""
    long = next(call for call in ended_calls(watched, workspace_id) if call.transcript)
    campaign_id = long.call_id.partition("-")[0]  # which of them, is by lot
    jobs = [
        job
        for one in watched.service.campaigns.page(workspace_id, Paging()).items
        for job in watched.service.look_up.imports_of(workspace_id, one.campaign.campaign_id)
        if job.status is ImportStatus.COMPLETED and job.rejected
    ]
    for wanted, own in [
        (Wanted(ExportKind.TASKS), campaign_id),
        (Wanted(ExportKind.CALLS), campaign_id),
        (Wanted(ExportKind.REJECTED_ROWS, import_id=jobs[0].import_id), jobs[0].campaign_id),
    ]:
        with watched.as_("api") as service:
            made = service.exports.start(workspace_id, own, wanted, export_id=service.ids.new())
        (body,) = watched.messages("ExportsQueue")
        write_export(watched, made, WriteExport(**body))
        with watched.as_("api") as service:
            assert service.exports.get(workspace_id, own, made.export_id).download


def write_export(watched: Watched, made: Export, message: WriteExport) -> None:
    """One worker has put some rows aside and may still be there, the next one completes it."""
    exports, parts = watched.service.write_export.exports, watched.service.write_export.parts
    with watched.as_("write-export") as service:
        parts.keep(made.rest_key, b"a row\n")
        begun = made.at(
            upload=parts.begin(made.key, made.format),
            rest=made.rest_key,
            cursor=f"{made.campaign_id}-{'0' * 16}" if made.import_id is None else "0" * 10,
        )
        held = exports.save(begun.held(watched.clock.time))
        assert service.write_export(message, ExportRows()) == HELD
        watched.clock.time += LEASE
        assert service.write_export(message, ExportRows()) == COMPLETED
        assert parts.is_there(held.key)


def bury(watched: Watched) -> None:
    """Messages that fail for the last time, and letters that are shown and sent back."""
    for queue, function in FAILING.items():
        with watched.as_(function) as service:
            service.note_failure(a_failure(queue, watched.clock.time))
    bucket = watched._clients.s3.list_buckets()["Buckets"][0]["Name"]
    dropped = {"s3": {"bucket": {"name": bucket}, "object": {"key": "imports/x.csv"}}}
    for source in SOURCES:
        url = watched.queues[source.replace("Queue", "DeadLetters")]
        watched._clients.sqs.send_message(QueueUrl=url, MessageBody="{}")
    watched._clients.sqs.send_message(
        QueueUrl=watched.queues["ImportsDeadLetters"],
        MessageBody=json.dumps({"Records": [dropped]}),
    )
    with watched.as_("api") as service:
        assert sum(len(one.letters) for one in service.dead_letters.list()) == len(QueueName)
        assert {one.moved for one in service.dead_letters.redrive(None)} == {1}
    for name in SOURCES:
        watched.messages(name)


def erase(watched: Watched, workspace_id: str) -> None:
    """A person is erased, and what somebody stored at that moment goes with the next report."""
    late = next(call for call in ended_calls(watched, workspace_id) if call.transcript)
    assert late.phone is not None
    with watched.as_("api") as service:
        assert service.erase_contact(workspace_id, late.phone).tasks
    bucket = watched._clients.s3.list_buckets()["Buckets"][0]["Name"]
    campaign_id = late.call_id.partition("-")[0]
    key = f"results/{workspace_id}/{campaign_id}/{late.call_id}/0.json"
    watched._clients.s3.put_object(Bucket=bucket, Key=key, Body=b"{}")
    event = CallEvent(call_id=late.call_id, kind=EventKind.ANALYSIS, at=watched.clock.time)
    with watched.as_("record-call-event") as service:
        assert service.record_call_event(event) == "erased"
    left = watched._clients.s3.list_objects_v2(Bucket=bucket, Prefix="results/")
    assert key not in {one["Key"] for one in left.get("Contents", ())}


def ended_calls(watched: Watched, workspace_id: str) -> Iterator[Call]:
    """All that are kept."""
    look_up = watched.service.look_up
    for one in watched.service.campaigns.page(workspace_id, Paging()).items:
        for task in look_up.tasks.page(one.campaign.campaign_id, cursor=None, limit=50).items:
            yield from look_up.calls.get_all(workspace_id, task.ended_calls)


#: Which function handles the messages of which queue.
FAILING = {
    QueueName.NUDGES: "dispatch",
    QueueName.CALLS: "place-call",
    QueueName.CALL_EVENTS: "record-call-event",
    QueueName.IMPORT_CHUNKS: "import-chunk",
    QueueName.EXPORTS: "write-export",
}


def a_failure(queue: QueueName, at: datetime) -> Failure:
    return Failure(
        queue=queue,
        message_id="m",
        function="f",
        error="ValueError",
        message="",
        receives=MOST_RECEIVES,
        at=at,
    )


def rescue(watched: Watched, workspace_id: str, campaign_id: str) -> None:
    """A call that nobody ever heard of again, and a task whose message was lost."""
    watched.carrier.answer = Accepted("c2")
    watched.clock.time += timedelta(hours=1)
    for forget in (False, True, True):
        push(watched, workspace_id, campaign_id)
        with watched.as_("dispatch") as service:
            service.dispatch(workspace_id)
        for message in watched.messages("CallsQueue"):
            if not forget:
                fill_second(watched, message)
                watched.clock.time += timedelta(seconds=1)
                watched.service.place_call(PlaceCall(**message))
        watched.clock.time += timedelta(hours=2)
        with watched.as_("dispatch") as service:
            service.keep_time(workspace_id)
        watched.messages("CallEventsQueue")
    with watched.as_("api") as service:
        for reading in service.campaigns.page(workspace_id, Paging()).items:
            if not reading.campaign.is_closed:  # by lot, one may have come to its end
                service.campaigns.control(workspace_id, reading.campaign.campaign_id, "archive")


def fill_second(watched: Watched, message: dict[str, Any]) -> None:
    """As many calls start in this second as may: the next one waits."""
    place = watched.service.place_call
    place.pacing.take(message["workspace_id"], watched.clock.time, limit=1)
    with watched.as_("place-call"):
        place(PlaceCall(**message))


FUNCTIONS = [
    "api",
    "authorize",
    "tick",
    "dispatch",
    "place-call",
    "record-call-event",
    "receive-report",
    "write-export",
    "import-csv",
    "import-chunk",
]


def test_every_function_has_a_policy_and_every_policy_a_function() -> None:
    files = (ROOT / ".chalice").glob("policy-*.json")

    assert sorted(path.stem.removeprefix("policy-") for path in files) == sorted(FUNCTIONS)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_may_do_all_that_it_does(watched: Watched, function: str) -> None:
    assert watched.seen[function] - granted(function) == set()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_who_needs_one_kind_of_items_sees_no_other(watched: Watched, function: str) -> None:
    """What anybody may send is handed to `authorize` and `receive_report`: they see no contact."""
    conditions = [
        one["Condition"]
        for one in statements_of(function)
        if "Condition" in one and one["Action"] != ["s3:ListBucket"]
    ]

    if function not in BOUND:
        assert conditions == []
        return
    keys = watched.partitions[function]
    assert keys
    assert all(key.startswith(BOUND[function]) for key in keys)
    end = "*" if BOUND[function].endswith("#") else ""
    leading = {"dynamodb:LeadingKeys": [BOUND[function] + end]}
    assert conditions == [{"ForAllValues:StringLike": leading}]


@pytest.mark.parametrize("function", ["api", "record-call-event"])
def test_who_lists_results_lists_nothing_else(function: str) -> None:
    [one] = [one for one in statements_of(function) if "s3:ListBucket" in one["Action"]]

    assert one["Action"] == ["s3:ListBucket"]
    assert one["Condition"] == {"StringLike": {"s3:prefix": ["results/*"]}}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_may_do_nothing_that_it_never_does(watched: Watched, function: str) -> None:
    assert granted(function) - watched.seen[function] - NOT_CALLED == logging_of(function)


def logging_of(function: str) -> set[tuple[str, str]]:
    """What Lambda does with the log of a function, and of no other, in the function's name."""
    name = "ApiHandler" if function == "api" else function.title().replace("-", "")
    return {
        (f"logs:{action}", f"{name}LogGroup") for action in ("CreateLogStream", "PutLogEvents")
    }
