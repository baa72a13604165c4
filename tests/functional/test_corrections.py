"""Rejected rows come back as a file, are corrected, and only the corrected ones come in."""

import csv
from collections.abc import Callable
from io import StringIO
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.functional.product import Acme, Product

#: A good row, and rows with something wrong, each in its own way.
ROWS = (
    "phone;name;note\r\n"
    "+34600000001;Eva;\r\n"
    "600;Ana;=1+1\r\n"
    "+34600000001;Eva again;\r\n"
    "+34600000003;Leo\r\n"
    '+34600000004;"Ina" Gómez;"x"\r\n'
    "+34600000005;;-5\r\n"
    '9.19876E+11;"two\r\nlines; and ""quotes""";x\r\n'
)


@pytest.fixture
def campaign_id(acme: Acme) -> str:
    return str(acme.made("/campaigns", acme.batch())["id"])


def imported(
    product: Product, acme: Acme, campaign_id: str, content: bytes, **reading: Any
) -> Any:
    """An import that has ended."""
    path = f"/campaigns/{campaign_id}/imports"
    made = acme.made(path, {"file": "contacts.csv", **reading})
    product.upload(made["upload"], content)
    job = acme.shown(f"/imports/{made['import']['id']}")
    assert job["status"] == "completed", job
    return job


def counts(job: Any) -> tuple[int, int, int]:
    return job["accepted"], job["rejected"], job["duplicates"]


def written(product: Product, acme: Acme, campaign_id: str, **wanted: Any) -> Any:
    """An export that has ended."""
    path = f"/campaigns/{campaign_id}/exports"
    status, made = acme.post(path, wanted)
    assert status == 202, made
    product.write_exports()
    return acme.shown(f"{path}/{made['id']}")


def file_of(product: Product, export: Any) -> bytes:
    key = urlsplit(export["download"]["url"]).path.removeprefix("/")
    return product.parts.content_by_key[key]


def corrections(product: Product, acme: Acme, job: Any, **wanted: Any) -> bytes:
    """The file of the rows that were rejected."""
    body = {"what": "rejected_rows", "import_id": job["id"], **wanted}
    return file_of(product, written(product, acme, job["campaign_id"], **body))


def rows_of(file: bytes, delimiter: str = ";") -> list[list[str]]:
    return list(csv.reader(StringIO(file.decode("utf-8-sig"), newline=""), delimiter=delimiter))


def rewritten(file: bytes, change: Callable[[list[str]], list[str]]) -> bytes:
    """The file as a person saves it who has changed some rows."""
    text = StringIO(newline="")
    csv.writer(text, delimiter=";").writerows(map(change, rows_of(file)))
    return text.getvalue().encode()


def test_rejected_rows_come_as_they_stand_in_the_file_with_what_is_wrong(
    product: Product, acme: Acme, campaign_id: str
) -> None:
    job = imported(product, acme, campaign_id, ROWS.encode())
    assert counts(job) == (1, 5, 1)

    header, *rows = rows_of(corrections(product, acme, job))

    assert header == ["carillon_code", "carillon_reason", "phone", "name", "note"]
    told = acme.shown(f"/imports/{job['id']}/rows")["rows"]
    wanted = [[row["code"], row["message"]] for row in told if row["code"] != "duplicate"]
    assert [row[:2] for row in rows] == wanted
    assert [row[2:] for row in rows] == [
        ["600", "Ana", "'=1+1"],
        ["'+34600000003", "Leo"],
        ['\'+34600000004;"Ina" Gómez;"x"'],
        ["'+34600000005", "", "'-5"],
        ["9.19876E+11", 'two\r\nlines; and "quotes"', "x"],
    ]


def test_duplicates_need_no_correction_but_come_on_request(
    product: Product, acme: Acme, campaign_id: str
) -> None:
    job = imported(product, acme, campaign_id, ROWS.encode())

    rows = rows_of(corrections(product, acme, job, duplicates=True))

    assert [row[0] for row in rows].count("duplicate") == 1
    assert len(rows) == 7


def test_only_the_corrected_rows_then_come_in(
    product: Product, acme: Acme, campaign_id: str
) -> None:
    job = imported(product, acme, campaign_id, ROWS.encode())

    def correct(row: list[str]) -> list[str]:
        return [*row[:2], "+34600000002", *row[3:]] if row[2] == "600" else row

    file = rewritten(corrections(product, acme, job), correct)
    again = imported(product, acme, campaign_id, file)

    assert counts(again) == (1, 4, 0)
    tasks = acme.shown(f"/campaigns/{campaign_id}/tasks")["tasks"]
    (task,) = (one for one in tasks if one["phone"] == "+34600000002")
    assert task["context"] == {"name": "Ana", "note": "=1+1"}
    left = acme.shown(f"/imports/{again['id']}/rows")["rows"]
    before = acme.shown(f"/imports/{job['id']}/rows")["rows"]
    assert {row["code"] for row in left} <= {row["code"] for row in before}


def test_a_file_that_is_sent_back_as_it_is_brings_nobody_in(
    product: Product, acme: Acme, campaign_id: str
) -> None:
    job = imported(product, acme, campaign_id, ROWS.encode())

    again = imported(product, acme, campaign_id, corrections(product, acme, job))

    assert counts(again) == (0, 5, 0)


def test_what_is_still_wrong_comes_out_as_it_came_in(
    product: Product, acme: Acme, campaign_id: str
) -> None:
    file = corrections(product, acme, imported(product, acme, campaign_id, ROWS.encode()))

    again = corrections(product, acme, imported(product, acme, campaign_id, file))

    first, second = (
        [[row[0], *row[2:]] for row in rows_of(one) if "Gómez" not in str(row)]
        for one in (file, again)
    )
    assert second == first
    assert counts(imported(product, acme, campaign_id, again)) == (0, 5, 0)


def test_all_rows_corrected_come_in(product: Product, acme: Acme, campaign_id: str) -> None:
    job = imported(product, acme, campaign_id, ROWS.encode())
    numbers = iter(range(10, 20))

    def correct(row: list[str]) -> list[str]:
        if row[0] == "carillon_code":
            return row
        return [*row[:2], f"+346000000{next(numbers)}", "Name", "note"]

    again = imported(
        product, acme, campaign_id, rewritten(corrections(product, acme, job), correct)
    )

    assert counts(again) == (5, 0, 0)


def test_a_file_without_rejected_rows_gives_a_header_alone(
    product: Product, acme: Acme, campaign_id: str
) -> None:
    job = imported(product, acme, campaign_id, b"phone,name\n+34600000001,Eva\n")

    assert corrections(product, acme, job) == (
        b"\xef\xbb\xbfcarillon_code,carillon_reason,phone,name\r\n"
    )


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "windows-1252"])
def test_rows_of_any_encoding_come_in_utf_8(
    product: Product, acme: Acme, campaign_id: str, encoding: str
) -> None:
    content = 'phone;name\r\n600;José\r\n700;"Zo"ë\r\n'.encode(encoding)
    declared = {"encoding": encoding} if encoding == "windows-1252" else {}
    job = imported(product, acme, campaign_id, content, **declared)

    rows = rows_of(corrections(product, acme, job))

    assert [row[2:] for row in rows] == [["phone", "name"], ["600", "José"], ['700;"Zo"ë']]


def test_lines_that_are_no_text_are_shown_as_far_as_they_can_be_read(
    product: Product, acme: Acme, campaign_id: str
) -> None:
    content = b"phone,name\n600,Jos\xe9\n+34600000001,Eva\n7\x0000,Ana\n"
    job = imported(product, acme, campaign_id, content)

    rows = rows_of(corrections(product, acme, job), ",")

    assert [row[2:] for row in rows[1:]] == [["600,Jos\ufffd"], ["7\ufffd00,Ana"]]


def test_a_line_without_end_is_cut(product: Product, acme: Acme, campaign_id: str) -> None:
    content = b"phone,name\n" + b"x" * (3 * 1024 * 1024) + b"\n600,Ana\n"
    job = imported(product, acme, campaign_id, content)

    rows = rows_of(corrections(product, acme, job), ",")

    assert [len(row[2]) for row in rows[1:]] == [32_000, 3]


def test_many_rejected_rows_come_in_the_order_of_the_file(
    product: Product, acme: Acme, campaign_id: str
) -> None:
    lines = [f"{number},Eva" for number in range(100, 12_100)]
    job = imported(product, acme, campaign_id, "\n".join(["phone,name", *lines]).encode())

    rows = rows_of(corrections(product, acme, job), ",")

    assert [",".join(row[2:]) for row in rows[1:]] == lines


def test_somebody_who_was_erased_is_not_in_the_file(
    product: Product, acme: Acme, campaign_id: str
) -> None:
    content = b"phone,name\n+34600000001,Eva\n600 000 001,Eva\n700,Ana\n"
    job = imported(product, acme, campaign_id, content)
    acme.delete("/contacts/+34600000001")

    rows = rows_of(corrections(product, acme, job), ",")

    assert [row[2:] for row in rows[1:]] == [["700", "Ana"]]


def test_an_export_of_rejected_rows_counts_them(
    product: Product, acme: Acme, campaign_id: str
) -> None:
    job = imported(product, acme, campaign_id, ROWS.encode())
    body = {"what": "rejected_rows", "import_id": job["id"]}

    few = written(product, acme, campaign_id, **body)
    every = written(product, acme, campaign_id, **body, duplicates=True)

    assert [(one["rows"], one["total"]) for one in (few, every)] == [(5, 5), (6, 6)]


def test_a_file_that_is_gone_says_so(product: Product, acme: Acme, campaign_id: str) -> None:
    job = imported(product, acme, campaign_id, ROWS.encode())
    product.bucket.bytes_by_source.clear()

    export = written(product, acme, campaign_id, what="rejected_rows", import_id=job["id"])

    assert (export["status"], export["download"]) == ("failed", None)
    assert "gone" in export["reason"]


def test_an_import_that_has_not_ended_is_not_asked(acme: Acme, campaign_id: str) -> None:
    made = acme.made(f"/campaigns/{campaign_id}/imports", {"file": "contacts.csv"})
    body = {"what": "rejected_rows", "import_id": made["import"]["id"]}

    answer = acme.post(f"/campaigns/{campaign_id}/exports", body)

    assert (answer.status, answer.error["param"]) == (409, "import_id")


def test_another_campaigns_import_is_not_there(
    product: Product, acme: Acme, campaign_id: str
) -> None:
    job = imported(product, acme, campaign_id, ROWS.encode())
    body = {"what": "rejected_rows", "import_id": job["id"]}
    other = product.workspace("Other")

    mine = acme.post(f"/campaigns/{acme.campaign()}/exports", body)
    theirs = other.post(f"/campaigns/{other.campaign()}/exports", body)

    assert (mine.status, theirs.status) == (404, 404)


def test_exported_tasks_can_be_imported_into_another_campaign(
    product: Product, acme: Acme, campaign_id: str
) -> None:
    content = b"phone,name,external_id\n+34600000001,=Eva,7\n+34600000002,Leo,8\n"
    imported(product, acme, campaign_id, content)
    export = written(product, acme, campaign_id, what="tasks", context=["name"])
    file = file_of(product, export)
    other = str(acme.made("/campaigns", acme.batch(name="Other"))["id"])

    job = imported(product, acme, other, file.replace(b"context.name", b"name"))

    assert counts(job) == (2, 0, 0)
    tasks = acme.shown(f"/campaigns/{other}/tasks")["tasks"]
    assert {(task["phone"], task["external_id"]) for task in tasks} == {
        ("+34600000001", "7"),
        ("+34600000002", "8"),
    }
    assert {task["context"]["name"] for task in tasks} == {"=Eva", "Leo"}
