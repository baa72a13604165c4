"""Run many seeds (`python -m tests.simulation 10000`), or replay one (`… --seed 7`)."""

import argparse
import sys
from time import monotonic

from tests.simulation.audit import violations
from tests.simulation.history import run

#: The end of a story tells why; more helps nobody.
LAST_LINES = 60


def main() -> None:
    """Print each violation with its seed, and one line at the end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seeds", type=int, nargs="?", default=200)
    parser.add_argument("--seed", type=int, help="replay this one, with its story")
    parser.add_argument("--about", default="", help="only lines of the story with this in them")
    args = parser.parse_args()
    started = monotonic()
    seeds = range(args.seeds) if args.seed is None else [args.seed]
    found = 0
    for seed in seeds:
        history = run(seed)
        broken = violations(history)
        found += len(broken)
        for line in broken:
            print(f"seed {seed}: {line}")
        if args.seed is not None:
            story = [line for line in history.world.story if args.about in line]
            print(*story[-LAST_LINES:] if not args.about else story, sep="\n")
    print(f"{len(seeds)} seeds, {found} violations ({monotonic() - started:.1f} s)")
    sys.exit(found > 0)


if __name__ == "__main__":
    main()
