"""What it means that a call ended as it did: SIP's statuses in the words of a carrier."""

from collections.abc import Mapping
from typing import Final

from local.carrier.outcomes import Ending

ANSWERED: Final = Ending(status="completed", is_answered=True)
BUSY: Final = Ending(status="busy")
NO_ANSWER: Final = Ending(status="no-answer")
FAILED: Final = Ending(status="failed")
NO_SUCH_NUMBER: Final = Ending(status="failed", is_permanent=True)

#: Whatever is not here failed, and may be tried again.
ENDINGS: Final[Mapping[int, Ending]] = {
    404: NO_SUCH_NUMBER,
    408: NO_ANSWER,  # Request Timeout: said by a proxy that rang
    410: NO_SUCH_NUMBER,
    480: NO_ANSWER,  # Temporarily Unavailable
    484: NO_SUCH_NUMBER,
    486: BUSY,
    487: NO_ANSWER,  # Request Terminated: somebody between us and the phone gave up
    600: BUSY,
    603: BUSY,  # Decline: somebody is there and does not want to talk now
    604: NO_SUCH_NUMBER,
}

_DIGITS: Final = 3


def ending_of(closing: str) -> Ending:
    """What the words mean with which the other side refused, such as `486 Busy Here`."""
    status = closing.partition(" ")[0]
    is_status = len(status) == _DIGITS and status.isascii() and status.isdecimal()
    return ENDINGS.get(int(status), FAILED) if is_status else FAILED


def given_up(*, has_rung: bool) -> Ending:
    """What it means that we stopped waiting: nobody answered, if it rang at all."""
    return NO_ANSWER if has_rung else FAILED
