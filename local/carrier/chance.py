"""Chance that depends on what happens and never on when, so that a run can be repeated."""

from random import Random

__all__ = ["Random", "seeded"]


def seeded(seed: int, *what: object) -> Random:
    """Dice for one occasion: the same seed and occasion give the same throws in any process."""
    return Random(":".join(map(str, (seed, *what))))
