"""The console and its sessions."""

from chalicelibs.api import examples
from chalicelibs.api.operations.operation import Operation, Parameter
from chalicelibs.api.sessions import NewSession, SessionsView

#: What the console's own page sends along, and no other site can.
OWN_PAGE = Parameter(
    name="X-Carillon-Console",
    description="`1`: it is the console's own page that asks.",
    schema={"type": "string", "const": "1"},
    place="header",
    is_required=True,
)

CONSOLE = (
    Operation(
        name="show_console",
        method="GET",
        path="/console",
        tag="Console",
        summary="Show the console to people",
        answers={200: "text/html"},
        needs_key=False,
    ),
    Operation(
        name="show_console_file",
        method="GET",
        path="/console/assets/{file}",
        tag="Console",
        summary="Give a file of the console",
        answers={200: "text/*"},
        needs_key=False,
    ),
    Operation(
        name="show_session",
        method="GET",
        path="/console/session",
        tag="Console",
        summary="Show who is signed in with this browser",
        description="By its cookie. The answer holds what its page sends as a key.",
        answers={200: (SessionsView,)},
        parameters=(OWN_PAGE,),
        also=frozenset({403}),
        needs_key=False,
    ),
    Operation(
        name="open_session",
        method="POST",
        path="/console/session",
        tag="Console",
        summary="Sign in with a key, for twelve hours",
        description="Sets a cookie that no script can read.",
        body=NewSession,
        examples=examples.SESSION,
        answers={201: (SessionsView,)},
        parameters=(OWN_PAGE,),
        also=frozenset({401, 403}),
        needs_key=False,
    ),
    Operation(
        name="close_session",
        method="DELETE",
        path="/console/session",
        tag="Console",
        summary="Sign out",
        answers={200: (SessionsView,)},
        parameters=(OWN_PAGE,),
        also=frozenset({403}),
        needs_key=False,
    ),
)
