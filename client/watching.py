"""`carillon watch`: a campaign as it runs."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from client import screen
from client.api import NATIVE, path_of
from client.options import AsJson, CampaignId
from client.surroundings import Surroundings, around

#: Between two looks, in seconds.
EVERY = 1.0

FINAL = {"completed", "archived"}


def watch(
    context: typer.Context,
    campaign_id: CampaignId,
    once: Annotated[bool, typer.Option("--once", help="Show it once and end.")] = False,
    as_json: AsJson = False,
) -> None:
    """Watch a campaign until it is finished, or until Ctrl-C; --json looks once.

    Example: carillon watch CAMPAIGN
    """
    looks = look_at(around(context), campaign_id)
    if as_json:
        screen.show_json(next(looks))
        return
    if once:
        screen.show(screen.campaign_frame(next(looks)))
        return
    try:
        with screen.live() as show:
            for campaign in looks:
                show(screen.campaign_frame(campaign))
    except KeyboardInterrupt:
        return


def look_at(world: Surroundings, campaign_id: str) -> Iterator[Mapping[str, Any]]:
    """A campaign as it stands, again and again, until nothing more will happen."""
    api = world.api()
    while True:
        campaign = api.get(path_of("campaigns", campaign_id), **NATIVE)
        yield campaign
        if campaign["status"] in FINAL and not campaign["progress"]["running"]:
            return
        world.sleep(EVERY)
