"""All commands, and how they end: every error is one line."""

from typing import Any

import typer
from typer.core import TyperGroup

from client import (
    admin,
    calls,
    campaigns,
    explaining,
    exports,
    imports,
    screen,
    tasks,
    watching,
    workspace,
)
from client.api import Refused
from client.imports import NotBegun
from client.surroundings import Surroundings, Unset
from client.transport import Unreachable


class Commands(TyperGroup):
    """Commands that show an expected error as one line and end with its exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except (Refused, Unreachable, NotBegun) as error:
            screen.show_error(str(error))
            raise typer.Exit(1) from None
        except Unset as error:
            screen.show_error(str(error))
            raise typer.Exit(2) from None


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def carillon(context: typer.Context) -> None:
    """Calling campaigns from the command line. CARILLON_URL and CARILLON_API_KEY say whose."""
    context.obj = context.obj or Surroundings()


app.add_typer(campaigns.commands, name="campaign")
app.command("import")(imports.import_)
app.command()(exports.export)
app.command()(watching.watch)
app.command()(explaining.explain)
app.command("tasks")(tasks.list_)
app.add_typer(tasks.commands, name="task")
app.command("calls")(calls.list_)
app.add_typer(calls.commands, name="call")
app.command()(workspace.agents)
app.command()(workspace.numbers)
app.command()(workspace.limits)
app.add_typer(admin.commands, name="admin")
