"""Which calls to write on which slots page, so that nobody can exceed the limit."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

#: Calls on one page: with ids of 35 letters it stays below the kilobyte of one write unit.
PAGE_SIZE = 24

#: The calls that each page holds, as read.
Pages = Mapping[int, frozenset[str]]


class Batch(NamedTuple):
    """Calls for one page, to be written if it holds no more than that by then."""

    page: int
    call_ids: Sequence[str]
    held_at_most: int


def plan(
    pages: Pages,
    call_ids: Sequence[str],
    *,
    limit: int,
    shuffled: Callable[[int], Sequence[int]],
) -> Iterator[Batch]:
    """Places for as many calls as the limit lets in, on pages in random order.

    After a limit was lowered, some pages hold more than they may. That overflow is taken off the
    capacity of every other page, not off their sum: whatever others write at the same time, what
    is admitted on one page plus all that other pages may hold stays within the limit.
    """
    capacities = capacity_by_page(limit)
    numbers = {*capacities, *pages}
    overflow = sum(max(0, len(pages.get(page, ())) - capacities.get(page, 0)) for page in numbers)
    waiting = list(call_ids)
    for page in shuffled(len(capacities)):
        allowed = capacities[page] - overflow
        room = min(allowed - len(pages.get(page, ())), len(waiting))
        if room > 0:
            chosen, waiting = waiting[:room], waiting[room:]
            yield Batch(page, chosen, allowed - room)


def capacity_by_page(limit: int) -> dict[int, int]:
    """How many calls each page may hold: all but the last are full-size."""
    starts = range(0, limit, PAGE_SIZE)
    return {page: min(PAGE_SIZE, limit - start) for page, start in enumerate(starts)}
