"""Who uses the service: workspaces, their keys, agents, carriers and secrets."""

from collections.abc import Sequence
from typing import Protocol

from chalicelibs.domain.agent import Agent, Number
from chalicelibs.domain.carrier_account import CarrierAccount
from chalicelibs.domain.session import Session
from chalicelibs.domain.workspace import ApiKey, Workspace


class Workspaces(Protocol):
    """Accounts and the keys that open them."""

    def add(self, workspace: Workspace, key: ApiKey) -> None:
        """Store a new workspace and its first key.

        Raises:
            Stale: when one of them is there already.
        """

    def get(self, workspace_id: str) -> Workspace | None:
        """The workspace as it stands now."""

    def set_limits(self, workspace: Workspace) -> None:
        """Change its limits."""

    def ids(self) -> Sequence[str]:
        """Every workspace there is."""

    def key(self, key_id: str) -> ApiKey | None:
        """A key by its public part."""

    def keys(self, workspace_id: str) -> Sequence[ApiKey]:
        """The keys of this workspace, oldest first."""

    def add_key(self, key: ApiKey) -> bool:
        """Store a new key of a workspace; False when it has `MOST_KEYS` already.

        Raises:
            Stale: when there is such a key already.
        """

    def save_key(self, key: ApiKey) -> bool:
        """Change its name, secret, scope and limit; False when no manager would be left.

        Raises:
            NotFound: when its workspace has no such key.
        """

    def revoke(self, workspace_id: str, key_id: str) -> bool:
        """Forget a key; False when it is the last that may manage its workspace, which stays.

        Raises:
            NotFound: when the workspace has no such key.
        """


class Agents(Protocol):
    """Agents and numbers of a workspace."""

    def save(self, agent: Agent) -> None:
        """Store or replace an agent."""

    def edit(self, agent: Agent) -> Agent:
        """Replace it, if it is still the version that was read; gives the new version.

        Raises:
            Stale: when it is not.
        """

    def get(self, workspace_id: str, agent_id: str) -> Agent | None:
        """An agent of this workspace."""

    def list(self, workspace_id: str) -> Sequence[Agent]:
        """All agents of this workspace."""

    def save_number(self, number: Number) -> None:
        """Store or replace a number."""

    def edit_number(self, number: Number) -> Number:
        """Replace it, if it is still the version that was read; gives the new version.

        Raises:
            Stale: when it is not.
        """

    def number(self, workspace_id: str, phone: str) -> Number | None:
        """A number of this workspace."""

    def numbers(self, workspace_id: str) -> Sequence[Number]:
        """All numbers of this workspace."""


class Accounts(Protocol):
    """What each workspace has with which carrier."""

    def save(self, account: CarrierAccount) -> None:
        """Store or replace an account."""

    def get(self, workspace_id: str, name: str) -> CarrierAccount | None:
        """The account of this name, as it stands now."""

    def list(self, workspace_id: str) -> Sequence[CarrierAccount]:
        """All accounts of this workspace, by name."""

    def remove(self, workspace_id: str, name: str) -> None:
        """Forget an account; harmless when repeated."""


class Secrets(Protocol):
    """What nobody else may know, kept where only this deployment can read it."""

    def get(self, workspace_id: str, name: str) -> Sequence[str]:
        """Each value of a workspace's secret that is good: two while it is being changed.

        There is none where there is no such secret. What is given may be a minute old.
        """


class Sessions(Protocol):
    """Who is signed in to the console."""

    def add(self, session: Session) -> None:
        """Store a new session, until it expires."""

    def get(self, key_id: str, session_id: str) -> Session | None:
        """A session; one that expired may still be given."""

    def end(self, key_id: str, session_id: str) -> None:
        """Forget a session; one that is not there is forgotten already."""
