"""An account: its limits, and the keys that open it. Nothing crosses it."""

from dataclasses import dataclass
from datetime import datetime

from chalicelibs.domain.quota import DEFAULT_PER_MINUTE
from chalicelibs.domain.scope import Scope

#: Who holds the deployment's bootstrap key, in the place of a workspace id.
OPERATOR = "operator"

#: What a new workspace may have in flight.
DEFAULT_CONCURRENCY = 10

#: How many keys a workspace may have.
MOST_KEYS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """The walls around everything else."""

    workspace_id: str
    name: str
    concurrency_limit: int = DEFAULT_CONCURRENCY  #: Calls in flight at once.
    calls_per_second: int | None = None  #: Calls that may start in one second; None: no bound.
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """What lets a program in: only a hash is kept, the secret is shown once."""

    key_id: str
    workspace_id: str
    secret_hash: str
    name: str
    scope: Scope = Scope.MANAGE
    requests_per_minute: int = DEFAULT_PER_MINUTE
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who asks with a key, what the key may, and how often."""

    principal: str  #: The workspace that the key opens, or `OPERATOR`.
    key_id: str
    scope: Scope
    requests_per_minute: int
