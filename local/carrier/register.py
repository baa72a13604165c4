"""What happens to calls, written down and then reported: the same for every carrier here."""

import secrets
from typing import Any, Protocol

from local.carrier.answers import Answer, Broken, Refused, Taken, Throttled
from local.carrier.calls import Call, History
from local.carrier.clock import epoch_ms
from local.carrier.events import analysis_event, cost_of, ended_event, event_of, transcript_of
from local.carrier.journal import Journal, line_of
from local.carrier.outcomes import Ending
from local.carrier.requests import CallRequest


class Reports(Protocol):
    """What brings events to whoever wants to know of a call."""

    def send(self, call: Call, event: dict[str, Any]) -> None:
        """Send an event; never waits."""

    def forget(self, call: Call) -> None:
        """Note that no more events will be sent for this call."""


class Register:
    """The calls of one carrier: each step goes to the journal, then into a webhook."""

    def __init__(
        self,
        history: History,
        *,
        journal: Journal,
        webhooks: Reports,
        prefix: str,
        recordings_url: str,
        is_paid: bool = True,
    ) -> None:
        self.history = history
        self.in_flight = sum(call.is_in_flight for call in history.unfinished())
        self.dials = sum(call.dialled_at is not None for call in history.call_by_id.values())
        self._journal = journal
        self._webhooks = webhooks
        self._prefix = prefix
        self._recordings_url = recordings_url
        self._is_paid = is_paid

    def turn_away(
        self, request: CallRequest, word: str, answer: Refused | Throttled | Broken
    ) -> Answer:
        """Note a request that leads to no call."""
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
            code=answer.code if isinstance(answer, Refused) else None,
        )
        return answer

    def repeat(self, call: Call) -> Answer:
        """Note a request for a call that was taken before: it is answered and not dialled."""
        self._journal.write("requested", line_of(call), answer="repeated", code=None)
        return Taken(call=call)

    def enter(self, request: CallRequest, *, word: str = "accepted") -> Call:
        """Note a call that is taken: from here on it is known, whatever happens."""
        call = Call(
            call_id=f"{self._prefix}_{secrets.token_hex(8)}",
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
            answer=word,
            code=None,
            webhook_url=call.webhook_url,
            prompt=request.prompt,
            voice=request.voice,
        )
        return call

    def dial(self, call: Call) -> None:
        """Note that the phone is about to ring."""
        call.dialled_at = self._journal.write("dialled", line_of(call))
        call.status = "ringing"
        self.in_flight += 1
        self.dials += 1
        self._webhooks.send(call, event_of("ringing", call, call.dialled_at))

    def answer(self, call: Call) -> None:
        """Note that somebody picked it up."""
        call.answered_at = self._journal.write("answered", line_of(call))
        call.status = "in_progress"
        self._webhooks.send(call, event_of("in_progress", call, call.answered_at))

    def end(
        self,
        call: Call,
        ending: Ending,
        *,
        reason: str | None = None,
        analysis: dict[str, Any] | None = None,
    ) -> None:
        """Note how the call ended; an analysis, where there is one, is reported later."""
        self.in_flight -= call.is_in_flight
        call.status, call.outcome, call.is_permanent = "ended", ending.status, ending.is_permanent
        if call.answered_at and ending.is_answered:
            call.duration_ms = epoch_ms() - call.answered_at
            call.transcript = transcript_of(ending.dialogue, duration_ms=call.duration_ms)
        call.ended_at = self._journal.write(
            "ended",
            line_of(call),
            status=call.outcome,
            permanent=call.is_permanent,
            duration_ms=call.duration_ms,
            analysis=analysis,
            transcript=call.transcript,
            reason=reason,
        )
        event = ended_event(
            call,
            call.ended_at,
            cost=cost_of(call.duration_ms) if self._is_paid else None,
            recording_url=self.recording_url(call) if call.duration_ms else None,
            analysis_follows=analysis is not None,
        )
        self._webhooks.send(call, event)

    def analyse(self, call: Call, analysis: dict[str, Any]) -> None:
        """Report what the agent made of the conversation."""
        call.analysis = analysis
        self._webhooks.send(call, analysis_event(call, epoch_ms()))

    def close(self, call: Call) -> None:
        """Nothing more will be said of this call."""
        self._webhooks.forget(call)

    def recording_url(self, call: Call) -> str:
        """Where what was heard can be fetched."""
        return f"{self._recordings_url}/{call.call_id}.wav"
