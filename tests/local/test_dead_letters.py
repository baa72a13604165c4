"""A poisoned message on the local stack: round and round, given up, explained, cured."""

import http.client
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from local import keys, workspace
from local.resources import Clients
from local.settings import Settings
from local.stack import Stack
from tests.local.waiting import free_port, until

pytestmark = [pytest.mark.engine, pytest.mark.slow]

PATH = "/admin/dead-letters"
POISON = {"call_id": "0000000000000000-0000000000000000-1", "kind": "hung_up", "at": 1}


@dataclass
class Local:
    """The whole service on this machine, which forgets a message's failure within seconds."""

    stack: Stack
    clients: Clients

    def ask(self, method: str, path: str, key: str, body: object = None) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.stack.settings.port, timeout=30)
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        try:
            connection.request(method, path, json.dumps(body or {}), headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    @property
    def operator_key(self) -> str:
        return keys.load(self.stack.settings.data).operator_key

    def dead(self, queue: str) -> Any:
        status, answer = self.ask("GET", PATH, self.operator_key)
        assert status == 200, answer
        return next(one["letters"] for one in answer["queues"] if one["queue"] == queue)

    def url(self, name: str) -> str:
        return str(self.clients.sqs.get_queue_url(QueueName=f"carillon-{name}")["QueueUrl"])
