"""`python -m local.audit`: the promises, checked on the last demo's campaigns."""

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from client.api import Api
from client.transport import Unreachable
from local import promises
from local.carrier.journal import read_lines
from local.promises import Facts, Seen
from local.settings import Settings


def load_facts(data: Path) -> dict[str, Any]:
    """What the demo wrote down while it ran."""
    facts: dict[str, Any] = json.loads((data / "demo-facts.json").read_text())
    return facts


def see(facts: dict[str, Any], client: Api, journal: Path) -> Seen:
    """Everything that is known of the demo's campaigns, from both sides."""
    done = Facts(
        concurrency_limit=facts["concurrency_limit"],
        pauses=[(start, end) for start, end in facts["pauses"]],
        urgent_campaign_id=facts["urgent_campaign_id"],
        urgent_since_ms=facts["urgent_since_ms"],
    )
    return observe(client, journal, facts["campaign_ids"], done)


def observe(client: Api, journal: Path, campaign_ids: Sequence[str], facts: Facts) -> Seen:
    """Everything that is known of some campaigns of one workspace, from both sides."""
    campaigns = [client.get(f"/campaigns/{campaign_id}") for campaign_id in campaign_ids]
    tasks = [
        task
        for campaign_id in campaign_ids
        for task in client.pages(f"/campaigns/{campaign_id}/tasks", "tasks")
    ]
    calls = calls_by_task(client, tasks)
    lines = list(read_lines(journal))
    return Seen(
        facts=facts,
        rings=promises.rings_of(lines, campaign_ids),
        campaigns=campaigns,
        tasks=tasks,
        calls_by_task=calls,
        cut_off=promises.cut_off(lines),
    )


def calls_by_task(client: Api, tasks: Iterable[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """The calls of each task, first to last.

    Read from the log, page by page: to ask for the calls of each of many thousand tasks takes as
    long as to make them.
    """
    by_task: dict[str, list[Any]] = {task["id"]: [] for task in tasks}
    flying = client.get("/calls/current")["calls"]
    known = {call["id"]: call for call in (*flying, *client.pages("/calls", "calls"))}
    for call in sorted(known.values(), key=lambda call: str(call["reserved_at"])):
        if call["task_id"] in by_task:
            by_task[call["task_id"]].append(call)
    return by_task


def main() -> int:
    """Print what is wrong, and how much that is."""
    settings = Settings.from_environment(os.environ)
    try:
        facts = load_facts(settings.data)
        client = Api(settings.url, facts["api_key"])
        seen = see(facts, client, settings.data / "carrier" / "journal.jsonl")
    except FileNotFoundError:
        print("There is nothing to audit yet: run `make demo` first.")
        return 2
    except Unreachable:
        print(f"Nobody answers at {settings.url}: run `make up` in another terminal.")
        return 2
    found = promises.violations(seen)
    print(*found, sep="\n", end="\n" if found else "")
    print(f"{len(seen.tasks)} tasks, {len(seen.rings)} rings, {len(found)} violations")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
