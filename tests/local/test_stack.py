import ctypes
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest

from local.records import Identity, Records
from local.settings import ROOT, Settings
from local.trial import free_port, until
from tests.local.conftest import SAMPLE_APP

pytestmark = pytest.mark.engine

PARTS = ("engine", "carrier", "handlers")

#: Starts a stack, and stops it when its input ends.
DRIVER = """
import sys
from local.stack import Stack, StackError
from local.up import Supervisor
stack = Stack(carrier=["tests/local/sample_app/carrier.py"])
if sys.argv[1] == "up":
    sys.exit(Supervisor(stack).run())
with stack:
    print("up", stack.adopted, flush=True)
    sys.stdin.read()
"""


class Driver:
    """A process that runs a stack."""

    def __init__(self, settings: Settings, mode: str) -> None:
        self.settings = settings
        self.process = subprocess.Popen(
            [sys.executable, "-c", DRIVER, mode],
            env={**os.environ, **settings.environment()},
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def line(self, start: str) -> str:
        """Read its output up to the line that starts so."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith(start):
                return line.strip()
        raise AssertionError(f"{start!r} was never said")

    def end(self) -> int:
        """Let it stop its stack."""
        self.process.communicate(timeout=180)
        return self.process.returncode


Drive = Callable[..., Driver]


@pytest.fixture
def settings(engine_python: Path, tmp_path: Path) -> Settings:
    return Settings(
        project=SAMPLE_APP,
        data=tmp_path,
        port=free_port(),
        engine_port=free_port(),
        carrier_port=free_port(),
        engine_python=engine_python,
        visibility_s=2,
    )


@pytest.fixture
def drive(settings: Settings) -> Iterator[Drive]:
    """What starts a stack in a process of its own, with some settings changed if need be."""
    drivers: list[Driver] = []

    def started(mode: str, **changes: Any) -> Driver:
        drivers.append(Driver(replace(settings, **changes), mode))
        return drivers[-1]

    yield started
    for driver in drivers:
        driver.process.kill()
        driver.process.communicate()
    until(lambda: not any(pids(settings).values()))


def pids(settings: Settings) -> dict[str, int | None]:
    records = Records(settings.data / "run")
    running = {name: records.running(name) for name in PARTS}
    return {name: record.process.pid if record else None for name, record in running.items()}


def get(settings: Settings, path: str) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", settings.port, timeout=60)
    try:
        connection.request("GET", path)
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


def send(settings: Settings, **order: object) -> None:
    session = boto3.Session(
        aws_access_key_id="000000000000", aws_secret_access_key="x", region_name="us-east-1"
    )
    sqs = session.client("sqs", endpoint_url=settings.endpoint_url)
    url = sqs.get_queue_url(QueueName="carillon-CallsQueue")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps(order))
    sqs.close()


def kill(pid: int | None) -> None:
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    until(lambda: Identity.of(pid) is None)


def test_up_starts_delivers_stops_and_its_data_survives(settings: Settings, drive: Drive) -> None:
    up = drive("up")

    assert up.line("API key") == "API key: key_1"
    send(settings, id="c1")
    until(lambda: get(settings, "/notes/placed") == {"c1": 1})
    assert get(settings, "/notes/ticks") == {"tick": 1}
    told = get(settings, "/environment")
    started = pids(settings)
    up.process.send_signal(signal.SIGTERM)
    assert up.end() == 0

    assert all(Identity.of(pid or 0) is None for pid in started.values())
    assert told["PUBLIC_URL"] == settings.url
    assert told["FROM_CONFIG"] == "config"
    assert told["FIRST_LOOK_S"] == "15"
    assert len(told["BOOTSTRAP_KEY_HASH"]) == 64
    assert (settings.data / "secrets.json").stat().st_mode & 0o777 == 0o600
    for name in PARTS:
        assert (settings.data / "log" / f"{name}.log").exists()

    again = drive("up")
    assert again.line("API key") == "API key: key_1"
    assert get(settings, "/notes/placed") == {"c1": 1}
    assert get(settings, "/notes/workspaces") == {"local": 1}
    again.process.send_signal(signal.SIGINT)
    assert again.end() == 0


def test_after_kill_9_of_the_handlers_a_new_supervisor_takes_over_and_work_comes_back(
    settings: Settings, drive: Drive
) -> None:
    first = drive("driver")
    assert first.line("up") == "up []"
    send(settings, id="c1", sleep=3)
    until(lambda: get(settings, "/notes/calls") == {"c1": 1})
    before = pids(settings)

    kill(before["handlers"])
    second = drive("driver")

    assert second.line("up") == "up ['carrier', 'engine']"
    assert first.end() == 0  # It ends, and leaves alone what is no longer its own.
    after = pids(settings)
    assert (after["engine"], after["carrier"]) == (before["engine"], before["carrier"])
    until(lambda: get(settings, "/notes/placed") == {"c1": 1})
    assert get(settings, "/notes/calls") == {"c1": 2}
    assert second.end() == 0
    assert not any(pids(settings).values())


def test_kill_9_of_the_supervisor_leaves_no_process_and_loses_no_data(
    settings: Settings, drive: Drive
) -> None:
    first = drive("driver")
    first.line("up")
    send(settings, id="c1")
    until(lambda: get(settings, "/notes/placed") == {"c1": 1})
    left = pids(settings)

    first.process.kill()
    second = drive("driver")  # At once: it waits for the orphans to end.

    assert second.line("up") == "up []"
    assert all(Identity.of(pid or 0) is None for pid in left.values())
    assert get(settings, "/notes/placed") == {"c1": 1}
    assert second.end() == 0


def test_whoever_starts_while_another_stops_waits_until_the_data_is_written(
    settings: Settings, drive: Drive
) -> None:
    first = drive("up")
    first.line("API key")
    send(settings, id="c1")
    until(lambda: get(settings, "/notes/placed") == {"c1": 1})
    engine = pids(settings)["engine"]
    assert engine is not None
    os.kill(engine, signal.SIGSTOP)  # So that it takes its time to end.
    try:
        kill(pids(settings)["handlers"])
        first.line("The handlers")
        until(lambda: Records(settings.data / "run").owner("engine") is None)
        second = drive("driver")
    finally:
        os.kill(engine, signal.SIGCONT)

    assert second.line("up") == "up []"
    assert get(settings, "/notes/placed") == {"c1": 1}
    assert second.end() == 0


def test_up_names_the_part_that_died_and_stops_the_rest(settings: Settings, drive: Drive) -> None:
    up = drive("up")
    up.line("API key")

    kill(pids(settings)["handlers"])

    assert up.line("The handlers").startswith("The handlers has ended unexpectedly")
    assert up.end() == 1
    assert not any(pids(settings).values())


def test_a_second_signal_does_not_wait_for_work_in_progress(
    settings: Settings, drive: Drive
) -> None:
    up = drive("up")
    up.line("API key")
    send(settings, id="c1", sleep=60)
    until(lambda: get(settings, "/notes/calls") == {"c1": 1})

    up.process.send_signal(signal.SIGTERM)
    up.line("Stopping")
    up.process.send_signal(signal.SIGTERM)

    up.end()
    assert not any(pids(settings).values())
    log = (settings.data / "log" / "handlers.log").read_text()
    assert "left running" not in log, "it would say so after ten seconds"


@pytest.mark.skipif(sys.platform != "linux", reason="a signal to one thread: Linux's tgkill")
def test_the_handlers_end_whichever_of_their_threads_is_told(
    settings: Settings, drive: Drive
) -> None:
    driver = drive("driver")
    driver.line("up")
    handlers = pids(settings)["handlers"]
    assert handlers is not None
    main, gateway, *_ = sorted(int(one.name) for one in Path(f"/proc/{handlers}/task").iterdir())

    assert main == handlers
    assert ctypes.CDLL(None).tgkill(handlers, gateway, signal.SIGTERM) == 0

    until(lambda: Identity.of(handlers) is None, within_s=30)
    assert driver.end() == 0


@pytest.mark.parametrize(
    ("field", "variable"),
    [
        ("port", "CARILLON_PORT"),
        ("engine_port", "CARILLON_ENGINE_PORT"),
        ("carrier_port", "CARILLON_CARRIER_PORT"),
    ],
)
def test_a_busy_port_is_named_with_the_variable_that_moves_it(
    settings: Settings, drive: Drive, field: str, variable: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        busy = other.getsockname()[1]
        up = drive("up", **{field: busy})

        line = up.line("Port")

    assert str(busy) in line
    assert variable in line
    assert up.end() == 1
    assert not any(pids(settings).values())


def test_handlers_that_do_not_start_say_why_and_nothing_stays(
    settings: Settings, drive: Drive, tmp_path: Path
) -> None:
    up = drive("up", project=tmp_path)

    line = up.line("The handlers")

    assert "resources.json" in line
    assert up.end() == 1
    assert not any(pids(settings).values())
