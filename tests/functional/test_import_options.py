"""What a sender may say about a file, and what would become of it."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from chalicelibs.use_cases.rehearse_import import MOST_ROWS
from tests.functional.product import Acme, Answer, Product

EVA, ANA, LEO = "+34600000001", "+34600000002", "+34600000003"
BRASIL = "+5534987654321"


@pytest.fixture
def campaign_id(acme: Acme) -> str:
    return str(acme.made("/campaigns", acme.batch(draft=False))["id"])


def sent(acme: Acme, campaign_id: str, content: str, **options: str) -> Answer:
    """Send a file with the request."""
    query = "".join(f"&{name}={quote(value)}" for name, value in options.items())
    path = f"/campaigns/{campaign_id}/imports?file=contacts.csv{query}"
    return acme.post_csv(path, content.encode())


def imported(
    product: Product, acme: Acme, campaign_id: str, content: str | bytes, **options: Any
) -> Any:
    """Announce a file with these options and upload it; gives its import."""
    made = acme.made(f"/campaigns/{campaign_id}/imports", {"file": "contacts.csv", **options})
    raw = content.encode() if isinstance(content, str) else content
    product.upload(made["upload"], raw)
    return acme.shown(f"/imports/{made['import']['id']}")


def rows_of(acme: Acme, job: Any) -> list[tuple[int, str, str | None, str | None]]:
    rows = acme.shown(f"/imports/{job['id']}/rows")["rows"]
    return [(row["line"], row["code"], row["column"], row["value"]) for row in rows]


def tasks_of(acme: Acme, campaign_id: str) -> list[Any]:
    tasks = acme.shown(f"/campaigns/{campaign_id}/tasks")["tasks"]
    return sorted(tasks, key=lambda task: str(task["phone"]))


# --- How a file is read --------------------------------------------------------------------------


def test_a_spreadsheet_from_germany_is_read_as_its_sender_says(
    product: Product, acme: Acme, campaign_id: str
) -> None:
    content = "Kunde;Kontakt-Nr;name\nÄrzte GmbH;030/1234567;Jürgen\nX;0151 12345678;Zoë\n"

    job = imported(
        product,
        acme,
        campaign_id,
        content.encode("windows-1252"),
        columns={"phone": "Kontakt-Nr"},
        region="de",
        encoding="Windows-1252",
    )

    assert (job["status"], job["accepted"], job["rejected"]) == ("completed", 2, 0)
    assert job["options"] == {
        "columns": {"phone": "Kontakt-Nr"},
        "region": "DE",
        "encoding": "cp1252",
        "delimiter": None,
        "duplicates": "skip",
        "dry_run": False,
    }
    second, first = tasks_of(acme, campaign_id)
    assert (first["phone"], first["context"]["Kunde"]) == ("+49301234567", "Ärzte GmbH")
    assert (second["phone"], second["context"]["name"]) == ("+4915112345678", "Zoë")


def test_options_of_a_file_that_comes_with_its_request_stand_in_the_address(
    product: Product, acme: Acme, campaign_id: str
) -> None:
    content = "Kontakt-Nr|VIP|name\n600 000 001|gold|Eva\n"
    options = {"phone_column": "Kontakt-Nr", "region": "ES", "delimiter": "pipe"}

    answer = sent(acme, campaign_id, content, **options)
    product.let_in()

    assert answer.status == 202
    [task] = tasks_of(acme, campaign_id)
    assert (task["phone"], task["context"]) == (EVA, {"VIP": "gold", "name": "Eva"})


def test_options_in_the_address_hold_for_an_announced_file_too(
    product: Product, acme: Acme, campaign_id: str
) -> None:
    path = f"/campaigns/{campaign_id}/imports?region=ES&dry_run=false"

    made = acme.made(path, {"file": "contacts.csv"})
    product.upload(made["upload"], b"phone,name\n600000001,Eva\n")

    assert [task["phone"] for task in tasks_of(acme, campaign_id)] == [EVA]


def test_a_row_brings_its_own_zone_start_priority_and_id(
    product: Product, acme: Acme, campaign_id: str
) -> None:
    content = (
        "phone,name,timezone,start_after,priority,external_id\n"
        f"{EVA},Eva,Asia/Tokyo,2027-03-06 09:00,high,crm-1\n"
        f"{ANA},Ana,,,,crm-2\n"
    )

    imported(product, acme, campaign_id, content)

    eva, ana = tasks_of(acme, campaign_id)
    assert eva["next_attempt_at"] == "2027-03-06T00:00:00.000Z"
    shown = acme.shown(f"/tasks/{eva['id']}")
    assert shown["submitted"]["timezone"] == "Asia/Tokyo"
    assert shown["effective"]["priorities"] == [200]
    assert shown["external_id"] == "crm-1"
    product.run()
    assert [request.phone for request in product.carrier.asked] == [ANA]
    found = acme.shown(f"/campaigns/{campaign_id}/tasks?external_id=crm-1")["tasks"]
    assert [task["phone"] for task in found] == [EVA]
    assert ana["external_id"] == "crm-2"


def test_hours_are_the_contacts_own_where_the_row_names_a_zone(
    product: Product, acme: Acme
) -> None:
    hours = {"start": "10:00", "end": "18:00"}
    body = acme.batch(calling_hours=hours, timezone="Europe/Madrid", draft=False)
    campaign_id = str(acme.made("/campaigns", body)["id"])
    content = f"phone,name,tz\n{EVA},Eva,Asia/Tokyo\n{ANA},Ana,\n"

    imported(product, acme, campaign_id, content)
    product.run()
    assert [request.phone for request in product.carrier.asked] == [ANA], "13:00 in Madrid"

    product.clock.pass_(timedelta(hours=13))  # 10:00 in Tokyo, 02:00 in Madrid
    product.tick()
    product.run()

    assert [request.phone for request in product.carrier.asked] == [ANA, EVA]


def test_a_list_of_leads_from_a_social_network_is_read_as_it_is(
    product: Product, acme: Acme, campaign_id: str
) -> None:
    content = f"id\tname\tphone_number\tis_organic\nl:1\tEva Ñ\tp:{EVA}\tfalse\n"

    imported(product, acme, campaign_id, content.encode("utf-16"))

    [task] = tasks_of(acme, campaign_id)
    assert (task["phone"], task["context"]["name"]) == (EVA, "Eva Ñ")


def test_tasks_of_the_highest_priority_in_a_file_are_called_first(
    product: Product, acme: Acme
) -> None:
    campaign_id = str(acme.made("/campaigns", acme.batch(concurrency_limit=1))["id"])
    imported(
        product, acme, campaign_id, f"phone,name,prio\n{EVA},Eva,low\n{ANA},Ana,150\n{LEO},Leo,\n"
    )

    acme.post(f"/campaigns/{campaign_id}/start")
    product.run()

    assert [request.phone for request in product.carrier.asked] == [ANA]


def test_what_a_row_brings_and_cannot_be_read_is_told_by_its_column(
    product: Product, acme: Acme, campaign_id: str
) -> None:
    content = (
        "Mobile No,name,tz,start time,priority\n"
        f"{EVA},Eva,PST,,\n{EVA},Eva,,05/03/2027,\n{EVA},Eva,,,VIP\n"
        "9.19876E+11,Eva,,,\n34987654321,Eva,,,\n600 000 001,Eva,,,\n,Eva,,,\n12,Eva,,,\n"
        f"{EVA},,,,\n{EVA},Eva,,,,,\n{EVA},Eva,,,,,x\n"
    )

    job = imported(product, acme, campaign_id, content)

    assert rows_of(acme, job) == [
        (2, "invalid_timezone", "tz", "PST"),
        (3, "invalid_start", "start time", "05/03/2027"),
        (4, "invalid_priority", "priority", "VIP"),
        (5, "digits_lost", "Mobile No", "9.19876E+11"),
        (6, "ambiguous_phone", "Mobile No", "34987654321"),
        (7, "missing_country_code", "Mobile No", "600 000 001"),
        (8, "missing_phone", "Mobile No", ""),
        (9, "invalid_phone", "Mobile No", "12"),
        (10, "missing_variables", "name", None),
        (12, "wrong_number_of_columns", None, None),
    ]
    assert (job["rows"], job["accepted"], job["rejected"]) == (11, 1, 10)


def test_a_region_decides_what_was_ambiguous(
    product: Product, acme: Acme, campaign_id: str
) -> None:
    imported(product, acme, campaign_id, "phone,name\n34987654321,Bia\n", region="BR")

    assert [task["phone"] for task in tasks_of(acme, campaign_id)] == [BRASIL]


def test_where_a_number_may_come_again_each_row_is_a_task(
    product: Product, acme: Acme, campaign_id: str
) -> None:
    content = f"phone,name\n{EVA},Eva\n{EVA},Eva again\n"

    job = imported(product, acme, campaign_id, content, duplicates="allow")

    assert (job["accepted"], job["duplicates"]) == (2, 0)
    found = acme.shown(f"/campaigns/{campaign_id}/tasks?phone={quote(EVA)}")["tasks"]
    assert sorted(task["context"]["name"] for task in found) == ["Eva", "Eva again"]


# --- What cannot be said -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "param"),
    [
        ({"region": "Germany"}, "region"),
        ({"region": 49}, "region"),
        ({"encoding": "rot13"}, "encoding"),
        ({"encoding": "undefined"}, "encoding"),
        ({"encoding": "utf-7"}, "encoding"),
        ({"encoding": "../x"}, "encoding"),
        ({"encoding": "iso2022_jp"}, "encoding"),
        ({"encoding": ""}, "encoding"),
        ({"delimiter": ":"}, "delimiter"),
        ({"delimiter": 7}, "delimiter"),
        ({"duplicates": "ignore"}, "duplicates"),
        ({"dry_run": "yes"}, "dry_run"),
        ({"columns": {"fax": "Fax"}}, "columns.fax"),
        ({"columns": {"phone": None}}, "columns"),
        ({"columns": {"phone": ""}}, "columns"),
        ({"columns": {"phone": "x" * 1001}}, "columns.phone"),
        ({"columns": ["phone"]}, "columns"),
        ({"mapping": {}}, "mapping"),
    ],
    ids=str,
)
def test_an_option_that_cannot_be_is_refused_by_name(
    product: Product, acme: Acme, campaign_id: str, options: dict[str, Any], param: str
) -> None:
    before = product.everything()

    answer = acme.post(f"/campaigns/{campaign_id}/imports", {"file": "a.csv", **options})

    assert (answer.status, answer.error["param"].partition(".[")[0]) == (422, param)
    assert product.everything() == before


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("region", "Germany"),
        ("encoding", "windows-1252"),
        ("delimiter", ":"),
        ("duplicates", ""),
        ("dry_run", "maybe"),
        ("phone_column", ""),
        ("fax_column", "Fax"),
        ("dryrun", "true"),
    ],
)
def test_an_option_in_the_address_that_cannot_be_is_refused_by_name(
    product: Product, acme: Acme, campaign_id: str, name: str, value: str
) -> None:
    before = product.everything()

    answer = sent(acme, campaign_id, f"phone,name\n{EVA},Eva\n", **{name: value})

    param = "columns" if name == "phone_column" else name
    assert (answer.status, answer.error["param"]) == (422, param)
    assert product.everything() == before


def test_an_option_is_said_once(acme: Acme, campaign_id: str) -> None:
    path = f"/campaigns/{campaign_id}/imports?dry_run=true"

    answer = acme.post(path, {"file": "a.csv", "dry_run": False})

    assert (answer.status, answer.error["param"]) == (422, "dry_run")


# --- Dry runs ------------------------------------------------------------------------------------

MIXED = (
    "phone,name,city\n"
    f"{EVA},Eva,Vigo\n{ANA},Ana,Lugo\n{EVA},Eva,Vigo\n600,Bad,\n{LEO},,\n"
    + "".join(f"+3460000{number:04},Leo {number},x\n" for number in range(100, 110))
)


def test_a_dry_run_tells_at_once_what_would_become_of_the_rows_and_stores_nothing(
    product: Product, acme: Acme, campaign_id: str
) -> None:
    imported(product, acme, campaign_id, f"phone,name\n{ANA},Ana\n")
    before = product.everything()

    answer = sent(acme, campaign_id, MIXED, dry_run="true")

    assert answer.status == 200
    report = answer.body["dry_run"]
    counts = [report[name] for name in ("rows", "accepted", "rejected", "duplicates", "updated")]
    assert counts == [15, 11, 2, 2, 0]
    assert [(row["line"], row["code"]) for row in report["rejected_rows"]] == [
        (3, "duplicate"),
        (4, "duplicate"),
        (5, "invalid_phone"),
        (6, "missing_variables"),
    ]
    assert product.everything() == before
    assert product.bucket.arrived == []


def test_a_dry_run_shows_the_first_five_prompts(acme: Acme, campaign_id: str) -> None:
    report = sent(acme, campaign_id, MIXED, dry_run="true").body["dry_run"]

    assert [(one["line"], one["prompt"]) for one in report["preview"]] == [
        (2, "Say hello to Eva."),
        (3, "Say hello to Ana."),
        *((7 + number, f"Say hello to Leo {100 + number}.") for number in range(3)),
    ]
    assert report["preview"][0]["phone"] == EVA


def test_a_prompt_that_is_too_long_is_none_and_stops_no_other_row(
    product: Product, acme: Acme, campaign_id: str
) -> None:
    acme.patch(f"/agents/{acme.agent_id}", {"prompt": "{{name}}" * 100})
    content = f"phone,name\n{EVA},{'x' * 2000}\n{ANA},Ana\n"

    report = sent(acme, campaign_id, content, dry_run="true").body["dry_run"]
    job = imported(product, acme, campaign_id, content)

    assert report["accepted"] == job["accepted"] == 2
    assert [one["prompt"] for one in report["preview"]] == [None, "Ana" * 100]
    shown = acme.shown(f"/imports/{job['id']}/preview")["preview"]
    assert shown == report["preview"]


def test_a_dry_run_says_the_same_as_the_import_that_follows(
    product: Product, acme: Acme, campaign_id: str
) -> None:
    for policy in ("skip", "update", "allow"):
        rehearsed = sent(acme, campaign_id, MIXED, dry_run="true", duplicates=policy)
        job = imported(product, acme, campaign_id, MIXED, duplicates=policy)

        report = rehearsed.body["dry_run"]
        for name in ("rows", "accepted", "rejected", "duplicates"):
            assert report[name] == job[name], (policy, name)
        rows = acme.shown(f"/imports/{job['id']}/rows")["rows"]
        assert report["rejected_rows"] == rows


def test_a_dry_run_knows_which_tasks_were_called_already(
    product: Product, acme: Acme, campaign_id: str
) -> None:
    imported(product, acme, campaign_id, f"phone,name\n{ANA},Ana\n")
    product.run()
    product.ended(product.carrier.asked[0].call_id)
    product.run()
    content = f"phone,name\n{ANA},Anna\n{EVA},Eva\n{EVA},Eve\n"

    report = sent(acme, campaign_id, content, dry_run="true", duplicates="update").body["dry_run"]

    assert (report["accepted"], report["duplicates"], report["updated"]) == (1, 2, 1)
    assert [(row["line"], row["code"]) for row in report["rejected_rows"]] == [(2, "duplicate")]


def test_of_many_rejected_rows_a_dry_run_shows_the_first_hundred(
    acme: Acme, campaign_id: str
) -> None:
    content = "phone,name\n" + "".join(f"{number},x\n" for number in range(500))

    report = sent(acme, campaign_id, content, dry_run="true").body["dry_run"]

    assert report["rejected"] == 500
    assert [row["line"] for row in report["rejected_rows"]] == list(range(2, 102))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "empty"),
        ("name,city\nEva,Vigo\n", "no column named phone"),
        ("phone\n" + "1\n" * (MOST_ROWS + 1), "announce a longer file"),
    ],
    ids=["empty", "no phone column", "too many rows"],
)
def test_a_dry_run_of_a_file_that_cannot_be_used_says_why(
    acme: Acme, campaign_id: str, content: str, message: str
) -> None:
    answer = sent(acme, campaign_id, content, dry_run="true")

    assert (answer.status, answer.error["param"]) == (422, "file")
    assert message in answer.error["message"]


def test_a_dry_run_asks_for_a_campaign_that_takes_contacts(acme: Acme, campaign_id: str) -> None:
    acme.post(f"/campaigns/{campaign_id}/archive")

    assert sent(acme, campaign_id, MIXED, dry_run="true").status == 409
    assert sent(acme, acme.campaign(), MIXED, dry_run="true").status == 422
    assert sent(acme, "0" * 16, MIXED, dry_run="true").status == 404


# --- Dry runs of files that are uploaded ---------------------------------------------------------


def many(count: int) -> str:
    """A file in which every number comes twice, far apart."""
    rows = [f"+3461000{number:04},Leo {number}\n" for number in range(count)]
    return "phone,name\n" + "".join(rows) + "".join(rows)


@pytest.mark.parametrize("policy", ["skip", "update", "allow"])
def test_a_dry_run_of_an_uploaded_file_counts_as_the_import_would(
    product: Product, acme: Acme, campaign_id: str, policy: str
) -> None:
    imported(product, acme, campaign_id, f"phone,name\n{ANA},Ana\n")
    content = many(300) + f"{ANA},Ana\n600,Bad\n"

    rehearsed = imported(product, acme, campaign_id, content, duplicates=policy, dry_run=True)
    done = imported(product, acme, campaign_id, content, duplicates=policy)

    assert rehearsed["status"] == "completed"
    assert rehearsed["options"]["dry_run"] is True
    for name in ("rows", "accepted", "rejected", "duplicates"):
        assert rehearsed[name] == done[name], name
    assert rehearsed["accepted"] == {"skip": 300, "update": 300, "allow": 601}[policy]
    assert rows_of(acme, rehearsed) == rows_of(acme, done)


def test_a_dry_run_of_an_uploaded_file_makes_and_changes_no_task(
    product: Product, acme: Acme, campaign_id: str
) -> None:
    imported(product, acme, campaign_id, f"phone,name,priority\n{ANA},Ana,\n")
    tasks, campaign = dict(product.store.tasks), product.store.campaigns[campaign_id]
    counters = repr(product.store.counters)

    imported(
        product,
        acme,
        campaign_id,
        f"phone,name,priority\n{ANA},Anna,high\n{EVA},Eva,low\n",
        dry_run=True,
        duplicates="update",
    )

    assert product.store.tasks == tasks
    assert repr(product.store.counters) == counters
    now = product.store.campaigns[campaign_id]
    assert (now.families, now.shards, now.importing) == (campaign.families, 1, frozenset())
    product.run()
    assert [request.phone for request in product.carrier.asked] == [ANA]


def test_the_first_prompts_of_an_uploaded_file_can_be_seen(
    product: Product, acme: Acme, campaign_id: str
) -> None:
    job = imported(product, acme, campaign_id, MIXED, dry_run=True)

    shown = acme.shown(f"/imports/{job['id']}/preview")["preview"]

    assert [(one["line"], one["phone"], one["prompt"]) for one in shown[:2]] == [
        (2, EVA, "Say hello to Eva."),
        (3, ANA, "Say hello to Ana."),
    ]
    assert len(shown) == 5


def test_a_file_that_has_not_come_or_is_gone_or_is_none_has_no_preview(
    product: Product, acme: Acme, campaign_id: str
) -> None:
    made = acme.made(f"/campaigns/{campaign_id}/imports", {"file": "contacts.csv"})
    path = f"/imports/{made['import']['id']}/preview"
    assert acme.get(path).status == 409

    product.upload(made["upload"], b"name,city\nEva,Vigo\n")
    assert "no column named phone" in acme.get(path).error["message"]

    product.bucket.bytes_by_source.clear()
    assert "gone" in acme.get(path).error["message"]
