"""Ports that take time, fail and lie, in front of the in-memory twins."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from chalicelibs.domain.call_event import CallEvent
from chalicelibs.domain.dead_letters import MOST_RECEIVES, DeadLetter, QueueName
from chalicelibs.domain.errors import CarillonError, Stale
from chalicelibs.domain.once import InProgress
from chalicelibs.domain.task import Task
from chalicelibs.ports.queues import ImportChunk, PlaceCall
from chalicelibs.together import Done
from tests.simulation.world import MILLISECOND, Broken, World, first_of

NO_DELAY = timedelta(0)

#: How long a message stays invisible after an invocation that failed.
VISIBILITY = {
    QueueName.NUDGES: timedelta(minutes=3),
    QueueName.CALLS: timedelta(minutes=6),
    QueueName.CALL_EVENTS: timedelta(minutes=3),
    QueueName.IMPORT_CHUNKS: timedelta(minutes=6),
    QueueName.IMPORTS: timedelta(minutes=2),
}

#: Calls that are placed, or reports that are recorded, by one invocation.
MOST_TOGETHER = 10

#: A message that nobody took for so long is gone; a dead letter is kept for longer than we look.
RETENTION = timedelta(days=4)

#: How long a request may hang before the client gives up and says that its answer was lost.
HTTP_TIMEOUT = timedelta(seconds=10)

#: Writes that the SDK repeats when their answer is lost, and whose condition then fails: on what
#: the first one wrote. What a transaction does twice has a token and does nothing twice.
ECHOES = {"claim_all", "save", "save_all", "take"}

#: Requests that do several things, one after the other: one that fails may have done some of them.
#: It says nothing of those, as if the function had died.
IN_PARTS = {"claim_all", "keep_all", "save_all"}


class Unreliable:
    """Any port: each call is a step of the world, and may fail before or after its effect."""

    def __init__(self, port: object, world: World, room: str = "table") -> None:
        self._port = port
        self._world = world
        self._room = room

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method: Callable[..., Any] = getattr(self._port, name)
        world, room = self._world, self._room

        def call(*args: object, **kwargs: object) -> object:
            fate = world.step()
            if world.outages and world.is_away(room):
                raise Broken(f"{name}: the {room} is away")
            if fate is None:
                return method(*args, **kwargs)
            if fate == "request_refused":
                if name in IN_PARTS:
                    method(some_of(args[0], world), *args[1:])
                raise Broken(f"{name} was refused")
            result = method(*args, **kwargs)
            if fate == "answer_lost":
                raise Broken(f"the answer to {name} was lost")
            is_alone = name in ECHOES or (name == "settle" and not args[1])
            return echo(result) if is_alone and fate == "condition_echo" else result

        setattr(self, name, call)
        return call


def some_of(wanted: object, world: World) -> object:
    """The first few of what was asked for."""
    assert isinstance(wanted, Sequence)
    return wanted[: world.dice("parts").randrange(len(wanted))]


def echo(result: object) -> object:
    """What a conditional write says that was carried out before, without anybody hearing of it."""
    if isinstance(result, Task):
        raise Stale("it met itself")
    if isinstance(result, frozenset):
        return frozenset()
    if isinstance(result, list):
        return [Stale("it met itself")] * len(result)
    return 0 if isinstance(result, int) else result


@dataclass
class WorldClock:
    """The clock of whoever looks at it: each worker's is off in its own way."""

    world: World

    def now(self) -> datetime:
        """See the port."""
        return self.world.clock()


@dataclass(frozen=True, kw_only=True)
class Message:
    """Something to be done, as a queue keeps it."""

    queue: QueueName
    name: str
    body: Callable[[], object]
    sent_at: datetime
    call: PlaceCall | None = None  #: It is handled with others.
    report: CallEvent | None = None  #: So is this.


class Arrived(NamedTuple):
    """A message that can be taken, and who hears whether it was handled."""

    message: Message
    done: Callable[[bool], None]


@dataclass(kw_only=True)
class UnreliableQueue:
    """Queues that deliver twice, late and again after a failure, until they give up."""

    world: World
    place: Callable[[Sequence[PlaceCall]], Sequence[Done]]
    record: Callable[[Sequence[CallEvent]], Sequence[Done]]
    dispatch: Callable[[str], object]
    on_tick: Callable[[str], object]
    import_chunk: Callable[[ImportChunk], object]
    dead: list[Message] = field(default_factory=list)
    forgotten: list[Message] = field(default_factory=list)
    arrived: list[Arrived] = field(default_factory=list)  #: Calls that wait to be placed.
    piled: list[Arrived] = field(default_factory=list)  #: Reports that wait to be recorded.

    def calls(self, messages: Iterable[tuple[PlaceCall, timedelta]]) -> None:
        """See the port."""
        for message, delay in messages:
            placing = Message(
                queue=QueueName.CALLS,
                name=f"place {message.call_id}",
                body=lambda: None,
                sent_at=self.world.now,
                call=message,
            )
            self.send_message(placing, delay)

    def events(self, events: Iterable[CallEvent]) -> None:
        """See the port."""
        for event in events:
            said = f"{event.kind} {event.outcome or ''}".strip()
            name = f"record {said} of {event.call_id}"
            message = Message(
                queue=QueueName.CALL_EVENTS,
                name=name,
                body=lambda: None,
                sent_at=self.world.now,
                report=event,
            )
            self.send_message(message)

    def chunks(self, messages: Iterable[ImportChunk]) -> None:
        """See the port."""
        for message in messages:
            name = f"import chunk {message.number} of {message.import_id}"
            body = partial(self.import_chunk, message)
            self.send(QueueName.IMPORT_CHUNKS, name, body)

    def nudge(self, workspace_id: str, delay: timedelta = NO_DELAY) -> None:
        """See the port."""
        if not self.world.strikes("nudge_lost"):
            body = partial(self.dispatch, workspace_id)
            self.send(QueueName.NUDGES, "dispatch", body, delay)

    def tick(self, workspace_ids: Iterable[str]) -> None:
        """See the port."""
        for workspace_id in workspace_ids:
            self.send(QueueName.NUDGES, "tick", partial(self.on_tick, workspace_id))

    def send(
        self,
        queue: QueueName,
        name: str,
        body: Callable[[], object],
        delay: timedelta = NO_DELAY,
    ) -> None:
        """Have something done, once or twice, sooner or later."""
        message = Message(queue=queue, name=name, body=body, sent_at=self.world.now)
        self.send_message(message, delay)

    def send_message(self, message: Message, delay: timedelta = NO_DELAY) -> None:
        """Have a message delivered, once or twice, sooner or later."""
        world = self.world
        for _ in range(2 if world.strikes("message_doubled") else 1):
            random = world.dice("messages")
            late = NO_DELAY
            if world.strikes("message_late"):
                late = timedelta(seconds=random.randrange(1, random.choice([5, 60, 400])))
            if world.strikes("message_very_late"):
                late = timedelta(minutes=random.randrange(1, random.choice([300, 9000])))
            jitter = timedelta(milliseconds=random.randrange(1, world.backlog_ms))
            self._deliver(message, world.now + delay + late + jitter, receives=1)

    def _deliver(self, message: Message, when: datetime, *, receives: int) -> None:
        if when > message.sent_at + RETENTION:
            self.world.tell(f"{message.name}: forgotten by its queue after four days")
            self.forgotten.append(message)
            return

        def done(has_succeeded: bool) -> None:
            if has_succeeded:
                return
            if receives == MOST_RECEIVES:
                self.world.tell(f"{message.name}: is a dead letter now")
                self.dead.append(message)
                return
            again = self.world.now + VISIBILITY[message.queue]
            self._deliver(message, again, receives=receives + 1)

        self.world.at(when, lambda: self._arrive(Arrived(message, done)))

    def _arrive(self, one: Arrived) -> None:
        if one.message.call is not None:
            self._gather(one)
        elif one.message.report is not None:
            self._pile(one)
        else:
            self.world.start(one.message.name, one.message.body, one.done)

    def _gather(self, call: Arrived) -> None:
        """Wait a moment for other calls: they are placed in batches."""
        self.arrived.append(call)
        if len(self.arrived) == 1:
            self.world.after(self._patience("calls", self.world.gather_ms), self._take)

    def _take(self) -> None:
        batch, self.arrived = self.arrived[:MOST_TOGETHER], self.arrived[MOST_TOGETHER:]
        if self.arrived:
            self.world.after(NO_DELAY, self._take)
        self._together(batch, self.place, [one.message.call for one in batch if one.message.call])

    def _pile(self, report: Arrived) -> None:
        """Wait for other reports: they are recorded in batches."""
        if not self.piled:
            self.world.after(self._patience("reports", self.world.backlog_ms), self._record_piled)
        self.piled.append(report)

    def _patience(self, what: str, usual_ms: int) -> timedelta:
        """How long a message waits for others that go with it."""
        random = self.world.dice(what)
        if self.world.strikes(f"{what}_piled"):
            return timedelta(seconds=random.randrange(1, random.choice([30, 150, 600])))
        return random.choice([0, usual_ms]) * MILLISECOND

    def _record_piled(self) -> None:
        """Hand out all that wait, to several at once as SQS does it, and some of it twice."""
        piled, self.piled = self.piled, []
        hands = self.world.dice("reports").choice([1, 1, 2])
        twice = [
            one._replace(done=lambda _: None)
            for one in piled
            if self.world.strikes("message_doubled")
        ]
        for own in (*(piled[hand::hands] for hand in range(hands)), twice):
            for start in range(0, len(own), MOST_TOGETHER):
                self._record(own[start : start + MOST_TOGETHER])

    def _record(self, batch: Sequence[Arrived]) -> None:
        reports = [one.message.report for one in batch if one.message.report]
        self._together(batch, self.record, reports)

    def _together(
        self,
        batch: Sequence[Arrived],
        handle: Callable[[Sequence[Any]], Sequence[Done]],
        wanted: Sequence[object],
    ) -> None:
        """Handle the messages of a batch in one invocation; if it dies, all of them come again."""
        handled: Sequence[Done] = [Broken("nobody said")] * len(batch)

        def body() -> None:
            nonlocal handled
            handled = handle(wanted)
            for one, said in zip(batch, handled, strict=True):
                if isinstance(said, Exception):
                    self.world.tell(f"error: {one.message.name}: {first_of(said)}")
                else:
                    self.world.tell(f"{one.message.name}: {said}")

        def done(has_succeeded: bool) -> None:
            for one, said in zip(batch, handled, strict=True):
                one.done(has_succeeded and not isinstance(said, Exception))

        self.world.start(", ".join(one.message.name for one in batch), body, done)


@dataclass(kw_only=True)
class UnreliableDeadLetters:
    """The port through which an operator sends dead letters back."""

    queues: UnreliableQueue

    def count(self, queue: QueueName) -> int:
        """See the port."""
        return sum(one.queue == queue for one in self.queues.dead)

    def peek(self, queue: QueueName, *, limit: int) -> Sequence[DeadLetter]:
        """See the port."""
        dead = [one for one in self.queues.dead if one.queue == queue]
        return [
            DeadLetter(queue=queue, message_id=str(number), sent_at=one.sent_at)
            for number, one in enumerate(dead[:limit])
        ]

    def redrive(self, queue: QueueName, *, limit: int) -> int:
        """See the port."""
        going = [one for one in self.queues.dead if one.queue == queue][:limit]
        for message in going:
            self.queues.dead.remove(message)
            self.queues.world.tell(f"{message.name}: sent back by the operator")
            again = replace(message, sent_at=self.queues.world.now)
            self.queues.send_message(again)
        return len(going)


def ask(world: World, name: str, body: Callable[[], object], *, tries: int = 20) -> None:
    """A person or program sends a request, and again while there is no clear answer."""

    def request() -> object:
        try:
            return body()
        except (InProgress, Stale) as error:
            raise Broken(str(error)) from None
        except CarillonError as error:
            return f"refused, {error}"

    def done(has_succeeded: bool) -> None:
        if not has_succeeded and tries > 1:
            wait = timedelta(seconds=world.dice("patience").randrange(1, 8))
            world.after(wait, lambda: ask(world, name, body, tries=tries - 1))

    world.start(name, request, done)
