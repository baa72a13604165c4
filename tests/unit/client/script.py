"""An API that answers what it was told to."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from client.api import Api
from client.transport import Answer, Readable


@dataclass
class Script:
    """Answers what it was told to, in order, and remembers what was sent."""

    answers: list[Answer]
    sent: list[tuple[str, str, dict[str, str], Any]] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | Readable | None
    ) -> Answer:
        content = body if body is None or isinstance(body, bytes) else body.read()
        self.sent.append((method, url, dict(headers), content))
        return self.answers.pop(0)

    def api(self) -> Api:
        return Api("http://api.test/", "k", transport=self, sleep=self.slept.append)


def answer(body: object, status: int = 200, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, named, json.dumps(body).encode())


def page(numbers: list[int], cursor: str | None) -> Answer:
    return answer({"tasks": numbers, "next_cursor": cursor})
