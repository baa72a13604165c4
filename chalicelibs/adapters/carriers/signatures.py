"""Signatures of webhooks: compared in constant time, over what came, before it is read."""

import hmac
from collections.abc import Iterable
from datetime import datetime, timedelta

from chalicelibs.domain.instants import from_epoch_ms
from chalicelibs.ports.carriers import Forged

#: A report older than this, or this far ahead, is a replay.
REPLAY_WINDOW = timedelta(minutes=5)

SECOND_MS = 1000


def as_bytes(header: str) -> bytes:
    """A header as it came; what no text can hold becomes a question mark, and fits nothing."""
    return header.encode(errors="replace")


def check(signature: str, expected: Iterable[bytes]) -> None:
    """Let only a signature pass that one of the good secrets makes.

    Raises:
        Forged: when none does, or there is no secret.
    """
    # A list: all are compared, so the time tells not which was good.
    fits = [hmac.compare_digest(as_bytes(signature), one) for one in expected]
    if not any(fits):
        raise Forged("the signature does not fit")


def check_fresh(stamp: str, now: datetime, *, unit_ms: int = SECOND_MS) -> None:
    """Let only what was signed just now pass.

    Raises:
        Forged: when the time is none, or too far from now.
    """
    try:
        age = now - from_epoch_ms(int(stamp) * unit_ms)
    except (ValueError, OverflowError) as error:
        raise Forged("the timestamp is no time") from error
    if abs(age) > REPLAY_WINDOW:
        raise Forged("the report is too old")
