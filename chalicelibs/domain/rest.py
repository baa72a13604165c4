"""A carrier that cannot be reached, or is full, is left alone for a while."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

#: So short that a carrier that was only restarted is not missed, so long that one that is gone
#: for an hour is asked a hundred times and no more.
SHORTEST, LONGEST = timedelta(seconds=2), timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Rest:
    """How long nobody asks a carrier for calls."""

    until: datetime
    length: timedelta

    @classmethod
    def after(cls, last: Self | None, now: datetime) -> Self:
        """The rest of a carrier that was not reached just now: twice the last, if that ended now.

        A rest that ended long ago tells of another outage.
        """
        is_first = last is None or now - last.until > LONGEST
        length = SHORTEST if is_first or last is None else min(2 * last.length, LONGEST)
        return cls(until=now + length, length=length)

    @classmethod
    def asked_for(cls, pause: timedelta, now: datetime) -> Self:
        """The rest that a carrier asks for which is full; it says nothing of an outage.

        One that asks for none, or for a moment that is past, is asked again as late as one that
        was not reached: else whoever is waiting asks it as fast as they can.
        """
        return cls(until=now + max(pause, SHORTEST), length=SHORTEST)
