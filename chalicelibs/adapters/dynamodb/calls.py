"""Ended calls in the table."""

import json
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from chalicelibs.adapters.dynamodb import keys
from chalicelibs.adapters.dynamodb.call_item import as_text, call_item, call_of
from chalicelibs.adapters.dynamodb.codec import Item
from chalicelibs.adapters.dynamodb.search import calls_wanted, search
from chalicelibs.adapters.dynamodb.table import ConditionFailed, NotMade, Stretch, Table
from chalicelibs.adapters.dynamodb.writes import (
    IS_NEW,
    IS_THERE,
    Change,
    insertion,
    put,
    telling_what_is_stored,
)
from chalicelibs.domain.call import Call, Dialed
from chalicelibs.domain.errors import Stale
from chalicelibs.domain.instants import MILLISECOND
from chalicelibs.domain.naming import campaign_of, task_of
from chalicelibs.domain.results import abridged, is_large
from chalicelibs.domain.search import CallFilter
from chalicelibs.domain.transcript import from_lines, to_lines
from chalicelibs.ports.pages import Page
from chalicelibs.together import attempt

#: As if it were kept already: it goes alone.
NOT_SENT = ConditionFailed({})

#: Results that are read at the same time.
AT_ONCE = 8


class Results(Protocol):
    """Where what was said is kept if it is too much for an item; no version is ever changed."""

    def put(self, workspace_id: str, call_id: str, content: bytes) -> str:
        """Keep a version; gives what it is known by."""

    def get(self, workspace_id: str, call_id: str, digest: str) -> bytes | None:
        """A version; None: it was forgotten."""

    def forget(self, workspace_id: str, task_id: str) -> None:
        """Remove all versions of all calls of a task."""


class DynamoCalls:
    """An item per call, those of a workspace's month side by side in the order of their dial.

    An item names the version of its results only when that is stored: a crash leaves a version
    that nothing names, and no name without its version.
    """

    def __init__(self, table: Table, results: Results) -> None:
        self._table = table
        self._results = results

    def keep(self, workspace_id: str, call: Call) -> Call:
        """See the port."""
        key = keys.call(workspace_id, call.as_dialed)
        try:
            item = self._item(workspace_id, call)
            self._table.write(telling_what_is_stored(put(key, item, IS_NEW)))
        except ConditionFailed as failed:
            return self._whole(workspace_id, call.call_id, failed.stored)
        return call

    def keep_all(self, kept: Sequence[tuple[str, Call]]) -> Sequence[Call | Exception]:
        """See the port. One request takes 25; what is large or kept already goes alone."""
        plain = [one for one in kept if is_plain(one[1])]
        told = self._table.change_each([insert(*one) for one in plain])
        is_kept = {call.call_id: why_not for (_, call), why_not in zip(plain, told, strict=True)}
        return [self._kept(*one, is_kept.get(one[1].call_id, NOT_SENT)) for one in kept]

    def _kept(self, workspace_id: str, call: Call, why_not: NotMade | None) -> Call | Exception:
        if isinstance(why_not, ConditionFailed):
            kept: Call | Exception = attempt(self.keep, workspace_id, call)
            return kept
        return why_not or call

    def save(self, workspace_id: str, call: Call) -> None:
        """See the port."""
        key = keys.call(workspace_id, call.as_dialed)
        is_kept = None if call.is_erased else "attribute_not_exists(#is_erased)"
        try:
            self._table.write(put(key, self._item(workspace_id, call), is_kept))
        except ConditionFailed:  # it was erased, and stays so
            self.forget_results(workspace_id, task_of(call.call_id))

    def revise(self, workspace_id: str, call: Call) -> None:
        """See the port."""
        key = keys.call(workspace_id, call.as_dialed)
        revised = self._item(workspace_id, replace(call, revision=call.revision + 1))
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
        return None if item is None else self._whole(workspace_id, dialed.call_id, item)

    def get_all(self, workspace_id: str, dialed: Iterable[Dialed]) -> Sequence[Call]:
        """See the port."""
        found = self._table.get_all(keys.call(workspace_id, one) for one in dialed)
        items = [found[key] for key in sorted(found)]

        def read(item: Item) -> Call:
            return self._whole(workspace_id, keys.call_id_in(item["sk"]), item)

        if not any("results" in item for item in items):
            return [read(item) for item in items]
        with ThreadPoolExecutor(AT_ONCE) as readers:
            return list(readers.map(read, items))

    def forget_results(self, workspace_id: str, task_id: str) -> None:
        """See the port."""
        self._results.forget(workspace_id, task_id)

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

    def _item(self, workspace_id: str, call: Call) -> Item:
        """A call as it is stored, after what is too large for an item."""
        if call.is_abridged:
            raise Stale(call.call_id)  # its results went while it was read: it was erased
        if not is_large(call):
            return kept_item(call)
        digest = self._results.put(workspace_id, call.call_id, results_of(call))
        return {**kept_item(abridged(call)), "results": digest}

    def _whole(self, workspace_id: str, call_id: str, item: Item) -> Call:
        """A call as it was stored, with what stands beside it."""
        call, digest = call_of(call_id, item), item.get("results")
        kept = digest and self._results.get(workspace_id, call_id, digest)
        return whole(call, kept) if kept else call


def is_plain(call: Call) -> bool:
    """Whether a call is stored without anything beside its item."""
    return not (is_large(call) or call.is_abridged)


def insert(workspace_id: str, call: Call) -> Change:
    """What keeps a plain call, unless it is kept already."""
    return insertion(keys.call(workspace_id, call.as_dialed), kept_item(call))


def results_of(call: Call) -> bytes:
    """The transcript and the analysis of a call, as they stand beside it."""
    full = {"transcript": to_lines(call.transcript), "analysis": dict(call.analysis)}
    return as_text(full).encode()


def whole(call: Call, results: bytes) -> Call:
    """An abridged call with what `results_of` wrote."""
    full = json.loads(results)
    return replace(
        call,
        transcript=from_lines(full["transcript"]),
        analysis=full["analysis"],
        is_abridged=False,
    )


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
