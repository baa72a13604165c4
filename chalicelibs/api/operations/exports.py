"""Files of results on their way out."""

from chalicelibs.api import examples
from chalicelibs.api.exports import ExportsView, ExportView, NewExport
from chalicelibs.api.operations.operation import Operation

EXPORTS = (
    Operation(
        name="create_export",
        method="POST",
        path="/campaigns/{campaign_id}/exports",
        tag="Exports",
        summary="Have tasks, calls or rejected rows written into a file",
        description="Follow the export under its id until it is completed, then download it.",
        body=NewExport,
        examples=examples.EXPORT,
        answers={202: (ExportView,)},
        also=frozenset({409}),
    ),
    Operation(
        name="list_exports",
        method="GET",
        path="/campaigns/{campaign_id}/exports",
        tag="Exports",
        summary="List the exports of a campaign, newest first",
        answers={200: (ExportsView,)},
    ),
    Operation(
        name="get_export",
        method="GET",
        path="/campaigns/{campaign_id}/exports/{export_id}",
        tag="Exports",
        summary="Show an export, and where its file is once it is completed",
        description="The address is new each time and good for 15 minutes.",
        answers={200: (ExportView,)},
    ),
)
