"""Put the service together: the one place that knows every use case and every adapter."""

import gc
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from threading import Lock
from typing import Any, TypeVar

from chalicelibs.adapters.carriers.known import KnownCarriers
from chalicelibs.adapters.clock import SystemClock
from chalicelibs.adapters.ids import RandomIds
from chalicelibs.adapters.secrets import EnvironmentSecrets, SsmSecrets
from chalicelibs.adapters.threads import in_threads
from chalicelibs.api import log
from chalicelibs.api.journal import LoggedJournal
from chalicelibs.config import Settings
from chalicelibs.domain.dead_letters import QueueName
from chalicelibs.domain.deadlines import Deadlines
from chalicelibs.ports.calls import Calls, Pacing, Slots
from chalicelibs.ports.campaigns import Activities, Campaigns, Gauges
from chalicelibs.ports.carriers import Carrier, Carriers
from chalicelibs.ports.exports import Exports, Parts
from chalicelibs.ports.imports import Files, Imports
from chalicelibs.ports.queues import DeadLetters, Failures, Queue
from chalicelibs.ports.requests import Answers, Requests
from chalicelibs.ports.side_by_side import SideBySide, one_by_one
from chalicelibs.ports.surroundings import UNHEARD, Clock, Ids, Journal
from chalicelibs.ports.tasks import Tasks
from chalicelibs.ports.workspaces import Accounts, Agents, Secrets, Sessions, Workspaces
from chalicelibs.use_cases.answer_once import AnswerOnce
from chalicelibs.use_cases.apply_brakes import ApplyBrakes
from chalicelibs.use_cases.count_request import CountRequest
from chalicelibs.use_cases.dispatch import Dispatch
from chalicelibs.use_cases.erase_contact import EraseContact
from chalicelibs.use_cases.explain import Explain
from chalicelibs.use_cases.import_contacts import ImportChunks, PlanImport
from chalicelibs.use_cases.keep_time import FinishCampaigns, KeepTime, Tick
from chalicelibs.use_cases.look_ahead import LookAhead
from chalicelibs.use_cases.look_up import LookUp
from chalicelibs.use_cases.manage_campaigns import ManageCampaigns
from chalicelibs.use_cases.manage_carriers import ManageCarriers
from chalicelibs.use_cases.manage_exports import ManageExports
from chalicelibs.use_cases.manage_workspaces import (
    Authorize,
    ManageAgents,
    ManageKeys,
    ManageWorkspaces,
)
from chalicelibs.use_cases.place_call import PlaceCalls
from chalicelibs.use_cases.preview_import import PreviewImport
from chalicelibs.use_cases.push_tasks import PushTasks
from chalicelibs.use_cases.receive_contacts import JoinParts, ReceiveContacts
from chalicelibs.use_cases.receive_report import ReceiveReport
from chalicelibs.use_cases.record_call_event import RecordCallEvent
from chalicelibs.use_cases.rehearse_import import RehearseImport
from chalicelibs.use_cases.rescue import Rescue
from chalicelibs.use_cases.resume_tasks import ResumeTasks
from chalicelibs.use_cases.show_activity import ShowActivity
from chalicelibs.use_cases.sign_in import Admit, SignIn
from chalicelibs.use_cases.steer_tasks import SteerTasks
from chalicelibs.use_cases.tend_dead_letters import NoteFailure, TendDeadLetters
from chalicelibs.use_cases.withdraw_calls import WithdrawCalls, WithdrawClosed
from chalicelibs.use_cases.write_export import WriteExports

#: In Lambda a batch of calls uses ten at a time; the local stack's threads share the clients.
MOST_CONNECTIONS = 50

#: How long AWS may take for an answer before it is asked again.
ANSWERS_WITHIN_S = 5

Made = TypeVar("Made")


@dataclass(frozen=True, kw_only=True)
class Ports:
    """The world as the use cases see it."""

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
    files: Files
    exports: Exports
    parts: Parts
    queue: Queue
    dead_letters: DeadLetters
    carriers: Carriers
    clock: Clock
    ids: Ids
    journal: Journal = UNHEARD
    side_by_side: SideBySide = one_by_one


@dataclass(frozen=True, kw_only=True)
class Service:
    """Everything Carillon does, by the name of what it does."""

    authorize: Admit
    sign_in: SignIn
    count_request: CountRequest
    answer_once: AnswerOnce
    workspaces: ManageWorkspaces
    keys: ManageKeys
    agents: ManageAgents
    carriers: ManageCarriers
    campaigns: ManageCampaigns
    show_activity: ShowActivity
    steer_tasks: SteerTasks
    look_up: LookUp
    explain: Explain
    push_tasks: PushTasks
    erase_contact: EraseContact
    receive_contacts: ReceiveContacts
    join_parts: JoinParts
    preview_import: PreviewImport
    plan_import: PlanImport
    import_chunk: ImportChunks
    exports: ManageExports
    write_export: WriteExports
    tick: Tick
    keep_time: KeepTime
    dispatch: Dispatch
    place_call: PlaceCalls
    withdraw_call: WithdrawCalls
    receive_report: ReceiveReport
    record_call_event: RecordCallEvent
    note_failure: NoteFailure
    dead_letters: TendDeadLetters
    clock: Clock
    ids: Ids
    public_url: str  #: Where carriers reach our webhooks.


def wire(
    ports: Ports,
    *,
    deadlines: Deadlines,
    bootstrap_key_hash: str | None,
    public_url: str = "",
) -> Service:
    """The service on these ports, whatever stands behind them."""
    p = ports
    dispatch = Dispatch(
        workspaces=p.workspaces,
        campaigns=p.campaigns,
        tasks=p.tasks,
        agents=p.agents,
        slots=p.slots,
        pacing=p.pacing,
        queue=p.queue,
        clock=p.clock,
        ids=p.ids,
        deadlines=deadlines,
        journal=p.journal,
    )
    # Once a minute it looks everywhere: what a note missed is late then, not lost.
    thorough = replace(dispatch, is_thorough=True)
    rescue = Rescue(
        tasks=p.tasks,
        slots=p.slots,
        carriers=p.carriers,
        queue=p.queue,
        clock=p.clock,
        deadlines=deadlines,
        journal=p.journal,
    )
    withdraw = WithdrawClosed(
        accounts=p.accounts,
        campaigns=p.campaigns,
        tasks=p.tasks,
        slots=p.slots,
        queue=p.queue,
        clock=p.clock,
        ids=p.ids,
    )
    brakes = ApplyBrakes(campaigns=p.campaigns, gauges=p.gauges, clock=p.clock, journal=p.journal)
    resume_tasks = ResumeTasks(campaigns=p.campaigns, tasks=p.tasks, clock=p.clock)
    look_ahead = LookAhead(campaigns=p.campaigns, tasks=p.tasks, queue=p.queue, clock=p.clock)
    by_key = Authorize(workspaces=p.workspaces, bootstrap_key_hash=bootstrap_key_hash)
    sign_in = SignIn(
        by_token=by_key.known,
        by_id=by_key.by_id,
        sessions=p.sessions,
        clock=p.clock,
        ids=p.ids,
    )
    finish = FinishCampaigns(
        campaigns=p.campaigns, clock=p.clock, deadlines=deadlines, journal=p.journal
    )
    rehearse = RehearseImport(agents=p.agents, tasks=p.tasks, clock=p.clock, ids=p.ids)
    return Service(
        authorize=Admit(by_key=by_key, by_pass=sign_in.admit),
        sign_in=sign_in,
        count_request=CountRequest(requests=p.requests, clock=p.clock),
        answer_once=AnswerOnce(answers=p.answers, clock=p.clock, ids=p.ids),
        workspaces=ManageWorkspaces(
            workspaces=p.workspaces, queue=p.queue, clock=p.clock, ids=p.ids
        ),
        keys=ManageKeys(workspaces=p.workspaces, clock=p.clock, ids=p.ids),
        agents=ManageAgents(agents=p.agents, carriers=p.carriers),
        carriers=ManageCarriers(
            accounts=p.accounts,
            agents=p.agents,
            carriers=p.carriers,
            workspaces=p.workspaces,
            pacing=p.pacing,
            queue=p.queue,
            clock=p.clock,
            public_url=public_url,
        ),
        campaigns=ManageCampaigns(
            campaigns=p.campaigns,
            agents=p.agents,
            tasks=p.tasks,
            slots=p.slots,
            queue=p.queue,
            clock=p.clock,
            resume_tasks=resume_tasks.of,
            withdraw_calls=withdraw.of,
        ),
        show_activity=ShowActivity(campaigns=p.campaigns, activities=p.activities, clock=p.clock),
        steer_tasks=SteerTasks(campaigns=p.campaigns, tasks=p.tasks, queue=p.queue, clock=p.clock),
        look_up=LookUp(
            workspaces=p.workspaces,
            agents=p.agents,
            campaigns=p.campaigns,
            tasks=p.tasks,
            calls=p.calls,
            slots=p.slots,
            imports=p.imports,
            clock=p.clock,
        ),
        explain=Explain(
            line=dispatch.line,
            workspaces=p.workspaces,
            campaigns=p.campaigns,
            gauges=p.gauges,
            tasks=p.tasks,
            agents=p.agents,
            slots=p.slots,
            carriers=p.carriers,
            clock=p.clock,
            deadlines=deadlines,
        ),
        push_tasks=PushTasks(
            campaigns=p.campaigns,
            agents=p.agents,
            tasks=p.tasks,
            queue=p.queue,
            clock=p.clock,
            ids=p.ids,
        ),
        erase_contact=EraseContact(
            campaigns=p.campaigns,
            tasks=p.tasks,
            calls=p.calls,
            imports=p.imports,
            exports=p.exports,
            parts=p.parts,
            clock=p.clock,
        ),
        receive_contacts=ReceiveContacts(
            rehearse=rehearse,
            campaigns=p.campaigns,
            imports=p.imports,
            files=p.files,
            clock=p.clock,
        ),
        preview_import=PreviewImport(
            prompts=rehearse.prompts, campaigns=p.campaigns, imports=p.imports, files=p.files
        ),
        join_parts=JoinParts(imports=p.imports, files=p.files),
        plan_import=PlanImport(
            workspaces=p.workspaces,
            campaigns=p.campaigns,
            imports=p.imports,
            files=p.files,
            queue=p.queue,
            clock=p.clock,
        ),
        import_chunk=ImportChunks(
            campaigns=p.campaigns,
            agents=p.agents,
            tasks=p.tasks,
            imports=p.imports,
            files=p.files,
            queue=p.queue,
            clock=p.clock,
            ids=p.ids,
        ),
        exports=ManageExports(
            campaigns=p.campaigns,
            imports=p.imports,
            exports=p.exports,
            parts=p.parts,
            queue=p.queue,
            clock=p.clock,
        ),
        write_export=WriteExports(
            campaigns=p.campaigns,
            tasks=p.tasks,
            calls=p.calls,
            imports=p.imports,
            files=p.files,
            exports=p.exports,
            parts=p.parts,
            queue=p.queue,
            clock=p.clock,
        ),
        tick=Tick(workspaces=p.workspaces, queue=p.queue),
        keep_time=KeepTime(
            steps=(rescue, withdraw, finish, brakes, resume_tasks, thorough, look_ahead)
        ),
        dispatch=dispatch,
        place_call=PlaceCalls(
            tasks=p.tasks,
            agents=p.agents,
            slots=p.slots,
            pacing=p.pacing,
            carriers=p.carriers,
            queue=p.queue,
            clock=p.clock,
            deadlines=deadlines,
            side_by_side=p.side_by_side,
        ),
        withdraw_call=WithdrawCalls(
            tasks=p.tasks,
            carriers=p.carriers,
            queue=p.queue,
            clock=p.clock,
            side_by_side=p.side_by_side,
        ),
        receive_report=ReceiveReport(carriers=p.carriers, queue=p.queue),
        record_call_event=RecordCallEvent(
            tasks=p.tasks,
            campaigns=p.campaigns,
            calls=p.calls,
            slots=p.slots,
            activity=p.activities,
            queue=p.queue,
            clock=p.clock,
            deadlines=deadlines,
            journal=p.journal,
        ),
        note_failure=NoteFailure(failures=p.failures, clock=p.clock),
        dead_letters=TendDeadLetters(letters=p.dead_letters, failures=p.failures),
        clock=p.clock,
        ids=p.ids,
        public_url=public_url,
    )


def aws_ports(settings: Settings) -> Ports:
    """The table, the queues, the bucket and the carriers of a deployment.

    What only this needs is imported here: tests and simulations wire twins and pay for no SDK.
    """
    import boto3
    from botocore.config import Config

    from chalicelibs.adapters import dead_letters, dynamodb
    from chalicelibs.adapters.carriers.accounts import AccountCarriers
    from chalicelibs.adapters.carriers.asking import Line
    from chalicelibs.adapters.s3 import S3Files
    from chalicelibs.adapters.s3_parts import S3Parts
    from chalicelibs.adapters.s3_results import S3Results
    from chalicelibs.adapters.sqs import SqsQueue

    config = Config(
        connect_timeout=2,
        read_timeout=ANSWERS_WITHIN_S,
        retries={"mode": "standard"},
        max_pool_connections=MOST_CONNECTIONS,
        # Without a name of ours the SDK puts its own together anew, twice for each request.
        user_agent="carillon",
    )
    # Table and queues judge what they are sent, and are sent the most. boto3 would do it, too, and
    # take as long as for all else that a transaction of an import needs; in our tests it does.
    unjudged = config.merge(Config(parameter_validation=False))

    def new_s3() -> Any:
        # Addresses that are given away need the newer signature and the region's own host.
        signing = Config(signature_version="s3v4", s3={"addressing_style": settings.addressing})
        return boto3.client("s3", config=config.merge(signing))

    s3 = lazily(new_s3)
    # The table is patient itself: botocore would wait half a second for a throttled item.
    once = unjudged.merge(Config(retries={"mode": "standard", "total_max_attempts": 1}))
    log.tell_stage(settings.stage)
    clock = SystemClock()
    ids = RandomIds(clock)
    sqs = boto3.client("sqs", config=unjudged)
    client = dynamodb.speak_straight(boto3.client("dynamodb", config=once))
    table = dynamodb.Table(client, settings.table, ids)
    accounts = dynamodb.DynamoAccounts(table)
    return Ports(
        workspaces=dynamodb.DynamoWorkspaces(table),
        agents=dynamodb.DynamoAgents(table),
        accounts=accounts,
        campaigns=dynamodb.DynamoCampaigns(table),
        gauges=dynamodb.DynamoGauges(table),
        tasks=dynamodb.DynamoTasks(table),
        calls=dynamodb.DynamoCalls(table, S3Results(s3, settings.bucket)),
        slots=dynamodb.DynamoSlots(table),
        pacing=dynamodb.DynamoPacing(table),
        imports=dynamodb.DynamoImports(table),
        activities=dynamodb.DynamoActivities(table),
        answers=dynamodb.DynamoAnswers(table),
        requests=dynamodb.DynamoRequests(table),
        sessions=dynamodb.DynamoSessions(table),
        failures=dynamodb.DynamoFailures(table),
        files=S3Files(s3, settings.bucket),
        exports=dynamodb.DynamoExports(table),
        parts=S3Parts(s3, settings.bucket),
        queue=SqsQueue(
            sqs,
            calls_url=settings.calls_url,
            events_url=settings.call_events_url,
            nudges_url=settings.nudges_url,
            exports_url=settings.exports_url,
            chunks_url=settings.chunks_url,
        ),
        dead_letters=dead_letters.SqsDeadLetters(
            sqs,
            urls=settings.dead_letters_urls,
            senders={
                QueueName.NUDGES: dead_letters.to_queue(sqs, settings.nudges_url),
                QueueName.CALLS: dead_letters.to_queue(sqs, settings.calls_url),
                QueueName.CALL_EVENTS: dead_letters.to_queue(sqs, settings.call_events_url),
                QueueName.EXPORTS: dead_letters.to_queue(sqs, settings.exports_url),
                QueueName.IMPORT_CHUNKS: dead_letters.to_queue(sqs, settings.chunks_url),
                QueueName.IMPORTS: dead_letters.to_bucket(
                    partial(boto3.client, "s3", config=config)
                ),
            },
        ),
        carriers=AccountCarriers(
            accounts,
            secrets_of(settings, partial(boto3.client, "ssm", config=config)),
            own=KnownCarriers(carriers_of(settings, clock)),
            line=Line(allows_private=settings.allows_private_carriers),
            public_url=settings.public_url,
            now=clock.now,
        ),
        clock=clock,
        ids=ids,
        journal=LoggedJournal(),
        side_by_side=in_threads,
    )


def secrets_of(settings: Settings, client: Callable[[], Any]) -> Secrets:
    """Where the secrets of workspaces are: in Parameter Store, or in the environment."""
    if settings.secrets_path:
        return SsmSecrets(client, settings.secrets_path)
    return EnvironmentSecrets(settings.secrets)


def carriers_of(settings: Settings, clock: Clock) -> Mapping[str, Carrier]:
    """The carriers that the settings name.

    Their HTTP client is imported here: only the service needs it, not a function that just starts.
    """
    from urllib3 import PoolManager

    from chalicelibs.adapters.carriers.simulated import SimulatedCarrier

    own = {"simulated": settings.simulated_carrier, "sip": settings.sip_carrier}
    return {
        name: SimulatedCarrier(
            at,
            webhook_url=f"{settings.public_url}/webhooks/{name}",
            http=PoolManager(maxsize=20),
            now=clock.now,
        )
        for name, at in own.items()
        if at is not None
    }


def lazily(make: Callable[[], Made]) -> Callable[[], Made]:
    """What gives one thing again and again, made when it is first asked for, by one thread.

    boto3 makes clients for one thread at a time, and nobody has use for a second service.
    """
    made = cache(make)
    lock = Lock()

    def give() -> Made:
        with lock:
            return made()

    return give


def build(settings: Settings) -> Service:
    """The service on AWS, or on whatever engine answers in its place."""
    service = wire(
        aws_ports(settings),
        deadlines=settings.deadlines,
        bootstrap_key_hash=settings.bootstrap_key_hash,
        public_url=settings.public_url,
    )
    # What serves every event is never garbage: the collector need not look through it each time.
    gc.freeze()
    return service
