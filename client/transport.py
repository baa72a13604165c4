"""Requests over the wire, and what comes back."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import urllib3

#: API Gateway gives up after 29 s; an upload may take its time to be stored.
TIMEOUT = urllib3.Timeout(connect=5, read=35)


class Unreachable(Exception):
    """Nobody answers at this address; the service may be back in a moment."""


class Readable(Protocol):
    """A body that is read while it is sent."""

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes; none at the end."""


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: Mapping[str, str]  #: By name in lower case.
    body: bytes


class Transport(Protocol):
    """How a request travels. Tests put the product itself in this place."""

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | Readable | None
    ) -> Answer:
        """The answer to a request.

        Raises:
            Unreachable: when there is none.
        """


class Sockets:
    """Requests over real connections, which are kept for the next ones."""

    def __init__(self) -> None:
        self._http = urllib3.PoolManager(maxsize=4)

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | Readable | None
    ) -> Answer:
        """The answer; a request is sent once, and a redirect is an answer like any other.

        Raises:
            Unreachable: when there is none.
        """
        readable: Any = body  # urllib3 reads, and its types ask for all that a file can do
        try:
            response = self._http.request(
                method, url, body=readable, headers=headers, timeout=TIMEOUT, retries=False
            )
        # A key or an address that no header and no socket can carry is a ValueError.
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            # The query of an upload's address is a secret.
            address, reason = url.partition("?")[0], str(error).rpartition(": ")[2]
            raise Unreachable(f"nobody answers at {address}: {reason}") from error
        named = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status, named, response.data)
