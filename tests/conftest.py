"""How properties are explored, anew each time at home and alike in CI; what runs beside what."""

import os
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import settings

HERE = Path(__file__).parent

# A slow machine is no counterexample.
settings.register_profile("home", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "home")

#: Folders and files whose tests run processes and wait for them. Two at once would disturb each
#: other; beside tests that compute they cost next to nothing.
WAITING = {
    *("e2e", "local", "scenarios"),
    *("functional/test_simulated_carrier.py", "functional/test_sip_carrier.py"),
}

#: Folders whose tests share what takes long to make.
SHARING = {"console", "package"}


def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    """Tests of one group run in one process, one after the other (pytest-xdist)."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(group_of(item.path.relative_to(HERE))))


def group_of(path: Path) -> str:
    """The group of the tests of a file: the file itself, unless they need more company."""
    if path.parts[0] in WAITING or path.as_posix() in WAITING:
        return "waiting"
    return path.parts[0] if path.parts[0] in SHARING else path.as_posix()
