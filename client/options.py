"""Options and arguments that more than one command takes."""

from collections.abc import Callable
from typing import Annotated, TypeVar

import typer

Value = TypeVar("Value")

AsJson = Annotated[bool, typer.Option("--json", help="Print the API's JSON, for scripts.")]
All = Annotated[bool, typer.Option("--all", help="Everything, however long it is.")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="How many at most.")]
CampaignId = Annotated[str, typer.Argument(metavar="CAMPAIGN", help="The id of a campaign.")]
TaskId = Annotated[str, typer.Argument(metavar="TASK", help="The id of a task.")]
CallId = Annotated[str, typer.Argument(metavar="CALL", help="The id of a call.")]
Outcome = Annotated[
    str | None, typer.Option("--outcome", metavar="OUTCOME", help="Like no_answer or busy.")
]


def read(reader: Callable[[str], Value], text: str, option: str) -> Value:
    """The value of an option.

    Raises:
        BadParameter: naming the option, and what it should look like.
    """
    try:
        return reader(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None
