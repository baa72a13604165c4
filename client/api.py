"""The API as a customer's program uses it: JSON in and out, page by page, with patience."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

from client.transport import Answer, Readable, Sockets, Transport

#: The most that a page holds.
LARGEST_PAGE = 200

#: How often a request is sent again when the API asks to wait.
MOST_WAITS = 3

#: Whoever asks to wait longer is not waited for, in seconds.
LONGEST_WAIT = 60

#: What asks for campaigns in Carillon's own words, whoever made them in which.
NATIVE = {"dialect": "native"}


class Refused(Exception):
    """The API said no; the message says why, and `param` of which field."""

    def __init__(self, status: int, message: str, param: str | None = None) -> None:
        super().__init__(message if param is None else f"{message} ({param})")
        self.status = status


class Api:
    """What one key opens."""

    def __init__(
        self,
        url: str,
        key: str,
        *,
        transport: Transport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._url = url.rstrip("/")
        self._key = key
        self._transport = transport or Sockets()
        self._sleep = sleep

    def get(self, path: str, **query: object) -> Any:
        """Read something; what is None is not asked for."""
        return content_of(self._ask("GET", with_query(path, query)))

    def get_tagged(self, path: str, **query: object) -> tuple[Any, str | None]:
        """Read something, with the ETag that names this state of it."""
        answer = self._ask("GET", with_query(path, query))
        return content_of(answer), answer.headers.get("etag")

    def post(self, path: str, body: object = None, *, idempotency_key: str | None = None) -> Any:
        """Do something; with a key of its own it is done once, however often it is sent."""
        headers = {} if idempotency_key is None else {"Idempotency-Key": idempotency_key}
        return content_of(self._ask("POST", path, body, headers))

    def put(self, path: str, body: object) -> Any:
        """Replace something."""
        return content_of(self._ask("PUT", path, body))

    def patch(self, path: str, body: object, *, etag: str | None, **query: object) -> Any:
        """Change some fields, unless somebody else did since the ETag was read."""
        headers = {} if etag is None else {"If-Match": etag}
        return content_of(self._ask("PATCH", with_query(path, query), body, headers))

    def pages(self, path: str, name: str, **query: object) -> Iterator[Any]:
        """Every item of a list; a page may be short, or empty, and others follow."""
        query = {"limit": LARGEST_PAGE, **query}
        while True:
            page = self.get(path, **query)
            yield from page[name]
            if page["next_cursor"] is None:
                return
            query["cursor"] = page["next_cursor"]

    def first(self, limit: int | None, path: str, name: str, **query: object) -> Any:
        """The first items of a list as one page; None: all of them."""
        items: list[Any] = []
        cursor = None
        while limit is None or len(items) < limit:
            size = LARGEST_PAGE if limit is None else min(limit - len(items), LARGEST_PAGE)
            page = self.get(path, **query, limit=size, cursor=cursor)
            items += page[name]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        return {name: items, "next_cursor": cursor}

    def upload(self, target: Mapping[str, Any], body: Readable, size: int) -> None:
        """Send a file where the API said; the key is not for that place.

        Raises:
            Refused: when it was not taken.
        """
        # Storage takes no body of unknown length.
        headers = {**target["headers"], "Content-Length": str(size)}
        answer = self._transport(target["method"], target["url"], headers, body)
        if not is_success(answer):
            raise Refused(answer.status, f"the upload was refused with status {answer.status}")

    def _ask(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        sent = {
            "Authorization": f"Bearer {self._key}",
            "Content-Type": "application/json",
            **(headers or {}),
        }
        raw = None if body is None else json.dumps(body).encode()
        can_repeat = method == "GET" or "Idempotency-Key" in sent
        for _ in range(MOST_WAITS if can_repeat else 0):
            answer = self._transport(method, self._url + path, sent, raw)
            wait = wait_of(answer)
            if wait is None:
                return answer
            self._sleep(wait)
        return self._transport(method, self._url + path, sent, raw)


def path_of(*steps: str) -> str:
    """A path of these steps; an id stays one step, whatever is in it."""
    return "".join(f"/{quote(step, safe='')}" for step in steps)


def with_query(path: str, query: Mapping[str, object]) -> str:
    """A path with the parts of a query that are not None."""
    given = {name: value for name, value in query.items() if value is not None}
    return f"{path}?{urlencode(given)}" if given else path


def wait_of(answer: Answer) -> float | None:
    """How many seconds the API asks to wait before the request is sent again; None: do not."""
    if answer.status != HTTPStatus.TOO_MANY_REQUESTS:
        return None
    said = answer.headers.get("retry-after", "")
    seconds = int(said) if said.isascii() and said.isdecimal() else 1
    return seconds if seconds <= LONGEST_WAIT else None


def content_of(answer: Answer) -> Any:
    """What an answer holds.

    Raises:
        Refused: when it is an error, or nothing that the API would answer.
    """
    try:
        content = json.loads(answer.body)
    except ValueError:
        message = (
            f"this is no answer of Carillon's API (status {answer.status}): check the address"
        )
        raise Refused(answer.status, message) from None
    if is_success(answer):
        return content
    raise refusal_of(answer.status, content)


def refusal_of(status: int, content: Any) -> Refused:
    """An error of the API as one to raise."""
    error = content.get("error") if isinstance(content, dict) else None
    if not isinstance(error, dict) or "message" not in error:
        return Refused(status, f"refused with status {status}")
    return Refused(status, str(error["message"]), error.get("param"))


def is_success(answer: Answer) -> bool:
    """Whether what was asked for was done."""
    return HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES
