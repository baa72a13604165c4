"""A carrier in virtual time that loses, doubles and delays, and a journal of what rang."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from chalicelibs.domain.call import Call
from chalicelibs.domain.call_event import CallEvent, EventKind
from chalicelibs.domain.outcome import Outcome
from chalicelibs.ports import (
    Accepted,
    AnswerLost,
    CannotSay,
    DialRequest,
    FetchAnswer,
    Forged,
    NeverSeen,
    PlaceAnswer,
    Refused,
    StillAlive,
    Throttled,
    Unreachable,
)
from tests.simulation.world import World

ENDS = {
    Outcome.COMPLETED: 10,
    Outcome.NO_ANSWER: 4,
    Outcome.BUSY: 3,
    Outcome.VOICEMAIL: 2,
    Outcome.FAILED: 1,
    Outcome.NO_RESPONSE: 1,
}

#: How long a carrier goes on sending a webhook that is not accepted.
WEBHOOK_TRIES = 8


@dataclass(kw_only=True)
class Ring:
    """A phone that really rang."""

    call_id: str
    phone: str
    started_at: datetime
    ended_at: datetime
    end: CallEvent


@dataclass(kw_only=True)
class SimulatedCarrier:
    """Dials whatever it is asked to, as often as it is asked."""

    world: World
    receive: Callable[[CallEvent], object]
    rings: list[Ring] = field(default_factory=list)

    def get(self, name: str) -> "SimulatedCarrier":
        """Every carrier there is, whatever its name."""
        assert name
        return self

    def place(self, request: DialRequest) -> PlaceAnswer:
        """See the port."""
        self.world.step()
        faults = self.world.faults
        if self.world.chance(faults.dial_refused):
            return Refused("refused", is_permanent=self.world.chance(0.3))
        if self.world.chance(faults.dial_throttled):
            return Throttled(timedelta(seconds=self.world.random.randrange(1, 90)))
        if self.world.chance(faults.dial_unreachable):
            return Unreachable()
        is_answer_lost = self.world.chance(faults.dial_answer_lost)
        if is_answer_lost and self.world.chance(0.5):
            return AnswerLost()
        self._ring(request)
        self.world.step()
        return AnswerLost() if is_answer_lost else Accepted(f"sim-{request.call_id}")

    def fetch(self, call: Call) -> FetchAnswer:
        """See the port."""
        self.world.step()
        if self.world.chance(self.world.faults.fetch_fails):
            return CannotSay()
        for ring in self.rings:
            if ring.call_id == call.call_id:
                return StillAlive() if ring.ended_at > self.world.now else ring.end
        return NeverSeen()

    def read(self, headers: Mapping[str, str], body: bytes) -> CallEvent | None:
        """See the port; here reports come as they are, never as HTTP."""
        raise Forged(f"{len(headers)} headers, {len(body)} bytes")

    def _ring(self, request: DialRequest) -> None:
        random = self.world.random
        outcome = random.choices(list(ENDS), list(ENDS.values()))[0]
        ringing = timedelta(seconds=random.randrange(1, 45))
        has_answered = outcome in {Outcome.COMPLETED, Outcome.VOICEMAIL, Outcome.NO_RESPONSE}
        talk = timedelta(seconds=random.randrange(1, 300) if has_answered else 0)
        start = self.world.now
        end = start + ringing + talk
        has_analysis = outcome is Outcome.COMPLETED and self.world.chance(0.3)
        ended = CallEvent(
            call_id=request.call_id,
            kind=EventKind.ENDED,
            at=end,
            outcome=outcome,
            is_permanent=outcome is Outcome.FAILED and self.world.chance(0.2),
            duration=talk,
            analysis_follows=has_analysis,
        )
        ring = Ring(
            call_id=request.call_id, phone=request.phone, started_at=start, ended_at=end, end=ended
        )
        self.rings.append(ring)
        self.world.tell(f"ring    {request.call_id} until {end:%H:%M:%S} {outcome}")
        if has_answered:
            answer = CallEvent(
                call_id=request.call_id, kind=EventKind.IN_PROGRESS, at=start + ringing
            )
            self._report(answer)
        self._report(ended)
        if has_analysis:
            self._report(self._analysis(ended))

    def _analysis(self, ended: CallEvent) -> CallEvent:
        outcome = self.world.random.choice([None, "interested", Outcome.BUSY_CALLBACK])
        wait = timedelta(minutes=self.world.random.randrange(1, 40))
        return CallEvent(
            call_id=ended.call_id,
            kind=EventKind.ANALYSIS,
            at=ended.at + timedelta(seconds=10),
            outcome=outcome,
            callback_at=ended.at + wait if outcome is Outcome.BUSY_CALLBACK else None,
            analysis={"summary": "they talked"},
        )

    def _report(self, event: CallEvent) -> None:
        faults = self.world.faults
        if self.world.chance(faults.webhook_lost):
            self.world.tell(f"lost    {event.kind} of {event.call_id}")
            return
        for _ in range(2 if self.world.chance(faults.webhook_doubled) else 1):
            late = timedelta(0)
            if self.world.chance(faults.webhook_late):
                late = timedelta(seconds=self.world.random.randrange(1, 900))
            self._send(event, event.at + late, tries=WEBHOOK_TRIES)

    def _send(self, event: CallEvent, when: datetime, *, tries: int) -> None:
        def done(has_succeeded: bool) -> None:
            if not has_succeeded and tries > 1:
                self._send(event, self.world.now + timedelta(seconds=20), tries=tries - 1)

        name = f"webhook {event.kind} of {event.call_id}"
        self.world.at(when, lambda: self.world.start(name, lambda: self.receive(event), done))
