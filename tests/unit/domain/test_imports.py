from dataclasses import replace

import pytest

from chalicelibs.domain.errors import Invalid
from chalicelibs.domain.imports import (
    ImportStatus,
    announced_id,
    file_name,
    import_id_for,
    key_for,
)
from chalicelibs.domain.naming import is_plain_id
from tests.builders import CAMPAIGN, IMPORT, WORKSPACE, an_import


def test_the_same_version_of_a_file_is_the_same_import() -> None:
    assert import_id_for("s3://b/k", "v1") == import_id_for("s3://b/k", "v1")
    assert is_plain_id(import_id_for("s3://b/k", "v1"))


def test_another_version_or_another_file_is_another_import() -> None:
    ids = {
        import_id_for("s3://b/k", "v1"),
        import_id_for("s3://b/k", "v2"),
        import_id_for("s3://b/kv", "1"),
        import_id_for("s3://b/j", "v1"),
    }

    assert len(ids) == 4


def test_an_import_that_is_tried_again_goes_on_and_forgets_its_failure() -> None:
    failed = replace(an_import(rows=90, version="v1")).failed("why")

    again = failed.begun("v1")

    assert (failed.status, failed.reason) == (ImportStatus.FAILED, "why")
    assert (again.status, again.reason, again.rows) == (ImportStatus.RUNNING, None, 90)
    assert again.completed().status is ImportStatus.COMPLETED


@pytest.mark.parametrize(
    ("status", "version", "chunks", "takes"),
    [
        pytest.param("waiting", None, 0, True, id="no file came yet"),
        pytest.param("running", "v1", 3, True, id="delivered again"),
        pytest.param("running", "v2", 0, False, id="on its way with another"),
        pytest.param("failed", "v1", 3, True, id="dropped again"),
        pytest.param("failed", "v2", 0, True, id="the other could not be used at all"),
        pytest.param("failed", "v2", 3, False, id="the other was cut already"),
        pytest.param("completed", "v2", 0, False, id="complete, although it had no rows"),
    ],
)
def test_an_import_is_of_one_version_of_its_file(
    status: str, version: str | None, chunks: int, takes: bool
) -> None:
    job = an_import(status=ImportStatus(status), version=version, chunks=chunks)

    assert job.takes("v1") == takes


def test_the_place_of_an_announced_file_names_its_import() -> None:
    key = key_for(WORKSPACE, CAMPAIGN, IMPORT, "contacts.csv")

    assert key == f"imports/{WORKSPACE}/{CAMPAIGN}/{IMPORT}/contacts.csv"
    assert announced_id(f"s3://drop/{key}") == IMPORT


@pytest.mark.parametrize("source", ["s3://drop/imports/w/spring/a.csv", "s3://b/a.csv", "a.csv"])
def test_another_place_names_no_import(source: str) -> None:
    assert announced_id(source) is None


@pytest.mark.parametrize(
    "name", ["a.csv", ".csv", "José\u0301 🧑\u200d🌾.csv", "x" * 196 + ".csv"]
)
def test_a_file_may_have_any_name(name: str) -> None:
    assert file_name(name) == name


@pytest.mark.parametrize(
    "name",
    ["", "a.txt", "a.CSV", "a/b.csv", "a\\b.csv", "a\0.csv", "\ud800.csv", "x" * 197 + ".csv"],
)
def test_what_is_no_name_of_a_file_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        file_name(name)
