"""The carriers that a workspace brings: set up by the API, asked, believed, paused and resumed."""

import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest
from twilio.request_validator import RequestValidator

from chalicelibs.adapters.carriers.asking import NoAnswer, NotConnected, Reply
from chalicelibs.domain.naming import task_of
from tests.functional.conftest import Log
from tests.functional.product import PUBLIC_URL, Acme, Answer, Api, Product, raw_of

MINUTE = timedelta(minutes=1)
SID, TOKEN = "AC" + "a" * 32, "the-token"
NUMBER = "+34910000011"
TWILIO = {
    "kind": "twilio",
    "account_sid": SID,
    "twiml": "<Response><Say>{{prompt}}</Say></Response>",
    "secrets": {"auth_token": "twilio-token"},
}


@dataclass
class FakeLine:
    """Takes requests as carriers would, and answers as it is told."""

    answers: list[Reply | Exception] = field(default_factory=list)
    asked: list[tuple[str, str, Mapping[str, str], bytes]] = field(default_factory=list)
    usual: Reply | Exception | None = None

    def ask(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None = None
    ) -> Reply:
        self.asked.append((method, url, headers, body or b""))
        answer = self.answers.pop(0) if self.answers else self.usual or self._accepted()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _accepted(self) -> Reply:
        return reply(201, {"sid": f"CA{len(self.asked):032}", "id": "h-1", "status": "queued"})

    @property
    def placed(self) -> list[dict[str, list[str]]]:
        """The forms of all requests for a call."""
        asked = [one for one in self.asked if one[1].endswith("/Calls.json") and one[0] == "POST"]
        return [parse_qs(body.decode()) for *_, body in asked]

    @property
    def call_ids(self) -> list[str]:
        """Our ids of the calls that were asked for."""
        reports = [form["StatusCallback"][0] for form in self.placed]
        return [url.partition("#")[0].rpartition("/")[2] for url in reports]


def reply(status: int, body: Any, **headers: str) -> Reply:
    return Reply(status, headers, raw_of(body) or b"")


@pytest.fixture
def line(product: Product) -> FakeLine:
    line = FakeLine()
    product.own_carriers._line = line
    return line


@pytest.fixture
def own(product: Product, acme: Acme, line: FakeLine) -> Acme:
    """A workspace whose agent calls by a Twilio of its own."""
    assert line
    product.secrets[acme.workspace_id, "twilio-token"] = TOKEN
    acme.carrier("my-twilio", **{**TWILIO, "url": None})
    agent = {"name": "Tia", "carrier": "my-twilio", "prompt": "Say hello to {{name}}."}
    acme.agent_id = acme.made("/agents", agent)["id"]
    acme.made("/numbers", {"phone": NUMBER, "carrier": "my-twilio"})
    return acme


def hook(
    product: Product,
    acme: Acme,
    call_id: str,
    *,
    name: str = "my-twilio",
    token: str = TOKEN,
    **fields: str,
) -> Answer:
    """A report as Twilio sends it."""
    path = f"/webhooks/{name}/{acme.workspace_id}/{call_id}"
    form = {"CallSid": "CA1", "AccountSid": SID, "CallStatus": "completed", **fields}
    headers = {
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "X-Twilio-Signature": RequestValidator(token).compute_signature(PUBLIC_URL + path, form),
        # Whatever somebody says of the host: the address is the configured one.
        "Host": "evil.test",
        "X-Forwarded-Host": "evil.test",
    }
    answer = Api().ask("POST", path, urlencode(form).encode(), headers)
    product.run()
    return answer


def test_a_carrier_is_set_up_shown_and_forgotten(acme: Acme) -> None:
    answer = acme.put("/workspace/carriers/my-twilio", TWILIO)

    assert answer.status == 200
    assert answer.body == {
        "name": "my-twilio",
        "kind": "twilio",
        "settings": {
            "account_sid": SID,
            "twiml": TWILIO["twiml"],
            "records": False,
            "api_url": "https://api.twilio.com",
        },
        "secrets": {"auth_token": "twilio-token"},
        "webhook_url": f"{PUBLIC_URL}/webhooks/my-twilio/{acme.workspace_id}",
        "state": "ready",
        "reason": None,
        "denials": 0,
        "rests_until": None,
    }
    assert acme.shown("/workspace/carriers") == {"carriers": [answer.body]}
    assert acme.shown("/workspace/carriers/my-twilio") == answer.body
    assert acme.delete("/workspace/carriers/my-twilio").body == answer.body
    assert acme.get("/workspace/carriers/my-twilio").status == 404
    assert acme.delete("/workspace/carriers/my-twilio").status == 404


HTTP = {"kind": "http", "url": "https://voice.test/calls", "secrets": {"webhook": "w"}}

WRONG: list[tuple[str, Any, str | None]] = [
    ("my-twilio", {**TWILIO, "kind": "acme"}, "kind"),
    ("my-twilio", {**TWILIO, "kind": 7}, "kind"),
    ("my-twilio", {"account_sid": SID}, "kind"),
    ("my-twilio", [], None),
    ("my-twilio", b"{", None),
    ("my-twilio", None, None),
    ("my-twilio", {**TWILIO, "account_sid": "AC1"}, "account_sid"),
    ("my-twilio", {**TWILIO, "auth_token": "t"}, "auth_token"),
    ("my-twilio", {**TWILIO, "secrets": {}}, "secrets.auth_token"),
    ("my-twilio", {**TWILIO, "secrets": {"auth_token": "a b"}}, "secrets.auth_token"),
    ("my-twilio", {**TWILIO, "secrets": {"auth_token": "../b/c"}}, "secrets.auth_token"),
    ("my-twilio", {**TWILIO, "secrets": {"auth_token": "other/x"}}, "secrets.auth_token"),
    ("my-twilio", {**TWILIO, "api_url": "ftp://x"}, "api_url"),
    ("my-twilio", {**TWILIO, "api_url": "https://user@x"}, "api_url"),
    ("my-twilio", {**TWILIO, "api_url": "https://x:port"}, "api_url"),
    ("my-twilio", {**TWILIO, "twiml": "x" * 4001}, "twiml"),
    ("my-twilio", {**TWILIO, "machine_detection": "perhaps"}, "machine_detection"),
    ("My-Twilio", TWILIO, "name"),
    ("simulated", TWILIO, "name"),
    ("x" * 41, TWILIO, "name"),
    ("voice", {**HTTP, "url": "voice.test"}, "url"),
    ("voice", {**HTTP, "url": "https://voice.test/#x"}, "url"),
    ("voice", {**HTTP, "secrets": {}}, "secrets"),
    ("voice", {**HTTP, "secrets": {"key": "k"}}, "secrets"),
    ("voice", {**HTTP, "headers": {"Authorization": "Bearer abc"}}, "headers"),
    ("voice", {**HTTP, "headers": {"X-Api-Key": "abc"}}, "headers"),
    ("voice", {**HTTP, "headers": {"X\r\nHost": "abc"}}, "headers"),
    ("voice", {**HTTP, "headers": {"X-Trace": "a\r\nHost: b"}}, "headers"),
    ("voice", {**HTTP, "headers": {"X-Api-Key": "{{secrets.api_key}}"}}, "headers.X-Api-Key"),
    ("voice", {**HTTP, "headers": {"X-Api-Key": "{{secrets}}"}}, "headers.X-Api-Key"),
    ("voice", {**HTTP, "headers": {"X-Who": "{{to}}"}}, "headers.X-Who"),
    ("voice", {**HTTP, "status_url": "https://v.test/{{id}}"}, "status_url"),
    ("voice", {**HTTP, "cancel_url": "https://v.test/{{context.x}}"}, "cancel_url"),
    ("voice", {**HTTP, "body": {"x": "y" * 20_000}}, "body"),
    ("voice", {**HTTP, "body": {"x": [float("nan")]}}, "body"),
    ("voice", {**HTTP, "body": {"x": float("-inf")}}, "body"),
    ("voice", {**HTTP, "words": {"ended": "Completed!"}}, "words"),
    ("voice", {**HTTP, "headers": {"X-Trace": "x" * 500_000}}, "headers"),
    ("voice", {**HTTP, "headers": {"X" * 500_000: "x"}}, "headers"),
    ("voice", {**HTTP, "words": {"x" * 500_000: "completed"}}, "words"),
    ("voice", {**HTTP, "words": {"": "completed"}}, "words"),
    ("voice", {**HTTP, "fields": {"x" * 500_000: "status"}}, "fields"),
    ("voice", {**HTTP, "secrets": {"webhook": "w", "x" * 500_000: "k"}}, "secrets"),
    ("vapi", {"kind": "vapi", "phone_number_ids": {"x" * 500_000: "p"},
              "secrets": {"api_key": "k", "webhook_secret": "w"}}, "phone_number_ids"),
    ("telnyx", {"kind": "telnyx", "connection_id": "1", "public_key": "x",
                "secrets": {"api_key": "k"}}, "public_key"),
    ("vapi", {"kind": "vapi", "phone_number_ids": {},
              "secrets": {"api_key": "k", "webhook_secret": "w"}}, "phone_number_ids"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "body", "param"), WRONG, ids=range(len(WRONG)))
def test_a_carrier_that_is_set_up_wrong_is_refused_by_name(
    product: Product, acme: Acme, name: str, body: Any, param: str | None
) -> None:
    before = product.everything()

    answer = acme.put(f"/workspace/carriers/{name}", body)

    assert answer.status in {400, 422}, answer
    assert answer.error["param"] == param
    assert product.everything() == before


def test_a_header_that_names_no_secret_is_told_those_that_there_are(acme: Acme) -> None:
    body = {**HTTP, "headers": {"Authorization": "Bearer {{ secrets.api_key }}"}}

    wrong = acme.put(
        "/workspace/carriers/voice", {**body, "secrets": {"webhook": "w", "key": "k"}}
    )
    right = acme.put(
        "/workspace/carriers/voice", {**body, "secrets": {"webhook": "w", "api_key": "k"}}
    )

    assert (wrong.status, wrong.error["param"]) == (422, "headers.Authorization")
    assert wrong.error["message"] == (
        "{{secrets.api_key}} is not known here; known are secrets.key, secrets.webhook"
    )
    assert right.status == 200


def test_a_carrier_that_is_in_use_stays(own: Acme) -> None:
    agents = own.delete("/workspace/carriers/my-twilio")
    own.patch(f"/agents/{own.agent_id}", {"carrier": "simulated"})
    numbers = own.delete("/workspace/carriers/my-twilio")
    own.patch("/numbers/%2B34910000011", {"carrier": "simulated"})

    assert (agents.status, numbers.status) == (409, 409)
    assert own.delete("/workspace/carriers/my-twilio").status == 200


def test_an_agent_names_a_carrier_that_there_is(acme: Acme, own: Acme, product: Product) -> None:
    other = product.workspace("Other")

    answer = other.post("/agents", {"name": "Eve", "carrier": "my-twilio"})

    assert (answer.status, answer.error["param"]) == (422, "carrier")
    assert own is acme


def test_a_workspace_has_so_many_carriers_and_no_more(acme: Acme) -> None:
    for number in range(20):
        acme.carrier(f"voice-{number}")

    assert acme.put("/workspace/carriers/voice-20", HTTP).status == 409
    assert acme.put("/workspace/carriers/voice-7", HTTP).status == 200


# --- A call by Twilio, from the push to its end --------------------------------------------------


def test_a_call_goes_out_and_its_report_settles_it(
    product: Product, own: Acme, line: FakeLine
) -> None:
    campaign_id = own.campaign()
    task_id = own.pushed(campaign_id)

    product.run()
    (form,), (call_id,) = line.placed, line.call_ids
    assert hook(product, own, call_id, CallStatus="in-progress").status == 200
    assert hook(product, own, call_id, CallDuration="42").status == 200

    assert form["To"] == ["+34600000001"]
    assert form["Twiml"] == ["<Response><Say>Say hello to Eva.</Say></Response>"]
    assert task_of(call_id) == task_id
    call = own.shown(f"/calls/{call_id}")
    assert (call["status"], call["outcome"], call["duration_s"]) == ("ended", "completed", 42)
    assert (call["carrier"], call["carrier_call_id"]) == ("my-twilio", "CA1")
    assert own.shown(f"/tasks/{task_id}")["status"] == "completed"


def test_what_nobody_signed_changes_nothing(
    product: Product, own: Acme, line: FakeLine, log: Log
) -> None:
    own.pushed(own.campaign())
    product.run()
    (call_id,) = line.call_ids
    before = product.everything()

    assert hook(product, own, call_id, token="another").status == 401
    assert hook(product, own, call_id, name="nobody").status == 404
    assert hook(product, own, call_id, AccountSid="AC" + "0" * 32).status == 401

    assert product.everything() == before
    assert "request refused" in log()
    assert "346000" not in log()


def test_what_a_workspaces_carrier_signs_says_nothing_of_anothers_calls(
    product: Product, own: Acme, line: FakeLine
) -> None:
    """Both call their carrier the same: that must not make one's word count for the other."""
    other = product.workspace("Other")
    product.secrets[other.workspace_id, "mine"] = "of-the-other"
    other.carrier("my-twilio", **{**TWILIO, "url": None, "secrets": {"auth_token": "mine"}})
    own.pushed(own.campaign())
    product.run()
    (call_id,) = line.call_ids

    assert hook(product, other, call_id, token="of-the-other").status == 200

    assert own.shown(f"/calls/{call_id}")["status"] == "placed"


def test_a_machine_that_is_told_first_makes_the_call_a_voicemail(
    product: Product, own: Acme, line: FakeLine
) -> None:
    own.pushed(own.campaign(retry_outcomes=[]))
    product.run()
    (call_id,) = line.call_ids

    hook(product, own, call_id, AnsweredBy="machine_start", CallStatus="in-progress",
         MachineDetectionDuration="2000")  # fmt: skip
    hook(product, own, call_id)

    assert own.shown(f"/calls/{call_id}")["outcome"] == "voicemail"


# --- What carriers refuse ------------------------------------------------------------------------


def test_credentials_that_are_refused_again_and_again_pause_the_carrier(
    product: Product, own: Acme, line: FakeLine, log: Log
) -> None:
    line.usual = reply(401, {"code": 20003, "message": "Authenticate"})
    campaign_id = own.campaign()
    tasks = [own.pushed(campaign_id, phone=f"+3460000000{one}") for one in range(1, 7)]

    for _ in range(5):
        product.run()
        product.clock.pass_(MINUTE)
        product.tick()

    shown = own.shown("/workspace/carriers/my-twilio")
    assert (shown["state"], shown["reason"]) == ("paused", "credentials_refused")
    assert len(line.placed) == shown["denials"]
    calls = own.shown("/calls")["calls"]
    assert {(one["outcome"], one["reason"]) for one in calls} == {
        ("init_failed", "credentials_refused")
    }
    asked = len(line.placed)
    assert 3 <= asked <= len(tasks)
    later = own.pushed(campaign_id, phone="+34600000099")
    gates = own.shown(f"/tasks/{later}/explain")["gates"]
    assert [one["reason"] for one in gates if one["gate"] == "carrier"] == ["carrier_paused"]
    product.run()
    assert len(line.placed) == asked, "nobody is asked any more"
    assert own.shown(f"/tasks/{later}")["attempts"] == 0
    assert own.shown(f"/campaigns/{campaign_id}")["status"] == "running"
    assert "34600000" not in log()
    assert TOKEN not in log()


def test_a_paused_carrier_goes_on_when_somebody_says_so(
    product: Product, own: Acme, line: FakeLine
) -> None:
    line.answers = [reply(401, {})] * 3
    campaign_id = own.campaign()
    for one in range(3):
        own.pushed(campaign_id, phone=f"+3460000000{one}")
    product.run()
    task_id = own.pushed(campaign_id, phone="+34600000009")
    product.run()
    assert own.shown("/workspace/carriers/my-twilio")["state"] == "paused"

    resumed = own.post("/workspace/carriers/my-twilio/resume")
    product.clock.pass_(2 * MINUTE)
    product.tick()
    product.run()

    assert (resumed.status, resumed.body["state"]) == (200, "ready")
    assert own.shown(f"/tasks/{task_id}")["status"] == "running"
    assert own.shown("/workspace/carriers/my-twilio")["denials"] == 0


def test_a_call_that_is_taken_shows_that_the_credentials_are_good(
    product: Product, own: Acme, line: FakeLine
) -> None:
    campaign_id = own.campaign()
    for number, status in enumerate([401, 201, 401, 201, 401, 201]):
        line.answers = [reply(status, {"sid": f"CA{number}"})]
        own.pushed(campaign_id, phone=f"+3460000000{number}")
        product.run()

    shown = own.shown("/workspace/carriers/my-twilio")
    assert (shown["state"], shown["denials"]) == ("ready", 0)


def test_a_secret_that_is_not_stored_is_a_denial(
    product: Product, own: Acme, line: FakeLine
) -> None:
    product.secrets.clear()
    own.pushed(own.campaign())
    product.run()

    shown = own.shown("/workspace/carriers/my-twilio")
    assert (shown["denials"], shown["reason"]) == (1, "secret_missing")
    assert line.asked == []


class Away:
    """Parameter Store, while it cannot be reached."""

    def get(self, workspace_id: str, name: str) -> list[str]:
        raise TimeoutError(workspace_id, name)


def test_whoever_needs_no_secret_does_not_ask_for_one(product: Product, own: Acme) -> None:
    campaign_id = own.campaign()
    task_id = own.pushed(campaign_id)
    product.own_carriers._secrets = Away()

    explained = own.shown(f"/tasks/{task_id}/explain")
    agent = {"name": "Eva", "carrier": "my-twilio", "prompt": "Say hello."}

    assert {gate["gate"]: gate["is_open"] for gate in explained["gates"]}["agent"]
    assert own.made("/agents", agent)["carrier"] == "my-twilio"


def test_a_full_carrier_is_left_alone_for_as_long_as_it_asks(
    product: Product, own: Acme, line: FakeLine
) -> None:
    line.answers = [Reply(429, {"retry-after": "90"}, b"")]
    campaign_id = own.campaign()
    first = own.pushed(campaign_id)
    product.run()
    second = own.pushed(campaign_id, phone="+34600000002")
    product.run()

    shown = own.shown("/workspace/carriers/my-twilio")
    assert shown["state"] == "resting"
    assert shown["rests_until"] == "2027-03-05T12:01:30.000Z"
    assert len(line.placed) == 1, "nor for anybody else"
    product.clock.pass_(2 * MINUTE)
    product.tick()
    product.run()
    assert len(line.placed) == 3
    for task_id in (first, second):
        assert own.shown(f"/tasks/{task_id}")["attempts"] == 1, "none was spent in vain"


REFUSED: list[tuple[Any, str, bool]] = [
    ((400, {"code": 21211, "message": "The 'To' number +34600000001 is not valid"}),
     "twilio_21211", True),
    ((404, {"code": 20404}), "twilio_20404", False),
    ((403, "<html>Forbidden</html>"), "http_403", False),
    ((400, "x"), "http_400", False),
]  # fmt: skip


@pytest.mark.parametrize("case", REFUSED, ids=lambda one: one[1])
def test_a_call_that_is_refused_says_why_and_the_campaign_goes_on(
    product: Product,
    own: Acme,
    line: FakeLine,
    log: Log,
    case: tuple[tuple[int, Any], str, bool],
) -> None:
    answer, reason, is_permanent = case
    line.answers = [reply(*answer)]
    campaign_id = own.campaign()
    own.pushed(campaign_id)
    product.run()
    own.pushed(campaign_id, phone="+34600000002")
    product.run()

    (call,) = own.shown("/calls")["calls"]
    assert (call["outcome"], call["reason"]) == ("init_failed", reason)
    assert call["is_permanent"] == is_permanent
    assert len(line.placed) == 2
    assert "34600000" not in log()
    assert "'result': 'refused'" in log()


def test_a_carrier_that_hangs_for_an_hour_dials_nobody_twice(
    product: Product, own: Acme, line: FakeLine
) -> None:
    line.usual = NoAnswer("TimeoutError")
    rules = {"max_attempts": 2, "retry_intervals_ms": [60_000]}
    campaign_id = own.campaign(**rules)
    tasks = [own.pushed(campaign_id, phone=f"+346000000{one:02}") for one in range(20)]

    for _ in range(60):
        product.run()
        product.clock.pass_(MINUTE)
        product.tick()

    assert len(set(line.call_ids)) == len(line.call_ids), "each call was asked for once"
    attempts: dict[str, int] = dict.fromkeys(tasks, 0)
    for call_id in line.call_ids:
        attempts[task_of(call_id)] += 1
    assert set(attempts.values()) == {2}, "and each contact as often as the rules say"
    calls = own.shown("/calls?limit=200")["calls"]
    assert {(one["outcome"], one["reason"]) for one in calls} == {("failed", "lost")}


def test_a_carrier_that_was_unreachable_for_an_hour_costs_nobody_an_attempt(
    product: Product, own: Acme, line: FakeLine
) -> None:
    line.usual = NotConnected("refused")
    task_id = own.pushed(own.campaign())
    for _ in range(60):
        product.run()
        product.clock.pass_(MINUTE)
        product.tick()

    line.usual = None
    product.clock.pass_(MINUTE)
    product.tick()
    product.run()

    assert own.shown(f"/tasks/{task_id}")["attempts"] == 1
    assert own.shown("/calls")["calls"] == []


# --- Calls that wait there -----------------------------------------------------------------------

HOURS = {"timezone": "UTC", "calling_hours": {"start": "09:00", "end": "12:02"}}


def waiting(product: Product, own: Acme, line: FakeLine, **campaign: Any) -> tuple[str, str]:
    """A call that Twilio has taken and not dialled; gives its campaign and its task."""
    campaign_id = own.campaign(**campaign)
    task_id = own.pushed(campaign_id)
    product.run()
    assert len(line.placed) == 1
    line.answers = [reply(200, {"status": "queued"}), reply(200, {"status": "canceled"})]
    return campaign_id, task_id


def is_taken_back(line: FakeLine) -> bool:
    return any(body == b"Status=canceled" for *_, body in line.asked)


@pytest.mark.parametrize("control", ["pause", "archive"])
def test_a_campaign_that_stops_takes_back_what_waits_at_its_carrier(
    product: Product, own: Acme, line: FakeLine, control: str
) -> None:
    campaign_id, task_id = waiting(product, own, line)

    own.post(f"/campaigns/{campaign_id}/{control}")
    product.run()

    assert is_taken_back(line)
    task = own.shown(f"/tasks/{task_id}")
    assert task["attempts"] == 0, "nobody was called"
    assert product.store.slots[own.workspace_id][0] == set()
    assert own.shown(f"/tasks/{task_id}/calls")["calls"] == []


def test_hours_that_end_take_back_what_waits_at_its_carrier(
    product: Product, own: Acme, line: FakeLine
) -> None:
    _, task_id = waiting(product, own, line, **HOURS)
    product.clock.pass_(MINUTE)
    product.tick()
    product.run()
    assert not is_taken_back(line), "there is a minute left"

    product.clock.pass_(MINUTE)
    product.tick()
    product.run()

    assert is_taken_back(line)
    assert own.shown(f"/tasks/{task_id}")["attempts"] == 0


def test_the_carriers_own_report_of_it_may_come_first(
    product: Product, own: Acme, line: FakeLine
) -> None:
    campaign_id, task_id = waiting(product, own, line)
    (call_id,) = line.call_ids
    line.answers[1] = NoAnswer("TimeoutError")

    own.post(f"/campaigns/{campaign_id}/pause")
    product.run()
    hook(product, own, call_id, CallStatus="canceled")
    own.post(f"/campaigns/{campaign_id}/resume")
    product.run()

    assert own.shown(f"/tasks/{task_id}")["attempts"] == 1
    assert len(line.placed) == 2, "it is called when the campaign goes on"


def test_who_was_cancelled_by_others_is_not_given_back(
    product: Product, own: Acme, line: FakeLine
) -> None:
    own.pushed(own.campaign())
    product.run()
    (call_id,) = line.call_ids

    hook(product, own, call_id, CallStatus="canceled")

    call = own.shown(f"/calls/{call_id}")
    assert (call["outcome"], call["reason"]) == ("failed", "cancelled")


def test_a_phone_that_rings_already_is_let_ring(
    product: Product, own: Acme, line: FakeLine
) -> None:
    campaign_id, task_id = waiting(product, own, line)
    line.answers = [reply(200, {"status": "ringing"})]

    own.post(f"/campaigns/{campaign_id}/pause")
    product.run()

    assert not is_taken_back(line)
    assert own.shown(f"/tasks/{task_id}")["status"] == "running"


def test_a_campaign_that_goes_on_at_once_takes_nothing_back(
    product: Product, own: Acme, line: FakeLine
) -> None:
    campaign_id, _ = waiting(product, own, line)

    own.post(f"/campaigns/{campaign_id}/pause")
    own.post(f"/campaigns/{campaign_id}/resume")
    product.run()

    assert not is_taken_back(line)


# --- Who wants no more calls ---------------------------------------------------------------------


@pytest.fixture
def voice(product: Product, acme: Acme, line: FakeLine) -> Acme:
    """A workspace whose agent calls by a platform that takes JSON."""
    assert line
    product.secrets[acme.workspace_id, "hooks"] = "h"
    acme.carrier()
    agent = {"name": "Vio", "carrier": "voice", "prompt": "Say hello to {{name}}."}
    acme.agent_id = acme.made("/agents", agent)["id"]
    return acme


def tell(product: Product, acme: Acme, call_id: str, status: str, **more: Any) -> Answer:
    """A report of the platform, in our own format."""
    body = json.dumps({"call_id": call_id, "status": status, **more}).encode()
    stamp = str(int(product.clock.at.timestamp()))
    digest = hmac.new(b"h", stamp.encode() + b"." + body, sha256).hexdigest()
    headers = {"X-Carillon-Timestamp": stamp, "X-Carillon-Signature": f"sha256={digest}"}
    answer = Api().ask("POST", f"/webhooks/voice/{acme.workspace_id}", body, headers)
    product.run()
    return answer


def asked_of(line: FakeLine) -> Sequence[str]:
    return [json.loads(body)["call_id"] for *_, body in line.asked]


def test_a_call_whose_id_got_lost_is_not_dialled_again_on_the_word_of_another_page(
    product: Product, voice: Acme, line: FakeLine
) -> None:
    """At the address without the id a platform may answer anything, a 404 for instance."""
    voice.carrier(status_url="https://voice.test/calls/{{carrier_call_id}}")
    task_id = voice.pushed(voice.campaign(max_attempts=2, retry_interval_ms=0))
    line.answers = [NoAnswer("TimeoutError")]
    line.usual = reply(404, {"error": {"code": "not_found"}})
    product.run()

    for _ in range(4):
        product.clock.pass_(MINUTE)
        product.tick()
        product.run()

    assert [method for method, *_ in line.asked] == ["POST"]
    assert voice.shown(f"/tasks/{task_id}")["current_call"]["status"] == "unknown"


MORE = {"max_attempts": 3, "retry_intervals_ms": [60_000, 60_000], "retry_outcomes": ["completed"]}


def test_who_asks_not_to_be_called_again_is_not(
    product: Product, voice: Acme, line: FakeLine
) -> None:
    task_id = voice.pushed(voice.campaign(**MORE))
    product.run()

    (call_id,) = asked_of(line)
    assert tell(product, voice, call_id, "completed", do_not_call=True).status == 200

    task = voice.shown(f"/tasks/{task_id}")
    assert (task["status"], task["reason"]) == ("completed", "opted_out")
    assert voice.shown(f"/calls/{call_id}")["do_not_call"] is True


def test_that_counts_when_it_is_told_late(product: Product, voice: Acme, line: FakeLine) -> None:
    task_id = voice.pushed(voice.campaign(**MORE))
    product.run()
    (call_id,) = asked_of(line)
    tell(product, voice, call_id, "busy")
    assert voice.shown(f"/tasks/{task_id}")["status"] == "queued"

    tell(product, voice, call_id, "analysis", analysis={"do_not_call": True})

    task = voice.shown(f"/tasks/{task_id}")
    assert (task["status"], task["reason"]) == ("completed", "opted_out")


def test_and_even_while_the_next_call_is_on_its_way(
    product: Product, voice: Acme, line: FakeLine
) -> None:
    task_id = voice.pushed(voice.campaign(**MORE))
    product.run()
    (first,) = asked_of(line)
    tell(product, voice, first, "busy")
    product.clock.pass_(MINUTE)
    product.tick()
    product.run()
    second = asked_of(line)[1]

    tell(product, voice, first, "analysis", analysis={"do_not_call": True})
    tell(product, voice, second, "busy")

    task = voice.shown(f"/tasks/{task_id}")
    assert (task["status"], task["reason"]) == ("completed", "opted_out")


def test_an_end_that_is_told_twice_is_enriched_by_the_second(
    product: Product, voice: Acme, line: FakeLine
) -> None:
    voice.pushed(voice.campaign())
    product.run()
    (call_id,) = asked_of(line)

    tell(product, voice, call_id, "completed", analysis_follows=True)
    told = {"outcome": "busy_callback", "callback_at": "2027-03-05T15:00:00Z"}
    tell(product, voice, call_id, "completed", analysis=told, duration_s=9)

    call = voice.shown(f"/calls/{call_id}")
    assert (call["outcome"], call["analysis"]) == ("busy_callback", told)
    assert call["callback_at"] == "2027-03-05T15:00:00.000Z"


# --- What waits too long -------------------------------------------------------------------------


def test_a_call_that_waits_too_long_is_taken_back_before_it_counts_as_lost(
    product: Product, own: Acme, line: FakeLine
) -> None:
    """Else it would ring at last, beside the attempt that follows it."""
    waiting(product, own, line)
    line.answers = []
    line.usual = reply(200, {"status": "queued"})

    for _ in range(60):
        product.clock.pass_(MINUTE)
        product.tick()
        product.run()

    (call,) = own.shown("/calls")["calls"]
    assert (call["outcome"], call["reason"]) == ("failed", "lost")
    assert is_taken_back(line)
