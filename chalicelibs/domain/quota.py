"""How many requests a key may make in a minute, and how many of them are left."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelibs.domain.errors import CarillonError
from chalicelibs.domain.instants import EPOCH

MINUTE = timedelta(minutes=1)

#: What a new key may ask in a minute, and the most that one may be given.
DEFAULT_PER_MINUTE, MOST_PER_MINUTE = 600, 100_000

#: What the operator's key may ask in a minute: it opens workspaces and does nothing else.
OPERATORS_PER_MINUTE = 600


class RateLimitExceeded(CarillonError):
    """The key has asked as often as it may: it may ask again when the next minute begins."""

    def __init__(self, limit: int, retry_after: timedelta) -> None:
        super().__init__(f"this key may ask {limit} times a minute: wait as Retry-After says")
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """What a key has asked in the current minute, and what it may."""

    limit: int
    requests: int  #: Made in this minute, the one being judged included.
    asked_at: datetime

    @property
    def resets_at(self) -> datetime:
        """When the next minute begins."""
        return minute_of(self.asked_at) + MINUTE

    @property
    def remaining(self) -> int:
        """How many more requests this minute takes."""
        return max(self.limit - self.requests, 0)

    def check(self) -> None:
        """Let the request being judged pass.

        Raises:
            RateLimitExceeded: when it is one too many.
        """
        if self.requests > self.limit:
            raise RateLimitExceeded(self.limit, self.resets_at - self.asked_at)


def minute_of(at: datetime) -> datetime:
    """The beginning of the minute in which an instant lies."""
    return at - (at - EPOCH) % MINUTE
