"""What went on in a campaign, as JSON."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from pydantic import Field

from chalicelibs.api.bodies import At, Instant, View
from chalicelibs.api.searches import DatedQuery, of
from chalicelibs.domain.activity import Kind
from chalicelibs.use_cases.show_activity import Picture


class ActivityQuery(DatedQuery):
    """The query of `GET /campaigns/{id}/activity`."""

    since: Instant | None = Field(
        None, description="From then on; by default since its first call ended."
    )
    until: Instant | None = Field(
        None,
        description="Until then, at most 31 days later; by default until now, or its own end.",
    )


class PointView(View):
    """The calls that ended from an instant on, until the next point."""

    at: At
    reached: int = Field(description="Somebody talked; an agent's own outcomes, too.")
    missed: int = Field(
        description="Nobody answered or spoke: `no_answer`, `busy`, `voicemail`, `no_response`."
    )
    failed: int = Field(description="`failed` and `init_failed`.")


class AttemptView(View):
    """The ended calls that were the same attempt of their task."""

    attempt: int
    calls: int
    outcomes: dict[str, int]


class ActivityView(View):
    """What went on in a campaign."""

    step_s: int = Field(description="Seconds from a point to the next; at most 120 points.")
    points: list[PointView] = Field(description="Without gaps. A crash may have lost a call here.")
    attempts: list[AttemptView] = Field(description="Of all its calls, whatever the span: exact.")


class Span(NamedTuple):
    """From when to when; None: as it comes."""

    since: datetime | None
    until: datetime | None


def wanted(query: Mapping[str, str]) -> Span:
    """The span that a query asks for.

    Raises:
        Invalid: naming what is wrong.
    """
    asked = of(ActivityQuery, query)
    return Span(asked.since, asked.until)


def view(picture: Picture) -> ActivityView:
    """What went on, as it is shown."""
    step, points = picture.series
    return ActivityView(
        step_s=int(step.total_seconds()),
        points=[
            PointView(at=at, **{kind: max(counts.get(kind, 0), 0) for kind in Kind})
            for at, counts in points
        ],
        attempts=[
            AttemptView(attempt=number, calls=sum(outcomes.values()), outcomes=dict(outcomes))
            for number, outcomes in picture.tries.items()
        ],
    )
