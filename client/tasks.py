"""`carillon tasks` and `carillon task …`: who is called, and how that stands."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.table import Table

from client import screen, words
from client.api import path_of
from client.calls import calls_table
from client.options import All, AsJson, CampaignId, Limit, Outcome, TaskId, read
from client.surroundings import api_of, around

commands = typer.Typer(no_args_is_help=True, help="Look at one task, steer it, push a new one.")


def list_(
    context: typer.Context,
    campaign_id: CampaignId,
    status: Annotated[
        str | None, typer.Option("--status", metavar="STATUS", help="Like queued or running.")
    ] = None,
    outcome: Outcome = None,
    phone: Annotated[
        str | None, typer.Option("--phone", metavar="+34…", help="Only this number.")
    ] = None,
    attempts: Annotated[
        int | None, typer.Option("--attempts", min=0, help="Called so often.")
    ] = None,
    external_id: Annotated[
        str | None, typer.Option("--external-id", help="What you call the contact.")
    ] = None,
    limit: Limit = 50,
    every: All = False,
    as_json: AsJson = False,
) -> None:
    """List the tasks of a campaign.

    Example: carillon tasks CAMPAIGN --status queued --attempts 2
    """
    asked = {"status": status, "outcome": outcome, "phone": phone, "attempts": attempts}
    asked["external_id"] = external_id
    path = path_of("campaigns", campaign_id, "tasks")
    page = api_of(context).first(None if every else limit, path, "tasks", **asked)
    if as_json:
        screen.show_json(page)
        return
    screen.show(tasks_table(page["tasks"]))
    screen.show_more(page)


@commands.command()
def show(context: typer.Context, task_id: TaskId, as_json: AsJson = False) -> None:
    """Show a task and its calls.

    Example: carillon task show ID
    """
    api = api_of(context)
    task = api.get(path_of("tasks", task_id))
    calls = api.get(path_of("tasks", task_id, "calls"))
    if as_json:
        screen.show_json({**task, **calls})
        return
    screen.show(screen.details(facts_of(task)))
    if calls["calls"]:
        screen.show("", calls_table(calls["calls"]))


@commands.command()
def push(
    context: typer.Context,
    campaign_id: CampaignId,
    phone: Annotated[str, typer.Argument(metavar="PHONE", help="Like +34600000001.")],
    pairs: Annotated[
        list[str] | None,
        typer.Option("--context", metavar="name=Eva", help="A word for the prompt."),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option("--idempotency-key", help="The same again: to repeat a push safely."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Push a task: call this number for this campaign.

    Example: carillon task push CAMPAIGN +34600000001 --context name=Eva
    """
    filled = dict(read(words.read_pair, pair, "--context") for pair in pairs or [])
    body = {"campaign": campaign_id, "phone": phone, "context": filled}
    world = around(context)
    made = world.api().post("/tasks", body, idempotency_key=key or world.new_key())
    if as_json:
        screen.show_json(made)
        return
    screen.show(screen.details(made_facts(made["task"])))


@commands.command()
def pause(context: typer.Context, task_id: TaskId) -> None:
    """Pause a task: it is not called until it is resumed.

    Example: carillon task pause ID
    """
    steer(context, task_id, "pause")


@commands.command()
def resume(context: typer.Context, task_id: TaskId) -> None:
    """Resume a paused task.

    Example: carillon task resume ID
    """
    steer(context, task_id, "resume")


@commands.command()
def archive(context: typer.Context, task_id: TaskId) -> None:
    """End a task for good; a call in flight finishes.

    Example: carillon task archive ID
    """
    steer(context, task_id, "archive")


def steer(context: typer.Context, task_id: str, action: str) -> None:
    """Do one of the things that need no more than a word."""
    task = api_of(context).post(path_of("tasks", task_id, action))
    screen.show(screen.details({task["id"]: task["status"]}))


def tasks_table(tasks: list[Any]) -> Table:
    """Tasks in rows."""
    return screen.table(
        tasks,
        id=lambda one: one["id"],
        phone=lambda one: one["phone"],
        status=lambda one: one["status"],
        outcome=lambda one: one["outcome"],
        attempts=lambda one: one["attempts"],
        next_attempt=lambda one: words.instant(one["next_attempt_at"]),
    )


def made_facts(task: Mapping[str, Any]) -> dict[str, object]:
    """A task that was just made."""
    return {
        "id": task["id"],
        "phone": task["phone"],
        "status": task["status"],
        "next attempt": words.instant(task["next_attempt_at"]),
    }


def facts_of(task: Mapping[str, Any]) -> dict[str, object]:
    """A task line by line: what is known of it, then what it waits for, its words, its rules."""
    facts = {
        **made_facts(task),
        "waits for": task.get("waiting_for"),
        "attempts": task["attempts"],
        "outcome": task["outcome"],
        "reason": task["reason"],
        "external id": task.get("external_id"),
        "created": words.instant(task["created_at"]),
    }
    facts |= {f"context {name}": value for name, value in task["context"].items()}
    for part in ("submitted", "effective"):
        facts |= rules_facts(part, task.get(part))
    return facts | ({"prompt": task["prompt"]} if task.get("prompt") else {})


def rules_facts(part: str, rules: Mapping[str, Any] | None) -> dict[str, object]:
    """What a part of a task says, without what it leaves out."""
    said = {} if rules is None else rules
    return {
        f"{part} {name}": shown(value) for name, value in said.items() if value not in (None, [])
    }


def shown(value: object) -> object:
    """A value as one writes it: lists by commas, maps by name."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {shown(one)}" for name, one in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else value
