"""What a command needs of the world: settings, connections, time; tests bring their own."""

import os
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import typer

from client.api import Api
from client.transport import Fetch, Sockets, Transport

#: What each variable of the environment should be set to.
VARIABLES = {
    "CARILLON_URL": "the address of the API, like http://localhost:8700",
    "CARILLON_API_KEY": "an API key of your workspace",
}


class Unset(Exception):
    """A variable of the environment is missing or unusable; the message says what to set."""

    def __init__(self, name: str, what: str = "is not set") -> None:
        super().__init__(f"{name} {what}: set it to {VARIABLES[name]}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The world around a command."""

    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    transport: Transport = field(default_factory=Sockets)
    fetch: Fetch = field(default_factory=lambda: Sockets().fetch)
    sleep: Callable[[float], None] = time.sleep
    new_key: Callable[[], str] = lambda: str(uuid.uuid4())

    def api(self) -> Api:
        """The API as the environment names it.

        Raises:
            Unset: naming the variable that is missing, or is no address.
        """
        url, key = (self._variable(name) for name in VARIABLES)
        if not url.startswith(("http://", "https://")):
            raise Unset("CARILLON_URL", "is no address that begins with http:// or https://")
        return Api(url, key, transport=self.transport, sleep=self.sleep)

    def _variable(self, name: str) -> str:
        value = self.environment.get(name, "").strip()
        if not value:
            raise Unset(name)
        return value


def around(context: typer.Context) -> Surroundings:
    """The world around the running command."""
    surroundings: Surroundings = context.obj
    return surroundings


def api_of(context: typer.Context) -> Api:
    """The API that the running command asks."""
    return around(context).api()
