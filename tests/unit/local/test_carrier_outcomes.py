"""How the simulated carrier's calls go."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.carrier.chance import seeded
from local.carrier.outcomes import ENDINGS, RULES, WEIGHTS, Odds, Span, Timing, plan

ODDS = Odds(rules=RULES, weights=WEIGHTS)


@pytest.mark.parametrize(
    ("last_digits", "endings"),
    [
        ("00", ["refused", "refused"]),
        ("01", ["busy", "busy"]),
        ("02", ["no-answer", "no-answer"]),
        ("03", ["voicemail", "voicemail"]),
        ("04", ["failed", "failed"]),
        ("05", ["no-response", "no-response"]),
        ("06", ["interested", "interested"]),
        ("07", ["busy", "completed", "completed"]),
        ("08", ["busy-callback", "busy-callback"]),
        ("09", ["unallocated", "unallocated"]),
    ],
)
def test_a_number_of_the_table_ends_by_rule(last_digits: str, endings: list[str]) -> None:
    to = f"+346000000{last_digits}"

    assert [ending(ODDS, to, earlier_calls=n) for n in range(len(endings))] == endings


@pytest.mark.parametrize(
    ("name", "status", "answered", "permanent", "outcome"),
    [
        ("completed", "completed", True, False, None),
        ("summarised", "completed", True, False, None),
        ("interested", "completed", True, False, "interested"),
        ("busy-callback", "completed", True, False, "busy_callback"),
        ("voicemail", "voicemail", True, False, None),
        ("no-response", "no-response", True, False, None),
        ("no-answer", "no-answer", False, False, None),
        ("busy", "busy", False, False, None),
        ("failed", "failed", False, False, None),
        ("unallocated", "failed", False, True, None),
    ],
)
def test_an_ending_in_the_carriers_words(
    name: str, status: str, answered: bool, permanent: bool, outcome: str | None
) -> None:
    found = ENDINGS[name]

    assert (found.status, found.is_answered, found.is_permanent) == (status, answered, permanent)
    assert found.analysis_outcome == outcome


def test_the_longest_matching_rule_wins() -> None:
    odds = Odds(rules={"1": ("failed",), "001": ("busy",), "01": ("voicemail",)}, weights=WEIGHTS)

    assert ending(odds, "+34600000001") == "busy"
    assert ending(odds, "+34600000101") == "voicemail"
    assert ending(odds, "+34600000111") == "failed"


def test_all_other_numbers_end_by_the_weights() -> None:
    found = Counter(ending(ODDS, f"+3460{n:05d}55") for n in range(10_000))

    assert set(found) == set(WEIGHTS)
    for name, weight in WEIGHTS.items():
        assert found[name] / 100 == pytest.approx(weight, abs=2)


def test_chance_is_the_same_whenever_and_in_whatever_order_the_calls_come() -> None:
    numbers = [f"+346000{n:03d}77" for n in range(50)]

    forwards = {to: ending(ODDS, to) for to in numbers}
    backwards = {to: ending(ODDS, to) for to in reversed(numbers)}

    assert forwards == backwards


def test_another_seed_and_a_second_call_bring_other_chances() -> None:
    numbers = [f"+346000{n:03d}77" for n in range(50)]
    first = [ending(ODDS, to) for to in numbers]

    assert [ending(ODDS, to, seed=8) for to in numbers] != first
    assert [ending(ODDS, to, earlier_calls=1) for to in numbers] != first


@given(
    ring_timeout_ms=st.integers(1, 1_000),
    max_duration_ms=st.integers(1, 3_000),
    name=st.sampled_from(sorted(ENDINGS)),
    seed=st.integers(),
)
def test_a_call_never_rings_or_talks_longer_than_asked_for(
    ring_timeout_ms: int, max_duration_ms: int, name: str, seed: int
) -> None:
    course = plan(
        ENDINGS[name],
        timing=Timing(),
        ring_timeout_ms=ring_timeout_ms,
        max_duration_ms=max_duration_ms,
        rng=seeded(seed),
    )

    assert 0 < course.ring_ms <= ring_timeout_ms
    assert 0 <= course.talk_ms <= max_duration_ms
    assert (course.talk_ms > 0) == ENDINGS[name].is_answered


def test_durations_are_drawn_from_the_whole_span() -> None:
    span = Span(low_ms=3, high_ms=5)

    assert {span.draw(seeded(7, n)) for n in range(100)} == {3, 4, 5}


def ending(odds: Odds, to: str, *, earlier_calls: int = 0, seed: int = 7) -> str:
    rng = seeded(seed, "call", to, earlier_calls)
    return odds.ending_name(to, earlier_calls=earlier_calls, rng=rng)
