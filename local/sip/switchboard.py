"""The life of a real call: taken once, dialled once, answered or not, hung up."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from local.carrier.answers import Answer, Refused, Taken, Throttled, impossible_number
from local.carrier.calls import Call
from local.carrier.faults import Faults
from local.carrier.outcomes import Ending
from local.carrier.register import Register
from local.carrier.requests import CallRequest, is_number
from local.carrier.tasks import Tasks
from local.sip import sound
from local.sip.legs import Leg, NotDialled, Stalled
from local.sip.results import ANSWERED, FAILED, ending_of, given_up
from local.sip.talk import converse

log = logging.getLogger("local.sip")

CORRELATION = "X-Correlation-Id"


class Dials(Protocol):
    """What sends INVITEs."""

    async def dial(self, *, caller_id: str, to: str, headers: Mapping[str, str]) -> Leg:
        """Send one.

        Raises:
            NotDialled: when none was sent.
            Stalled: when nobody knows.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How this carrier behaves on the phone."""

    most_calls: int  #: At once; who asks for more is told to wait.
    listen_s: float  #: How long it listens after the prompt before it hangs up.
    greeting: bytes | None  #: Played in place of each call's prompt.
    recordings: Path


class SipSwitchboard:
    """Takes calls and makes phones ring: each call id is dialled once, however often it comes."""

    def __init__(
        self, manners: Manners, *, register: Register, lines: Dials, tasks: Tasks
    ) -> None:
        self.register = register
        #: Set when the stack has stalled; the process then has to end.
        self.stalled = asyncio.Event()
        self._manners = manners
        self._lines = lines
        self._tasks = tasks
        self._lives: dict[str, asyncio.Task[None]] = {}
        self._legs: dict[str, Leg] = {}
        self._cancelled: set[str] = set()

    def take(self, request: CallRequest, _: Faults) -> Answer:
        """Decide about a request and, where its call id is new, start its call."""
        if known := self.register.history.correlated(request.correlation_id):
            return self.register.repeat(known[-1])
        if refusal := impossible_number(request) or _unspeakable(request):
            return self.register.turn_away(request, "refused", refusal)
        if len(self._lives) >= self._manners.most_calls:
            return self.register.turn_away(request, "throttled", Throttled())
        call = self.register.enter(request)
        self._lives[call.call_id] = self._tasks.start(self._live(call, request))
        return Taken(call=call)

    def cancel(self, call: Call) -> None:
        """Hang up, soon: CANCEL while it rings, BYE while somebody talks."""
        if call.is_ended:
            return
        self._cancelled.add(call.call_id)
        if leg := self._legs.get(call.call_id):
            self._tasks.start(leg.hang_up())

    def end_interrupted(self) -> None:
        """End, as failed, the calls that a crash cut off; none is dialled again."""
        for call in self.register.history.unfinished():
            self.register.end(call, FAILED, reason="carrier_restarted")
            self.register.close(call)

    async def hang_up_all(self, *, within_s: float) -> None:
        """End every call, as far as that is possible in the time."""
        for call in self.register.history.unfinished():
            self.cancel(call)
        if self._lives:
            await asyncio.wait(self._lives.values(), timeout=within_s)

    async def _live(self, call: Call, request: CallRequest) -> None:
        try:
            ending, reason = await self._course(call, request)
        except Stalled:
            log.exception("the SIP stack does not answer")
            self.stalled.set()
            return
        finally:
            self._legs.pop(call.call_id, None)
            del self._lives[call.call_id]
        self._cancelled.discard(call.call_id)
        self.register.end(call, ending, reason=reason)
        self.register.close(call)

    async def _course(self, call: Call, request: CallRequest) -> tuple[Ending, str]:
        self.register.dial(call)
        try:
            leg = await self._lines.dial(
                caller_id=call.caller_id, to=call.to, headers={CORRELATION: call.correlation_id}
            )
        except NotDialled as error:
            return FAILED, f"not dialled: {error}"
        self._legs[call.call_id] = leg
        try:
            return await self._ring_and_talk(call, request, leg)
        finally:
            await leg.hang_up()

    async def _ring_and_talk(
        self, call: Call, request: CallRequest, leg: Leg
    ) -> tuple[Ending, str]:
        if call.call_id not in self._cancelled:
            await leg.await_answer(request.ring_timeout_ms / 1000)
        if leg.is_answered:
            self.register.answer(call)
            await self._talk(call, request, leg)
            return ANSWERED, self._who_hung_up(call, leg)
        if call.call_id in self._cancelled:
            return FAILED, "cancelled"
        if leg.is_closed:
            return ending_of(leg.closed.result()), leg.closed.result()
        return given_up(has_rung=leg.has_rung), "ring timeout" if leg.has_rung else "no reply"

    def _who_hung_up(self, call: Call, leg: Leg) -> str:
        if call.call_id in self._cancelled:
            return "cancelled"
        return "hung up there" if leg.is_closed else "hung up here"

    async def _talk(self, call: Call, request: CallRequest, leg: Leg) -> None:
        prompt = self._manners.greeting or sound.hummed(" ".join(request.prompt))
        seconds = sound.seconds_of(prompt) + self._manners.listen_s
        try:
            await converse(
                leg,
                prompt,
                self._manners.recordings / f"{call.call_id}.wav",
                seconds=min(seconds, request.max_duration_ms / 1000),
            )
        except OSError:
            log.exception("call %s is not recorded", call.call_id)


def _unspeakable(request: CallRequest) -> Refused | None:
    """Refuse what cannot stand in an INVITE."""
    if not is_number(request.caller_id):
        return Refused(
            code="invalid_caller_id",
            message="from must be a number in E.164",
            is_permanent=False,
        )
    if not request.correlation_id.isascii() or not request.correlation_id.isprintable():
        return Refused(
            code="invalid_correlation_id",
            message="correlation_id must be printable ASCII",
            is_permanent=False,
        )
    return None
