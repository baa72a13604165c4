"""`python -m bench [NAME …]`: every bench in one go, each in a process of its own, and one table.

The figures are written to `.local/bench/NAME.json`; `docs/benchmarks.md` tells what they mean.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from typing import Any

from bench import prices
from bench.report import load

Figures = Mapping[str, Any]
Row = tuple[str, str]

#: In this order: latency is measured under a load that throughput has shown to be bearable.
BENCHES = ("capacity", "coldstart", "throughput", "latency", "size")

FULL_SIZES = ("1000", "100000", "1000000")


def throughput(found: Figures) -> Iterator[Row]:
    """Its line in the table."""
    more = found["workers"]["calls_per_s"]
    yield "calls per second", f"{found['calls_per_s']} ({found['contacts']} contacts)"
    yield "… of a bare loop with the same requests", f"{found['efficiency']:.0%}"
    yield "… and with those to SQS", f"{found['efficiency_with_queues']:.0%}"
    yield "… with more workers", ", ".join(f"x{name}: {rate}" for name, rate in more.items())
    yield "requests per call, DynamoDB", str(found["dynamodb_requests_per_call"])
    yield "requests per call, SQS", str(found["sqs_requests_per_call"])


def capacity(found: Figures) -> Iterator[Row]:
    """Its lines in the table."""
    for name in ("write_units", "read_units", "invocations"):
        key = f"{name}_per_contact"
        both = f"{found['busy'][key]} busy, {found['alone'][key]} alone"
        yield f"{name.replace('_', ' ')} per contact", both
    busy, alone = (sum(prices.bill(found[kind]).values()) for kind in ("busy", "alone"))
    told = f"${busy:.2f} busy, ${alone:.2f} alone (aim: at most ${prices.AIM:.0f} busy)"
    yield "a million one-attempt contacts", told


def latency(found: Figures) -> Iterator[Row]:
    """Its lines in the table."""
    for name in ("due_to_dial", "freed_to_dial", "pause_to_last_dial", "push_to_dial"):
        one = found[name]
        yield name.replace("_", " "), f"p50 {one['p50_ms']} ms, p99 {one['p99_ms']} ms"
    yield "… beside calls per second", str(found["calls_per_s"])


def size(found: Figures) -> Iterator[Row]:
    """Its lines in the table."""
    for what, ratios in found["ratios"].items():
        told = ", ".join(f"{act} x{ratio}" for act, ratio in ratios.items())
        yield f"with more {what.replace('_', ' ')}", told


def plain(found: Figures) -> Iterator[Row]:
    """Every figure that is one number."""
    for name, value in found.items():
        if isinstance(value, int | float | str):
            yield name.replace("_", " "), str(value)


TOLD: Mapping[str, Callable[[Figures], Iterator[Row]]] = {
    "throughput": throughput,
    "capacity": capacity,
    "latency": latency,
    "size": size,
}


def arguments(name: str, contacts: int, *, full: bool) -> Sequence[str]:
    """What a bench is told."""
    if name == "throughput":
        return [str(contacts)]
    return list(FULL_SIZES) if name == "size" and full else []


def main() -> int:
    """Run benches, and print what they found; 1 if one of them failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", choices=[[], *BENCHES], help="all, if none is named")
    parser.add_argument("--contacts", type=int, default=5000, help="of the throughput")
    parser.add_argument("--full", action="store_true", help="a million tasks, too")
    args = parser.parse_args()
    wanted = [name for name in BENCHES if not args.names or name in args.names]
    failed = []
    for name in wanted:
        if find_spec(f"bench.{name}") is None:
            continue
        print(f"\n{name}", flush=True)
        began = time.monotonic()
        command = [sys.executable, "-m", f"bench.{name}"]
        told = arguments(name, args.contacts, full=args.full)
        if subprocess.run([*command, *told], stdout=subprocess.DEVNULL, check=False).returncode:
            failed.append(name)
        print(f"  {time.monotonic() - began:.0f} s", flush=True)
    table([name for name in wanted if name not in failed])
    print(*(f"{name} failed" for name in failed), sep="\n")
    return int(bool(failed))


def table(names: Sequence[str]) -> None:
    """Print what the benches found last."""
    for name in names:
        if found := load(name):
            print(f"\n{name}")
            for told, figure in TOLD.get(name, plain)(found):
                print(f"  {told:<42} {figure}")


if __name__ == "__main__":
    sys.exit(main())
