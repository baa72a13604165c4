from dataclasses import replace

from chalicelibs.domain.imports import ImportStatus, import_id_for
from chalicelibs.domain.naming import is_plain_id
from tests.builders import an_import


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
