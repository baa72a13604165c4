"""A campaign on the whole local stack, whose handlers are killed half way."""

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from client.api import Api
from local import audit, keys, promises
from local.bucket import drop
from local.settings import Settings
from local.stack import Stack
from tests.local.waiting import free_port, until

pytestmark = [pytest.mark.engine, pytest.mark.slow]

#: Contacts whose last two digits lead to every ending that the carrier knows by rule.
PHONES = [f"+1202555{number:04}" for number in range(100, 140)]
QUICK = ("-m", "local.carrier", "--ring", "0.05:0.2", "--talk", "0.1:0.4", "--callback-in", "1")
QUICK_WAITS = {"FIRST_LOOK_S": "4", "SENDING_S": "2", "RESCUE_MARGIN_S": "2", "LOOK_AGAIN_S": "1"}
LIMIT = 5


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    for name, seconds in QUICK_WAITS.items():
        monkeypatch.setenv(name, seconds)
    settings = replace(
        Settings.from_environment(os.environ),
        data=tmp_path / "data",
        port=free_port(),
        engine_port=free_port(),
        carrier_port=free_port(),
        visibility_s=4,
        tick_s=1,
    )
    with Stack(
        settings, carrier=(*QUICK, "--webhook-lost", "0.05", "--webhook-doubled", "0.1")
    ) as stack:
        yield stack


def open_workspace(stack: Stack) -> tuple[str, Api]:
    operator = Api(stack.url, keys.load(stack.settings.data).bootstrap_key)
    opened = operator.post("/workspaces", {"name": "e2e", "concurrency_limit": LIMIT})
    return opened["workspace"]["id"], Api(stack.url, opened["api_key"])


def start_batch(client: Api) -> str:
    agent = client.post(
        "/agents",
        {
            "name": "Ada",
            "carrier": "simulated",
            "prompt": "Hello {{name}}",
            "ring_timeout_s": 1,
            "max_duration_s": 1,
            "custom_outcomes": ["interested"],
        },
    )
    client.post("/numbers", {"phone": "+12025550100", "carrier": "simulated"})
    campaign = client.post(
        "/campaigns",
        {
            "name": "everybody",
            "draft": False,
            "agent_id": agent["id"],
            "caller_id": "+12025550100",
            "max_attempts": 2,
            "retry_intervals_ms": [1000],
        },
    )
    campaign_id: str = campaign["id"]
    return campaign_id


def contacts() -> bytes:
    rows = [f"{phone},Ada {number}" for number, phone in enumerate(PHONES)]
    return "\n".join(["phone,name", *rows, "12345,Bad"]).encode()


def test_a_killed_worker_loses_nothing_and_rings_nobody_twice(stack: Stack) -> None:
    workspace_id, client = open_workspace(stack)
    campaign_id = start_batch(client)
    drop(stack.settings, workspace_id, campaign_id, contacts())

    def completed() -> int:
        count: int = client.get(f"/campaigns/{campaign_id}")["progress"]["completed"]
        return count

    until(lambda: completed() >= len(PHONES) // 4, within_s=60)
    handlers = stack.pid("handlers")
    assert handlers is not None
    os.kill(handlers, signal.SIGKILL)
    until(lambda: not stack.handlers_alive())
    stack.restart_handlers()
    until(lambda: completed() == len(PHONES), within_s=90)

    facts = {
        "campaign_ids": [campaign_id],
        "concurrency_limit": LIMIT,
        "pauses": [],
        "urgent_campaign_id": None,
        "urgent_since_ms": None,
    }
    seen = audit.see(facts, client, stack.settings.data / "carrier" / "journal.jsonl")
    assert promises.violations(seen) == []
    assert len(seen.tasks) == len(PHONES)
    (imported,) = client.get(f"/campaigns/{campaign_id}/imports")["imports"]
    assert (imported["accepted"], imported["rejected"]) == (len(PHONES), 1)
    assert client.get(f"/campaigns/{campaign_id}")["status"] == "completed"
    logged = stack.log_file("handlers").read_text(errors="replace")
    assert "report recorded" in logged
    assert [word for word in ("1202555", "Ada ", "12345", "carillon_") if word in logged] == []
