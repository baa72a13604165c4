"""The engines as fixtures: a test that asks for `ports` runs once on each."""

from collections.abc import Iterator

import pytest

from tests.contract.engines import (
    ACCOUNTS,
    Account,
    Ports,
    ministack,
    moto_account,
    ports_in_memory,
    ports_of,
)

MINISTACK = pytest.param("ministack", marks=pytest.mark.engine)

#: moto is left out where threads are: it has no locks.
PARALLEL = ["memory", MINISTACK]
ALL = [*PARALLEL, "moto"]
SERVERS = [MINISTACK, "moto"]


@pytest.fixture(scope="session")
def engine_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with ministack(tmp_path_factory.mktemp("ministack")) as url:
        yield url


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
