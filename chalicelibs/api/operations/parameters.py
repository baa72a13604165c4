"""Parameters and headers that several operations have."""

from chalicelibs.api.bodies import Body
from chalicelibs.api.http import CURSORS, DEFAULT_PAGE, LARGEST_PAGE
from chalicelibs.api.operations.operation import SCHEMAS, WHOLE, Header, Json, Parameter
from chalicelibs.domain.campaign import Dialect


def paging(items: str) -> tuple[Parameter, ...]:
    """What a list takes that comes in pages."""
    size = {"minimum": 1, "maximum": LARGEST_PAGE, "default": DEFAULT_PAGE}
    return (
        Parameter(name="limit", description="How many to list at most.", schema={**WHOLE, **size}),
        Parameter(
            name="cursor",
            description="`next_cursor` of the page before, as it is.",
            schema={"type": "string", "pattern": f"^{CURSORS[items]}$"},
        ),
    )


ERASING_CURSOR = Parameter(
    name="cursor",
    description="`next_cursor` of the request before, as it is.",
    schema={"type": "string", "pattern": f"^{CURSORS['contacts']}$"},
)


def query_of(model: type[Body]) -> tuple[Parameter, ...]:
    """The parameters that a query's model describes; a query gives no null."""
    properties = model.model_json_schema(by_alias=False, ref_template=SCHEMAS)["properties"]
    return tuple(
        Parameter(name=name, description=about.pop("description"), schema=not_null(about))
        for name, about in properties.items()
    )


def not_null(schema: Json) -> Json:
    """The schema of a value that may be left out, but not be null."""
    given = [one for one in schema["anyOf"] if one != {"type": "null"}]
    return dict(given[0]) if len(given) == 1 else {"anyOf": given}


#: Which reading of a thing an answer shows.
ETAG = Header(name="ETag", description="Changes with what can be edited; send it as `If-Match`.")

IF_MATCH = Parameter(
    name="If-Match",
    description="The `ETag` of what was read: 412 if somebody else has edited it since.",
    schema={"type": "string"},
    place="header",
)

#: In whose words to be answered.
DIALECT = Parameter(
    name="dialect",
    description="In whose words to show campaigns; by default each in those it was made in.",
    schema={"type": "string", "enum": list(Dialect)},
)

#: What the parts of a path are.
PATH_PARTS = {
    "agent_id": "The id of an agent.",
    "call_id": "The id of a call.",
    "campaign_id": "The id of a campaign.",
    "carrier": "The name of a carrier.",
    "export_id": "The id of an export.",
    "file": "The name of a file.",
    "import_id": "The id of an import.",
    "key_id": "The id of a key.",
    "lead_id": "The id of a lead.",
    "name": "What a carrier is called: lower case letters, digits, - and _.",
    "phone": "A number, E.164; its + as it is or as %2B.",
    "task_id": "The id of a task.",
    "version": "The version of the viewer's files.",
    "workspace_id": "The id of the workspace whose carrier it is.",
}
