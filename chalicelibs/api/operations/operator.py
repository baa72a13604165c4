"""What only the operator's key opens."""

from chalicelibs.api import examples
from chalicelibs.api.dead_letters import DeadLettersView, Redrive, RedrivenView
from chalicelibs.api.operations.operation import Operation

OPERATOR = (
    Operation(
        name="list_dead_letters",
        method="GET",
        path="/admin/dead-letters",
        tag="Operator",
        summary="List the messages that no function could process, with their reasons",
        description="Only the operator's key may. Looking changes nothing.",
        answers={200: (DeadLettersView,)},
    ),
    Operation(
        name="redrive_dead_letters",
        method="POST",
        path="/admin/dead-letters/redrive",
        tag="Operator",
        summary="Send dead letters back to be processed",
        description="Only the operator's key may. One that fails again dies again.",
        body=Redrive,
        examples=examples.REDRIVE,
        answers={200: (RedrivenView,)},
    ),
)
