"""A campaign's tasks and calls from the command line into a file."""

import csv
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.functional.command_line import CommandLine, InProcess
from tests.functional.product import Acme, Product


@pytest.fixture
def carillon(product: Product, acme: Acme) -> CommandLine:
    """A person who waits while exports are written."""
    assert acme.key is not None

    def fetch(url: str, take: Callable[[bytes], object]) -> int:
        content = product.parts.content_by_key[urlsplit(url).path.removeprefix("/")]
        for start in range(0, len(content), 10):
            take(content[start : start + 10])
        return 200

    return CommandLine(acme.key, InProcess(), sleep=lambda _: product.write_exports(), fetch=fetch)


@pytest.fixture
def campaign_id(acme: Acme) -> str:
    campaign_id = acme.campaign()
    acme.pushed(campaign_id)
    acme.pushed(campaign_id, phone="+34600000002")
    return campaign_id


def test_tasks_come_into_a_file(carillon: CommandLine, campaign_id: str, tmp_path: Path) -> None:
    file = tmp_path / "tasks.csv"

    said = carillon.run("export", campaign_id, "--context", "name", "--to", str(file))

    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert {row["phone"] for row in rows} == {"'+34600000001", "'+34600000002"}
    assert {row["context.name"] for row in rows} == {"Eva"}
    assert f"2 rows in {file}" in said
    assert [one.name for one in tmp_path.iterdir()] == ["tasks.csv"]


def test_a_file_is_called_as_the_api_calls_it(
    carillon: CommandLine, campaign_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    carillon.run("export", campaign_id, "calls", "--format", "ndjson")

    assert [one.name for one in tmp_path.iterdir()] == ["leads-calls-20270305-120000.ndjson"]


def test_a_file_may_go_on_to_the_next_program(carillon: CommandLine, campaign_id: str) -> None:
    said = carillon.run("export", campaign_id, "--format", "ndjson", "--to", "-")

    assert said.count('"phone":"+34600000001"') == 1
    assert "2 rows" in said


def test_an_export_of_before_is_downloaded_again(
    product: Product, acme: Acme, carillon: CommandLine, campaign_id: str, tmp_path: Path
) -> None:
    export_id = acme.post(f"/campaigns/{campaign_id}/exports", {"what": "tasks"}).body["id"]
    product.write_exports()

    carillon.run("export", campaign_id, "--id", export_id, "--to", str(tmp_path / "t.csv"))

    assert len(product.store.exports) == 1
    assert (tmp_path / "t.csv").read_bytes().count(b"\r\n") == 3


def test_what_the_api_refuses_comes_back_in_its_words(
    carillon: CommandLine, campaign_id: str
) -> None:
    said = carillon.run("export", campaign_id, "rejected-rows", status=1)

    assert "name the import whose rows were rejected (import_id)" in said


def test_a_file_that_was_taken_back_is_no_file(
    product: Product, acme: Acme, carillon: CommandLine, campaign_id: str
) -> None:
    export_id = acme.post(f"/campaigns/{campaign_id}/exports", {"what": "tasks"}).body["id"]
    product.write_exports()
    acme.delete("/contacts/+34600000001")

    said = carillon.run("export", campaign_id, "--id", export_id, status=1)

    assert "somebody was erased" in said


def test_a_file_that_is_not_given_leaves_nothing_behind(
    carillon: CommandLine, campaign_id: str, tmp_path: Path
) -> None:
    carillon.fetch = lambda _url, _take: 403

    said = carillon.run("export", campaign_id, "--to", str(tmp_path / "t.csv"), status=1)

    assert "refused with status 403" in said
    assert list(tmp_path.iterdir()) == []
