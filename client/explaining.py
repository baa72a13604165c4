"""`carillon explain`: why a campaign or a task is or is not calling now."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.table import Table

from client import screen, words
from client.api import path_of
from client.options import AsJson
from client.surroundings import api_of

Json = Mapping[str, Any]


def explain(
    context: typer.Context,
    some_id: Annotated[
        str, typer.Argument(metavar="ID", help="The id of a campaign, or of a task.")
    ],
    as_json: AsJson = False,
) -> None:
    """Say gate by gate why it is or is not calling now, and when it can next.

    Example: carillon explain CAMPAIGN
    """
    kind = "tasks" if "-" in some_id else "campaigns"  # a task's id begins with its campaign's
    told = api_of(context).get(path_of(kind, some_id, "explain"))
    if as_json:
        screen.show_json(told)
        return
    screen.show(screen.details(facts_of(told)), "", gates_table(told["gates"]))
    for name, rows in (("lanes", lanes_table), ("ahead", others_table)):
        if told.get(name):
            screen.show("", rows(told[name]))


def facts_of(told: Json) -> dict[str, object]:
    """What it comes to."""
    return {
        "id": told.get("task_id", told["campaign_id"]),
        "status": told.get("status", told.get("state")),
        "asked at": words.instant(told["asked_at"]),
        "calls now": "yes" if told["is_callable"] else "no",
        "next call at": words.instant(told["next_at"]),
    }


def gates_table(gates: list[Any]) -> Table:
    """Gates in rows."""
    return screen.table(
        gates,
        gate=lambda one: one["gate"],
        is_=lambda one: "open" if one["is_open"] else "shut",
        because=lambda one: one["reason"] or "",
        opens=lambda one: at(one["opens_at"]),
        closes=lambda one: at(one["closes_at"]),
        detail=detail_of,
    )


def lanes_table(lanes: list[Any]) -> Table:
    """Lanes in rows, with what keeps the first task of each."""
    return screen.table(
        lanes,
        first_task=lambda one: one["task_id"],
        lane=lane_of,
        next_=lambda one: at(one["next_at"]),
        waits_for=lambda one: ", ".join(gate["reason"] for gate in one["shut"]),
        hours=lambda one: hours_of(one["calling_hours"]),
    )


def others_table(others: list[Any]) -> Table:
    """Who goes first."""
    return screen.table(
        others,
        goes_first=lambda one: one["campaign_id"],
        lane=lane_of,
        tasks=lambda one: one["tasks"],
    )


def lane_of(one: Json) -> str:
    """What is urgent about a lane."""
    return f"{'callbacks' if one['is_callback'] else 'attempts'}, priority {one['priority']}"


def detail_of(gate: Json) -> str:
    """What there is to know of a gate besides."""
    hours = hours_of(gate["calling_hours"])
    parts = [use_of(gate["used"], gate["limit"]), hours, gate["note"] or ""]
    return ", ".join(part for part in parts if part)


def use_of(used: int | None, limit: int | None) -> str:
    """How much of a limit is in use."""
    if limit is None:
        return ""
    return f"at most {limit}" if used is None else f"{used} of {limit}"


def hours_of(hours: Json | None) -> str:
    """Calling hours as one writes them."""
    if hours is None:
        return ""
    days = "" if hours["is_every_day"] else f" {','.join(hours['days'])}"
    return f"{hours['start']}-{hours['end']}{days} {hours['timezone']}"


def at(instant: str | None) -> str:
    """An instant, or nothing."""
    return "" if instant is None else words.instant(instant)
