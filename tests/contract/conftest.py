"""The engines as fixtures: a test that asks for `ports` runs once on each."""

from collections.abc import Iterator

import pytest

from local.trial import own_engine
from tests.contract.engines import (
    ACCOUNTS,
    Account,
    Ports,
    moto_account,
    ports_in_memory,
    ports_of,
)

STARTS_WITHIN_S = 120

MINISTACK = pytest.param("ministack", marks=pytest.mark.engine)

#: moto is left out where threads are: it has no locks.
PARALLEL = ["memory", MINISTACK]
ALL = [*PARALLEL, "moto"]
SERVERS = [MINISTACK, "moto"]


@pytest.fixture(scope="session")
def engine_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("ministack")
    with own_engine(folder, within_s=STARTS_WITHIN_S) as settings:
        yield settings.endpoint_url


@pytest.fixture
def account(engine_url: str) -> Account:
    """An account on ministack."""
    return Account(engine_url, str(next(ACCOUNTS)))


@pytest.fixture(params=ALL)
def ports(request: pytest.FixtureRequest) -> Iterator[Ports]:
    if request.param == "memory":
        yield ports_in_memory()
    elif request.param == "moto":
        with moto_account() as mocked:
            yield ports_of(mocked)
    else:
        yield ports_of(request.getfixturevalue("account"))


@pytest.fixture(params=PARALLEL)
def parallel_ports(request: pytest.FixtureRequest) -> Ports:
    if request.param == "memory":
        return ports_in_memory()
    return ports_of(request.getfixturevalue("account"))


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[Account]:
    """An account on each engine that speaks AWS."""
    if request.param == "moto":
        with moto_account() as mocked:
            yield mocked
    else:
        yield request.getfixturevalue("account")
