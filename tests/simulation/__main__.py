"""Run many seeds (`python -m tests.simulation 10000`), or replay one (`… --seed 7`)."""

import argparse
import sys
from time import monotonic

from tests.simulation.audit import violations
from tests.simulation.many import run_many
from tests.simulation.run import run

#: The end of a story tells why; more helps nobody.
LAST_LINES = 60


def replay(seed: int, about: str) -> list[str]:
    """One seed with its story."""
    history = run(seed)
    story = [line for line in history.world.story if about in line]
    print(*(story if about else story[-LAST_LINES:]), sep="\n")
    return [f"seed {seed}: {line}" for line in violations(history)]


def main() -> None:
    """Print each violation with its seed, and one line at the end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seeds", type=int, nargs="?", default=200)
    parser.add_argument("--seed", type=int, help="replay this one, with its story")
    parser.add_argument("--about", default="", help="only lines of the story with this in them")
    args = parser.parse_args()
    started = monotonic()
    if args.seed is None:
        found, count = run_many(range(args.seeds)), args.seeds
    else:
        found, count = replay(args.seed, args.about), 1
    print(*found, sep="\n", end="\n" if found else "")
    print(f"{count} seeds, {len(found)} violations ({monotonic() - started:.1f} s)")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
