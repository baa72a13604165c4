"""Webhooks: signed, sent in order, tried again when they fail, and wronged as the faults say."""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp

from local.carrier.calls import Call
from local.carrier.chance import seeded
from local.carrier.clock import epoch_ms
from local.carrier.events import signature
from local.carrier.faults import Faults, WebhookFault
from local.carrier.journal import Journal, line_of
from local.carrier.tasks import Tasks

_TIMEOUT: Final = aiohttp.ClientTimeout(total=10)
_OK: Final = range(200, 300)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookRules:
    """How webhooks are signed and tried, and the seed of their misfortunes."""

    secret: str
    seed: int
    connections: int
    retry_delays: Sequence[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event on its way to the receiver."""

    call: Call
    event: dict[str, Any]
    #: `sent`, or the name of the fault under which it travels.
    manner: str


@dataclass(slots=True)
class _Line:
    """The order of one call's events: the last one under way, and those to be overtaken."""

    last: asyncio.Task[None] | None = None
    held: list[Delivery] = field(default_factory=list)


class Webhooks:
    """Sends the events of all calls through one HTTP session."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        rules: WebhookRules,
        *,
        journal: Journal,
        tasks: Tasks,
        faults: Callable[[], Faults],
    ) -> None:
        self._session = session
        self._journal = journal
        self._tasks = tasks
        self._rules = rules
        self._faults = faults
        self._lines: dict[str, _Line] = {}

    def send(self, call: Call, event: dict[str, Any]) -> None:
        """Send an event, or wrong it as chance has it; never waits."""
        rng = seeded(self._rules.seed, "webhook", call.to, call.earlier_calls, event["sequence"])
        faults = self._faults()
        fault = faults.of_webhook(rng)
        manner = fault.value.removeprefix("webhook_") if fault else "sent"
        delivery = Delivery(call=call, event=event, manner=manner)
        if fault is WebhookFault.LOST:
            self._record(delivery)
        elif fault is WebhookFault.LATE:
            self._tasks.start(self._deliver_after(faults.late_ms / 1000, delivery))
        elif fault is WebhookFault.REORDERED:
            self._hold(delivery, faults.late_ms / 1000)
        else:
            self._in_turn(delivery, copies=2 if fault else 1)

    def forget(self, call: Call) -> None:
        """No more events will be sent for this call; what is held goes out in its own time."""
        self._lines.pop(call.call_id, None)

    def _in_turn(self, delivery: Delivery, *, copies: int) -> None:
        line = self._lines.setdefault(delivery.call.call_id, _Line())
        overtaken, line.held = line.held, []
        line.last = self._tasks.start(self._after(line.last, [delivery] * copies, overtaken))

    def _hold(self, delivery: Delivery, seconds: float) -> None:
        line = self._lines.setdefault(delivery.call.call_id, _Line())
        line.held.append(delivery)
        self._tasks.start(self._let_go_after(seconds, line, delivery))

    async def _after(
        self,
        previous: asyncio.Task[None] | None,
        copies: Sequence[Delivery],
        overtaken: Sequence[Delivery],
    ) -> None:
        if previous:
            await asyncio.wait([previous])
        if len(copies) > 1:
            await asyncio.gather(*map(self._deliver, copies))
        else:
            await self._deliver(copies[0])
        for delivery in overtaken:
            await self._deliver(delivery)

    async def _let_go_after(self, seconds: float, line: _Line, delivery: Delivery) -> None:
        """Nothing overtook it in time: it was the last event of its call."""
        await asyncio.sleep(seconds)
        if delivery in line.held:
            line.held.remove(delivery)
            await self._deliver(delivery)

    async def _deliver_after(self, seconds: float, delivery: Delivery) -> None:
        await asyncio.sleep(seconds)
        await self._deliver(delivery)

    async def _deliver(self, delivery: Delivery) -> None:
        """Try once; further tries run aside, so that later events do not wait for them."""
        if not await self._try(delivery, 1):
            self._tasks.start(self._try_again(delivery))

    async def _try_again(self, delivery: Delivery) -> None:
        for number, delay in enumerate(self._rules.retry_delays, start=2):
            await asyncio.sleep(delay)
            if await self._try(delivery, number):
                return

    async def _try(self, delivery: Delivery, number: int) -> bool:
        body = json.dumps(delivery.event, separators=(",", ":")).encode()
        timestamp = str(epoch_ms())
        headers = {
            "Content-Type": "application/json",
            "X-Carrier-Timestamp": timestamp,
            "X-Carrier-Signature": signature(self._rules.secret, timestamp, body),
        }
        status, error = None, None
        try:
            async with self._session.post(
                delivery.call.webhook_url,
                data=body,
                headers=headers,
                timeout=_TIMEOUT,
                allow_redirects=False,
            ) as response:
                status = response.status
        except (aiohttp.ClientError, TimeoutError, ValueError) as failure:
            error = type(failure).__name__
        delivered = status in _OK
        given_up = not delivered and number > len(self._rules.retry_delays)
        self._record(delivery, tried=number, http_status=status, error=error, given_up=given_up)
        return delivered

    def _record(
        self,
        delivery: Delivery,
        *,
        tried: int = 0,
        http_status: int | None = None,
        error: str | None = None,
        given_up: bool = False,
    ) -> None:
        self._journal.write(
            "webhook",
            line_of(delivery.call),
            type=delivery.event["type"],
            event_id=delivery.event["event_id"],
            sequence=delivery.event["sequence"],
            manner=delivery.manner,
            tried=tried,
            http_status=http_status,
            error=error,
            given_up=given_up,
        )
