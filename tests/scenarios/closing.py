"""S5: the window closes in the middle of a batch, also when clocks change and over midnight."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from chalicelibs.api.tasks import view
from chalicelibs.domain.calling_hours import CallingHours
from chalicelibs.domain.instants import epoch_ms
from local.promises import Ring
from local.trial import Customer, own_stack, phones, until
from tests.scenarios import judges
from tests.scenarios.scenario import ALWAYS, Scenario, Verdict, carrier, verdict
from tests.scenarios.virtual import a_quiet_world, live_on, push
from tests.scenarios.watching import come_to_rest, rings_of
from tests.simulation.audit import violations
from tests.simulation.history import WORKSPACE

#: A window that has less than this left is left to close by itself.
LEAST_OPEN_S = 15
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """A window, and the instants in UTC at which it opens, closes and opens again."""

    name: str
    zone: str
    start: str
    end: str
    opens: str
    closes: str
    reopens: str


CLOSINGS = (
    Closing(
        name="clocks go forward in New York",
        zone="America/New_York",
        start="01:00",
        end="04:00",
        opens="2027-03-14T06:00Z",
        closes="2027-03-14T08:00Z",
        reopens="2027-03-15T05:00Z",
    ),
    Closing(
        name="clocks go back in New York, and the window ends in the hour that comes twice",
        zone="America/New_York",
        start="00:30",
        end="01:30",
        opens="2027-11-07T04:30Z",
        closes="2027-11-07T05:30Z",
        reopens="2027-11-08T05:30Z",
    ),
    Closing(
        name="over midnight, and the clocks go forward in Berlin",
        zone="Europe/Berlin",
        start="22:00",
        end="03:30",
        opens="2027-03-27T21:00Z",
        closes="2027-03-28T01:30Z",
        reopens="2027-03-28T20:00Z",
    ),
    Closing(
        name="over midnight, and the clocks go back in New York",
        zone="America/New_York",
        start="22:00",
        end="02:00",
        opens="2027-11-07T02:00Z",
        closes="2027-11-07T07:00Z",
        reopens="2027-11-08T03:00Z",
    ),
    Closing(
        name="at midnight",
        zone="Europe/Madrid",
        start="20:00",
        end="24:00",
        opens="2027-03-05T19:00Z",
        closes="2027-03-05T23:00Z",
        reopens="2027-03-06T19:00Z",
    ),
)


def play(data: Path, contacts: int = 12, talk_s: int = 10) -> Verdict:
    """A real window that closes in a minute; then clock changes and midnights in virtual time."""
    seen, wrong = close_now(data, contacts, talk_s)
    return verdict(f"{seen}; {len(CLOSINGS)} windows in virtual time", wrong, close_everywhere())


def close_now(data: Path, contacts: int, talk_s: int) -> tuple[str, list[str]]:
    """Let the window close on the real stack, at the next full minute."""
    with own_stack(
        data, carrier=carrier("--ring=0", f"--talk={talk_s}", ALWAYS), tick_s=5
    ) as stack:
        customer = Customer(stack, {"max_duration_s": talk_s}, concurrency_limit=1)
        opens, closes = window_at(datetime.now(UTC))
        hours = {"start": f"{opens:%H:%M}", "end": f"{closes:%H:%M}".replace("00:00", "24:00")}
        campaign_id = customer.campaign(timezone="UTC", calling_hours=hours)
        customer.bring(campaign_id, phones(contacts))
        customer.steer("start", campaign_id)
        closes_ms = epoch_ms(closes)
        until(lambda: time.time() * 1000 > closes_ms + 2000 * talk_s, within_s=200, every_s=1)
        come_to_rest(customer, campaign_id)
        tasks, rings = customer.tasks(campaign_id), rings_of(customer, campaign_id)
    waiting = sum(task["status"] == "queued" for task in tasks)
    wrong = [
        *judges.lost(tasks, contacts),
        *judges.late(rings, closes_ms=closes_ms),
        *judges.untold_opening(tasks, reopens_ms=epoch_ms(opens + DAY)),
        *judges.attempts_spent_in_vain(tasks, rings),
        *([] if rings and waiting else ["the window did not close in mid-batch"]),
    ]
    late = sum(ring.started_ms >= closes_ms for ring in rings)
    return f"{len(rings)} calls, {late} of them late, {waiting} wait for tomorrow", wrong


def window_at(now: datetime) -> tuple[datetime, datetime]:
    """A window of whole minutes that is open now and closes soon, but not at once."""
    opens = now.replace(second=0, microsecond=0)
    closes = opens + timedelta(minutes=1)
    if closes - now < timedelta(seconds=LEAST_OPEN_S):
        closes += timedelta(minutes=1)
    return opens, closes


def close_everywhere() -> list[str]:
    """Every window of the table, in virtual time: the stack cannot move its clock."""
    return [f"{one.name}: {line}" for one in CLOSINGS for line in close_at(one)]


def close_at(closing: Closing) -> Iterator[str]:
    """One window from half an hour before it opens to half an hour after it closed."""
    opens, closes, reopens = (
        datetime.fromisoformat(at) for at in (closing.opens, closing.closes, closing.reopens)
    )
    hours = CallingHours.of(start=closing.start, end=closing.end, zone=closing.zone)
    begin, contacts = opens - timedelta(minutes=30), 200
    history = a_quiet_world(begin, limit=1, hours=hours)
    push(history, contacts)
    live_on(history, closes + timedelta(minutes=30))
    rings = [
        Ring(
            call_id=ring.call_id,
            started_ms=epoch_ms(ring.started_at),
            ended_ms=epoch_ms(ring.ended_at),
        )
        for ring in history.carrier.rings
    ]
    readings = [
        history.service.look_up.task(WORKSPACE, task_id) for task_id in history.store.tasks
    ]
    tasks = [view(one, history.world.now).model_dump(mode="json") for one in readings]
    yield from judges.lost(tasks, contacts)
    yield from judges.late(rings, closes_ms=epoch_ms(closes))
    yield from judges.early(rings, opens_ms=epoch_ms(opens))
    yield from judges.untold_opening(tasks, reopens_ms=epoch_ms(reopens))
    yield from judges.attempts_spent_in_vain(tasks, rings)
    yield from (str(one) for one in violations(history) if one.promise != "P5")
    if not rings or rings[-1].started_ms < epoch_ms(closes) - 10 * 60_000:
        yield "nobody was called in the last minutes of the window"


SCENARIO = Scenario(
    key="S5",
    name="the window closes",
    action="12 contacts, limit 1, calls of 10 s; the window ends in mid-batch; "
    "in virtual time across both clock changes and midnight",
    expected="0 late; waiting tasks show the next opening; no attempt spent",
    play=play,
    is_light=True,
)
