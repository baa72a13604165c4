"""Starts per second, and the rests of carriers, in the table."""

from contextlib import suppress
from datetime import datetime

from chalicelibs.adapters.dynamodb import keys
from chalicelibs.adapters.dynamodb.table import ConditionFailed, Table
from chalicelibs.adapters.dynamodb.workspaces import DENIALS_OF, REST_OF
from chalicelibs.adapters.dynamodb.writes import (
    IS_THERE,
    Write,
    telling_what_is_stored,
    update,
)
from chalicelibs.domain.carrier_account import Denials
from chalicelibs.domain.instants import MILLISECOND, epoch_ms
from chalicelibs.domain.rest import Rest

#: Seconds that a counter is kept, for those who want to look at it.
KEPT_FOR = 3600

#: How often to try to count a denial while others begin the count, or forget it.
TRIES = 3


class DynamoPacing:
    """A counter per second, which the table forgets by itself."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def take(self, workspace_id: str, at: datetime, *, limit: int, wanted: int = 1) -> int:
        """See the port. What is left is counted anew when others take of it at the same time."""
        left = min(wanted, limit)
        for _ in range(TRIES):
            if left < 1:
                break
            try:
                self._table.write(telling_what_is_stored(start(workspace_id, at, left, limit)))
            except ConditionFailed as failed:
                left = min(left, limit - int(failed.stored["starts"]))
            else:
                return left
        return 0

    def plan(self, workspace_id: str, *, seen: datetime | None, until: datetime) -> bool:
        """See the port. It is written on the workspace, which is read anyway."""
        key, change = keys.workspace(workspace_id), "SET #planned_until = :until"
        if seen is None:
            unplanned = f"{IS_THERE} AND attribute_not_exists(#planned_until)"
            planned = update(key, change, unplanned, until=until)
        else:
            planned = update(key, change, "#planned_until = :seen", until=until, seen=seen)
        try:
            self._table.write(planned)
        except ConditionFailed:
            return False
        return True

    def rest(self, workspace_id: str, carrier: str, rest: Rest) -> None:
        """See the port. It is written on the workspace, which is read anyway."""
        longer = update(
            keys.workspace(workspace_id),
            "SET #rest = :rest",
            f"{IS_THERE} AND (attribute_not_exists(#rest) OR #rest.#until < :until)",
            names={"#rest": f"{REST_OF}{carrier}"},
            rest={"until": rest.until, "length_ms": rest.length // MILLISECOND},
            until=rest.until,
        )
        with suppress(ConditionFailed):
            self._table.write(longer)

    def deny(self, workspace_id: str, carrier: str, denial: Denials, *, since: datetime) -> None:
        """See the port."""
        key, names = keys.workspace(workspace_id), {"#denials": f"{DENIALS_OF}{carrier}"}
        fresh = {"times": denial.times, "last_at": denial.last_at, "reason": denial.reason}
        counted = update(
            key,
            "SET #denials.#times = #denials.#times + :times,"
            " #denials.#last_at = :last_at, #denials.#reason = :reason",
            "#denials.#last_at >= :since",
            names=names,
            since=since,
            **fresh,
        )
        begun = update(
            key,
            "SET #denials = :fresh",
            f"{IS_THERE} AND (attribute_not_exists(#denials) OR #denials.#last_at < :since)",
            names=names,
            since=since,
            fresh=fresh,
        )
        for write in (counted, begun) * TRIES:
            with suppress(ConditionFailed):
                self._table.write(write)
                return

    def wake(self, workspace_id: str, carrier: str) -> None:
        """See the port."""
        names = {"#rest": f"{REST_OF}{carrier}", "#denials": f"{DENIALS_OF}{carrier}"}
        key = keys.workspace(workspace_id)
        with suppress(ConditionFailed):
            self._table.write(update(key, "REMOVE #rest, #denials", IS_THERE, names=names))


def start(workspace_id: str, at: datetime, number: int, limit: int) -> Write:
    """The write that counts calls which start in a second, if so many more may."""
    return update(
        keys.starts(workspace_id, at),
        "ADD #starts :number SET #expires_at = :expires_at",
        "attribute_not_exists(#starts) OR #starts <= :others",
        number=number,
        others=limit - number,
        expires_at=epoch_ms(at) // 1000 + KEPT_FOR,
    )
