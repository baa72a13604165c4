"""The one place that rolls dice."""

import secrets
from collections.abc import Sequence
from random import Random

from chalicelibs.domain.instants import epoch_ms
from chalicelibs.domain.naming import CHANCE_DIGITS, TIME_DIGITS, base32
from chalicelibs.ports.surroundings import Clock


class RandomIds:
    """Ids that begin with the time and end with chance."""

    def __init__(self, clock: Clock, random: Random | None = None) -> None:
        self._clock = clock
        self._random = random or Random()

    def new(self) -> str:
        """See the port."""
        time = base32(epoch_ms(self._clock.now()), TIME_DIGITS)
        return time + base32(self._random.getrandbits(5 * CHANCE_DIGITS), CHANCE_DIGITS)

    def secret(self) -> str:
        """See the port."""
        return secrets.token_urlsafe(32)

    def lot(self) -> int:
        """See the port."""
        return self._random.randrange(1000)

    def shuffled(self, count: int) -> Sequence[int]:
        """See the port."""
        return self._random.sample(range(count), count)
