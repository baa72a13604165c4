"""How properties are explored, at home and in CI; what runs beside what; what failures tell."""

import os
from collections.abc import Generator

import pytest
from hypothesis import settings
from xdist.remote import Producer

from tests import brevity
from tests.groups import GroupScheduling, group_of, place_of

#: Their assertions say as much as those of tests.
pytest.register_assert_rewrite("tests.console.visitor", "tests.e2e.campaigning")

# A slow machine is no counterexample.
settings.register_profile("home", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "home")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first."""
    items.sort(key=lambda item: place_of(group_of(item.nodeid)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """As many processes as there are cores, beside the one that waits."""
    return 1 + (os.cpu_count() or 1)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> GroupScheduling:
    """Tests of one group run in one process, one after the other."""
    return GroupScheduling(config, log)


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
