import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelibs.domain.errors import Invalid
from chalicelibs.domain.outcome import (
    BUILT_IN,
    Outcome,
    check_outcomes,
    is_more_telling,
    is_outcome_name,
    normal_name,
)


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        pytest.param("no_answer", "no_answer", id="as it is stored"),
        pytest.param("no-answer", "no_answer", id="with a dash"),
        pytest.param("No-Answer", "no_answer", id="with capitals"),
        pytest.param("  busy ", "busy", id="with spaces around"),
        pytest.param("Not-Interested-Now", "not_interested_now", id="a custom one"),
    ],
)
def test_an_outcome_has_one_spelling(written: str, stored: str) -> None:
    assert normal_name(written) == stored


@given(st.text())
def test_a_normal_name_stays_as_it_is(text: str) -> None:
    assert normal_name(normal_name(text)) == normal_name(text)


@pytest.mark.parametrize(
    ("text", "is_name"),
    [
        *(pytest.param(outcome.value, True, id=outcome.value) for outcome in Outcome),
        pytest.param("interested", True, id="custom"),
        pytest.param("tier_2", True, id="with digits"),
        pytest.param("x" * 64, True, id="64 letters"),
        pytest.param("x" * 65, False, id="65 letters"),
        pytest.param("", False, id="nothing"),
        pytest.param("2nd", False, id="a digit first"),
        pytest.param("no-answer", False, id="a dash"),
        pytest.param("Interested", False, id="a capital"),
        pytest.param("gut günstig", False, id="a space"),
        pytest.param("günstig", False, id="a letter beyond ASCII"),
        pytest.param("busy\n", False, id="a line end"),
    ],
)
def test_which_words_may_be_outcomes(text: str, is_name: bool) -> None:
    assert is_outcome_name(text) is is_name


def test_built_in_and_own_outcomes_may_be_chosen() -> None:
    check_outcomes({"voicemail", "interested"}, custom=frozenset({"interested"}))


def test_an_unknown_outcome_is_refused_by_name_with_those_that_are_known() -> None:
    with pytest.raises(Invalid, match="'intersted'") as refusal:
        check_outcomes({"voicemail", "intersted"}, custom=frozenset({"interested"}))

    assert refusal.value.param == "retry_outcomes"
    assert all(name in refusal.value.message for name in [*BUILT_IN, "interested"])


@pytest.mark.parametrize(
    ("new", "old", "is_more"),
    [
        pytest.param("interested", "completed", True, id="a custom one says more"),
        pytest.param("busy_callback", "completed", True, id="so does a wish"),
        pytest.param("voicemail", "completed", True, id="and that it was a machine"),
        pytest.param("no_response", "completed", True, id="and that nobody spoke"),
        pytest.param("completed", "completed", False, id="the same again"),
        pytest.param("failed", "completed", False, id="a conversation cannot have failed"),
        pytest.param("init_failed", "completed", False, id="nor never have begun"),
        pytest.param("completed", "interested", False, id="the plain one says less"),
        pytest.param("not_interested", "interested", False, id="the first custom one stands"),
        pytest.param("interested", "no_answer", False, id="nobody was there to be interested"),
        pytest.param("completed", "failed", False, id="a failure stands"),
    ],
)
def test_which_verdict_may_replace_which(new: str, old: str, is_more: bool) -> None:
    assert is_more_telling(new, old) is is_more


@given(st.sampled_from([*Outcome, "a", "b"]), st.sampled_from([*Outcome, "a", "b"]))
def test_two_verdicts_never_replace_each_other_in_turn(one: str, other: str) -> None:
    assert not (is_more_telling(one, other) and is_more_telling(other, one))
