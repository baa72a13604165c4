"""Our verdict on an attempt."""

import re
from collections.abc import Iterable
from enum import StrEnum

from chalicelibs.domain.errors import Invalid


class Outcome(StrEnum):
    """The outcomes every carrier can report; an agent's analysis may add custom ones."""

    COMPLETED = "completed"  #: A conversation took place.
    NO_ANSWER = "no_answer"  #: It rang and nobody picked up.
    BUSY = "busy"  #: The line was busy, or the person declined.
    FAILED = "failed"  #: Dialled, but it broke; or no outcome ever came.
    INIT_FAILED = "init_failed"  #: Refused before it rang.
    BUSY_CALLBACK = "busy_callback"  #: The person asked to be called at another time.
    VOICEMAIL = "voicemail"  #: A machine answered.
    NO_RESPONSE = "no_response"  #: Somebody picked up and said nothing.


BUILT_IN = frozenset(Outcome)

#: Outcomes that are always tried again while attempts are left (seed: Hooman, retry outcomes).
ALWAYS_RETRIED = frozenset({"no_answer", "busy", "failed", "init_failed", "busy_callback"})

#: A plain verdict, which a more telling one may replace within the grace time.
PLAIN = frozenset({"completed"})

CUSTOM = re.compile(r"[a-z][a-z0-9_]{0,63}")


def normal_name(text: str) -> str:
    """An outcome as it is stored: `no-answer` is `no_answer`."""
    return text.strip().lower().replace("-", "_")


def check_outcomes(names: Iterable[str], *, custom: frozenset[str]) -> None:
    """Refuse names that are neither built in nor among the agent's own.

    Raises:
        Invalid: naming the outcome, and those that are known.
    """
    for name in sorted(names):
        if name not in BUILT_IN | custom:
            known = ", ".join(sorted(BUILT_IN | custom))
            raise Invalid(f"unknown outcome {name!r}; known are {known}", "retry_outcomes")


def is_outcome_name(text: str) -> bool:
    """Whether a word may be an outcome: lower case letters, digits and underscores."""
    return CUSTOM.fullmatch(text) is not None


def is_more_telling(new: str, old: str) -> bool:
    """Whether a later verdict on the same call may replace an earlier one."""
    return old in PLAIN and new not in {old, Outcome.FAILED, Outcome.INIT_FAILED}
