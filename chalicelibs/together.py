"""What the messages of one batch ask of the ports, together as far as that goes.

Whoever handles a message yields what is to be done, and goes on when it is: each goes its way step
by step. Those of a batch who want the same at the same time share a request.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any, NamedTuple, Protocol, TypeVar

from chalicelibs.domain.activity import Ended
from chalicelibs.domain.campaign import Campaign
from chalicelibs.domain.errors import Stale
from chalicelibs.domain.naming import task_of
from chalicelibs.domain.progress import Tally
from chalicelibs.domain.task import Task
from chalicelibs.ports.calls import Slots

NO_DELAY = timedelta(0)

Said = TypeVar("Said")


class AboutCall(Protocol):
    """A message about a call."""

    @property
    def call_id(self) -> str:
        """The call."""


Message = TypeVar("Message", bound=AboutCall)


class TasksToStore(Protocol):
    """What storing tasks needs of them, see the port."""

    def save(self, task: Task) -> Task:
        """Replace it, if it is still the version that was read."""

    def save_all(self, changes: Sequence[tuple[Task, Task]]) -> Sequence[Task | Exception]:
        """Save each by itself, with few requests."""

    def settle(self, task: Task, tally: Tally) -> Task:
        """Like `save`, and count it in the same transaction."""

    def settle_all(self, settled: Sequence[tuple[Task, Tally]]) -> Sequence[Task]:
        """Settle tasks of one campaign, all of them or none."""


class TasksInFlight(TasksToStore, Protocol):
    """What recording needs of the tasks, see the port."""

    def get(self, task_id: str) -> Task | None:
        """A task as it stands now."""

    def get_all(self, task_ids: Iterable[str]) -> Iterable[Task]:
        """Those of these tasks that there are."""


class TheirCampaigns(Protocol):
    """What recording needs of the campaigns, see the port."""

    def get(self, workspace_id: str, campaign_id: str) -> Campaign | None:
        """A campaign as it stands now."""

    def edit(
        self, workspace_id: str, campaign_id: str, change: Callable[[Campaign], Campaign]
    ) -> Campaign:
        """Change a campaign as it stands now."""


class Nudges(Protocol):
    """What recording needs of the queues, see the port."""

    def nudge(self, workspace_id: str, delay: timedelta = NO_DELAY) -> None:
        """Have a workspace dispatched."""


class Activity(Protocol):
    """What recording needs of what went on, see the port."""

    def add(self, counts: Mapping[Ended, int]) -> None:
        """Count calls that ended."""


class Save(NamedTuple):
    """A task as it was read, and as it is to be; the answer is its new version."""

    was: Task
    task: Task


class Release(NamedTuple):
    """A slot that is to be given back."""

    scope: str
    page: int
    call_id: str


class Settle(NamedTuple):
    """A task that is to be replaced and counted; the answer is its new version."""

    task: Task
    tally: Tally


def stored(was: Task, task: Task, tally: Tally) -> Save | Settle:
    """The wish to have a task stored, and counted if there is anything to count."""
    return Settle(task, tally) if tally else Save(was, task)


#: Somebody's way, from one wish to the next; what it gives in the end.
Steps = Generator[Any, Any, Said]

#: What came of a wish: what it gave, or why it failed.
Answer = Any

#: How wishes of one kind are carried out; what came of each.
CarryOut = Callable[[Sequence[Any]], Sequence[Answer]]

#: What came of a message: what was done about it, in a word, or why that failed.
Done = str | Exception


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """Carries out what many want; a wish that fails does so alone."""

    tasks: TasksToStore
    slots: Slots
    besides: Mapping[type, CarryOut]  #: Wishes that only some have, in their usual order.

    def handle(
        self, messages: Sequence[Message], way_of: Callable[[Message], Steps[str]]
    ) -> Sequence[Done]:
        """Handle each message, those on one task one after another; what came of each."""
        by_task: dict[str, dict[int, Message]] = defaultdict(dict)
        for place, message in enumerate(messages):
            by_task[task_of(message.call_id)][place] = message
        done: dict[int, Done] = {}
        self._lead([in_turn(own, way_of, done) for own in by_task.values()])
        return [done[place] for place in range(len(messages))]

    def _lead(self, ways: Iterable[Steps[None]]) -> None:
        """Have each go its way to the end.

        Of all wishes those of one kind are carried out, while the others wait: the earliest kind
        on the way of most, so that those behind catch up, and settle with the others in the end.
        """
        kinds: dict[type, CarryOut] = {
            Save: self._save,
            Release: self._release,
            **self.besides,
            Settle: self._settle,
        }
        wishes = {way: wish for way in ways if (wish := next(way, None)) is not None}
        while wishes:
            wanted = set(map(type, wishes.values()))
            kind = next(one for one in kinds if one in wanted)
            going = [way for way, wish in wishes.items() if type(wish) is kind]
            answers = kinds[kind]([wishes.pop(way) for way in going])
            for way, answer in zip(going, answers, strict=True):
                if (wish := told(way, answer)) is not None:
                    wishes[way] = wish

    def _save(self, wishes: Sequence[Save]) -> Sequence[Answer]:
        return attempt_all(lambda wish: self.tasks.save(wish.task), self.tasks.save_all, wishes)

    def _release(self, wishes: Sequence[Release]) -> Sequence[Answer]:
        pages: dict[tuple[str, int], set[str]] = defaultdict(set)
        for scope, page, call_id in wishes:
            pages[scope, page].add(call_id)
        answers = {
            (scope, page): attempt(self.slots.release, scope, call_ids, page)
            for (scope, page), call_ids in pages.items()
        }
        return [answers[wish.scope, wish.page] for wish in wishes]

    def _settle(self, wishes: Sequence[Settle]) -> Sequence[Answer]:
        campaigns: dict[str, dict[str, Settle]] = defaultdict(dict)
        for wish in wishes:
            campaigns[wish.task.campaign_id][wish.task.task_id] = wish
        answers: dict[str, Answer] = {}
        for own in campaigns.values():
            answers |= self._settle_some(own)
        return [answers[wish.task.task_id] for wish in wishes]

    def _settle_some(self, wishes: Mapping[str, Settle]) -> Mapping[str, Answer]:
        """Settle tasks of one campaign together, without those that have moved; or one by one."""
        moved: dict[str, Answer] = {}
        while len(waiting := {one: wishes[one] for one in wishes if one not in moved}) > 1:
            done = attempt(self.tasks.settle_all, [*waiting.values()])
            if not isinstance(done, Exception):
                return moved | dict(zip(waiting, done, strict=True))
            stale = waiting.keys() & done.args if isinstance(done, Stale) else set()
            if not stale:
                break  # whose fault it was, each finds out by itself
            moved |= {task_id: Stale(task_id) for task_id in stale}
        return moved | {one: attempt(self.tasks.settle, *wish) for one, wish in waiting.items()}


def result_of(done: Done) -> str:
    """What was done about a message, in a word.

    Raises:
        Exception: why it failed, if it did.
    """
    if isinstance(done, Exception):
        raise done
    return done


def told(way: Steps[None], answer: Answer) -> Any:
    """What somebody wants next who is told what came of the last wish; None: nothing."""
    try:
        return way.throw(answer) if isinstance(answer, Exception) else way.send(answer)
    except StopIteration:
        return None


def attempt(act: Callable[..., object], *arguments: object) -> Answer:
    """What an act gives, or why it fails."""
    try:
        return act(*arguments)
    except Exception as error:  # noqa: BLE001 - it is told to whoever wished for the act
        return error


def attempt_all(
    one: Callable[[Any], object], many: Callable[[Sequence[Any]], Answer], wanted: Sequence[Any]
) -> Sequence[Answer]:
    """What an act gives for each, or why it fails; for one alone there is a plainer request."""
    if len(wanted) == 1:
        return [attempt(one, *wanted)]
    answers = attempt(many, wanted)
    return [answers] * len(wanted) if isinstance(answers, Exception) else answers


def in_turn(
    messages: Mapping[int, Message], way_of: Callable[[Message], Steps[str]], done: dict[int, Done]
) -> Steps[None]:
    """Go the ways of some messages one after another, and note what came of each."""
    for place, message in messages.items():
        try:
            done[place] = yield from way_of(message)
        except Exception as error:  # noqa: BLE001 - its message fails, and no other
            done[place] = error


class ReadAhead:
    """Tasks that were read in one request; a look after a lost race is a new one."""

    def __init__(self, tasks: TasksInFlight, task_ids: Iterable[str]) -> None:
        self._tasks = tasks
        self._read: dict[str, Task] = {}
        with suppress(Exception):  # one that cannot be read must not fail the others
            self._read = {task.task_id: task for task in tasks.get_all(task_ids)}
        self.get_all = tasks.get_all

    def get(self, task_id: str) -> Task | None:
        """The task as it was read or saved last, or as it stands now."""
        return self._read.pop(task_id, None) or self._tasks.get(task_id)

    def save(self, task: Task) -> Task:
        """See the port; the next report of the batch goes on from here."""
        return self._saved(self._tasks.save(task))

    def save_all(self, changes: Sequence[tuple[Task, Task]]) -> Sequence[Task | Exception]:
        """See the port; the next reports of the batch go on from here."""
        answers = self._tasks.save_all(changes)
        for answer in answers:
            if not isinstance(answer, Exception):
                self._saved(answer)
        return answers

    def settle(self, task: Task, tally: Tally) -> Task:
        """See the port; the next report of the batch goes on from here."""
        return self._saved(self._tasks.settle(task, tally))

    def settle_all(self, settled: Sequence[tuple[Task, Tally]]) -> Sequence[Task]:
        """See the port; the next reports of the batch go on from here."""
        return [self._saved(task) for task in self._tasks.settle_all(settled)]

    def _saved(self, task: Task) -> Task:
        self._read[task.task_id] = task
        return task


class Remembered:
    """Campaigns that are read once."""

    def __init__(self, campaigns: TheirCampaigns) -> None:
        self._campaigns = campaigns
        self.get = cache(campaigns.get)

    def edit(
        self, workspace_id: str, campaign_id: str, change: Callable[[Campaign], Campaign]
    ) -> Campaign:
        """See the port; what is read from now on is read anew."""
        self.get.cache_clear()
        return self._campaigns.edit(workspace_id, campaign_id, change)


class NudgesOnce:
    """Nudges that are held back, each workspace's only once for each moment."""

    def __init__(self, queue: Nudges) -> None:
        self._queue = queue
        self._held: dict[tuple[str, timedelta], None] = {}

    def nudge(self, workspace_id: str, delay: timedelta = NO_DELAY) -> None:
        """Hold it back."""
        self._held[workspace_id, delay] = None

    def send(self) -> None:
        """Let them go."""
        for workspace_id, delay in self._held:
            self._queue.nudge(workspace_id, delay)


class ActivityOnce:
    """Ended calls that are summed up, so that a batch writes each campaign's hour once."""

    def __init__(self, activity: Activity) -> None:
        self._activity = activity
        self._summed: Counter[Ended] = Counter()

    def add(self, counts: Mapping[Ended, int]) -> None:
        """Hold it back."""
        self._summed.update(counts)

    def send(self) -> None:
        """Let it go; what cancels out is nothing."""
        counts = {ended: count for ended, count in self._summed.items() if count}
        if counts:
            self._activity.add(counts)
