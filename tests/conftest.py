"""How properties are explored, at home and in CI; what runs beside what; what failures tell."""

import os
from collections.abc import Generator, Iterable
from pathlib import Path

import pytest
from hypothesis import settings

from tests import brevity

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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What failed tells its assertion, and not all of what was logged before."""
    report = yield
    if report.failed:
        brevity.shorten(report)
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Why tests failed is told last, where whoever sees the end of the output finds it."""
    stats = terminalreporter.stats
    failed = [*stats.get("error", []), *stats.get("failed", [])]
    if failed:
        terminalreporter.section("why they failed")
        for line in brevity.reasons(failed):
            terminalreporter.write_line(line)
