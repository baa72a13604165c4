"""Keep what a workspace has with carriers, and say how things stand with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from chalicelibs.domain.carrier_account import (
    MOST_ACCOUNTS,
    CarrierAccount,
    CarrierState,
    Denials,
)
from chalicelibs.domain.errors import Invalid, NotAllowed, NotFound
from chalicelibs.domain.rest import Rest
from chalicelibs.ports.calls import Pacing
from chalicelibs.ports.carriers import Carriers
from chalicelibs.ports.queues import Queue
from chalicelibs.ports.surroundings import Clock
from chalicelibs.ports.workspaces import Accounts, Agents, Workspaces


class CarrierReading(NamedTuple):
    """A carrier as its workspace sees it."""

    account: CarrierAccount
    state: CarrierState
    rest: Rest | None  #: That it has now.
    denials: Denials | None  #: Of late.
    webhook_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ManageCarriers:
    """The carriers that a workspace brings."""

    accounts: Accounts
    agents: Agents
    carriers: Carriers
    workspaces: Workspaces
    pacing: Pacing
    queue: Queue
    clock: Clock
    public_url: str

    def list(self, workspace_id: str) -> Sequence[CarrierReading]:
        """All of them, by name."""
        return [self._reading(account) for account in self.accounts.list(workspace_id)]

    def get(self, workspace_id: str, name: str) -> CarrierReading:
        """One of them.

        Raises:
            NotFound: when the workspace has none of this name.
        """
        return self._reading(self._load(workspace_id, name))

    def save(self, account: CarrierAccount) -> CarrierReading:
        """Store or replace one; it counts from the next call on, and one that was paused goes on.

        Raises:
            Invalid: when the name is that of a carrier of the deployment.
            NotAllowed: when the workspace has as many as it may have.
        """
        if self.carriers.knows(None, account.name):
            raise Invalid("this is a carrier of the deployment: choose another name", "name")
        known = {one.name for one in self.accounts.list(account.workspace_id)}
        if account.name not in known and len(known) >= MOST_ACCOUNTS:
            raise NotAllowed(f"a workspace has at most {MOST_ACCOUNTS} carriers: remove one first")
        self.accounts.save(account)
        return self._waken(account)

    def resume(self, workspace_id: str, name: str) -> CarrierReading:
        """Ask a carrier again that rests or is paused.

        Raises:
            NotFound: when the workspace has none of this name.
        """
        return self._waken(self._load(workspace_id, name))

    def remove(self, workspace_id: str, name: str) -> CarrierReading:
        """Forget one; gives it as it was.

        Raises:
            NotFound: when the workspace has none of this name.
            NotAllowed: when an agent or a number still names it.
        """
        reading = self.get(workspace_id, name)
        if any(one.carrier == name for one in self.agents.list(workspace_id)):
            raise NotAllowed("agents still call by it: give them another carrier first")
        if any(one.carrier == name for one in self.agents.numbers(workspace_id)):
            raise NotAllowed("numbers still belong to it: give them another carrier first")
        self.accounts.remove(workspace_id, name)
        self.pacing.wake(workspace_id, name)
        return reading

    def _load(self, workspace_id: str, name: str) -> CarrierAccount:
        account = self.accounts.get(workspace_id, name)
        if account is None:
            raise NotFound("carrier", name)
        return account

    def _waken(self, account: CarrierAccount) -> CarrierReading:
        self.pacing.wake(account.workspace_id, account.name)
        self.queue.nudge(account.workspace_id)
        return self._reading(account)

    def _reading(self, account: CarrierAccount) -> CarrierReading:
        workspace = self.workspaces.get(account.workspace_id)
        if workspace is None:
            raise NotFound("workspace", account.workspace_id)
        now, name = self.clock.now(), account.name
        return CarrierReading(
            account=account,
            state=workspace.state_of(name, now),
            rest=workspace.rest_of(name, now),
            denials=workspace.denials.get(name),
            webhook_url=webhook_url(self.public_url, account),
        )


def webhook_url(public_url: str, account: CarrierAccount) -> str:
    """Where a carrier's reports for this account go."""
    return f"{public_url}/webhooks/{account.name}/{account.workspace_id}"
