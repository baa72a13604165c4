"""Count what is asked with a key."""

from dataclasses import dataclass

from chalicelibs.domain.quota import Quota, minute_of
from chalicelibs.ports.requests import Requests
from chalicelibs.ports.surroundings import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class CountRequest:
    """Count a request in the minute that it comes in, whether it will be answered or not."""

    requests: Requests
    clock: Clock

    def __call__(self, key_id: str, limit: int) -> Quota:
        """Count one request of a key; gives what is left of its limit."""
        now = self.clock.now()
        requests = self.requests.count(key_id, minute_of(now))
        return Quota(limit=limit, requests=requests, asked_at=now)
