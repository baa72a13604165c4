"""Lists that are read page by page."""

from collections.abc import Sequence
from typing import Generic, NamedTuple, TypeVar

Item = TypeVar("Item")


class Page(NamedTuple, Generic[Item]):
    """Some items of a list, and where it goes on; None: that was all.

    A page of a filtered list may hold fewer than asked for, or none, although it goes on.
    """

    items: Sequence[Item]
    cursor: str | None


class Paging(NamedTuple):
    """Which part of a list is asked for."""

    cursor: str | None = None  #: Where the last page ended.
    limit: int = 50
