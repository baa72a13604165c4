"""A carrier on the loopback for each test."""

from collections.abc import Iterator
from threading import Thread

import pytest

from tests.contract.carriers.loopback import Loopback


@pytest.fixture
def server() -> Iterator[Loopback]:
    server = Loopback()
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server
    server.is_over.set()
    server.shutdown()
    server.server_close()
