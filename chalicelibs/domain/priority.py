"""Which of two due tasks goes first: callbacks, then the larger number, then the earlier start."""

from enum import StrEnum

from chalicelibs.domain.errors import Invalid

#: Numbers on the common scale that a realtime task may bring.
LOWEST, HIGHEST = 0, 1000


class Level(StrEnum):
    """The priority of a campaign in words (seed: Hooman; the outer two from its newer pages)."""

    LOWEST = "lowest"
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    HIGHEST = "highest"


FIRST_ATTEMPT = {
    Level.LOWEST: 25,
    Level.LOW: 50,
    Level.NORMAL: 100,
    Level.HIGH: 200,
    Level.HIGHEST: 400,
}


def of_attempt(level: Level, attempt_no: int) -> int:
    """One less for each further attempt, so all first attempts go before second ones."""
    return FIRST_ATTEMPT[level] - (attempt_no - 1)


def of_attempts(first: int, attempts: int) -> tuple[int, ...]:
    """The priorities of so many attempts where the first has this one."""
    return tuple(max(first - done, LOWEST) for done in range(attempts))


def per_attempt(level: Level, max_attempts: int) -> tuple[int, ...]:
    """The priorities of a task's attempts, first to last."""
    return tuple(of_attempt(level, attempt_no) for attempt_no in range(1, max_attempts + 1))


def check_priorities(priorities: tuple[int, ...], *, max_attempts: int) -> None:
    """Refuse an array of the wrong length or off the scale.

    Raises:
        Invalid: naming `priorities`.
    """
    if len(priorities) != max_attempts:
        raise Invalid(f"must have {max_attempts} entries, one per attempt", "priorities")
    if not all(LOWEST <= priority <= HIGHEST for priority in priorities):
        raise Invalid(f"each must be between {LOWEST} and {HIGHEST}", "priorities")
