"""The command line on the product: what is typed happens, what is shown is so."""

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.functional.command_line import CommandLine, InProcess
from tests.functional.product import CALLER_ID, Acme, Product


@pytest.fixture
def carillon(acme: Acme) -> CommandLine:
    assert acme.key is not None
    return CommandLine(acme.key, InProcess())


def only_campaign(acme: Acme) -> Any:
    (campaign,) = acme.shown("/campaigns")["campaigns"]
    return campaign


def test_a_campaign_is_created_as_it_was_said(acme: Acme, carillon: CommandLine) -> None:
    shown = carillon.run(
        *("campaign", "create", "Renewals", "--agent", acme.agent_id, "--from", CALLER_ID),
        *("--priority", "high", "--timezone", "Europe/Madrid", "--hours", "10:00-20:00"),
        *("--days", "mon-fri", "--start", "2027-03-08T09:00+01:00", "--end", "2027-04-01T00:00Z"),
        *("--attempts", "3", "--interval", "30m", "--interval", "2h", "--retry-on", "voicemail"),
        *("--concurrency", "5", "--start-now"),
    )

    made = only_campaign(acme)
    assert made["id"] in shown
    assert (made["name"], made["type"], made["priority"]) == ("Renewals", "batch", "high")
    assert made["status"] == "scheduled", "it starts, but later"
    assert (made["agent_id"], made["caller_id"]) == (acme.agent_id, CALLER_ID)
    hours = made["calling_hours"]
    assert (hours["start"], hours["end"], hours["timezone"]) == ("10:00", "20:00", "Europe/Madrid")
    assert hours["days"] == ["mon", "tue", "wed", "thu", "fri"]
    assert made["start_at"] == "2027-03-08T08:00:00.000Z"
    assert made["end_at"] == "2027-04-01T00:00:00.000Z"
    assert made["retry_intervals_ms"] == [1_800_000, 7_200_000]
    assert (made["max_attempts"], made["retry_outcomes"]) == (3, ["voicemail"])
    assert made["concurrency_limit"] == 5


def test_one_pause_counts_between_all_attempts(acme: Acme, carillon: CommandLine) -> None:
    who = ("--agent", acme.agent_id, "--from", CALLER_ID)

    carillon.run("campaign", "create", "A", *who, "--attempts", "4", "--interval", "45s")

    assert only_campaign(acme)["retry_intervals_ms"] == [45_000] * 3


def test_what_is_not_said_the_api_decides(acme: Acme, carillon: CommandLine) -> None:
    carillon.run("campaign", "create", "Leads", "--type", "realtime")

    made = only_campaign(acme)
    assert (made["status"], made["timezone"], made["priority"]) == ("running", "UTC", "normal")
    assert made["agent_id"] is None


def test_a_campaign_is_steered_from_draft_to_archive(acme: Acme, carillon: CommandLine) -> None:
    campaign_id = acme.made("/campaigns", acme.batch())["id"]
    acme.pushed(campaign_id)
    seen = []

    for action in ("start", "pause", "resume"):
        assert "Renewals" in carillon.run("campaign", action, campaign_id)
        seen.append(only_campaign(acme)["status"])
    carillon.run("campaign", "archive", campaign_id, "--yes")

    assert seen == ["scheduled", "paused", "scheduled"], "nobody has been called yet"
    assert only_campaign(acme)["status"] == "archived"


@pytest.mark.parametrize(
    ("typed", "exit_status", "status"), [("y\n", 0, "archived"), ("n\n", 1, "running")]
)
def test_nothing_is_ended_for_good_unasked(
    acme: Acme, carillon: CommandLine, typed: str, exit_status: int, status: str
) -> None:
    campaign_id = acme.campaign()

    shown = carillon.run("campaign", "archive", campaign_id, status=exit_status, typed=typed)

    assert "'Leads'" in shown
    assert only_campaign(acme)["status"] == status


def test_campaigns_are_listed_as_far_as_asked(acme: Acme, carillon: CommandLine) -> None:
    ids = [acme.campaign(name=f"Leads {number}") for number in range(3)]

    some = carillon.run("campaign", "list", "--limit", "2")
    every = carillon.run("campaign", "list", "--all")

    assert [one in some for one in ids] == [False, True, True]
    assert "there are more" in some
    assert all(one in every for one in ids)
    assert "there are more" not in every


def test_every_list_is_there_as_json(acme: Acme, carillon: CommandLine) -> None:
    campaign_id = acme.campaign()
    task_id = acme.pushed(campaign_id)
    commands_and_paths = {
        "campaign list": "/campaigns",
        f"campaign show {campaign_id}": f"/campaigns/{campaign_id}",
        f"watch {campaign_id}": f"/campaigns/{campaign_id}",
        f"tasks {campaign_id}": f"/campaigns/{campaign_id}/tasks",
        "agents": "/agents",
        "numbers": "/numbers",
        "limits": "/workspace",
    }

    for command, path in commands_and_paths.items():
        assert json.loads(carillon.run(*command.split(), "--json")) == acme.shown(path), command
    task = json.loads(carillon.run("task", "show", task_id, "--json"))
    assert task == {**acme.shown(f"/tasks/{task_id}"), "calls": []}


def test_a_campaign_made_in_other_words_is_shown_like_any(
    acme: Acme, carillon: CommandLine
) -> None:
    body = {"name": "Whitepaper", "assistant_id": acme.agent_id, "phone_number": CALLER_ID}
    campaign_id = acme.made("/campaigns", body)["id"]

    assert "batch" in carillon.run("campaign", "list")
    assert acme.agent_id in carillon.run("campaign", "show", campaign_id)
    assert "Another" in carillon.run("campaign", "update", campaign_id, "--name", "Another")
    assert "Another" in carillon.run("watch", campaign_id, "--once")
    assert "Another" in carillon.run("campaign", "start", campaign_id)


def test_what_is_made_is_there_as_json(acme: Acme, carillon: CommandLine) -> None:
    who = ("--agent", acme.agent_id, "--from", CALLER_ID)
    made = carillon.run("campaign", "create", "Leads", "--type", "realtime", *who, "--json")
    campaign_id = json.loads(made)["id"]

    pushed = carillon.run(
        *("task", "push", campaign_id, "+34600000001", "--context", "name=Eva", "--json")
    )

    (task,) = acme.shown(f"/campaigns/{campaign_id}/tasks")["tasks"]
    assert json.loads(pushed)["task"]["id"] == task["id"]


def test_a_task_is_pushed_with_words_for_its_prompt(acme: Acme, carillon: CommandLine) -> None:
    campaign_id = acme.campaign()

    shown = carillon.run(
        *("task", "push", campaign_id, "+34 600 000 001"),
        *("--context", "name=Eva", "--context", "city=Vigo"),
    )

    (task,) = acme.shown(f"/campaigns/{campaign_id}/tasks")["tasks"]
    assert task["id"] in shown
    assert task["phone"] == "+34600000001"
    assert task["context"] == {"name": "Eva", "city": "Vigo"}


def test_a_task_is_shown_with_its_calls(
    product: Product, acme: Acme, carillon: CommandLine
) -> None:
    task_id = acme.pushed(acme.campaign())
    product.run()
    call_id = product.carrier.asked[0].call_id
    product.clock.pass_(timedelta(seconds=20))
    product.ended(call_id)
    product.run()

    shown = carillon.run("task", "show", task_id)

    assert call_id in shown
    assert "0:30" in shown, "how long it lasted"
    assert "Eva" in shown


def test_a_call_is_shown(product: Product, acme: Acme, carillon: CommandLine) -> None:
    acme.pushed(acme.campaign())
    product.run()
    call_id = product.carrier.asked[0].call_id
    recording = "https://example.com/recordings/1.wav"
    product.ended(call_id, recording_url=recording)
    product.run()

    shown = carillon.run("call", "show", call_id)

    assert recording in shown
    assert "0.0450 USD" in shown
    assert json.loads(carillon.run("call", "show", call_id, "--json"))["id"] == call_id


def test_a_campaign_is_watched_until_it_is_finished(product: Product, acme: Acme) -> None:
    campaign_id = acme.made("/campaigns", acme.batch(draft=False))["id"]
    for number in range(1, 4):
        acme.pushed(campaign_id, phone=f"+3460000000{number}")
    waited = []

    def a_moment(seconds: float) -> None:
        waited.append(seconds)
        product.tick()
        product.run()
        for asked in product.carrier.asked:
            product.ended(asked.call_id)
        product.run()

    assert acme.key is not None
    watching = CommandLine(acme.key, InProcess(), sleep=a_moment)
    shown = watching.run("watch", campaign_id)

    assert waited, "it was not finished at once"
    assert "3/3" in shown
    assert acme.shown(f"/campaigns/{campaign_id}")["status"] == "completed"


def test_an_archived_campaign_is_watched_until_its_last_call_has_ended(
    product: Product, acme: Acme, carillon: CommandLine
) -> None:
    campaign_id = acme.campaign()
    acme.pushed(campaign_id)
    product.run()
    acme.post(f"/campaigns/{campaign_id}/archive")

    def a_moment(_: float) -> None:
        product.ended(product.carrier.asked[0].call_id)
        product.run()

    carillon.sleep = a_moment
    carillon.run("watch", campaign_id)

    assert acme.shown(f"/campaigns/{campaign_id}")["progress"]["completed"] == 1


def test_one_look_does_not_wait(acme: Acme, carillon: CommandLine) -> None:
    campaign_id = acme.campaign()
    acme.pushed(campaign_id)

    def never(_: float) -> None:
        raise AssertionError("it waits")

    carillon.sleep = never
    shown = carillon.run("watch", campaign_id, "--once")

    assert "0/1" in shown
    assert "running" in shown


def test_ctrl_c_ends_watching_and_is_no_failure(acme: Acme, carillon: CommandLine) -> None:
    def ctrl_c(_: float) -> None:
        raise KeyboardInterrupt

    carillon.sleep = ctrl_c
    assert "Leads" in carillon.run("watch", acme.campaign())


def test_of_the_limits_only_what_is_named_changes(acme: Acme, carillon: CommandLine) -> None:
    carillon.run("limits", "--concurrency", "7", "--calls-per-second", "3")
    carillon.run("limits", "--concurrency", "9")
    both = acme.shown("/workspace")

    carillon.run("limits", "--calls-per-second", "0")

    assert (both["concurrency_limit"], both["calls_per_second"]) == (9, 3)
    assert acme.shown("/workspace")["calls_per_second"] is None
    assert "no limit" in carillon.run("limits")


def test_agents_and_numbers_are_listed(acme: Acme, carillon: CommandLine) -> None:
    assert acme.agent_id in carillon.run("agents")
    assert CALLER_ID in carillon.run("numbers")


def test_a_refusal_is_one_line_with_the_field(acme: Acme, carillon: CommandLine) -> None:
    shown = carillon.run("campaign", "create", "A", "--agent", acme.agent_id, status=1)

    assert shown.strip().splitlines() == [
        "say from which number to call: a campaign's rules need it (caller_id)"
    ]


@pytest.mark.parametrize(
    "words",
    ["campaign show", "campaign pause", "watch", "explain", "tasks", "task show", "call show"],
)
def test_what_is_not_there_is_said_in_one_line(carillon: CommandLine, words: str) -> None:
    shown = carillon.run(*words.split(), "0000000000000000", status=1)

    assert len(shown.strip().splitlines()) == 1
    assert "0000000000000000" in shown


def test_a_wrong_key_is_said_in_one_line(carillon: CommandLine) -> None:
    carillon.environment["CARILLON_API_KEY"] = "wrong"

    shown = carillon.run("agents", status=1)

    assert len(shown.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [("CARILLON_URL", ""), ("CARILLON_API_KEY", " "), ("CARILLON_URL", "localhost:8700")],
)
def test_a_missing_setting_is_named(carillon: CommandLine, name: str, value: str) -> None:
    carillon.environment[name] = value

    shown = carillon.run("agents", status=2)

    assert len(shown.strip().splitlines()) == 1
    assert shown.startswith(name)
    assert "set it to" in shown


def test_help_needs_no_settings_and_has_an_example(carillon: CommandLine) -> None:
    carillon.environment.clear()
    commands = ["import", "watch", "explain", "tasks", "calls", "agents", "numbers", "limits"]
    commands += ["call show"]
    steps = ["create", "update", "list", "show", "start", "pause", "resume", "archive"]
    commands += [f"campaign {step}" for step in steps]
    commands += [f"task {step}" for step in ("show", "push", "pause", "resume", "archive")]

    for command in commands:
        assert f"carillon {command}" in carillon.run(*command.split(), "--help"), command


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("campaign create A --hours 10", "10:00-20:00"),
        ("campaign create A --days mon", "--hours"),
        ("campaign create A --hours 10:00-20:00 --days lun", "mon,tue"),
        ("campaign create A --interval 30", "1h30m"),
        ("task push C +34600000001 --context Eva", "name=Eva"),
        ("import C nowhere.csv", "nowhere.csv"),
    ],
)
def test_what_cannot_be_read_is_not_sent(
    product: Product, carillon: CommandLine, words: str, hint: str
) -> None:
    before = product.everything()

    assert hint in carillon.run(*words.split(), status=2)
    assert product.everything() == before
