"""A full run leaves no phone number, no name and no key in the log, at any level of any logger."""

import io
import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from chalicelibs.adapters.memory import MemoryTasks
from chalicelibs.api.log import logger
from chalicelibs.api.triggers import ImportFailed
from chalicelibs.ports.carriers import AnswerLost, Refused, Throttled
from tests.functional.product import OPERATOR_KEY, Acme, Api, Product, raw_of, signed

MINUTE = timedelta(minutes=1)

#: Whom this run knows, and every spelling in which they appear.
PHONES = [f"+3460000{number:04}" for number in range(1, 10)]
SPELLED = ["+34 600 00 00 01", "0034600000002", "600000003", "+34-600-000-004", "60000"]
NAMES = ["Evangelina", "Bartolomé", "Casimira", "wonderful@example.test"]
WORD = "zoraida"
SAID = "my sister Casimira lives there"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """All that any logger writes, as the product writes it, and as others would."""
    text, own, root = io.StringIO(), logging.getLogger("carillon"), logging.getLogger()
    assert isinstance(logger(), Logger)
    handlers = [handler for handler in own.handlers if isinstance(handler, logging.StreamHandler)]
    streams = [handler.setStream(text) for handler in handlers]
    plain = logging.StreamHandler(text)
    levels = own.level, root.level
    root.addHandler(plain)
    own.addHandler(plain)
    own.setLevel(logging.DEBUG)
    root.setLevel(logging.DEBUG)
    yield text
    own.removeHandler(plain)
    root.removeHandler(plain)
    own.setLevel(levels[0])
    root.setLevel(levels[1])
    for handler, stream in zip(handlers, streams, strict=True):
        handler.setStream(stream)


def contact(name: str) -> dict[str, Any]:
    return {"context": {"name": name, "email": NAMES[3]}}


def imports(product: Product, acme: Acme) -> None:
    """A file with good rows, bad rows and doubles; a file that is none; one for nobody."""
    batch = acme.made("/campaigns", acme.batch(draft=False))["id"]
    rows = [f"{phone},{NAMES[0]}" for phone in (*PHONES[:3], PHONES[0], *SPELLED)]
    text = "\n".join(["phone,name", *rows, f"{PHONES[4]},{NAMES[1]},too,many", f"{PHONES[5]},"])
    folder = f"s3://drop/imports/{acme.workspace_id}"
    product.drop(f"{folder}/{batch}/{NAMES[0]}.csv", text.encode())
    product.drop(f"{folder}/{batch}/no-header.csv", f"{PHONES[0]},{NAMES[0]}\n".encode())
    product.drop(f"{folder}/{batch}/quote.csv", f'phone,name\n"{PHONES[0]},x'.encode())
    product.drop(f"s3://drop/{NAMES[0]}/{PHONES[0]}.csv", text.encode())
    product.drop(f"{folder}/nowhere/x.csv", text.encode())
    product.drop(f"{folder}/{NAMES[2]}/x.csv", text.encode())
    product.drop(f"s3://drop/imports/{NAMES[0]}/{PHONES[0]}/x.csv", text.encode())


def pushes(acme: Acme, campaign_id: str) -> None:
    """Tasks that are taken, and tasks that are refused for every kind of reason."""
    for number, phone in enumerate(PHONES):
        acme.pushed(campaign_id, phone=phone, **contact(NAMES[number % 3]))
    for phone in SPELLED[1:]:
        assert acme.post("/tasks", acme.task(campaign_id, phone=phone)).status in {201, 422}
    assert acme.post("/tasks", acme.task(campaign_id, phone=PHONES[0], context={})).status == 422
    assert acme.post("/tasks", acme.task("nowhere", phone=PHONES[0])).status == 404
    assert acme.post("/tasks", f'{{"phone": "{PHONES[0]}", '.encode()).status == 400
    assert acme.post("/tasks", acme.task(campaign_id, **{PHONES[0]: NAMES[0]})).status == 422
    assert acme.get(f"/tasks/{PHONES[0]}").status == 404
    assert acme.get(f"/campaigns/{campaign_id}/tasks?phone=%2B{PHONES[0][1:]}").status == 200
    assert acme.get(f"/campaigns/{campaign_id}/tasks?cursor={NAMES[0]}").status == 422


def calls(product: Product) -> None:
    """Calls that are answered, refused, throttled and lost."""
    refused = Refused(f"{PHONES[0]} is not a number in service", is_permanent=True)
    product.carrier.answers = [refused, Throttled(MINUTE), AnswerLost()]
    product.run()
    for asked in product.carrier.asked:
        said = [{"role": "contact", "text": f"{SAID}, {asked.phone}", "at_ms": 1}]
        told = {"summary": SAID, "number": asked.phone, "to": asked.phone, "outcome": WORD}
        product.ended(asked.call_id, "busy", transcript=said, analysis_follows=True)
        product.ended(asked.call_id, type="analysis", analysis=told)
    product.run()
    product.clock.pass_(90 * MINUTE)
    product.tick()
    product.run()


def webhooks(product: Product) -> None:
    """Reports that are forged, late, unreadable, of nobody, of another carrier."""
    report = {"to": PHONES[0], "name": NAMES[0], "type": "ended"}
    raw = raw_of(report) or b""
    late = signed(raw, at=product.clock.at - 6 * MINUTE)
    assert Api().ask("POST", "/webhooks/simulated", raw, late).status == 401
    assert product.webhook(report, secret=NAMES[0]).status == 401
    assert product.webhook(report).status == 401
    assert product.webhook(raw[:-5]).status == 401
    assert product.webhook(report, path=f"/webhooks/{NAMES[0]}").status == 404


def queues(product: Product) -> None:
    """Messages that cannot be handled."""
    poison = [f"{PHONES[0]} {NAMES[0]}", {"call_id": PHONES[0], "name": NAMES[0]}]
    for handler in ("app.place_call", "app.record_call_event", "app.dispatch"):
        assert product.deliver(handler, poison) == ["m0", "m1"]
    call = {"workspace_id": NAMES[0], "call_id": PHONES[0], "workspace_page": 0}
    assert product.deliver("app.place_call", [call]) == []
    report = {"call_id": PHONES[0], "kind": "ended", "at": 1}
    assert product.deliver("app.record_call_event", [report]) == []
    assert product.deliver("app.dispatch", [{"workspace_id": NAMES[0], "kind": "nudge"}]) == []


def failures(product: Product, acme: Acme, campaign_id: str) -> None:
    """Errors that nobody thought of, whose messages tell everything, one inside the other."""

    def fail(*_: object, **__: object) -> None:
        try:
            raise ValueError(f"{PHONES[0]} belongs to {NAMES[0]}")
        except ValueError as error:
            error.add_note(SAID)
            raise ExceptionGroup(f"no {NAMES[1]}", [error, KeyError(PHONES[1])]) from error

    source = f"s3://drop/imports/{acme.workspace_id}/{campaign_id}/{NAMES[0]}.csv"
    with pytest.MonkeyPatch.context() as patch:
        for method in ("get", "get_all", "add", "page", "due", "at_gate", "at_gates"):
            patch.setattr(MemoryTasks, method, fail)
        patch.setattr(type(product.bucket), "read", fail)
        assert acme.post("/tasks", acme.task(campaign_id, phone=PHONES[0])).status == 500
        assert acme.delete(f"/contacts/{PHONES[0]}").status == 500
        task_id = f"{campaign_id}-{campaign_id}"
        assert acme.get(f"/tasks/{task_id}").status == 500
        message = {"workspace_id": acme.workspace_id, "call_id": f"{task_id}-1"}
        assert product.deliver("app.place_call", [{**message, "workspace_page": 0}]) == ["m0"]
        batch = acme.made("/campaigns", acme.batch(draft=False))["id"]
        with pytest.raises(ImportFailed, match="ExceptionGroup") as failed:
            product.drop(source.replace(campaign_id, batch), b"phone,name\n")
        assert NAMES[0] not in repr(failed.value), "Lambda writes it into the log"
        assert failed.value.__cause__ is None


def access(acme: Acme) -> list[str]:
    """Keys come, go and are wrong; gives their secrets."""
    made = acme.made("/keys", {"name": NAMES[0], "scope": "read"})
    assert Api(made["api_key"]).post("/agents").status == 403
    assert Api(made["api_key"] + "x").get("/agents").status == 403
    assert acme.delete(f"/keys/{made['key']['id']}").status == 200
    keys = [str(acme.key), made["api_key"], OPERATOR_KEY]
    return [*keys, *(key.split("_", 2)[-1] for key in keys)]  # a secret may hold a `_` of its own


def test_nobody_is_named_in_the_log_of_a_full_run(
    product: Product, acme: Acme, written: io.StringIO
) -> None:
    campaign_id = acme.campaign()
    imports(product, acme)
    pushes(acme, campaign_id)
    calls(product)
    webhooks(product)
    queues(product)
    failures(product, acme, campaign_id)
    secrets = access(acme)
    acme.delete(f"/contacts/{PHONES[0]}")

    text = written.getvalue()
    for event in ("request refused", "request failed", "message failed", "import failed"):
        assert event in text, "else nothing was captured"
    assert text.count("ExceptionGroup") > 4
    assert "tests/functional/test_log_redaction.py" in text, "where it was raised is told"
    digits = [phone.removeprefix("+34") for phone in PHONES]
    for word in (*PHONES, *digits, *SPELLED, *NAMES, WORD, SAID, *secrets):
        assert word not in text, word
