"""Erased contacts as JSON."""

from pydantic import Field

from chalicelibs.api.agents import phone_in
from chalicelibs.api.bodies import View
from chalicelibs.domain.erasing import Erased, Place


class ErasedView(View):
    """What was erased of a contact by this request, and where to go on."""

    erased_tasks: int
    erased_calls: int = Field(description="Ended calls of theirs.")
    erased_rows: int = Field(description="Rejected rows of files that named the number.")
    in_flight: int = Field(
        description="Erased tasks whose call goes on: nothing that it brings is kept."
    )
    is_complete: bool = Field(description="Nothing is left to be looked at.")
    next_cursor: str | None = Field(description="Where to go on; null: that was all.")


def named(phone: str, cursor: str | None) -> tuple[str, Place | None]:
    """Whom a path names, and where to go on."""
    return phone_in(phone), None if cursor is None else Place.of(cursor)


def view(erased: Erased) -> ErasedView:
    """What was erased."""
    return ErasedView(
        erased_tasks=erased.tasks,
        erased_calls=erased.calls,
        erased_rows=erased.rows,
        in_flight=erased.in_flight,
        is_complete=erased.place is None,
        next_cursor=None if erased.place is None else str(erased.place),
    )
