"""What the demo shows: bars while it runs, a table at the end."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table

from client.screen import bar, done


def bars(campaigns: Sequence[Mapping[str, Any]], limit: int) -> RenderableType:
    """Tasks done, calls in flight and outcomes, as they stand now."""
    grid = Table.grid(padding=(0, 2))
    outcomes: Counter[str] = Counter()
    flying = 0
    for campaign in campaigns:
        progress = campaign["progress"]
        outcomes.update(progress["outcomes"])
        flying += progress["running"]
        label = f"{campaign['name']} [dim]({campaign['status']})[/]"
        total, finished = progress["total"], done(progress)
        grid.add_row(label, bar(finished, total), f"{finished}/{total}")
    grid.add_row("calls in flight", bar(flying, limit, color="yellow"), f"{flying}/{limit}")
    most = max(outcomes.values(), default=1)
    for outcome, count in outcomes.most_common():
        grid.add_row(f"[dim]{outcome}[/]", bar(count, most, color="blue"), str(count))
    return Group(grid)


def summary_table(summary: Mapping[str, Any]) -> Table:
    """The figures of a demo."""
    table = Table("what", "how many", title="The demo, audited against the carrier's journal")
    for name, value in summary.items():
        if isinstance(value, Mapping):
            for key, count in value.items():
                table.add_row(f"  {key}", str(count))
        else:
            table.add_row(name.replace("_", " "), str(value))
    return table
