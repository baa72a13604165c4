"""Ended calls in the table."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelibs.adapters.dynamodb import keys
from chalicelibs.adapters.dynamodb.call_item import call_item, call_of
from chalicelibs.adapters.dynamodb.codec import Item
from chalicelibs.adapters.dynamodb.search import calls_wanted, search
from chalicelibs.adapters.dynamodb.table import ConditionFailed, Stretch, Table
from chalicelibs.adapters.dynamodb.writes import IS_NEW, IS_THERE, put, telling_what_is_stored
from chalicelibs.domain.call import Call, Dialed
from chalicelibs.domain.errors import Stale
from chalicelibs.domain.instants import MILLISECOND
from chalicelibs.domain.naming import campaign_of
from chalicelibs.domain.search import CallFilter
from chalicelibs.ports import Page


class DynamoCalls:
    """An item per call, those of a workspace's month side by side in the order of their dial."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def keep(self, workspace_id: str, call: Call) -> Call:
        """See the port."""
        key = keys.call(workspace_id, call.as_dialed)
        try:
            self._table.write(telling_what_is_stored(put(key, kept_item(call), IS_NEW)))
        except ConditionFailed as failed:
            return call_of(call.call_id, failed.stored)
        return call

    def save(self, workspace_id: str, call: Call) -> None:
        """See the port."""
        key = keys.call(workspace_id, call.as_dialed)
        is_kept = None if call.is_erased else "attribute_not_exists(#is_erased)"
        with suppress(ConditionFailed):  # it was erased, and stays so
            self._table.write(put(key, kept_item(call), is_kept))

    def revise(self, workspace_id: str, call: Call) -> None:
        """See the port."""
        key = keys.call(workspace_id, call.as_dialed)
        revised = kept_item(replace(call, revision=call.revision + 1))
        was: dict[str, Any] = {"was": call.revision} if call.revision else {}
        is_same = "#revision = :was" if was else "attribute_not_exists(#revision)"
        is_known = "" if call.is_erased else " AND attribute_not_exists(#is_erased)"
        condition = f"{IS_THERE} AND {is_same}{is_known}"
        try:
            self._table.write(put(key, revised, condition, **was))
        except ConditionFailed as failed:
            raise Stale(call.call_id) from failed

    def get(self, workspace_id: str, dialed: Dialed) -> Call | None:
        """See the port."""
        item = self._table.get(keys.call(workspace_id, dialed))
        return None if item is None else call_from(item)

    def get_all(self, workspace_id: str, dialed: Iterable[Dialed]) -> Sequence[Call]:
        """See the port."""
        items = self._table.get_all(keys.call(workspace_id, one) for one in dialed)
        return [call_from(items[key]) for key in sorted(items)]

    def log(
        self,
        workspace_id: str,
        wanted: CallFilter,
        *,
        since: datetime,
        until: datetime,
        cursor: str | None,
        limit: int,
    ) -> Page[Call]:
        """See the port."""
        newest = keys.dialed(until - MILLISECOND, "~")
        if cursor:  # A made-up one may lie in the year 5138, and the months go back from there.
            newest = min(newest, keys.before(cursor))
        stretches = months(workspace_id, keys.dialed(since, ""), newest)
        found = search(self._table, stretches, calls_wanted(wanted), limit=limit, forward=False)
        return Page([call_from(item) for item in found.items], found.last)


def months(workspace_id: str, first: str, last: str) -> Iterator[Stretch]:
    """What lies between two sort keys, month by month, newest first."""
    month = keys.month_of(last)
    while month >= keys.month_of(first):
        yield Stretch(keys.calls_in(workspace_id, month), first, last)
        month = keys.month_before(month)


def kept_item(call: Call) -> Item:
    """An ended call as it is stored."""
    return {"campaign_id": campaign_of(call.call_id), **call_item(call)}


def call_from(item: Item) -> Call:
    """An ended call as it was stored."""
    return call_of(keys.call_id_in(item["sk"]), item)
