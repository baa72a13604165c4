"""A stack of its own and customers on it: for whoever tries something on the whole service."""

import contextlib
import os
import random
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import urllib3

from client.api import Api
from local import audit, keys, parts
from local.bucket import drop
from local.promises import Facts, Seen
from local.settings import Settings
from local.stack import Stack
from local.workspace import ask_often

#: Below the ports that connections of this machine leave from: one of those could take a port
#: that was found free, between a stop and a start.
PORTS = range(20_000, 30_000)

#: Rescue looks soon: a call here lasts a second or so.
WAITS = {"FIRST_LOOK_S": "6", "SENDING_S": "3", "RESCUE_MARGIN_S": "3", "LOOK_AGAIN_S": "2"}

CALLER_ID = "+12025550100"

#: Area codes of numbers that could exist; 555 belongs to films and tests.
AREAS = (202, 303, 415, 512, 617, 702, 808, 907)

#: So long an engine that keeps nothing may take to end.
ENGINE_ENDS_S = 60

#: An import that stands still for so long is stuck.
IMPORT_S = 120


class Stuck(Exception):
    """What was waited for did not come; the message says what, and how long."""


def free_port() -> int:
    """Find a port that nobody listens on.

    Raises:
        Stuck: when there is none.
    """
    for port in random.sample(PORTS, len(PORTS)):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise Stuck("no port is free")


def until(true: Callable[[], object], within_s: float = 120, *, every_s: float = 0.05) -> None:
    """Look again and again until something has come about.

    Raises:
        Stuck: when it has not.
    """
    deadline = time.monotonic() + within_s
    while not true():
        if time.monotonic() > deadline:
            raise Stuck(f"what should have come about has not in {within_s:g} s")
        time.sleep(every_s)


@contextlib.contextmanager
def own_stack(
    data: Path,
    *,
    carrier: Sequence[str] = parts.CARRIER,
    told: Mapping[str, str] = WAITS,
    **settings: Any,
) -> Iterator[Stack]:
    """A new stack in an empty folder, on free ports; the folder stays, with its logs."""
    shutil.rmtree(data, ignore_errors=True)
    ports = {name: free_port() for name in ("port", "engine_port", "carrier_port")}
    changes: dict[str, Any] = {"data": data, "told": told, **ports, **settings}
    own = replace(Settings.from_environment(os.environ), **changes)
    with Stack(own, carrier=carrier) as stack:
        yield stack


@contextlib.contextmanager
def own_engine(data: Path, *, within_s: float = 30) -> Iterator[Settings]:
    """A new engine alone, on a free port, that keeps nothing; its log stays in the folder.

    Gives the settings of a stack that would talk to it.

    Raises:
        Stuck: when it does not answer in that time; tells what it wrote last.
    """
    # The endpoint that the environment names may be the engine of whoever ran before.
    changes: dict[str, Any] = {"data": data, "engine_port": free_port(), "endpoint": None}
    own = replace(Settings.from_environment(os.environ), **changes)
    engine, log = parts.engine(own), data / "engine.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            engine.command,
            env={**engine.environment, "PERSIST_STATE": "0", "S3_PERSIST": "0"},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        give_up_at = time.monotonic() + within_s
        while not engine.is_up(engine.port):
            if time.monotonic() > give_up_at or process.poll() is not None:
                last = log.read_text(errors="replace")[-2000:]
                raise Stuck(f"the engine does not answer: run `make engine`\n{last}")
            time.sleep(0.05)
        yield own
    finally:
        process.terminate()
        process.wait(ENGINE_ENDS_S)


def set_faults(stack: Stack, faults: Mapping[str, float]) -> None:
    """Have the carrier do this wrong from now on."""
    answer = urllib3.request("PUT", f"{stack.settings.carrier_url}/faults", json=dict(faults))
    if answer.status != 200:  # noqa: PLR2004 - one use, and what it means everybody knows
        raise ValueError(answer.data.decode())


def phones(count: int, first: int = 0) -> list[str]:
    """Numbers that could exist, all different."""
    return [
        f"+1{AREAS[number // 10_000]}555{number % 10_000:04}"
        for number in range(first, first + count)
    ]


class Customer:
    """A workspace of its own, with an agent and a number, and what its people do."""

    def __init__(
        self,
        stack: Stack,
        agent: Mapping[str, Any] | None = None,
        *,
        concurrency_limit: int,
        calls_per_second: int | None = None,
    ) -> None:
        self.stack = stack
        operator = Api(stack.url, keys.load(stack.settings.data).bootstrap_key)
        opened = operator.post(
            "/workspaces", {"name": "trial", "concurrency_limit": concurrency_limit}
        )
        self.workspace_id: str = opened["workspace"]["id"]
        self.client = Api(stack.url, opened["api_key"])
        ask_often(self.client)
        self.client.put(
            "/workspace/limits",
            {"concurrency_limit": concurrency_limit, "calls_per_second": calls_per_second},
        )
        short = {"ring_timeout_s": 1, "max_duration_s": 1}
        made = self.client.post(
            "/agents", {"name": "Ada", "carrier": "simulated", **short, **(agent or {})}
        )
        self.agent_id: str = made["id"]
        self.client.post("/numbers", {"phone": CALLER_ID, "carrier": "simulated"})

    def campaign(self, **settings: Any) -> str:
        """Draft a campaign, a batch unless something else is said."""
        common = {"name": "trial", "agent_id": self.agent_id, "caller_id": CALLER_ID}
        campaign_id: str = self.client.post("/campaigns", {**common, **settings})["id"]
        return campaign_id

    def bring(self, campaign_id: str, numbers: Sequence[str]) -> None:
        """Drop a file of contacts and wait until every row is a task.

        Raises:
            Stuck: when they do not come.
        """
        contacts = "\n".join(["phone", *numbers]).encode()
        drop(self.stack.settings, self.workspace_id, campaign_id, contacts)
        came, since = 0, time.monotonic()
        while came < len(numbers):
            if time.monotonic() - since > IMPORT_S:
                raise Stuck(f"only {came} of {len(numbers)} contacts came in {IMPORT_S} s")
            time.sleep(0.1)
            total = self.progress(campaign_id)["total"]
            if total > came:
                came, since = total, time.monotonic()

    def steer(self, control: str, *campaign_ids: str) -> None:
        """Press a button of these campaigns."""
        for campaign_id in campaign_ids:
            self.client.post(f"/campaigns/{campaign_id}/{control}")

    def progress(self, campaign_id: str) -> dict[str, Any]:
        """How far a campaign has come."""
        progress: dict[str, Any] = self.client.get(f"/campaigns/{campaign_id}")["progress"]
        return progress

    def done(self, campaign_ids: Iterable[str]) -> int:
        """How many tasks of these campaigns are over."""
        counts = [self.progress(campaign_id) for campaign_id in campaign_ids]
        return sum(count["completed"] + count["archived"] for count in counts)

    def tasks(self, campaign_id: str) -> list[Any]:
        """All tasks of a campaign, as the API shows them."""
        return list(self.client.pages(f"/campaigns/{campaign_id}/tasks", "tasks"))

    def seen(self, campaign_ids: Sequence[str], facts: Facts) -> Seen:
        """Everything that is known of these campaigns, from both sides."""
        journal = self.stack.settings.data / "carrier" / "journal.jsonl"
        return audit.observe(self.client, journal, campaign_ids, facts)
