"""Answers to requests that may be repeated."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from chalicelibs.domain.once import KEPT_FOR, LONGEST_ANSWER, Answered, InProgress, KeyReused, Turn
from tests.builders import NOON, OTHER_WORKSPACE, an_asked
from tests.contract.engines import Ports

SECOND = timedelta(seconds=1)
CREATED = Answered(status=201, body=b'{"id": 1}')


def begun(ports: Ports) -> Turn:
    turn = ports.answers.begin(an_asked(), NOON)
    assert isinstance(turn, Turn)
    return turn


def test_an_answer_is_given_again(ports: Ports) -> None:
    ports.answers.keep(begun(ports), CREATED)

    assert ports.answers.begin(an_asked(), NOON + SECOND) == CREATED
    assert ports.answers.begin(an_asked(), NOON + KEPT_FOR - SECOND) == CREATED


def test_after_a_day_the_key_is_as_new(ports: Ports) -> None:
    ports.answers.keep(begun(ports), CREATED)
    next_day = NOON + KEPT_FOR

    turn = ports.answers.begin(an_asked(request="another"), next_day)

    assert isinstance(turn, Turn)
    assert turn.first_at == next_day


def test_while_somebody_answers_the_others_are_told_to_wait(ports: Ports) -> None:
    begun(ports)

    with pytest.raises(InProgress) as told:
        ports.answers.begin(an_asked(), NOON + 10 * SECOND)

    assert told.value.retry_after == LONGEST_ANSWER - 10 * SECOND


@pytest.mark.parametrize("is_answered", [True, False])
def test_a_key_is_for_one_request(ports: Ports, is_answered: bool) -> None:
    turn = begun(ports)
    if is_answered:
        ports.answers.keep(turn, CREATED)

    with pytest.raises(KeyReused):
        ports.answers.begin(an_asked(request="another"), NOON + SECOND)


def test_other_keys_and_other_senders_are_apart(ports: Ports) -> None:
    ports.answers.keep(begun(ports), CREATED)

    assert isinstance(ports.answers.begin(an_asked(key="another"), NOON), Turn)
    assert isinstance(ports.answers.begin(an_asked(principal=OTHER_WORKSPACE), NOON), Turn)


def test_who_dies_is_followed_by_another_who_makes_the_same_ids(ports: Ports) -> None:
    dead = begun(ports)
    later = NOON + LONGEST_ANSWER

    turn = ports.answers.begin(an_asked(), later)

    assert isinstance(turn, Turn)
    assert turn.first_at == NOON
    assert turn.until == later + LONGEST_ANSWER
    assert [turn.id(number) for number in range(3)] == [dead.id(number) for number in range(3)]


def test_who_dies_leaves_the_key_to_its_request(ports: Ports) -> None:
    begun(ports)

    with pytest.raises(KeyReused):
        ports.answers.begin(an_asked(request="another"), NOON + LONGEST_ANSWER)


def test_who_was_taken_for_dead_keeps_and_forgets_nothing(ports: Ports) -> None:
    slow = begun(ports)
    later = NOON + LONGEST_ANSWER
    turn = ports.answers.begin(an_asked(), later)
    assert isinstance(turn, Turn)

    ports.answers.keep(slow, Answered(status=201, body=b"late"))
    ports.answers.forget(slow)

    with pytest.raises(InProgress):
        ports.answers.begin(an_asked(), later + SECOND)
    ports.answers.keep(turn, CREATED)
    assert ports.answers.begin(an_asked(), later + SECOND) == CREATED


def test_what_is_forgotten_is_free_for_any_request_and_remembers_its_first_use(
    ports: Ports,
) -> None:
    ports.answers.forget(begun(ports))

    turn = ports.answers.begin(an_asked(request="another"), NOON + SECOND)

    assert isinstance(turn, Turn)
    assert turn.first_at == NOON
    assert turn.asked.request == "another"


def test_a_kept_answer_is_not_forgotten_afterwards(ports: Ports) -> None:
    turn = begun(ports)
    ports.answers.keep(turn, CREATED)

    ports.answers.forget(turn)

    assert ports.answers.begin(an_asked(), NOON + SECOND) == CREATED


@pytest.mark.parametrize("size", [0, 150_000, 299_999, 300_001, 1_200_000])
def test_an_answer_of_any_size_is_kept(ports: Ports, size: int) -> None:
    answer = replace(CREATED, body=Random(1).randbytes(size))  # it cannot be compressed

    ports.answers.keep(begun(ports), answer)

    assert ports.answers.begin(an_asked(), NOON + SECOND) == answer


def test_of_many_who_come_at_once_one_answers(parallel_ports: Ports) -> None:
    def come(_: int) -> bool:
        try:
            return isinstance(parallel_ports.answers.begin(an_asked(), NOON), Turn)
        except InProgress:
            return False

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(come, range(20))) == 1


def test_of_many_who_follow_a_dead_one_one_answers(parallel_ports: Ports) -> None:
    begun(parallel_ports)

    def come(number: int) -> bool:
        at = NOON + LONGEST_ANSWER + number * timedelta(milliseconds=1)
        try:
            return isinstance(parallel_ports.answers.begin(an_asked(), at), Turn)
        except InProgress:
            return False

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(come, range(20))) == 1
