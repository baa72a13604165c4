"""Virtual time, and actors that run one at a time, interleaved by chance.

An actor is one invocation of a function: a greenlet that stops at every port call. The world
decides how long the stop lasts and whether the actor survives it, so a seed is a whole history.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush
from random import Random

from greenlet import getcurrent, greenlet

#: An invocation that lasts longer is killed, as Lambda does it.
FUNCTION_TIMEOUT = timedelta(seconds=60)

MILLISECOND = timedelta(milliseconds=1)


class Crashed(BaseException):
    """The process is gone: nothing that stands below the current line will run."""


class Broken(Exception):
    """A request to the table or a queue failed, perhaps after it took effect."""


@dataclass(kw_only=True)
class Faults:
    """How often things go wrong, as probabilities per occasion."""

    crash: float = 0.0  #: Per port call: the invocation dies before it.
    stall: float = 0.0  #: Per port call: it takes seconds instead of milliseconds.
    request_refused: float = 0.0  #: Per port call: it raises and did nothing.
    answer_lost: float = 0.0  #: Per port call: it took effect and raises.
    message_doubled: float = 0.0
    message_late: float = 0.0
    nudge_lost: float = 0.0
    webhook_lost: float = 0.0
    webhook_doubled: float = 0.0
    webhook_late: float = 0.0
    dial_refused: float = 0.0
    dial_throttled: float = 0.0
    dial_unreachable: float = 0.0
    dial_answer_lost: float = 0.0  #: Half of these ring.
    fetch_fails: float = 0.0
    agenda_old: float = 0.0  #: Per look into the agenda.

    def calmed(self) -> "Faults":
        """A world in which nothing goes wrong any more."""
        return Faults()


@dataclass(kw_only=True)
class World:
    """The clock, what will happen, and the dice."""

    random: Random
    now: datetime
    faults: Faults
    backlog_ms: int = 50  #: The longest that a message usually waits in its queue.
    story: list[str] = field(default_factory=list)
    _agenda: list[tuple[datetime, int, Callable[[], object]]] = field(default_factory=list)
    _count: int = 0
    _hub: greenlet = field(default_factory=getcurrent)
    _started: dict[greenlet, datetime] = field(default_factory=dict)

    def chance(self, probability: float) -> bool:
        """Whether something with this probability happens now."""
        return probability > 0 and self.random.random() < probability

    def tell(self, line: str) -> None:
        """Note what happened, for the reader of a failing seed."""
        self.story.append(f"{self.now:%d %H:%M:%S.%f} {line}"[:200])

    def at(self, when: datetime, action: Callable[[], object]) -> None:
        """Have something happen at an instant."""
        self._count += 1
        heappush(self._agenda, (max(when, self.now), self._count, action))

    def after(self, delay: timedelta, action: Callable[[], object]) -> None:
        """Have something happen after a while."""
        self.at(self.now + delay, action)

    def every(self, period: timedelta, action: Callable[[], object], until: datetime) -> None:
        """Have something happen again and again."""

        def again() -> None:
            action()
            if self.now + period <= until:
                self.after(period, again)

        again()

    def run(self, until: datetime) -> None:
        """Let everything happen that happens until an instant."""
        while self._agenda and self._agenda[0][0] <= until:
            self.now, _, action = heappop(self._agenda)
            action()
        self.now = until

    def start(
        self, name: str, body: Callable[[], object], done: Callable[[bool], None] | None = None
    ) -> None:
        """Run an invocation; `done` hears whether it succeeded. A crashed one is not heard of."""

        def run() -> None:
            try:
                body()
            except Crashed:
                self.tell(f"crash   {name}")
                has_succeeded = False
            except Exception as error:  # noqa: BLE001 - as Lambda: any error fails the message
                self.tell(f"error   {name}: {type(error).__name__} {error}")
                has_succeeded = False
            else:
                has_succeeded = True
            if done is not None:
                done(has_succeeded)

        actor = greenlet(run, parent=self._hub)
        self._started[actor] = self.now
        actor.switch()

    def actor_since(self) -> datetime:
        """When the current invocation began."""
        return self._started.get(getcurrent(), self.now)

    def step(self) -> None:
        """Stop the current actor before a port call, for a while or for ever."""
        actor = getcurrent()
        if actor is self._hub:
            return
        latency = self.random.randrange(1, 40) * MILLISECOND
        if self.chance(self.faults.stall):
            latency = self.random.randrange(1, 70) * timedelta(seconds=1)
        self.after(latency, actor.switch)
        self._hub.switch()
        if self.now - self._started[actor] > FUNCTION_TIMEOUT or self.chance(self.faults.crash):
            raise Crashed
