"""What an API key is for."""

from enum import StrEnum


class Scope(StrEnum):
    """What a key may do; each may all that those before it may."""

    READ = "read"  #: Look, with phone numbers masked.
    PUSH = "push"  #: Bring tasks and files of contacts.
    MANAGE = "manage"  #: Everything in the workspace.

    def includes(self, other: "Scope") -> bool:
        """Whether a key with this scope may what one with the other may."""
        order = list(Scope)
        return order.index(self) >= order.index(other)
