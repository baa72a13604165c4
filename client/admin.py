"""`carillon admin …`: what the operator of a deployment does, with the operator's key."""

from typing import Annotated, Any

import typer
from rich.text import Text

from client import screen
from client.api import Api
from client.options import AsJson
from client.surroundings import api_of

commands = typer.Typer(no_args_is_help=True, help="For the operator, with the operator's key.")

#: Requests that send letters back; each moves a hundred of every queue that is named.
MOST_ROUNDS = 100


@commands.callback()
def admin() -> None:
    """Keep the group a group, though it has but one command."""


@commands.command("dead-letters")
def dead_letters(
    context: typer.Context,
    queue: Annotated[
        str | None,
        typer.Option("--redrive", metavar="QUEUE", help="Send back this queue's letters."),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Send back the letters of all.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the messages that could not be processed and why, or send them back.

    Example: carillon admin dead-letters --redrive calls
    """
    api = api_of(context)
    if queue is not None and every:
        raise typer.BadParameter("say one of them", param_hint="--redrive or --all")
    if queue is None and not every:
        show(api.get("/admin/dead-letters"), as_json=as_json)
        return
    moved = redrive(api, queue)
    if as_json:
        screen.show_json(moved)
        return
    for name, count in moved.items():
        screen.show(Text(f"{name}: {count} sent back"))


def redrive(api: Api, queue: str | None) -> dict[str, int]:
    """Send letters back until none is left that can go; how many went, by queue."""
    moved: dict[str, int] = {}
    for _ in range(MOST_ROUNDS):
        done = api.post("/admin/dead-letters/redrive", {"queue": queue})["queues"]
        for one in done:
            moved[one["queue"]] = moved.get(one["queue"], 0) + one["moved"]
        if not any(one["has_more"] for one in done):
            break
    return moved


def show(answer: Any, *, as_json: bool) -> None:
    """Dead letters, a line each, after a line for their queue."""
    if as_json:
        screen.show_json(answer)
        return
    for queue in answer["queues"]:
        screen.show(Text(f"{queue['queue']}: {queue['count']}", style="bold"))
        if queue["letters"]:
            screen.show(letters_table(queue["letters"]))


def letters_table(letters: Any) -> Any:
    """Letters in rows, with why they are dead."""
    return screen.table(
        letters,
        message=lambda one: one["message_id"],
        sent=lambda one: one["sent_at"],
        about=lambda one: " ".join(filter(None, (one["kind"], *one["ids"].values()))) or None,
        reason=lambda one: reason_of(one["reason"]),
    )


def reason_of(reason: Any) -> str:
    """Why a letter is dead, in a line."""
    if reason is None:
        return "unknown: the function ended without a word"
    times = f"in {reason['function']}, {reason['receives']} times"
    return f"{reason['error']}: {reason['message']} ({times})"
