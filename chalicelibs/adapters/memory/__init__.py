"""The in-memory twin of every port: for tests, simulations and forecasts."""

from chalicelibs.adapters.memory.accounts import MemoryAccounts, MemorySecrets
from chalicelibs.adapters.memory.activities import MemoryActivities
from chalicelibs.adapters.memory.answers import MemoryAnswers
from chalicelibs.adapters.memory.campaigns import MemoryCampaigns
from chalicelibs.adapters.memory.dead_letters import MemoryDeadLetters, MemoryFailures
from chalicelibs.adapters.memory.exports import MemoryExports, MemoryParts
from chalicelibs.adapters.memory.gauges import MemoryGauges
from chalicelibs.adapters.memory.imports import MemoryFiles, MemoryImports, version_of
from chalicelibs.adapters.memory.journal import MemoryJournal
from chalicelibs.adapters.memory.queue import MemoryQueue
from chalicelibs.adapters.memory.requests import MemoryRequests
from chalicelibs.adapters.memory.sessions import MemorySessions
from chalicelibs.adapters.memory.slots import MemoryPacing, MemorySlots
from chalicelibs.adapters.memory.store import MemoryStore
from chalicelibs.adapters.memory.tasks import MemoryCalls, MemoryTasks
from chalicelibs.adapters.memory.workspaces import MemoryAgents, MemoryWorkspaces

__all__ = [
    "MemoryAccounts",
    "MemoryActivities",
    "MemoryAgents",
    "MemoryAnswers",
    "MemoryCalls",
    "MemoryCampaigns",
    "MemoryDeadLetters",
    "MemoryExports",
    "MemoryFailures",
    "MemoryFiles",
    "MemoryGauges",
    "MemoryImports",
    "MemoryJournal",
    "MemoryPacing",
    "MemoryParts",
    "MemoryQueue",
    "MemoryRequests",
    "MemorySecrets",
    "MemorySessions",
    "MemorySlots",
    "MemoryStore",
    "MemoryTasks",
    "MemoryWorkspaces",
    "version_of",
]
