"""The command line in front of the product: commands are typed, requests arrive at `app.py`."""

from collections.abc import Callable, Mapping
from typing import Any

from chalice.config import Config
from typer.testing import CliRunner

import app
from client.commands import app as commands
from client.surroundings import Surroundings
from client.transport import Answer, Fetch, Readable, Sockets, Transport
from local.gateway import Gateway, Refused
from local.gateway_errors import Refusals
from tests.functional.product import TEMPLATE

URL = "http://carillon.test"


class InProcess:
    """Requests as the gateway hands them to the product, without a socket."""

    def __init__(self) -> None:
        self._gateway = Gateway(app.app, Config(), Refusals(TEMPLATE["Resources"]))

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | Readable | None
    ) -> Answer:
        assert body is None or isinstance(body, bytes), "only a bucket takes a stream"
        try:
            said = self._gateway.answer(method, url.removeprefix(URL), dict(headers), body)
        except Refused as refused:
            refusal = self._gateway.refusals.of(refused.kind)
            return Answer(refusal.status, dict(refusal.headers), refusal.body)
        named = {name.lower(): str(value) for name, value in said["headers"].items()}
        return Answer(said["statusCode"], named, said["body"].encode())


class CommandLine:
    """A person with a terminal and a key."""

    def __init__(
        self,
        key: str,
        transport: Transport,
        *,
        url: str = URL,
        sleep: Callable[[float], None] = lambda _: None,
        fetch: Fetch | None = None,
    ) -> None:
        self.environment = {"CARILLON_URL": url, "CARILLON_API_KEY": key}
        self.transport = transport
        self.sleep = sleep
        self.fetch = fetch or Sockets().fetch
        self.keys = (f"key-{number}" for number in range(100))

    def run(self, *words: str, status: int = 0, typed: str | None = None) -> str:
        """Type a command that ends with that status; gives what the terminal shows."""
        world = Surroundings(
            environment=self.environment,
            transport=self.transport,
            sleep=self.sleep,
            fetch=self.fetch,
            new_key=lambda: next(self.keys),
        )
        options: dict[str, Any] = {"obj": world, "input": typed}
        done = CliRunner().invoke(commands, words, **options, catch_exceptions=False)
        assert done.exit_code == status, done.output
        return done.output
