"""`python -m bench.import_rows [ROWS]`: rows per second of an import against the engine's limit.

A file is put into the bucket; the clock runs until all its rows are tasks, queued and counted.
Before and after, the same items go into the same table by the fastest conditional write there is
and nothing else: transactions of 99 puts, in a bare loop with as many threads as import.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3
from botocore.config import Config

from chalicelibs.adapters.clock import SystemClock
from chalicelibs.adapters.dynamodb.tasks import insert
from chalicelibs.domain.naming import LENGTH, base32, task_id_for_phone
from chalicelibs.domain.task import Task
from client.api import Api, Refused
from local import keys
from local.bucket import drop
from local.intrinsics import ACCOUNT, REGION, SECRET
from local.settings import ROOT, Settings
from local.stack import Stack

RESULT = ROOT / ".local" / "bench" / "import.json"

#: Puts that one transaction takes beside its bookkeeping; a statement batch takes 25.
TOGETHER = 99
STATEMENTS = 25

#: Between two looks at the import: seldom enough to cost it nothing.
EVERY_S = 0.2

FIRST_NAMES = ("Eva", "Ana", "José", "Lea", "Ben")
CITIES = ("Vigo", "Lugo", "Noia", "Ourense", "A Coruña")
CAMPAIGNS = count(1)


def phone(number: int) -> str:
    """A number that could exist; a million of them are Spanish mobiles."""
    return f"+346{number:08}"


def rows(total: int) -> list[str]:
    """Contacts as people have them."""
    return [
        f"{phone(number)},{FIRST_NAMES[number % 5]},{CITIES[number % 5]},{number}"
        for number in range(total)
    ]


def open_campaign(stack: Stack) -> tuple[Api, str, str]:
    """A draft campaign in a workspace of its own."""
    operator = Api(stack.url, keys.load(stack.settings.data).bootstrap_key)
    opened = operator.post("/workspaces", {"name": "bench", "concurrency_limit": 1})
    client = Api(stack.url, opened["api_key"])
    prompt = "Say hello to {{name}} in {{city}}."
    agent = client.post("/agents", {"name": "Ada", "carrier": "simulated", "prompt": prompt})
    client.post("/numbers", {"phone": "+34910000000", "carrier": "simulated"})
    campaign = client.post(
        "/campaigns", {"name": "bench", "agent_id": agent["id"], "caller_id": "+34910000000"}
    )
    return client, opened["workspace"]["id"], campaign["id"]


def imported(stack: Stack, total: int) -> float:
    """Seconds from the object in the bucket to the end of its import, whose sums are exact."""
    client, workspace_id, campaign_id = open_campaign(stack)
    content = "\n".join(["phone,name,city,reference", *rows(total)]).encode()
    began = time.monotonic()
    drop(stack.settings, workspace_id, campaign_id, content)
    jobs: list[Any] = []
    while not jobs or jobs[0]["status"] == "running":
        time.sleep(EVERY_S)
        with suppress(Refused):  # the engine may be too busy to answer whoever only looks
            jobs = client.get(f"/campaigns/{campaign_id}/imports")["imports"]
    seconds = time.monotonic() - began
    (job,) = jobs
    found = client.get(f"/campaigns/{campaign_id}")["progress"]["total"]
    assert (job["status"], job["rows"], job["accepted"]) == ("completed", total, total), job
    assert found == total, found
    return seconds


def client_of(settings: Settings) -> Any:
    """A client that does nothing but send."""
    return boto3.client(
        "dynamodb",
        endpoint_url=settings.endpoint_url,
        region_name=REGION,
        aws_access_key_id=ACCOUNT,
        aws_secret_access_key=SECRET,
        config=Config(max_pool_connections=50, parameter_validation=False, user_agent="bench"),
    )


def items(total: int) -> list[dict[str, Any]]:
    """The puts that such an import makes."""
    campaign_id, now = "c" + base32(next(CAMPAIGNS), LENGTH - 1), SystemClock().now()
    return [
        insert(
            Task(
                task_id=task_id_for_phone(campaign_id, phone(number)),
                workspace_id="w" * LENGTH,
                campaign_id=campaign_id,
                phone=phone(number),
                context={
                    "name": FIRST_NAMES[number % 5],
                    "city": CITIES[number % 5],
                    "reference": str(number),
                },
                shard=number // 1000,
                due_at=now,
                created_at=now,
            )
        ).params
        for number in range(total)
    ]


def in_transactions(client: Any, table: str, some: Sequence[dict[str, Any]]) -> None:
    """Put items that are not there yet, all or none."""
    puts = [{"Put": {"TableName": table, **one}} for one in some]
    client.transact_write_items(TransactItems=puts)


def in_statements(client: Any, table: str, some: Sequence[dict[str, Any]]) -> None:
    """Insert items that are not there yet, each for itself."""
    statements = [
        {
            "Statement": f'INSERT INTO "{table}" VALUE {{'
            + ", ".join(f"'{name}': ?" for name in one["Item"])
            + "}",
            "Parameters": list(one["Item"].values()),
        }
        for one in some
    ]
    answer = client.batch_execute_statement(Statements=statements)
    assert not any("Error" in one for one in answer["Responses"]), answer


def raw(
    settings: Settings,
    total: int,
    threads: int,
    write: Callable[[Any, str, Sequence[dict[str, Any]]], None] = in_transactions,
    together: int = TOGETHER,
) -> float:
    """Seconds that as many threads take to write the same items and nothing else."""
    client, puts = client_of(settings), items(total)
    (table,) = client.list_tables()["TableNames"]
    pieces = [puts[start : start + together] for start in range(0, total, together)]
    began = time.monotonic()
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(lambda piece: write(client, table, piece), pieces):
            pass
    return time.monotonic() - began


def peak_mib(stack: Stack) -> int:
    """The most memory that the process of the workers has had."""
    status = Path(f"/proc/{stack.pid('handlers')}/status").read_text()
    (kib,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    return int(kib) // 1024


def main() -> int:
    """Print and write down the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("rows", type=int, nargs="?", default=100_000)
    total = parser.parse_args().rows
    with TemporaryDirectory() as folder:
        settings = replace(Settings.from_environment(os.environ), data=Path(folder), tick_s=600)
        threads = settings.pumps["IMPORT_CHUNKS"]
        with Stack(settings) as stack:
            imported(stack, 500)  # what is loaded once is loaded
            half = min(total, 100_000) // 2
            raw_s = raw(settings, half, threads)
            seconds = imported(stack, total)
            raw_s += raw(settings, half, threads)
            statements_s = raw(settings, half // 5, threads, in_statements, STATEMENTS)
            peak = peak_mib(stack)
    rate, raw_rate = total / seconds, 2 * half / raw_s
    result = {
        "rows": total,
        "threads": threads,
        "seconds": round(seconds, 1),
        "rows_per_s": round(rate),
        "raw_rows_per_s": round(raw_rate),
        "partiql_rows_per_s": round(half // 5 / statements_s),
        "ratio": round(rate / raw_rate, 2),
        "peak_worker_mib": peak,
    }
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
