"""Poison on the local stack: it goes round, dies, says why, and is processed once it is cured."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from client.api import Api
from local import bucket, workspace
from local.settings import Settings
from local.stack import Stack
from local.trial import free_port, until

pytestmark = [pytest.mark.engine, pytest.mark.slow]

PATH = "/admin/dead-letters"
CALLER_ID = "+34910000000"


class Service:
    """The whole service on this machine, with a workspace; nothing ticks, only nudges wake it."""

    def __init__(self, stack: Stack) -> None:
        settings = stack.settings
        known = workspace.ensure(settings.port, settings.data)
        self.settings = settings
        self.workspace_id = known.workspace_id
        self.operator = Api(stack.url, known.bootstrap_key)
        self.api = Api(stack.url, known.api_key)
        self._table = boto3.Session(
            aws_access_key_id="000000000000", aws_secret_access_key="x", region_name="us-east-1"
        ).client("dynamodb", endpoint_url=settings.endpoint_url)
        self.agent_id = self.api.post("/agents", {"name": "Ana", "carrier": "simulated"})["id"]
        self.api.post("/numbers", {"phone": CALLER_ID, "carrier": "simulated"})

    def campaign(self, kind: str) -> str:
        who = {"agent_id": self.agent_id, "caller_id": CALLER_ID}
        body = {"name": "Renewals", "type": kind, "draft": False, **who}
        return str(self.api.post("/campaigns", body)["id"])

    def dead(self, queue: str) -> Any:
        """The reasons of a queue's dead letters."""
        queues = self.operator.get(PATH)["queues"]
        return next(one["letters"] for one in queues if one["queue"] == queue)

    def spoil(self, attribute: str) -> None:
        """Give an attribute of the workspace another name, or its own back."""
        name = self._table.list_tables()["TableNames"][0]
        key = {"pk": {"S": f"W#{self.workspace_id}"}, "sk": {"S": "workspace"}}
        item = self._table.get_item(TableName=name, Key=key)["Item"]
        spoiled = f"was_{attribute}"
        old, new = (attribute, spoiled) if attribute in item else (spoiled, attribute)
        item[new] = item.pop(old)
        self._table.put_item(TableName=name, Item=item)


@pytest.fixture
def service(engine_python: Path, tmp_path: Path) -> Iterator[Service]:
    settings = Settings(
        data=tmp_path,
        port=free_port(),
        engine_port=free_port(),
        carrier_port=free_port(),
        engine_python=engine_python,
        visibility_s=1,
        tick_s=3600,
    )
    with Stack(settings) as stack:
        yield Service(stack)


def test_poison_dies_says_why_and_is_processed_once_it_is_cured(service: Service) -> None:
    realtime, batch = service.campaign("realtime"), service.campaign("batch")
    service.spoil("concurrency_limit")
    task = {"phone": "+34600000001", "campaign": realtime}
    task_id = service.api.post("/tasks", task)["task"]["id"]

    until(lambda: service.dead("nudges"))

    nudge = service.dead("nudges")[0]
    assert (nudge["kind"], nudge["ids"]) == ("nudge", {"workspace_id": service.workspace_id})
    assert nudge["reason"]["error"] == "KeyError"
    assert nudge["reason"]["message"] == "'concurrency_limit'"
    assert (nudge["reason"]["function"], nudge["reason"]["receives"]) == ("dispatch", 5)
    assert service.api.get(f"/tasks/{task_id}")["attempts"] == 0

    bucket.drop(service.settings, service.workspace_id, batch, b"phone\n+34600000002\n")
    until(lambda: service.dead("imports"))
    (dropped,) = service.dead("imports")
    assert dropped["ids"] == {"workspace_id": service.workspace_id, "campaign_id": batch}
    reason = dropped["reason"]
    assert (reason["error"], reason["message"]) == ("ImportFailed", "KeyError")

    service.spoil("concurrency_limit")
    moved = service.operator.post(f"{PATH}/redrive", {})["queues"]

    assert {one["queue"] for one in moved if one["moved"]} == {"nudges", "imports"}
    until(lambda: service.api.get(f"/tasks/{task_id}")["attempts"] == 1)
    until(lambda: [one["status"] for one in imports_of(service, batch)] == ["completed"])
    assert imports_of(service, batch)[0]["accepted"] == 1
    assert service.dead("nudges") == service.dead("imports") == []


def imports_of(service: Service, campaign_id: str) -> Any:
    return service.api.get(f"/campaigns/{campaign_id}/imports")["imports"]
