"""The end of a failing run tells why it failed, whatever was logged before."""

import pytest

from tests import brevity

LONG = "x" * 5_000


def report_of(error: Exception, *, printed: str = "") -> pytest.TestReport:
    try:
        raise error
    except Exception:  # noqa: BLE001 - whatever it is
        told = pytest.ExceptionInfo.from_current().getrepr(style="long")
    return pytest.TestReport(
        nodeid="tests/test_it.py::test_it",
        location=("tests/test_it.py", 1, "test_it"),
        keywords={},
        outcome="failed",
        longrepr=told,
        when="call",
        sections=[("Captured stdout call", printed)],
    )


def test_of_what_was_printed_the_end_is_shown_and_no_line_of_it_is_long() -> None:
    report = report_of(ValueError("no"), printed="\n".join([*["early"] * 500, LONG, "late"]))

    brevity.shorten(report)

    lines = report.capstdout.splitlines()
    assert (lines[0], lines[-1]) == ("... 482 lines ...", "late")
    assert lines[-2] == "x" * 300 + "... 4700 characters"


def test_an_assertion_that_goes_on_and_on_is_told_from_its_beginning() -> None:
    report = report_of(AssertionError("\n".join(["3 are not 4", LONG, *["a difference"] * 3_000])))

    brevity.shorten(report)

    assert len(report.longreprtext) < 5_000
    name, first, *more = brevity.reasons([report])
    assert (name, first) == ("tests/test_it.py::test_it", "    AssertionError: 3 are not 4")
    assert more[-1] == "    ... 2992 lines ..."
    assert sum(map(len, more)) < 1_000
