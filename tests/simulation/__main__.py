"""Run many seeds (`python -m tests.simulation 10000`), or tell the story of one (`… --seed 7`)."""

import argparse
import sys
from time import monotonic

from tests.simulation.many import run_many
from tests.simulation.sabotage import SABOTAGES
from tests.simulation.tale import tell

#: So many failing seeds are told as stories; more would all be the same.
MOST_TALES = 3

BUGS = {sabotage.__name__: sabotage for sabotage in SABOTAGES}


def replay(seed: int, bug: str | None) -> bool:
    """Tell the story of one seed; gives whether it is a sad one."""
    tale = tell(seed, sabotage=BUGS[bug] if bug else None)
    print(f"seed {seed} breaks no promise" if tale is None else tale)
    if tale is not None:
        planted = f" --bug {bug}" if bug else ""
        print(f"  replay: python -m tests.simulation --seed {seed}{planted}")
    return tale is not None


def run_all(count: int) -> bool:
    """Run so many seeds; gives whether any of them fails. The last line is for the night's log."""
    started = monotonic()
    found = run_many(range(count))
    for seed, broken in found:
        print(f"seed {seed}: {broken}")
    for seed in list(dict.fromkeys(seed for seed, _ in found))[:MOST_TALES]:
        replay(seed, None)
    print(f"{monotonic() - started:.0f} s")
    print(f"{count} seeds, {len(found)} violations")
    return bool(found)


def main() -> None:
    """Exit with 1 when a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seeds", type=int, nargs="?", default=200)
    parser.add_argument("--seed", type=int, help="replay this one, and tell its story")
    parser.add_argument("--bug", choices=sorted(BUGS), help="plant this bug before, see sabotage")
    args = parser.parse_args()
    fails = run_all(args.seeds) if args.seed is None else replay(args.seed, args.bug)
    sys.exit(fails)


if __name__ == "__main__":
    main()
