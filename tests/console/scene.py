"""A workspace that has been busy for hours, so that every page has something to show."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from chalicelibs.domain.rest import Rest
from tests.functional.product import CALLER_ID, Acme, Product

MINUTE = timedelta(minutes=1)

PROMPT = """You call {{name}} in {{city}} about policy {{policy}}, which ends on Friday.
Ask whether it should go on for another year."""

TRANSCRIPT = [
    {"role": "agent", "text": "Good morning, this is Ana from Acme. Is that Eva?", "at_ms": 0},
    {"role": "contact", "text": "Yes, speaking.", "at_ms": 3200},
    {
        "role": "agent",
        "text": "Your policy ends on Friday. Shall it go on for another year?",
        "at_ms": 5100,
    },
    {"role": "contact", "text": "Please. Same terms as before?", "at_ms": 9900},
    {"role": "agent", "text": "The very same. I will send you the papers today.", "at_ms": 12400},
]

#: How its calls end, one after the other.
ENDS = ("completed", "no-answer", "completed", "busy", "completed", "no-answer", "failed")

NAMES = ("Eva", "Leo", "Ana", "Hugo", "Mia", "Noa", "Ines", "Luis", "Zoe", "Max")

REPORTED: dict[str, Any] = {
    "transcript": TRANSCRIPT,
    "recording_url": "https://carrier.test/recordings/1.mp3",
    "duration_ms": 47_000,
}

ANALYSIS = {"interest": "high", "wants_papers": True, "summary": "Renews for a year."}


class Scene(NamedTuple):
    """Ids of what tests look for."""

    running: str
    draft: str
    paused: str
    realtime: str
    called_task: str
    waiting_task: str


def rows(count: int) -> bytes:
    """A file of contacts, three of whose rows are wrong."""
    lines = [
        f"+3460000{number:04},{NAMES[number % len(NAMES)]},Madrid,ES-{number:05}"
        for number in range(count)
    ]
    wrong = ["12345,Nobody,Madrid,ES-9", "+34600000001,Leo,Madrid,ES-00001", "+34611222333,,,"]
    return "\n".join(["phone,name,city,policy", *lines, *wrong]).encode()


def busy_hours(product: Product, acme: Acme, *, contacts: int = 48) -> Scene:
    """Calls from noon to three."""
    acme.put("/workspace/limits", {"concurrency_limit": 12})
    acme.patch(f"/agents/{acme.agent_id}", {"custom_outcomes": ["will_pay", "wrong_person"]})
    acme.patch(f"/numbers/{CALLER_ID}", {"name": "Main line"})
    running = batch(acme, "Policy renewals March", priority="high")
    product.drop(f"s3://drop/imports/{acme.workspace_id}/{running}/contacts.csv", rows(contacts))
    task_id = hours_of_calls(product)
    paused = batch(acme, "Win back autumn leavers")
    product.drop(f"s3://drop/imports/{acme.workspace_id}/{paused}/leavers.csv", rows(9))
    acme.post(f"/campaigns/{paused}/pause")
    draft = batch(acme, "Spring survey", draft=True)
    realtime = acme.campaign(name="Website leads", timezone="Europe/Madrid")
    acme.made("/keys", {"name": "CRM", "scope": "push", "requests_per_minute": 120})
    acme.made("/keys", {"name": "Wall dashboard", "scope": "read"})
    waiting = acme.pushed(
        realtime,
        phone="+34600000099",
        startAfter="2027-03-06T09:00:00Z",
        externalId="crm-4711",
    )
    product.run()
    tell_of_a_rest(product, acme)
    return Scene(running, draft, paused, realtime, task_id, waiting)


def batch(acme: Acme, name: str, **changes: Any) -> str:
    """A campaign that calls a list in Madrid."""
    settings = {
        "name": name,
        "draft": False,
        "timezone": "Europe/Madrid",
        "calling_hours": {
            "start": "09:30",
            "end": "20:00",
            "days": ["mon", "tue", "wed", "thu", "fri"],
        },
        "max_attempts": 3,
        "retry_interval_ms": 3_600_000,
        "prompt": PROMPT,
        **changes,
    }
    return str(acme.made("/campaigns", acme.batch(**settings))["id"])


def hours_of_calls(product: Product) -> str:
    """Have calls come and go; gives a task that was called."""
    known, ends = 0, 0
    for _ in range(11):
        product.run()
        new: Sequence[Any] = product.carrier.asked[known:]
        known = len(product.carrier.asked)
        product.clock.pass_(16 * MINUTE)
        for request in new[: max(len(new) - 3, 1)] if new else []:
            end(product, request.call_id, ENDS[ends % len(ENDS)])
            ends += 1
        product.tick()
    product.clock.pass_(4 * MINUTE)
    product.run()
    return product.carrier.asked[0].call_id.rpartition("-")[0]


def end(product: Product, call_id: str, status: str) -> None:
    """A call ends; a conversation is told of, and analysed."""
    is_talk = status == "completed"
    product.ended(call_id, status, **(REPORTED if is_talk else {}))
    if is_talk:
        about: dict[str, Any] = {"event_id": "evt_2", "type": "analysis", "sequence": 3}
        product.ended(call_id, **about, analysis=ANALYSIS)


def tell_of_a_rest(product: Product, acme: Acme) -> None:
    """One of the carriers was not reached just now."""
    resting = Rest(product.clock.at + timedelta(seconds=30), timedelta(seconds=30))
    product.service.place_call.pacing.rest(acme.workspace_id, "simulated", resting)
