"""`carillon import`: upload a file of contacts and see what becomes of its rows."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.text import Text

from client import screen, words
from client.api import Api, Refused, path_of
from client.options import All, CampaignId, read
from client.surroundings import around

#: Between two looks, in seconds.
EVERY = 0.5

#: So many looks at an import of which nothing is heard; the file may still be on its way.
MOST_LOOKS_IN_VAIN = 120

#: Rows that are shown of those that were rejected, unless all of them are wanted.
MOST_SHOWN = 50

#: What is shown of a contact whom no agent would be told of.
NO_PROMPT = "the agent is gone, or this prompt is too long"

#: What an import is called before the file has been seen.
WAITING = "waiting"

FINAL = {"completed", "failed"}

#: What the bar of an upload shows.
COLUMNS = (
    TextColumn("{task.description}"),
    *(BarColumn(), DownloadColumn(), TransferSpeedColumn()),
)

Job = Mapping[str, Any]


def import_(
    context: typer.Context,
    campaign_id: CampaignId,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE.csv", exists=True, dir_okay=False, readable=True, help="The contacts."
        ),
    ],
    pairs: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="phone=COLUMN",
            help="Which column is meant; also timezone, start_after, priority, external_id."
            " Nothing behind the =: none is.",
        ),
    ] = None,
    region: Annotated[
        str | None, typer.Option("--region", metavar="DE", help="Of national numbers.")
    ] = None,
    encoding: Annotated[
        str | None, typer.Option("--encoding", metavar="windows-1252", help="If not UTF-8.")
    ] = None,
    delimiter: Annotated[
        str | None,
        typer.Option("--delimiter", metavar="comma|semicolon|tab|pipe", help="Between columns."),
    ] = None,
    duplicates: Annotated[
        str | None,
        typer.Option(
            "--duplicates",
            metavar="skip|allow|update",
            help="What becomes of numbers that the campaign has; skip, if not said.",
        ),
    ] = None,
    is_dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Tell what would become of the rows, and no more.")
    ] = False,
    every: All = False,
) -> None:
    """Import contacts: upload a CSV and follow it until every row is done.

    Exits with 1 if rows were rejected. Example: carillon import CAMPAIGN contacts.csv
    """
    said = {
        "columns": columns_in(pairs or []),
        "region": region,
        "encoding": encoding,
        "delimiter": delimiter,
        "duplicates": duplicates,
        "dry_run": is_dry_run or None,
    }
    world = around(context)
    api = world.api()
    import_id = upload(api, campaign_id, file, said)
    job = follow(api, import_id, world.sleep)
    show_rejected(api, job, None if every else MOST_SHOWN)
    if is_dry_run and job["status"] != "failed":
        show_preview(api, job)
    if job["status"] == "failed":
        screen.show_error(f"the import failed: {job['reason']}")
    if job["rejected"] or job["status"] == "failed":
        raise typer.Exit(1)


def columns_in(pairs: list[str]) -> dict[str, str | None] | None:
    """The columns that are meant, by their meaning; None: the header says it."""
    named = dict(read(words.read_pair, pair, "--map") for pair in pairs)
    return {meaning: name or None for meaning, name in named.items()} or None


def upload(api: Api, campaign_id: str, file: Path, said: Mapping[str, object]) -> str:
    """Upload a file where the API wants it; gives the id of its import."""
    options = {name: value for name, value in said.items() if value is not None}
    made = api.post(path_of("campaigns", campaign_id, "imports"), {"file": file.name, **options})
    size = file.stat().st_size
    with file.open("rb") as stream, Progress(*COLUMNS, console=screen.console()) as progress:
        bar = progress.add_task(escape(words.plain(file.name)), total=size)
        body = Told(stream, lambda count: progress.advance(bar, count))
        api.upload(made["upload"], body, size)
    return str(made["import"]["id"])


class Told:
    """A stream that tells how much of it was read."""

    def __init__(self, stream: BinaryIO, tell: Callable[[int], None]) -> None:
        self._stream = stream
        self._tell = tell

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes; none at the end."""
        block = self._stream.read(size)
        self._tell(len(block))
        return block


class NotBegun(Exception):
    """The file was uploaded and nothing is heard of its import; it may still begin."""

    def __init__(self, import_id: str) -> None:
        super().__init__(
            f"the file was uploaded, but import {import_id} has not begun: see later whether "
            f"its contacts are there, and upload it again if not"
        )


def follow(api: Api, import_id: str, sleep: Callable[[float], None]) -> Job:
    """Show an import until it is done.

    Raises:
        NotBegun: when nothing is heard of it.
    """
    looks_in_vain = 0
    with screen.live() as show:
        while True:
            job = look(api, import_id)
            if job is not None:
                show(screen.import_line(job))
                if job["status"] in FINAL:
                    return job
            looks_in_vain += job is None or job["status"] == WAITING
            if looks_in_vain >= MOST_LOOKS_IN_VAIN:
                raise NotBegun(import_id)
            sleep(EVERY)


def look(api: Api, import_id: str) -> Job | None:
    """An import as it stands; None before it was seen."""
    try:
        job: Job = api.get(path_of("imports", import_id))
    except Refused as refused:
        if refused.status != HTTPStatus.NOT_FOUND:
            raise
        return None
    return job


def show_rejected(api: Api, job: Job, most: int | None) -> None:
    """Show rows that did not become a task, in the order of the file; None: all of them."""
    if not job["rejected"] and not job["duplicates"]:
        return
    rows = api.pages(path_of("imports", job["id"], "rows"), "rows")
    for row in islice(rows, most):
        style = "yellow" if row["code"] == "duplicate" else "red"
        place = Text(f"line {row['line']}", style="bold")
        code = Text(words.plain(row["code"]), style=style)
        screen.show(Text("  ").join([place, code, Text(words.plain(told(row)))]))
    if next(rows, None) is not None:
        screen.show(Text("there are more: say --all to see each of them", style="dim"))


def show_preview(api: Api, job: Job) -> None:
    """Show what the agent would be told for the first rows."""
    for one in api.get(path_of("imports", job["id"], "preview"))["preview"]:
        place = Text(f"line {one['line']}", style="bold")
        screen.show(Text("  ").join([place, Text(one["phone"], style="green")]))
        prompt = NO_PROMPT if one["prompt"] is None else one["prompt"]
        screen.show(Text(words.plain(prompt), style="dim"))


def told(row: Mapping[str, Any]) -> str:
    """What is wrong with a row, and with which of its values."""
    if row["column"] is None:
        return str(row["message"])
    value = "" if row["value"] is None else f" {row['value']!r}"
    return f"{row['column']}{value}: {row['message']}"
