"""Errors in the words of this dialect: its fields, its names of things."""

import re
from collections.abc import Callable, Mapping
from typing import ParamSpec, TypeVar

from chalicelibs.domain.errors import CarillonError, Invalid, NotAllowed, NotFound

Args = ParamSpec("Args")
Result = TypeVar("Result")

#: What our fields are called.
FIELDS: Mapping[str, str] = {
    "agent": "assistant_id",
    "agent_id": "assistant_id",
    "caller_id": "phone_number",
    "campaign": "campaign_id",
    "context": "variables",
    "end": "schedule_end_time",
    "from": "phone_number",
    "intervals": "retry_intervals_ms",
    "phone": "phone_number",
    "prompt": "system_message_template",
    "start": "schedule_start_time",
}

#: What our things are called.
THINGS: Mapping[str, str] = {
    "agent": "assistant",
    "context": "variables",
    "task": "lead",
    "tasks": "leads",
}

_THING = re.compile(rf"\b({'|'.join(THINGS)})\b")


def reworded(error: CarillonError) -> CarillonError:
    """The same error, told in the words of this dialect."""
    error.args = (_THING.sub(lambda match: THINGS[match[1]], str(error)),)
    if isinstance(error, NotFound):
        error.kind = THINGS.get(error.kind, error.kind)
    if isinstance(error, NotFound | Invalid | NotAllowed) and error.param is not None:
        error.param = FIELDS.get(error.param, error.param)
    return error


def told(use_case: Callable[Args, Result], *args: Args.args, **kwargs: Args.kwargs) -> Result:
    """What a use case gives; what it refuses, in the words of this dialect."""
    try:
        return use_case(*args, **kwargs)
    except CarillonError as error:
        reworded(error)
        raise
