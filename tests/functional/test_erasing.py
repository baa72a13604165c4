"""`DELETE /contacts/{phone}`: a person is erased from a workspace, and from nowhere else."""

import pytest

from tests.functional.product import Acme, Api, Product, report_of_end

PHONE, NAME = "+34600000077", "Eva Luna"


@pytest.fixture(params=[1, 200], ids=["short", "at length"])
def length(request: pytest.FixtureRequest) -> int:
    """How much the person said; much of it stands beside the call."""
    return int(request.param)


@pytest.fixture
def known(product: Product, acme: Acme, length: int) -> str:
    """A person who was called, waits for another call, and stands in a file twice."""
    context = {"name": NAME}
    realtime = acme.campaign()
    called = acme.pushed(realtime, phone=PHONE, context=context)
    product.run()
    said = [{"role": "contact", "text": f"this is {NAME}", "at_ms": 1}] * length
    recording = "https://carrier.test/recordings/77"
    end = report_of_end(product.carrier.asked[0].call_id, product.clock.at)
    told = {"transcript": said, "recording_url": recording, "analysis": {"name": NAME}}
    product.webhook({**end, **told, "call_id": f"sip:{PHONE}@test"})
    product.run()
    acme.pushed(realtime, phone=PHONE, context=context, startAfter="2027-06-01T00:00:00Z")
    batch = acme.made("/campaigns", acme.batch())["id"]
    rows = f"phone,name\n{PHONE},{NAME}\n{PHONE},{NAME}\n+34600000078,Bob\n"
    product.drop(f"s3://drop/imports/{acme.workspace_id}/{batch}/a.csv", rows.encode())
    return called


def kept(product: Product) -> str:
    """All that is stored; the answers to repeatable requests go by themselves after a day."""
    return str({name: shelf for name, shelf in product.everything().items() if name != "answers"})


@pytest.mark.parametrize(
    "phone", [PHONE, "%2B34600000077", "+34 600 00 00 77".replace(" ", "%20")]
)
def test_nothing_of_them_is_left(product: Product, acme: Acme, known: str, phone: str) -> None:
    assert NAME in kept(product)

    status, body = acme.delete(f"/contacts/{phone}")

    assert (status, body) == (
        200,
        {
            "erased_tasks": 3,
            "erased_calls": 1,
            "erased_rows": 1,
            "in_flight": 0,
            "is_complete": True,
            "next_cursor": None,
        },
    )
    left = kept(product)
    assert PHONE not in left
    assert NAME not in left
    assert "recordings/77" not in left
    assert "+34600000078" in left, "somebody else"
    task = acme.shown(f"/tasks/{known}")
    assert (task["phone"], task["context"], task["is_erased"]) == ("", {}, True)
    (call,) = acme.shown(f"/tasks/{known}/calls")["calls"]
    assert (call["to"], call["transcript"], call["is_erased"]) == (None, [], True)
    assert call["outcome"] == "completed"


def test_progress_counts_as_before(acme: Acme, known: str) -> None:
    campaign_id = known.partition("-")[0]
    before = acme.shown(f"/campaigns/{campaign_id}")["progress"]

    acme.delete(f"/contacts/{PHONE}")

    after = acme.shown(f"/campaigns/{campaign_id}")["progress"]
    assert after["total"] == before["total"]
    assert after["calls"] == before["calls"]
    assert after["archived"] == before["archived"] + 1, "the one that waited"


def test_who_was_erased_from_a_batch_does_not_come_back_by_the_same_file(
    acme: Acme, known: str
) -> None:
    assert known
    acme.delete(f"/contacts/{PHONE}")
    (batch,) = (
        one["id"] for one in acme.shown("/campaigns")["campaigns"] if one["type"] == "batch"
    )

    again = acme.post("/tasks", acme.task(batch, phone=PHONE))

    assert (again.status, again.error["param"]) == (409, "phone")


def test_what_another_workspace_knows_of_them_stays(
    product: Product, acme: Acme, known: str
) -> None:
    assert known
    other = product.workspace("Other")
    task_id = other.pushed(other.campaign(), phone=PHONE)

    acme.delete(f"/contacts/{PHONE}")

    assert other.shown(f"/tasks/{task_id}")["phone"] == PHONE
    nobody = other.delete("/contacts/+34600000078")
    assert nobody.body["erased_tasks"] == nobody.body["erased_rows"] == 0


def test_a_person_whom_nobody_knows_is_erased_already(product: Product, acme: Acme) -> None:
    before = product.everything()

    answer = acme.delete("/contacts/+34600000099")

    assert (answer.status, answer.body["is_complete"]) == (200, True)
    assert product.everything() == before


def test_only_a_key_that_manages_erases(product: Product, acme: Acme, known: str) -> None:
    assert known
    pushing = Api(acme.made("/keys", {"name": "crm", "scope": "push"})["api_key"])
    before = product.everything()

    assert pushing.delete(f"/contacts/{PHONE}").status == 403
    assert product.everything() == before


@pytest.mark.parametrize("cursor", ["", "x", "1.2.3.4", "...%0A", "....", "'; DROP TABLE"])
def test_a_cursor_that_was_never_given_is_refused(acme: Acme, cursor: str) -> None:
    answer = acme.delete(f"/contacts/{PHONE}?cursor={cursor}")

    assert (answer.status, answer.error["param"]) == (422, "cursor")


@pytest.mark.parametrize("phone", ["nobody", "600000077", "%00", "+1"])
def test_what_is_no_number_is_nobody(acme: Acme, phone: str) -> None:
    answer = acme.delete(f"/contacts/{phone}")

    assert (answer.status, answer.error["param"]) == (404, "phone")
