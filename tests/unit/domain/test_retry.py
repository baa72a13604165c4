from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelibs.domain.errors import Invalid
from chalicelibs.domain.outcome import ALWAYS_RETRIED, Outcome
from chalicelibs.domain.retry import (
    LATEST_CALLBACK,
    LONGEST_INTERVAL,
    MOST_ATTEMPTS,
    Callback,
    Complete,
    Decision,
    GiveUp,
    Retry,
    RetryPolicy,
    Verdict,
    decide,
)
from tests.builders import NOON

MINUTE = timedelta(minutes=1)
TEN, HOUR = 10 * MINUTE, 60 * MINUTE
POLICY = RetryPolicy(max_attempts=3, intervals=(TEN, HOUR))
LATER = NOON + timedelta(days=2)
EXHAUSTED = GiveUp("attempts_exhausted")


def decided(
    outcome: str,
    *,
    attempts: int = 1,
    callbacks: int = 0,
    policy: RetryPolicy = POLICY,
    **verdict: Any,
) -> Decision:
    judged = Verdict(outcome=outcome, ended_at=NOON, **verdict)
    return decide(judged, attempts=attempts, callbacks=callbacks, policy=policy)


# --- What follows each outcome -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "with_attempts_left", "with_none_left"),
    [
        pytest.param("completed", Complete(), Complete(), id="a conversation is the aim"),
        pytest.param("no_answer", Retry(NOON + TEN), EXHAUSTED, id="nobody picked up"),
        pytest.param("busy", Retry(NOON + TEN), EXHAUSTED, id="the line was busy"),
        pytest.param("failed", Retry(NOON + TEN), EXHAUSTED, id="the call broke"),
        pytest.param("init_failed", Retry(NOON + TEN), EXHAUSTED, id="it never rang"),
        pytest.param("busy_callback", Retry(NOON + TEN), EXHAUSTED, id="later, without a time"),
        pytest.param("voicemail", Complete(), Complete(), id="a machine, unless asked for"),
        pytest.param("no_response", Complete(), Complete(), id="silence, unless asked for"),
        pytest.param("interested", Complete(), Complete(), id="custom, unless asked for"),
    ],
)
def test_each_outcome_has_its_sequel(
    outcome: str, with_attempts_left: Decision, with_none_left: Decision
) -> None:
    assert decided(outcome, attempts=1) == with_attempts_left
    assert decided(outcome, attempts=3) == with_none_left


def test_every_built_in_outcome_stands_in_the_table_above() -> None:
    listed = {
        "completed", "no_answer", "busy", "failed", "init_failed", "busy_callback", "voicemail",
        "no_response",
    }  # fmt: skip

    assert {outcome.value for outcome in Outcome} == listed


@pytest.mark.parametrize("outcome", ["voicemail", "no_response", "interested"])
def test_an_outcome_that_the_campaign_chose_is_tried_again(outcome: str) -> None:
    policy = RetryPolicy(
        max_attempts=2, intervals=(HOUR,), retry_outcomes=frozenset({outcome, "other"})
    )

    assert decided(outcome, policy=policy) == Retry(NOON + HOUR)
    assert decided(outcome, attempts=2, policy=policy) == EXHAUSTED


def test_choosing_outcomes_never_takes_the_usual_ones_away() -> None:
    policy = RetryPolicy(
        max_attempts=2, intervals=(HOUR,), retry_outcomes=frozenset({"voicemail"})
    )

    assert all(policy.retries(outcome) for outcome in ALWAYS_RETRIED)


@pytest.mark.parametrize("attempts", [1, 2, 3, 4])
@pytest.mark.parametrize("callback_at", [None, LATER], ids=["no time asked for", "a time"])
@pytest.mark.parametrize("outcome", [*Outcome, "interested"])
def test_a_bad_number_is_never_called_again(
    outcome: str, callback_at: datetime | None, attempts: int
) -> None:
    decision = decided(outcome, attempts=attempts, callback_at=callback_at, is_permanent=True)

    assert decision == GiveUp("permanent")


# --- Callbacks -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attempts", "callbacks", "decision"),
    [
        pytest.param(1, 0, Callback(LATER), id="the first, with attempts left"),
        pytest.param(2, 1, Callback(LATER), id="the second, with an attempt left"),
        pytest.param(3, 0, Callback(LATER), id="the first, even when no attempt is left"),
        pytest.param(3, 1, EXHAUSTED, id="the second is not, when none is left"),
        pytest.param(4, 1, EXHAUSTED, id="nor when the first one exceeded the attempts"),
    ],
)
def test_a_callback_is_granted(attempts: int, callbacks: int, decision: Decision) -> None:
    assert (
        decided("busy_callback", attempts=attempts, callbacks=callbacks, callback_at=LATER)
        == decision
    )


def test_a_time_to_call_back_counts_only_with_the_outcome_that_asks_for_it() -> None:
    assert decided("completed", callback_at=LATER) == Complete()
    assert decided("no_answer", callback_at=LATER) == Retry(NOON + TEN)


def test_a_callback_that_should_have_been_earlier_is_due_when_the_call_ended() -> None:
    assert decided("busy_callback", callback_at=NOON - HOUR) == Callback(NOON)


def test_a_time_that_is_more_than_a_year_away_counts_like_none() -> None:
    latest = NOON + LATEST_CALLBACK

    assert decided("busy_callback", callback_at=latest) == Callback(latest)
    assert decided("busy_callback", callback_at=latest + HOUR) == Retry(NOON + TEN)
    assert decided("busy_callback", attempts=3, callback_at=latest + HOUR) == EXHAUSTED


def test_a_time_asked_of_an_agent_that_offers_no_callbacks_is_not_kept() -> None:
    decision = decided("busy_callback", callback_at=LATER, takes_callbacks=False)

    assert decision == Complete()


@pytest.mark.parametrize("callback_at", [None, LATER], ids=["no time asked for", "a time"])
def test_without_callbacks_busy_is_tried_again_where_the_campaign_chose_it(
    callback_at: datetime | None,
) -> None:
    chosen = RetryPolicy(
        max_attempts=2, intervals=(HOUR,), retry_outcomes=frozenset({"busy_callback"})
    )

    def after(attempts: int) -> Decision:
        return decided(
            "busy_callback",
            attempts=attempts,
            policy=chosen,
            callback_at=callback_at,
            takes_callbacks=False,
        )

    assert after(1) == Retry(NOON + HOUR)
    assert after(2) == EXHAUSTED


@pytest.mark.parametrize("outcome", sorted(set(Outcome) - {Outcome.BUSY_CALLBACK}))
def test_offering_no_callbacks_changes_nothing_else(outcome: str) -> None:
    assert decided(outcome, takes_callbacks=False) == decided(outcome)


# --- The policy ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attempts", "interval"),
    [
        pytest.param(1, TEN, id="after the first attempt"),
        pytest.param(2, HOUR, id="after the second"),
        pytest.param(3, HOUR, id="after a granted callback: the last one again"),
        pytest.param(9, HOUR, id="after many: the last one again"),
    ],
)
def test_the_pause_depends_on_the_attempts_used(attempts: int, interval: timedelta) -> None:
    assert POLICY.interval_after(attempts) == interval


@pytest.mark.parametrize(
    ("max_attempts", "intervals", "param"),
    [
        pytest.param(0, (), "max_attempts", id="no attempt at all"),
        pytest.param(-1, (), "max_attempts", id="less than none"),
        pytest.param(MOST_ATTEMPTS + 1, (TEN,) * MOST_ATTEMPTS, "max_attempts", id="harassment"),
        pytest.param(1, (TEN,), "intervals", id="a pause after the only attempt"),
        pytest.param(2, (), "intervals", id="too few pauses"),
        pytest.param(2, (TEN, TEN), "intervals", id="as many pauses as attempts"),
        pytest.param(2, (-MINUTE,), "intervals", id="back in time"),
        pytest.param(2, (LONGEST_INTERVAL + MINUTE,), "intervals", id="longer than 90 days"),
        pytest.param(3, (TEN, -MINUTE), "intervals", id="any of them, back in time"),
    ],
)
def test_an_impossible_policy_is_refused(
    max_attempts: int, intervals: tuple[timedelta, ...], param: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        RetryPolicy(max_attempts=max_attempts, intervals=intervals)

    assert refusal.value.param == param


@pytest.mark.parametrize(
    ("max_attempts", "intervals"),
    [
        pytest.param(1, (), id="one attempt"),
        pytest.param(2, (timedelta(0),), id="at once"),
        pytest.param(2, (LONGEST_INTERVAL,), id="90 days"),
        pytest.param(MOST_ATTEMPTS, (TEN,) * (MOST_ATTEMPTS - 1), id="as many as allowed"),
    ],
)
def test_a_policy_at_the_edge_is_accepted(
    max_attempts: int, intervals: tuple[timedelta, ...]
) -> None:
    assert RetryPolicy(max_attempts=max_attempts, intervals=intervals).intervals == intervals


# --- Whatever happens ----------------------------------------------------------------------------

instants = st.integers(0, 10**6).map(lambda minutes: NOON + minutes * MINUTE)
policies = st.integers(1, MOST_ATTEMPTS).flatmap(
    lambda attempts: st.builds(
        RetryPolicy,
        max_attempts=st.just(attempts),
        intervals=st.tuples(
            *[st.timedeltas(timedelta(0), LONGEST_INTERVAL) for _ in range(attempts - 1)]
        ),
        retry_outcomes=st.frozensets(st.sampled_from([*Outcome, "interested"])),
    )
)
verdicts = st.builds(
    Verdict,
    outcome=st.sampled_from([*Outcome, "interested", "never_heard_of"]),
    ended_at=instants,
    is_permanent=st.booleans(),
    callback_at=st.none() | instants,
    takes_callbacks=st.booleans(),
)


@given(policy=policies, endings=st.lists(verdicts, min_size=25, max_size=25))
def test_a_task_is_called_at_most_once_more_than_its_policy_says(
    policy: RetryPolicy, endings: list[Verdict]
) -> None:
    attempts = callbacks = 0  # the list is longer than any policy
    for verdict in endings:
        attempts += 1
        decision = decide(verdict, attempts=attempts, callbacks=callbacks, policy=policy)
        if isinstance(decision, Complete | GiveUp):
            break
        callbacks += isinstance(decision, Callback)

    assert attempts <= policy.max_attempts + 1
    assert attempts <= policy.max_attempts or callbacks


@given(policy=policies, verdict=verdicts, attempts=st.integers(1, 30), callbacks=st.integers(0, 9))
def test_nothing_is_due_before_the_attempt_has_ended(
    policy: RetryPolicy, verdict: Verdict, attempts: int, callbacks: int
) -> None:
    decision = decide(verdict, attempts=attempts, callbacks=callbacks, policy=policy)

    if isinstance(decision, Retry | Callback):
        assert decision.at >= verdict.ended_at
    if isinstance(decision, Retry):
        assert attempts < policy.max_attempts
        assert decision.at == verdict.ended_at + policy.interval_after(attempts)
