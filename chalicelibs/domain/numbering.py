"""Which numbers there are, asked a million times: those that are plainly valid E.164.

The library takes a number apart with great care before it looks whether a numbering plan knows it.
That is most of what judging a row of a file costs, and most rows need none of it.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

#: A number in E.164, by its looks.
LOOKS = re.compile(r"\+[1-9][0-9]{6,14}")

#: The kinds of numbers that a plan tells.
KINDS = (
    *("mobile", "fixed_line", "toll_free", "premium_rate", "shared_cost", "voip"),
    *("personal_number", "pager", "uan", "voicemail"),
)

NEVER = re.compile("(?!)")


class Kind(NamedTuple):
    """How numbers of a kind look, after the country code."""

    lengths: frozenset[int]  #: Empty: those that the pattern allows.
    pattern: re.Pattern[str]

    def has(self, number: str) -> bool:
        """Whether this is one of them."""
        if self.lengths and len(number) not in self.lengths:
            return False
        return self.pattern.fullmatch(number) is not None


class Plan(NamedTuple):
    """The numbers of one region."""

    leading: re.Pattern[str] | None  #: Where several regions share a code: how its own begin.
    prefix: re.Pattern[str]  #: What callers put before a number; it is no part of it.
    every: Kind
    kinds: Sequence[Kind]

    def has(self, number: str) -> bool:
        """Whether this is a number of the region."""
        return self.every.has(number) and any(kind.has(number) for kind in self.kinds)


def is_plainly_valid(text: str) -> bool:
    """Whether this is certainly a valid number in E.164; of others it is not certain."""
    if not LOOKS.fullmatch(text):
        return False
    for size in (1, 2, 3):
        plans = plans_of(text[1 : 1 + size])
        if plans:
            return is_in(plans, text[1 + size :])
    return False


def is_in(plans: Sequence[Plan], number: str) -> bool:
    """Whether the plan that decides of a number knows it."""
    if plans[0].prefix.match(number):
        return False  # perhaps a prefix that does not belong there
    for plan in plans:
        if plan.leading is not None:
            if plan.leading.match(number):
                return plan.has(number)
        elif plan.has(number):
            return True
    return False


@cache
def plans_of(country_code: str) -> Sequence[Plan]:
    """The plans of the regions that share a country code, the one that decides first."""
    regions = COUNTRY_CODE_TO_REGION_CODE.get(int(country_code), ())
    return tuple(plan for region in regions for plan in plan_of(region))


def plan_of(region: str) -> Iterator[Plan]:
    """The plan of a region, if it is one."""
    metadata = PhoneMetadata.metadata_for_region(region)
    if metadata is None:
        return
    yield Plan(
        leading=compiled(metadata.leading_digits),
        prefix=compiled(metadata.national_prefix_for_parsing) or NEVER,
        every=kind_of(metadata.general_desc),
        kinds=[kind_of(getattr(metadata, kind)) for kind in KINDS],
    )


def kind_of(description: object) -> Kind:
    """A kind of numbers as the library describes it."""
    lengths = frozenset(getattr(description, "possible_length", ()))
    return Kind(lengths, compiled(getattr(description, "national_number_pattern", None)) or NEVER)


def compiled(pattern: str | None) -> re.Pattern[str] | None:
    """A pattern, if there is one."""
    return re.compile(pattern) if pattern else None
