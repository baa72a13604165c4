"""Recorded requests, sent again by a bare loop: what engine and SDK take for themselves."""

import json
import multiprocessing
import os
import re
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.synchronize import Barrier
from typing import Any, NamedTuple

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from bench.engine import engine
from local import resources
from local.handlers import engine_environment
from local.recorder import FUNCTIONS, Recorded
from local.settings import ROOT

DYNAMODB = "DynamoDB_20120810."

CONFIG = Config(
    max_pool_connections=50,
    parameter_validation=False,
    user_agent="bench",
    retries={"mode": "standard", "total_max_attempts": 1},
)


class Request(NamedTuple):
    """A request as boto3 takes it."""

    method: str
    params: dict[str, Any]


def requests_of(recorded: Sequence[Recorded]) -> list[Request]:
    """What functions asked the table, in the order in which it was sent."""
    return [
        Request(snake(one.target.removeprefix(DYNAMODB)), json.loads(one.body))
        for one in recorded
        if one.asker == FUNCTIONS and one.target.startswith(DYNAMODB)
    ]


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
    with engine() as settings:
        os.environ.update(engine_environment(settings, {}))
        clients = resources.Clients.of(boto3.Session(), config=CONFIG)
        resources.create(resources.load(ROOT), clients)
        send_all(clients.dynamodb, before, threads)
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
        return time.monotonic() - began


def send_share(requests: Sequence[Request], threads: int, ready: Barrier) -> None:
    """Send requests in a process of its own, as soon as all others are ready, too."""
    client = boto3.Session().client("dynamodb", config=CONFIG)
    ready.wait()
    send_all(client, requests, threads)


def send_all(client: Any, requests: Sequence[Request], threads: int) -> None:
    """Send requests, each as soon as one of the threads is free."""

    def send(request: Request) -> None:
        try:
            getattr(client, request.method)(**request.params)
        except ClientError as error:
            # A condition that failed then, or fails now because two changed places.
            known = {"ConditionalCheckFailedException", "TransactionCanceledException"}
            if error.response["Error"]["Code"] not in known:
                raise

    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(send, requests):
            pass
