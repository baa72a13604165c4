"""One call as the SIP stack tells of it, without the stack."""

import asyncio
from typing import Final, Protocol

#: For the stack to say that a call which we ended is closed.
_CLOSED_S: Final = 2.0


class NotDialled(Exception):
    """The stack sent no INVITE: nothing rang, and the message says why."""


class Stalled(Exception):
    """The stack does not answer, so nobody knows what rings: the process has to end."""


class Wire(Protocol):
    """What can be done to a call."""

    async def hang_up(self) -> None:
        """End it, with CANCEL or BYE as it stands; one that is over stays over.

        Raises:
            Stalled: when the stack does not answer.
        """

    def say(self, sound: bytes | memoryview) -> int:
        """Queue sound to be sent; how many bytes of it were taken."""

    def hear(self) -> bytes:
        """Take what was heard since the last time."""


class Leg:
    """How far a call has come, and its wire once there is one."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.wire: Wire
        self.has_rung = False
        self.answered: asyncio.Future[None] = loop.create_future()
        #: The words with which it was closed, by a status of SIP or the stack's own.
        self.closed: asyncio.Future[str] = loop.create_future()

    @property
    def is_answered(self) -> bool:
        """Whether somebody picked it up, even if it is over by now."""
        return self.answered.done()

    @property
    def is_closed(self) -> bool:
        """Whether it is over."""
        return self.closed.done()

    def ring(self) -> None:
        """Note that the other side said that it rings."""
        self.has_rung = True

    def pick_up(self) -> None:
        """Note that it was answered."""
        if not self.is_answered:
            self.answered.set_result(None)

    def close(self, words: str) -> None:
        """Note that it is over."""
        if not self.is_closed:
            self.closed.set_result(words)

    async def await_answer(self, seconds: float) -> None:
        """Let it ring until it is answered, refused or the time is over."""
        both: set[asyncio.Future[None] | asyncio.Future[str]] = {self.answered, self.closed}
        await asyncio.wait(both, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)

    async def hang_up(self) -> None:
        """End it unless it is over, and wait until the stack has seen its end."""
        if self.is_closed:
            return
        await self.wire.hang_up()
        await asyncio.wait({self.closed}, timeout=_CLOSED_S)
