"""The life of a call: taken or not, dialled, answered, ended, analysed."""

import asyncio
import secrets
from dataclasses import dataclass

from local.carrier.calls import Call, History
from local.carrier.chance import seeded
from local.carrier.clock import epoch_ms
from local.carrier.events import (
    analysis,
    analysis_event,
    ended_event,
    event_of,
    transcript_of,
)
from local.carrier.faults import CreateFault, Faults
from local.carrier.journal import Journal, line_of
from local.carrier.outcomes import ENDINGS, REFUSED, Ending, Odds, Plan, Timing, plan
from local.carrier.requests import CallRequest
from local.carrier.tasks import Tasks
from local.carrier.webhooks import Webhooks


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The call is dialled; with `is_hung` the caller never hears of it."""

    call: Call
    is_hung: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The call is not dialled, and why."""

    code: str
    message: str
    is_permanent: bool


class Throttled:
    """Not now, perhaps later."""


class Broken:
    """The carrier failed before it took the call."""


Answer = Taken | Refused | Throttled | Broken


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

    def __init__(
        self,
        behaviour: Behaviour,
        *,
        history: History,
        journal: Journal,
        webhooks: Webhooks,
        tasks: Tasks,
        recordings_url: str,
    ) -> None:
        self.history = history
        self.in_flight = sum(call.is_in_flight for call in history.unfinished())
        self.dialled = sum(call.dialled_at is not None for call in history.call_by_id.values())
        self._behaviour = behaviour
        self._journal = journal
        self._webhooks = webhooks
        self._tasks = tasks
        self._recordings_url = recordings_url
        self._lives: dict[str, asyncio.Task[None]] = {}

    def take(self, request: CallRequest, faults: Faults) -> Answer:
        """Decide about a create request and, where it is taken, start its call."""
        answer_rng = seeded(
            self._behaviour.seed, "create", request.to, self._next_request(request)
        )
        fault = faults.of_create(answer_rng)
        if fault is CreateFault.ERROR:
            return self._not_taken(request, "error", Broken())
        if fault is CreateFault.THROTTLED:
            return self._not_taken(request, "throttled", Throttled())
        earlier_calls = self.history.calls_by_number[request.to]
        rng = seeded(self._behaviour.seed, "call", request.to, earlier_calls)
        name = self._behaviour.odds.ending_name(request.to, earlier_calls=earlier_calls, rng=rng)
        refusal = _refusal(request, name, fault)
        if refusal:
            return self._not_taken(request, "refused", refusal)
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
        self._end(call, ENDINGS["completed" if call.answered_at else "failed"], "cancelled")
        self._webhooks.forget(call)

    def end_interrupted(self) -> None:
        """End, as failed, the calls that a crash of the carrier cut off."""
        for call in self.history.unfinished():
            self._end(call, ENDINGS["failed"], "carrier_restarted")
            self._webhooks.forget(call)

    def _next_request(self, request: CallRequest) -> int:
        requests = self.history.requests_by_number[request.to]
        self.history.requests_by_number[request.to] = requests + 1
        return requests

    def _not_taken(
        self, request: CallRequest, word: str, answer: Refused | Throttled | Broken
    ) -> Answer:
        code = answer.code if isinstance(answer, Refused) else None
        self._journal.write(
            "requested",
            {
                "call": None,
                "correlation_id": request.correlation_id,
                "to": request.to,
                "from": request.caller_id,
                "agent": request.agent,
            },
            answer=word,
            code=code,
        )
        return answer

    def _take(self, request: CallRequest, course: Plan, *, is_hung: bool) -> Taken:
        call = Call(
            call_id=f"sim_{secrets.token_hex(8)}",
            correlation_id=request.correlation_id,
            to=request.to,
            caller_id=request.caller_id,
            agent=request.agent,
            webhook_url=request.webhook_url,
            earlier_calls=self.history.calls_by_number[request.to],
        )
        self.history.add(call)
        self._journal.write(
            "requested",
            line_of(call),
            answer="hung" if is_hung else "accepted",
            code=None,
            webhook_url=call.webhook_url,
            prompt=request.prompt,
            voice=request.voice,
        )
        self._lives[call.call_id] = self._tasks.start(self._live(call, course))
        return Taken(call=call, is_hung=is_hung)

    async def _live(self, call: Call, course: Plan) -> None:
        await asyncio.sleep(course.queue_ms / 1000)
        self._dial(call)
        await asyncio.sleep(course.ring_ms / 1000)
        if course.ending.is_answered:
            self._answer(call)
            await asyncio.sleep(course.talk_ms / 1000)
        result = self._end(call, course.ending, None)
        del self._lives[call.call_id]
        if result:
            await asyncio.sleep(self._behaviour.analysis_delay)
            call.analysis = result
            self._report(call, analysis_event(call, epoch_ms()))
        self._webhooks.forget(call)

    def _dial(self, call: Call) -> None:
        call.dialled_at = self._journal.write("dialled", line_of(call))
        call.status = "ringing"
        self.in_flight += 1
        self.dialled += 1
        self._report(call, event_of("ringing", call, call.dialled_at))

    def _answer(self, call: Call) -> None:
        call.answered_at = self._journal.write("answered", line_of(call))
        call.status = "in_progress"
        self._report(call, event_of("in_progress", call, call.answered_at))

    def _end(self, call: Call, ending: Ending, reason: str | None) -> dict[str, object] | None:
        """End the call and tell the analysis that is to follow, if one is."""
        now = epoch_ms()
        self.in_flight -= call.is_in_flight
        call.status, call.outcome, call.is_permanent = "ended", ending.status, ending.is_permanent
        if call.answered_at and ending.is_answered:
            call.duration_ms = now - call.answered_at
            call.transcript = transcript_of(ending.dialogue, duration_ms=call.duration_ms)
        result = self._analyse(ending, now) if ending.has_analysis else None
        call.ended_at = self._journal.write(
            "ended",
            line_of(call),
            status=call.outcome,
            permanent=call.is_permanent,
            duration_ms=call.duration_ms,
            analysis=result,
            transcript=call.transcript,
            reason=reason,
        )
        recording_url = f"{self._recordings_url}/{call.call_id}.wav" if call.duration_ms else None
        event = ended_event(
            call, call.ended_at, recording_url=recording_url, analysis_follows=result is not None
        )
        self._report(call, event)
        return result

    def _analyse(self, ending: Ending, now: int) -> dict[str, object]:
        callback_at = now + self._behaviour.callback_in_ms if ending.asks_for_callback else None
        return analysis(
            outcome=ending.analysis_outcome,
            callback_at_ms=callback_at,
            timezone=self._behaviour.callback_timezone,
        )

    def _report(self, call: Call, event: dict[str, object]) -> None:
        self._webhooks.send(call, event)


def _refusal(request: CallRequest, name: str, fault: CreateFault | None) -> Refused | None:
    if name == REFUSED or not request.has_valid_number:
        return Refused(
            code="invalid_number", message="this number does not exist", is_permanent=True
        )
    if fault is CreateFault.REFUSED:
        return Refused(
            code="not_accepted", message="the carrier takes no calls now", is_permanent=False
        )
    return None
