"""How far the erasing of a contact has come, and by which writings a number is recognised."""

import re
from dataclasses import dataclass
from typing import NamedTuple, Self

from chalicelibs.domain.naming import ALPHABET, LENGTH
from chalicelibs.domain.plain_letters import in_plain_letters

ID = f"[{ALPHABET}]{{{LENGTH}}}"

#: A place as text: a campaign, a task, an import, a row; each may be missing.
PLACE = rf"({ID})?\.({ID}-{ID})?\.({ID})?\.[0-9]{{0,10}}"

#: Fewer digits than this could be anybody's.
FEWEST_DIGITS = 7


class Place(NamedTuple):
    """Where to go on: in the campaign after this one, at this part of it.

    First come the tasks of a campaign, then the rejected rows of its imports.
    """

    after: str = ""  #: The campaign before; empty: none, the newest is next.
    task_id: str = ""  #: The last task that was looked at.
    import_id: str = ""  #: The import whose rows are looked at.
    row: str = ""  #: The last row of it that was looked at.

    @property
    def is_among_rows(self) -> bool:
        """Whether the tasks of this campaign are done."""
        return bool(self.import_id)

    def __str__(self) -> str:
        return ".".join(self)

    @classmethod
    def of(cls, text: str) -> Self:
        """The place that was written so."""
        return cls(*text.split("."))


def is_place(text: str) -> bool:
    """Whether a place could be written so."""
    return re.fullmatch(PLACE, text) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What was erased of a contact, and where to go on; None: that was all."""

    tasks: int = 0
    calls: int = 0
    rows: int = 0
    in_flight: int = 0  #: Tasks among these with a call that goes on; what it brings is not kept.
    place: Place | None = None


def could_mean(text: str, phone: str) -> bool:
    """Whether somebody may have written this for the number: with 00 or a trunk zero, say."""
    known, written = phone.removeprefix("+"), re.sub("[^0-9]", "", in_plain_letters(text))
    national = written.lstrip("0")
    return known in written or (len(national) >= FEWEST_DIGITS and known.endswith(national))
