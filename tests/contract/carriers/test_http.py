"""A carrier that takes and sends JSON, in our format or as its account says."""

import hmac
import json
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from chalicelibs.adapters.carriers.accounts import Access
from chalicelibs.adapters.carriers.asking import Line
from chalicelibs.adapters.carriers.http import Http
from chalicelibs.domain.call_event import CallEvent
from chalicelibs.domain.errors import Invalid
from chalicelibs.domain.transcript import Utterance
from chalicelibs.ports.carriers import (
    Accepted,
    CannotSay,
    Carrier,
    Forged,
    NeverSeen,
    PlaceAnswer,
    Refused,
    StillAlive,
    TooLate,
    Webhook,
    Withdrawn,
)
from tests.builders import NOON, a_call, an_agent
from tests.contract.carriers.known import (
    CALL_ID,
    CALLER_ID,
    PHONE,
    REQUEST,
    SECRET,
    an_account,
    carrier,
    request,
    webhook_url,
)
from tests.contract.carriers.loopback import Loopback, raw

NOW_S, SECOND = int(NOON.timestamp()), timedelta(seconds=1)


def test_a_request_in_our_own_format(server: Loopback) -> None:
    server.says((201, {"id": "h-1"}))

    carrier("http", server.url).place(REQUEST)

    (seen,) = server.seen
    assert (seen.method, seen.path) == ("POST", "/calls")
    assert seen.headers["authorization"] == f"Bearer {SECRET}"
    assert seen.headers["idempotency-key"] == CALL_ID
    assert seen.json == {
        "call_id": CALL_ID,
        "to": PHONE,
        "from": CALLER_ID,
        "prompt": REQUEST.prompt,
        "context": dict(REQUEST.context),
        "agent": {"id": REQUEST.agent.agent_id, "name": REQUEST.agent.name},
        "voice": {},
        "ring_timeout_s": 30,
        "max_duration_s": 600,
        "webhook_url": webhook_url(),
    }


def test_a_request_in_anothers_format(server: Loopback) -> None:
    """HMS Sovereign's, as far as it is known."""
    server.says((200, {"call": {"id": 77}}))
    body = {
        "assistant_id": "{{voice.assistant}}",
        "phone_number": "{{ to }}",
        "from": "{{from}}",
        "metadata": {"carillon_call_id": "{{call_id}}", "all": "{{context}}"},
        "first_message": "Hello {{context.name}}, about {{context.order id}}: {{context.name}}",
        "limits": [True, None, 7, "{{max_duration_s}}"],
    }
    own = request(
        agent=an_agent(voice={"assistant": 9}), context={"name": "{{to}}", "order id": "7"}
    )

    answer = carrier("http", server.url, body=body, id_field="call.id").place(own)

    assert answer == Accepted("77")
    told = server.seen[0].json
    assert told["assistant_id"] == 9
    assert told["first_message"] == "Hello {{to}}, about 7: {{to}}", "filled in one pass"
    assert told["metadata"] == {"carillon_call_id": CALL_ID, "all": dict(own.context)}
    assert told["limits"] == [True, None, 7, 900]


def test_what_cannot_be_filled_is_not_asked(server: Loopback) -> None:
    own = carrier("http", server.url, body={"x": "{{context.age}}"})

    assert own.place(REQUEST) == Refused("nothing_to_fill_context.age")
    assert server.seen == []


@pytest.mark.parametrize("name", ["Año", "e.mail", "a.b.c", "first name", "Ödön’s", "电话", "x=1"])
def test_a_place_has_whatever_name_a_context_has(server: Loopback, name: str) -> None:
    server.says((201, {"id": "h-1"}))
    body = {"whole": f"{{{{context.{name}}}}}", "part": f"It is {{{{ context.{name} }}}}."}

    carrier("http", server.url, body=body).place(request(context={name: "7"}))

    assert server.seen[0].json == {"whole": "7", "part": "It is 7."}


def deep(levels: int) -> Any:
    """A place in so many objects that there are so many levels."""
    return {"in": deep(levels - 1)} if levels > 1 else "{{to}}"


def test_a_body_is_as_deep_as_can_be_filled_or_refused(server: Loopback) -> None:
    server.says((201, {"id": "h-1"}))

    assert carrier("http", server.url, body=deep(20)).place(REQUEST) == Accepted("h-1")
    with pytest.raises(Invalid, match="at most 20 deep") as refused:
        carrier("http", server.url, body=deep(21))
    assert refused.value.param == "body"


def test_a_body_knows_no_secrets(server: Loopback) -> None:
    own = carrier("http", server.url, body={"x": "{{secrets.key}}"})

    assert own.place(REQUEST) == Refused("nothing_to_fill_secrets.key")


REFUSALS: list[tuple[Any, PlaceAnswer]] = [
    (
        {"error": {"code": "invalid_number", "permanent": True}},
        Refused("invalid_number", is_permanent=True),
    ),
    ({"error": {"code": "not_today"}}, Refused("not_today")),
    ({"error": {"code": "call +34600000001 back"}}, Refused("http_422")),
    ({"error": "no"}, Refused("http_422")),
]


@pytest.mark.parametrize(("body", "expected"), REFUSALS)
def test_a_refusal_is_told_by_its_code(server: Loopback, body: Any, expected: PlaceAnswer) -> None:
    server.says((422, body))

    assert carrier("http", server.url).place(REQUEST) == expected


# --- Reports -------------------------------------------------------------------------------------

REPORT = {
    "call_id": CALL_ID,
    "carrier_call_id": "h-1",
    "status": "completed",
    "at": "2027-03-05T12:00:00Z",
    "duration_s": 42.5,
    "cost": {"amount": "0.0450", "currency": "EUR"},
    "recording_url": "https://r.test/1",
    "transcript": [{"role": "contact", "text": "Hello.", "at_ms": 500}],
}


def signed(
    report: Any,
    *,
    key: str = SECRET,
    stamp: str = str(NOW_S),
    names: tuple[str, str] = ("x-carillon-signature", "x-carillon-timestamp"),
) -> Webhook:
    """A report, signed as docs/carriers.md says."""
    body = raw(report)
    digest = hmac.new(key.encode(), stamp.encode() + b"." + body, sha256).hexdigest()
    return Webhook(headers={names[0]: f"sha256={digest}", names[1]: stamp}, body=body)


@pytest.fixture
def voice() -> Carrier:
    return carrier("http")


def read(voice: Carrier, **changes: Any) -> CallEvent:
    told = voice.read(signed({**REPORT, **changes}))
    assert told is not None
    return told


def test_a_report_in_our_own_format(voice: Carrier) -> None:
    told = read(voice)

    assert (told.call_id, told.kind, told.outcome) == (CALL_ID, "ended", "completed")
    assert (told.at, told.duration, told.cost) == (NOON, 42.5 * SECOND, "0.0450 EUR")
    assert told.transcript == (Utterance("contact", "Hello.", 0.5 * SECOND),)


@pytest.mark.parametrize(
    "names",
    [
        ("x-carillon-signature", "x-carillon-timestamp"),
        ("x-webhook-signature", "x-webhook-timestamp"),
    ],
)
@pytest.mark.parametrize("stamp", [str(NOW_S), str(NOW_S * 1000)])
def test_signatures_come_under_two_names_and_in_two_units(
    voice: Carrier, names: tuple[str, str], stamp: str
) -> None:
    assert voice.read(signed(REPORT, names=names, stamp=stamp)) is not None


REFUSED = [
    signed(REPORT, key="another"),
    signed(REPORT, stamp=str(NOW_S - 301)),
    signed(REPORT, stamp=str((NOW_S + 301) * 1000)),
    signed(REPORT, stamp="soon"),
    Webhook(headers={}, body=raw(REPORT)),
    Webhook(headers=signed(REPORT).headers, body=raw({**REPORT, "status": "busy"})),
    signed([]),
    signed(b"{"),
    signed({**REPORT, "status": 7}),
    signed({**REPORT, "duration_s": "long"}),
    signed({**REPORT, "do_not_call": "yes"}),
]


@pytest.mark.parametrize("webhook", REFUSED, ids=range(len(REFUSED)))
def test_what_is_not_signed_so_is_refused(voice: Carrier, webhook: Webhook) -> None:
    with pytest.raises(Forged):
        voice.read(webhook)


@pytest.mark.parametrize("signs", ["new", "old"])
def test_while_a_secret_is_changed_both_sign(signs: str) -> None:
    assert carrier("http", secret="new old").read(signed(REPORT, key=signs)) is not None


@pytest.mark.parametrize(
    ("status", "kind", "outcome"),
    [
        ("in-progress", "in_progress", None),
        ("no-answer", "ended", "no_answer"),
        ("no_answer", "ended", "no_answer"),
        ("busy", "ended", "busy"),
        ("voicemail", "ended", "voicemail"),
        ("no_response", "ended", "no_response"),
        ("init_failed", "ended", "init_failed"),
        ("analysis", "analysis", None),
        ("a word of next year", "ended", "failed"),
    ],
)
def test_what_a_status_means(voice: Carrier, status: str, kind: str, outcome: str | None) -> None:
    told = read(voice, status=status)

    assert (told.kind, told.outcome) == (kind, outcome)


@pytest.mark.parametrize("status", ["queued", "ringing", "initiated"])
def test_what_is_on_its_way_changes_nothing(voice: Carrier, status: str) -> None:
    assert voice.read(signed({**REPORT, "status": status})) is None


@pytest.mark.parametrize("status", [{}, {"status": None}, {"status": ""}, {"status": " "}])
def test_what_has_no_status_changes_nothing(voice: Carrier, status: dict[str, Any]) -> None:
    """A platform may report each utterance: the conversation goes on."""
    other = {name: value for name, value in REPORT.items() if name != "status"}

    assert voice.read(signed({**other, **status})) is None


@pytest.mark.parametrize("status", [{}, {"status": "ringing"}, {"status": "queued"}])
@pytest.mark.parametrize("wish", [{"do_not_call": True}, {"analysis": {"do_not_call": True}}])
def test_a_wish_counts_in_whatever_report_it_stands(
    voice: Carrier, status: dict[str, Any], wish: dict[str, Any]
) -> None:
    other = {name: value for name, value in REPORT.items() if name != "status"}

    told = voice.read(signed({**other, **status, **wish}))

    assert told is not None
    assert (told.kind, told.outcome, told.opts_out) == ("analysis", None, True)


def test_an_analysis_brings_an_outcome_and_a_wish(voice: Carrier) -> None:
    told = read(voice, analysis={"outcome": "will_pay", "do_not_call": True})
    wish = read(voice, do_not_call=True)

    assert (told.outcome, told.opts_out) == ("will_pay", True)
    assert (wish.outcome, wish.opts_out) == ("completed", True)


def test_a_platform_that_speaks_otherwise_is_understood_without_code() -> None:
    sovereign = carrier(
        "http",
        fields={
            "call_id": "message.call.metadata.carillon_call_id",
            "carrier_call_id": "message.call.id",
            "status": "message.status",
            "reason": "message.error",
        },
        words={"ended": "completed", "ended-with-error": "failed", "connecting": "ignored"},
    )
    call = {"id": "s-1", "metadata": {"carillon_call_id": CALL_ID}}

    def told(status: str, **more: Any) -> CallEvent | None:
        message = {"type": "status-update", "status": status, "call": call, **more}
        names = ("x-webhook-signature", "x-webhook-timestamp")
        return sovereign.read(signed({"message": message}, names=names))

    ended, broken, going = (
        told("ended"),
        told("ended-with-error", error="no route"),
        told("in-progress"),
    )
    said = {"message": {"type": "transcript", "transcript": "Hello.", "call": call}}
    assert sovereign.read(signed(said)) is None
    assert told("connecting") is None
    assert ended is not None
    assert (ended.call_id, ended.carrier_call_id, ended.outcome) == (CALL_ID, "s-1", "completed")
    assert broken is not None
    assert (broken.outcome, broken.reason) == ("failed", "no route")
    assert going is not None
    assert going.kind == "in_progress"


# --- Asking, and taking back ---------------------------------------------------------------------

CALL = a_call(carrier_call_id="h/1")
STATUS = "/calls?id={{carrier_call_id}}&ours={{call_id}}"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((200, {"status": "ringing"}), StillAlive()),
        ((200, {"status": "in_progress"}), StillAlive()),
        ((404, {"error": {"code": "not_found"}}), NeverSeen()),
        ((404, b"<html>"), CannotSay()),
        ((500, b""), CannotSay()),
        ((200, b"<html>"), CannotSay()),
        ((200, {"calls": [], "next": None}), CannotSay()),
        ((200, {"status": None}), CannotSay()),
    ],
)
def test_what_became_of_a_call(
    server: Loopback, answer: tuple[int, Any], expected: object
) -> None:
    server.says(answer)

    own = carrier("http", server.url, status_url=server.url + STATUS)

    assert own.fetch(CALL) == expected
    assert server.seen[0].path == f"/calls?id=h%2F1&ours={CALL.call_id}"
    assert server.seen[0].headers["authorization"] == f"Bearer {SECRET}"


def test_a_call_that_has_ended_is_told_as_in_a_report(server: Loopback) -> None:
    server.says((200, {"status": "busy"}))

    told = carrier("http", server.url, status_url=server.url + STATUS).fetch(CALL)

    assert isinstance(told, CallEvent)
    assert (told.call_id, told.outcome) == (CALL.call_id, "busy")


def test_who_cannot_be_asked_is_not(server: Loopback) -> None:
    own = carrier("http", server.url)

    assert own.fetch(CALL) == CannotSay()
    assert own.withdraw(CALL) == TooLate()
    assert server.seen == []


def test_who_is_asked_by_an_id_that_got_lost_is_not_asked(server: Loopback) -> None:
    """`GET /calls/` would say something, but nothing of this call."""
    place = server.url + "/calls/{{carrier_call_id}}"
    own = carrier("http", server.url, status_url=place, cancel_url=place)
    lost = a_call(carrier_call_id=None)

    assert own.fetch(lost) == CannotSay()
    assert own.withdraw(lost) == CannotSay()
    assert server.seen == []


def test_who_is_asked_by_our_id_needs_no_other(server: Loopback) -> None:
    server.says((404, {"error": {"code": "not_found"}}))
    own = carrier("http", server.url, status_url=server.url + "/calls?ours={{call_id}}")

    assert own.fetch(a_call(carrier_call_id=None)) == NeverSeen()


def test_an_account_that_cannot_be_filled_says_nothing_of_a_call(server: Loopback) -> None:
    """One of before that was checked: whoever asks must not break at it again and again."""
    place = server.url + "/calls/{{call_id}}"
    account = an_account("http", server.url, status_url=place, cancel_url=place)
    headers = {"Authorization": "Bearer {{secrets.gone}}"}
    own = Http(
        Access(
            account=replace(account, settings={**account.settings, "headers": headers}),
            secrets={},
            webhook_url=webhook_url(),
            line=Line(allows_private=True),
            now=lambda: NOON,
        )
    )

    assert own.fetch(CALL) == CannotSay()
    assert own.withdraw(CALL) == CannotSay()
    assert server.seen == []


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (200, Withdrawn()),
        (202, Withdrawn()),
        (404, TooLate()),
        (409, TooLate()),
        (410, TooLate()),
        (500, CannotSay()),
        (302, CannotSay()),
    ],
)
def test_a_call_that_waits_there_may_be_taken_back(
    server: Loopback, status: int, expected: object
) -> None:
    server.says((status, b""))

    own = carrier("http", server.url, cancel_url=server.url + "/calls/{{carrier_call_id}}/cancel")

    assert own.withdraw(CALL) == expected
    assert [(one.method, one.path) for one in server.seen] == [("POST", "/calls/h%2F1/cancel")]


def test_reports_are_what_the_page_says() -> None:
    """The example in docs/carriers.md is read as it stands there."""
    from pathlib import Path

    page = (Path(__file__).parents[3] / "docs" / "carriers.md").read_text(encoding="utf-8")
    example = page.split("<!-- a report -->\n```json\n")[1].split("```")[0]

    told = carrier("http").read(signed(json.loads(example)))

    assert told is not None
    assert (told.kind, told.outcome) == ("ended", "busy_callback")
    assert told.callback_at is not None
