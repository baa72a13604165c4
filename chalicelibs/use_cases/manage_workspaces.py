"""Open workspaces, let programs in, keep agents and numbers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from hmac import compare_digest
from typing import Any

from chalicelibs.domain.agent import Agent, Number
from chalicelibs.domain.campaign import Campaign
from chalicelibs.domain.errors import Invalid, NotAllowed, NotFound, Stale
from chalicelibs.domain.naming import is_plain_id
from chalicelibs.domain.quota import OPERATORS_PER_MINUTE
from chalicelibs.domain.scope import Scope
from chalicelibs.domain.workspace import MOST_KEYS, OPERATOR, ApiKey, Holder, Workspace
from chalicelibs.ports.carriers import Carriers
from chalicelibs.ports.queues import Queue
from chalicelibs.ports.surroundings import Clock, Ids
from chalicelibs.ports.workspaces import Agents, Workspaces

#: What an API key begins with, so that a leaked one is recognised by scanners and people.
KEY_PREFIX = "carillon"

#: How often an edit starts again when somebody else edits the same thing at the same moment.
TRIES = 10
#: What the key is called that comes with a workspace.
FIRST_KEY = "first"

#: Why a key stays what it is.
LAST_MANAGER = "this is the last key that may manage the workspace: make another one first"

#: The operator's key as it is counted.
OPERATORS = Holder(
    principal=OPERATOR,
    key_id=OPERATOR,
    scope=Scope.MANAGE,
    requests_per_minute=OPERATORS_PER_MINUTE,
)


def hash_of(secret: str) -> str:
    """What is stored of a secret. Secrets are random and long: no salt, no slow hash needed."""
    return sha256(secret.encode()).hexdigest()


def token_of(key_id: str, secret: str) -> str:
    """What a program sends: the key as it is shown once."""
    return f"{KEY_PREFIX}_{key_id}_{secret}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorize:
    """Find out whose key this is."""

    workspaces: Workspaces
    bootstrap_key_hash: str | None

    def __call__(self, token: str) -> Holder | None:
        """Who holds a key; None when it opens nothing."""
        known = self.known(token)
        return known and known[0]

    def known(self, token: str) -> tuple[Holder, str] | None:
        """Who holds a key, and the hash of its secret; None when it opens nothing."""
        operators = self.bootstrap_key_hash
        if operators is not None and compare_digest(hash_of(token), operators):
            return OPERATORS, operators
        prefix, _, rest = token.partition("_")
        key_id, _, secret = rest.partition("_")
        found = self.by_id(key_id) if prefix == KEY_PREFIX and is_plain_id(key_id) else None
        return found if found is not None and compare_digest(hash_of(secret), found[1]) else None

    def by_id(self, key_id: str) -> tuple[Holder, str] | None:
        """Who holds a key as it is now, and the hash of its secret; None: it was revoked."""
        if key_id == OPERATOR:
            operators = self.bootstrap_key_hash
            return None if operators is None else (OPERATORS, operators)
        key = self.workspaces.key(key_id)
        if key is None:
            return None
        holder = Holder(
            principal=key.workspace_id,
            key_id=key_id,
            scope=key.scope,
            requests_per_minute=key.requests_per_minute,
        )
        return holder, key.secret_hash


@dataclass(frozen=True, slots=True, kw_only=True)
class ManageWorkspaces:
    """Workspaces and their limits."""

    workspaces: Workspaces
    queue: Queue
    clock: Clock
    ids: Ids

    def create(
        self, name: str, *, concurrency_limit: int, ids: Ids | None = None
    ) -> tuple[Workspace, str]:
        """Open a workspace; gives it and its first API key, which is shown only now.

        With the ids of a request that was asked before, it may be open already. Nobody was told
        its key: that gets a new secret.
        """
        ids = ids or self.ids
        workspace = Workspace(
            workspace_id=ids.new(),
            name=name,
            concurrency_limit=concurrency_limit,
            created_at=self.clock.now(),
        )
        secret = ids.secret()
        key = ApiKey(
            key_id=ids.new(),
            workspace_id=workspace.workspace_id,
            secret_hash=hash_of(secret),
            name=FIRST_KEY,
            created_at=self.clock.now(),
        )
        try:
            self.workspaces.add(workspace, key)
        except Stale:
            self.workspaces.save_key(key)
            workspace = self.get(workspace.workspace_id)
        return workspace, token_of(key.key_id, secret)

    def get(self, workspace_id: str) -> Workspace:
        """A workspace.

        Raises:
            NotFound: when there is none.
        """
        workspace = self.workspaces.get(workspace_id)
        if workspace is None:
            raise NotFound("workspace", workspace_id)
        return workspace

    def set_limits(
        self, workspace_id: str, *, concurrency_limit: int, calls_per_second: int | None
    ) -> Workspace:
        """Change what may be in flight and what may start; it counts from the next slot on."""
        changed = replace(
            self.get(workspace_id),
            concurrency_limit=concurrency_limit,
            calls_per_second=calls_per_second,
        )
        self.workspaces.set_limits(changed)
        self.queue.nudge(workspace_id)
        return changed


@dataclass(frozen=True, slots=True, kw_only=True)
class ManageKeys:
    """The keys that open a workspace."""

    workspaces: Workspaces
    clock: Clock
    ids: Ids

    def list(self, workspace_id: str) -> Sequence[ApiKey]:
        """All keys, oldest first."""
        return self.workspaces.keys(workspace_id)

    def create(
        self,
        workspace_id: str,
        *,
        name: str,
        scope: Scope = Scope.MANAGE,
        requests_per_minute: int,
        ids: Ids | None = None,
    ) -> tuple[ApiKey, str]:
        """Make a key; gives it and its secret form, which is shown only now.

        With the ids of a request that was asked before, it may be there already, as in
        `ManageWorkspaces.create`.

        Raises:
            NotAllowed: when the workspace has as many as it may have.
        """
        ids = ids or self.ids
        secret = ids.secret()
        key = ApiKey(
            key_id=ids.new(),
            workspace_id=workspace_id,
            secret_hash=hash_of(secret),
            name=name,
            scope=scope,
            requests_per_minute=requests_per_minute,
            created_at=self.clock.now(),
        )
        try:
            if not self.workspaces.add_key(key):
                raise NotAllowed(f"a workspace has at most {MOST_KEYS} keys: revoke one first")
        except Stale:
            self.workspaces.save_key(key)
            key = self._load(workspace_id, key.key_id)
        return key, token_of(key.key_id, secret)

    def change(self, workspace_id: str, key_id: str, **changes: Any) -> ApiKey:
        """Change its name, its scope or its limit.

        Raises:
            NotFound: when the workspace has no such key.
            NotAllowed: when no key would be left that may manage the workspace.
        """
        changed = replace(self._load(workspace_id, key_id), **changes)
        if not self.workspaces.save_key(changed):
            raise NotAllowed(LAST_MANAGER, "scope")
        return changed

    def revoke(self, workspace_id: str, key_id: str) -> ApiKey:
        """Let a key open nothing any more; gives it as it was.

        Raises:
            NotFound: when the workspace has no such key.
            NotAllowed: when it is the last that may manage: nobody could make another one.
        """
        key = self._load(workspace_id, key_id)
        if not self.workspaces.revoke(workspace_id, key_id):
            raise NotAllowed(LAST_MANAGER)
        return key

    def _load(self, workspace_id: str, key_id: str) -> ApiKey:
        key = self.workspaces.key(key_id)
        if key is None or key.workspace_id != workspace_id:
            raise NotFound("key", key_id)
        return key


@dataclass(frozen=True, slots=True, kw_only=True)
class ManageAgents:
    """Agents and numbers of a workspace."""

    agents: Agents
    carriers: Carriers

    def save(self, agent: Agent) -> Agent:
        """Store an agent.

        Raises:
            Invalid: when its carrier is not known here.
        """
        self._check(agent.workspace_id, agent.carrier)
        self.agents.save(agent)
        return agent

    def edit(self, workspace_id: str, agent_id: str, change: Callable[[Agent], Agent]) -> Agent:
        """Change an agent as it stands now; what is dialled from now on follows it.

        An outcome that campaigns chose to retry may be taken from it: they keep the name, and the
        outcome just does not come any more.

        Raises:
            NotFound: when the workspace has none by this id.
            Invalid: when its new carrier is not known here.
        """
        for _ in range(TRIES):
            agent = self.get(workspace_id, agent_id)
            changed = change(agent)
            if changed.carrier != agent.carrier:
                self._check(workspace_id, changed.carrier)
            try:
                return self.agents.edit(changed)
            except Stale:
                continue
        raise Stale(agent_id)

    def save_number(self, number: Number) -> Number:
        """Store a number; one that is there already becomes this.

        Raises:
            Invalid: when its carrier is not known here.
        """
        self._check(number.workspace_id, number.carrier)
        known = self.agents.number(number.workspace_id, number.phone)
        if known is not None:
            number = replace(number, version=known.version + 1)
        self.agents.save_number(number)
        return number

    def edit_number(
        self, workspace_id: str, phone: str, change: Callable[[Number], Number]
    ) -> Number:
        """Change a number as it stands now.

        Campaigns that show it already go on; new ones and new tasks are judged by it.

        Raises:
            NotFound: when the workspace has no such number.
            Invalid: when its new carrier is not known here.
        """
        for _ in range(TRIES):
            number = self.number(workspace_id, phone)
            changed = change(number)
            if changed.carrier != number.carrier:
                self._check(workspace_id, changed.carrier)
            try:
                return self.agents.edit_number(changed)
            except Stale:
                continue
        raise Stale(phone)

    def get(self, workspace_id: str, agent_id: str) -> Agent:
        """An agent.

        Raises:
            NotFound: when the workspace has none by this id.
        """
        agent = self.agents.get(workspace_id, agent_id)
        if agent is None:
            raise NotFound("agent", agent_id)
        return agent

    def list(self, workspace_id: str) -> Sequence[Agent]:
        """All agents."""
        return self.agents.list(workspace_id)

    def number(self, workspace_id: str, phone: str) -> Number:
        """A number.

        Raises:
            NotFound: when the workspace has no such number.
        """
        number = self.agents.number(workspace_id, phone)
        if number is None:
            raise NotFound("number", phone, "phone")
        return number

    def numbers(self, workspace_id: str) -> Sequence[Number]:
        """All numbers."""
        return self.agents.numbers(workspace_id)

    def lent(self, campaign: Campaign) -> tuple[Agent | None, Number | None]:
        """Who may call for a campaign, and from where: what it names, or the first that could."""
        workspace_id, rules = campaign.workspace_id, campaign.rules
        if rules is not None:
            agent = self.agents.get(workspace_id, rules.agent_id)
            return agent, self.agents.number(workspace_id, rules.caller_id)
        agents = (one for one in self.agents.list(workspace_id) if one.is_active)
        numbers = (one for one in self.agents.numbers(workspace_id) if one.has_outbound_trunk)
        return next(agents, None), next(numbers, None)

    def _check(self, workspace_id: str, carrier: str) -> None:
        if not self.carriers.knows(workspace_id, carrier):
            message = f"there is no carrier {carrier!r} in this deployment, nor in this workspace"
            raise Invalid(message, "carrier")
