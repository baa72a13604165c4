"""Recorded requests, sent again by a bare loop: what engine and SDK take for themselves."""

import json
import multiprocessing
import os
import re
import time
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.synchronize import Barrier
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from local import resources
from local.handlers import engine_environment
from local.recorder import FUNCTIONS, Recorded
from local.settings import ROOT
from local.trial import Stuck, own_engine

#: Services, by how the target of a request to them begins.
DYNAMODB, SQS = "DynamoDB_20120810", "AmazonSQS"
SERVICES = {DYNAMODB: "dynamodb", SQS: "sqs"}

CONFIG = Config(
    max_pool_connections=50,
    parameter_validation=False,
    user_agent="bench",
    retries={"mode": "standard", "total_max_attempts": 1},
)


class Request(NamedTuple):
    """A request as boto3 takes it."""

    service: str
    method: str
    params: dict[str, Any]

    def to_queue(self, url: str) -> "Request":
        """The same request to another queue."""
        return self._replace(params={**self.params, "QueueUrl": url})


def requests_of(recorded: Sequence[Recorded], *, with_queues: bool = False) -> list[Request]:
    """What the table was asked, and the queues if wanted, in the order in which it was sent.

    Of the table the pumps only ask that there be one; and nobody waits for messages that are not
    there.
    """
    requests = []
    for one in recorded:
        target, _, operation = one.target.partition(".")
        wanted = {DYNAMODB: one.asker == FUNCTIONS, SQS: with_queues}
        if wanted.get(target):
            params = json.loads(one.body)
            if "WaitTimeSeconds" in params:
                params["WaitTimeSeconds"] = 0
            requests.append(Request(SERVICES[target], snake(operation), params))
    return requests


def snake(operation: str) -> str:
    """The name of the client's method: `get_item` for `GetItem`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower()


def seconds_of(
    before: Sequence[Request], measured: Sequence[Request], threads: int, processes: int
) -> float:
    """How long the measured requests take on a fresh engine, after those before them.

    As they were recorded from the first on, the table then holds what it held: conditions that
    held hold again, and lanes are as full as they were. Of several processes each sends its share.
    """
    with TemporaryDirectory() as folder, own_engine(Path(folder)) as settings:
        os.environ.update(engine_environment(settings, {}))
        clients = resources.Clients.of(boto3.Session(), config=CONFIG)
        created = resources.create(resources.load(ROOT), clients)
        measured = readdressed(measured, created.queues.values())
        send_all(clients, before, threads)
        forked = multiprocessing.get_context("fork")
        ready = forked.Barrier(processes + 1)
        shares = [measured[number::processes] for number in range(processes)]
        senders = [
            forked.Process(target=send_share, args=(share, -(-threads // processes), ready))
            for share in shares
        ]
        for sender in senders:
            sender.start()
        ready.wait()
        began = time.monotonic()
        for sender in senders:
            sender.join()
        taken = time.monotonic() - began
    if any(sender.exitcode for sender in senders):
        raise Stuck("some of the requests could not be sent again")
    return taken


def readdressed(requests: Sequence[Request], queues: Iterable[str]) -> list[Request]:
    """The requests with the addresses that queues have here, without those to other queues.

    The others are of the local stack: one that stands for the bucket's notifications.
    """
    here = {name_of(url): url for url in queues}
    found = []
    for request in requests:
        url = request.params.get("QueueUrl")
        if url is None:
            found.append(request)
        elif name_of(url) in here:
            found.append(request.to_queue(here[name_of(url)]))
    return found


def name_of(queue_url: str) -> str:
    """The name of a queue."""
    return queue_url.rpartition("/")[2]


def send_share(requests: Sequence[Request], threads: int, ready: Barrier) -> None:
    """Send requests in a process of its own, as soon as all others are ready, too."""
    clients = resources.Clients.of(boto3.Session(), config=CONFIG)
    ready.wait()
    send_all(clients, requests, threads)


def send_all(clients: resources.Clients, requests: Sequence[Request], threads: int) -> None:
    """Send requests, each as soon as one of the threads is free."""
    sender = Sender(clients)
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(sender.send, requests):
            pass


class Sender:
    """Sends requests again; messages are deleted by the handles under which they come now."""

    def __init__(self, clients: resources.Clients) -> None:
        self._clients = clients
        self._handles: dict[str, deque[str]] = defaultdict(deque)

    def send(self, request: Request) -> None:
        """Send one, whether or not its condition holds."""
        act = getattr(getattr(self._clients, request.service), request.method)
        try:
            answer = act(**self._with_own_handles(request))
        except ClientError as error:
            # A condition that failed then, or fails now because two changed places.
            known = {"ConditionalCheckFailedException", "TransactionCanceledException"}
            if error.response["Error"]["Code"] not in known:
                raise
        else:
            received = (message["ReceiptHandle"] for message in answer.get("Messages", ()))
            self._handles[request.params.get("QueueUrl", "")].extend(received)

    def _with_own_handles(self, request: Request) -> dict[str, Any]:
        if request.method != "delete_message_batch":
            return request.params
        handles, entries = self._handles[request.params["QueueUrl"]], []
        with suppress(IndexError):  # as many as there are
            for entry in request.params["Entries"]:
                entries.append({**entry, "ReceiptHandle": handles.popleft()})
        return {**request.params, "Entries": entries or request.params["Entries"]}
