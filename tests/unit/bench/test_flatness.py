"""What grows is found, and what only breathes is not."""

import os
from collections.abc import Callable

from bench.flatness import Sample, growths, lives, sample

KEPT = {"engine": 10.0}


def a_life(
    part: str = "handlers",
    pid: int = 1,
    *,
    rss: Callable[[int], int] = lambda _: 100_000,
    handles: Callable[[int], int] = lambda _: 40,
    samples: int = 40,
) -> list[Sample]:
    """A sample every three seconds, with ten contacts done in between."""
    return [
        Sample(
            part=part,
            pid=pid,
            at_s=3.0 * number,
            rss_kib=rss(number),
            handles=handles(number),
            done=10 * number,
        )
        for number in range(samples)
    ]


def found(*samples: Sample) -> list[str]:
    return list(growths(lives(samples), KEPT))


def test_a_process_that_stays_as_it_is_is_flat() -> None:
    assert found(*a_life()) == []


def test_what_is_taken_in_the_first_quarter_of_a_life_is_no_leak() -> None:
    assert found(*a_life(rss=lambda number: min(50_000 + 10_000 * number, 150_000))) == []


def test_one_breath_is_no_leak() -> None:
    assert found(*a_life(rss=lambda number: 100_000 + 90_000 * (number == 38))) == []


def test_a_process_that_keeps_nothing_may_not_grow() -> None:
    assert found(*a_life(rss=lambda number: 100_000 + 1000 * number)) == [
        "handlers 1 grew by 17% to 134500 KiB"
    ]


def test_a_process_that_keeps_data_may_grow_by_it() -> None:
    """Ten contacts between samples, each of 9 KiB."""
    assert found(*a_life("engine", rss=lambda number: 100_000 + 90 * number)) == []


def test_a_process_that_keeps_data_may_not_grow_by_more() -> None:
    assert found(*a_life("engine", rss=lambda number: 100_000 + 110 * number)) == [
        "engine 1 grew by 11.0 KiB a contact, 10 are its data"
    ]


def test_handles_that_are_never_given_back_are_a_leak() -> None:
    assert found(*a_life(handles=lambda number: 40 + number)) == [
        "handlers 1 has 74 handles, it had 54"
    ]


def test_each_process_is_judged_for_itself_and_one_that_died_young_is_not() -> None:
    young = a_life(pid=1, rss=lambda number: 50_000 + 5000 * number, samples=19)
    after_a_kill = a_life(pid=2)

    assert [life.pid for life in lives([*young, *after_a_kill])] == [2]


def test_a_process_that_lives_is_seen_and_one_that_is_gone_is_not() -> None:
    own = sample("handlers", os.getpid(), at_s=1.5, done=7)

    assert own is not None
    assert own.rss_kib > 1000
    assert own.handles > 2
    assert sample("handlers", 2**22 + 1, at_s=1.5, done=7) is None
