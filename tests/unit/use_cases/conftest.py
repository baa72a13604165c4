import pytest

from tests.unit.use_cases.bench import Bench


@pytest.fixture
def bench() -> Bench:
    """One workspace with an agent and a number, and every use case around it."""
    return Bench()
