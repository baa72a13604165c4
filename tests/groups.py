"""What of the tests runs in one process, one after the other; and what begins first."""

from pathlib import PurePosixPath

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

#: Folders and files whose tests run processes and wait for them. Many at once would disturb each
#: other; beside tests that compute they cost little.
WAITING = {
    *("local", "scenarios"),
    *("functional/test_simulated_carrier.py", "functional/test_sip_carrier.py"),
}

#: Folders whose tests take long, or share what takes long to make.
TOGETHER = {"console", "e2e", "package"}

#: What takes longest begins first, so that nobody waits for it at the end.
FIRST = (
    *("e2e", "package", "waiting", "simulation/test_simulation.py"),
    *("console", "functional/test_fuzz.py"),
)


def group_of(nodeid: str) -> str:
    """The group of a test: its file, unless that needs more company."""
    path = PurePosixPath(nodeid.partition("::")[0]).relative_to("tests")
    if path.parts[0] in WAITING or path.as_posix() in WAITING:
        return "waiting"
    return path.parts[0] if path.parts[0] in TOGETHER else path.as_posix()


def place_of(group: str) -> int:
    """When a group begins, before others."""
    return FIRST.index(group) if group in FIRST else len(FIRST)


class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc] # it has no types
    """Gives each process one group after the other, in the order in which they are collected.

    pytest-xdist's own `loadgroup` tells a group by what it appends to a test's id; pytest 9 keeps
    the id elsewhere, and each test was a group of its own.
    """

    def __init__(self, config: pytest.Config, log: Producer) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)
