"""Every operation of the API in one table: what it takes, what it answers, how it refuses.

A new route stands here, too, or a test fails. What many operations share is worked out: errors
from keys, paths and bodies, the parameters of a path from the path.
"""

from chalicelibs.api.operations.agents import AGENTS
from chalicelibs.api.operations.campaigns import CAMPAIGNS
from chalicelibs.api.operations.carriers import CARRIERS
from chalicelibs.api.operations.console import CONSOLE
from chalicelibs.api.operations.exports import EXPORTS
from chalicelibs.api.operations.imports import IMPORTS
from chalicelibs.api.operations.operator import OPERATOR
from chalicelibs.api.operations.service import SERVICE
from chalicelibs.api.operations.sovereign import LEADS, V1
from chalicelibs.api.operations.tasks import TASKS
from chalicelibs.api.operations.workspace import KEYS, WORKSPACE

OPERATIONS = (
    *(*WORKSPACE, *CARRIERS, *KEYS, *AGENTS, *CAMPAIGNS, *TASKS, *IMPORTS, *EXPORTS),
    *(*LEADS, *V1),
    *(*OPERATOR, *CONSOLE, *SERVICE),
)
