"""Whether an answer is one that the API's description allows."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from chalice.local import RouteMatcher
from jsonschema import Draft202012Validator

from chalicelibs.api.openapi import document

Json = Mapping[str, Any]

DOCUMENT = json.loads(json.dumps(document()))
PATHS: Json = DOCUMENT["paths"]
MATCHER = RouteMatcher(list(PATHS))

#: What the gateway answers where there is no route.
NOWHERE: Json = {"404": {"$ref": "#/components/responses/NotFound"}}


def check(method: str, path: str, status: int, body: object) -> None:
    """Fail when the description does not let this be answered there."""
    template = template_of(path)
    validator = validator_of(method.lower(), template, str(status))
    wrong = next(iter(validator.iter_errors(body)), None)
    assert wrong is None, f"{method} {template} {status}: {wrong}"


def template_of(path: str) -> str:
    """The path as it stands in the description; one that does not is nowhere."""
    try:
        return str(MATCHER.match_route(path).route)
    except ValueError:
        return ""


@cache
def validator_of(method: str, template: str, status: str) -> Draft202012Validator:
    """What judges the bodies of these answers."""
    operation = PATHS.get(template, {}).get(method)
    responses = NOWHERE if operation is None else operation["responses"]
    assert status in responses, f"{method.upper()} {template}: status {status} is not described"
    schema = resolved(responses[status])["content"]["application/json"]["schema"]
    return validator(schema)


def validator(schema: Json) -> Draft202012Validator:
    """What judges values by a schema that refers to others."""
    whole = {**schema, "components": {"schemas": DOCUMENT["components"]["schemas"]}}
    return Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)


def resolved(part: Json) -> Json:
    """A part of the description, or what it refers to."""
    if "$ref" not in part:
        return part
    found: Any = DOCUMENT
    for step in part["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return dict(found)
