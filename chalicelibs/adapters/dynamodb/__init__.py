"""Everything that is stored, in one DynamoDB table."""

from chalicelibs.adapters.dynamodb.accounts import DynamoAccounts
from chalicelibs.adapters.dynamodb.activities import DynamoActivities
from chalicelibs.adapters.dynamodb.agents import DynamoAgents
from chalicelibs.adapters.dynamodb.answers import DynamoAnswers
from chalicelibs.adapters.dynamodb.calls import DynamoCalls
from chalicelibs.adapters.dynamodb.campaigns import DynamoCampaigns
from chalicelibs.adapters.dynamodb.exports import DynamoExports
from chalicelibs.adapters.dynamodb.failures import DynamoFailures
from chalicelibs.adapters.dynamodb.gauges import DynamoGauges
from chalicelibs.adapters.dynamodb.imports import DynamoImports
from chalicelibs.adapters.dynamodb.pacing import DynamoPacing
from chalicelibs.adapters.dynamodb.requests import DynamoRequests
from chalicelibs.adapters.dynamodb.sessions import DynamoSessions
from chalicelibs.adapters.dynamodb.slots import DynamoSlots
from chalicelibs.adapters.dynamodb.straight import speak_straight
from chalicelibs.adapters.dynamodb.table import Table
from chalicelibs.adapters.dynamodb.tasks import DynamoTasks
from chalicelibs.adapters.dynamodb.workspaces import DynamoWorkspaces

__all__ = [
    "DynamoAccounts",
    "DynamoActivities",
    "DynamoAgents",
    "DynamoAnswers",
    "DynamoCalls",
    "DynamoCampaigns",
    "DynamoExports",
    "DynamoFailures",
    "DynamoGauges",
    "DynamoImports",
    "DynamoPacing",
    "DynamoRequests",
    "DynamoSessions",
    "DynamoSlots",
    "DynamoTasks",
    "DynamoWorkspaces",
    "Table",
    "speak_straight",
]
