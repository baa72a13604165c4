"""How a call to a number goes: by rule for the numbers of the table, by chance for all others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from local.carrier.chance import Random


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """One way in which a call may end, as the carrier words it."""

    status: str
    is_answered: bool = False
    is_permanent: bool = False
    has_analysis: bool = False
    analysis_outcome: str | None = None
    asks_for_callback: bool = False
    #: Who says what: the role and the words of each utterance.
    dialogue: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A range of durations to draw from."""

    low_ms: int
    high_ms: int

    def draw(self, rng: Random) -> int:
        """One duration of the range."""
        return rng.randint(self.low_ms, self.high_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long the stages of a call last, in compressed time."""

    queue: Span = Span(low_ms=0, high_ms=0)
    ring: Span = Span(low_ms=200, high_ms=800)
    talk: Span = Span(low_ms=500, high_ms=2000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is going to happen to one call, settled before it rings."""

    ending: Ending
    queue_ms: int
    ring_ms: int
    talk_ms: int


#: In a rule: the request itself is refused, nothing is dialled.
REFUSED: Final = "refused"

CONVERSATION: Final = (
    ("agent", "Hello, this is a simulated call."),
    ("contact", "Hello. I am simulated, too."),
    ("agent", "Then we are done. Goodbye."),
)
LATER: Final = (*CONVERSATION[:1], ("contact", "Not now, please call me later."))
MAILBOX: Final = (("contact", "You have reached a mailbox."), ("agent", "I shall call again."))

ENDINGS: Final[Mapping[str, Ending]] = {
    "completed": Ending(status="completed", is_answered=True, dialogue=CONVERSATION),
    "summarised": Ending(
        status="completed", is_answered=True, has_analysis=True, dialogue=CONVERSATION
    ),
    "interested": Ending(
        status="completed",
        is_answered=True,
        has_analysis=True,
        analysis_outcome="interested",
        dialogue=CONVERSATION,
    ),
    "busy-callback": Ending(
        status="completed",
        is_answered=True,
        has_analysis=True,
        analysis_outcome="busy_callback",
        asks_for_callback=True,
        dialogue=LATER,
    ),
    "voicemail": Ending(status="voicemail", is_answered=True, dialogue=MAILBOX),
    "no-response": Ending(status="no-response", is_answered=True, dialogue=CONVERSATION[:1]),
    "no-answer": Ending(status="no-answer"),
    "busy": Ending(status="busy"),
    "failed": Ending(status="failed"),
    "unallocated": Ending(status="failed", is_permanent=True),
}

#: Last digits of the number → how its first, second … call ends; the last one named repeats.
RULES: Final[Mapping[str, Sequence[str]]] = {
    "00": (REFUSED,),
    "01": ("busy",),
    "02": ("no-answer",),
    "03": ("voicemail",),
    "04": ("failed",),
    "05": ("no-response",),
    "06": ("interested",),
    "07": ("busy", "completed"),
    "08": ("busy-callback",),
    "09": ("unallocated",),
}

WEIGHTS: Final[Mapping[str, float]] = {
    "completed": 70,
    "no-answer": 15,
    "busy": 8,
    "voicemail": 4,
    "failed": 3,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Odds:
    """Which numbers end by rule, and the weights of chance for the others."""

    rules: Mapping[str, Sequence[str]]
    weights: Mapping[str, float]

    def rule_for(self, to: str) -> Sequence[str] | None:
        """Find the rule with the longest matching last digits, if there is one."""
        suffixes = [suffix for suffix in self.rules if to.endswith(suffix)]
        return self.rules[max(suffixes, key=len)] if suffixes else None

    def ending_name(self, to: str, *, earlier_calls: int, rng: Random) -> str:
        """How the next call to this number ends; `refused` where it is not even dialled."""
        rule = self.rule_for(to)
        if rule:
            return rule[min(earlier_calls, len(rule) - 1)]
        return rng.choices(list(self.weights), weights=list(self.weights.values()))[0]


def plan(
    ending: Ending, *, timing: Timing, ring_timeout_ms: int, max_duration_ms: int, rng: Random
) -> Plan:
    """Draw the stages of a call; it rings and talks no longer than the request allows."""
    return Plan(
        ending=ending,
        queue_ms=timing.queue.draw(rng),
        ring_ms=min(timing.ring.draw(rng), ring_timeout_ms),
        talk_ms=min(timing.talk.draw(rng), max_duration_ms) if ending.is_answered else 0,
    )
