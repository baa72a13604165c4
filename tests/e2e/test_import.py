"""A file imported by the whole local stack, whose workers are killed again and again."""

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bench.import_rows import open_campaign
from client.api import Api
from local.bucket import drop
from local.settings import Settings
from local.stack import Stack
from local.trial import free_port, until

pytestmark = [pytest.mark.engine, pytest.mark.slow]

#: Rows of the file; beside them stand some that cannot be used, and some that come twice.
ROWS = int(os.environ.get("IMPORT_ROWS", "5000"))
KILLS = 2
BAD, TWICE = 7, 23


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    settings = replace(
        Settings.from_environment(os.environ),
        data=tmp_path / "data",
        port=free_port(),
        engine_port=free_port(),
        carrier_port=free_port(),
        visibility_s=2,
        tick_s=60,
    )
    with Stack(settings) as stack:
        yield stack


def phone(number: int) -> str:
    return f"+346{number:08}"


def contacts() -> bytes:
    """Everybody once, some twice at the end, and rows that nobody can use in between."""
    rows = [f"{phone(number)},Ada,Vigo" for number in range(ROWS)]
    for number in range(BAD):
        rows.insert(number * ROWS // BAD, f"12345,Bad {number},Vigo")
    return "\n".join(["phone,name,city", *rows, *rows[-TWICE:]]).encode()


def kill(stack: Stack) -> None:
    handlers = stack.pid("handlers")
    assert handlers is not None
    os.kill(handlers, signal.SIGKILL)
    until(lambda: not stack.handlers_alive())


def tasks(client: Api, campaign_id: str) -> list[Any]:
    path = f"/campaigns/{campaign_id}/tasks?limit=200"
    page = client.get(path)
    found: list[Any] = page["tasks"]
    while page["next_cursor"] is not None:
        page = client.get(f"{path}&cursor={page['next_cursor']}")
        found += page["tasks"]
    return found


def test_killed_workers_lose_no_row_and_double_none(stack: Stack) -> None:
    client, workspace_id, campaign_id = open_campaign(stack)

    def job() -> Any:
        jobs = client.get(f"/campaigns/{campaign_id}/imports")["imports"]
        return jobs[0] if jobs else {"rows": 0, "status": "not there yet"}

    def has(rows: int) -> bool:
        return bool(job()["rows"] >= rows)

    drop(stack.settings, workspace_id, campaign_id, contacts())
    for turn in range(1, KILLS + 1):
        until(partial(has, turn * ROWS // (KILLS + 2)), within_s=300)
        kill(stack)
        stack.restart("handlers")
        seen = job()
        assert seen["rows"] == seen["accepted"] + seen["rejected"] + seen["duplicates"]
    until(lambda: job()["status"] != "running", within_s=600)

    done = job()
    assert (done["status"], done["rows"]) == ("completed", ROWS + BAD + TWICE)
    assert (done["accepted"], done["rejected"], done["duplicates"]) == (ROWS, BAD, TWICE)
    assert client.get(f"/campaigns/{campaign_id}")["progress"]["total"] == ROWS
    phones = [task["phone"] for task in tasks(client, campaign_id)]
    assert sorted(phones) == [phone(number) for number in range(ROWS)]
