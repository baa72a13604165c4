"""A file of contacts from the command line into a campaign."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from client.imports import MOST_LOOKS_IN_VAIN
from client.transport import Answer, Readable
from tests.functional.command_line import CommandLine, InProcess
from tests.functional.product import BUCKET_URL, Acme, Product

GOOD = b"phone,name\n+34600000001,Eva\n+34600000002,Ana\n"
BAD = b"phone,name\n+34600000001,Eva\n600,Bad\n+34600000002\n+34600000001,Again\n"


@dataclass
class WithUploads:
    """The product, whose files come by address; they arrive when they are let in."""

    product: Product
    is_taken: bool = True
    inside: InProcess = field(default_factory=InProcess)
    arrived: list[Callable[[], None]] = field(default_factory=list)
    uploads: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | Readable | None
    ) -> Answer:
        if url.startswith(BUCKET_URL):
            return self._store(method, url, headers, body)
        return self.inside(method, url, headers, body)

    def _store(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | Readable | None
    ) -> Answer:
        assert body is not None
        assert not isinstance(body, bytes), "it is not read into memory first"
        content = b""
        while block := body.read(10):
            content += block
        self.uploads.append((dict(headers), content))
        if not self.is_taken:
            return Answer(403, {}, b"<Error/>")
        target = {
            "method": method,
            "url": url,
            "headers": {"Content-Type": headers["Content-Type"]},
        }
        self.arrived.append(lambda: self.product.upload(target, content))
        return Answer(200, {}, b"")

    def let_in(self, _: float) -> None:
        """Time passes: what was uploaded arrives."""
        while self.arrived:
            self.arrived.pop()()


@pytest.fixture
def bucket(product: Product) -> WithUploads:
    return WithUploads(product)


@pytest.fixture
def carillon(acme: Acme, bucket: WithUploads) -> CommandLine:
    assert acme.key is not None
    return CommandLine(acme.key, bucket, sleep=bucket.let_in)


@pytest.fixture
def campaign_id(acme: Acme) -> str:
    return str(acme.made("/campaigns", acme.batch())["id"])


def file_of(folder: Path, content: bytes) -> str:
    file = folder / "contacts.csv"
    file.write_bytes(content)
    return str(file)


def test_a_file_is_uploaded_and_followed_until_its_rows_are_tasks(
    acme: Acme, bucket: WithUploads, carillon: CommandLine, campaign_id: str, tmp_path: Path
) -> None:
    shown = carillon.run("import", campaign_id, file_of(tmp_path, GOOD))

    assert "completed: 2 rows, 2 accepted, 0 rejected, 0 duplicates" in shown
    headers = {"Content-Type": "text/csv", "Content-Length": str(len(GOOD))}
    assert bucket.uploads == [(headers, GOOD)]
    assert acme.shown(f"/campaigns/{campaign_id}")["progress"]["total"] == 2


def test_rejected_rows_come_back_with_line_code_and_what_to_do(
    acme: Acme, carillon: CommandLine, campaign_id: str, tmp_path: Path
) -> None:
    shown = carillon.run("import", campaign_id, file_of(tmp_path, BAD), status=1)

    (job,) = acme.shown(f"/campaigns/{campaign_id}/imports")["imports"]
    rows: list[Any] = acme.shown(f"/imports/{job['id']}/rows")["rows"]
    assert [row["line"] for row in rows] == [3, 4, 5]
    for row in rows:
        (line,) = [line for line in shown.splitlines() if line.startswith(f"line {row['line']} ")]
        assert row["code"] in line
        assert row["message"] in line


def test_a_number_twice_is_told_and_is_no_failure(
    carillon: CommandLine, campaign_id: str, tmp_path: Path
) -> None:
    twice = GOOD + b"+34600000001,Again\n"

    shown = carillon.run("import", campaign_id, file_of(tmp_path, twice))

    assert "line 4  duplicate" in shown


def test_a_file_that_cannot_be_used_says_why(
    carillon: CommandLine, campaign_id: str, tmp_path: Path
) -> None:
    shown = carillon.run("import", campaign_id, file_of(tmp_path, b"name\nEva\n"), status=1)

    assert "the import failed: " in shown


def test_an_upload_that_is_refused_is_no_import(
    bucket: WithUploads, carillon: CommandLine, campaign_id: str, tmp_path: Path
) -> None:
    bucket.is_taken = False

    shown = carillon.run("import", campaign_id, file_of(tmp_path, GOOD), status=1)

    assert "the upload was refused with status 403" in shown


def test_a_file_of_which_nothing_is_heard_is_not_waited_for_for_ever(
    carillon: CommandLine, campaign_id: str, tmp_path: Path
) -> None:
    waits: list[float] = []
    carillon.sleep = waits.append

    shown = carillon.run("import", campaign_id, file_of(tmp_path, GOOD), status=1)

    assert "has not begun" in shown
    assert len(waits) == MOST_LOOKS_IN_VAIN - 1


def test_a_campaign_that_takes_no_contacts_is_told_before_anything_is_uploaded(
    acme: Acme, bucket: WithUploads, carillon: CommandLine, tmp_path: Path
) -> None:
    shown = carillon.run("import", acme.campaign(), file_of(tmp_path, GOOD), status=1)

    assert "push tasks instead" in shown
    assert bucket.uploads == []


def test_a_file_is_read_as_its_sender_says(
    acme: Acme, carillon: CommandLine, campaign_id: str, tmp_path: Path
) -> None:
    content = "Kontakt;name;priority\n030/1234567;Jürgen;VIP\n".encode("windows-1252")

    carillon.run(
        *("import", campaign_id, file_of(tmp_path, content)),
        *("--map", "phone=Kontakt", "--map", "priority=", "--region", "DE"),
        *("--encoding", "windows-1252", "--delimiter", "semicolon", "--duplicates", "update"),
    )

    (job,) = acme.shown(f"/campaigns/{campaign_id}/imports")["imports"]
    assert job["options"] == {
        "columns": {"phone": "Kontakt", "priority": ""},
        "region": "DE",
        "encoding": "cp1252",
        "delimiter": ";",
        "duplicates": "update",
        "dry_run": False,
    }
    [task] = acme.shown(f"/campaigns/{campaign_id}/tasks")["tasks"]
    assert (task["phone"], task["context"]["name"]) == ("+49301234567", "Jürgen")


def test_a_dry_run_shows_counts_rejected_rows_and_prompts_and_makes_no_task(
    acme: Acme, carillon: CommandLine, campaign_id: str, tmp_path: Path
) -> None:
    shown = carillon.run("import", campaign_id, file_of(tmp_path, BAD), "--dry-run", status=1)

    assert "dry run completed: 4 rows, 1 accepted, 2 rejected, 1 duplicates" in shown
    assert "line 3  invalid_phone" in shown
    assert "line 2  +34600000001\nSay hello to Eva." in shown
    assert acme.shown(f"/campaigns/{campaign_id}")["progress"]["total"] == 0


@pytest.mark.parametrize(
    ("prompt", "shown"),
    [("", "+34600000001\n\n"), ("{{name}}" * 100, "+34600000001\nthe agent is gone, or")],
    ids=["empty", "too long"],
)
def test_a_dry_run_tells_a_prompt_that_is_empty_from_one_that_is_none(
    acme: Acme, carillon: CommandLine, campaign_id: str, tmp_path: Path, prompt: str, shown: str
) -> None:
    acme.patch(f"/agents/{acme.agent_id}", {"prompt": prompt})
    content = b"phone,name\n+34600000001," + b"x" * 2000 + b"\n"

    told = carillon.run("import", campaign_id, file_of(tmp_path, content), "--dry-run")

    assert shown in told


def test_of_many_rejected_rows_the_first_fifty_are_shown_unless_all_are_wanted(
    carillon: CommandLine, campaign_id: str, tmp_path: Path
) -> None:
    content = b"phone,name\n" + b"1,x\n" * 60

    shown = carillon.run("import", campaign_id, file_of(tmp_path, content), status=1)
    every = carillon.run("import", campaign_id, file_of(tmp_path, content), "--all", status=1)

    assert shown.count("invalid_phone") == 50
    assert "say --all" in shown
    assert every.count("invalid_phone") == 60


@pytest.mark.parametrize(
    ("option", "words"),
    [
        (["--map", "Kontakt"], "no pair"),
        (["--map", "fax=Fax"], "columns.fax"),
        (["--region", "Germany"], "like DE"),
        (["--duplicates", "ignore"], "duplicates"),
    ],
)
def test_an_option_that_cannot_be_is_told_before_anything_is_uploaded(
    bucket: WithUploads,
    carillon: CommandLine,
    campaign_id: str,
    tmp_path: Path,
    option: list[str],
    words: str,
) -> None:
    status = 2 if "no pair" in words else 1

    shown = carillon.run("import", campaign_id, file_of(tmp_path, GOOD), *option, status=status)

    assert words in shown
    assert bucket.uploads == []
