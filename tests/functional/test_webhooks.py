"""What carriers report is believed when it is signed, and queued before it is answered."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from urllib3 import PoolManager

from chalicelibs.adapters.carriers.simulated import SimulatedCarrier
from chalicelibs.adapters.sqs import BATCH_BYTES
from chalicelibs.config import SimulatedCarrierSettings
from chalicelibs.domain.instants import epoch_ms
from tests.builders import utc
from tests.functional.conftest import Log
from tests.functional.product import (
    Acme,
    Api,
    Product,
    raw_of,
    report_of_end,
    signed,
)

PHONE = "+34600000001"
PATH = "/webhooks/simulated"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def call_id(product: Product, acme: Acme) -> str:
    """A call that rings."""
    acme.pushed(acme.campaign())
    product.run()
    return product.carrier.asked[0].call_id


@pytest.fixture
def end(product: Product, call_id: str) -> dict[str, Any]:
    return report_of_end(call_id, product.clock.at)


def test_a_signed_report_is_queued_before_it_is_answered(
    product: Product, end: dict[str, Any], call_id: str
) -> None:
    answer = product.webhook(end)

    assert answer == (200, {"status": "received"})
    (event,) = product.queue.reports
    assert (event.call_id, event.kind, event.outcome) == (call_id, "ended", "completed")
    assert event.duration == timedelta(seconds=30)
    assert event.cost == "0.0450 USD"


@pytest.mark.parametrize(
    ("word", "outcome"),
    [
        ("completed", "completed"),
        ("no-answer", "no_answer"),
        ("busy", "busy"),
        ("voicemail", "voicemail"),
        ("no-response", "no_response"),
        ("failed", "failed"),
        ("a new word", "failed"),
    ],
)
def test_the_carriers_words_become_outcomes(
    product: Product, end: dict[str, Any], word: str, outcome: str
) -> None:
    product.webhook({**end, "status": word})

    assert product.queue.reports[0].outcome == outcome


def test_an_analysis_brings_an_outcome_and_a_time_to_call_back(
    product: Product, end: dict[str, Any]
) -> None:
    told = {
        "summary": "Later, please.",
        "outcome": "busy_callback",
        "callback_at": "2027-03-05T14:00:00+01:00",
    }

    product.webhook({**end, "type": "analysis", "analysis": told})

    (event,) = product.queue.reports
    assert (event.kind, event.outcome, event.analysis) == ("analysis", "busy_callback", told)
    assert event.to_message()["callback_at"] == epoch_ms(product.clock.at + 60 * MINUTE)


@pytest.mark.parametrize("half", ["\\ud83d", "\\ude00"])
@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999"])
def test_what_json_can_spell_and_nothing_can_keep_is_left_out(
    product: Product, acme: Acme, end: dict[str, Any], call_id: str, half: str, number: str
) -> None:
    """A text that was cut in the midst of an emoji must not keep a call from ending."""
    said = [{"role": "contact", "text": "Bye ?"}]
    analysis = {"?": "?", "score": 0.5, "worth": "1 €"}
    for report in (
        {**end, "transcript": said},
        {**end, "type": "analysis", "sequence": 3, "analysis": analysis},
    ):
        raw = json.dumps(report).replace("?", half).replace("0.5", number).encode()
        assert product.webhook(raw).status == 200
        product.run()

    call = acme.shown(f"/calls/{call_id}")
    assert (call["status"], call["transcript"][0]["text"]) == ("ended", "Bye �")
    assert call["analysis"] == {"�": "�", "score": None, "worth": "1 €"}
    json.dumps(call, ensure_ascii=False, allow_nan=False).encode()


NO_TEXT: list[Any] = [7, 1.5, True, None, [], {}]
LOCAL, MADRID = "2027-03-06T10:00", "Europe/Madrid"


@pytest.mark.parametrize(
    ("told", "at"),
    [
        ({"callback_at": "2027-03-06T10:00:00+01:00"}, "2027-03-06T09:00"),
        ({"callback_at": "2027-03-06T10:00Z"}, "2027-03-06T10:00"),
        ({"callback_at": epoch_ms(utc("2027-03-06T09:00"))}, "2027-03-06T09:00"),
        ({"callback": {"local": LOCAL, "timezone": MADRID}}, "2027-03-06T09:00"),
        ({"callback": {"local": "2027-03-06 10:00:30", "timezone": "UTC"}}, "2027-03-06T10:00:30"),
        ({"callback": {"local": "2027-03-28T02:30", "timezone": MADRID}}, "2027-03-28T01:00"),
        ({"callback": {"local": "2027-10-31T02:30", "timezone": MADRID}}, "2027-10-31T01:30"),
        (
            {"callback": {"local": "2027-03-06T10:00+05:30", "timezone": MADRID}},
            "2027-03-06T04:30",
        ),
        ({"callback_at": LOCAL, "callback": {"local": LOCAL, "timezone": "UTC"}}, LOCAL),
    ],
    ids=str,
)
def test_a_time_to_call_back_is_an_instant_or_a_local_time(
    product: Product, end: dict[str, Any], told: dict[str, Any], at: str
) -> None:
    analysis = {"outcome": "busy_callback", **told}

    product.webhook({**end, "type": "analysis", "analysis": analysis})

    (event,) = product.queue.reports
    assert (event.outcome, event.callback_at) == ("busy_callback", utc(at))
    assert event.analysis == analysis


@pytest.mark.parametrize(
    "told",
    [
        *({"callback_at": at} for at in [LOCAL, "2027-03-06", "soon", *NO_TEXT, ""]),
        *({"callback_at": at} for at in ["9999-12-31T23:59:59-12:00", 10**30, 1_804_248_000]),
        *({"callback": at} for at in ["tomorrow", *NO_TEXT, {"timezone": MADRID}]),
        {"callback": {"local": LOCAL}},
        {"callback": {"local": LOCAL, "timezone": "Mars/Base"}},
        {"callback": {"local": LOCAL, "timezone": 7}},
        {"callback": {"local": "10:00", "timezone": MADRID}},
        {"callback": {"local": "2027-03-06", "timezone": MADRID}},
        {"callback": {"local": "9999-12-31T23:59", "timezone": MADRID}},
        {"callback": {"local": "0001-01-01T00:00", "timezone": "Asia/Kolkata"}},
    ],
    ids=str,
)
def test_who_asks_for_a_time_that_is_none_still_asked_to_be_called_back(
    product: Product, end: dict[str, Any], told: dict[str, Any]
) -> None:
    analysis = {"outcome": "busy_callback", **told}

    assert product.webhook({**end, "type": "analysis", "analysis": analysis}).status == 200

    (event,) = product.queue.reports
    assert (event.outcome, event.callback_at) == ("busy_callback", None)


# --- Who said what -------------------------------------------------------------------------------

SAID = [
    {"role": "agent", "text": "Hello, ¿qué tal?", "at_ms": 0},
    {"role": "contact", "text": "Fine.", "at_ms": 1_250},
    {"role": "system", "text": "The contact hung up."},
]
SHOWN = [
    {"role": "agent", "text": "Hello, ¿qué tal?", "at_s": 0.0},
    {"role": "contact", "text": "Fine.", "at_s": 1.25},
    {"role": "system", "text": "The contact hung up.", "at_s": None},
]


def test_a_call_shows_who_said_what(
    product: Product, acme: Acme, end: dict[str, Any], call_id: str
) -> None:
    product.webhook({**end, "transcript": SAID})
    product.run()

    assert acme.shown(f"/calls/{call_id}")["transcript"] == SHOWN


def test_a_call_of_which_nobody_tells_has_an_empty_transcript(
    product: Product, acme: Acme, end: dict[str, Any], call_id: str
) -> None:
    product.webhook(end)
    product.run()

    assert acme.shown(f"/calls/{call_id}")["transcript"] == []


@pytest.mark.parametrize("analysis_is_first", [False, True])
@pytest.mark.parametrize("longer", ["ended", "analysis"])
def test_of_two_transcripts_the_longer_one_is_shown(
    product: Product,
    acme: Acme,
    end: dict[str, Any],
    call_id: str,
    longer: str,
    analysis_is_first: bool,
) -> None:
    said = {"ended": SAID[:1], "analysis": SAID[:1], longer: SAID}
    ended = {**end, "analysis_follows": True, "transcript": said["ended"]}
    summary = {"summary": "They talked."}
    analysed = {**end, "type": "analysis", "analysis": summary, "transcript": said["analysis"]}

    for report in (analysed, ended) if analysis_is_first else (ended, analysed):
        product.webhook(report)
        product.run()

    call = acme.shown(f"/calls/{call_id}")
    assert call["transcript"] == SHOWN
    assert call["analysis"] == summary


def test_a_report_larger_than_a_message_is_cut_and_not_lost(
    product: Product, acme: Acme, end: dict[str, Any], call_id: str
) -> None:
    said = [{"role": "contact", "text": f"{number} {'ñ' * 60}"} for number in range(2_000)]
    analysis = {"outcome": "voicemail", "raw": ["x" * 1_000] * 200}
    ended = {**end, "transcript": said, "recording_url": f"https://x.example/{'r' * 9_999}"}

    assert product.webhook(ended).status == 200
    assert product.webhook({**end, "type": "analysis", "analysis": analysis}).status == 200
    assert all(
        len(json.dumps(report.to_message())) < BATCH_BYTES for report in product.queue.reports
    )
    product.run()

    call = acme.shown(f"/calls/{call_id}")
    roles = [one["role"] for one in call["transcript"]]
    assert call["transcript"][0]["text"] == said[0]["text"]
    assert call["transcript"][-1]["text"] == said[-1]["text"]
    assert roles.count("system") == 1
    assert call["outcome"] == "voicemail"
    assert call["analysis"] == {"outcome": "voicemail", "truncated": True}


# --- Callbacks of an agent that offers none ------------------------------------------------------


@pytest.mark.parametrize(
    ("offers_callbacks", "status", "next_attempt_at"),
    [(True, "queued", "2027-03-06T09:00:00.000Z"), (False, "completed", None)],
)
def test_a_time_is_kept_by_an_agent_that_offers_callbacks(
    product: Product, acme: Acme, offers_callbacks: bool, status: str, next_attempt_at: str | None
) -> None:
    acme.patch(f"/agents/{acme.agent_id}", {"offers_callbacks": offers_callbacks})
    task_id = acme.pushed(acme.campaign(max_attempts=2, retry_intervals_ms=[60_000]))
    product.run()
    told = {"outcome": "busy_callback", "callback": {"local": LOCAL, "timezone": MADRID}}
    ended = report_of_end(product.carrier.asked[0].call_id, product.clock.at)

    product.webhook({**ended, "analysis_follows": True})
    product.webhook({**ended, "type": "analysis", "analysis": told})
    product.run()

    task = acme.shown(f"/tasks/{task_id}")
    assert (task["status"], task["outcome"]) == (status, "busy_callback")
    assert task["next_attempt_at"] == next_attempt_at
    assert task["is_callback"] is offers_callbacks


def test_what_changes_nothing_is_thanked_for_and_dropped(
    product: Product, end: dict[str, Any]
) -> None:
    assert product.webhook({**end, "type": "ringing"}).status == 200
    assert product.queue.reports == []


def test_a_report_that_comes_twice_is_queued_twice_and_counts_once(
    product: Product, acme: Acme, end: dict[str, Any]
) -> None:
    product.webhook(end)
    product.webhook(end)
    product.run()

    (campaign,) = acme.shown("/campaigns")["campaigns"]
    assert campaign["progress"]["calls"] == 1
    assert campaign["progress"]["outcomes"] == {"completed": 1}


def headers_of(product: Product, raw: bytes, **changes: Any) -> dict[str, str]:
    headers = {**signed(raw, at=product.clock.at), **changes}
    return {name: value for name, value in headers.items() if value is not None}


FORGED: dict[str, dict[str, Any]] = {
    "no signature": {"X-Carrier-Signature": None},
    "no timestamp": {"X-Carrier-Timestamp": None},
    "neither": {"X-Carrier-Signature": None, "X-Carrier-Timestamp": None},
    "empty signature": {"X-Carrier-Signature": ""},
    "another signature": {"X-Carrier-Signature": "sha256=" + "0" * 64},
    "not ascii": {"X-Carrier-Signature": "sha256=ñ€"},
    "another timestamp": {"X-Carrier-Timestamp": "1"},
    "no number": {"X-Carrier-Timestamp": "yesterday"},
}


@pytest.mark.parametrize("changes", FORGED.values(), ids=FORGED)
def test_a_report_with_wrong_headers_is_refused(
    product: Product, end: dict[str, Any], log: Log, changes: dict[str, Any]
) -> None:
    before, raw = product.everything(), raw_of({**end, "to": PHONE}) or b""

    answer = Api().ask("POST", PATH, raw, headers_of(product, raw, **changes))

    assert answer.status == 401
    assert answer.error["code"] == "forged"
    assert product.everything() == before
    assert "request refused" in log()
    assert PHONE not in log()


@pytest.mark.parametrize(
    "timestamp",
    ["", "yesterday", "1.5", "nan", "-", "9" * 30, "9" * 5000, "-1", "²", "0x10", "1e3"],
    ids=lambda text: text[:12],
)
def test_a_timestamp_that_is_no_time_is_refused_even_when_it_is_signed(
    product: Product, end: dict[str, Any], timestamp: str
) -> None:
    before, raw = product.everything(), raw_of(end) or b""

    headers = signed(raw, at=product.clock.at, timestamp=timestamp)
    answer = Api().ask("POST", PATH, raw, headers)

    assert answer.status == 401
    assert answer.error["code"] == "forged"
    assert product.everything() == before


@pytest.mark.parametrize(
    ("age", "status"),
    [
        (timedelta(0), 200),
        (5 * MINUTE, 200),
        (-5 * MINUTE, 200),
        (5 * MINUTE + timedelta(seconds=1), 401),
        (-5 * MINUTE - timedelta(seconds=1), 401),
        (timedelta(days=365), 401),
    ],
    ids=str,
)
def test_a_replay_is_refused(
    product: Product, end: dict[str, Any], age: timedelta, status: int
) -> None:
    raw = raw_of(end) or b""
    headers = signed(raw, at=product.clock.at - age)

    answer = Api().ask("POST", PATH, raw, headers)

    assert answer.status == status
    assert len(product.queue.reports) == (status == 200)


def test_a_report_that_is_replayed_inside_the_window_changes_nothing(
    product: Product, end: dict[str, Any]
) -> None:
    raw = raw_of({**end, "transcript": SAID}) or b""
    headers = signed(raw, at=product.clock.at)
    assert Api().ask("POST", PATH, raw, headers).status == 200
    product.run()
    before = product.everything()

    for minutes in range(1, 6):
        product.clock.pass_(MINUTE)
        assert Api().ask("POST", PATH, raw, headers).status == 200, minutes
        product.queue.nudges.clear()
        product.run()

    assert product.everything() == before
    product.clock.pass_(MINUTE)
    assert Api().ask("POST", PATH, raw, headers).status == 401


def test_a_replayed_report_of_one_attempt_does_not_end_the_next(
    product: Product, acme: Acme
) -> None:
    own = {"retries": 2, "intervals": [60_000], "priorities": [2, 1]}
    task_id = acme.pushed(acme.campaign(), **own)
    product.run()
    raw = raw_of(report_of_end(product.carrier.asked[0].call_id, product.clock.at, "busy")) or b""
    headers = signed(raw, at=product.clock.at)
    Api().ask("POST", PATH, raw, headers)
    product.run()
    product.clock.pass_(2 * MINUTE)
    product.tick()
    product.run()
    assert len(product.carrier.asked) == 2

    assert Api().ask("POST", PATH, raw, headers).status == 200
    product.run()

    task = acme.shown(f"/tasks/{task_id}")
    assert (task["status"], task["attempts"]) == ("running", 2)


def test_reports_in_the_wrong_order_end_the_call_once(
    product: Product, acme: Acme, end: dict[str, Any]
) -> None:
    told = {**end, "type": "analysis", "analysis": {"summary": "they talked"}}
    for report in (told, {**end, "analysis_follows": True}, {**end, "type": "in_progress"}):
        assert product.webhook(report).status == 200
        product.run()

    (call,) = acme.shown("/calls")["calls"]
    assert (call["status"], call["analysis"]) == ("ended", {"summary": "they talked"})
    assert acme.shown("/campaigns")["campaigns"][0]["progress"]["calls"] == 1


@pytest.mark.parametrize(
    "spell", [str.lower, str.upper, str.title], ids=["lower", "upper", "title"]
)
def test_the_names_of_headers_are_read_in_any_case(
    product: Product, end: dict[str, Any], spell: Callable[[str], str]
) -> None:
    raw = raw_of(end) or b""
    headers = {spell(name): value for name, value in signed(raw, at=product.clock.at).items()}

    assert Api().ask("POST", PATH, raw, headers).status == 200


def test_a_signature_is_not_read_in_any_case(product: Product, end: dict[str, Any]) -> None:
    raw = raw_of(end) or b""
    headers = signed(raw, at=product.clock.at)
    shouted = {**headers, "X-Carrier-Signature": headers["X-Carrier-Signature"].upper()}

    assert Api().ask("POST", PATH, raw, shouted).status == 401


@pytest.mark.parametrize(
    "path", ["/webhooks/Simulated", "/webhooks/sip", "/webhooks/simulated%00"]
)
def test_a_signed_report_at_another_carriers_door_is_not_found(
    product: Product, end: dict[str, Any], path: str
) -> None:
    assert product.webhook(end, path=path).status == 404
    assert product.queue.reports == []


def test_another_secret_signs_in_vain(product: Product, end: dict[str, Any]) -> None:
    assert product.webhook(end, secret="guessed").status == 401
    assert product.queue.reports == []


@pytest.mark.parametrize(
    ("good", "signs", "status"),
    [
        ("new old", "new", 200),
        ("new old", "old", 200),
        ("new", "old", 401),
        ("new old", "new old", 401),
        ("new old", "", 401),
    ],
)
def test_while_a_secret_is_changed_both_sign(
    product: Product, end: dict[str, Any], good: str, signs: str, status: int
) -> None:
    settings = SimulatedCarrierSettings(url="", key="k", secret=good)
    product.carrier.webhooks = SimulatedCarrier(
        settings, webhook_url="", http=PoolManager(), now=product.clock.now
    )

    assert product.webhook(end, secret=signs).status == status
    assert len(product.queue.reports) == (status == 200)


def test_a_webhook_costs_no_look_into_the_table(
    product: Product, end: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(product.store, "tasks")

    assert product.webhook(end, secret="guessed").status == 401
    assert product.webhook(end).status == 200


def test_a_body_that_was_changed_on_the_way_is_refused(
    product: Product, end: dict[str, Any]
) -> None:
    raw = raw_of(end) or b""
    headers = signed(raw, at=product.clock.at)

    answer = Api().ask("POST", PATH, raw.replace(b"completed", b"voicemail"), headers)

    assert answer.status == 401
    assert product.queue.reports == []


@pytest.mark.parametrize(
    "call",
    [
        "nonsense",
        "",
        "+34600000001",
        "x" * 5000,
        "ñ-€-1",
        "0000000000000000-0000000000000000-²",
    ],
    ids=lambda text: text[:36],
)
def test_what_can_be_no_call_is_not_found(
    product: Product, end: dict[str, Any], log: Log, call: str
) -> None:
    before = product.everything()

    answer = product.webhook({**end, "correlation_id": call})

    assert answer.status == 404
    assert answer.error["code"] == "not_found"
    assert product.everything() == before
    assert "request refused" in log()
    assert "+346" not in log()


def test_a_call_that_never_was_is_taken_and_changes_nothing(
    product: Product, end: dict[str, Any]
) -> None:
    before = product.everything()
    never = "0000000000000000-0000000000000000-1"

    assert product.webhook({**end, "correlation_id": never}).status == 200
    product.run()

    assert product.everything() == before


def test_a_carrier_that_is_not_known_is_not_found(product: Product, end: dict[str, Any]) -> None:
    answer = product.webhook(end, path="/webhooks/acme")

    assert answer.status == 404
    assert answer.error["param"] == "carrier"
    assert product.queue.reports == []


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"text", b"\xff\xfe", b"null", b"7", b"[]", b'"x"', b"{}", b"[" * 100_000],
    ids=lambda raw: str(raw[:8]),
)
def test_a_signed_body_that_is_no_report_is_refused(
    product: Product, acme: Acme, log: Log, raw: bytes
) -> None:
    assert acme.workspace_id
    before = product.everything()

    answer = product.webhook(raw)

    assert answer.status == 401
    assert answer.error["code"] == "forged"
    assert product.everything() == before
    assert "request failed" not in log()


def each(kind: str, field: str, *values: Any) -> list[tuple[str, str, Any]]:
    """A kind of report, a field of it, and the values it must not have."""
    return [(kind, field, value) for value in values]


WRONG = [
    *each("ended", "type", *NO_TEXT),
    *each("ended", "correlation_id", *NO_TEXT),
    *each("ended", "call_id", *NO_TEXT),
    *each("ended", "at", "now", 1.5, True, None, [], {}, 10**30, -(10**30)),
    *each("ended", "status", *NO_TEXT),
    *each("ended", "permanent", "false", 1, [], {}),
    *each("ended", "duration_ms", "30", 1.5, True, [], {}, 10**30),
    *each("ended", "cost", "1 USD", 7, True, ["1"], {"amount": "1"}),
    *each("ended", "cost", *({"amount": amount, "currency": "USD"} for amount in (1, None))),
    *each("ended", "recording_url", 7, True, [], {}),
    *each("ended", "analysis_follows", "no", 1, [], {}),
    *each("analysis", "analysis", "text", 7, True, None, ["x"]),
    *each("ended", "transcript", "text", 7, True, {}, ["x"], [None], [{}], [{"role": "agent"}]),
    *each("ended", "transcript", [{"role": 1, "text": "x"}], [{"role": "agent", "text": None}]),
    *each("ended", "transcript", [{"role": "agent", "text": "x", "at_ms": 1.5}]),
    *each("ended", "transcript", [{"role": "agent", "text": "x", "at_ms": 10**30}]),
    *each("analysis", "transcript", [{"text": "x"}]),
]


@pytest.mark.parametrize(("kind", "field", "value"), WRONG, ids=lambda value: str(value)[:24])
def test_a_signed_report_with_a_wrong_type_is_refused(
    product: Product, end: dict[str, Any], log: Log, kind: str, field: str, value: object
) -> None:
    before = product.everything()

    answer = product.webhook({**end, "type": kind, field: value})

    assert answer.status == 401, answer
    assert answer.error["code"] == "forged"
    assert product.everything() == before
    assert "request failed" not in log()


@pytest.mark.parametrize("text", ["Infinity", "NaN", "1e999"])
def test_numbers_that_are_none_are_refused(
    product: Product, end: dict[str, Any], text: str
) -> None:
    raw = json.dumps({**end, "at": "AT"}).replace('"AT"', text).encode()

    assert product.webhook(raw).status == 401
    assert product.queue.reports == []


def test_a_report_over_the_limit_is_refused(product: Product, end: dict[str, Any]) -> None:
    answer = product.webhook({**end, "padding": "x" * 1024 * 1024})

    assert answer.status == 413
    assert product.queue.reports == []


def test_a_report_of_a_call_names_nobody_in_the_log(
    product: Product, acme: Acme, end: dict[str, Any], log: Log
) -> None:
    product.webhook({**end, "to": PHONE})
    product.run()

    assert acme.shown("/campaigns")["campaigns"][0]["progress"]["completed"] == 1
    assert "attempt settled" in log()
    assert "60000000" not in log()
