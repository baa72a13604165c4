"""Ports that take time, fail and lie, in front of the in-memory twins."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial, wraps
from typing import Any

from chalicelibs.domain.call_event import CallEvent
from chalicelibs.domain.errors import CarillonError
from chalicelibs.ports import PlaceCall
from tests.simulation.world import Broken, World

NO_DELAY = timedelta(0)

#: How long a message stays invisible after an invocation that failed.
VISIBILITY = timedelta(minutes=6)
RECEIVES = 5


class Unreliable:
    """Any port: each call is a step of the world, and may fail before or after its effect."""

    def __init__(self, port: object, world: World) -> None:
        self._port = port
        self._world = world

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method: Callable[..., Any] = getattr(self._port, name)

        @wraps(method)
        def call(*args: object, **kwargs: object) -> object:
            self._world.step()
            if self._world.chance(self._world.faults.request_refused):
                raise Broken(f"{name} was refused")
            result = method(*args, **kwargs)
            if self._world.chance(self._world.faults.answer_lost):
                raise Broken(f"the answer to {name} was lost")
            return result

        return call


@dataclass
class WorldClock:
    """The clock of one worker."""

    world: World
    skew: timedelta = NO_DELAY

    def now(self) -> datetime:
        """See the port."""
        return self.world.now + self.skew


@dataclass(kw_only=True)
class UnreliableQueue:
    """Queues that deliver twice, late and again after a failure, until they give up."""

    world: World
    place: Callable[[PlaceCall], object]
    record: Callable[[CallEvent], object]
    dispatch: Callable[[str], object]
    on_tick: Callable[[str], object]
    dead: list[str] = field(default_factory=list)

    def calls(self, messages: Iterable[tuple[PlaceCall, timedelta]]) -> None:
        """See the port."""
        for message, delay in messages:
            self._send(f"place {message.call_id}", partial(self.place, message), delay)

    def events(self, events: Iterable[CallEvent]) -> None:
        """See the port."""
        for event in events:
            name = f"record {event.kind} {event.outcome} of {event.call_id}"
            self._send(name, partial(self.record, event), NO_DELAY)

    def nudge(self, workspace_id: str, delay: timedelta = NO_DELAY) -> None:
        """See the port."""
        if not self.world.chance(self.world.faults.nudge_lost):
            self._send("dispatch", partial(self.dispatch, workspace_id), delay)

    def tick(self, workspace_ids: Iterable[str]) -> None:
        """See the port."""
        for workspace_id in workspace_ids:
            self._send("tick", partial(self.on_tick, workspace_id), NO_DELAY)

    def _send(self, name: str, body: Callable[[], object], delay: timedelta) -> None:
        copies = 2 if self.world.chance(self.world.faults.message_doubled) else 1
        for _ in range(copies):
            late = NO_DELAY
            if self.world.chance(self.world.faults.message_late):
                longest = self.world.random.choice([5, 60, 400])
                late = timedelta(seconds=self.world.random.randrange(1, longest))
            jitter = timedelta(milliseconds=self.world.random.randrange(1, self.world.backlog_ms))
            self._deliver(name, body, self.world.now + delay + late + jitter, receives=1)

    def _deliver(
        self, name: str, body: Callable[[], object], when: datetime, *, receives: int
    ) -> None:
        def done(has_succeeded: bool) -> None:
            if has_succeeded:
                return
            if receives == RECEIVES:
                self.world.tell(f"dead    {name}")
                self.dead.append(name)
                return
            again = self.world.now + VISIBILITY
            self._deliver(name, body, again, receives=receives + 1)

        self.world.at(when, lambda: self.world.start(name, body, done))


def retried(body: Callable[[], object], world: World, *, tries: int = 20) -> None:
    """What a person or program does whose request got an error: send it again."""
    for _ in range(tries):
        try:
            body()
        except Broken:
            continue
        except CarillonError as error:
            world.tell(f"refused {type(error).__name__} {error}")
        return
