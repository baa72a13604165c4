"""Requests over the wire, and what comes back."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from http import HTTPStatus
from typing import Any, NamedTuple, Protocol

import urllib3

#: API Gateway gives up after 29 s; an upload may take its time to be stored.
TIMEOUT = urllib3.Timeout(connect=5, read=35)


#: Bytes of a file that are in memory at the same time.
PIECE_BYTES = 256 * 1024


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


class Fetch(Protocol):
    """How a file travels that may not fit into memory."""

    def __call__(self, url: str, take: Callable[[bytes], object]) -> int:
        """Hand over the pieces of the file at an address; gives the status of the answer.

        Raises:
            Unreachable: when there is none, or it ends before the file does.
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
        with reaching(url):
            response = self._http.request(
                method, url, body=readable, headers=headers, timeout=TIMEOUT, retries=False
            )
        named = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status, named, response.data)

    def fetch(self, url: str, take: Callable[[bytes], object]) -> int:
        """Hand over the pieces of a file; of a refusal nothing is handed over.

        Raises:
            Unreachable: when there is no answer, or it ends before the file does.
        """
        with reaching(url):
            response = self._http.request(
                "GET", url, timeout=TIMEOUT, retries=False, preload_content=False
            )
            with closing(response):
                if response.status == HTTPStatus.OK:
                    for piece in response.stream(PIECE_BYTES):
                        take(piece)
        return response.status


@contextmanager
def reaching(url: str) -> Iterator[None]:
    """Say so where nobody answers.

    Raises:
        Unreachable: naming the address.
    """
    try:
        yield
    # A key or an address that no header and no socket can carry is a ValueError.
    except (urllib3.exceptions.HTTPError, ValueError) as error:
        # The query of a file's address is a secret.
        address, reason = url.partition("?")[0], str(error).rpartition(": ")[2]
        raise Unreachable(f"nobody answers at {address}: {reason}") from error
