from datetime import timedelta

import pytest

from chalicelibs.domain.naming import CHANCE_DIGITS, TIME_DIGITS, is_plain_id
from chalicelibs.domain.once import Answered, Turn, seal, turn, unseal
from tests.builders import NOON, OTHER_WORKSPACE, an_asked

TOKEN = "carillon_k000000000000001_a-long-secret"
SECRET = Answered(status=201, body=b'{"api_key": "carillon_x_tell-nobody"}')


def ids(own: Turn, count: int = 3) -> list[str]:
    return [own.id(number) for number in range(count)]


def test_whoever_answers_a_request_later_makes_the_same_ids() -> None:
    first = turn(an_asked(), NOON)

    later = turn(an_asked(), NOON + timedelta(minutes=5), first_at=NOON)

    assert ids(later) == ids(first)


@pytest.mark.parametrize(
    "changes", [{"principal": OTHER_WORKSPACE}, {"key": "another"}, {"request": "another"}]
)
def test_another_sender_key_or_request_makes_other_ids(changes: dict[str, str]) -> None:
    own, other = turn(an_asked(), NOON), turn(an_asked(**changes), NOON)

    assert set(ids(own, 100)).isdisjoint(ids(other, 100))


def test_the_ids_of_a_request_are_plain_and_all_different() -> None:
    made = ids(turn(an_asked(), NOON), 500)

    assert all(map(is_plain_id, made))
    assert len(set(made)) == 500


def test_ids_sort_by_the_time_of_the_first_request() -> None:
    earlier = turn(an_asked(key="a"), NOON)
    later = turn(an_asked(key="b"), NOON + timedelta(milliseconds=1))

    assert max(ids(earlier)) < min(ids(later))
    assert len({one[:TIME_DIGITS] for one in ids(earlier)}) == 1


def test_an_id_whose_chance_digits_run_over_keeps_its_time() -> None:
    own = turn(an_asked(), NOON)

    far = own.id(32**CHANCE_DIGITS)

    assert far == own.id(0)


def test_a_sealed_answer_is_read_by_who_holds_the_token() -> None:
    sealed = seal(SECRET, TOKEN, nonce="n1")

    assert unseal(sealed, TOKEN) == SECRET
    assert b"tell-nobody" not in sealed.body
    assert b"api_key" not in sealed.body
    assert unseal(sealed, TOKEN + "x") != SECRET


def test_the_same_answer_is_sealed_differently_each_time() -> None:
    assert seal(SECRET, TOKEN, nonce="n1").body != seal(SECRET, TOKEN, nonce="n2").body
