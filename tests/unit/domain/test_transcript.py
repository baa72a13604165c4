import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelibs.domain.transcript import (
    LONGEST_ROLE,
    MOST_BYTES,
    SYSTEM,
    Transcript,
    Utterance,
    beginning,
    bounded,
    from_lines,
    fuller,
    to_lines,
)

SECOND = timedelta(seconds=1)
HELLO = Utterance("agent", "Hello.", 1.5 * SECOND)

utterances = st.builds(
    Utterance,
    role=st.sampled_from(["agent", "contact", "system", "r" * 99]),
    text=st.integers(0, 60_000).flatmap(
        lambda length: st.sampled_from(["a", "ñ", "🙂", '"']).map(lambda letter: letter * length)
    ),
    after=st.none() | st.integers(0, 10**7).map(lambda ms: timedelta(milliseconds=ms)),
)


def size(transcript: Transcript) -> int:
    """What it takes as the API shows it."""
    shown = [{"role": o.role, "text": o.text, "at_s": None} for o in transcript]
    return len(json.dumps(shown, separators=(",", ":")))


def talk(count: int, letters: int = 100) -> Transcript:
    return tuple(
        Utterance(("agent", "contact")[n % 2], f"{n} ".ljust(letters, "x"), n * SECOND)
        for n in range(count)
    )


def test_an_ordinary_transcript_stays_as_it_is() -> None:
    assert bounded(talk(200)) == talk(200)
    assert bounded([HELLO]) == (HELLO,)
    assert bounded(()) == ()


def test_of_a_transcript_that_is_too_long_the_beginning_and_the_end_are_kept() -> None:
    full = talk(5000)

    kept = bounded(full)

    marks = [number for number, one in enumerate(kept) if one.role == SYSTEM]
    assert len(marks) == 1
    head, tail = kept[: marks[0]], kept[marks[0] + 1 :]
    assert (head, tail) == (full[: len(head)], full[-len(tail) :])
    assert abs(len(head) - len(tail)) <= 1
    assert kept[marks[0]].text.startswith(f"{5000 - len(head) - len(tail)} utterances were cut")
    assert MOST_BYTES * 0.95 < size(kept) <= MOST_BYTES


def test_one_endless_utterance_does_not_push_the_others_out() -> None:
    monologue = Utterance("contact", "b" * 300_000 + "e")

    kept = bounded([HELLO, monologue, HELLO])

    assert (kept[0], kept[2]) == (HELLO, HELLO)
    assert kept[1].text.startswith("bbb")
    assert " … " in kept[1].text
    assert kept[1].text.endswith("be")


@given(st.lists(utterances, max_size=12), st.integers(500, 3_000))
def test_a_beginning_takes_no_more_than_it_may(said: list[Utterance], most: int) -> None:
    shown = beginning(bounded(said), most)

    assert size(shown) <= most + 2
    assert (shown == bounded(said)) or shown[-1].text == "the rest is shown with the call itself"


def test_even_a_monologue_has_a_beginning() -> None:
    shown = beginning((HELLO, Utterance("contact", "b" * 9_000)), 1024)

    assert shown[0] == HELLO
    assert set(shown[1].text) == {"b"}
    assert len(shown) == 3


@given(st.lists(utterances, max_size=12))
def test_whatever_was_said_can_be_kept(said: list[Utterance]) -> None:
    kept = bounded(said)

    assert size(kept) <= MOST_BYTES + 2
    assert all(len(one.role) <= LONGEST_ROLE for one in kept)
    assert bounded(kept) == kept


@given(st.lists(utterances, max_size=4))
def test_a_transcript_survives_being_written(said: list[Utterance]) -> None:
    lines = json.loads(json.dumps(to_lines(tuple(said))))

    assert from_lines(lines) == tuple(said)


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        pytest.param((), (HELLO,), (HELLO,), id="the only one, now"),
        pytest.param((HELLO,), (), (HELLO,), id="the only one, before"),
        pytest.param((HELLO,), talk(3), talk(3), id="the longer one, now"),
        pytest.param(talk(3), (HELLO,), talk(3), id="the longer one, before"),
        pytest.param(
            (HELLO,),
            (HELLO._replace(role="bot"),),
            (HELLO._replace(role="bot"),),
            id="equally long: the later one",
        ),
    ],
)
def test_of_two_transcripts_the_longer_one_counts(
    before: Transcript, now: Transcript, expected: Transcript
) -> None:
    assert fuller(before, now) == expected
