"""In whose words a request is meant and an answer is shown.

Under `/api/v1` everything is HMS Sovereign's. Elsewhere a body says it by the fields that only one
of the two has, and a campaign is shown in the words in which it was made.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, ParamSpec, TypeVar

from pydantic import Field
from pydantic_core import from_json

from chalicelibs.api import campaign_settings as native
from chalicelibs.api import campaigns, sovereign
from chalicelibs.api.bodies import View, snake
from chalicelibs.api.campaigns import CampaignView, CreatedCampaignView
from chalicelibs.api.http import Request
from chalicelibs.api.relaxed import json_of
from chalicelibs.api.sovereign.campaigns import SovereignCampaignsView, SovereignCampaignView
from chalicelibs.api.sovereign.settings import NUMBERS, ONLY_HERE, SovereignChanges
from chalicelibs.domain.agent import Agent, Number
from chalicelibs.domain.campaign import Campaign, Dialect
from chalicelibs.domain.errors import CarillonError, Invalid
from chalicelibs.ports.pages import Page
from chalicelibs.use_cases.manage_campaigns import CampaignReading

Args = ParamSpec("Args")
Result = TypeVar("Result")

#: What makes of a campaign another, and what stores that.
Change = Callable[[Campaign], Campaign]
Update = Callable[[str, str, Change], CampaignReading]

#: Where everything is HMS Sovereign's.
PREFIX = "/api/v1/"

#: The methods that may ask for other words than those in which a campaign was made.
SHOWING = frozenset({"GET", "PATCH"})

#: The fields by which a change is known to be in our own words.
ONLY_NATIVE = native.CampaignChanges.model_fields.keys() - SovereignChanges.model_fields.keys()


class CampaignsView(View):
    """A page of campaigns, newest first, each in the words in which it was made."""

    campaigns: list[CampaignView | SovereignCampaignView]
    next_cursor: str | None = Field(description="Where the next page begins; null: at the end.")


def new(asked: Request, campaign_id: str, now: datetime) -> Campaign:
    """The campaign that a body wants."""
    own = {"workspace_id": asked.principal, "campaign_id": campaign_id}
    if read_in(asked, Dialect.NATIVE) is Dialect.SOVEREIGN:
        make = sovereign.settings.new
        return told(asked, Dialect.SOVEREIGN, make, asked.body, **own, now=now)
    return native.new(asked.body, **own, now=now)


def edited(
    asked: Request, known: CampaignReading, update: Update, now: datetime
) -> CampaignReading:
    """A campaign after the change that a body wants of it."""
    shown_in(asked, known.campaign)  # so that nothing changes if it cannot be shown
    campaign, change = known.campaign, change_in(asked, known, now)
    own = (campaign.workspace_id, campaign.campaign_id)
    return told(asked, campaign.dialect, update, *own, change)


def change_in(asked: Request, known: CampaignReading, now: datetime) -> Change:
    """What makes of a campaign the one that a body wants."""
    if_match = asked.headers.get("if-match")
    if read_in(asked, known.campaign.dialect) is Dialect.NATIVE:
        return native.change(asked.body, if_match, now)
    edit = sovereign.settings.Edit(asked.body, if_match, now)
    return sovereign.settings.change(edit, known.status)


def told(
    asked: Request,
    usual: Dialect,
    use_case: Callable[Args, Result],
    *args: Args.args,
    **kwargs: Args.kwargs,
) -> Result:
    """What a use case gives; what it refuses, in the words of the request.

    Args:
        asked: the request.
        usual: whose words they are where its fields do not say it.
        use_case: what to do.
        *args: what it takes.
        **kwargs: what it takes by name.
    """
    try:
        return use_case(*args, **kwargs)
    except CarillonError as error:
        if read_in(asked, usual) is Dialect.SOVEREIGN:
            reworded(error, fields_of(asked))
        raise


def reworded(error: CarillonError, fields: frozenset[str]) -> None:
    """Tell an error in the words of HMS Sovereign; a field that was sent, as it was sent."""
    param = getattr(error, "param", None)
    sovereign.words.reworded(error)
    if isinstance(error, Invalid):
        spelled = [name for name in NUMBERS if name in fields and param == "caller_id"]
        error.param = param if param in fields else next(iter(spelled), error.param)


def read_in(asked: Request, usual: Dialect) -> Dialect:
    """In whose words a body is.

    Args:
        asked: the request with the body.
        usual: whose words they are where the fields do not say it.
    """
    fields = fields_of(asked)
    if asked.path.startswith(PREFIX) or fields & ONLY_HERE:
        return Dialect.SOVEREIGN
    return Dialect.NATIVE if fields & ONLY_NATIVE else usual


def fields_of(asked: Request) -> frozenset[str]:
    """The fields of a body, as the documentation spells them; none of what is no object."""
    try:
        body: Any = from_json(json_of(asked.body))
    except ValueError:
        return frozenset()
    return frozenset(map(snake, body)) if isinstance(body, dict) else frozenset()


def shown_in(asked: Request, campaign: Campaign) -> Dialect:
    """In whose words a campaign is shown.

    Raises:
        Invalid: when words are asked for that nobody speaks here.
    """
    if asked.path.startswith(PREFIX):
        return Dialect.SOVEREIGN
    return asked_for(asked) or campaign.dialect


def asked_for(asked: Request) -> Dialect | None:
    """The words that a query asks for; None: those in which the campaign was made.

    Raises:
        Invalid: when nobody speaks them here.
    """
    wanted = asked.query.get("dialect") if asked.method in SHOWING else None
    if wanted is not None and wanted not in set(Dialect):
        raise Invalid(f"must be one of {', '.join(Dialect)}", "dialect")
    return None if wanted is None else Dialect(wanted)


def view(asked: Request, reading: CampaignReading) -> CampaignView | SovereignCampaignView:
    """A campaign."""
    if shown_in(asked, reading.campaign) is Dialect.SOVEREIGN:
        return sovereign.campaigns.view(reading)
    return campaigns.view(reading)


def created(
    asked: Request, reading: CampaignReading, lent: tuple[Agent | None, Number | None]
) -> CreatedCampaignView | SovereignCampaignView:
    """A campaign that was just made."""
    if shown_in(asked, reading.campaign) is Dialect.SOVEREIGN:
        return sovereign.campaigns.view(reading)
    return campaigns.created(reading, lent)


def page_view(
    asked: Request, page: Page[CampaignReading]
) -> CampaignsView | SovereignCampaignsView:
    """A page of campaigns."""
    if asked.path.startswith(PREFIX):
        return sovereign.campaigns.page_view(page)
    asked_for(asked)  # refused even where there is nothing to show
    shown = [view(asked, reading) for reading in page.items]
    return CampaignsView(campaigns=shown, next_cursor=page.cursor)
