"""Files of contacts on their way in."""

from chalicelibs.api import examples
from chalicelibs.api.http import CSV
from chalicelibs.api.imports import (
    DryRunView,
    ImportsView,
    ImportView,
    MissingView,
    NewImportView,
    PreviewsView,
    RejectedRowsView,
)
from chalicelibs.api.operations.operation import Operation, TextBody
from chalicelibs.api.operations.parameters import paging, query_of
from chalicelibs.api.readings import ImportQuery, NewImport

IMPORTS = (
    Operation(
        name="create_import",
        method="POST",
        path="/campaigns/{campaign_id}/imports",
        tag="Imports",
        summary="Import a file of contacts",
        description="Announce a file (JSON), then send it with the request that `upload` tells; "
        "or send a file of up to 1 MiB at once (`text/csv`). Follow the import under its id. With "
        "`dry_run` nothing becomes a task; for a file that comes with the request, the answer "
        "tells at once what would become of its rows (200).",
        body=NewImport,
        examples=examples.IMPORT,
        text=TextBody(
            media_type=CSV,
            description="The file itself, in UTF-8; its name stands in `?file=`.",
            examples=examples.CONTACTS,
            status=202,
        ),
        answers={201: (NewImportView,), 202: (NewImportView,), 200: (DryRunView,)},
        parameters=query_of(ImportQuery),
        also=frozenset({409}),
    ),
    Operation(
        name="complete_upload",
        method="POST",
        path="/imports/{import_id}/upload",
        tag="Imports",
        summary="Put the parts of a large file together",
        description="When all parts are sent; 409 says how many bytes have come, or that parts "
        "have other sizes. The import begins by itself.",
        answers={200: (ImportView,)},
        also=frozenset({409}),
    ),
    Operation(
        name="list_imports",
        method="GET",
        path="/campaigns/{campaign_id}/imports",
        tag="Imports",
        summary="List the imports of a campaign",
        answers={200: (ImportsView,)},
    ),
    Operation(
        name="get_import",
        method="GET",
        path="/imports/{import_id}",
        tag="Imports",
        summary="Show an import and its counts",
        answers={200: (ImportView,)},
    ),
    Operation(
        name="preview_import",
        method="GET",
        path="/imports/{import_id}/preview",
        tag="Imports",
        summary="Show the first five prompts that the rows of a file fill in",
        description="Read anew from the file: 409 before it has come, and when it is gone.",
        answers={200: (PreviewsView,)},
        also=frozenset({409}),
    ),
    Operation(
        name="list_missing_lines",
        method="GET",
        path="/imports/{import_id}/missing",
        tag="Imports",
        summary="List the lines of a file that are not done",
        description="While an import runs, those that are still to come. Of one that failed, "
        "those that are missing, and why: drop the same file again once the reason is mended; "
        "the operator may send dead letters back instead.",
        answers={200: (MissingView,)},
    ),
    Operation(
        name="list_rejected_rows",
        method="GET",
        path="/imports/{import_id}/rows",
        tag="Imports",
        summary="List the rows of an import that did not become tasks",
        answers={200: (RejectedRowsView,)},
        parameters=paging("rows"),
    ),
)
