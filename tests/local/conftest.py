"""An engine for the whole run, and an account of its own for each test."""

import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from local import parts
from local.functions import Declared, load
from local.resources import Clients
from local.settings import Settings
from local.trial import free_port, until

SAMPLE_APP = Path(__file__).parent / "sample_app"

_accounts = itertools.count(111_111_111_111)


@pytest.fixture(scope="session")
def engine_python() -> Path:
    python = Settings.from_environment(os.environ).engine_python
    if not python.exists():
        pytest.fail(f"{python} does not exist: run `make setup`")
    return python


@pytest.fixture(scope="session")
def endpoint(engine_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("engine")
    settings = Settings(engine_port=free_port(), engine_python=engine_python, data=folder)
    engine = parts.engine(settings)
    process = subprocess.Popen(engine.command, env=dict(engine.environment))
    until(lambda: engine.is_up(engine.port))
    yield settings.endpoint_url
    process.terminate()
    process.wait(120)


@pytest.fixture
def clients(endpoint: str) -> Iterator[Clients]:
    session = boto3.Session(
        aws_access_key_id=str(next(_accounts)),
        aws_secret_access_key="test",
        region_name="us-east-1",
    )
    clients = Clients.of(session, endpoint_url=endpoint)
    yield clients
    for client in (clients.dynamodb, clients.sqs, clients.s3):
        client.close()


@pytest.fixture
def sample(monkeypatch: pytest.MonkeyPatch) -> Iterator[Declared]:
    """Load the sample app in place of whatever `app` is imported already."""
    before = sys.modules.pop("app", None)
    monkeypatch.setenv("TABLE_NAME", "sample")
    monkeypatch.syspath_prepend(str(SAMPLE_APP))
    yield load(SAMPLE_APP, {})
    del sys.modules["app"]
    if before is not None:
        sys.modules["app"] = before
