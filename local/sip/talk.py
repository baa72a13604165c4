"""A conversation: the prompt is played, what is heard is recorded, and somebody hangs up."""

import asyncio
from pathlib import Path
from typing import Final

from local.sip import sound
from local.sip.legs import Leg

#: How often the stack is given sound and relieved of it; it keeps two seconds each way.
_STEP_S: Final = 0.1


async def converse(leg: Leg, prompt: bytes, recording: Path, *, seconds: float) -> None:
    """Talk and listen until the other side hangs up or the time is over."""
    now = asyncio.get_running_loop().time
    until = now() + seconds
    unsaid = memoryview(prompt)
    with sound.recorder(recording) as file:
        while not leg.is_closed and (left := until - now()) > 0:
            unsaid = unsaid[leg.wire.say(unsaid) :]
            await asyncio.wait({leg.closed}, timeout=min(_STEP_S, left))
            file.writeframesraw(leg.wire.hear())
