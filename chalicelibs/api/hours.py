"""Calling hours as JSON."""

from typing import Literal

from pydantic import Field

from chalicelibs.api.bodies import Body, ClockTime, View
from chalicelibs.domain.calling_hours import ALL_DAYS, CallingHours
from chalicelibs.domain.errors import Invalid

#: A day as people write it.
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

#: All of them; Monday is 0 inside.
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Hours(Body):
    """When calls may start: `[start, end)` on these days."""

    start: ClockTime = Field(description="`10:00` or 1000.")
    end: ClockTime = Field(description="`18:00` or 1800; `24:00` is the end of the day.")
    days: list[str] | None = Field(None, min_length=1, description="Like `mon`; default: all.")

    def to_domain(self, zone: str) -> CallingHours:
        """The hours in a zone.

        Raises:
            InvalidHours: when they are equal, or no times of a day.
        """
        days = None
        if self.days is not None:
            days = frozenset(day_number(day) for day in self.days)
        try:
            return CallingHours.of(start=self.start, end=self.end, zone=zone, days=days)
        except Invalid as error:
            error.param = f"calling_hours.{error.param}"
            raise


def day_number(day: str) -> int:
    """The number of a day.

    Raises:
        Invalid: naming the days that there are.
    """
    if day.lower()[:3] not in DAYS:
        raise Invalid(f"unknown day {day!r}; write {', '.join(DAYS)}", "calling_hours.days")
    return DAYS.index(day.lower()[:3])


class HoursView(View):
    """When calls may start: `[start, end)` on these days, on the clocks of the zone."""

    start: str = Field(description="Like `10:00`.")
    end: str = Field(description="Like `18:00`; `24:00` is the end of the day.")
    days: list[Day]
    timezone: str = Field(description="An IANA name, like `Europe/Madrid`.")
    is_every_day: bool


def hours_view(hours: CallingHours | None) -> HoursView | None:
    """Calling hours; None: at any time."""
    if hours is None:
        return None
    return HoursView(
        start=clock_time(hours.opens),
        end=clock_time(hours.closes),
        days=[DAYS[day] for day in sorted(hours.days)],
        timezone=hours.zone,
        is_every_day=hours.days == ALL_DAYS,
    )


def clock_time(minutes: int) -> str:
    """Minutes of a day as people write them."""
    return f"{minutes // 60:02}:{minutes % 60:02}"
