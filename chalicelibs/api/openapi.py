"""The OpenAPI 3.1 description of the API, made from the table of operations and the models.

    python -m chalicelibs.api.openapi

writes it to `openapi.json` beside this file, from where it is served.
"""

import json
import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema
from pydantic_core import core_schema

from chalicelibs.api.bodies import Body
from chalicelibs.api.operations import OPERATIONS
from chalicelibs.api.operations.operation import (
    SCHEMAS,
    Answers,
    Bodies,
    Header,
    Json,
    ListOf,
    Operation,
    Parameter,
    TextBody,
)
from chalicelibs.api.operations.parameters import PATH_PARTS
from chalicelibs.api.pushes import NewTask
from chalicelibs.api.refusals import ErrorView

VERSION = "0.1.0"

FILE = Path(__file__).with_name("openapi.json")

#: How to write it anew.
COMMAND = "python -m chalicelibs.api.openapi"

ABOUT = """Outbound calling campaigns for AI voice agents.

Field names are taken in `snake_case` and `camelCase`, never the same field in both. Unknown fields
are refused. Instants are ISO 8601 with an offset, or milliseconds since 1970, from 1970 to 2200;
answers are in UTC. A body may carry `// comments`, and a comma before a closing bracket. Lists are
paged: `next_cursor` is null at the end."""

TAGS = {
    "Workspace": "The account: its limits.",
    "Carriers": "Whoever dials: accounts with carriers that the workspace brings.",
    "Agents and numbers": "Who speaks, and from which number.",
    "Campaigns": "A purpose, its contacts and its rules.",
    "Tasks and calls": "The intent to reach one contact, and each attempt at it.",
    "HMS Sovereign": "The same in the words of HMS Sovereign: assistants and leads.",
    "Imports": "Files of contacts, and the rows that could not be used.",
    "Exports": "Files of a campaign's tasks, calls or rejected rows.",
    "Operator": "For whoever runs the deployment, with the operator's key.",
    "Console": "What the console's page asks besides all this.",
    "Service": "For carriers, monitors and readers.",
}

ERRORS = {
    400: "It could not be read: `malformed`, `bad_request`.",
    401: "No key was sent: `unauthorized`. A webhook is not its carrier's: `forged`.",
    403: "The key is unknown, or not for this: `forbidden`.",
    404: "There is no such thing in this workspace: `not_found`.",
    409: "Not in this state: `not_allowed`. Changed by somebody else: `edited_meanwhile`. An "
    "`Idempotency-Key` of another request: `idempotency_key_reused`; of one that is still being "
    "answered: `in_progress`.",
    412: "Edited since it was read: `edited_meanwhile`.",
    413: "The body is too large: `too_large`, `request_too_large`.",
    415: "The body says it is what is not taken here: `unsupported_media_type`.",
    422: "A field is wrong: `invalid`, `invalid_phone`, `missing_variables`.",
    429: "Too many requests: `rate_limit_exceeded`, `too_many_requests`; see `Retry-After`.",
    500: "Something went wrong on our side: `internal_error`.",
}

#: The body that is described as the seed writes it, in camelCase.
IN_CAMEL_CASE = frozenset({NewTask})


#: The words for bounds, of pydantic and of JSON Schema.
BOUNDS = {"ge": "minimum", "le": "maximum"}


class Schemas(GenerateJsonSchema):
    """Schemas as short as they can be, that allow both spellings of a body's names."""

    def generate_inner(self, schema: Any) -> Json:
        """Any schema; pydantic names the bounds of a validated number in its own words."""
        described = super().generate_inner(schema)
        for own, meant in BOUNDS.items():
            if own in described:
                described[meant] = described.pop(own)
        return described

    def model_schema(self, schema: core_schema.ModelSchema) -> Json:
        """A model; a body's other spelling is allowed, too."""
        described = super().model_schema(schema)
        if issubclass(schema["cls"], Body):
            also_spelled(described, self._other_spellings(schema["cls"]))
        return described

    def enum_schema(self, schema: core_schema.EnumSchema) -> Json:
        """An enumeration; what it means is told where it is used."""
        described = super().enum_schema(schema)
        described.pop("description", None)
        return described

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> Json:
        """A field that may be left out; null says that by itself."""
        described = super().default_schema(schema)
        if described.get("default", ...) is None:
            del described["default"]
        return described

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - pydantic's
        """A field's title would repeat its name."""
        return False

    def _other_spellings(self, model: type[Body]) -> dict[str, str]:
        pairs = [(name, field.alias or name) for name, field in model.model_fields.items()]
        shown = {alias: name for name, alias in pairs} if self.by_alias else dict(pairs)
        return {name: other for name, other in shown.items() if name != other}


def also_spelled(schema: Json, other_by_name: Mapping[str, str]) -> None:
    """Allow the fields by their other names; never one by both of its names."""
    if not other_by_name:
        return
    properties, required = schema["properties"], set(schema.get("required", []))
    schema["patternProperties"] = {
        f"^{other}$": {key: value for key, value in properties[name].items() if key in KEPT}
        for name, other in other_by_name.items()
    }
    both = [{"required": [name, other]} for name, other in other_by_name.items()]
    schema["not"] = {"anyOf": [*schema.get("not", {}).get("anyOf", ()), *both]}
    needed = sorted(required & other_by_name.keys())
    if needed:
        schema["required"] = sorted(required - other_by_name.keys())
        schema["allOf"] = [
            {"anyOf": [{"required": [name]}, {"required": [other_by_name[name]]}]}
            for name in needed
        ]


#: What a field's other spelling need not repeat is its description and default.
KEPT = frozenset(
    {
        *("$ref", "anyOf", "type", "format", "pattern", "items", "additionalProperties"),
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength"),
        *("maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "enum", "const"),
    }
)


def document(operations: Iterable[Operation] = OPERATIONS) -> Json:
    """The whole description."""
    operations = list(operations)
    paths: dict[str, Json] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = described(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Carillon", "version": VERSION, "description": ABOUT},
        "servers": [{"url": ".", "description": "Where this description was found."}],
        "security": [{"key": []}],
        "tags": [{"name": name, "description": about} for name, about in TAGS.items()],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A workspace's API key; to open workspaces, the operator's.",
                }
            },
            "responses": {name_of(status): refusal(about) for status, about in ERRORS.items()},
            "schemas": schemas(operations),
        },
    }


def described(operation: Operation) -> Json:
    """One operation."""
    parts = re.findall(r"{(\w+)}", operation.path)
    parameters = [*map(path_part, parts), *map(parameter, operation.all_parameters)]
    errors = {
        str(status): {"$ref": f"#/components/responses/{name_of(status)}"}
        for status in sorted(operation.errors)
    }
    return {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        **({"description": operation.about} if operation.about else {}),
        **({} if operation.needs_key else {"security": []}),
        **({"parameters": parameters} if parameters else {}),
        **request_body(operation),
        "responses": {
            **{
                str(status): answer(answers, operation.all_headers)
                for status, answers in operation.answers.items()
            },
            **errors,
        },
    }


def path_part(name: str) -> Json:
    """A parameter that stands in the path."""
    return parameter(
        Parameter(
            name=name,
            description=PATH_PARTS[name],
            schema={"type": "string"},
            place="path",
            is_required=True,
        )
    )


def parameter(one: Parameter) -> Json:
    """A parameter."""
    return {
        "name": one.name,
        "in": one.place,
        "required": one.is_required,
        "description": one.description,
        "schema": one.schema,
    }


def request_body(operation: Operation) -> Json:
    """What is sent; nothing where an operation takes no body."""
    if operation.body is None and not operation.examples:
        return {}
    examples = {name: {"value": value} for name, value in operation.examples.items()}
    content = {
        "application/json": {"schema": body_schema(operation.body), "examples": examples},
        **text_content(operation.text),
    }
    return {"requestBody": {"required": True, "content": content}}


def text_content(body: TextBody | None) -> Json:
    """What may be sent in place of JSON."""
    if body is None:
        return {}
    examples = {name: {"value": value} for name, value in body.examples.items()}
    schema = {"type": "string", "description": body.description}
    return {body.media_type: {"schema": schema, "examples": examples}}


def body_schema(body: Bodies) -> Json:
    """A body's schema; of a carrier's words nothing is said."""
    if body is None:
        return {}
    if isinstance(body, tuple):
        return {"anyOf": [body_schema(one) for one in body]}
    if isinstance(body, ListOf):
        one = ref(body.model)
        return {
            "anyOf": [one, {"type": "array", "items": one, "minItems": 1, "maxItems": body.most}]
        }
    return ref(body)


def answer(answers: Answers, headers: Iterable[Header]) -> Json:
    """What is answered when all goes well."""
    shown = {
        header.name: {"description": header.description, "schema": header.schema}
        for header in headers
    }
    return {
        "description": "Done." if isinstance(answers, str) else summary_of(answers),
        **({"headers": shown} if shown else {}),
        "content": content(answers),
    }


def summary_of(models: Iterable[type[BaseModel]]) -> str:
    """The first sentence of each model."""
    return " Or: ".join((model.__doc__ or "").partition("\n")[0] for model in models)


def content(answers: Answers) -> Json:
    """An answer's media type and schema."""
    if answers == "application/json":
        return {"application/json": {"schema": {"type": "object"}}}
    if isinstance(answers, str):
        return {answers: {"schema": {"type": "string"}}}
    models = [ref(model) for model in answers]
    return {"application/json": {"schema": models[0] if len(models) == 1 else {"anyOf": models}}}


def refusal(about: str) -> Json:
    """What is answered when something was not done."""
    return {
        "description": about,
        "content": {"application/json": {"schema": ref(ErrorView)}},
    }


def name_of(status: int) -> str:
    """`NotFound` of 404."""
    return HTTPStatus(status).phrase.title().replace(" ", "")


def ref(model: type[BaseModel]) -> Json:
    """Where a model is described."""
    return {"$ref": SCHEMAS.format(model=model.__name__)}


def schemas(operations: Iterable[Operation]) -> Json:
    """The schemas of all bodies and answers, by name."""
    operations = list(operations)
    bodies = {model for one in operations for model in body_models(one.body)}
    views = {model for one in operations for model in models_of(one.answers)} | {ErrorView}
    return dict(
        sorted(
            {
                **schemas_of(bodies - IN_CAMEL_CASE, "validation", by_alias=False),
                **schemas_of(bodies & IN_CAMEL_CASE, "validation", by_alias=True),
                **schemas_of(views, "serialization", by_alias=True),
            }.items()
        )
    )


def body_models(body: Bodies) -> set[type[BaseModel]]:
    """The models of a body."""
    variants = body if isinstance(body, tuple) else (body,)
    models = (one.model if isinstance(one, ListOf) else one for one in variants)
    return {model for model in models if model is not None}


def models_of(answers: Mapping[int, Answers]) -> set[type[BaseModel]]:
    """The models that an operation answers with."""
    return {model for one in answers.values() if not isinstance(one, str) for model in one}


def schemas_of(models: Iterable[type[BaseModel]], mode: JsonSchemaMode, *, by_alias: bool) -> Json:
    """The schemas of some models and of all that they hold."""
    wanted = sorted(models, key=lambda model: model.__name__)
    _, found = models_json_schema(
        [(model, mode) for model in wanted],
        by_alias=by_alias,
        ref_template=SCHEMAS,
        schema_generator=Schemas,
    )
    schemas: Json = found.get("$defs", {})
    return schemas


def text() -> str:
    """The description as it is kept."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
