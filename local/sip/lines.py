"""The SIP stack of this process: it dials, and tells the legs what becomes of them."""

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from typing import Any, Final

from baresip import (
    Account,
    AudioNotActive,
    AudioRestarted,
    BaresipError,
    CommandTimeout,
    Config,
    Event,
    Runtime,
    RuntimeDead,
    StackEvent,
    StaleHandleError,
    UserAgent,
)

from local.carrier.tasks import Tasks
from local.sip.legs import Leg, NotDialled, Stalled

#: As much as the stack ever keeps for us.
_MOST_HEARD: Final = 1 << 16

_STALLS: Final = (CommandTimeout, RuntimeDead)


class Lines:
    """The calls of this process; libre allows one stack in it, and none after that has died."""

    def __init__(self, *, address: str, trunk: str, tasks: Tasks) -> None:
        self._address = address
        self._trunk = trunk
        self._tasks = tasks
        self._runtime = Runtime()
        self._legs: dict[int, Leg] = {}
        self._agents: dict[str, UserAgent] = {}
        self._door = asyncio.Lock()

    async def open(self) -> None:
        """Listen for what the other side says.

        Raises:
            NotDialled: when there is no such address here.
        """
        config = Config(
            net_interface=self._host,
            extra_config_text=f"sip_listen {self._address}\ncall_max_calls 0\n",
            max_concurrent_calls=None,
        )
        # Its warnings name whom they are about by number.
        logging.getLogger("baresip.native").disabled = True
        try:
            await self._runtime.start(config)
        except BaresipError as error:
            raise NotDialled(f"no SIP at {self._address}: {error}") from error
        self._runtime.subscribe(self._heard)

    async def close(self) -> None:
        """Stop the stack; calls that are still up are dropped."""
        with contextlib.suppress(BaresipError):
            await self._runtime.close()

    async def dial(self, *, caller_id: str, to: str, headers: Mapping[str, str]) -> Leg:
        """Send one INVITE.

        Raises:
            NotDialled: when none was sent.
            Stalled: when nobody knows.
        """
        try:
            agent = await self._agent(caller_id)
            call = await agent.dial(f"sip:{to}@{self._trunk}", headers=dict(headers))
        except _STALLS as error:
            raise Stalled(str(error)) from error
        except (BaresipError, ValueError) as error:
            raise NotDialled(type(error).__name__) from error
        # The stack may have told of it already.
        leg = self._legs.setdefault(call.handle, Leg())
        leg.wire = _Wire(call)
        leg.closed.add_done_callback(lambda _: self._legs.pop(call.handle, None))
        return leg

    @property
    def _host(self) -> str:
        return self._address.rpartition(":")[0]

    async def _agent(self, caller_id: str) -> UserAgent:
        """Whoever calls under this number; it registers nowhere."""
        async with self._door:
            if caller_id not in self._agents:
                account = Account(user=caller_id, domain=self._host, password="", reg_interval=0)
                agent = await UserAgent.create(self._runtime, account)
                agent.on_incoming(self._refuse)
                self._agents[caller_id] = agent
        return self._agents[caller_id]

    def _refuse(self, call: Any) -> None:
        """Nobody is here to talk to who calls."""

        async def refused() -> None:
            with contextlib.suppress(BaresipError):
                await call.reject()

        self._tasks.start(refused())

    def _heard(self, event: StackEvent) -> None:
        if event.event is Event.CALL_OUTGOING:
            self._legs.setdefault(event.call, Leg())
        leg = self._legs.get(event.call)
        if leg is None:
            return
        if event.event in {Event.CALL_RINGING, Event.CALL_PROGRESS}:
            leg.ring()
        elif event.event is Event.CALL_ESTABLISHED:
            leg.pick_up()
        elif event.event is Event.CALL_CLOSED:
            leg.close(event.text or "")


class _Wire:
    """One call of the stack."""

    def __init__(self, call: Any) -> None:
        self._call = call

    async def hang_up(self) -> None:
        # The handle is stale where the other side hung up in the same moment.
        with contextlib.suppress(StaleHandleError):
            try:
                await self._call.hangup()
            except _STALLS as error:
                raise Stalled(str(error)) from error

    def say(self, sound: bytes | memoryview) -> int:
        try:
            taken: int = self._call.audio.write(sound)
        except (AudioNotActive, AudioRestarted):
            return 0
        return taken

    def hear(self) -> bytes:
        try:
            heard: bytes = self._call.audio.read(_MOST_HEARD)
        except (AudioNotActive, AudioRestarted):
            return b""
        return heard
