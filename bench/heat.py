"""`python -m bench.heat [TASKS]`: which partition of the table gets hot first, on paper.

The units of one call, as `docs/cost.md` has them, are put on the partitions that the service's own
keys name, for many tasks of one campaign; the hottest of each kind says how many calls a second
it bears, where DynamoDB gives one partition 1,000 write units and 3,000 read units a second. Where
anything gets hot, queues are long and batches full: what these share is counted once for each.
"""

import argparse
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from bench.report import save
from chalicelibs.adapters.dynamodb import keys
from chalicelibs.adapters.dynamodb.slots_plan import PAGE_SIZE
from chalicelibs.domain.lane import partition, rescue_partition, shard_for
from chalicelibs.domain.naming import task_id_for_phone

TASKS = 10_000_000

#: So many are looked at, spread over all.
LOOKED_AT = 200_000

#: What one partition bears in a second.
WRITES, READS = 1_000, 3_000

#: Calls that share a request: those that are placed together, and those that are settled together.
BATCH = 10

#: Requests that give back the slots of a batch: they may stand on two pages, or on three.
RELEASES = 1.4

WORKSPACE, CAMPAIGN = "w000000000000001", "c000000000000001"
MONTH = f"{datetime(2026, 11, 1, tzinfo=UTC):%Y-%m}"


class Load(NamedTuple):
    """What one call does to one partition."""

    kind: str
    key: str
    writes: float
    reads: float


def loads(number: int) -> Iterator[Load]:
    """Where the units of a call go, from its claim to its end."""
    task_id = task_id_for_phone(CAMPAIGN, f"+346{number:08}")
    # Claim, dialing, placed, answered, and twice to settle; read at the gate and by two reports.
    yield Load("tasks of a campaign", keys.task(task_id)[0], 6, 3)
    lane = partition(CAMPAIGN, "attempt-1", shard_for(number))
    yield Load("lane of a campaign (index)", lane, 1, 0.5)
    yield Load("calls in flight of a workspace (index)", rescue_partition(WORKSPACE), 2, 0)
    yield Load("counters of a campaign", keys.counters(CAMPAIGN), 2 / BATCH, 0)
    changes = RELEASES / BATCH + 1 / PAGE_SIZE
    yield Load("slots of a workspace", keys.slots(WORKSPACE), changes, 0.1)
    yield Load("ended calls of a workspace", keys.calls_in(WORKSPACE, MONTH), 1, 0)
    # At the gate the workspace, its campaign and its agent; the campaign, to settle a batch.
    yield Load("settings of a workspace", keys.inside(WORKSPACE), 0, 4 / BATCH)
    starts, _ = keys.starts(WORKSPACE, datetime(2026, 11, 1, tzinfo=UTC))
    yield Load("starts of a workspace, where paced", starts, 1, 0)


def heat(tasks: int) -> Mapping[str, Mapping[str, float]]:
    """For each kind of partition how many there are, and how many calls the hottest bears."""
    writes: Counter[tuple[str, str]] = Counter()
    reads: Counter[tuple[str, str]] = Counter()
    step = max(tasks // LOOKED_AT, 1)
    looked_at = range(0, tasks, step)
    for number in looked_at:
        for load in loads(number):
            writes[load.kind, load.key] += load.writes  # type: ignore[assignment]
            reads[load.kind, load.key] += load.reads  # type: ignore[assignment]
    found: dict[str, dict[str, float]] = {}
    for kind in {kind for kind, _ in writes}:
        own = [place for place in writes if place[0] == kind]
        written = max(writes[place] for place in own) / len(looked_at)
        read = max(reads[place] for place in own) / len(looked_at)
        found[kind] = {
            "partitions": len(own),
            "writes_per_call_on_the_hottest": round(written, 3),
            "calls_per_s": int(min(WRITES / max(written, 1e-9), READS / max(read, 1e-9))),
        }
    return dict(sorted(found.items(), key=lambda pair: pair[1]["calls_per_s"]))


def main() -> None:
    """Print and write down the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("tasks", type=int, nargs="?", default=TASKS)
    save("heat", heat(parser.parse_args().tasks))


if __name__ == "__main__":
    main()
