"""What the use cases need from the world, in domain words.

Every port has an adapter for AWS and a twin in memory; both pass the same contract tests.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, NamedTuple, Protocol, TypeVar

from chalicelibs.domain.activity import Activity, Ended
from chalicelibs.domain.agent import Agent, Number
from chalicelibs.domain.brakes import Gauge
from chalicelibs.domain.call import Call, Dialed
from chalicelibs.domain.call_event import CallEvent
from chalicelibs.domain.campaign import Campaign
from chalicelibs.domain.carrier_account import CarrierAccount, Denials
from chalicelibs.domain.dead_letters import DeadLetter, Failure, QueueName
from chalicelibs.domain.exports import Export, ExportFormat
from chalicelibs.domain.imports import Batch, Chunk, Import, RejectedRow
from chalicelibs.domain.journal import Note
from chalicelibs.domain.once import Answered, Asked, Turn
from chalicelibs.domain.progress import Progress, Tally
from chalicelibs.domain.rest import Rest
from chalicelibs.domain.search import ANY_TASK, CallFilter, TaskFilter
from chalicelibs.domain.session import Session
from chalicelibs.domain.task import DueTask, Task
from chalicelibs.domain.workspace import ApiKey, Workspace

Item = TypeVar("Item")
Done = TypeVar("Done")


class Page(NamedTuple, Generic[Item]):
    """Some items of a list, and where it goes on; None: that was all.

    A page of a filtered list may hold fewer than asked for, or none, although it goes on.
    """

    items: Sequence[Item]
    cursor: str | None


class Paging(NamedTuple):
    """Which part of a list is asked for."""

    cursor: str | None = None  #: Where the last page ended.
    limit: int = 50


class AtGate(NamedTuple):
    """What the dial gate judges, read consistently in one request."""

    task: Task
    campaign: Campaign
    workspace: Workspace
    agent: Agent | None = None  #: The campaign's, if it was read, too.


class AtDispatch(NamedTuple):
    """What a dispatch goes by, read consistently."""

    workspace: Workspace
    campaigns: Sequence[Campaign]  #: Those that are open.


class Workspaces(Protocol):
    """Accounts and the keys that open them."""

    def add(self, workspace: Workspace, key: ApiKey) -> None:
        """Store a new workspace and its first key.

        Raises:
            Stale: when one of them is there already.
        """

    def get(self, workspace_id: str) -> Workspace | None:
        """The workspace as it stands now."""

    def set_limits(self, workspace: Workspace) -> None:
        """Change its limits."""

    def ids(self) -> Sequence[str]:
        """Every workspace there is."""

    def key(self, key_id: str) -> ApiKey | None:
        """A key by its public part."""

    def keys(self, workspace_id: str) -> Sequence[ApiKey]:
        """The keys of this workspace, oldest first."""

    def add_key(self, key: ApiKey) -> bool:
        """Store a new key of a workspace; False when it has `MOST_KEYS` already.

        Raises:
            Stale: when there is such a key already.
        """

    def save_key(self, key: ApiKey) -> bool:
        """Change its name, secret, scope and limit; False when no manager would be left.

        Raises:
            NotFound: when its workspace has no such key.
        """

    def revoke(self, workspace_id: str, key_id: str) -> bool:
        """Forget a key; False when it is the last that may manage its workspace, which stays.

        Raises:
            NotFound: when the workspace has no such key.
        """


class Agents(Protocol):
    """Agents and numbers of a workspace."""

    def save(self, agent: Agent) -> None:
        """Store or replace an agent."""

    def edit(self, agent: Agent) -> Agent:
        """Replace it, if it is still the version that was read; gives the new version.

        Raises:
            Stale: when it is not.
        """

    def get(self, workspace_id: str, agent_id: str) -> Agent | None:
        """An agent of this workspace."""

    def list(self, workspace_id: str) -> Sequence[Agent]:
        """All agents of this workspace."""

    def save_number(self, number: Number) -> None:
        """Store or replace a number."""

    def edit_number(self, number: Number) -> Number:
        """Replace it, if it is still the version that was read; gives the new version.

        Raises:
            Stale: when it is not.
        """

    def number(self, workspace_id: str, phone: str) -> Number | None:
        """A number of this workspace."""

    def numbers(self, workspace_id: str) -> Sequence[Number]:
        """All numbers of this workspace."""


class Accounts(Protocol):
    """What each workspace has with which carrier."""

    def save(self, account: CarrierAccount) -> None:
        """Store or replace an account."""

    def get(self, workspace_id: str, name: str) -> CarrierAccount | None:
        """The account of this name, as it stands now."""

    def list(self, workspace_id: str) -> Sequence[CarrierAccount]:
        """All accounts of this workspace, by name."""

    def remove(self, workspace_id: str, name: str) -> None:
        """Forget an account; harmless when repeated."""


class Secrets(Protocol):
    """What nobody else may know, kept where only this deployment can read it."""

    def get(self, workspace_id: str, name: str) -> Sequence[str]:
        """Each value of a workspace's secret that is good: two while it is being changed.

        There is none where there is no such secret. What is given may be a minute old.
        """


class Campaigns(Protocol):
    """Campaigns and how far they have come."""

    def add(self, campaign: Campaign) -> None:
        """Store a new campaign; it is open from now on.

        Raises:
            NotFound: when there is no such workspace.
            Stale: when there is such a campaign already.
        """

    def get(self, workspace_id: str, campaign_id: str) -> Campaign | None:
        """A campaign of this workspace as it stands now."""

    def edit(
        self, workspace_id: str, campaign_id: str, change: Callable[[Campaign], Campaign]
    ) -> Campaign:
        """Change a campaign as it stands now; gives it as stored.

        Where somebody else writes at the same moment, the change is made again on what they left.
        A change that changes nothing is not stored.

        Raises:
            NotFound: when the workspace has no such campaign.
            Stale: when others were faster again and again.
        """

    def close(self, campaign: Campaign) -> None:
        """Forget a closed campaign in `open`; harmless when repeated."""

    def open(self, workspace_id: str) -> Sequence[Campaign]:
        """The campaigns that are not closed, as they stand now."""

    def at_dispatch(self, workspace_id: str) -> AtDispatch | None:
        """The open campaigns with their workspace, as they stand now; None if there is none."""

    def page(self, workspace_id: str, *, cursor: str | None, limit: int) -> Page[Campaign]:
        """All campaigns of this workspace, newest first."""

    def progress(self, campaign_id: str) -> Progress:
        """Its counters, exact."""


class Gauges(Protocol):
    """What the brakes of a campaign remember."""

    def get(self, campaign_id: str) -> Gauge:
        """What was seen so far; a new gauge where nothing was."""

    def save(self, campaign_id: str, gauge: Gauge) -> None:
        """Remember it; of two writers the last one counts."""


class Tasks(Protocol):
    """Tasks, and the agenda that says what must happen to them next."""

    def add(self, tasks: Sequence[Task]) -> frozenset[str]:
        """Store new tasks of one campaign and count them, together; gives the known ids.

        Each id may stand in the list only once.
        """

    def get(self, task_id: str) -> Task | None:
        """A task as it stands now."""

    def get_all(self, task_ids: Iterable[str]) -> Sequence[Task]:
        """Those of these tasks that there are, as they stand now."""

    def at_gate(self, workspace_id: str, task_id: str) -> AtGate | None:
        """A task with its campaign and workspace as they stand now; None if one is missing.

        Where the campaign's agent can be read with them, it is there, too.
        """

    def at_gates(self, workspace_id: str, task_ids: Iterable[str]) -> Mapping[str, AtGate]:
        """The same for several tasks, by their ids; those without one are left out."""

    def due(self, partition: str, *, until: datetime, limit: int) -> Sequence[DueTask]:
        """Entries of one agenda partition up to an instant, earliest first; may be a bit old."""

    def running(self, workspace_id: str) -> Sequence[DueTask]:
        """The tasks of a workspace that have a call, also one that waits for its analysis.

        May be a bit old.
        """

    def claim_all(
        self, claims: Sequence[tuple[DueTask, Call]], workspace_id: str
    ) -> frozenset[str]:
        """Take tasks for one attempt each; gives the ids of the calls that got theirs.

        One that is no longer as the agenda said is not taken, and the others are. Each task may
        stand in the list only once. Whoever gets an exception does not know which were taken.
        """

    def save(self, task: Task) -> Task:
        """Replace it, if it is still the version that was read; gives the new version.

        Raises:
            Stale: when it is not.
        """

    def save_all(self, changes: Sequence[tuple[Task, Task]]) -> Sequence[Task | Exception]:
        """Save tasks as they are to be, of which the first is as it was read, with few requests.

        Gives of each its new version, or why there is none. Each task may stand in the list only
        once. Whoever gets an exception instead does not know which were saved.
        """

    def settle(self, task: Task, tally: Tally) -> Task:
        """Like `save`, and add to its campaign's counters in the same transaction.

        Raises:
            Stale: when it is not the version that was read.
        """

    def settle_all(self, settled: Sequence[tuple[Task, Tally]]) -> Sequence[Task]:
        """Settle up to 90 tasks of one campaign, all of them or none.

        Gives their new versions, in the order of the tasks.

        Raises:
            Stale: when some are not the version that was read; its arguments are their ids.
        """

    def page(
        self, campaign_id: str, wanted: TaskFilter = ANY_TASK, *, cursor: str | None, limit: int
    ) -> Page[Task]:
        """The tasks of a campaign that are wanted, in an order of their own."""


class Calls(Protocol):
    """Calls that have ended: a workspace's log. The one in flight stands on its task."""

    def keep(self, workspace_id: str, call: Call) -> Call:
        """Keep a call that has ended, unless it is kept already; gives what is kept."""

    def keep_all(self, kept: Sequence[tuple[str, Call]]) -> Sequence[Call | Exception]:
        """Keep each by itself, with fewer requests; gives what is kept, or why that is unknown.

        Each call is of the workspace beside it. Whoever gets an exception instead does not know
        which are kept.
        """

    def save(self, workspace_id: str, call: Call) -> None:
        """Replace a call, or keep it, but an erased one stays erased."""

    def revise(self, workspace_id: str, call: Call) -> None:
        """Replace a call of which more is known now, if it is still the one that was read.

        Raises:
            Stale: when somebody else told more of it meanwhile, or it was erased and this is not.
        """

    def get(self, workspace_id: str, dialed: Dialed) -> Call | None:
        """A call that has ended."""

    def get_all(self, workspace_id: str, dialed: Iterable[Dialed]) -> Sequence[Call]:
        """Those of these calls that there are, in the order in which they were dialled."""

    def log(
        self,
        workspace_id: str,
        wanted: CallFilter,
        *,
        since: datetime,
        until: datetime,
        cursor: str | None,
        limit: int,
    ) -> Page[Call]:
        """The calls that were dialled in `[since, until)` and are wanted, newest first.

        Long ones are abridged.
        """

    def forget_results(self, workspace_id: str, task_id: str) -> None:
        """Remove what is kept beside the calls of a task, for each of them is erased."""


class Slots(Protocol):
    """The calls in flight, by name, in each scope: a workspace or a campaign."""

    def reserve(self, scope: str, call_ids: Sequence[str], limit: int) -> Mapping[str, int]:
        """Take slots for as many as the limit lets in; gives the pages of those that got in.

        Only for calls whose tasks were claimed: a slot belongs to whoever owns the claim.
        """

    def release(self, scope: str, call_ids: Set[str], page: int | None) -> None:
        """Give slots back; harmless when repeated. Without a page, all are searched."""

    def held(self, scope: str) -> frozenset[str]:
        """The calls that hold a slot now."""


class Pacing(Protocol):
    """How many calls start in each second."""

    def take(self, workspace_id: str, at: datetime, *, limit: int, wanted: int = 1) -> int:
        """How many of the wanted calls may start in the second of this instant."""

    def plan(self, workspace_id: str, *, seen: datetime | None, until: datetime) -> bool:
        """Give starts away until then, unless somebody did since `seen` was read.

        It spares calls the way to the gate in vain; whether one may start, `take` decides.
        """

    def rest(self, workspace_id: str, carrier: str, rest: Rest) -> None:
        """Let a carrier rest, unless somebody else has it rest for longer."""

    def deny(self, workspace_id: str, carrier: str, denial: Denials, *, since: datetime) -> None:
        """Count that a carrier refused our credentials; one whose last time was before begins."""

    def wake(self, workspace_id: str, carrier: str) -> None:
        """Forget a carrier's rest and its denials: it is asked again."""


class Imports(Protocol):
    """Files on their way in, and the rows that stayed outside."""

    def start(self, new: Import) -> Import:
        """Store an import unless it exists; gives the one that is stored."""

    def begin(self, waiting: Import, version: str) -> Import:
        """Set an import going with a version of its file; gives it as stored.

        Raises:
            Stale: when it is no longer as it was read.
        """

    def get(self, workspace_id: str, import_id: str) -> Import | None:
        """An import of this workspace as it stands now."""

    def of_campaign(self, campaign_id: str) -> Sequence[Import]:
        """The imports of a campaign, oldest first."""

    def add_chunks(self, job: Import, chunks: Sequence[Chunk]) -> Import:
        """Store the next chunks of its file; gives the import as stored.

        Raises:
            Stale: when somebody else cuts the same file.
        """

    def set_total(self, job: Import, rows: int) -> Import:
        """Its file is cut to the end and has so many rows; gives the import as stored.

        Raises:
            Stale: when somebody else cuts the same file.
        """

    def chunk(self, import_id: str, number: int) -> Chunk | None:
        """A chunk as it stands now."""

    def chunks(self, import_id: str) -> Sequence[Chunk]:
        """All chunks of an import, in the order of the file."""

    def commit(self, batch: Batch) -> Batch:
        """Store a batch's tasks and rejected rows and count them, together, once.

        Gives the batch as stored, rows whose numbers were known among the rejected or updated.

        Raises:
            Stale: when another worker was here first.
        """

    def give_up(self, chunk: Chunk, reason: str) -> None:
        """Note why a chunk is not done; harmless when repeated, and when it is done."""

    def take_up(self, chunk: Chunk) -> Chunk:
        """Forget that a chunk was given up; gives it as stored."""

    def finish(self, done: Import) -> None:
        """Store its final status and reason; its counts stay as they are."""

    def erase_value(self, import_id: str, line: int) -> None:
        """Forget what stood in the rejected row of this line; harmless when repeated."""

    def rejected(self, import_id: str, *, cursor: str | None, limit: int) -> Page[RejectedRow]:
        """The rejected rows, in the order of the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceCall:
    """The message that has a call placed."""

    workspace_id: str
    call_id: str
    workspace_page: int
    campaign_page: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawCall:
    """The message that has a call taken back that its carrier has not dialled yet."""

    workspace_id: str
    call_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteExport:
    """The message that has an export written."""

    workspace_id: str
    campaign_id: str
    export_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportChunk:
    """The message that has a chunk of a file imported."""

    workspace_id: str
    campaign_id: str
    import_id: str
    number: int


class SideBySide(Protocol):
    """How several things are done that wait for others most of the time, like carriers."""

    def __call__(self, act: Callable[[Item], Done], items: Sequence[Item], /) -> Sequence[Done]:
        """Do it with each item at the same time; gives what came of each. The act never raises."""


def one_by_one(act: Callable[[Item], Done], items: Sequence[Item], /) -> Sequence[Done]:
    """Do things one after another, where nobody waits."""
    return list(map(act, items))


class Queue(Protocol):
    """What is to be done soon, by somebody else. All may be delivered twice, late, never."""

    def calls(self, messages: Iterable[tuple[PlaceCall, timedelta]]) -> None:
        """Have calls placed, each after a delay."""

    def withdraw(self, messages: Iterable[WithdrawCall], delay: timedelta = timedelta(0)) -> None:
        """Have calls taken back that wait at their carriers."""

    def events(self, events: Iterable[CallEvent]) -> None:
        """Have carriers' reports recorded."""

    def chunks(self, messages: Iterable[ImportChunk]) -> None:
        """Have chunks of files imported."""

    def nudge(self, workspace_id: str, delay: timedelta = timedelta(0)) -> None:
        """Have a workspace dispatched."""

    def tick(self, workspace_ids: Iterable[str]) -> None:
        """Have workspaces rescued, tidied and dispatched with a look ahead."""

    def export(self, message: WriteExport, delay: timedelta = timedelta(0)) -> None:
        """Have an export written, from where it stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DialRequest:
    """All that a carrier is told of a call."""

    call_id: str
    phone: str
    caller_id: str
    agent: Agent
    prompt: str
    context: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Accepted:
    """The carrier took the call."""

    carrier_call_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The carrier will not place this call."""

    reason: str
    is_permanent: bool = False


@dataclass(frozen=True, slots=True)
class Denied:
    """The carrier does not take our credentials, or there are none: nothing was dialled."""

    reason: str = "credentials_refused"


@dataclass(frozen=True, slots=True)
class Throttled:
    """The carrier is full: nothing was dialled, it may be asked again later."""

    retry_after: timedelta


@dataclass(frozen=True, slots=True)
class Unreachable:
    """There was no connection, so not a byte was sent: nothing was dialled."""


@dataclass(frozen=True, slots=True)
class AnswerLost:
    """The request was sent and no clear answer came: the phone may be ringing."""


PlaceAnswer = Accepted | Refused | Denied | Throttled | Unreachable | AnswerLost


@dataclass(frozen=True, slots=True)
class StillAlive:
    """The call is on its way or going on."""


@dataclass(frozen=True, slots=True)
class NeverSeen:
    """The carrier was never asked for this call."""


@dataclass(frozen=True, slots=True)
class CannotSay:
    """The carrier could not be asked, or does not keep such things."""


FetchAnswer = CallEvent | StillAlive | NeverSeen | CannotSay


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The call waited at the carrier, and will never be dialled."""


@dataclass(frozen=True, slots=True)
class TooLate:
    """It does not wait, or this carrier makes none wait: it goes on, or is over."""


WithdrawAnswer = Withdrawn | TooLate | CannotSay


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A carrier's request to us."""

    headers: Mapping[str, str]  #: With names in lower case.
    body: bytes  #: As it came, before any parsing: that is what was signed.
    url: str = ""  #: As carriers are told it, by the configured address; some sign it, too.
    called_url: str = ""  #: As API Gateway was called, by any address of ours; it may be the same.
    call_id: str | None = None  #: The call that the address names.


class Carrier(Protocol):
    """Whoever dials."""

    def place(self, request: DialRequest) -> PlaceAnswer:
        """Ask for one call, once: one request, never repeated here."""

    def fetch(self, call: Call) -> FetchAnswer:
        """Ask what became of a call; the event of its end, if it has ended."""

    def withdraw(self, call: Call) -> WithdrawAnswer:
        """Take a call back, if it still waits to be dialled; what rings is let go on."""

    def read(self, webhook: Webhook) -> CallEvent | None:
        """A webhook of this carrier as an event; None where it changes nothing.

        Raises:
            Forged: when the carrier did not send this, or not now.
        """


class Forged(Exception):
    """A webhook that its carrier did not send; says what does not fit, and nothing of the call."""


class Carriers(Protocol):
    """The carriers of the deployment, and those that each workspace brings."""

    def get(self, workspace_id: str | None, name: str) -> Carrier | None:
        """A carrier as this workspace knows it by name; None: one of the deployment's own."""

    def knows(self, workspace_id: str | None, name: str) -> bool:
        """Whether there is this carrier; its secrets are not read."""


class Clock(Protocol):
    """The time."""

    def now(self) -> datetime:
        """This instant, aware, UTC."""


class Journal(Protocol):
    """Whoever is told of decisions: one by one, once they are stored."""

    def tell(self, note: Note) -> None:
        """Tell of one."""


class Unheard:
    """A journal that nobody reads."""

    def tell(self, note: Note) -> None:
        """See the port."""


UNHEARD = Unheard()


class Ids(Protocol):
    """Identifiers and lots, new each time."""

    def new(self) -> str:
        """A plain id; later ones sort after earlier ones, to the millisecond."""

    def secret(self) -> str:
        """A secret that cannot be guessed."""

    def lot(self) -> int:
        """A number from 0 to 999."""

    def shuffled(self, count: int) -> Sequence[int]:
        """The numbers from 0 to count - 1 in random order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """Where a file may be sent by HTTP PUT, by whoever knows the address."""

    url: str
    headers: Mapping[str, str]  #: To be sent with it, as they are.
    expires_at: datetime


class Files(Protocol):
    """Files that users drop, or upload."""

    def source(self, key: str) -> str:
        """What the file of this key is read by."""

    def upload(self, source: str, *, now: datetime, valid_for: timedelta) -> Upload:
        """An address to which this one file may be sent."""

    def begin_parts(self, source: str) -> str:
        """Begin a file that comes in parts; gives what the bucket calls it."""

    def uploads(
        self, source: str, upload_id: str, count: int, *, now: datetime, valid_for: timedelta
    ) -> Sequence[Upload]:
        """The addresses to which its parts may be sent, in their order."""

    def join(self, source: str, upload_id: str, size: int) -> None:
        """Put the parts that have come together; whoever watches for files is told of it.

        Raises:
            NotAllowed: when they are not so many bytes together, or were put together before.
        """

    def put(self, source: str, content: bytes) -> None:
        """Store a file; whoever watches for files is told of it."""

    def read(self, source: str, version: str, *, start: int, size: int) -> bytes:
        """Some bytes of this version of a file, fewer at its end, none behind it.

        Raises:
            UnreadableFile: when it is gone, or there is another version.
        """


class UnreadableFile(Exception):
    """The file is gone, or it is another by now; the message says what to do."""


class Answers(Protocol):
    """Answers that were given, by the keys that came with the requests."""

    def begin(self, asked: Asked, now: datetime) -> Turn | Answered:
        """Take the turn to answer a request; gives the answer, if it has one.

        Raises:
            KeyReused: when the key came with another request.
            InProgress: when somebody else is answering.
        """

    def keep(self, turn: Turn, answer: Answered) -> None:
        """Keep the answer; nothing happens when the turn has passed to another."""

    def forget(self, turn: Turn) -> None:
        """Free the key for any request, but remember when it was first used."""


class Requests(Protocol):
    """How many requests each key makes in each minute."""

    def count(self, key_id: str, minute: datetime) -> int:
        """Count one more; gives how many there are, this one included."""


class Sessions(Protocol):
    """Who is signed in to the console."""

    def add(self, session: Session) -> None:
        """Store a new session, until it expires."""

    def get(self, key_id: str, session_id: str) -> Session | None:
        """A session; one that expired may still be given."""

    def end(self, key_id: str, session_id: str) -> None:
        """Forget a session; one that is not there is forgotten already."""


class Activities(Protocol):
    """How many calls of each campaign ended when, and how: for pictures, not for books."""

    def add(self, counts: Mapping[Ended, int]) -> None:
        """Count calls that ended; a crash may lose some of them, and none comes twice."""

    def between(self, campaign_id: str, since: datetime, until: datetime) -> Activity:
        """What is known of the whole hours in which a span lies."""


class Failures(Protocol):
    """Why messages could not be processed, until their dead letters are gone."""

    def save(self, failure: Failure) -> None:
        """Keep it; a later one of the same message replaces it."""

    def of(self, queue: QueueName, message_ids: Sequence[str]) -> Mapping[str, Failure]:
        """Those that are known, by message."""


class DeadLetters(Protocol):
    """Messages that were given up."""

    def count(self, queue: QueueName) -> int:
        """About how many a queue has."""

    def peek(self, queue: QueueName, *, limit: int) -> Sequence[DeadLetter]:
        """Some of them, each once; they stay where they are."""

    def redrive(self, queue: QueueName, *, limit: int) -> int:
        """Send them back to be processed; gives how many went.

        A crash may send one twice. One that cannot go back, for its file is gone, stays.
        """


class Exports(Protocol):
    """Files of a campaign's tasks, calls or rejected rows, and how far each has come."""

    def add(self, new: Export) -> Export:
        """Store an export unless it exists; gives the one that is stored."""

    def get(self, workspace_id: str, campaign_id: str, export_id: str) -> Export | None:
        """An export of this workspace as it stands now."""

    def of_campaign(self, workspace_id: str, campaign_id: str) -> Sequence[Export]:
        """The exports of a campaign, newest first."""

    def save(self, export: Export) -> Export:
        """Replace it, if it is still the version that was read; gives the new version.

        Raises:
            Stale: when it is not.
        """


@dataclass(frozen=True, slots=True)
class Download:
    """Where a file can be had by HTTP GET, by whoever knows the address."""

    url: str
    expires_at: datetime


class Parts(Protocol):
    """Files that are written part by part, and whole or not there at all."""

    def begin(self, key: str, ending: ExportFormat) -> str:
        """Begin a file; gives what its parts belong to."""

    def add(self, key: str, upload: str, number: int, content: bytes) -> str:
        """Store a part, from 1 on, at least `PART_BYTES` each but for the last.

        Gives what it is known by. A repeated one replaces itself.

        Raises:
            UploadGone: when the file is whole by now, or was given up.
        """

    def complete(self, key: str, upload: str, parts: Sequence[str]) -> None:
        """Make these parts the file.

        Raises:
            UploadGone: when that cannot be: they are not the ones that are stored.
        """

    def is_there(self, key: str) -> bool:
        """Whether there is such a file."""

    def keep(self, key: str, content: bytes) -> None:
        """Store what does not fill a part yet; or nothing, so that a file is empty."""

    def kept(self, key: str) -> bytes:
        """What was stored so."""

    def download(self, key: str, *, name: str, now: datetime, valid_for: timedelta) -> Download:
        """An address at which this one file is had, under this name."""


#: The smallest that a part may be that is not the last; S3 wants it so.
PART_BYTES = 5 * 1024 * 1024


class UploadGone(Exception):
    """The parts of a file are not there any more: it is whole, or has to be written anew."""
