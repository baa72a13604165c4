"""The log: events with fields, one per decision, and never a phone number."""

from functools import cache

from aws_lambda_powertools import Logger


@cache
def logger() -> Logger:
    """The service's logger; made when something is first said."""
    return Logger(service="carillon", utc=True)
