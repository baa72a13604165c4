"""A message that no function can process, from its first failure to the call it was sent for."""

import json
import os
import subprocess
import sys
from typing import Any

import boto3
import pytest

from local.settings import ROOT
from local.stack import Stack
from local.trial import until
from tests.e2e.campaigning import PHONES, Campaign
from tests.e2e.conftest import WAITS, Start

pytestmark = [pytest.mark.engine, pytest.mark.slow]

#: Long enough for a message to die and to come back before rescue looks at its call.
UNHURRIED = {**WAITS, "FIRST_LOOK_S": "120"}


def table_of(stack: Stack) -> Any:
    session = boto3.Session(
        aws_access_key_id="000000000000", aws_secret_access_key="x", region_name="us-east-1"
    )
    client = session.client("dynamodb", endpoint_url=stack.settings.endpoint_url)
    (name,) = client.list_tables()["TableNames"]
    return session.resource("dynamodb", endpoint_url=stack.settings.endpoint_url).Table(name)


def carillon(stack: Stack, key: str, *words: str) -> str:
    """What the command line says to the operator."""
    environment = {**os.environ, "CARILLON_URL": stack.url, "CARILLON_API_KEY": key}
    command = [sys.executable, "-m", "client", "admin", "dead-letters", *words]
    done = subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True, timeout=180
    )
    return done.stdout


def failures(stack: Stack) -> list[Any]:
    """The lines of the log that CloudWatch counts for the alarm."""
    lines = stack.log_file("handlers").read_text(errors="replace").splitlines()
    return [json.loads(line) for line in lines if '"message_failed":1' in line]


class Poisoned(Campaign):
    """A campaign of twenty, of whom one cannot be read."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.drop_contacts()
        until(lambda: self.shown()["progress"]["total"] == len(self.phones))
        path = f"/campaigns/{self.campaign_id}/tasks"
        self.task_id: str = next(self.client.pages(path, "tasks"))["id"]
        self.rename("created_at", "was_created_at")

    def rename(self, old: str, new: str) -> None:
        """Give an attribute of the task another name: it cannot be read any more, or again."""
        table = table_of(self.stack)
        (item,) = [one for one in table.scan()["Items"] if one["sk"] == self.task_id]
        item[new] = item.pop(old)
        table.put_item(Item=item)

    def letters(self) -> Any:
        """The dead letters of the calls queue, as the operator sees them."""
        queues = json.loads(carillon(self.stack, self.operator_key, "--json"))["queues"]
        return next(one["letters"] for one in queues if one["queue"] == "calls")


def test_poison_keeps_nobody_else_waiting_and_is_called_once_it_is_cured(start: Start) -> None:
    stack = start(told=UNHURRIED, visibility_s=1)
    campaign = Poisoned(stack, phones=PHONES[:20], is_draft=True)
    call_id = f"{campaign.task_id}-1"
    campaign.start()

    until(lambda: campaign.shown()["progress"]["completed"] == 19)
    until(campaign.letters)

    (letter,) = campaign.letters()
    assert (letter["ids"]["call_id"], letter["reason"]["function"]) == (call_id, "place_call")
    assert (letter["reason"]["error"], letter["reason"]["receives"]) == ("KeyError", 5)
    counted = failures(stack)
    assert [one["queue"] for one in counted] == ["calls"] * 5
    assert all(one["_aws"]["CloudWatchMetrics"] for one in counted)

    campaign.rename("was_created_at", "created_at")
    assert "calls: 1 sent back" in carillon(stack, campaign.operator_key, "--redrive", "calls")

    campaign.await_end()
    campaign.check()
    (first, *_) = campaign.client.get(f"/tasks/{campaign.task_id}/calls")["calls"]
    assert first["id"] == call_id, "the call for which the message was sent"
    assert campaign.letters() == []
