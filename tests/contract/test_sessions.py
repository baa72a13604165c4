"""Who is signed in, on every engine."""

from datetime import timedelta

from chalicelibs.domain.session import Session
from tests.builders import NOON, plain_id
from tests.contract.engines import Ports

KEY, SESSION = plain_id(1, "k"), plain_id(1, "s")
OPEN = Session(
    key_id=KEY,
    session_id=SESSION,
    key_hash="a1",
    cookie_hash="b2",
    pass_hash="c3",
    expires_at=NOON + timedelta(hours=12),
)


def test_a_session_is_found_as_it_was_stored(ports: Ports) -> None:
    ports.sessions.add(OPEN)

    assert ports.sessions.get(KEY, SESSION) == OPEN


def test_a_session_belongs_to_its_key(ports: Ports) -> None:
    ports.sessions.add(OPEN)

    assert ports.sessions.get(plain_id(2, "k"), SESSION) is None
    assert ports.sessions.get(KEY, plain_id(2, "s")) is None


def test_a_session_that_ended_is_gone_and_may_end_again(ports: Ports) -> None:
    ports.sessions.add(OPEN)

    ports.sessions.end(KEY, SESSION)
    ports.sessions.end(KEY, SESSION)

    assert ports.sessions.get(KEY, SESSION) is None


def test_an_id_that_was_made_up_finds_nothing(ports: Ports) -> None:
    assert ports.sessions.get(KEY, "x" * 5000) is None
