import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelibs.domain.call import LOST
from chalicelibs.domain.call_event import CallEvent, EventKind
from chalicelibs.domain.carrier_account import CANCELLED
from chalicelibs.domain.instants import from_epoch_ms
from chalicelibs.domain.transcript import Utterance
from tests.builders import NOON

CALL_ID = "c000000000000001-0000000000000001-1"

instants = st.integers(0, 7 * 10**12).map(from_epoch_ms)
texts = st.text(max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
events = st.builds(
    CallEvent,
    call_id=st.just(CALL_ID),
    kind=st.sampled_from(EventKind),
    at=instants,
    carrier_call_id=st.none() | texts,
    outcome=st.none() | texts,
    is_permanent=st.booleans(),
    reason=st.none() | texts,
    duration=st.none() | st.integers(0, 10**7).map(lambda value: timedelta(milliseconds=value)),
    callback_at=st.none() | instants,
    cost=st.none() | texts,
    recording_url=st.none() | texts,
    transcript=st.lists(
        st.builds(
            Utterance,
            role=texts,
            text=texts,
            after=st.none() | st.integers(0, 10**7).map(lambda ms: timedelta(milliseconds=ms)),
        ),
        max_size=4,
    ).map(tuple),
    analysis=st.dictionaries(texts, values, max_size=4),
    analysis_follows=st.booleans(),
    carrier=st.none() | texts,
)


@given(events)
def test_an_event_survives_the_queue(event: CallEvent) -> None:
    message = json.loads(json.dumps(event.to_message()))

    assert CallEvent.from_message(message) == event


def test_a_message_holds_only_what_is_known() -> None:
    event = CallEvent(call_id=CALL_ID, kind=EventKind.IN_PROGRESS, at=NOON)

    assert event.to_message() == {
        "call_id": CALL_ID,
        "kind": "in_progress",
        "at": 1_804_248_000_000,
    }


@given(events)
def test_an_ordinary_event_is_not_cut(event: CallEvent) -> None:
    assert event.bounded() == event


def test_whatever_a_carrier_sends_fits_into_a_message() -> None:
    endless = "ñ" * 400_000
    event = CallEvent(
        call_id=CALL_ID,
        kind=EventKind.ENDED,
        at=NOON,
        carrier_call_id=endless,
        outcome="o" * 64,
        reason=endless,
        cost=endless,
        recording_url=endless,
        transcript=tuple(Utterance(endless, f"{n} ñ") for n in range(20_000)),
        analysis={"summary": endless, "tags": [endless]},
    )

    bounded = event.bounded()

    assert len(json.dumps(bounded.to_message())) < 256 * 1024
    assert (bounded.call_id, bounded.outcome, bounded.at) == (CALL_ID, "o" * 64, NOON)
    assert bounded.transcript[0].text == "0 ñ"
    assert bounded.transcript[-1].text == "19999 ñ"
    assert bounded.analysis["truncated"] is True
    assert bounded.recording_url is None, "half an address opens nothing"


@pytest.mark.parametrize(
    ("reported", "kept"),
    [
        (timedelta(minutes=3), timedelta(minutes=3)),
        (timedelta(0), timedelta(0)),
        (None, None),
        (timedelta(days=1), timedelta(days=1)),
        (timedelta(milliseconds=10**15), timedelta(days=1)),
        (timedelta(seconds=-1), timedelta(0)),
    ],
)
def test_no_call_lasts_for_years_or_less_than_no_time(
    reported: timedelta | None, kept: timedelta | None
) -> None:
    event = CallEvent(call_id=CALL_ID, kind=EventKind.ENDED, at=NOON, duration=reported)

    assert event.bounded().duration == kept


def test_a_kind_that_nobody_knows_is_not_read() -> None:
    with pytest.raises(ValueError, match="ringing"):
        CallEvent.from_message({"call_id": CALL_ID, "kind": "ringing", "at": 0})


@pytest.mark.parametrize("reason", [LOST, CANCELLED])
def test_a_reason_that_something_follows_from_tells_nothing_of_a_person(reason: str) -> None:
    event = CallEvent(call_id=CALL_ID, kind=EventKind.ENDED, at=NOON, reason=reason, cost="1 EUR")

    assert event.impersonal() == event


def test_what_a_carrier_writes_as_it_likes_may_tell_of_a_person() -> None:
    event = CallEvent(call_id=CALL_ID, kind=EventKind.ENDED, at=NOON, reason="Eva", cost="by Eva")

    assert (event.impersonal().reason, event.impersonal().cost) == (None, None)
