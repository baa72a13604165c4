"""The life of a simulated call: taken or not, dialled, answered, ended, analysed."""

import asyncio
from dataclasses import dataclass

from local.carrier.answers import (
    NO_SUCH_NUMBER,
    Answer,
    Broken,
    Refused,
    Taken,
    Throttled,
    impossible_number,
)
from local.carrier.calls import Call
from local.carrier.chance import seeded
from local.carrier.clock import epoch_ms
from local.carrier.events import analysis
from local.carrier.faults import CreateFault, Faults
from local.carrier.outcomes import ENDINGS, REFUSED, Ending, Odds, Plan, Timing, plan
from local.carrier.register import Register
from local.carrier.requests import CallRequest
from local.carrier.tasks import Tasks


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """How the carrier's calls go."""

    seed: int
    odds: Odds
    timing: Timing
    analysis_delay: float
    callback_in_ms: int
    #: The zone in whose local time a contact asks to be called back; None: an instant.
    callback_timezone: str | None = None


class Switchboard:
    """Takes calls and lets them run their course."""

    def __init__(self, behaviour: Behaviour, *, register: Register, tasks: Tasks) -> None:
        self.register = register
        self._behaviour = behaviour
        self._tasks = tasks
        self._lives: dict[str, asyncio.Task[None]] = {}

    def take(self, request: CallRequest, faults: Faults) -> Answer:
        """Decide about a create request and, where it is taken, start its call."""
        answer_rng = seeded(
            self._behaviour.seed, "create", request.to, self._next_request(request)
        )
        fault = faults.of_create(answer_rng)
        if fault is CreateFault.ERROR:
            return self.register.turn_away(request, "error", Broken())
        if fault is CreateFault.THROTTLED:
            return self.register.turn_away(request, "throttled", Throttled())
        earlier_calls = self.register.history.calls_by_number[request.to]
        rng = seeded(self._behaviour.seed, "call", request.to, earlier_calls)
        name = self._behaviour.odds.ending_name(request.to, earlier_calls=earlier_calls, rng=rng)
        refusal = _refusal(request, name, fault)
        if refusal:
            return self.register.turn_away(request, "refused", refusal)
        course = plan(
            ENDINGS[name],
            timing=self._behaviour.timing,
            ring_timeout_ms=request.ring_timeout_ms,
            max_duration_ms=request.max_duration_ms,
            rng=rng,
        )
        return self._take(request, course, is_hung=fault is CreateFault.HANGS)

    def cancel(self, call: Call) -> None:
        """Hang up: a call not yet answered fails, a conversation is cut short; no analysis."""
        if call.is_ended:
            return
        self._lives.pop(call.call_id).cancel()
        ending = ENDINGS["completed" if call.answered_at else "failed"]
        self.register.end(call, ending, reason="cancelled")
        self.register.close(call)

    def end_interrupted(self) -> None:
        """End, as failed, the calls that a crash of the carrier cut off."""
        for call in self.register.history.unfinished():
            self.register.end(call, ENDINGS["failed"], reason="carrier_restarted")
            self.register.close(call)

    def _next_request(self, request: CallRequest) -> int:
        requests = self.register.history.requests_by_number
        requests[request.to] += 1
        return requests[request.to] - 1

    def _take(self, request: CallRequest, course: Plan, *, is_hung: bool) -> Taken:
        call = self.register.enter(request, word="hung" if is_hung else "accepted")
        self._lives[call.call_id] = self._tasks.start(self._live(call, course))
        return Taken(call=call, is_hung=is_hung)

    async def _live(self, call: Call, course: Plan) -> None:
        await asyncio.sleep(course.queue_ms / 1000)
        self.register.dial(call)
        await asyncio.sleep(course.ring_ms / 1000)
        if course.ending.is_answered:
            self.register.answer(call)
            await asyncio.sleep(course.talk_ms / 1000)
        result = self._analyse(course.ending) if course.ending.has_analysis else None
        self.register.end(call, course.ending, analysis=result)
        del self._lives[call.call_id]
        if result:
            await asyncio.sleep(self._behaviour.analysis_delay)
            self.register.analyse(call, result)
        self.register.close(call)

    def _analyse(self, ending: Ending) -> dict[str, object]:
        callback_at = epoch_ms() + self._behaviour.callback_in_ms
        return analysis(
            outcome=ending.analysis_outcome,
            callback_at_ms=callback_at if ending.asks_for_callback else None,
            timezone=self._behaviour.callback_timezone,
        )


def _refusal(request: CallRequest, name: str, fault: CreateFault | None) -> Refused | None:
    if name == REFUSED:
        return NO_SUCH_NUMBER
    if fault is CreateFault.REFUSED:
        return Refused(
            code="not_accepted", message="the carrier takes no calls now", is_permanent=False
        )
    return impossible_number(request)
