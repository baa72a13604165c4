import pytest

from chalicelibs.domain.call import LOST, NEXT, CallStatus
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


@pytest.mark.parametrize(
    ("cost", "price"),
    [
        ("0.0450 USD", (45_000, "USD")),
        ("0 EUR", (0, "EUR")),
        ("0.0000009 EUR", (0, "EUR")),
        ("1e3 EUR", (1_000_000_000, "EUR")),
        ("1000000 JPY", (10**12, "JPY")),
        *((cost, None) for cost in ("1000001 JPY", "1e90 USD", "1e999990 USD", "1e99999999 USD")),
        *((cost, None) for cost in ("-0.01 USD", "NaN USD", "sNaN USD", "Infinity USD")),
        *((cost, None) for cost in ("1 usd", "1 US", "1", "USD", "", " ", "1,5 EUR", None)),
    ],
)
def test_a_price_is_an_amount_that_a_call_can_cost(
    cost: str | None, price: tuple[int, str] | None
) -> None:
    assert a_call(cost=cost).price == price


@pytest.mark.parametrize(
    "theirs",
    [
        "CA0123456789abcdef0123456789abcdef",
        "550e8400-e29b-41d4-a716-446655440000",
        "v3:MdI91X4lWFEs7IgbBEOT9M4AigoY08M0WWZFISt1Yw2axZ_IiE4pqg",
        "4711",
    ],
)
def test_an_erased_call_can_still_be_asked_of_its_carrier(theirs: str) -> None:
    erased = a_call(status=ENDED, carrier_call_id=theirs, cost="0.01 EUR", reason=LOST).erased()

    assert (erased.carrier_call_id, erased.cost, erased.reason) == (theirs, "0.01 EUR", LOST)


@pytest.mark.parametrize(
    "theirs", ["sip:+34600000001@example.com", "34600000001", "tel:34600000001", "Eva Luna", ""]
)
def test_of_an_erased_call_nothing_is_kept_that_its_carrier_wrote_as_it_liked(theirs: str) -> None:
    told = a_call(status=ENDED, carrier_call_id=theirs, cost=f"5 {theirs}", reason=theirs)

    erased = told.erased()

    assert (erased.carrier_call_id, erased.cost, erased.reason) == (None, None, None)


def test_an_erased_call_that_goes_on_is_known_to_its_carrier_until_it_ends() -> None:
    going_on = a_call(status=PLACED, carrier_call_id="sip:+34600000001@x").erased()

    ended = going_on.because(ENDED, reason="Eva hung up", outcome="busy")

    assert going_on.carrier_call_id == "sip:+34600000001@x"
    assert (ended.outcome, ended.reason, ended.carrier_call_id) == ("busy", None, None)
