"""The use cases on the in-memory twins, with a clock that stands and a carrier that obeys."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import wraps
from itertools import count
from typing import Any, TypeVar

from chalicelibs.adapters.memory import (
    MemoryAccounts,
    MemoryActivities,
    MemoryAgents,
    MemoryCalls,
    MemoryCampaigns,
    MemoryExports,
    MemoryFiles,
    MemoryImports,
    MemoryJournal,
    MemoryPacing,
    MemoryParts,
    MemoryQueue,
    MemorySlots,
    MemoryStore,
    MemoryTasks,
    MemoryWorkspaces,
    version_of,
)
from chalicelibs.domain.call import Call
from chalicelibs.domain.call_event import CallEvent, EventKind
from chalicelibs.domain.campaign import Campaign
from chalicelibs.domain.deadlines import Deadlines
from chalicelibs.domain.imports import Import
from chalicelibs.domain.progress import Progress
from chalicelibs.domain.task import Task
from chalicelibs.ports.carriers import (
    Accepted,
    DialRequest,
    FetchAnswer,
    Forged,
    NeverSeen,
    PlaceAnswer,
    TooLate,
    Webhook,
    WithdrawAnswer,
)
from chalicelibs.ports.queues import PlaceCall
from chalicelibs.ports.side_by_side import one_by_one
from chalicelibs.use_cases.dispatch import Dispatch
from chalicelibs.use_cases.erase_contact import EraseContact
from chalicelibs.use_cases.import_contacts import ImportChunks, PlanImport
from chalicelibs.use_cases.keep_time import FinishCampaigns, Tick
from chalicelibs.use_cases.look_ahead import LookAhead
from chalicelibs.use_cases.look_up import LookUp
from chalicelibs.use_cases.manage_campaigns import ManageCampaigns
from chalicelibs.use_cases.manage_carriers import ManageCarriers
from chalicelibs.use_cases.manage_exports import ManageExports
from chalicelibs.use_cases.manage_workspaces import Authorize, ManageAgents, ManageWorkspaces
from chalicelibs.use_cases.place_call import PlaceCalls
from chalicelibs.use_cases.push_tasks import PushTasks
from chalicelibs.use_cases.receive_contacts import ReceiveContacts
from chalicelibs.use_cases.receive_report import ReceiveReport
from chalicelibs.use_cases.record_call_event import RecordCallEvent
from chalicelibs.use_cases.rehearse_import import RehearseImport
from chalicelibs.use_cases.rescue import Rescue
from chalicelibs.use_cases.resume_tasks import ResumeTasks
from chalicelibs.use_cases.steer_tasks import SteerTasks
from chalicelibs.use_cases.withdraw_calls import WithdrawCalls, WithdrawClosed
from chalicelibs.use_cases.write_export import WriteExports
from tests.builders import (
    CAMPAIGN,
    NOON,
    WORKSPACE,
    a_campaign,
    a_key,
    a_number,
    a_task,
    a_workspace,
    an_agent,
    plain_id,
    rules,
)

Port = TypeVar("Port")

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
NO_DELAY = timedelta(0)

#: The hash of no key: nobody is the operator.
NO_BOOTSTRAP_KEY = None


@dataclass
class FixedClock:
    """A clock that moves when it is told to."""

    at: datetime = NOON

    def now(self) -> datetime:
        return self.at

    def forward(self, by: timedelta) -> None:
        self.at += by


@dataclass
class CountedIds:
    """Ids, secrets and lots that follow one another."""

    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def new(self) -> str:
        return plain_id(next(self.numbers), "n")

    def secret(self) -> str:
        return f"secret_{next(self.numbers)}"

    def lot(self) -> int:
        return next(self.numbers) % 1000

    def shuffled(self, count: int) -> Sequence[int]:
        return range(count)


@dataclass
class ScriptedCarrier:
    """Answers as the test says, and remembers what it was asked."""

    answer: PlaceAnswer | None = None  #: None: the call is accepted.
    fetched: FetchAnswer = field(default_factory=NeverSeen)
    while_placing: Callable[[DialRequest], object] = lambda _: None
    requests: list[DialRequest] = field(default_factory=list)
    asked: list[Call] = field(default_factory=list)
    report: CallEvent | None = None
    withdrawn: WithdrawAnswer = field(default_factory=TooLate)
    taken_back: list[Call] = field(default_factory=list)

    def place(self, request: DialRequest) -> PlaceAnswer:
        self.requests.append(request)
        self.while_placing(request)
        return self.answer or Accepted(f"carrier-{request.call_id}")

    def fetch(self, call: Call) -> FetchAnswer:
        self.asked.append(call)
        return self.fetched

    def withdraw(self, call: Call) -> WithdrawAnswer:
        self.taken_back.append(call)
        return self.withdrawn

    def read(self, webhook: Webhook) -> CallEvent | None:
        if webhook.headers.get("signature") != "good":
            raise Forged(f"{len(webhook.body)} bytes without a signature")
        return self.report


@dataclass
class OneCarrier:
    """The carriers of a deployment that has one."""

    carrier: ScriptedCarrier

    def get(self, workspace_id: str | None, name: str) -> ScriptedCarrier | None:  # noqa: ARG002
        return self.carrier if name == "simulated" else None

    def knows(self, workspace_id: str | None, name: str) -> bool:  # noqa: ARG002
        return name == "simulated"


class Crashed(BaseException):
    """The process is gone: nothing below the current line will run."""


@dataclass
class Fuse:
    """How many more calls of ports an invocation survives; None: all."""

    left: int | None = None

    def burn(self) -> None:
        if self.left == 0:
            raise Crashed
        if self.left is not None:
            self.left -= 1


class Fused:
    """A port that dies before a call when its fuse has burnt down."""

    def __init__(self, port: object, fuse: Fuse) -> None:
        self._port = port
        self._fuse = fuse

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method: Callable[..., Any] = getattr(self._port, name)

        @wraps(method)
        def call(*args: object, **kwargs: object) -> object:
            self._fuse.burn()
            return method(*args, **kwargs)

        return call


class Bench:
    """One workspace with an agent and a number, and every use case around it.

    What the twins hold is looked at through `store`, `queue` and `carrier`; the use cases reach
    them through ports that a test may let crash (`fuse`).
    """

    def __init__(self, **workspace: Any) -> None:
        self.store = MemoryStore()
        self.clock = FixedClock()
        self.ids = CountedIds()
        self.queue = MemoryQueue()
        self.carrier = ScriptedCarrier()
        self.deadlines = Deadlines()
        self.fuse = Fuse()
        self.bytes_by_source: dict[str, bytes] = {}
        self.bucket = MemoryParts()
        self._ports(self.fuse)
        self._use_cases()
        self.workspaces.add(a_workspace(**workspace), a_key())
        self.agents.save(an_agent())
        self.agents.save_number(a_number())

    def _ports(self, fuse: Fuse) -> None:
        def fused(port: Port) -> Port:
            return Fused(port, fuse)  # type: ignore[return-value] # it has all that the port has

        self.workspaces = fused(MemoryWorkspaces(self.store))
        self.agents = fused(MemoryAgents(self.store))
        self.accounts = fused(MemoryAccounts(self.store))
        self.campaigns = fused(MemoryCampaigns(self.store))
        self.tasks = fused(MemoryTasks(self.store))
        self.calls = fused(MemoryCalls(self.store))
        self.slots = fused(MemorySlots(self.store))
        self.activities = fused(MemoryActivities(self.store))
        self.pacing = fused(MemoryPacing(self.store))
        self.imports = fused(MemoryImports(self.store))
        self.files = fused(MemoryFiles(self.bytes_by_source))
        self.exports = fused(MemoryExports(self.store))
        self.parts = fused(self.bucket)
        self.sending = fused(self.queue)
        self.carriers = OneCarrier(self.carrier)

    def _every_port(self) -> dict[str, object]:
        return {
            "workspaces": self.workspaces,
            "agents": self.agents,
            "accounts": self.accounts,
            "public_url": "https://carillon.test",
            "campaigns": self.campaigns,
            "tasks": self.tasks,
            "calls": self.calls,
            "slots": self.slots,
            "activity": self.activities,
            "pacing": self.pacing,
            "imports": self.imports,
            "files": self.files,
            "exports": self.exports,
            "parts": self.parts,
            "queue": self.sending,
            "carriers": self.carriers,
            "clock": self.clock,
            "ids": self.ids,
            "deadlines": self.deadlines,
            "is_thorough": False,
            "journal": MemoryJournal(),
            "side_by_side": one_by_one,
            "bootstrap_key_hash": NO_BOOTSTRAP_KEY,
        }

    def _use_cases(self) -> None:
        every = self._every_port()

        def wired(use_case: Callable[..., Port]) -> Port:
            needed = use_case.__dataclass_fields__  # type: ignore[attr-defined] # all are
            return use_case(**{name: every[name] for name in needed})

        self.dispatch = wired(Dispatch)
        self.place = wired(PlaceCalls)
        self.record = wired(RecordCallEvent)
        self.rescue = wired(Rescue)
        self.tick = wired(Tick)
        self.finish = wired(FinishCampaigns)
        self.look_ahead = wired(LookAhead)
        self.look_up = wired(LookUp)
        self.plan_import = wired(PlanImport)
        self.import_chunk = wired(ImportChunks)
        every["rehearse"] = wired(RehearseImport)
        self.receive_contacts = wired(ReceiveContacts)
        self.push = wired(PushTasks)
        self._exporting(wired)
        self.resume = wired(ResumeTasks)
        every["resume_tasks"] = self.resume.of
        every["withdraw_calls"] = self._withdrawing(wired)
        self.manage = wired(ManageCampaigns)
        self.steer = wired(SteerTasks)
        self._managing(wired)
        self.receive = wired(ReceiveReport)

    def _managing(self, wired: Callable[..., Any]) -> None:
        self.manage_workspaces: ManageWorkspaces = wired(ManageWorkspaces)
        self.manage_agents: ManageAgents = wired(ManageAgents)
        self.authorize: Authorize = wired(Authorize)

    def _withdrawing(self, wired: Callable[..., Any]) -> Callable[[Campaign], int]:
        self.withdraw_closed: WithdrawClosed = wired(WithdrawClosed)
        self.withdraw: WithdrawCalls = wired(WithdrawCalls)
        self.manage_carriers: ManageCarriers = wired(ManageCarriers)
        of: Callable[[Campaign], int] = self.withdraw_closed.of
        return of

    def _exporting(self, wired: Callable[..., Any]) -> None:
        self.manage_exports: ManageExports = wired(ManageExports)
        self.write_export: WriteExports = wired(WriteExports)
        self.erase: EraseContact = wired(EraseContact)

    # --- What there is ---------------------------------------------------------------------------

    def has_campaign(self, number: int = 1, **changes: Any) -> Campaign:
        """An active campaign that may call at any time, unless it says otherwise."""
        campaign = a_campaign(number, **{"rules": rules(hours=None), **changes})
        self.campaigns.add(campaign)
        return campaign

    def is_edited(self, number: int = 1, **changes: Any) -> Campaign:
        """Somebody changes the campaign's settings."""
        campaign_id = plain_id(number, "c")
        return self.campaigns.edit(WORKSPACE, campaign_id, lambda one: one.edited(**changes))

    def has_tasks(self, *numbers: int, **changes: Any) -> list[Task]:
        """Queued tasks, due now."""
        tasks = [a_task(number, **changes) for number in numbers]
        for task in tasks:
            self.expects(task)
        self.tasks.add(tasks)
        return tasks

    def expects(self, task: Task) -> None:
        """As if the task had come to where it stands by calls."""
        campaign = self.store.campaigns.get(task.campaign_id)
        if campaign is not None:
            self.store.campaigns[task.campaign_id] = campaign.expecting(
                task.attempts + 1, is_callback=task.is_callback
            )

    def has_task(self, number: int = 1, **changes: Any) -> Task:
        return self.has_tasks(number, **changes)[0]

    # --- What happens ----------------------------------------------------------------------------

    def dispatched(self) -> list[PlaceCall]:
        """Dispatch; gives the messages sent, as if they were taken off the queue."""
        self.dispatch(WORKSPACE)
        messages = [message for message, _ in self.queue.placing]
        self.queue.placing.clear()
        return messages

    def placed(self) -> str:
        """Dispatch one task and place its call; gives the call's id."""
        [message] = self.dispatched()
        self.place(message)
        self.queue.nudges.clear()
        return message.call_id

    def ends(self, call_id: str, outcome: str = "completed", **changes: Any) -> str:
        """The carrier reports an end, now; gives what was done about it."""
        return self.record(self.end(call_id, outcome, **changes))

    def end(self, call_id: str, outcome: str = "completed", **changes: Any) -> CallEvent:
        ended = CallEvent(
            call_id=call_id, kind=EventKind.ENDED, at=self.clock.now(), outcome=outcome
        )
        return replace(ended, **changes)

    def analysis(self, call_id: str, **changes: Any) -> CallEvent:
        told = CallEvent(
            call_id=call_id,
            kind=EventKind.ANALYSIS,
            at=self.clock.now(),
            analysis={"summary": "they talked"},
        )
        return replace(told, **changes)

    def drops(self, text: str, source: str = "s3://drop/contacts.csv") -> str:
        """Somebody drops a file."""
        self.bytes_by_source[source] = text.encode()
        return source

    def imports_file(
        self,
        source: str = "s3://drop/contacts.csv",
        *,
        version: str | None = None,
        workspace_id: str = WORKSPACE,
        campaign_id: str = CAMPAIGN,
    ) -> Import | None:
        """The bucket tells of a file, and its chunks are imported, as far as they can be."""
        content = self.bytes_by_source.get(source, b"")
        job = self.plan_import(
            workspace_id, campaign_id, source=source, version=version or version_of(content)
        )
        self.imports_chunks()
        return job and self.imports.get(workspace_id, job.import_id)

    def imports_chunks(self) -> None:
        """Whatever chunks are waiting are imported; a message goes when its work is done."""
        while self.queue.importing:
            self.import_chunk(self.queue.importing[0])
            self.queue.importing.pop(0)

    # --- What is seen ----------------------------------------------------------------------------

    def task(self, task: Task | str) -> Task:
        """A task as it is stored."""
        return self.store.tasks[task if isinstance(task, str) else task.task_id]

    def call(self, call_id: str) -> Call:
        """A call that has ended, as it is stored."""
        [call] = [one for one in self.store.calls.values() if one.call_id == call_id]
        return call

    def held(self, scope: str = WORKSPACE) -> frozenset[str]:
        """Who holds slots."""
        return MemorySlots(self.store).held(scope)

    def progress(self, campaign_id: str) -> Progress:
        return MemoryCampaigns(self.store).progress(campaign_id)


def crashes_everywhere(
    prepare: Callable[[], Bench], act: Callable[[Bench], object]
) -> Iterator[Bench]:
    """A bench for each line at which `act` can crash between two ports, dead at that line.

    The last one survived. The fuse of each is mended, so that somebody may come again.
    """
    for left in count():
        bench = prepare()
        bench.fuse.left = left
        try:
            act(bench)
        except Crashed:
            bench.fuse.left = None
            yield bench
        else:
            bench.fuse.left = None
            yield bench
            return
