"""`carillon campaign …`: create campaigns, change them, steer them, look at them."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.table import Table

from client import screen, words
from client.api import NATIVE, path_of
from client.options import All, AsJson, CampaignId, Limit, read
from client.surroundings import api_of

commands = typer.Typer(no_args_is_help=True, help="Create campaigns, change them, steer them.")


class Kind(StrEnum):
    """What a campaign calls: a list, or whoever is pushed."""

    BATCH = "batch"
    REALTIME = "realtime"


class Priority(StrEnum):
    """Who goes first."""

    LOWEST = "lowest"
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    HIGHEST = "highest"


#: The fields that an option names as they are.
PLAIN = (
    *("name", "agent_id", "caller_id", "priority", "timezone", "start_at", "end_at"),
    *("max_attempts", "retry_outcomes", "concurrency_limit", "draft"),
)

AgentId = Annotated[
    str | None, typer.Option("--agent", metavar="ID", help="Who speaks: `carillon agents`.")
]
CallerId = Annotated[
    str | None, typer.Option("--from", metavar="+34…", help="Number shown: `carillon numbers`.")
]
KindOption = Annotated[Kind | None, typer.Option("--type", help="A list, or pushed tasks.")]
PriorityOption = Annotated[Priority | None, typer.Option("--priority", help="Who goes first.")]
Zone = Annotated[
    str | None, typer.Option("--timezone", metavar="ZONE", help="IANA, like Europe/Madrid.")
]
Hours = Annotated[
    str | None, typer.Option("--hours", metavar="10:00-20:00", help="When calls may start.")
]
Days = Annotated[
    str | None, typer.Option("--days", metavar="mon,tue", help="On which days; or mon-fri.")
]
Start = Annotated[
    str | None, typer.Option("--start", metavar="INSTANT", help="Like 2027-03-05T10:00+01:00.")
]
End = Annotated[
    str | None, typer.Option("--end", metavar="INSTANT", help="No call starts after it.")
]
Attempts = Annotated[
    int | None, typer.Option("--attempts", help="Calls per contact, the first included.")
]
Intervals = Annotated[
    list[str] | None,
    typer.Option(
        "--interval", metavar="30m", help="Pause between attempts: one for all, or each."
    ),
]
RetryOn = Annotated[
    list[str] | None,
    typer.Option("--retry-on", metavar="OUTCOME", help="One more outcome that is tried again."),
]
Concurrency = Annotated[int | None, typer.Option("--concurrency", help="Calls in flight at once.")]
Draft = Annotated[
    bool | None, typer.Option("--draft/--start-now", help="A batch begins as a draft by default.")
]


@commands.command()
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="What you call it.")],
    agent_id: AgentId = None,
    caller_id: CallerId = None,
    kind: KindOption = None,
    priority: PriorityOption = None,
    timezone: Zone = None,
    hours: Hours = None,
    days: Days = None,
    start_at: Start = None,
    end_at: End = None,
    max_attempts: Attempts = None,
    intervals: Intervals = None,
    retry_outcomes: RetryOn = None,
    concurrency_limit: Concurrency = None,
    draft: Draft = None,
    as_json: AsJson = False,
) -> None:
    """Create a campaign.

    Example: carillon campaign create Renewals --agent ID --from +34910000000
    --timezone Europe/Madrid --hours 10:00-20:00 --days mon-fri --attempts 3 --interval 30m
    """
    body = body_of(locals(), {})
    show_one(api_of(context).post("/campaigns", body), as_json=as_json)


@commands.command()
def update(
    context: typer.Context,
    campaign_id: CampaignId,
    name: Annotated[str | None, typer.Option("--name", help="What you call it.")] = None,
    agent_id: AgentId = None,
    caller_id: CallerId = None,
    kind: KindOption = None,
    priority: PriorityOption = None,
    timezone: Zone = None,
    hours: Hours = None,
    days: Days = None,
    start_at: Start = None,
    end_at: End = None,
    max_attempts: Attempts = None,
    intervals: Intervals = None,
    retry_outcomes: RetryOn = None,
    concurrency_limit: Concurrency = None,
    draft: Draft = None,
) -> None:
    """Change what is named here and nothing else, unless somebody else changes it meanwhile.

    Example: carillon campaign update ID --hours 09:00-18:00 --priority high
    """
    options = dict(locals())
    api, path = api_of(context), path_of("campaigns", campaign_id)
    was, etag = api.get_tagged(path, **NATIVE)
    changes = body_of(options, was)
    if not changes:
        raise typer.BadParameter("name what should change, like --hours 09:00-18:00")
    show_one(api.patch(path, changes, etag=etag, **NATIVE))


@commands.command("list")
def list_(
    context: typer.Context, limit: Limit = 50, every: All = False, as_json: AsJson = False
) -> None:
    """List campaigns, newest first.

    Example: carillon campaign list --limit 10
    """
    page = api_of(context).first(None if every else limit, "/campaigns", "campaigns", **NATIVE)
    if as_json:
        screen.show_json(page)
        return
    screen.show(campaigns_table(page["campaigns"]))
    screen.show_more(page)


@commands.command()
def show(context: typer.Context, campaign_id: CampaignId, as_json: AsJson = False) -> None:
    """Show a campaign: its rules and how far it is.

    Example: carillon campaign show ID
    """
    show_one(api_of(context).get(path_of("campaigns", campaign_id), **NATIVE), as_json=as_json)


@commands.command()
def start(context: typer.Context, campaign_id: CampaignId) -> None:
    """Start a draft.

    Example: carillon campaign start ID
    """
    steer(context, campaign_id, "start")


@commands.command()
def pause(context: typer.Context, campaign_id: CampaignId) -> None:
    """Pause a campaign: no call of it starts any more.

    Example: carillon campaign pause ID
    """
    steer(context, campaign_id, "pause")


@commands.command()
def resume(context: typer.Context, campaign_id: CampaignId) -> None:
    """Resume a paused campaign.

    Example: carillon campaign resume ID
    """
    steer(context, campaign_id, "resume")


@commands.command()
def archive(
    context: typer.Context,
    campaign_id: CampaignId,
    is_sure: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """End a campaign for good; calls in flight finish.

    Example: carillon campaign archive ID --yes
    """
    if not is_sure:
        campaign = api_of(context).get(path_of("campaigns", campaign_id), **NATIVE)
        name = words.plain(campaign["name"])
        typer.confirm(f"End {name!r} for good? Its open tasks will not be called", abort=True)
    steer(context, campaign_id, "archive")


def steer(context: typer.Context, campaign_id: str, action: str) -> None:
    """Do one of the things that need no more than a word."""
    campaign = api_of(context).post(path_of("campaigns", campaign_id, action))
    screen.show(screen.details({words.plain(campaign["name"]): campaign["status"]}))


def body_of(options: Mapping[str, Any], was: Mapping[str, Any]) -> dict[str, Any]:
    """What the options of a command say of a campaign that was so; the rest is not sent.

    An option that may be repeated is an empty list where it was not named.
    """
    attempts = options["max_attempts"] or was.get("max_attempts")
    rules = {
        "calling_hours": calling_hours(
            options["hours"], options["days"], was.get("calling_hours") or {}
        ),
        "retry_intervals_ms": retry_intervals(options["intervals"], attempts),
    }
    said = {name: options[name] for name in PLAIN} | {"type": options["kind"]} | rules
    return {name: value for name, value in said.items() if value is not None and value != []}


def calling_hours(
    hours: str | None, days: str | None, was: Mapping[str, Any]
) -> dict[str, Any] | None:
    """The hours that are asked for; what is not named stays as it was."""
    if hours is None and days is None:
        return None
    if hours is None and not was:
        raise typer.BadParameter("days need hours: say --hours 10:00-20:00, too")
    kept = {name: was[name] for name in ("start", "end", "days") if name in was}
    if hours is not None:
        kept["start"], kept["end"] = read(words.read_hours, hours, "--hours")
    if days is not None:
        kept["days"] = read(words.read_days, days, "--days")
    return kept


def retry_intervals(intervals: list[str] | None, attempts: int | None) -> list[int]:
    """The pauses that are asked for; one counts for all."""
    read_ = [read(words.read_pause, interval, "--interval") for interval in intervals or []]
    return read_ * (attempts - 1) if len(read_) == 1 and attempts else read_


def campaigns_table(campaigns: list[Any]) -> Table:
    """Campaigns in rows."""
    return screen.table(
        campaigns,
        id=lambda one: one["id"],
        name=lambda one: one["name"],
        type=lambda one: one["type"],
        status=lambda one: one["status"],
        priority=lambda one: one["priority"],
        done=lambda one: f"{screen.done(one['progress'])}/{one['progress']['total']}",
        in_flight=lambda one: one["progress"]["running"],
        created=lambda one: words.instant(one["created_at"]),
    )


def show_one(campaign: Mapping[str, Any], *, as_json: bool = False) -> None:
    """Show a campaign and its rules."""
    if as_json:
        screen.show_json(campaign)
        return
    facts = {"id": campaign["id"], "type": campaign["type"], "priority": campaign["priority"]}
    facts |= {"from": campaign.get("caller_id"), "agent": campaign.get("agent_id")}
    facts |= {"hours": words.hours(campaign.get("calling_hours"))}
    facts |= {
        "start": words.instant(campaign["start_at"]),
        "end": words.instant(campaign["end_at"]),
    }
    facts |= {"attempts": campaign.get("max_attempts"), "pauses": pauses(campaign)}
    facts |= {"retry on": ", ".join(campaign.get("retry_outcomes") or []) or None}
    facts |= {"concurrency": campaign["concurrency_limit"]}
    screen.show(screen.campaign_frame(campaign), screen.details(facts))


def pauses(campaign: Mapping[str, Any]) -> str | None:
    """The pauses between its attempts in one line."""
    return ", ".join(map(words.pause, campaign.get("retry_intervals_ms") or [])) or None
