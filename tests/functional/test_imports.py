"""A CSV dropped into the bucket becomes tasks, row by row."""

from typing import Any

import pytest

from chalicelibs.adapters.memory import version_of
from tests.functional.conftest import Log
from tests.functional.product import Acme, Product

NEVER = "0000000000000000"
ROWS = b"phone,name,city\n+34600000001,Eva,Vigo\n+34600000002,Ana,Lugo\n"


@pytest.fixture
def campaign_id(acme: Acme) -> str:
    return str(acme.made("/campaigns", acme.batch())["id"])


def drop(product: Product, acme: Acme, campaign_id: str, content: bytes) -> Any:
    """Drop a file; gives the import as its owner sees it."""
    source = f"s3://drop/imports/{acme.workspace_id}/{campaign_id}/contacts.csv"
    product.drop(source, content)
    return acme.shown(f"/campaigns/{campaign_id}/imports")["imports"][-1]


def counts(job: Any) -> tuple[int, int, int, int]:
    return job["rows"], job["accepted"], job["rejected"], job["duplicates"]


def test_every_row_becomes_a_task_with_its_columns_as_context(
    product: Product, acme: Acme, campaign_id: str
) -> None:
    job = drop(product, acme, campaign_id, ROWS)

    assert (job["status"], job["reason"], job["file"]) == ("completed", None, "contacts.csv")
    assert counts(job) == (2, 2, 0, 0)
    assert acme.shown(f"/imports/{job['id']}") == job
    tasks = acme.shown(f"/campaigns/{campaign_id}/tasks")["tasks"]
    assert {task["phone"]: task["context"] for task in tasks} == {
        "+34600000001": {"name": "Eva", "city": "Vigo"},
        "+34600000002": {"name": "Ana", "city": "Lugo"},
    }
    assert product.queue.nudges, "dispatch is woken"


def test_a_bad_row_never_stops_the_others(product: Product, acme: Acme, campaign_id: str) -> None:
    content = (
        b"Phone,name\n+34600000001,Eva\n600,Bad\n+34600000002\n\n,Empty\n"
        b"+34600000003,Ana,more\n+34 600 000 001,Again\n+34600000004,Last\n"
    )

    job = drop(product, acme, campaign_id, content)

    assert job["status"] == "completed"
    assert counts(job) == (7, 2, 4, 1)
    rows = acme.shown(f"/imports/{job['id']}/rows")["rows"]
    assert [(row["line"], row["code"], row["column"]) for row in rows] == [
        (3, "invalid_phone", "Phone"),
        (4, "wrong_number_of_columns", None),
        (6, "missing_phone", "Phone"),
        (7, "wrong_number_of_columns", None),
        (8, "duplicate", "Phone"),
    ]
    assert all(row["message"] for row in rows)


def test_a_row_without_what_the_prompt_needs_is_rejected_by_name(
    product: Product, acme: Acme, campaign_id: str
) -> None:
    job = drop(product, acme, campaign_id, b"phone,city\n+34600000001,Vigo\n")

    (row,) = acme.shown(f"/imports/{job['id']}/rows")["rows"]
    assert (row["code"], row["column"]) == ("missing_variables", "name")
    assert counts(job) == (1, 0, 1, 0)


def test_rejected_rows_are_listed_page_by_page(
    product: Product, acme: Acme, campaign_id: str
) -> None:
    content = b"phone,name\n" + b"".join(b"%d,x\n" % number for number in range(205))
    job = drop(product, acme, campaign_id, content)
    path = f"/imports/{job['id']}/rows?limit=100"

    first = acme.shown(path)
    second = acme.shown(f"{path}&cursor={first['next_cursor']}")
    third = acme.shown(f"{path}&cursor={second['next_cursor']}")

    seen = [row["line"] for page in (first, second, third) for row in page["rows"]]
    assert seen == list(range(2, 207))
    assert [len(page["rows"]) for page in (first, second, third)] == [100, 100, 5]
    assert third["next_cursor"] is None


def test_the_same_event_twice_imports_once(product: Product, acme: Acme, campaign_id: str) -> None:
    first = drop(product, acme, campaign_id, ROWS)

    again = drop(product, acme, campaign_id, ROWS)

    assert again == first
    assert len(acme.shown(f"/campaigns/{campaign_id}/imports")["imports"]) == 1
    assert acme.shown(f"/campaigns/{campaign_id}")["progress"]["total"] == 2


def test_a_new_version_of_a_file_brings_only_what_is_new(
    product: Product, acme: Acme, campaign_id: str
) -> None:
    drop(product, acme, campaign_id, ROWS)

    job = drop(product, acme, campaign_id, ROWS + b"+34600000003,Lea,Noia\n")

    assert counts(job) == (3, 1, 0, 2)
    assert acme.shown(f"/campaigns/{campaign_id}")["progress"]["total"] == 3


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"   \n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"name,city\nEva,Vigo\n", "no column named phone"),
        (b"+34600000001,Eva\n", "the first line is a row already"),
        (b"phone,phone\n", "columns 1 and 2 have the same name, 'phone'"),
        (b"mobile,name,tel\n", "columns 'mobile' and 'tel' may both"),
        (b"\x89PNG\r\n\x1a\n\x00\xff", "this is a picture, not text"),
        (b"PK\x03\x04\x00\x00", "this is a workbook or an archive, not text"),
        ("phone,José\n+34600000001,x\n".encode("latin-1"), "line 1 is not UTF-8 text"),
        (bytes(range(256)), "line 1 holds a zero byte"),
        (b'phone,"name\n+34600000001,Eva\n', "first line cannot be read"),
        (b"phone," + b"x" * 70_000 + b"\n", "first line is longer"),
    ],
    ids=lambda value: repr(value)[:32],
)
def test_a_file_that_is_no_contacts_leaves_a_failed_import_and_no_task(
    product: Product, acme: Acme, campaign_id: str, content: bytes, reason: str
) -> None:
    job = drop(product, acme, campaign_id, content)

    assert job["status"] == "failed"
    assert reason in job["reason"]
    assert job["accepted"] == 0
    assert acme.shown(f"/campaigns/{campaign_id}")["progress"]["total"] == 0
    assert not product.store.campaigns[campaign_id].importing, "it must not stay open for ever"


def test_a_line_that_is_not_text_costs_itself(
    product: Product, acme: Acme, campaign_id: str
) -> None:
    good = b"".join(b"+346000%05d,x\n" % number for number in range(100))

    job = drop(product, acme, campaign_id, b"phone,name\n" + good + b"\xff\n")

    assert (job["status"], *counts(job)) == ("completed", 101, 100, 1, 0)
    (row,) = acme.shown(f"/imports/{job['id']}/rows")["rows"]
    assert (row["line"], row["code"]) == (102, "not_text")
    assert acme.shown(f"/campaigns/{campaign_id}")["progress"]["total"] == 100


def test_a_file_for_an_unknown_campaign_leaves_a_failed_import(
    product: Product, acme: Acme
) -> None:
    job = drop(product, acme, NEVER, ROWS)

    assert job["status"] == "failed"
    assert "no such campaign" in job["reason"]
    assert acme.shown(f"/imports/{job['id']}") == job
    assert product.store.tasks == {}


def test_a_file_for_anothers_campaign_fails_and_its_owner_hears_nothing(
    product: Product, acme: Acme, campaign_id: str
) -> None:
    other = product.workspace("Other")

    job = drop(product, other, campaign_id, ROWS)

    assert job["status"] == "failed"
    assert "no such campaign" in job["reason"]
    assert acme.shown(f"/campaigns/{campaign_id}/imports") == {"imports": []}
    assert acme.get(f"/imports/{job['id']}").status == 404
    assert product.store.tasks == {}


@pytest.mark.parametrize("state", ["archived", "realtime"])
def test_a_campaign_that_takes_no_contacts(product: Product, acme: Acme, state: str) -> None:
    kind = "realtime" if state == "realtime" else "batch"
    campaign_id = acme.made("/campaigns", acme.batch(type=kind))["id"]
    if state == "archived":
        acme.post(f"/campaigns/{campaign_id}/archive")

    job = drop(product, acme, campaign_id, ROWS)

    assert job["status"] == "failed"
    assert state in job["reason"] or "push tasks instead" in job["reason"]
    assert product.store.tasks == {}


def test_a_file_that_failed_is_imported_when_it_is_dropped_again(
    product: Product, acme: Acme, campaign_id: str
) -> None:
    source = f"s3://drop/imports/{acme.workspace_id}/{campaign_id}/contacts.csv"
    product.drop(source, ROWS)
    del product.bucket.bytes_by_source[source]
    other = f"s3://drop/imports/{acme.workspace_id}/{campaign_id}/late.csv"
    late = b"phone,name\n+34600000009,Lea\n"
    product.invoke_import(other, etag=version_of(late))
    (gone,) = [
        job
        for job in acme.shown(f"/campaigns/{campaign_id}/imports")["imports"]
        if job["status"] == "failed"
    ]
    assert "gone" in gone["reason"]

    product.drop(other, late)

    assert acme.shown(f"/imports/{gone['id']}")["status"] == "completed"
    assert acme.shown(f"/imports/{gone['id']}")["reason"] is None


@pytest.mark.parametrize(
    "key",
    [
        "contacts.csv",
        "imports/contacts.csv",
        "imports/{workspace}/contacts.csv",
        "imports/{workspace}/{campaign}/contacts.txt",
        "imports/{workspace}/{campaign}/.csv/",
        "imports//{campaign}/contacts.csv",
        "other/imports/{workspace}/{campaign}/contacts.csv",
        "imports/{campaign}/{workspace}/contacts.csv",
        f"imports/{NEVER}/{{campaign}}/contacts.csv",
        "imports/ñ%2F../{campaign}/contacts.csv",
    ],
)
def test_a_file_dropped_elsewhere_is_nobodys(
    product: Product, acme: Acme, campaign_id: str, log: Log, key: str
) -> None:
    before = product.everything()
    place = key.format(workspace=acme.workspace_id, campaign=campaign_id)

    product.drop(f"s3://drop/{place}", ROWS)

    assert product.everything() == before
    assert "dropped outside" in log() or "unknown_workspace" in log()
    assert "+346" not in log()


def test_a_name_with_spaces_and_accents_arrives_as_s3_writes_it(
    product: Product, acme: Acme, campaign_id: str
) -> None:
    folder = f"imports/{acme.workspace_id}/{campaign_id}"
    product.bucket.bytes_by_source[f"s3://drop/{folder}/mis contactos ñ+1.csv"] = ROWS

    product.invoke_import(f"s3://drop/{folder}/mis+contactos+%C3%B1%2B1.csv")

    (job,) = acme.shown(f"/campaigns/{campaign_id}/imports")["imports"]
    assert (job["status"], job["file"]) == ("completed", "mis contactos ñ+1.csv")


def test_the_log_of_an_import_names_nobody(
    product: Product, acme: Acme, campaign_id: str, log: Log
) -> None:
    drop(product, acme, campaign_id, b"phone,name\n+34600000001,Eva\n600000002,Ana\n")

    assert "file planned" in log()
    assert "chunk judged" in log()
    assert "60000000" not in log()
    assert "Eva" not in log()
