"""`carillon export`: tasks, calls or rejected rows of a campaign in a file."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TransferSpeedColumn,
)

from client import screen
from client.api import Api, Refused, path_of
from client.options import CampaignId
from client.surroundings import Surroundings, around

#: Between two looks, in seconds.
EVERY = 0.5

#: Where a file goes that is to be read by the next program.
STDOUT = "-"

#: What a file is called while it is coming.
PARTIAL = ".part"

OPEN = {"queued", "running"}

Export = Mapping[str, Any]
Write = Callable[[bytes], object]


def export(
    context: typer.Context,
    campaign_id: CampaignId,
    what: Annotated[
        str, typer.Argument(metavar="WHAT", help="tasks, calls or rejected_rows.")
    ] = "tasks",
    ending: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="csv or ndjson.")
    ] = "csv",
    names: Annotated[
        list[str] | None,
        typer.Option("--context", metavar="NAME", help="A column for this word of the context."),
    ] = None,
    import_id: Annotated[
        str | None, typer.Option("--import", metavar="ID", help="Whose rejected rows.")
    ] = None,
    duplicates: Annotated[
        bool, typer.Option("--duplicates", help="Rejected rows with duplicates among them.")
    ] = False,
    to: Annotated[
        str | None, typer.Option("--to", metavar="FILE", help="Where to; - for the output.")
    ] = None,
    export_id: Annotated[
        str | None, typer.Option("--id", metavar="ID", help="One that was asked for before.")
    ] = None,
) -> None:
    """Have tasks, calls or rejected rows of a campaign written into a file, and download it.

    Example: carillon export CAMPAIGN calls --to calls.csv
    """
    world = around(context)
    exports = path_of("campaigns", campaign_id, "exports")
    if export_id is None:
        wanted: dict[str, Any] = {"what": what.replace("-", "_"), "format": ending}
        wanted |= {"context": names or [], "import_id": import_id, "duplicates": duplicates}
        made = world.api().post(exports, wanted, idempotency_key=world.new_key())
        export_id = str(made["id"])
    done = follow(world.api(), f"{exports}{path_of(export_id)}", world.sleep)
    if done["download"] is None:
        screen.show_error(f"there is no file: {done['reason'] or 'this key only reads'}")
        raise typer.Exit(1)
    name = to or Path(done["file"]).name
    download(world, done["download"]["url"], name)
    screen.show_aside(f"{done['rows']} rows{'' if name == STDOUT else f' in {name}'}")


def follow(api: Api, path: str, sleep: Callable[[float], None]) -> Export:
    """Show how far an export has come, until it goes no further."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=screen.console(stderr=True), transient=True) as progress:
        bar = progress.add_task("rows")
        while True:
            seen: Export = api.get(path)
            total = max(seen["total"], seen["rows"])
            progress.update(bar, completed=seen["rows"], total=total)
            if seen["status"] not in OPEN:
                return seen
            sleep(EVERY)


def download(world: Surroundings, url: str, name: str) -> None:
    """Bring a file here, piece by piece.

    Raises:
        Refused: when it is not given.
    """
    columns = (TextColumn("{task.description}"), DownloadColumn(), TransferSpeedColumn())
    progress = Progress(*columns, console=screen.console(stderr=True), transient=True)
    with progress, place(name) as write:
        bar = progress.add_task("download", total=None)

        def take(piece: bytes) -> None:
            write(piece)
            progress.advance(bar, len(piece))

        status = world.fetch(url, take)
        if status != HTTPStatus.OK:
            raise Refused(status, f"the file was refused with status {status}: ask for it again")


@contextmanager
def place(name: str) -> Iterator[Write]:
    """Where to write a file. It has its name once it is whole."""
    if name == STDOUT:
        yield sys.stdout.buffer.write
        sys.stdout.buffer.flush()
        return
    partial = Path(f"{name}{PARTIAL}")
    try:
        with partial.open("wb") as file:
            yield file.write
        partial.replace(name)
    finally:
        partial.unlink(missing_ok=True)
