"""The carriers that workspaces bring, each made from its account when it is needed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Any, cast

from chalicelibs.adapters.carriers.asking import Asks
from chalicelibs.domain.carrier_account import CarrierAccount, CarrierKind
from chalicelibs.domain.naming import is_plain_id
from chalicelibs.ports.carriers import Carrier, Carriers
from chalicelibs.ports.workspaces import Accounts, Secrets

#: Where the adapter of each kind is. They are imported late: who dials by one pays for one.
MODULES: Mapping[CarrierKind, tuple[str, str]] = {
    CarrierKind.TWILIO: ("twilio", "Twilio"),
    CarrierKind.SIGNALWIRE: ("twilio", "SignalWire"),
    CarrierKind.TELNYX: ("telnyx", "Telnyx"),
    CarrierKind.RETELL: ("retell", "Retell"),
    CarrierKind.VAPI: ("vapi", "Vapi"),
    CarrierKind.HTTP: ("http", "Http"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """All that an adapter needs to speak for one account."""

    account: CarrierAccount
    secrets: Mapping[str, Sequence[str]]  #: By role, each value that is good.
    webhook_url: str  #: Where its reports go.
    line: Asks
    now: Callable[[], datetime]

    @property
    def settings(self) -> Mapping[str, Any]:
        """The account's settings."""
        return cast(Mapping[str, Any], self.account.settings)

    def secret(self, role: str) -> str | None:
        """The secret to ask with; None where it is not stored."""
        return next(iter(self.secrets.get(role, ())), None)


class AccountCarriers:
    """The deployment's own carriers, and those of each workspace."""

    def __init__(
        self,
        accounts: Accounts,
        secrets: Secrets,
        *,
        own: Carriers,
        line: Asks,
        public_url: str,
        now: Callable[[], datetime],
    ) -> None:
        self._accounts = accounts
        self._secrets = secrets
        self._own = own
        self._line = line
        self._public_url = public_url
        self._now = now

    def get(self, workspace_id: str | None, name: str) -> Carrier | None:
        """See the port. No table is asked for what can be no workspace."""
        own = self._own.get(workspace_id, name)
        account = None if own else self._account(workspace_id, name)
        return own if account is None else self._carrier(account)

    def knows(self, workspace_id: str | None, name: str) -> bool:
        """See the port."""
        is_own = self._own.knows(workspace_id, name)
        return is_own or self._account(workspace_id, name) is not None

    def _account(self, workspace_id: str | None, name: str) -> CarrierAccount | None:
        if workspace_id is None or not is_plain_id(workspace_id):
            return None
        return self._accounts.get(workspace_id, name)

    def _carrier(self, account: CarrierAccount) -> Carrier:
        module, name = MODULES[account.kind]
        adapter = getattr(import_module(f"{__package__}.{module}"), name)
        owner = account.workspace_id
        access = Access(
            account=account,
            secrets={role: self._secrets.get(owner, at) for role, at in account.secrets.items()},
            webhook_url=f"{self._public_url}/webhooks/{account.name}/{owner}",
            line=self._line,
            now=self._now,
        )
        return cast(Carrier, adapter(access))
