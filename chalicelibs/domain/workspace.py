"""An account: its limits, and the keys that open it. Nothing crosses it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from chalicelibs.domain.carrier_account import CarrierState, Denials
from chalicelibs.domain.quota import DEFAULT_PER_MINUTE
from chalicelibs.domain.rest import Rest
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
    rests: Mapping[str, Rest] = field(default_factory=dict)  #: Past or present, by carrier.
    denials: Mapping[str, Denials] = field(default_factory=dict)  #: Of late, by carrier.
    planned_until: datetime | None = None  #: Starts before this are given away, where paced.
    created_at: datetime

    def rest_of(self, carrier: str, now: datetime) -> Rest | None:
        """The rest that this carrier has now."""
        rest = self.rests.get(carrier)
        return rest if rest is not None and now < rest.until else None

    def has_paused(self, carrier: str) -> bool:
        """Whether this carrier is asked for nothing until somebody has looked at it."""
        denials = self.denials.get(carrier)
        return denials is not None and denials.are_too_many

    def may_ask(self, carrier: str, now: datetime) -> bool:
        """Whether this carrier may be asked for calls now."""
        return not self.has_paused(carrier) and self.rest_of(carrier, now) is None

    def state_of(self, carrier: str, now: datetime) -> CarrierState:
        """How things stand with this carrier."""
        if self.has_paused(carrier):
            return CarrierState.PAUSED
        return CarrierState.READY if self.may_ask(carrier, now) else CarrierState.RESTING


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
