"""Slots in the table: pages of call ids, each page one item and never more than one write unit."""

from collections.abc import Iterable, Mapping, Sequence, Set

from chalicelibs.adapters.dynamodb import keys
from chalicelibs.adapters.dynamodb.slots_plan import Pages, plan
from chalicelibs.adapters.dynamodb.table import ConditionFailed, Table
from chalicelibs.adapters.dynamodb.writes import telling_what_is_stored, update

#: A page that filled up between reading and writing is worth one more look, not more.
ROUNDS = 2


class DynamoSlots:
    """A string set per page; its size is the condition under which a call gets in."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def reserve(self, scope: str, call_ids: Sequence[str], limit: int) -> Mapping[str, int]:
        """See the port."""
        page_by_call: dict[str, int] = {}
        for _ in range(ROUNDS):
            if not (waiting := [one for one in call_ids if one not in page_by_call]):
                break
            pages = self._pages(scope)
            page_by_call |= _held_already(pages, waiting)
            waiting = [one for one in dict.fromkeys(waiting) if one not in page_by_call]
            was_overtaken = False
            for batch in plan(pages, waiting, limit=limit, shuffled=self._table.ids.shuffled):
                if self._write(scope, batch.page, batch.call_ids, batch.held_at_most):
                    page_by_call |= dict.fromkeys(batch.call_ids, batch.page)
                else:
                    was_overtaken = True
            if not was_overtaken:
                break
        return page_by_call

    def release(self, scope: str, call_ids: Set[str], page: int | None) -> None:
        """See the port."""
        wanted = [page] if page is not None else _holding(self._pages(scope), call_ids)
        for number in wanted:
            key = _key(scope, number)
            self._table.write(update(key, "DELETE #calls :ids", ids=frozenset(call_ids)))

    def held(self, scope: str) -> frozenset[str]:
        """See the port."""
        return frozenset().union(*self._pages(scope).values())

    def _pages(self, scope: str) -> Pages:
        items = self._table.query("#pk = :pk", pk=keys.slots(scope))
        return {int(item["sk"]): item.get("calls", frozenset()) for item in items}

    def _write(self, scope: str, page: int, call_ids: Iterable[str], held_at_most: int) -> bool:
        added = update(
            _key(scope, page),
            "ADD #calls :ids",
            "attribute_not_exists(#calls) OR size(#calls) <= :held_at_most",
            ids=frozenset(call_ids),
            held_at_most=held_at_most,
        )
        try:
            self._table.write(telling_what_is_stored(added))
        except ConditionFailed as failed:
            # A write whose answer was lost is sent again, and may find its own calls on the page.
            return frozenset(call_ids).issubset(failed.stored.get("calls", ()))
        return True


def _key(scope: str, page: int) -> keys.Key:
    return keys.slots(scope), f"{page:03}"


def _holding(pages: Pages, call_ids: Set[str]) -> list[int]:
    return [page for page, held in pages.items() if held & call_ids]


def _held_already(pages: Pages, call_ids: Iterable[str]) -> dict[str, int]:
    return {one: page for one in call_ids for page in _holding(pages, {one})[:1]}
