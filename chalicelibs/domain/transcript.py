"""Who said what in a call."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import chain
from typing import Any, NamedTuple

from chalicelibs.domain.instants import MILLISECOND
from chalicelibs.domain.weight import weight

#: What is kept of a transcript, as JSON. A call stands in one item of at most 400 KB.
MOST_BYTES = 128 * 1024

#: Letters that one utterance keeps of a transcript that is too large, half of them its last.
MOST_LETTERS = 10_000

LONGEST_ROLE = 40

#: Who speaks where nobody did.
SYSTEM = "system"


class Utterance(NamedTuple):
    """What one of them said at once."""

    role: str  #: `agent`, `contact`, `system`, or the carrier's own word.
    text: str
    after: timedelta | None = None  #: Since the call was answered.


Transcript = tuple[Utterance, ...]


def bounded(transcript: Iterable[Utterance]) -> Transcript:
    """The transcript, or its beginning and its end around a mark, so that it can be kept."""
    full = tuple(one._replace(role=one.role[:LONGEST_ROLE]) for one in transcript)
    if sum(map(_weight, full)) <= MOST_BYTES:
        return full
    short = [_shortened(one) for one in full]
    half = (MOST_BYTES - _weight(_mark(len(full)))) // 2
    head = _fitting(short, half)
    tail = _fitting(reversed(short[len(head) :]), half)
    cut = len(short) - len(head) - len(tail)
    mark = [_mark(cut)] if cut else []
    return tuple(chain(head, mark, reversed(tail)))


def beginning(transcript: Transcript, most: int) -> Transcript:
    """As much of a transcript as weighs this much, and a mark where that is not all of it."""
    if sum(map(_weight, transcript)) <= most:
        return transcript
    room = most - _weight(_REST)
    # Of what is said at once, so much that four of them have room.
    short = (one._replace(text=one.text[: most // 24]) for one in transcript)
    return (*_fitting(short, room), _REST)


def fuller(told_before: Transcript, told_now: Transcript) -> Transcript:
    """The longer of two transcripts of one call, the later one if they are equally long."""
    return told_before if _letters(told_before) > _letters(told_now) else told_now


def to_lines(transcript: Transcript) -> list[list[Any]]:
    """A transcript in plain values: role, text and, where it is known, milliseconds."""
    return [
        [role, text] if after is None else [role, text, after // MILLISECOND]
        for role, text, after in transcript
    ]


def from_lines(lines: Iterable[Sequence[Any]]) -> Transcript:
    """The transcript that `to_lines` wrote."""
    return tuple(
        Utterance(role, text, after[0] * MILLISECOND if after else None)
        for role, text, *after in lines
    )


def _fitting(utterances: Iterable[Utterance], room: int) -> Sequence[Utterance]:
    """As many of the first utterances as there is room for."""
    fitting = []
    for one in utterances:
        room -= _weight(one)
        if room < 0:
            break
        fitting.append(one)
    return fitting


def _weight(utterance: Utterance) -> int:
    """What an utterance takes as the API shows it; it is kept in less."""
    after = utterance.after
    seconds = None if after is None else after.total_seconds()
    shown = {"role": utterance.role, "text": utterance.text, "at_s": seconds}
    return weight(shown) + 1


def _shortened(utterance: Utterance) -> Utterance:
    text, half = utterance.text, MOST_LETTERS // 2
    if len(text) <= MOST_LETTERS:
        return utterance
    return utterance._replace(text=f"{text[:half]} … {text[-half:]}")


def _mark(count: int) -> Utterance:
    return Utterance(SYSTEM, f"{count} utterances were cut here: the transcript was too long")


#: Stands for what is not here.
_REST = Utterance(SYSTEM, "the rest is shown with the call itself")


def _letters(transcript: Transcript) -> int:
    return sum(len(one.text) for one in transcript)
