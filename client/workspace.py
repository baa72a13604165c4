"""`carillon agents`, `carillon numbers`, `carillon limits`: what campaigns work with."""

from typing import Annotated

import typer

from client import screen
from client.options import AsJson
from client.surroundings import api_of


def agents(context: typer.Context, as_json: AsJson = False) -> None:
    """List the agents: who speaks.

    Example: carillon agents
    """
    answer = api_of(context).get("/agents")
    if as_json:
        screen.show_json(answer)
        return
    shown = screen.table(
        answer["agents"],
        id=lambda one: one["id"],
        name=lambda one: one["name"],
        carrier=lambda one: one["carrier"],
        active=lambda one: one["is_active"],
        needs=lambda one: ", ".join(one["variables"]) or None,
        outcomes=lambda one: ", ".join(one["custom_outcomes"]) or None,
    )
    screen.show(shown)


def numbers(context: typer.Context, as_json: AsJson = False) -> None:
    """List the numbers to call from.

    Example: carillon numbers
    """
    answer = api_of(context).get("/numbers")
    if as_json:
        screen.show_json(answer)
        return
    columns = {"phone": lambda one: one["phone"], "carrier": lambda one: one["carrier"]}
    screen.show(screen.table(answer["numbers"], **columns))


def limits(
    context: typer.Context,
    concurrency: Annotated[
        int | None, typer.Option("--concurrency", min=1, help="Calls in flight at once.")
    ] = None,
    calls_per_second: Annotated[
        int | None,
        typer.Option("--calls-per-second", min=0, help="Calls that start; 0 for no limit."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show the limits of the workspace, or change those that are named.

    Example: carillon limits --concurrency 20
    """
    api = api_of(context)
    workspace = api.get("/workspace")
    if concurrency is not None or calls_per_second is not None:
        limits = {name: workspace[name] for name in ("concurrency_limit", "calls_per_second")}
        if concurrency is not None:
            limits["concurrency_limit"] = concurrency
        if calls_per_second is not None:
            limits["calls_per_second"] = calls_per_second or None
        workspace = api.put("/workspace/limits", limits)
    if as_json:
        screen.show_json(workspace)
        return
    rate = workspace["calls_per_second"]
    facts = {"workspace": workspace["name"], "concurrency": workspace["concurrency_limit"]}
    screen.show(screen.details({**facts, "calls per second": rate or "no limit"}))
