"""Whatever is dropped as a CSV, its import ends, and every row of it is accounted for."""

import csv
from io import StringIO
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import app
from tests.functional.product import Acme, Product

GOOD = "phone,name\n+34600000001,Eva\n"

#: Letters that mean something to a CSV, to text, to a prompt or to a spreadsheet.
letters = st.sampled_from(
    list("a1+\",;\t|\r\n'= {}$\u2028\u0085\ufeff\x00\x1cñ🙂")
) | st.characters(codec="utf-8")
texts = st.text(letters, max_size=40)
files = (
    st.binary(max_size=60)
    | texts.map(str.encode)
    | st.builds(lambda text: (GOOD + text).encode(), texts)
    | st.builds(
        lambda text, code: (GOOD + text).encode(code),
        texts,
        st.sampled_from(["utf-16", "utf-8-sig"]),
    )
)

#: What stands in a cell without being part of how cells are written.
cells = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
phones = st.sampled_from(["+34600000001", "+34600000002", " +34 600 00 00 03", "600"]) | cells
tables = st.lists(st.tuples(phones, cells), max_size=12)


def import_of(patch: pytest.MonkeyPatch, content: bytes) -> tuple[dict[str, Any], Acme]:
    """What became of a file, and its owner."""
    product = Product.new()
    patch.setattr(app, "service", lambda: product.service)
    acme = product.workspace()
    campaign_id = acme.made("/campaigns", acme.batch(draft=False))["id"]
    product.drop(f"s3://drop/imports/{acme.workspace_id}/{campaign_id}/a.csv", content)
    (job,) = acme.shown(f"/campaigns/{campaign_id}/imports")["imports"]
    return job, acme


def assert_accounted_for(job: dict[str, Any], acme: Acme) -> None:
    """Each row became a task, or is told with what is wrong."""
    assert job["rows"] == job["accepted"] + job["rejected"] + job["duplicates"]
    tasks = acme.shown(f"/campaigns/{job['campaign_id']}/tasks?limit=200")["tasks"]
    rows = acme.shown(f"/imports/{job['id']}/rows?limit=200")["rows"]
    assert len(tasks) == job["accepted"]
    assert len(rows) == job["rejected"] + job["duplicates"]


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(content=files)
@example(content=b"")
@example(content=GOOD.encode() + b"\xff")
@example(content=b'phone,name\n"' + b"x" * 300_000)
@example(content=b"phone," * 50_000)
def test_any_file_is_imported_or_said_to_be_unusable(content: bytes) -> None:
    with pytest.MonkeyPatch.context() as patch:
        job, acme = import_of(patch, content)

        assert (job["status"], bool(job["reason"])) in {("completed", False), ("failed", True)}
        assert_accounted_for(job, acme)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(table=tables)
def test_as_many_rows_come_out_as_went_in(table: list[tuple[str, str]]) -> None:
    text = StringIO(newline="")
    csv.writer(text).writerows([("phone", "name"), *table])

    with pytest.MonkeyPatch.context() as patch:
        job, acme = import_of(patch, text.getvalue().encode())

        assert (job["status"], job["rows"]) == ("completed", len(table))
        assert_accounted_for(job, acme)
