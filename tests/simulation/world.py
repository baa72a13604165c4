"""Virtual time, and actors that run one at a time, interleaved by chance.

An actor is one invocation of a function: a greenlet that stops at every port call. The world
decides how long the stop lasts and whether the actor survives it, so a seed is a whole history.

Every kind of chance has dice of its own. So a part of a history can be left out, a kind of fault
or a user's meddling, and what is left stays much as it was: that is how a story gets short.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from heapq import heappop, heappush
from random import Random
from typing import Any, TypeVar

from greenlet import getcurrent, greenlet

from tests.simulation.faults import AWAY, MOST_SKEW, Outage

#: An invocation that lasts longer is killed, as Lambda does it.
FUNCTION_TIMEOUT = timedelta(seconds=60)

MILLISECOND = timedelta(milliseconds=1)
LATENCIES = [one * MILLISECOND for one in range(1, 40)]
STALLS = [timedelta(seconds=one) for one in range(1, 70)]
NO_SKEW = NO_DELAY = timedelta(0)

Item = TypeVar("Item")
Done = TypeVar("Done")

#: The skew as a part of the world that can be left out.
SKEW = "skew"


class Crashed(BaseException):
    """The process is gone: nothing that stands below the current line will run."""


class Broken(Exception):
    """A request to the table or a queue failed, perhaps after it took effect."""


@dataclass(kw_only=True)
class Process:
    """One invocation of a function, on a machine with a clock of its own."""

    started_at: datetime
    skew: timedelta
    is_dead: bool = False


class Actor(greenlet):
    """What an invocation does; where it does several things side by side, each of them."""

    process: Process
    second: int | None = None  #: In which of its clock it was allowed to start a call.


@dataclass(kw_only=True)
class World:
    """The clock, what will happen, and the dice."""

    seed: int
    now: datetime
    without: frozenset[str] = frozenset()  #: Parts of this world that are left out.
    rates: dict[str, float] = field(default_factory=dict)
    outages: list[Outage] = field(default_factory=list)
    skew_ms: int = 0  #: How far the clock of a worker may be off.
    backlog_ms: int = 50  #: The longest that a message usually waits in its queue.
    gather_ms: int = 0  #: How long calls to be placed are waited for that make a batch.
    fates: list[tuple[float, str | None]] = field(default_factory=list)
    doomed: float = 0.0  #: How many of all port calls something strikes.
    is_troubled: bool = False  #: Whether anything goes wrong here, or ever did.
    story: list[tuple[datetime, str]] = field(default_factory=list)
    parts: dict[str, None] = field(default_factory=dict)  #: What could be left out.
    _dice: dict[str, Random] = field(default_factory=dict)
    _agenda: list[tuple[datetime, int, Callable[[], object]]] = field(default_factory=list)
    _until: datetime = field(init=False)
    _count: int = 0
    _hub: greenlet = field(default_factory=getcurrent)

    def __post_init__(self) -> None:
        self._until = self.now

    def dice(self, name: str) -> Random:
        """The dice for one purpose; what others throw does not touch them."""
        if name not in self._dice:
            self._dice[name] = Random(f"{self.seed} {name}")
        return self._dice[name]

    def has(self, part: str) -> bool:
        """Whether this part belongs to the world, or was left out."""
        self.parts[part] = None
        return part not in self.without

    def strikes(self, fault: str) -> bool:
        """Whether this goes wrong now."""
        rate = self.rates.get(fault)
        return rate is not None and self.dice(fault).random() < rate

    def is_away(self, what: str) -> bool:
        """Whether this cannot be reached now."""
        if not self.outages or not any(one.strikes(what, self.now) for one in self.outages):
            return False
        return self.dice(what).random() < AWAY[what]

    def calm(self) -> None:
        """From now on nothing goes wrong any more."""
        self.rates, self.outages, self.skew_ms = {}, [], 0
        self.fates, self.doomed = [], 0.0

    def doom(self, names: Iterable[str]) -> None:
        """Have one throw of the dice decide which of these strikes a port call, if any."""
        for name in names:
            self.doomed += self.rates.get(name, 0.0)
            self.fates.append((self.doomed, name if self.has(name) else None))

    def fate(self) -> str | None:
        """What strikes this port call; None: nothing, as a rule."""
        if not self.doomed or (lot := self.dice("fate").random()) >= self.doomed:
            return None
        return next(name for limit, name in self.fates if lot < limit)

    def tell(self, line: str) -> None:
        """Note what happened, for the reader of a failing seed."""
        self.story.append((self.now, line))

    def at(self, when: datetime, action: Callable[[], object]) -> None:
        """Have something happen at an instant."""
        self._count += 1
        heappush(self._agenda, (max(when, self.now), self._count, action))

    def after(self, delay: timedelta, action: Callable[[], object]) -> None:
        """Have something happen after a while."""
        self.at(self.now + delay, action)

    def run(self, until: datetime) -> None:
        """Let everything happen that happens until an instant."""
        self._until = until
        while self._agenda and self._agenda[0][0] <= self._until:
            self.now, _, action = heappop(self._agenda)
            action()
        self.now = max(self.now, self._until)

    def hasten(self, wait: timedelta) -> None:
        """Have whoever lets everything happen look again soon."""
        self._until = min(self._until, max(self.now, self.now + wait))

    def run_dry(self) -> None:
        """Let everything happen that still will."""
        while self._agenda:
            self.run(self._agenda[0][0])

    def new_process(self) -> Process:
        """A machine on which something begins now."""
        return Process(started_at=self.now, skew=self._some_skew())

    def start(
        self,
        name: str,
        body: Callable[[], Any],
        done: Callable[[bool], None] | None = None,
        process: Process | None = None,
    ) -> None:
        """Run an invocation, or a part of one; `done` hears whether it succeeded, as a queue does.

        What runs in one process dies together.
        """
        process = process or self.new_process()

        def run() -> None:
            has_succeeded = False
            try:
                result = body()
            except Crashed:
                process.is_dead = True
                self.tell(f"crash: {name}")
            except Exception as error:  # noqa: BLE001 - as Lambda: any error fails the message
                self.tell(f"error: {name}: {first_of(error)}")
            else:
                has_succeeded = True
                if isinstance(result, str):
                    self.tell(f"{name}: {result}")
            if done is not None:
                done(has_succeeded)

        actor = Actor(run, parent=self._hub)
        actor.process = process
        actor.switch()

    def side_by_side(self, act: Callable[[Item], Done], items: Sequence[Item], /) -> list[Done]:
        """See the port; one that dies takes the others with it."""
        actor, done = self.actor(), dict[int, Done]()
        if actor is None:
            return [act(item) for item in items]
        waiting = len(items)

        def begin(number: int, item: Item) -> None:
            def body() -> None:
                done[number] = act(item)

            self.start("ask", body, finished, actor.process)

        def finished(_: bool) -> None:
            nonlocal waiting
            waiting -= 1
            if not waiting:
                self.at(self.now, actor.switch)

        for number, item in enumerate(items):
            self.after(NO_DELAY, partial(begin, number, item))
        self._hub.switch()
        if actor.process.is_dead:
            raise Crashed
        return [done[number] for number in range(len(items))]

    def _some_skew(self) -> timedelta:
        if not self.skew_ms:
            return NO_SKEW
        skew = self.dice(SKEW).randrange(-self.skew_ms, self.skew_ms + 1) * MILLISECOND
        assert abs(skew) <= MOST_SKEW
        return skew

    def actor(self) -> Actor | None:
        """The invocation that runs now; None: somebody outside."""
        current = getcurrent()
        return current if isinstance(current, Actor) else None

    def actor_since(self) -> datetime:
        """When the current invocation began."""
        actor = self.actor()
        return self.now if actor is None else actor.process.started_at

    def clock(self) -> datetime:
        """What the clock of the current invocation shows."""
        actor = self.actor()
        return self.now if actor is None else self.now + actor.process.skew

    def step(self) -> str | None:
        """Stop the current actor before a port call, for a while or for ever.

        Gives what else is to strike the call.
        """
        fate = self.fate()
        latencies = STALLS if fate == "stall" else LATENCIES
        self.pause(latencies[int(self.dice("latency").random() * len(latencies))])
        if fate == "crash" and self.actor() is not None:
            raise Crashed
        return fate

    def pause(self, wait: timedelta) -> None:
        """Stop the current actor for a while; time is up for one that has run too long."""
        actor = getcurrent()
        if not isinstance(actor, Actor):
            return
        when = self.now + wait
        if when <= self._until and (not self._agenda or when < self._agenda[0][0]):
            self.now = when  # nobody else does anything meanwhile
        else:
            self.at(when, actor.switch)
            self._hub.switch()
        process = actor.process
        if process.is_dead or self.now - process.started_at > FUNCTION_TIMEOUT:
            raise Crashed


def first_of(error: BaseException) -> str:
    """An error in words; of a group, the first of its errors."""
    if isinstance(error, BaseExceptionGroup):
        return first_of(error.exceptions[0])
    return f"{type(error).__name__} {error}".strip()
