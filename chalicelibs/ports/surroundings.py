"""What every use case stands in: the time, chance, and whoever is told of decisions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from chalicelibs.domain.journal import Note


class Clock(Protocol):
    """The time."""

    def now(self) -> datetime:
        """This instant, aware, UTC."""


class Ids(Protocol):
    """Identifiers and lots, new each time."""

    def new(self) -> str:
        """A plain id; later ones sort after earlier ones, to the millisecond."""

    def secret(self) -> str:
        """A secret that cannot be guessed."""

    def lot(self) -> int:
        """A number from 0 to 999."""

    def shuffled(self, count: int) -> Sequence[int]:
        """The numbers from 0 to count - 1 in random order."""


class Journal(Protocol):
    """Whoever is told of decisions: one by one, once they are stored."""

    def tell(self, note: Note) -> None:
        """Tell of one."""


class Unheard:
    """A journal that nobody reads."""

    def tell(self, note: Note) -> None:
        """See the port."""


UNHEARD = Unheard()
