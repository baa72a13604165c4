"""The log: events with fields, one per decision, and never a phone number, a name or a key."""

import logging
import traceback
from functools import cache
from threading import Lock

from aws_lambda_powertools import Logger


class Discreet(logging.Filter):
    """Tells of an exception its kind and where it was raised.

    What an exception says may repeat what somebody sent, so that is left out.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Take the words out of a record; nothing is held back."""
        if record.exc_info and record.exc_info[1] is not None:
            error, record.exc_info = record.exc_info[1], None
            record.exception_name = type(error).__name__
            record.exception = "".join(places(error))
        return True


def places(error: BaseException | None) -> list[str]:
    """Where an exception and those before it were raised, the latest last."""
    if error is None:
        return []
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    own = [f"{code_of(error)}:\n", *traceback.format_tb(error.__traceback__)]
    inside = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    return [*places(before), *own, *(line for one in inside for line in places(one))]


def code_of(error: BaseException) -> str:
    """The kind of an exception, and the code with which AWS refused, where it did."""
    told = getattr(error, "response", None)
    code = told.get("Error", {}).get("Code") if isinstance(told, dict) else None
    return type(error).__name__ if code is None else f"{type(error).__name__} {code}"


#: Held while the logger is made: two at once would make half of one each.
MAKING = Lock()


def logger() -> Logger:
    """The service's logger; made when something is first said, by whichever thread says it."""
    with MAKING:
        return _logger()


@cache
def _logger() -> Logger:
    made = Logger(service="carillon", utc=True, location=None)  # each message has one place
    made.addFilter(Discreet())
    return made


def tell_stage(stage: str) -> None:
    """Have every line say of which deployment it is: figures are kept apart by that."""
    logger().append_keys(stage=stage)
