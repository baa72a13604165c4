"""Tasks and calls of a campaign as files, for people with spreadsheets and for programs."""

import csv
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from chalicelibs.api.export_rows import CALL_COLUMNS, TASK_COLUMNS
from chalicelibs.domain.exports import KEPT_FOR, MOST_OPEN
from chalicelibs.domain.scope import Scope
from tests.functional.conftest import Log
from tests.functional.product import Acme, Api, Product, report_of_end

NEVER = "0000000000000000"


def exported(product: Product, acme: Acme, campaign_id: str, **wanted: Any) -> bytes:
    """What is in the file of an export, once it is written."""
    path = f"/campaigns/{campaign_id}/exports"
    status, export = acme.post(path, {"what": "tasks", **wanted})
    assert (status, export["status"], export["download"]) == (202, "queued", None)
    product.write_exports()
    shown = acme.shown(f"{path}/{export['id']}")
    assert (shown["status"], shown["reason"]) == ("completed", None)
    return content(product, shown)


def content(product: Product, export: Any) -> bytes:
    """The file at the address that an export tells."""
    key = urlsplit(export["download"]["url"]).path.removeprefix("/")
    return product.parts.content_by_key[key]


def rows_of(file: bytes) -> list[dict[str, str]]:
    """The rows of a CSV, as a program reads them."""
    return list(csv.DictReader(StringIO(file.decode("utf-8-sig"), newline="")))


def lines_of(file: bytes) -> Iterator[Any]:
    return map(json.loads, file.decode().splitlines())


# --- Tasks ---------------------------------------------------------------------------------------


def test_tasks_come_as_a_table(product: Product, acme: Acme) -> None:
    campaign_id = acme.campaign()
    task_id = acme.pushed(campaign_id, startAfter="2027-03-06T10:00:00Z")

    file = exported(product, acme, campaign_id)

    assert rows_of(file) == [
        {
            "id": task_id,
            "external_id": "",
            "campaign_id": campaign_id,
            "phone": "'+34600000001",
            "status": "queued",
            "outcome": "",
            "reason": "",
            "attempts": "0",
            "next_attempt_at": "2027-03-06T10:00:00.000Z",
            "waiting_for": "start_time",
            "is_callback": "false",
            "is_erased": "false",
            "last_call_id": "",
            "created_at": "2027-03-05T12:00:00.000Z",
            "context": '{"name":"Eva"}',
        }
    ]


def test_a_table_is_as_rfc_4180_and_excel_want_it(product: Product, acme: Acme) -> None:
    campaign_id = acme.campaign()
    acme.pushed(campaign_id, context={"name": 'Ana "la, ñ"\nGómez'})

    file = exported(product, acme, campaign_id, context=["name"])

    assert file.startswith(b"\xef\xbb\xbfid,external_id,")
    assert file.endswith(b'"Ana ""la, \xc3\xb1""\nG\xc3\xb3mez"\r\n')
    assert rows_of(file)[0]["context.name"] == 'Ana "la, ñ"\nGómez'


def test_the_columns_are_always_the_same_whatever_the_tasks_know(
    product: Product, acme: Acme
) -> None:
    empty, full = acme.campaign(), acme.campaign()
    acme.pushed(full, context={"name": "Eva", "company": "Acme", "id": "7"})

    (of_none,) = exported(product, acme, empty).decode("utf-8-sig").splitlines()
    of_one = exported(product, acme, full).decode("utf-8-sig").splitlines()[0]

    assert of_none == of_one == ",".join(TASK_COLUMNS)


def test_context_that_is_asked_for_gets_columns_at_the_end(product: Product, acme: Acme) -> None:
    campaign_id = acme.campaign()
    acme.pushed(campaign_id, context={"name": "Eva", "city": "Vigo"})
    acme.pushed(campaign_id, phone="+34600000002", context={"name": "Leo"})

    file = exported(product, acme, campaign_id, context=["city", "status"])

    header = file.decode("utf-8-sig").splitlines()[0]
    assert header == ",".join([*TASK_COLUMNS, "context.city", "context.status"])
    assert sorted(row["context.city"] for row in rows_of(file)) == ["", "Vigo"]
    assert {row["status"] for row in rows_of(file)} == {"queued"}


@pytest.mark.parametrize(
    "value", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "'=1", "=cmd|' /C'!A0"]
)
def test_no_cell_is_a_formula(product: Product, acme: Acme, value: str) -> None:
    campaign_id = acme.campaign()
    acme.pushed(campaign_id, context={"name": value, value: "x"})

    (row,) = rows_of(exported(product, acme, campaign_id, context=["name", value]))

    assert row["context.name"] == f"'{value}"
    assert row["phone"] == "'+34600000001"
    for cell in (*row, *row.values()):
        assert cell.lstrip()[:1] not in {"=", "+", "-", "@", "＝"}
        assert cell[:1] not in {"\t", "\r"}


def test_tasks_come_for_programs_as_the_api_shows_them(product: Product, acme: Acme) -> None:
    campaign_id = acme.campaign()
    for number in range(3):
        acme.pushed(campaign_id, phone=f"+3460000000{number}", context={"name": "=1 ñ"})

    file = exported(product, acme, campaign_id, format="ndjson")

    assert list(lines_of(file)) == acme.shown(f"/campaigns/{campaign_id}/tasks")["tasks"]


def test_a_campaign_without_tasks_is_a_file_without_lines(product: Product, acme: Acme) -> None:
    assert exported(product, acme, acme.campaign(), format="ndjson") == b""


def test_a_status_is_what_people_see(product: Product, acme: Acme) -> None:
    campaign_id = acme.campaign()
    acme.pushed(campaign_id)
    acme.post(f"/campaigns/{campaign_id}/pause")

    (row,) = rows_of(exported(product, acme, campaign_id))

    assert (row["status"], row["waiting_for"]) == ("paused", "campaign_paused")


# --- Calls ---------------------------------------------------------------------------------------


@pytest.fixture
def called(product: Product, acme: Acme) -> str:
    """A campaign with a task that was called twice, one whose call goes on, and one not called."""
    rules = {"max_attempts": 2, "retry_intervals_ms": [60_000]}
    campaign_id = acme.campaign(**rules)
    acme.pushed(campaign_id)
    product.run()
    product.ended(product.carrier.asked[0].call_id, "no_answer")
    product.run()
    product.clock.pass_(timedelta(minutes=2))
    product.tick()
    product.run()
    said = [{"role": "contact", "text": "Sí", "at_ms": 1}] * 500  # too much for the call itself
    second = product.carrier.asked[1].call_id
    ended = {**report_of_end(second, product.clock.at), "analysis_follows": True}
    product.webhook({**ended, "transcript": said})
    product.webhook({**ended, "type": "analysis", "analysis": {"summary": "=they talked"}})
    product.run()
    acme.pushed(campaign_id, phone="+34600000002")
    product.run()
    acme.pushed(campaign_id, phone="+34600000003", startAfter="2027-06-01T00:00:00Z")
    return campaign_id


def test_calls_come_as_a_table_each_once(product: Product, acme: Acme, called: str) -> None:
    rows = rows_of(exported(product, acme, called, what="calls"))

    assert tuple(rows[0]) == CALL_COLUMNS
    assert {row["id"] for row in rows} == {one.call_id for one in product.carrier.asked}
    assert len(rows) == 3
    second = next(row for row in rows if row["attempt"] == "2")
    assert second["to"] == "'+34600000001"
    assert (second["cost_amount"], second["cost_currency"]) == ("0.0450", "USD")
    assert (second["duration_s"], second["outcome"]) == ("30", "completed")
    assert second["ended_at"] == "2027-03-05T12:02:00.000Z"
    assert json.loads(second["analysis"]) == {"summary": "=they talked"}
    going_on = next(row for row in rows if row["to"] == "'+34600000002")
    assert (going_on["status"], going_on["outcome"], going_on["cost_amount"]) == ("placed", "", "")


def test_calls_come_for_programs_as_the_api_shows_them(
    product: Product, acme: Acme, called: str
) -> None:
    lines = list(lines_of(exported(product, acme, called, what="calls", format="ndjson")))

    tasks = acme.shown(f"/campaigns/{called}/tasks")["tasks"]
    of_tasks = [acme.shown(f"/tasks/{task['id']}/calls")["calls"] for task in tasks]
    assert lines == [call for calls in of_tasks for call in calls]
    assert any(line["transcript"] for line in lines)


def test_another_campaigns_rows_are_not_in_the_file(
    product: Product, acme: Acme, called: str
) -> None:
    other = acme.campaign()
    acme.pushed(other, phone="+34600000009")

    assert b"+34600000009" not in exported(product, acme, called)
    assert b"+34600000009" not in exported(product, acme, called, what="calls")


# --- The page that describes them ----------------------------------------------------------------

PAGE = (Path(__file__).parents[2] / "docs" / "exports.md").read_text()


@pytest.mark.parametrize(
    ("title", "columns"), [("Tasks:", TASK_COLUMNS), ("Calls, ", CALL_COLUMNS)]
)
def test_the_page_has_the_columns_in_their_order(title: str, columns: tuple[str, ...]) -> None:
    _, rest = PAGE.split(f"\n{title}", 1)
    table = rest.split("|---|---|\n", 1)[1].split("\n\n", 1)[0]

    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(columns)


# --- On their way --------------------------------------------------------------------------------


def test_an_export_tells_how_far_it_has_come(product: Product, acme: Acme) -> None:
    campaign_id = acme.campaign(name="Renewals ñ 2027!")
    acme.pushed(campaign_id)
    path = f"/campaigns/{campaign_id}/exports"
    first = acme.post(path, {"what": "tasks"}).body
    product.write_exports()
    product.clock.pass_(timedelta(seconds=1))
    second = acme.post(path, {"what": "calls", "format": "ndjson"}).body

    listed = acme.shown(path)["exports"]

    assert [one["id"] for one in listed] == [second["id"], first["id"]]
    assert [one["status"] for one in listed] == ["queued", "completed"]
    assert [(one["rows"], one["total"]) for one in listed] == [(0, 0), (1, 1)]
    assert first["file"] == "renewals-n-2027-tasks-20270305-120000.csv"
    assert second["file"] == "renewals-n-2027-calls-20270305-120001.ndjson"
    assert first["expires_at"] == "2027-03-12T12:00:00.000Z"


def test_the_address_of_a_file_is_good_for_a_moment_and_made_anew(
    product: Product, acme: Acme
) -> None:
    path = f"/campaigns/{acme.campaign()}/exports"
    export_id = acme.post(path, {"what": "tasks"}).body["id"]
    product.write_exports()

    once = acme.shown(f"{path}/{export_id}")["download"]["expires_at"]
    product.clock.pass_(timedelta(hours=1))
    again = acme.shown(f"{path}/{export_id}")["download"]["expires_at"]

    assert (once, again) == ("2027-03-05T12:15:00.000Z", "2027-03-05T13:15:00.000Z")


def test_an_export_is_forgotten_after_a_week(product: Product, acme: Acme) -> None:
    path = f"/campaigns/{acme.campaign()}/exports"
    export_id = acme.post(path, {"what": "tasks"}).body["id"]
    product.write_exports()
    product.clock.pass_(KEPT_FOR)

    assert acme.get(f"{path}/{export_id}").status == 404
    assert acme.shown(path) == {"exports": []}


def test_only_so_many_are_on_their_way_at_once(product: Product, acme: Acme) -> None:
    path = f"/campaigns/{acme.campaign()}/exports"
    for _ in range(MOST_OPEN):
        assert acme.post(path, {"what": "tasks"}).status == 202
    before = product.everything()

    refused = acme.post(path, {"what": "tasks"})

    assert (refused.status, refused.error["code"]) == (409, "not_allowed")
    assert product.everything() == before
    product.write_exports()
    assert acme.post(path, {"what": "tasks"}).status == 202


def test_an_export_asked_for_again_under_its_key_is_the_same(product: Product, acme: Acme) -> None:
    path = f"/campaigns/{acme.campaign()}/exports"

    first = acme.post(path, {"what": "tasks"}, once="monday")
    again = acme.post(path, {"what": "tasks"}, once="monday")

    assert again == first
    assert len(product.store.exports) == 1


def test_a_message_that_comes_again_changes_nothing(product: Product, acme: Acme) -> None:
    campaign_id = acme.campaign()
    acme.post(f"/campaigns/{campaign_id}/exports", {"what": "tasks"})
    product.queue.exports *= 3
    product.write_exports()

    (export,) = acme.shown(f"/campaigns/{campaign_id}/exports")["exports"]
    assert (export["status"], export["rows"]) == ("completed", 0)


# --- Who may -------------------------------------------------------------------------------------


def key_with(acme: Acme, scope: Scope) -> Api:
    return Api(acme.made("/keys", {"name": scope, "scope": scope})["api_key"])


def test_a_key_that_reads_sees_exports_but_gets_no_file(product: Product, acme: Acme) -> None:
    path = f"/campaigns/{acme.campaign()}/exports"
    export_id = acme.post(path, {"what": "tasks"}).body["id"]
    product.write_exports()
    reader, pusher = key_with(acme, Scope.READ), key_with(acme, Scope.PUSH)

    seen = reader.shown(f"{path}/{export_id}")

    whole = pusher.shown(f"{path}/{export_id}")
    assert whole["download"] is not None
    assert seen == {**whole, "download": None}
    assert reader.post(path, {"what": "tasks"}).status == 403
    assert pusher.post(path, {"what": "tasks"}).status == 202


def test_another_workspace_gets_nothing(product: Product, acme: Acme) -> None:
    path = f"/campaigns/{acme.campaign()}/exports"
    export_id = acme.post(path, {"what": "tasks"}).body["id"]
    product.write_exports()
    other = product.workspace("Other")
    own = other.campaign()

    assert other.get(f"{path}/{export_id}").status == 404
    assert other.get(f"/campaigns/{own}/exports/{export_id}").status == 404
    assert other.post(path, {"what": "tasks"}).status == 404
    assert other.shown(f"/campaigns/{own}/exports") == {"exports": []}


def test_the_log_names_nobody(product: Product, acme: Acme, called: str, log: Log) -> None:
    exported(product, acme, called, context=["name"])

    assert "export written" in log()
    assert "60000000" not in log()


# --- Refused -------------------------------------------------------------------------------------

BAD = [
    ({}, "what"),
    ({"what": None}, "what"),
    ({"what": "contacts"}, "what"),
    ({"what": ["tasks"]}, "what"),
    ({"what": "tasks", "format": "xlsx"}, "format"),
    ({"what": "tasks", "format": None}, "format"),
    ({"what": "tasks", "context": "name"}, "context"),
    ({"what": "tasks", "context": None}, "context"),
    ({"what": "tasks", "context": [7]}, "context[0]"),
    ({"what": "tasks", "context": [""]}, "context[0]"),
    ({"what": "tasks", "context": ["x" * 201]}, "context[0]"),
    ({"what": "tasks", "context": ["name", "name"]}, "context"),
    ({"what": "tasks", "context": [str(number) for number in range(51)]}, "context"),
    ({"what": "tasks", "format": "ndjson", "context": ["name"]}, "context"),
    ({"what": "calls", "context": ["name"]}, "context"),
    ({"what": "tasks", "import_id": NEVER}, "import_id"),
    ({"what": "tasks", "import_id": 7}, "import_id"),
    ({"what": "tasks", "duplicates": True}, "duplicates"),
    ({"what": "tasks", "duplicates": "yes"}, "duplicates"),
    ({"what": "rejected_rows"}, "import_id"),
    ({"what": "rejected_rows", "import_id": ""}, "import_id"),
    ({"what": "rejected_rows", "import_id": NEVER, "format": "ndjson"}, "format"),
    ({"what": "tasks", "columns": []}, "columns"),
]


@pytest.mark.parametrize(("body", "param"), BAD, ids=str)
def test_what_cannot_be_wanted_is_refused_by_name(
    product: Product, acme: Acme, body: dict[str, Any], param: str
) -> None:
    campaign_id = acme.campaign()
    before = product.everything()

    answer = acme.post(f"/campaigns/{campaign_id}/exports", body)

    assert (answer.status, answer.error["param"]) == (422, param)
    assert product.everything() == before
