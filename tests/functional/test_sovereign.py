"""The API in the words of HMS Sovereign's *Outbound Campaigns*: assistants and leads."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelibs.domain.deadlines import Deadlines
from chalicelibs.ports.carriers import Refused
from tests.functional.product import CALLER_ID, Acme, Product

MINUTE = timedelta(minutes=1)

#: So long after the end of a call no report of it counts any more.
LATE = Deadlines().last_word + MINUTE

V1 = "/api/v1"
BOTH = pytest.mark.parametrize("base", ["", V1], ids=["unprefixed", "v1"])

#: As they stand in the seed, letter by letter.
SEED_TEMPLATE = """You are calling {{name}}, the {{role}} at {{company}}.

Background:
- They expressed interest in: {{interest}}
- Previous interaction: {{last_contact}}
- Priority: {{priority}}

Your goal is to schedule a demo call."""
SEED_VARIABLES = b"""{
  "name": "Maria Jansen",
  "role": "Head of Operations",
  "company": "LogiFlow BV",
  "interest": "workflow automation",
  "last_contact": "Downloaded whitepaper on Jan 5",
  "priority": "high"
}"""


def campaign(acme: Acme, **changes: Any) -> dict[str, Any]:
    """The body of a campaign."""
    who = {"assistant_id": acme.agent_id, "phone_number": CALLER_ID}
    return {"name": "Whitepaper", **who, **changes}


def made(acme: Acme, base: str = V1, **changes: Any) -> str:
    """A new campaign."""
    return str(acme.made(f"{base}/campaigns", campaign(acme, **changes))["id"])


def lead(number: int = 1, **changes: Any) -> dict[str, Any]:
    """The body of a lead."""
    return {"phone_number": f"+3460000000{number}", "variables": {"name": "Eva"}, **changes}


def added(acme: Acme, campaign_id: str, number: int = 1) -> str:
    """A new lead."""
    return str(acme.made(f"{V1}/campaigns/{campaign_id}/leads", lead(number))["id"])


def shown(acme: Acme, campaign_id: str) -> Any:
    """A campaign as it is shown."""
    return acme.shown(f"{V1}/campaigns/{campaign_id}")


def one_called(product: Product, acme: Acme, **changes: Any) -> tuple[str, str, str]:
    """A campaign with one lead that is being called: their ids, and the call's."""
    campaign_id = made(acme, status="scheduled", **changes)
    lead_id = added(acme, campaign_id)
    product.run()
    return campaign_id, lead_id, product.carrier.asked[-1].call_id


# --- Prerequisites ------------------------------------------------------------------------------


@BOTH
def test_a_campaign_needs_an_active_assistant(acme: Acme, base: str) -> None:
    acme.patch(f"/agents/{acme.agent_id}", {"is_active": False})

    answer = acme.post(f"{base}/campaigns", campaign(acme))

    assert (answer.status, answer.error["param"]) == (422, "assistant_id")
    assert "assistant is not active" in answer.error["message"]


def test_a_campaign_needs_an_assistant_that_there_is(acme: Acme) -> None:
    unknown = acme.post(f"{V1}/campaigns", campaign(acme, assistant_id="nobody"))
    missing = acme.post(f"{V1}/campaigns", {"name": "N", "phone_number": CALLER_ID})

    assert (unknown.status, unknown.error["param"]) == (422, "assistant_id")
    assert unknown.error["message"] == "there is no such assistant"
    assert (missing.status, missing.error["param"]) == (422, "assistant_id")


def test_a_campaign_needs_a_number(acme: Acme) -> None:
    answer = acme.post(f"{V1}/campaigns", {"name": "N", "assistant_id": acme.agent_id})

    assert (answer.status, answer.error["param"]) == (422, "phone_number")
    assert "from which number" in answer.error["message"]


@BOTH
@pytest.mark.parametrize("spelled", ["number_id", "phone_number_id", "phone_number"])
def test_the_number_needs_an_outbound_trunk(acme: Acme, base: str, spelled: str) -> None:
    acme.patch(f"/numbers/{CALLER_ID}", {"has_outbound_trunk": False})
    body = {"name": "N", "assistant_id": acme.agent_id, spelled: CALLER_ID}

    answer = acme.post(f"{base}/campaigns", body)

    assert (answer.status, answer.error["param"]) == (422, spelled)
    assert "no outbound trunk" in answer.error["message"]


@pytest.mark.parametrize("spelled", ["number_id", "phone_number_id", "phone_number"])
def test_the_number_must_be_one_of_the_workspaces(acme: Acme, spelled: str) -> None:
    body = {"name": "N", "assistant_id": acme.agent_id, spelled: "+34910000099"}

    answer = acme.post(f"{V1}/campaigns", body)

    assert (answer.status, answer.error["param"]) == (422, spelled)


def test_the_number_may_be_named_twice_but_not_be_two(acme: Acme) -> None:
    assert made(acme, number_id=CALLER_ID)

    answer = acme.post(f"{V1}/campaigns", campaign(acme, number_id="+34910000099"))

    assert (answer.status, answer.error["param"]) == (422, "phone_number")


# --- The campaign -------------------------------------------------------------------------------


@BOTH
def test_a_campaign_is_shown_in_the_words_in_which_it_was_made(acme: Acme, base: str) -> None:
    schedule = {"schedule_start_time": "09:00:00", "schedule_end_time": "17:00:00"}
    body = campaign(acme, **schedule, timezone="Europe/Amsterdam")

    new = acme.made(f"{base}/campaigns", {**body, "system_message_template": "To {{name}}."})

    assert new == {
        "id": new["id"],
        "name": "Whitepaper",
        "status": "draft",
        "paused_for": None,
        "assistant_id": acme.agent_id,
        "number_id": CALLER_ID,
        "phone_number": CALLER_ID,
        "system_message_template": "To {{name}}.",
        "schedule_start_time": "09:00:00",
        "schedule_end_time": "17:00:00",
        "timezone": "Europe/Amsterdam",
        "concurrency_limit": 1,
        "max_attempts": 1,
        "retry_intervals_ms": [],
        "retry_outcomes": [],
        "total_leads": 0,
        "completed_leads": 0,
        "current_call_id": None,
        "last_lead_processed_at": None,
        "created_at": "2027-03-05T12:00:00.000Z",
    }
    for path in ("/campaigns", f"{V1}/campaigns"):
        assert acme.shown(f"{path}/{new['id']}") == new
        assert acme.shown(path) == {"campaigns": [new], "next_cursor": None}


def test_under_the_prefix_every_campaign_is_shown_in_these_words(acme: Acme) -> None:
    hours = {"start": "10:00", "end": "24:00"}
    native = acme.made("/campaigns", acme.batch(calling_hours=hours, prompt="Be brief."))

    view = shown(acme, native["id"])

    assert (view["assistant_id"], view["phone_number"]) == (acme.agent_id, CALLER_ID)
    assert (view["schedule_start_time"], view["schedule_end_time"]) == ("10:00:00", "24:00:00")
    assert view["system_message_template"] == "Be brief."
    assert view["concurrency_limit"] is None
    assert acme.shown(f"{V1}/campaigns")["campaigns"] == [view]
    assert acme.shown("/campaigns")["campaigns"] == [
        {name: value for name, value in native.items() if name != "sample_task"}
    ]


def test_a_campaign_whose_rules_are_its_tasks_own_shows_none(acme: Acme) -> None:
    realtime = acme.made("/campaigns", {"name": "Leads", "type": "realtime"})

    view = shown(acme, realtime["id"])

    assert (view["status"], view["assistant_id"], view["max_attempts"]) == (
        "scheduled",
        None,
        None,
    )


def test_controls_show_a_campaign_in_the_words_in_which_it_was_made(acme: Acme) -> None:
    campaign_id = made(acme)

    started = acme.post(f"/campaigns/{campaign_id}/start").body

    assert started == shown(acme, campaign_id)
    assert started["status"] == "scheduled"


def test_a_campaign_is_shown_in_other_words_on_request(acme: Acme) -> None:
    campaign_id = made(acme)

    native = acme.shown(f"/campaigns/{campaign_id}?dialect=native")
    listed = acme.shown("/campaigns?dialect=native")["campaigns"]
    unknown = acme.get(f"/campaigns/{campaign_id}?dialect=klingon")

    assert (native["agent_id"], native["type"]) == (acme.agent_id, "batch")
    assert listed == [native]
    assert (unknown.status, unknown.error["param"]) == (422, "dialect")


def test_what_cannot_be_shown_is_not_done(product: Product, acme: Acme) -> None:
    campaign_id = made(acme)
    before = product.everything()

    answer = acme.patch(f"/campaigns/{campaign_id}?dialect=klingon", {"name": "Another"})

    assert (answer.status, answer.error["param"]) == (422, "dialect")
    assert product.everything() == before


def test_a_body_in_both_words_is_refused(acme: Acme) -> None:
    answer = acme.post("/campaigns", campaign(acme, agent_id=acme.agent_id))

    assert (answer.status, answer.error["param"]) == (422, "agent_id")


def test_the_assistant_is_told_its_own_messages_and_the_template_filled_in(
    product: Product, acme: Acme
) -> None:
    campaign_id = made(acme, system_message_template=SEED_TEMPLATE, status="scheduled")
    raw = b'{"phone_number": "+31201234567", "variables": ' + SEED_VARIABLES + b"}"

    new = acme.made(f"{V1}/campaigns/{campaign_id}/leads", raw)
    product.run()

    assert new["variables"] == {
        "name": "Maria Jansen",
        "role": "Head of Operations",
        "company": "LogiFlow BV",
        "interest": "workflow automation",
        "last_contact": "Downloaded whitepaper on Jan 5",
        "priority": "high",
    }
    assert product.carrier.asked[0].prompt == (
        "Say hello to Maria Jansen.\n"
        "\n"
        "You are calling Maria Jansen, the Head of Operations at LogiFlow BV.\n"
        "\n"
        "Background:\n"
        "- They expressed interest in: workflow automation\n"
        "- Previous interaction: Downloaded whitepaper on Jan 5\n"
        "- Priority: high\n"
        "\n"
        "Your goal is to schedule a demo call."
    )


def test_a_variable_of_the_template_must_come_with_the_lead(acme: Acme) -> None:
    campaign_id = made(acme, system_message_template="From {{company}}.")

    answer = acme.post(f"{V1}/campaigns/{campaign_id}/leads", lead())

    assert (answer.status, answer.error["code"]) == (422, "missing_variables")
    assert answer.error["param"] == "variables"
    assert (
        answer.error["message"] == "the assistant's prompt needs company: add it to the variables"
    )


# --- Schedule -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "end", "kept"),
    [
        ("09:00:00", "17:00:00", ("09:00:00", "17:00:00")),
        ("09:00", "17:00", ("09:00:00", "17:00:00")),
        ("09:00:01", "17:00:59", ("09:01:00", "17:00:00")),
        ("08:59:59", "23:59:59", ("09:00:00", "23:59:00")),
        ("22:00:30", "06:00:30", ("22:01:00", "06:00:00")),
        ("23:59:30", "06:00:00", ("00:00:00", "06:00:00")),
        ("12:00:30", "12:00:20", ("12:01:00", "12:00:00")),
        ("09:00:00", "00:00:00", ("09:00:00", "24:00:00")),
        ("00:00:00", "24:00:00", ("00:00:00", "24:00:00")),
    ],
)
def test_a_schedule_is_kept_in_whole_minutes_within_it(
    acme: Acme, start: str, end: str, kept: tuple[str, str]
) -> None:
    view = shown(acme, made(acme, schedule_start_time=start, schedule_end_time=end))

    assert (view["schedule_start_time"], view["schedule_end_time"]) == kept


@pytest.mark.parametrize(
    ("start", "end", "param"),
    [
        ("09:00:10", "09:00:50", "schedule_end_time"),
        ("09:00:30", "09:01:10", "schedule_end_time"),
        ("23:59:30", "23:59:50", "schedule_end_time"),
        ("09:00:00", "09:00:00", "schedule_end_time"),
        ("24:00:00", "00:00:00", "schedule_end_time"),
        ("9:00:00", "17:00:00", "schedule_start_time"),
        ("25:00:00", "17:00:00", "schedule_start_time"),
        ("09:00:00", "17:00:60", "schedule_end_time"),
        ("09:00:00", "24:00:01", "schedule_end_time"),
        ("09:00:00", None, "schedule_end_time"),
        (None, "17:00:00", "schedule_start_time"),
    ],
)
def test_a_schedule_that_cannot_be_kept_is_refused_by_name(
    acme: Acme, start: str | None, end: str | None, param: str
) -> None:
    body = campaign(acme, schedule_start_time=start, schedule_end_time=end)

    answer = acme.post(f"{V1}/campaigns", body)

    assert (answer.status, answer.error["param"]) == (422, param)


def test_an_unknown_zone_is_refused_by_name(acme: Acme) -> None:
    answer = acme.post(f"{V1}/campaigns", campaign(acme, timezone="Europe/Atlantis"))

    assert (answer.status, answer.error["param"]) == (422, "timezone")


@pytest.mark.parametrize(
    ("minutes", "calls"),
    [(58, 0), (59, 1), (60 + 59, 1), (2 * 60, 0)],
    ids=["a minute early", "at its start", "in its last minute", "at its end"],
)
def test_calls_start_only_in_the_window_on_the_clocks_of_its_zone(
    product: Product, acme: Acme, minutes: int, calls: int
) -> None:
    # 12:00 UTC is 13:00 in Amsterdam.
    schedule = {"schedule_start_time": "13:58:30", "schedule_end_time": "15:00:30"}
    campaign_id = made(acme, **schedule, timezone="Europe/Amsterdam", status="scheduled")
    added(acme, campaign_id)

    product.clock.pass_(minutes * MINUTE)
    product.tick()
    product.run()

    assert len(product.carrier.asked) == calls


# --- Status -------------------------------------------------------------------------------------


@BOTH
def test_a_draft_calls_nobody_until_it_is_scheduled(
    product: Product, acme: Acme, base: str
) -> None:
    campaign_id = made(acme, base)
    added(acme, campaign_id)
    product.run()
    product.tick()
    product.run()
    assert product.carrier.asked == []

    answer = acme.patch(f"{base}/campaigns/{campaign_id}", {"status": "scheduled"})
    product.run()

    assert (answer.status, answer.body["status"]) == (200, "scheduled")
    assert len(product.carrier.asked) == 1


def test_a_paused_campaign_calls_nobody_until_it_is_scheduled_again(
    product: Product, acme: Acme
) -> None:
    campaign_id = made(acme, status="scheduled")
    paused = acme.patch(f"{V1}/campaigns/{campaign_id}", {"status": "paused"})
    lead_id = added(acme, campaign_id)
    product.run()
    assert paused.body["status"] == "paused"
    assert product.carrier.asked == []
    assert acme.shown(f"{V1}/campaigns/{campaign_id}/leads/{lead_id}")["status"] == "pending"

    acme.patch(f"{V1}/campaigns/{campaign_id}", {"status": "scheduled"})
    product.run()

    assert len(product.carrier.asked) == 1


def in_status(product: Product, acme: Acme, status: str) -> str:
    """A campaign that reads so."""
    if status == "completed":
        campaign_id, _, call_id = one_called(product, acme)
        product.ended(call_id)
        product.run()
    else:
        campaign_id = made(acme, status="draft" if status == "draft" else "scheduled")
        if status == "paused":
            acme.patch(f"{V1}/campaigns/{campaign_id}", {"status": "paused"})
    assert shown(acme, campaign_id)["status"] == status
    return campaign_id


@BOTH
@pytest.mark.parametrize(
    ("status", "wrong", "allowed"),
    [
        ("draft", "paused", "may become scheduled"),
        ("draft", "completed", "may become scheduled"),
        ("scheduled", "draft", "may become paused"),
        ("scheduled", "completed", "may become paused"),
        ("paused", "draft", "may become scheduled"),
        ("paused", "completed", "may become scheduled"),
        ("completed", "draft", "stays so"),
        ("completed", "scheduled", "stays so"),
        ("completed", "paused", "stays so"),
    ],
)
def test_a_wrong_transition_is_refused_and_says_which_are_right(
    product: Product, acme: Acme, base: str, status: str, wrong: str, allowed: str
) -> None:
    campaign_id = in_status(product, acme, status)
    before = product.everything()

    answer = acme.patch(f"{base}/campaigns/{campaign_id}", {"status": wrong})

    assert (answer.status, answer.error["code"]) == (409, "not_allowed")
    assert answer.error["param"] == "status"
    assert (
        answer.error["message"] == f"cannot become {wrong}: a campaign that is {status} {allowed}"
    )
    assert product.everything() == before


@pytest.mark.parametrize("status", ["draft", "scheduled", "paused", "completed"])
def test_the_status_that_it_has_changes_nothing(product: Product, acme: Acme, status: str) -> None:
    campaign_id = in_status(product, acme, status)
    stored = dict(product.store.campaigns)
    before = shown(acme, campaign_id)

    answer = acme.patch(f"{V1}/campaigns/{campaign_id}", {"status": status})

    assert answer == (200, before)
    assert product.store.campaigns == stored


def test_a_status_that_there_is_not_is_refused(acme: Acme) -> None:
    for base in ("", V1):
        answer = acme.patch(f"{base}/campaigns/{made(acme)}", {"status": "running"})
        assert (answer.status, answer.error["param"]) == (422, "status")
    answer = acme.post(f"{V1}/campaigns", campaign(acme, status="paused"))
    assert (answer.status, answer.error["param"]) == (422, "status")


def test_a_campaign_completes_by_itself_when_all_leads_are_processed(
    product: Product, acme: Acme
) -> None:
    campaign_id, _, call_id = one_called(product, acme)
    assert shown(acme, campaign_id)["status"] == "scheduled"

    product.ended(call_id)
    product.run()

    assert shown(acme, campaign_id)["status"] == "completed"


def test_an_archived_campaign_reads_completed_and_so_do_its_leads_count(acme: Acme) -> None:
    campaign_id = made(acme, status="scheduled")
    lead_id = added(acme, campaign_id)

    acme.post(f"/campaigns/{campaign_id}/archive")

    view = shown(acme, campaign_id)
    assert (view["status"], view["total_leads"], view["completed_leads"]) == ("completed", 1, 1)
    assert acme.shown(f"{V1}/campaigns/{campaign_id}/leads/{lead_id}")["status"] == "failed"


def test_settings_and_status_change_together(product: Product, acme: Acme) -> None:
    campaign_id = made(acme, schedule_start_time="01:00:00", schedule_end_time="02:00:00")
    added(acme, campaign_id)
    changes = {
        "name": "Second round",
        "schedule_end_time": "18:00:30",
        "timezone": "Europe/Madrid",
        "system_message_template": "Be brief, {{name}}.",
        "concurrency_limit": 2,
        "max_attempts": 2,
        "retry_intervals_ms": [60_000],
        "retry_outcomes": ["voicemail"],
        "status": "scheduled",
    }

    answer = acme.patch(f"{V1}/campaigns/{campaign_id}", changes)
    assert answer.body == shown(acme, campaign_id)
    product.run()

    kept = {"schedule_start_time": "01:00:00", "schedule_end_time": "18:00:00"}
    assert answer.status == 200
    assert {**answer.body, **changes, **kept} == answer.body
    assert product.carrier.asked[0].prompt == "Say hello to Eva.\n\nBe brief, Eva."


def test_a_change_that_is_wrong_in_part_changes_nothing(product: Product, acme: Acme) -> None:
    campaign_id = made(acme)
    before = product.everything()

    for changes, param in [
        ({"status": "scheduled", "assistant_id": "nobody"}, "assistant_id"),
        ({"status": "scheduled", "number_id": "+34910000099"}, "number_id"),
        ({"status": "scheduled", "schedule_start_time": "09:00:00"}, "schedule_end_time"),
        ({"status": "scheduled", "max_attempts": 2, "retry_intervals_ms": []}, None),
    ]:
        answer = acme.patch(f"/campaigns/{campaign_id}", changes)
        assert (answer.status, answer.error["param"]) == (422, param or "retry_intervals_ms")

    assert product.everything() == before


def test_the_schedule_is_taken_away_with_null(acme: Acme) -> None:
    campaign_id = made(acme, schedule_start_time="09:00:00", schedule_end_time="17:00:00")
    nothing = {"schedule_start_time": None, "schedule_end_time": None}

    answer = acme.patch(f"/campaigns/{campaign_id}", nothing)

    assert {**answer.body, **nothing} == answer.body


def test_a_change_keeps_the_days_that_only_we_know(acme: Acme) -> None:
    hours = {"start": "10:00", "end": "18:00", "days": ["mon"]}
    native = acme.made("/campaigns", acme.batch(calling_hours=hours))

    acme.patch(f"{V1}/campaigns/{native['id']}", {"schedule_start_time": "09:00:00"})

    after = acme.shown(f"/campaigns/{native['id']}")["calling_hours"]
    assert (after["start"], after["end"], after["days"]) == ("09:00", "18:00", ["mon"])


def test_a_change_is_read_in_the_words_of_its_fields(acme: Acme) -> None:
    ours, theirs = acme.made("/campaigns", acme.batch())["id"], made(acme)

    in_theirs = acme.patch(f"/campaigns/{ours}", {"system_message_template": "Be brief."})
    in_ours = acme.patch(f"/campaigns/{theirs}", {"priority": "high"})

    assert in_theirs.body["prompt"] == "Be brief.", "it is shown as it was made"
    assert in_ours.status == 200
    assert acme.shown(f"/campaigns/{theirs}?dialect=native")["priority"] == "high"
    assert acme.patch(f"/campaigns/{ours}", {"status": "running"}).status == 200


def test_nobody_overwrites_what_he_did_not_see(acme: Acme) -> None:
    path = f"{V1}/campaigns/{made(acme)}"
    tag = acme.tag(path)
    acme.patch(path, {"name": "Another"}, if_match=tag)

    answer = acme.patch(path, {"name": "Mine"}, if_match=tag)

    assert (answer.status, answer.error["code"]) == (412, "edited_meanwhile")


# --- Leads --------------------------------------------------------------------------------------


@BOTH
def test_a_lead_is_shown_as_it_waits_is_called_and_is_done(
    product: Product, acme: Acme, base: str
) -> None:
    campaign_id = made(acme)
    path = f"{base}/campaigns/{campaign_id}/leads"

    new = acme.made(path, lead())
    assert new == {
        "id": new["id"],
        "campaign_id": campaign_id,
        "phone_number": "+34600000001",
        "variables": {"name": "Eva"},
        "status": "pending",
        "call_id": None,
        "attempts": 0,
        "last_attempt_at": None,
        "created_at": "2027-03-05T12:00:00.000Z",
    }
    assert acme.shown(f"{path}/{new['id']}") == new

    product.clock.pass_(MINUTE)
    acme.patch(f"{base}/campaigns/{campaign_id}", {"status": "scheduled"})
    product.run()
    call_id = product.carrier.asked[0].call_id
    calling = {"status": "calling", "call_id": call_id, "attempts": 1}
    calling["last_attempt_at"] = "2027-03-05T12:01:00.000Z"
    assert acme.shown(f"{path}/{new['id']}") == {**new, **calling}

    product.clock.pass_(MINUTE)
    product.ended(call_id)
    product.run()
    assert acme.shown(f"{path}/{new['id']}") == {**new, **calling, "status": "completed"}
    assert acme.shown(path)["leads"] == [{**new, **calling, "status": "completed"}]


@pytest.mark.parametrize(
    ("reported", "status"),
    [
        ("completed", "completed"),
        ("no-answer", "no_answer"),
        ("busy", "no_answer"),
        ("voicemail", "no_answer"),
        ("no-response", "no_answer"),
        ("failed", "failed"),
    ],
)
def test_how_its_last_call_ended_is_the_status_of_a_lead(
    product: Product, acme: Acme, reported: str, status: str
) -> None:
    campaign_id, lead_id, call_id = one_called(product, acme)

    assert product.ended(call_id, reported).status == 200
    product.run()

    assert acme.shown(f"{V1}/campaigns/{campaign_id}/leads/{lead_id}")["status"] == status


def test_a_lead_whose_call_could_not_be_placed_has_failed(product: Product, acme: Acme) -> None:
    product.carrier.answers = [Refused("invalid_number", is_permanent=True)]
    campaign_id = made(acme, status="scheduled")
    lead_id = added(acme, campaign_id)
    product.run()

    assert acme.shown(f"{V1}/campaigns/{campaign_id}/leads/{lead_id}")["status"] == "failed"


def test_a_lead_that_is_tried_again_waits_and_shows_its_last_attempt(
    product: Product, acme: Acme
) -> None:
    more = {"max_attempts": 2, "retry_intervals_ms": [600_000]}
    campaign_id, lead_id, call_id = one_called(product, acme, **more)
    product.clock.pass_(MINUTE)
    product.ended(call_id, "no-answer")
    product.run()

    view = acme.shown(f"{V1}/campaigns/{campaign_id}/leads/{lead_id}")

    assert (view["status"], view["attempts"], view["call_id"]) == ("pending", 1, call_id)
    assert view["last_attempt_at"] == "2027-03-05T12:00:00.000Z"


@BOTH
@pytest.mark.parametrize("wrapped", [True, False], ids=["in leads", "as a list"])
def test_of_many_leads_each_is_judged_for_itself(acme: Acme, base: str, wrapped: bool) -> None:
    campaign_id = made(acme)
    leads = [lead(1), {"phone_number": "600"}, lead(1), lead(2, variables={}), lead(3), "Eva"]

    body = {"leads": leads} if wrapped else leads
    results = acme.made(f"{base}/campaigns/{campaign_id}/leads", body)["results"]

    told = [one["lead"]["phone_number"] if "lead" in one else one["error"] for one in results]
    assert [told[0], told[4]] == ["+34600000001", "+34600000003"]
    assert [(one["code"], one["param"]) for one in (told[1], told[2], told[3])] == [
        ("invalid_phone", "phone_number"),
        ("not_allowed", "phone_number"),
        ("missing_variables", "variables"),
    ]
    assert "error" in results[5]
    assert shown(acme, campaign_id)["total_leads"] == 2


def test_five_hundred_leads_come_at_once_and_no_more(acme: Acme) -> None:
    path = f"{V1}/campaigns/{made(acme)}/leads"
    leads = [lead(phone_number=f"+34600{number:06}") for number in range(501)]

    results = acme.made(path, {"leads": leads[:500]})["results"]
    wrapped, listed = acme.post(path, {"leads": leads}), acme.post(path, leads)

    assert all("lead" in one for one in results)
    assert (wrapped.status, wrapped.error["param"]) == (422, "leads")
    assert (listed.status, listed.error["code"]) == (413, "too_large")
    assert "500 leads" in listed.error["message"]


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        ({"leads": []}, 422, "leads"),
        ({"leads": "Eva"}, 422, "leads"),
        ({"leads": [], "more": 1}, 422, None),
        ([], 400, None),
        ({}, 422, "phone_number"),
        ({"phone_number": "+34600000001", "phone": "1"}, 422, "phone"),
        ({"phone_number": "+34600000001", "variables": []}, 422, "variables"),
        (b"{", 400, None),
    ],
)
def test_a_body_that_is_no_lead_is_refused(
    product: Product, acme: Acme, body: object, status: int, param: str | None
) -> None:
    campaign_id = made(acme)
    before = product.everything()

    answer = acme.post(f"{V1}/campaigns/{campaign_id}/leads", body)

    assert answer.status == status
    assert param in {None, answer.error["param"]}
    assert product.everything() == before


def test_leads_are_taken_by_campaigns_made_in_our_words(product: Product, acme: Acme) -> None:
    batch = acme.made("/campaigns", acme.batch(draft=False))["id"]
    realtime = acme.campaign()

    leads = [acme.made(f"/campaigns/{one}/leads", lead()) for one in (batch, realtime)]
    product.run()

    assert len(product.carrier.asked) == 2
    assert acme.shown(f"/tasks/{leads[0]['id']}")["context"] == {"name": "Eva"}


def test_a_completed_campaign_takes_no_more_leads(product: Product, acme: Acme) -> None:
    campaign_id = in_status(product, acme, "completed")
    product.clock.pass_(LATE)
    product.tick()

    answer = acme.post(f"{V1}/campaigns/{campaign_id}/leads", lead(2))

    assert (answer.status, answer.error["param"]) == (409, "campaign_id")
    assert answer.error["message"] == "the campaign is completed: no more leads"


def test_a_lead_that_comes_before_a_campaign_is_closed_opens_it_again(
    product: Product, acme: Acme
) -> None:
    campaign_id = in_status(product, acme, "completed")

    added(acme, campaign_id, 2)
    product.tick()
    product.run()

    assert shown(acme, campaign_id)["status"] == "scheduled"
    assert len(product.carrier.asked) == 2


def test_leads_for_a_campaign_that_there_is_not_are_refused_as_a_whole(acme: Acme) -> None:
    answer = acme.post(f"{V1}/campaigns/0000000000000000/leads", {"leads": [lead(1), lead(2)]})

    assert (answer.status, answer.error["param"]) == (404, "campaign_id")


def test_variables_that_are_no_text_are_filled_in_as_they_are_written(acme: Acme) -> None:
    values = {"name": "Eva", "age": 41, "score": 4.5, "is_new": True}

    new = acme.made(f"{V1}/campaigns/{made(acme)}/leads", lead(variables=values))

    assert new["variables"] == {"name": "Eva", "age": "41", "score": "4.5", "is_new": "true"}


def test_leads_are_listed_page_by_page_and_by_status(product: Product, acme: Acme) -> None:
    campaign_id = made(acme, status="scheduled")
    ids = {added(acme, campaign_id, number) for number in (1, 2, 3)}
    product.run()
    path = f"{V1}/campaigns/{campaign_id}/leads"

    first = acme.shown(f"{path}?limit=2")
    second = acme.shown(f"{path}?limit=2&cursor={first['next_cursor']}")

    assert {one["id"] for one in first["leads"] + second["leads"]} == ids
    assert [one["status"] for one in acme.shown(f"{path}?status=calling")["leads"]] == ["calling"]
    assert len(acme.shown(f"{path}?status=pending")["leads"]) == 2
    assert acme.shown(f"{path}?status=completed")["leads"] == []
    (one,) = acme.shown(f"{path}?phone_number=%2B34600000002")["leads"]
    assert one["phone_number"] == "+34600000002"
    assert acme.get(f"{path}?phone_number=2").error["param"] == "phone_number"
    assert acme.get(f"{path}?status=queued").error["param"] == "status"


def test_a_lead_is_found_in_its_own_campaign_only(acme: Acme) -> None:
    lead_id, other = added(acme, made(acme)), made(acme)

    for one in (lead_id, "nobody"):
        answer = acme.get(f"{V1}/campaigns/{other}/leads/{one}")

        assert (answer.status, answer.error["param"]) == (404, "lead_id")
        assert answer.error["message"] == f"there is no lead {one!r}"


# --- One at a time, and progress ----------------------------------------------------------------


def test_the_progress_of_a_campaign_is_what_the_seed_shows(product: Product, acme: Acme) -> None:
    campaign_id = made(acme, status="scheduled")
    for number in range(3):
        added(acme, campaign_id, number)
    product.run()
    product.clock.pass_(MINUTE)
    product.ended(product.carrier.asked[0].call_id)
    product.run()

    view = shown(acme, campaign_id)

    progress = ("total_leads", "completed_leads", "current_call_id", "last_lead_processed_at")
    assert {name: view[name] for name in progress} == {
        "total_leads": 3,
        "completed_leads": 1,
        "current_call_id": product.carrier.asked[1].call_id,
        "last_lead_processed_at": "2027-03-05T12:01:00.000Z",
    }
    assert datetime.fromisoformat(view["last_lead_processed_at"])


def test_five_leads_are_called_one_at_a_time(product: Product, acme: Acme) -> None:
    campaign_id = made(acme, status="scheduled")
    for number in range(5):
        added(acme, campaign_id, number)
    product.run()

    for done in range(5):
        product.tick()
        product.run()
        asked = product.carrier.asked
        assert len(asked) == done + 1, "the next starts only after the one before ended"
        view = shown(acme, campaign_id)
        assert (view["completed_leads"], view["current_call_id"]) == (done, asked[-1].call_id)
        product.clock.pass_(MINUTE)
        product.ended(asked[-1].call_id)
        product.run()

    view = shown(acme, campaign_id)
    assert (view["status"], view["completed_leads"]) == ("completed", 5)
    assert view["current_call_id"] is None
    assert len({request.phone for request in product.carrier.asked}) == 5


def test_more_calls_at_once_are_made_on_request(product: Product, acme: Acme) -> None:
    campaign_id = made(acme, status="scheduled", concurrency_limit=2)
    for number in range(5):
        added(acme, campaign_id, number)

    product.run()

    assert len(product.carrier.asked) == 2


# --- Results ------------------------------------------------------------------------------------

TRANSCRIPT = [
    {"role": "agent", "text": "Hello Eva.", "at_ms": 0},
    {"role": "contact", "text": "Send me an offer.", "at_ms": 2000},
]


def test_the_results_of_a_call_are_all_there(product: Product, acme: Acme) -> None:
    campaign_id, lead_id, call_id = one_called(product, acme)
    in_flight = acme.shown(f"{V1}/calls/{call_id}")
    report: dict[str, Any] = {
        "transcript": TRANSCRIPT,
        "recording_url": "https://example.com/1.wav",
    }

    product.clock.pass_(MINUTE)
    product.ended(call_id, **report, analysis_follows=True)
    product.ended(call_id, type="analysis", sequence=3, analysis={"interested": True})
    product.run()

    assert (in_flight["status"], in_flight["ended_at"]) == ("connecting", None)
    result = acme.shown(f"{V1}/calls/{call_id}")
    assert result == {
        "id": call_id,
        "campaign_id": campaign_id,
        "lead_id": lead_id,
        "status": "ended",
        "assistant_id": acme.agent_id,
        "number_id": CALLER_ID,
        "phone_number": "+34600000001",
        "started_at": None,
        "ended_at": "2027-03-05T12:01:00.000Z",
        "duration_seconds": 30.0,
        "transcript": "assistant: Hello Eva.\nuser: Send me an offer.",
        "messages": [
            {"role": "assistant", "content": "Hello Eva."},
            {"role": "user", "content": "Send me an offer."},
        ],
        "analysis": {"interested": True},
        "outcome": "completed",
        "recording_url": "https://example.com/1.wav",
        "error": None,
        "created_at": "2027-03-05T12:00:00.000Z",
    }
    assert acme.shown(f"{V1}/calls") == {"calls": [result], "next_cursor": None}
    assert acme.shown(f"{V1}/calls?campaign_id={campaign_id}")["calls"] == [result]
    assert acme.shown(f"{V1}/calls?assistant_id=nobody")["calls"] == []


def test_a_call_that_is_answered_is_in_progress(product: Product, acme: Acme) -> None:
    _, _, call_id = one_called(product, acme)

    product.ended(call_id, type="in_progress", sequence=1)
    product.run()

    result = acme.shown(f"{V1}/calls/{call_id}")
    assert (result["status"], result["started_at"]) == ("in-progress", "2027-03-05T12:00:00.000Z")


def test_a_call_that_failed_says_why(product: Product, acme: Acme) -> None:
    _, _, call_id = one_called(product, acme)

    product.ended(call_id, "failed")
    product.run()

    result = acme.shown(f"{V1}/calls/{call_id}")
    assert result["status"] == "failed"
    assert result["error"]


def test_a_key_is_told_how_often_it_may_ask(acme: Acme) -> None:
    headers = acme.get(f"{V1}/campaigns").headers

    assert {"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"} <= headers.keys()
