"""What commands show: tables, details, bars, live views and errors."""

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import typer
from rich.bar import Bar
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from client import words

Json = Mapping[str, Any]

WIDTH = 40

#: The width of what is written into a file or a pipe: nothing there is cut off.
PIPE_WIDTH = 250

#: How a status or an outcome looks, where that says something.
STYLES = {
    "running": "green",
    "in_progress": "green",
    "completed": "bold green",
    "open": "green",
    "shut": "yellow",
    "paused": "yellow",
    "waiting": "yellow",
    "archived": "dim",
    "draft": "dim",
    "failed": "red",
    "init_failed": "red",
    "unknown": "red",
}


def console(*, stderr: bool = False) -> Console:
    """The terminal as it is now, or a wide page where the output is no terminal."""
    here = Console(stderr=stderr, highlight=False)
    return here if here.is_terminal else Console(stderr=stderr, highlight=False, width=PIPE_WIDTH)


def show(*what: RenderableType) -> None:
    """Show something."""
    console().print(*what, sep="\n")


@contextmanager
def live() -> Iterator[Callable[[RenderableType], None]]:
    """Show one thing again and again in its place; in a file or a pipe, as it was at the end."""
    here = console()
    if here.is_terminal:
        with Live(console=here, auto_refresh=False) as place:
            yield lambda frame: place.update(frame, refresh=True)
        return
    last: deque[RenderableType] = deque(maxlen=1)
    try:
        yield last.append
    finally:
        for frame in last:
            here.print(frame)


def show_json(answer: object) -> None:
    """The API's answer for a program."""
    typer.echo(json.dumps(answer, ensure_ascii=False, indent=2))


def show_aside(message: str) -> None:
    """One line beside the output, which may be a file's."""
    console(stderr=True).print(Text(words.plain(message)), soft_wrap=True)


def show_error(message: str) -> None:
    """One red line."""
    console(stderr=True).print(Text(words.plain(message), style="red"), soft_wrap=True)


def show_more(page: Json) -> None:
    """Say that a list goes on, where it does."""
    if page["next_cursor"] is not None:
        show(Text("there are more: raise --limit, or say --all", style="dim"))


def text(value: object) -> Text:
    """A value as it may stand on a terminal, in the colour of its meaning."""
    shown = words.plain(value)
    return Text(shown, style=STYLES.get(shown, ""))


def table(items: Iterable[Json], **columns: Callable[[Any], object]) -> Table:
    """Items in rows; a column is what it shows of an item."""
    shown = Table(*(name.strip("_").replace("_", " ") for name in columns), box=None)
    for column in shown.columns[:1]:
        column.no_wrap = True  # an id is there to be copied
    for item in items:
        shown.add_row(*(text(of(item)) for of in columns.values()))
    return shown


def details(facts: Mapping[str, object]) -> Table:
    """One thing, a fact in a line."""
    grid = Table.grid(padding=(0, 2))
    for name, value in facts.items():
        label = Text(words.plain(name), style="dim")
        grid.add_row(label, value if isinstance(value, Text | Bar) else text(value))
    return grid


def bar(value: int, total: int, *, color: str = "green") -> Bar:
    """A bar of the one width."""
    return Bar(max(total, 1), 0, value, width=WIDTH, color=color)


def done(progress: Json) -> int:
    """How many tasks nothing will happen to any more."""
    return int(progress["completed"] + progress["archived"])


def campaign_frame(campaign: Json) -> RenderableType:
    """A campaign at this moment: how far it is, what it does, what came of it."""
    progress = campaign["progress"]
    head = Text.assemble((words.plain(campaign["name"]), "bold"), "  ", text(campaign["status"]))
    grid = Table.grid(padding=(0, 2))
    total = progress["total"]
    grid.add_row("done", bar(done(progress), total), f"{done(progress)}/{total}")
    for status in ("queued", "running", "paused", "completed", "archived"):
        label = "in flight" if status == "running" else status
        grid.add_row(label, bar(progress[status], total, color="yellow"), str(progress[status]))
    grid.add_row(Text("calls", style="dim"), "", str(progress["calls"]))
    return Group(head, grid, *outcome_rows(progress["outcomes"]))


def outcome_rows(outcomes: Mapping[str, int]) -> list[Table]:
    """Ended calls by outcome, most frequent first; nothing where none has ended."""
    if not outcomes:
        return []
    most = max(outcomes.values())
    grid = Table.grid(padding=(0, 2))
    for outcome, count in sorted(outcomes.items(), key=lambda item: -item[1]):
        grid.add_row(text(outcome), bar(count, most, color="blue"), str(count))
    return [grid]


def import_line(job: Json) -> Text:
    """How far an import has come."""
    counts = ", ".join(f"{job[name]} {name}" for name in ("accepted", "rejected", "duplicates"))
    kind = "dry run " if job["options"]["dry_run"] else ""
    return Text.assemble(kind, text(job["status"]), f": {job['rows']} rows, {counts}")
