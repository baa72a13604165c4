"""`carillon calls` and `carillon call …`: what was said, and what came of it."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from client import screen, words
from client.api import path_of
from client.options import All, AsJson, CallId, Limit, Outcome
from client.surroundings import api_of

commands = typer.Typer(no_args_is_help=True, help="Look at one call.")

#: Who speaks, and the colour of it; others are shown as they are named.
SPEAKERS = {"agent": "cyan", "assistant": "cyan", "contact": "green", "user": "green"}


def list_(
    context: typer.Context,
    campaign_id: Annotated[
        str | None, typer.Option("--campaign", metavar="ID", help="Of this campaign.")
    ] = None,
    agent_id: Annotated[
        str | None, typer.Option("--agent", metavar="ID", help="By this agent.")
    ] = None,
    outcome: Outcome = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="INSTANT", help="Like 2027-03-05T10:00Z.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="INSTANT", help="Like 2027-03-05T18:00Z.")
    ] = None,
    limit: Limit = 50,
    every: All = False,
    as_json: AsJson = False,
) -> None:
    """List calls.

    Example: carillon calls --campaign ID --outcome busy --since 2027-03-05T10:00Z
    """
    asked = {"campaign_id": campaign_id, "agent_id": agent_id, "outcome": outcome}
    asked |= {"since": since, "until": until}
    page = api_of(context).first(None if every else limit, "/calls", "calls", **asked)
    if as_json:
        screen.show_json(page)
        return
    screen.show(calls_table(page["calls"]))
    screen.show_more(page)


@commands.command()
def show(context: typer.Context, call_id: CallId, as_json: AsJson = False) -> None:
    """Show a call: what is known of it, what was said, what the analysis found.

    Example: carillon call show ID
    """
    call = api_of(context).get(path_of("calls", call_id))
    if as_json:
        screen.show_json(call)
        return
    screen.show(screen.details(facts_of(call)), *conversation(call.get("transcript")))


def calls_table(calls: list[Any]) -> Table:
    """Calls in rows."""
    return screen.table(
        calls,
        id=lambda one: one["id"],
        attempt=lambda one: one["attempt"],
        to=lambda one: one["to"],
        status=lambda one: one["status"],
        outcome=lambda one: one["outcome"],
        dialed=lambda one: words.instant(one["dialed_at"]),
        lasted=lambda one: words.seconds(one["duration_s"]),
    )


def facts_of(call: Mapping[str, Any]) -> dict[str, object]:
    """A call line by line."""
    facts = {
        name.replace("_", " "): call[name]
        for name in ("id", "attempt", "status", "outcome", "reason", "from", "to", "agent_id")
    }
    facts |= {"carrier": call["carrier"], "carrier's id": call["carrier_call_id"]}
    for name in ("dialed_at", "answered_at", "ended_at", "callback_at"):
        facts[name.removesuffix("_at")] = words.instant(call[name])
    facts |= {"lasted": words.seconds(call["duration_s"]), "cost": call["cost"]}
    facts |= {"recording": call["recording_url"]}
    return facts | {f"analysis {name}": value for name, value in call["analysis"].items()}


def conversation(transcript: object) -> list[Text]:
    """What was said: a text as it is, or turn by turn with who said it."""
    if not transcript:
        return []
    turns = transcript if isinstance(transcript, list) else [transcript]
    return [Text(), *(turn_line(turn) for turn in turns)]


def turn_line(turn: object) -> Text:
    """One turn; carriers name its parts differently."""
    if not isinstance(turn, Mapping):
        return Text(words.plain(turn))
    who = words.plain(first_of(turn, "speaker", "role"))
    said = words.plain(first_of(turn, "text", "content", "message"))
    return Text.assemble((f"{who}: ", f"bold {SPEAKERS.get(who, '')}"), said)


def first_of(turn: Mapping[str, Any], *names: str) -> object:
    """The first of these that is there."""
    return next((turn[name] for name in names if name in turn), None)
