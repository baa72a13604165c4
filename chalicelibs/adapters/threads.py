"""Several things at the same time, in this process."""

from collections.abc import Callable, Sequence
from typing import TypeVar

Item = TypeVar("Item")
Done = TypeVar("Done")

MANY = 2


def in_threads(act: Callable[[Item], Done], items: Sequence[Item], /) -> Sequence[Done]:
    """See the port `SideBySide`; one alone needs no thread."""
    if len(items) < MANY:
        return [act(item) for item in items]
    from concurrent.futures import ThreadPoolExecutor  # for those who need threads, and only them

    with ThreadPoolExecutor(len(items)) as threads:
        return list(threads.map(act, items))
