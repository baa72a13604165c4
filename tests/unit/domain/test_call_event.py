import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelibs.domain.call_event import CallEvent, EventKind
from chalicelibs.domain.instants import from_epoch_ms
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
    analysis=st.dictionaries(texts, values, max_size=4),
    analysis_follows=st.booleans(),
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


def test_a_kind_that_nobody_knows_is_not_read() -> None:
    with pytest.raises(ValueError, match="ringing"):
        CallEvent.from_message({"call_id": CALL_ID, "kind": "ringing", "at": 0})
