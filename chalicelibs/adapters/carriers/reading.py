"""What reports say, read with care: each value of the kind it should be, times as instants."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Any, TypeVar

from chalicelibs.domain.instants import MILLISECOND, from_epoch_ms
from chalicelibs.domain.local_time import instant_of
from chalicelibs.domain.outcome import is_outcome_name
from chalicelibs.domain.transcript import Transcript, Utterance
from chalicelibs.domain.zones import UnknownZone, zone

Kind = TypeVar("Kind")

#: What reading a text from outside can raise: no JSON, not the fields, not their kinds, too deep.
UNREADABLE = (
    *(ValueError, KeyError, TypeError, IndexError),
    *(AttributeError, OverflowError, RecursionError),
)

#: How long a carrier that is full is left alone when it does not say, and at most.
USUAL_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(hours=1)

#: A time before or after these is none that a contact asked for: seconds taken for milliseconds.
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)

#: The letters of a day without a time.
DAY = len("2027-03-05")


def plain(body: bytes) -> Any:
    """A body of JSON, without what JSON can spell and nothing can keep.

    Half of a letter, where a text was cut, becomes a question mark; a number that is none, null.

    Raises:
        ValueError: when it is no JSON.
    """
    found = json.loads(body, parse_float=_finite, parse_constant=lambda _: None)
    text = json.dumps(found, ensure_ascii=False)
    return json.loads(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def _finite(text: str) -> float | None:
    number = float(text)
    return number if isfinite(number) else None


def pause_of(retry_after: str, *, now: datetime) -> timedelta:
    """How long a `Retry-After` says to wait, in seconds or by a date; the usual, if neither."""
    try:
        pause = timedelta(seconds=float(retry_after))
    except (ValueError, OverflowError):
        try:
            pause = parsedate_to_datetime(retry_after) - now
        except (ValueError, TypeError, OverflowError):
            pause = USUAL_PAUSE
    return min(max(pause, timedelta(0)), LONGEST_PAUSE)


def told(report: Mapping[str, Any], name: str, kind: type[Kind]) -> Kind | None:
    """What a report says under a name; None where it says nothing.

    Raises:
        TypeError: when it is of another kind.
    """
    value = report.get(name)
    if value is not None and type(value) is not kind:
        raise TypeError(name)
    return value


def needed(report: Mapping[str, Any], name: str, kind: type[Kind]) -> Kind:
    """What a report says under a name.

    Raises:
        KeyError: when it says nothing.
        TypeError: when it is of another kind.
    """
    value = told(report, name, kind)
    if value is None:
        raise KeyError(name)
    return value


def flag(report: Mapping[str, Any], name: str) -> bool:
    """Whether a report says so; what it does not mention is not so."""
    return told(report, name, bool) or False


def within(value: int, bounds: tuple[int, int]) -> int:
    """A number, brought between its bounds."""
    least, most = bounds
    return min(max(value, least), most)


def money(amount: object, currency: str, *, parts: int = 1) -> str:
    """What a call cost, told as a number, perhaps in so many parts of its unit.

    Raises:
        TypeError: when it is no number.
    """
    if isinstance(amount, bool) or not isinstance(amount, int | float):
        raise TypeError("cost")
    return f"{amount / parts:.6f} {currency}"


def instant_in(report: Mapping[str, Any], name: str) -> datetime:
    """An instant that a report writes as ISO 8601 with an offset.

    Raises:
        ValueError: when it is none.
    """
    at = datetime.fromisoformat(needed(report, name, str))
    if at.tzinfo is None:
        raise ValueError(name)
    return at.astimezone(UTC)


def seconds_in(report: Mapping[str, Any], name: str) -> timedelta | None:
    """A duration that a report writes in seconds, with decimals; None where it says nothing.

    Raises:
        TypeError: when it is no number.
    """
    seconds = report.get(name)
    if seconds is None:
        return None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise TypeError(name)
    return round(seconds * 1000) * MILLISECOND


def lines_in(lines: Iterable[tuple[str, str, timedelta | None]]) -> Transcript:
    """Who said what, and when."""
    return tuple(Utterance(role, text, after) for role, text, after in lines)


def transcript_of(report: Mapping[str, Any]) -> Transcript:
    """Who said what, by `role`, `text` and perhaps `at_ms` from the start of the conversation."""
    return tuple(
        Utterance(
            role=needed(line, "role", str),
            text=needed(line, "text", str),
            after=after_of(told(line, "at_ms", int)),
        )
        for line in told(report, "transcript", list) or ()
    )


def after_of(at_ms: int | None) -> timedelta | None:
    """Milliseconds of a conversation as a duration."""
    return None if at_ms is None else at_ms * MILLISECOND


def callback_of(analysis: Mapping[str, Any]) -> datetime | None:
    """When the contact asked to be called; None where what is said names no instant.

    Nothing is refused here: somebody who asked to be called back did so, whatever became of the
    time. It is an instant, `callback_at`, or `callback` with a `local` time and its `timezone`.
    """
    try:
        at = asked_instant(analysis.get("callback_at")) or asked_local(analysis.get("callback"))
    except (ValueError, OverflowError, UnknownZone):
        return None
    return at if at is not None and EARLIEST <= at < LATEST else None


def analysis_in(analysis: Mapping[str, Any]) -> dict[str, Any]:
    """What the agent made of the conversation: perhaps an outcome, perhaps a time to call back."""
    if not analysis:
        return {}
    outcome = analysis.get("outcome")
    known: dict[str, Any] = {"analysis": analysis, "callback_at": callback_of(analysis)}
    if analysis.get("do_not_call") is True:
        known["opts_out"] = True
    if isinstance(outcome, str) and is_outcome_name(outcome):
        known["outcome"] = outcome
    return known


def cost_in(cost: Mapping[str, Any] | None) -> str | None:
    """What a call cost: amount and currency."""
    return f"{needed(cost, 'amount', str)} {needed(cost, 'currency', str)}" if cost else None


def asked_instant(value: object) -> datetime | None:
    """An instant as ISO 8601 with an offset, or in milliseconds since 1970."""
    if type(value) is int:
        return from_epoch_ms(value)
    at = clock_time(value)
    return None if at is None or at.tzinfo is None else at.astimezone(UTC)


def asked_local(value: object) -> datetime | None:
    """A local time in a zone: after a gap of the clocks, and the later one of two."""
    if not isinstance(value, Mapping):
        return None
    at, name = clock_time(value.get("local")), value.get("timezone")
    if at is None or at.tzinfo is not None or name is None:
        return asked_instant(value.get("local"))
    return instant_of(at, zone(name))


def clock_time(value: object) -> datetime | None:
    """A day and a time of it, with an offset or without; None where it is not both."""
    if not isinstance(value, str) or len(value) <= DAY:
        return None
    return datetime.fromisoformat(value)
