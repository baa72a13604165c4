"""What goes wrong, how often, and for how long."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

#: How often each thing happens in a world in which it is common, per occasion.
PER_PORT_CALL: Mapping[str, float] = {
    "crash": 0.02,  # the invocation dies before it
    "stall": 0.01,  # it takes seconds instead of milliseconds
    "request_refused": 0.03,  # it raises and did nothing
    "answer_lost": 0.03,  # it took effect and raises
    "condition_echo": 0.03,  # a conditional write that the SDK repeats meets itself
}
COMMON: Mapping[str, float] = {
    **PER_PORT_CALL,
    "message_doubled": 0.3,
    "message_late": 0.5,  # by seconds or minutes
    "message_very_late": 0.02,  # by hours or days, up to the queue's retention and beyond
    "nudge_lost": 0.5,
    "webhook_lost": 0.3,
    "webhook_doubled": 0.5,
    "webhook_late": 0.3,  # by minutes
    "webhook_a_day_late": 0.05,
    "analysis_first": 0.3,  # the analysis comes before the end, or with it
    "dial_refused": 0.1,
    "dial_throttled": 0.2,
    "dial_unreachable": 0.2,
    "dial_answer_lost": 0.2,  # half of these ring
    "dial_hangs": 0.1,  # the request outlasts our patience; half of these ring, later
    "fetch_fails": 0.5,
    "agenda_old": 0.5,  # per look into the index
    "reports_piled": 0.9,  # nobody takes them for minutes, and then many at once
    "calls_piled": 0.5,  # the same with calls that are to be placed
}

#: What may be away for minutes as a whole, and how much of it then fails.
AWAY = {"table": 0.9, "queue": 0.9, "carrier": 1.0}

#: The clocks of two workers differ by at most twice this; see `audit`.
MOST_SKEW = timedelta(seconds=3)

#: The carrier's clock is another's: its reports are dated by it.
MOST_CARRIER_SKEW = timedelta(seconds=90)


class Outage(NamedTuple):
    """A time during which nearly everything that is asked of something fails."""

    what: str
    begin: datetime
    end: datetime

    def strikes(self, what: str, now: datetime) -> bool:
        """Whether it is that which is away now."""
        return self.what == what and self.begin <= now < self.end


def some_rates(random: Random) -> dict[str, float]:
    """A mixture: each kind is absent, rare or common; in some worlds nothing goes wrong."""
    if random.random() < 0.15:
        return {}
    shares = {name: random.choice([0.0, 0.0, 0.1, 1.0]) for name in COMMON}
    return {name: COMMON[name] * share for name, share in shares.items() if share}


def some_outages(random: Random, start: datetime) -> list[Outage]:
    """Half of the worlds know none, the others a few of some minutes."""
    if random.random() < 0.5:
        return []
    return [
        some_outage(random, start + timedelta(seconds=random.randrange(4 * 3600)))
        for _ in range(random.randrange(1, 4))
    ]


def some_outage(random: Random, begin: datetime) -> Outage:
    """From half a minute to half an hour."""
    length = timedelta(seconds=random.choice([30, 120, 600, 1800]))
    return Outage(random.choice(sorted(AWAY)), begin, begin + length)
