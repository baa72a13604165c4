"""The one place that reads the clock."""

from datetime import UTC, datetime


class SystemClock:
    """The machine's time."""

    def now(self) -> datetime:
        """This instant, aware, UTC."""
        return datetime.now(UTC)
