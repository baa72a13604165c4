"""Many seeds, on as many cores as there are."""

from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from tests.simulation.audit import violations
from tests.simulation.run import run
from tests.simulation.violation import Violation

#: Seeds handed to a worker at once.
HANDFUL = 10


def violations_of(seed: int) -> list[tuple[int, Violation]]:
    """The broken promises of one seed, each with the seed that shows it."""
    return [(seed, one) for one in violations(run(seed))]


def run_many(seeds: Iterable[int]) -> list[tuple[int, Violation]]:
    """The broken promises of many seeds."""
    # Not forked: the threads of whoever asks would not survive it.
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        found = pool.map(violations_of, seeds, chunksize=HANDFUL)
        return [one for some in found for one in some]
