"""How often a key may ask: every answer says what is left, and one too many is refused."""

from collections.abc import Callable, Mapping
from typing import Protocol

from chalice.app import Request, Response

from chalicelibs.api.errors import answer_to
from chalicelibs.api.http import tell
from chalicelibs.domain.instants import epoch_ms
from chalicelibs.domain.quota import Quota, RateLimitExceeded


class Counting(Protocol):
    """A service that counts requests."""

    @property
    def count_request(self) -> Callable[[str, int], Quota]:
        """Counts one, of a key that may make so many in a minute."""


def within_rate(
    asked: Request, answer: Callable[[Request], Response], service: Callable[[], Counting]
) -> Response:
    """The answer to a request, unless its key has asked too often; both say what is left.

    Requests without a key are not counted, and the service is not built for them.
    """
    holder: Mapping[str, str] = asked.context.get("authorizer") or {}
    if "key_id" not in holder:
        return answer(asked)
    try:
        quota = service().count_request(holder["key_id"], int(holder["requests_per_minute"]))
    except Exception as error:  # noqa: BLE001 - the outermost line: nothing may escape
        return refused(error)
    response = answered(asked, answer, quota)
    response.headers.update(headers_of(quota))
    return response


def answered(asked: Request, answer: Callable[[Request], Response], quota: Quota) -> Response:
    """The answer, or the refusal of one request too many."""
    try:
        quota.check()
    except RateLimitExceeded as error:
        return refused(error)
    return answer(asked)


def refused(error: Exception) -> Response:
    """A refusal, told to the log."""
    tell(error, "count_request")
    return answer_to(error)


def headers_of(quota: Quota) -> dict[str, str]:
    """What is left, as programs read it."""
    return {
        "X-RateLimit-Limit": str(quota.limit),
        "X-RateLimit-Remaining": str(quota.remaining),
        "X-RateLimit-Reset": str(epoch_ms(quota.resets_at) // 1000),
    }
