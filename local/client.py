"""The API as the demo and the audit use it: what any customer's program would do."""

import json
from collections.abc import Iterator
from typing import Any

import urllib3


class Unreachable(Exception):
    """Nobody answers; the service may be back in a moment."""


class Refused(Exception):
    """The API said no."""

    def __init__(self, status: int, body: object) -> None:
        super().__init__(f"{status}: {body}")
        self.status = status


#: The most that a key may ask in a minute.
MOST_PER_MINUTE = 100_000


class Client:
    """One workspace's view of the API."""

    def __init__(self, url: str, key: str) -> None:
        self._url = url
        self._key = key
        self._http = urllib3.PoolManager(maxsize=4)

    def get(self, path: str) -> Any:
        """Read something."""
        return self._ask("GET", path)

    def post(self, path: str, body: object = None) -> Any:
        """Do something."""
        return self._ask("POST", path, body)

    def ask_often(self) -> None:
        """Raise the limits of the workspace's keys: who watches or audits asks all the time."""
        for key in self.get("/keys")["keys"]:
            self._ask("PATCH", f"/keys/{key['id']}", {"requests_per_minute": MOST_PER_MINUTE})

    def pages(self, path: str, name: str) -> Iterator[Any]:
        """Every item of a list."""
        cursor = ""
        while True:
            page = self.get(f"{path}?limit=200{cursor}")
            yield from page[name]
            if page["next_cursor"] is None:
                return
            cursor = f"&cursor={page['next_cursor']}"

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        try:
            response = self._http.request(
                method,
                self._url + path,
                body=None if body is None else json.dumps(body).encode(),
                headers={
                    "Authorization": f"Bearer {self._key}",
                    "Content-Type": "application/json",
                },
                timeout=10,
                retries=False,
            )
        except urllib3.exceptions.HTTPError as error:
            raise Unreachable(str(error)) from error
        if response.status // 100 != 2:  # noqa: PLR2004 - the hundreds of a success
            raise Refused(response.status, response.data[:500])
        return response.json()
