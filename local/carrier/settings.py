"""How one carrier is to behave, from its command line."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from local.carrier.faults import NAMES, BadFaults, Faults
from local.carrier.outcomes import ENDINGS, REFUSED, RULES, WEIGHTS, Odds, Span, Timing
from local.carrier.switchboard import Behaviour
from local.carrier.webhooks import WebhookRules

#: As one would write them on the command line.
DEFAULT_WEIGHTS: Final = ",".join(f"{name}={weight:g}" for name, weight in WEIGHTS.items())

_EPILOG: Final = f"""\
Endings: {", ".join(ENDINGS)}; in rules also {REFUSED}.
Built-in rules, by last digits:
  {"; ".join(f"{digits} {', then '.join(names)}" for digits, names in RULES.items())}.
Durations are seconds of real time. Probabilities are 0 to 1; those of create_* and those of
webhook_* exclude each other, so each group sums to at most 1. PUT /faults changes them later.
create_hangs: dialled, but the request is dropped unanswered after hang_ms. late: sent late_ms
later. reordered: sent after the call's next event (after late_ms where none comes).
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything the carrier is told at its start."""

    port: int
    journal: Path
    api_key: str
    webhooks: WebhookRules
    behaviour: Behaviour
    faults: Faults


def parse_settings(arguments: Sequence[str]) -> Settings:
    """Parse the command line; exits with a message where it is wrong."""
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        faults = Faults(**{name: getattr(given, name) for name in NAMES})
    except BadFaults as error:
        parser.error(str(error))
    rules = {} if given.no_rules else RULES
    return Settings(
        port=given.port,
        journal=given.journal,
        api_key=given.api_key,
        webhooks=WebhookRules(
            secret=given.webhook_secret,
            seed=given.seed,
            connections=given.webhook_connections,
            retry_delays=given.webhook_retry_delays,
        ),
        faults=faults,
        behaviour=Behaviour(
            seed=given.seed,
            odds=Odds(rules={**rules, **dict(given.rule)}, weights=given.weights),
            timing=Timing(queue=given.queue, ring=given.ring, talk=given.talk),
            analysis_delay=given.analysis_delay,
            callback_in_ms=round(given.callback_in * 1000),
            callback_timezone=given.callback_timezone,
        ),
    )


class _Formatter(argparse.ArgumentDefaultsHelpFormatter, argparse.RawDescriptionHelpFormatter):
    """Defaults in the help of each flag, and the epilog as it stands."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local.carrier",
        description="A carrier that dials nobody and journals what it would have rung.",
        epilog=_EPILOG,
        formatter_class=_Formatter,
    )
    add = parser.add_argument
    add("--port", type=int, default=8702, help="on 127.0.0.1; 0 picks a free one")
    add("--journal", type=Path, default=Path(".local/carrier/journal.jsonl"), help="the file")
    add("--seed", type=int, default=7, help="of all chance")
    add("--api-key", default="simulated-key", help="that callers must bear")
    add("--webhook-secret", default="simulated-secret", help="that signs webhooks")
    add("--queue", type=_span, default="0:0", metavar="LOW:HIGH", help="before dialling")
    add("--ring", type=_span, default="0.2:0.8", metavar="LOW:HIGH", help="ringing lasts")
    add("--talk", type=_span, default="0.5:2.0", metavar="LOW:HIGH", help="talking lasts")
    add("--analysis-delay", type=duration, default=0.3, help="between ended and analysis")
    add("--callback-in", type=duration, default=5.0, help="from the end of a busy-callback call")
    add(
        "--callback-timezone",
        type=_zone,
        metavar="ZONE",
        help="say the time to call back as a local time there, not as an instant",
    )
    add("--weights", type=_weights, default=DEFAULT_WEIGHTS, metavar="ENDING=N,…", help="chances")
    add(
        "--rule",
        type=_rule,
        action="append",
        default=[],
        metavar="DIGITS=ENDING[,ENDING…]",
        help="numbers with these last digits end so; repeatable, added to the built-in rules",
    )
    add("--no-rules", action="store_true", help="leave the built-in rules out")
    add("--webhook-connections", type=int, default=100, help="open at once")
    add(
        "--webhook-retry-delays",
        type=delays,
        default="0.5,1,2,4,8,8",
        metavar="S,S,…",
        help="before each further try of a webhook",
    )
    for name in NAMES:
        default = getattr(Faults(), name)
        flag = f"--{name.replace('_', '-')}"
        add(flag, type=type(default), default=default, metavar="N", help="fault, see below")
    return parser


def duration(text: str) -> float:
    """Read seconds that may have a fraction."""
    value = float(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a duration")
    return value


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no IANA time zone") from error
    return text


def _span(text: str) -> Span:
    low, _, high = text.partition(":")
    span = Span(low_ms=round(duration(low) * 1000), high_ms=round(duration(high or low) * 1000))
    if span.low_ms > span.high_ms:
        raise argparse.ArgumentTypeError(f"{text} begins after its end")
    return span


def delays(text: str) -> tuple[float, ...]:
    """Read durations between commas."""
    return tuple(duration(part) for part in text.split(",") if part)


def _weights(text: str) -> Mapping[str, float]:
    weights = {}
    for part in text.split(","):
        name, _, weight = part.partition("=")
        _check_ending(name, ENDINGS)
        weights[name] = duration(weight)
    if not sum(weights.values()):
        raise argparse.ArgumentTypeError("the weights must not all be 0")
    return weights


def _rule(text: str) -> tuple[str, Sequence[str]]:
    digits, _, names = text.partition("=")
    if not digits.isdecimal():
        raise argparse.ArgumentTypeError(f"{digits!r} are no last digits")
    endings = tuple(names.split(","))
    for name in endings:
        _check_ending(name, (*ENDINGS, REFUSED))
    return digits, endings


def _check_ending(name: str, known: Sequence[str] | Mapping[str, object]) -> None:
    if name not in known:
        raise argparse.ArgumentTypeError(f"{name!r} is no ending; known are {', '.join(known)}")
