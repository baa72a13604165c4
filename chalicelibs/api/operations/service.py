"""What carriers and everybody else may ask."""

from chalicelibs.api import examples
from chalicelibs.api.operations.operation import Operation, StatusView


def own_webhook(name: str, path: str) -> Operation:
    """A report of a carrier that a workspace brings."""
    return Operation(
        name=name,
        method="POST",
        path=path,
        tag="Service",
        summary="Take a report of a workspace's own carrier",
        description="In the carrier's own words, and signed as it signs: no key is asked for.",
        answers={200: (StatusView,)},
        also=frozenset({401}),
        needs_key=False,
    )


SERVICE = (
    Operation(
        name="receive_webhook",
        method="POST",
        path="/webhooks/{carrier}",
        tag="Service",
        summary="Take a carrier's report",
        description="In the carrier's own words, and signed as it signs: no key is asked for.",
        examples=examples.REPORT,
        answers={200: (StatusView,)},
        also=frozenset({401}),
        needs_key=False,
    ),
    own_webhook("receive_own_webhook", "/webhooks/{carrier}/{workspace_id}"),
    own_webhook("receive_call_webhook", "/webhooks/{carrier}/{workspace_id}/{call_id}"),
    Operation(
        name="health",
        method="GET",
        path="/health",
        tag="Service",
        summary="Say that the service is up",
        answers={200: (StatusView,)},
        needs_key=False,
    ),
    Operation(
        name="show_description",
        method="GET",
        path="/openapi.json",
        tag="Service",
        summary="Show this description",
        answers={200: "application/json"},
        needs_key=False,
    ),
    Operation(
        name="show_docs",
        method="GET",
        path="/docs",
        tag="Service",
        summary="Show this description to people, who can try it there",
        answers={200: "text/html"},
        needs_key=False,
    ),
    Operation(
        name="show_viewer_file",
        method="GET",
        path="/docs/{version}/{file}",
        tag="Service",
        summary="Give a file of the page that shows this description",
        answers={200: "text/*"},
        needs_key=False,
    ),
)
