"""Which page a call is written on: whatever happens at the same time, never above the limit."""

from collections.abc import Iterable
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from chalicelibs.adapters.dynamodb.slots_plan import (
    PAGE_SIZE,
    Batch,
    Pages,
    capacity_by_page,
    plan,
)

LIMITS = st.integers(0, 4 * PAGE_SIZE)


def names(prefix: str, count: int) -> list[str]:
    return [f"{prefix}{number}" for number in range(count)]


def planned(pages: Pages, call_ids: list[str], limit: int, seed: int) -> list[Batch]:
    chance = Random(seed)
    return list(plan(pages, call_ids, limit=limit, shuffled=lambda n: chance.sample(range(n), n)))


def written(pages: dict[int, frozenset[str]], batches: Iterable[Batch]) -> None:
    """Write as the table does: each batch under its condition."""
    for batch in batches:
        held = pages.get(batch.page, frozenset())
        if not held or len(held) <= batch.held_at_most:
            pages[batch.page] = held | set(batch.call_ids)


@given(LIMITS)
def test_pages_together_hold_the_limit(limit: int) -> None:
    assert sum(capacity_by_page(limit).values()) == limit


@given(LIMITS, st.integers(0, 120), st.integers())
def test_an_empty_scope_is_filled_exactly(limit: int, wanted: int, seed: int) -> None:
    pages: dict[int, frozenset[str]] = {}

    written(pages, planned(pages, names("a", wanted), limit, seed))

    assert sum(map(len, pages.values())) == min(limit, wanted)


@given(
    held=st.lists(st.integers(0, PAGE_SIZE), max_size=6),
    limit=LIMITS,
    wanted=st.lists(st.integers(0, 40), min_size=1, max_size=6),
    seed=st.integers(),
)
def test_workers_who_all_read_before_anybody_wrote_stay_within_the_limit(
    held: list[int], limit: int, wanted: list[int], seed: int
) -> None:
    pages = {page: frozenset(names(f"h{page}-", count)) for page, count in enumerate(held)}
    before = sum(held)
    batches = [
        batch
        for worker, count in enumerate(wanted)
        for batch in planned(dict(pages), names(f"w{worker}-", count), limit, seed + worker)
    ]
    Random(seed).shuffle(batches)

    written(pages, batches)

    assert sum(map(len, pages.values())) <= max(limit, before)


@given(
    held=st.lists(st.integers(0, PAGE_SIZE), max_size=6),
    left=st.integers(0, PAGE_SIZE),
    limit=LIMITS,
    seed=st.integers(),
)
def test_calls_that_end_between_reading_and_writing_do_no_harm(
    held: list[int], left: int, limit: int, seed: int
) -> None:
    pages = {page: frozenset(names(f"h{page}-", count)) for page, count in enumerate(held)}
    batches = planned(dict(pages), names("w", 60), limit, seed)
    pages = {page: frozenset(sorted(calls)[left:]) for page, calls in pages.items()}
    remaining = sum(map(len, pages.values()))

    written(pages, batches)

    assert sum(map(len, pages.values())) <= max(limit, remaining)
