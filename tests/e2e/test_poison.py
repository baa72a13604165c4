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
from tests.e2e.campaigning import PHONES, Campaign
from tests.e2e.conftest import WAITS, Start
from tests.local.waiting import until

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


def renamed(table: Any, task_id: str, old: str, new: str) -> None:
    """Give an attribute of a task another name: nobody can read the task any more, or again."""
    (item,) = [one for one in table.scan()["Items"] if one["sk"] == task_id]
    item[new] = item.pop(old)
    table.put_item(Item=item)


def carillon(stack: Stack, key: str, *words: str) -> str:
    """What the command line says to the operator."""
    environment = {**os.environ, "CARILLON_URL": stack.url, "CARILLON_API_KEY": key}
    command = [sys.executable, "-m", "client", "admin", "dead-letters", *words]
    done = subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout


def test_poison_keeps_nobody_else_waiting_and_is_called_once_it_is_cured(start: Start) -> None:
    stack = start(UNHURRIED, visibility_s=1)
    campaign = Campaign(stack, phones=PHONES[:20], is_draft=True)
    campaign.drop_contacts()
    until(lambda: campaign.shown()["progress"]["total"] == 20, within_s=60)
    path = f"/campaigns/{campaign.campaign_id}/tasks"
    poisoned = next(campaign.client.pages(path, "tasks"))
    table = table_of(stack)
    renamed(table, poisoned["id"], "created_at", "was_created_at")
    campaign.start()

    until(lambda: campaign.shown()["progress"]["completed"] == 19, within_s=120)

    def letters() -> Any:
        told = carillon(stack, campaign.operator_key, "--json")
        return next(one for one in json.loads(told)["queues"] if one["queue"] == "calls")[
            "letters"
        ]

    until(letters, within_s=120)
    (letter,) = letters()
    assert letter["ids"]["call_id"] == f"{poisoned['id']}-1"
    assert letter["reason"]["function"] == "place_call"
    assert (letter["reason"]["error"], letter["reason"]["receives"]) == ("KeyError", 5)
    failures = [
        json.loads(line)
        for line in stack.log_file("handlers").read_text().splitlines()
        if '"message_failed":1' in line
    ]
    assert [one["queue"] for one in failures] == ["calls"] * 5, "five on the alarm's metric"
    assert all(one["_aws"]["CloudWatchMetrics"] for one in failures)

    renamed(table, poisoned["id"], "was_created_at", "created_at")
    assert "calls: 1 sent back" in carillon(stack, campaign.operator_key, "--redrive", "calls")

    campaign.await_end()
    campaign.check()
    (first, *_) = campaign.client.get(f"/tasks/{poisoned['id']}/calls")["calls"]
    assert first["id"] == f"{poisoned['id']}-1", "the call for which the message was sent"
    assert letters() == []
