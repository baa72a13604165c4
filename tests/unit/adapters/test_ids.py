"""Ids are plain, sort by their time, and do not repeat."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

import pytest

from chalicelibs.adapters.ids import RandomIds
from chalicelibs.domain.instants import LOTS
from chalicelibs.domain.naming import is_plain_id
from tests.builders import NOON, utc


@dataclass
class FixedClock:
    at: datetime = NOON

    def now(self) -> datetime:
        return self.at


@pytest.mark.parametrize("year", ["1970", "2027", "2100", "3083"])
def test_an_id_is_plain_in_every_year(year: str) -> None:
    ids = RandomIds(FixedClock(utc(f"{year}-01-01T00:00")))

    assert is_plain_id(ids.new())


@pytest.mark.parametrize(
    "later", [timedelta(milliseconds=1), timedelta(hours=1), timedelta(days=20_000)], ids=str
)
def test_later_ids_sort_after_earlier_ones(later: timedelta) -> None:
    clock = FixedClock()
    ids = RandomIds(clock, Random(1))
    before = [ids.new() for _ in range(100)]

    clock.at += later
    after = [ids.new() for _ in range(100)]

    assert max(before) < min(after)


def test_ids_of_one_millisecond_differ() -> None:
    ids = RandomIds(FixedClock())

    assert len({ids.new() for _ in range(1000)}) == 1000


def test_secrets_are_long_and_never_the_same() -> None:
    ids = RandomIds(FixedClock(), Random(1))

    secrets = {ids.secret() for _ in range(100)}

    assert len(secrets) == 100
    assert all(len(secret) >= 40 for secret in secrets)
    assert ids.secret() != RandomIds(FixedClock(), Random(1)).secret(), "no seed makes a secret"


def test_lots_are_drawn_from_all_there_are() -> None:
    ids = RandomIds(FixedClock(), Random(1))

    lots = {ids.lot() for _ in range(20_000)}

    assert lots == set(range(LOTS))


def test_shuffling_keeps_every_number() -> None:
    ids = RandomIds(FixedClock(), Random(1))

    orders = {tuple(ids.shuffled(5)) for _ in range(1000)}

    assert all(sorted(order) == list(range(5)) for order in orders)
    assert len(orders) == 120
    assert ids.shuffled(0) == []
