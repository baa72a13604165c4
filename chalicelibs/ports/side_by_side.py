"""How several things are done that wait for others most of the time."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

Item = TypeVar("Item")
Done = TypeVar("Done")


class SideBySide(Protocol):
    """How several things are done that wait for others most of the time, like carriers."""

    def __call__(self, act: Callable[[Item], Done], items: Sequence[Item], /) -> Sequence[Done]:
        """Do it with each item at the same time; gives what came of each. The act never raises."""


def one_by_one(act: Callable[[Item], Done], items: Sequence[Item], /) -> Sequence[Done]:
    """Do things one after another, where nobody waits."""
    return list(map(act, items))
