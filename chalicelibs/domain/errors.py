"""What can go wrong, named after the condition and grouped by what the caller should do.

CarillonError
├── Invalid         the request can never work as it is: correct the named field
├── NotFound        there is no such thing in this workspace
├── NotAllowed      not in this state: the message says which states allow it
└── Stale           somebody else wrote first: load it and look again
"""


class CarillonError(Exception):
    """Something Carillon knows about went wrong."""


class Invalid(CarillonError):
    """A value can never be accepted; `param` names the field it came in."""

    def __init__(self, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param


class NotFound(CarillonError):
    """There is no such thing in this workspace (it may exist in another: that is not said)."""

    def __init__(self, kind: str, key: str, param: str | None = None) -> None:
        super().__init__(f"there is no {kind} {key!r}")
        self.kind = kind
        self.key = key
        self.param = param  #: Where it was named, if not in a path.


class NotAllowed(CarillonError):
    """The thing exists, but not in a state that allows this."""

    def __init__(self, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param


class Stale(CarillonError):
    """The stored item is not the one that was read: load it and look again."""
