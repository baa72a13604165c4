"""The promises, over many seeded histories; and proof that the histories would show a bug."""

from collections.abc import Callable

import pytest

from tests.simulation.audit import violations
from tests.simulation.history import History
from tests.simulation.many import run_many
from tests.simulation.run import run
from tests.simulation.sabotage import SABOTAGES

SEEDS = 250

#: A planted bug must show within so many seeds.
PATIENCE = 100


@pytest.mark.slow
def test_no_promise_is_broken_whatever_goes_wrong() -> None:
    assert run_many(range(SEEDS)) == []


def test_a_seed_replays_exactly() -> None:
    assert run(7).world.story == run(7).world.story


@pytest.mark.parametrize("sabotage", SABOTAGES, ids=lambda sabotage: sabotage.__name__)
def test_a_planted_bug_is_caught(sabotage: Callable[[History], None]) -> None:
    caught = (seed for seed in range(PATIENCE) if violations(run(seed, sabotage=sabotage)))

    assert next(caught, None) is not None
