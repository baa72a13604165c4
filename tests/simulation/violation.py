"""A broken promise, as the audits tell it."""

from datetime import datetime
from typing import NamedTuple


class Violation(NamedTuple):
    """Which promise was broken, how, when, and which task, call or campaign it is about."""

    promise: str
    kind: str  #: The same for all that are broken in the same way.
    about: str
    at: datetime
    detail: str = ""

    def __str__(self) -> str:
        """Write it as one line."""
        detail = f": {self.detail}" if self.detail else ""
        return f"{self.promise} {self.about} {self.kind} at {self.at:%d %H:%M:%S}{detail}"
