"""`python -m bench.throughput [CONTACTS]`: calls per second through the whole local stack.

Contacts are queued first; the clock runs from the start of the campaign until all are settled.
The carrier answers at once and every call is over at once, so what is measured is Carillon. Then
the same requests to DynamoDB are sent again by a bare loop with as many threads, to a table in the
same state: the ratio of the two times is what Carillon costs beside its requests. So are those to
SQS besides. At last the same with more workers, which must not make it slower.
"""

import argparse
import re
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from statistics import median
from typing import Any, NamedTuple

from bench.replay import DYNAMODB, requests_of, seconds_of
from bench.report import save
from local import recorder, trial
from local.recorder import Recorded
from local.settings import PUMPS, ROOT
from local.trial import Customer, own_stack, phones

ALWAYS = "completed=100,no-answer=0,busy=0,voicemail=0,failed=0"
INSTANT = ("-m", "local.carrier", "--no-rules", "--ring=0", "--talk=0", f"--weights={ALWAYS}")
DATA = ROOT / ".local" / "throughput"

#: The pumps that a call goes through, times this.
WORKERS = (1, 2, 4)
ON_THE_WAY = ("NUDGES", "CALLS", "CALL_EVENTS")

#: The service is told nothing of its waits, so they are those of the cloud: the shorter ones of
#: the local stack are for calls that are looked at one by one, and not for hundreds in line.
WAITS = dict.fromkeys(trial.WAITS, "")

#: The functions with a process of their own, as all have on AWS; the others share one.
APART = ("place_call", "record_call_event")

#: What a campaign is started by: the first request that finds it so, begins the measured part.
STARTED = re.compile(r'"state": ?\{"S": ?"active"\}')

#: What is compared is run so often: by itself a run says little, for a machine has bad minutes.
RUNS = 3

#: More workers may lose so much to noise, by the best of their runs, which take turns.
NOISE = 0.9


class Run(NamedTuple):
    """Some contacts, called."""

    contacts: int
    seconds: float
    rows_per_s: float
    recorded: Sequence[Recorded]

    @property
    def calls_per_s(self) -> float:
        """How many calls went through in a second."""
        return round(self.contacts / self.seconds, 1)


def call(contacts: int, concurrency: int, workers: int) -> Run:
    """Call contacts, each once, with so many times the usual workers."""
    pumps = {name: n * (workers if name in ON_THE_WAY else 1) for name, n in PUMPS.items()}
    file = DATA.with_suffix(".requests")
    file.unlink(missing_ok=True)
    told = {**WAITS, recorder.VARIABLE: str(file)}
    with own_stack(DATA, carrier=INSTANT, told=told, tick_s=60, pumps=pumps, apart=APART) as stack:
        customer = Customer(stack, concurrency_limit=concurrency)
        campaign_id = customer.campaign()
        imported = time.monotonic()
        customer.bring(campaign_id, phones(contacts))
        rows_per_s = contacts / (time.monotonic() - imported)
        began = datetime.now(UTC)
        customer.steer("start", campaign_id)
        # Seldom: each look costs the stack six requests of its own.
        while (progress := customer.progress(campaign_id))["completed"] < contacts:
            time.sleep(1)
        finished = datetime.fromisoformat(progress["last_finished_at"])
    return Run(contacts, (finished - began).total_seconds(), rows_per_s, recorder.read(file))


def parts(recorded: Sequence[Recorded]) -> tuple[Sequence[Recorded], Sequence[Recorded]]:
    """What was asked before the campaign was started, and from then on."""
    place = next(at for at, one in enumerate(recorded) if STARTED.search(one.body))
    return recorded[:place], recorded[place:]


def per_call(recorded: Sequence[Recorded], contacts: int) -> dict[str, float]:
    """Requests for each call, by operation."""
    counts = Counter(f"{one.asker}: {one.target.rpartition('.')[2]}" for one in recorded)
    return {name: round(number / contacts, 2) for name, number in sorted(counts.items())}


def efficiency(run: Run, threads: int, *, with_queues: bool = False) -> float:
    """The time that its requests to the table take by themselves, of what it took."""
    before, after = parts(run.recorded)
    already, measured = requests_of(before), requests_of(after, with_queues=with_queues)
    alone = [seconds_of(already, measured, threads, 1 + len(APART)) for _ in range(RUNS)]
    return round(median(alone) / run.seconds, 2)


def measure(contacts: int, concurrency: int, again: int) -> Mapping[str, Any]:
    """The figures of one run, and the rates with more workers."""
    run = call(contacts, concurrency, 1)
    _, measured = parts(run.recorded)
    of_table = [one for one in measured if one.target.startswith(DYNAMODB)]
    of_queues = [one for one in measured if not one.target.startswith(DYNAMODB)]
    threads = sum(PUMPS[name] for name in ON_THE_WAY)
    turns = [[call(again, concurrency, n).calls_per_s for n in WORKERS] for _ in range(RUNS)]
    by_workers = zip(WORKERS, zip(*turns, strict=True), strict=True)
    with_workers = {str(n): max(rates) for n, rates in by_workers}
    first, *more = with_workers.values()
    return {
        "calls_per_s": run.calls_per_s,
        "efficiency": efficiency(run, threads),
        "efficiency_with_queues": efficiency(run, threads, with_queues=True),
        "dynamodb_requests_per_call": round(len(of_table) / contacts, 2),
        "sqs_requests_per_call": round(len(of_queues) / contacts, 2),
        "contacts": contacts,
        "concurrency": concurrency,
        "seconds": round(run.seconds, 1),
        "import_rows_per_s": round(run.rows_per_s),
        "threads": threads,
        "processes": 1 + len(APART),
        "dynamodb": per_call(of_table, contacts),
        "sqs": per_call(of_queues, contacts),
        "workers": {"contacts": again, "calls_per_s": with_workers},
        "more_workers_fall": bool(min(more) < NOISE * first),
    }


def main() -> None:
    """Print and write down the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("contacts", type=int, nargs="?", default=5000)
    parser.add_argument("--concurrency", type=int, default=500)
    parser.add_argument("--again", type=int, help="contacts of each run with more workers")
    args = parser.parse_args()
    again = args.again or max(args.contacts // 5, 1)
    save("throughput", measure(args.contacts, args.concurrency, again))


if __name__ == "__main__":
    main()
