"""A carrier in virtual time that loses, doubles, delays and hangs; and a journal of what rang."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from chalicelibs.domain.call import Call
from chalicelibs.domain.call_event import CallEvent, EventKind
from chalicelibs.domain.outcome import Outcome
from chalicelibs.ports.carriers import (
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
    TooLate,
    Unreachable,
    Webhook,
    WithdrawAnswer,
)
from tests.simulation.unreliable import HTTP_TIMEOUT
from tests.simulation.world import Broken, World

ENDS = {
    Outcome.COMPLETED: 10,
    Outcome.NO_ANSWER: 4,
    Outcome.BUSY: 3,
    Outcome.VOICEMAIL: 2,
    Outcome.FAILED: 1,
    Outcome.NO_RESPONSE: 1,
}
ANSWERED = {Outcome.COMPLETED, Outcome.VOICEMAIL, Outcome.NO_RESPONSE}

#: How long a carrier goes on sending a webhook that is not accepted.
WEBHOOK_TRIES = 8

NO_WAIT = timedelta(0)


@dataclass(kw_only=True)
class Ring:
    """A phone that really rang, and what its carrier tells of that."""

    call_id: str
    phone: str
    asked_at: datetime  #: When the carrier got the request; it may sit on it.
    started_at: datetime
    ended_at: datetime
    end: CallEvent
    analysis: CallEvent | None = None
    is_told_twice: bool = False  #: First that it is over, then in full.


@dataclass(kw_only=True)
class SimulatedCarrier:
    """Dials whatever it is asked to, as often as it is asked."""

    world: World
    receive: Callable[[CallEvent], object]
    skew: timedelta = NO_WAIT  #: How far its clock is off.
    announces: bool = (
        True  #: Whether it says at the end that an analysis follows; else it is late.
    )
    rings: list[Ring] = field(default_factory=list)
    asked: dict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    _known: dict[str, Ring] = field(default_factory=dict)

    def get(self, workspace_id: str | None, name: str) -> "SimulatedCarrier":
        """Every carrier there is, whatever its name."""
        assert name
        assert workspace_id
        return self

    def knows(self, workspace_id: str | None, name: str) -> bool:
        """There is every carrier."""
        return bool(workspace_id and name)

    def place(self, request: DialRequest) -> PlaceAnswer:
        """See the port."""
        self.world.step()
        answer = self._answer(request)
        self.world.tell(f"dial {request.call_id}: the carrier says {answer}")
        return answer

    def _answer(self, request: DialRequest) -> PlaceAnswer:
        world, random = self.world, self.world.dice("carrier")
        if world.is_away("carrier"):
            return Unreachable() if random.random() < 0.5 else AnswerLost()
        self.asked[request.call_id].append(world.now)
        if world.strikes("dial_refused"):
            return Refused("refused", is_permanent=random.random() < 0.3)
        if world.strikes("dial_throttled"):
            return Throttled(timedelta(seconds=random.randrange(1, 90)))
        if world.strikes("dial_unreachable"):
            return Unreachable()
        if world.strikes("dial_hangs"):
            return self._hang(request)
        is_answer_lost = world.strikes("dial_answer_lost")
        if is_answer_lost and random.random() < 0.5:
            return AnswerLost()
        self._ring(request)
        world.step()
        return AnswerLost() if is_answer_lost else Accepted(f"sim-{request.call_id}")

    def _hang(self, request: DialRequest) -> PlaceAnswer:
        """The request lies around; when it is taken up at last, nobody waits for the answer."""
        random = self.world.dice("carrier")
        if random.random() < 0.3:  # it takes long to arrive, and the answer is in time
            self.world.pause(timedelta(seconds=random.randrange(1, 9)))
            self._ring(request)
            return Accepted(f"sim-{request.call_id}")
        if random.random() < 0.5:
            self._ring(request, after=timedelta(seconds=random.randrange(40)))
        self.world.pause(HTTP_TIMEOUT)
        return AnswerLost()

    def fetch(self, call: Call) -> FetchAnswer:
        """See the port."""
        self.world.step()
        if self.world.is_away("carrier") or self.world.strikes("fetch_fails"):
            return CannotSay()
        ring = self._known.get(call.call_id)
        if ring is None:
            return NeverSeen()
        return StillAlive() if ring.ended_at > self.world.now else ring.end

    def ring_of(self, call_id: str) -> Ring | None:
        """What rang for a call."""
        return self._known.get(call_id)

    def withdraw(self, call: Call) -> WithdrawAnswer:
        """See the port; here every call rings at once."""
        assert call
        return TooLate()

    def read(self, webhook: Webhook) -> CallEvent | None:
        """See the port; here reports come as they are, never as HTTP."""
        raise Forged(f"{len(webhook.headers)} headers, {len(webhook.body)} bytes")

    def _ring(self, request: DialRequest, *, after: timedelta = NO_WAIT) -> None:
        random, now = self.world.dice("calls"), self.world.now
        outcome = random.choices(list(ENDS), list(ENDS.values()))[0]
        has_answered = outcome in ANSWERED
        # A line that is busy is often told before the answer to the dial is.
        quick = timedelta(milliseconds=random.randrange(1, 300))
        ringing = timedelta(seconds=random.randrange(1, 45))
        if not has_answered and random.random() < 0.3:
            ringing = quick
        talk = timedelta(seconds=random.randrange(1, 300) if has_answered else 0)
        start = now + after
        ring = Ring(
            call_id=request.call_id,
            phone=request.phone,
            asked_at=now,
            started_at=start,
            ended_at=start + ringing + talk,
            end=self._end(request, outcome, start + ringing + talk, talk),
        )
        has_analysis = ring.end.analysis_follows
        if not self.announces:
            ring.end = replace(ring.end, analysis_follows=False)
        self.rings.append(ring)
        self._known.setdefault(ring.call_id, ring)
        self.world.tell(
            f"RING {ring.call_id} {start:%H:%M:%S} to {ring.ended_at:%H:%M:%S}, {outcome}"
        )
        if has_answered:
            picked_up = start + ringing
            answer = CallEvent(
                call_id=ring.call_id, kind=EventKind.IN_PROGRESS, at=picked_up + self.skew
            )
            self._report(answer, at=picked_up)
        self._tell_end(ring)
        if has_analysis:
            self._analyse(ring)
        self._wish(ring)

    def _tell_end(self, ring: Ring) -> None:
        """That it is over, now; and how it was, now or some seconds later."""
        random = self.world.dice("reports")
        is_chosen = bool(ring.end.duration) and random.random() < 0.2
        ring.is_told_twice = self.world.has("ends told twice") and is_chosen
        if not ring.is_told_twice:
            return self._report(ring.end, at=ring.ended_at)
        first = replace(ring.end, duration=None, cost=None, analysis_follows=True)
        self._report(first, at=ring.ended_at)
        return self._report(ring.end, at=ring.ended_at + timedelta(seconds=random.randrange(90)))

    def _wish(self, ring: Ring) -> None:
        """Some ask not to be called again; it is told in any report, sooner or much later."""
        random = self.world.dice("wishes")
        if not (self.world.has("wishes not to be called again") and random.random() < 0.05):
            return
        wish = CallEvent(
            call_id=ring.call_id, kind=EventKind.ANALYSIS, at=ring.end.at, opts_out=True
        )
        if random.random() < 0.3:
            wish = replace(wish, kind=EventKind.IN_PROGRESS)
        self._report(wish, at=ring.ended_at + timedelta(seconds=random.randrange(-20, 2400)))

    def _end(self, request: DialRequest, outcome: str, at: datetime, talk: timedelta) -> CallEvent:
        random = self.world.dice("calls")
        has_analysis = outcome == Outcome.COMPLETED and random.random() < 0.3
        return CallEvent(
            call_id=request.call_id,
            kind=EventKind.ENDED,
            at=at + self.skew,
            outcome=outcome,
            is_permanent=outcome == Outcome.FAILED and random.random() < 0.2,
            duration=talk,
            cost="0.0123 EUR" if talk else None,
            analysis_follows=has_analysis,
        )

    def _analyse(self, ring: Ring) -> None:
        random = self.world.dice("calls")
        outcome = random.choice([None, "interested", Outcome.BUSY_CALLBACK])
        wait = timedelta(minutes=random.randrange(1, 40))
        ring.analysis = CallEvent(
            call_id=ring.call_id,
            kind=EventKind.ANALYSIS,
            at=ring.end.at,
            outcome=outcome,
            callback_at=ring.ended_at + wait if outcome is Outcome.BUSY_CALLBACK else None,
            analysis={"summary": "they talked"},
        )
        is_first = self.world.strikes("analysis_first")
        early = timedelta(seconds=random.randrange(5)) if is_first else timedelta(seconds=-10)
        if not self.announces:
            early = -timedelta(seconds=self.world.dice("announces").randrange(10, 600))
        self._report(ring.analysis, at=ring.ended_at - early)

    def _report(self, event: CallEvent, *, at: datetime) -> None:
        world = self.world
        if world.strikes("webhook_lost"):
            world.tell(f"webhook {event.kind} of {event.call_id}: lost")
            return
        for _ in range(2 if world.strikes("webhook_doubled") else 1):
            random, late = world.dice("webhooks"), NO_WAIT
            if world.strikes("webhook_late"):
                late = timedelta(seconds=random.randrange(1, 900))
            if world.strikes("webhook_a_day_late"):
                late = timedelta(seconds=random.randrange(86_400))
            self._send(event, at + late, tries=WEBHOOK_TRIES)

    def _send(self, event: CallEvent, when: datetime, *, tries: int) -> None:
        def done(has_succeeded: bool) -> None:
            if not has_succeeded and tries > 1:
                self._send(event, self.world.now + timedelta(seconds=20), tries=tries - 1)

        def send() -> object:
            if self.world.is_away("carrier"):
                raise Broken("the carrier is away")
            return self.receive(event)

        name = f"webhook {event.kind} of {event.call_id}"
        self.world.at(when, lambda: self.world.start(name, send, done))
