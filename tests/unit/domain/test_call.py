import pytest

from chalicelibs.domain.call import NEXT, CallStatus
from tests.builders import NOON, a_call

RESERVED, DIALING, UNKNOWN, PLACED, IN_PROGRESS, ENDED = CallStatus


@pytest.mark.parametrize(
    ("status", "reachable"),
    [
        pytest.param(RESERVED, {DIALING}, id="only the dial gate lets a call go on"),
        pytest.param(DIALING, {PLACED, UNKNOWN, IN_PROGRESS, ENDED}, id="a webhook may be first"),
        pytest.param(UNKNOWN, {PLACED, IN_PROGRESS, ENDED}, id="unknown may turn out anywhere"),
        pytest.param(PLACED, {IN_PROGRESS, ENDED}, id="placed"),
        pytest.param(IN_PROGRESS, {ENDED}, id="in progress"),
        pytest.param(ENDED, set(), id="the end is the end"),
    ],
)
def test_a_call_only_moves_forward(status: CallStatus, reachable: set[CallStatus]) -> None:
    call = a_call(status=status)

    assert {one for one in CallStatus if call.can_become(one)} == reachable


def test_no_way_leads_back() -> None:
    def beyond(status: CallStatus) -> frozenset[CallStatus]:
        return NEXT[status] | {far for near in NEXT[status] for far in beyond(near)}

    assert not any(status in beyond(status) for status in CallStatus)


def test_a_step_keeps_what_was_known() -> None:
    call = a_call(phone="+34600000001")

    further = call.because(DIALING, dialed_at=NOON)

    assert (further.status, further.dialed_at, further.phone) == (DIALING, NOON, call.phone)
