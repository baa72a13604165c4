"""What each route asks of a key, judged in one place; keys that only read see masked numbers.

A route that does not stand here needs `manage`, so that a forgotten one is closed, not open.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from chalice.app import Request, Response

from chalicelibs.api.errors import Forbidden, answer_to
from chalicelibs.api.http import tell
from chalicelibs.domain.phone import masked
from chalicelibs.domain.scope import Scope

#: The scope that a route asks for.
NEEDED: Mapping[str, Scope] = {
    "GET /agents": Scope.READ,
    "GET /agents/{agent_id}": Scope.READ,
    "GET /api/v1/calls": Scope.READ,
    "GET /api/v1/calls/{call_id}": Scope.READ,
    "GET /api/v1/campaigns": Scope.READ,
    "GET /api/v1/campaigns/{campaign_id}": Scope.READ,
    "GET /api/v1/campaigns/{campaign_id}/leads": Scope.READ,
    "GET /api/v1/campaigns/{campaign_id}/leads/{lead_id}": Scope.READ,
    "GET /calls": Scope.READ,
    "GET /calls/current": Scope.READ,
    "GET /calls/{call_id}": Scope.READ,
    "GET /campaigns": Scope.READ,
    "GET /campaigns/{campaign_id}": Scope.READ,
    "GET /campaigns/{campaign_id}/activity": Scope.READ,
    "GET /campaigns/{campaign_id}/explain": Scope.READ,
    "GET /campaigns/{campaign_id}/exports": Scope.READ,
    "GET /campaigns/{campaign_id}/exports/{export_id}": Scope.READ,
    "GET /campaigns/{campaign_id}/imports": Scope.READ,
    "GET /campaigns/{campaign_id}/leads": Scope.READ,
    "GET /campaigns/{campaign_id}/leads/{lead_id}": Scope.READ,
    "GET /campaigns/{campaign_id}/tasks": Scope.READ,
    "GET /imports/{import_id}": Scope.READ,
    "GET /imports/{import_id}/missing": Scope.READ,
    "GET /imports/{import_id}/preview": Scope.READ,
    "GET /imports/{import_id}/rows": Scope.READ,
    "GET /keys": Scope.READ,
    "GET /numbers": Scope.READ,
    "GET /numbers/{phone}": Scope.READ,
    "GET /tasks/{task_id}": Scope.READ,
    "GET /tasks/{task_id}/calls": Scope.READ,
    "GET /tasks/{task_id}/explain": Scope.READ,
    "GET /workspace": Scope.READ,
    "GET /workspace/carriers": Scope.READ,
    "GET /workspace/carriers/{name}": Scope.READ,
    "POST /api/v1/campaigns/{campaign_id}/leads": Scope.PUSH,
    "POST /campaigns/{campaign_id}/exports": Scope.PUSH,
    "POST /campaigns/{campaign_id}/imports": Scope.PUSH,
    "POST /imports/{import_id}/upload": Scope.PUSH,
    "POST /campaigns/{campaign_id}/leads": Scope.PUSH,
    "POST /tasks": Scope.PUSH,
}

#: What only the operator's key opens, whatever the scope.
OPERATORS = frozenset(
    {"POST /workspaces", "GET /admin/dead-letters", "POST /admin/dead-letters/redrive"}
)

#: What shows no contact: the numbers there are the workspace's own, no secret to its keys.
OWN_NUMBERS = frozenset(
    {
        "GET /api/v1/campaigns",
        "GET /api/v1/campaigns/{campaign_id}",
        "GET /campaigns",
        "GET /campaigns/{campaign_id}",
        "GET /numbers",
        "GET /numbers/{phone}",
        "GET /workspace/carriers",
        "GET /workspace/carriers/{name}",
    }
)

#: What leads to a file with whole numbers, and the field that does.
FILES = frozenset({"GET /campaigns/{campaign_id}/exports/{export_id}"})
DOWNLOAD = "download"

#: Fields that hold the number of a contact, or what somebody wrote in its place.
CONTACTS = frozenset({"phone", "phone_number", "to", "value"})

#: The field that tells what columns of a file are called, by what they mean: `phone` for one.
COLUMNS = "columns"

#: Fields that hold one of the workspace's own numbers.
OWN = frozenset({"from", "caller_id", "number_id"})

#: Fields under which somebody else gives the names: none of them is one of ours there.
OTHERS = frozenset({"analysis", "context", "variables"})

#: A number in E.164, wherever it stands.
NUMBER = re.compile(r"\+[1-9]\d{6,14}(?!\d)")


def needed_for(method: str, path: str) -> Scope:
    """The scope that a route asks for, its path as it was declared."""
    return NEEDED.get(f"{method} {path}", Scope.MANAGE)


def within_scope(asked: Request, answer: Callable[[Request], Response]) -> Response:
    """The answer to a request, unless its key is not for this."""
    holder: Mapping[str, str] = asked.context.get("authorizer") or {}
    if "key_id" not in holder:
        return answer(asked)
    scope, needed = Scope(holder["scope"]), needed_for(asked.method, asked.path)
    if not scope.includes(needed):
        return refused(Forbidden(f"this needs a key with the scope `{needed}`: ask for one"))
    response, route = answer(asked), f"{asked.method} {asked.path}"
    if scope is Scope.READ and route not in OWN_NUMBERS:
        response.body = without_numbers(response.body)
    if scope is Scope.READ and route in FILES and DOWNLOAD in response.body:
        response.body[DOWNLOAD] = None
    return response


def refused(error: Forbidden) -> Response:
    """A refusal, told to the log."""
    tell(error, "within_scope")
    return answer_to(error)


def without_numbers(value: Any, field: str = "", *, is_ours: bool = True) -> Any:
    """An answer whose contacts' numbers are masked, wherever they stand.

    Args:
        value: the answer, or a part of it.
        field: under which it stands.
        is_ours: whether that name is one of ours, and means what it says.
    """
    if isinstance(value, dict):
        are_names, is_ours = is_ours and field == COLUMNS, is_ours and field not in OTHERS
        return {
            name: without_numbers(one, COLUMNS if are_names else name, is_ours=is_ours)
            for name, one in value.items()
        }
    if isinstance(value, list):
        return [without_numbers(one, field, is_ours=is_ours) for one in value]
    if not isinstance(value, str) or (is_ours and field in OWN):
        return value
    if field in CONTACTS:
        return masked(value)
    return NUMBER.sub(lambda number: masked(number[0]), value)
