"""A campaign of up to 500 contacts on a whole local stack, watched from outside."""

import json
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from client.api import Api, Refused
from client.transport import Unreachable
from local import audit, keys, promises
from local.bucket import drop
from local.carrier.journal import read_lines
from local.promises import Facts, Seen
from local.stack import Stack
from local.trial import Stuck, until
from local.workspace import ask_often

#: Contacts whose last two digits lead to every ending that the carrier knows by rule.
PHONES = [f"+1202555{number:04}" for number in range(100, 600)]
NAMES = [f"Evangelina{number:03}" for number in range(len(PHONES))]
CALLER_ID = "+12025550000"
LIMIT = 60

#: So long nothing may come about at all; a machine with much to do takes its time for all of it.
STUCK_S = 150

#: A number that is none, as no log writes an instant.
NO_PHONE = "+12345"

Found = TypeVar("Found")


@dataclass
class Campaign:
    """One workspace with one batch campaign, on a stack of its own."""

    stack: Stack
    limit: int = LIMIT
    is_draft: bool = False
    carrier: str = "simulated"
    settings: dict[str, Any] = field(default_factory=dict)  #: Of the campaign, beside the usual.
    phones: list[str] = field(default_factory=lambda: list(PHONES))
    workspace_id: str = field(init=False)
    campaign_id: str = field(init=False)
    client: Api = field(init=False)
    operator_key: str = field(init=False)
    _all_here_ms: int | None = None  #: When everybody had been seen to be in the campaign.
    _read: int = 0  #: How much of the journal is known.
    _dials: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.operator_key = keys.load(self.stack.settings.data).bootstrap_key
        operator = Api(self.stack.url, self.operator_key)
        limits = {"concurrency_limit": self.limit}
        opened = operator.post("/workspaces", {"name": "e2e", **limits})
        self.workspace_id = opened["workspace"]["id"]
        self.client = Api(self.stack.url, opened["api_key"])
        ask_often(self.client)
        self.campaign_id = self._create()

    def _create(self) -> str:
        agent = {
            "name": "Ada",
            "carrier": self.carrier,
            "prompt": "Hello {{name}}",
            "ring_timeout_s": 1,
            "max_duration_s": 1,
            "custom_outcomes": ["interested"],
        }
        self.client.post("/numbers", {"phone": CALLER_ID, "carrier": self.carrier})
        campaign = {
            "name": "everybody",
            "draft": self.is_draft,
            "agent_id": self.client.post("/agents", agent)["id"],
            "caller_id": CALLER_ID,
            "max_attempts": 2,
            "retry_intervals_ms": [1000],
            # A carrier that forgets its calls makes most of them fail, and the brake would rightly
            # pause the campaign. What is broken here must be overcome; `test_brakes.py` brakes.
            "failure_brake": None,
            **self.settings,
        }
        return str(self.client.post("/campaigns", campaign)["id"])

    @property
    def journal(self) -> Path:
        """What the carrier writes while phones ring."""
        return self.stack.settings.data / "carrier" / "journal.jsonl"

    def drop_contacts(self) -> None:
        """Put everybody, and a number that is none, into the bucket."""
        named = zip(self.phones, NAMES, strict=False)
        rows = [f"{phone},{name}" for phone, name in named]
        text = "\n".join(["phone,name", *rows, f"{NO_PHONE},Bad"])
        drop(self.stack.settings, self.workspace_id, self.campaign_id, text.encode())

    def start(self) -> None:
        """Let a draft call."""
        self.client.post(f"/campaigns/{self.campaign_id}/start")

    def signal(self, part: str, number: signal.Signals) -> None:
        """Send a signal to the process of a part."""
        pid = self.stack.pid(part)
        assert pid is not None, f"the {part} does not run"
        os.kill(pid, number)

    def kill(self, part: str) -> None:
        """Let a part end at once, wherever it is."""
        self.signal(part, signal.SIGKILL)
        until(lambda: self.stack.pid(part) is None, within_s=60)

    def kill_keeper(self, part: str) -> None:
        """Let the keeper of a part end at once; the kernel then asks the part itself to end."""
        pid = self.stack.keeper_pid(part)
        assert pid is not None, f"the {part} does not run"
        os.kill(pid, signal.SIGKILL)
        until(lambda: self.stack.pid(part) is None, within_s=120)

    def dials(self) -> list[int]:
        """When phones began to ring, in epoch milliseconds."""
        with self.journal.open("rb") as file:
            file.seek(self._read)
            for text in file:
                if not text.endswith(b"\n"):
                    break
                self._read += len(text)
                if b'"event":"dialled"' in text:
                    self._dials.append(json.loads(text)["t"])
        return self._dials

    def refused(self) -> set[str]:
        """Our ids of the calls that the carrier was asked for and would not place."""
        requests = [line for line in read_lines(self.journal) if line["event"] == "requested"]
        return {line["correlation_id"] for line in requests if line["answer"] == "refused"}

    def await_dials(self, count: int) -> None:
        """Wait until so many phones have rung."""
        self._await(lambda: len(self.dials()), lambda dials: dials >= count)

    def await_dial_after(self, instant_ms: int) -> float:
        """Wait until a phone rings after this instant; how many seconds later that was."""
        later = self._await(lambda: [at for at in self.dials() if at > instant_ms], bool)
        return (min(later) - instant_ms) / 1000

    def _await(self, look: Callable[[], Found], is_enough: Callable[[Found], bool]) -> Found:
        """Look until enough has come about, for as long as anything does."""
        found, since = look(), time.monotonic()
        while not is_enough(found):
            self._note_arrivals()
            time.sleep(0.05)
            before, found = found, look()
            if found != before:
                since = time.monotonic()
            if time.monotonic() - since > STUCK_S:
                shown = self.shown() or {}
                known = {key: shown.get(key) for key in ("status", "paused_for", "progress")}
                raise Stuck(f"nothing came about in {STUCK_S} s: the API tells {known}")
        return found

    def _note_arrivals(self) -> None:
        shown = self.shown() if self._all_here_ms is None else None
        if shown is not None and shown["progress"]["total"] == len(self.phones):
            self._all_here_ms = now_ms()

    def shown(self) -> Any:
        """The campaign as the API shows it; nothing while the API cannot."""
        try:
            return self.client.get(f"/campaigns/{self.campaign_id}")
        except (Refused, Unreachable):
            return None

    def await_end(self) -> None:
        """Wait until every contact has a final status, and the campaign its own."""

        def progress() -> Any:
            time.sleep(0.2)  # Each look is a request more for those who are measured.
            shown = self.shown() or {}
            return shown.get("status"), shown.get("progress")

        self._await(progress, lambda found: found[0] == "completed")

    def seen(self) -> Seen:
        """Everything that is known of it, from both sides."""
        facts = Facts(concurrency_limit=self.limit, all_here_ms=self._all_here_ms)
        return audit.observe(self.client, self.journal, [self.campaign_id], facts)

    def check(self) -> Seen:
        """Check what must hold at the end of every campaign, whatever happened on the way."""
        seen = self.seen()
        found = promises.violations(seen)
        assert not found, found[:5]
        assert len(seen.tasks) == len(self.phones)
        (shown,) = seen.campaigns
        progress = shown["progress"]
        assert progress["total"] == progress["completed"] == len(self.phones)
        assert sum(progress["outcomes"].values()) == progress["calls"]
        assert Counter(task["status"] for task in seen.tasks) == {"completed": len(self.phones)}
        (imported,) = self.client.get(f"/campaigns/{self.campaign_id}/imports")["imports"]
        assert (imported["accepted"], imported["rejected"]) == (len(self.phones), 1)
        assert self.client.get("/calls/current")["calls"] == []
        self.check_logs()
        return seen

    def check_logs(self) -> None:
        """Check that no log of ours names anybody; the engine's is not ours."""
        dialler = "sip" if self.carrier == "sip" else "carrier"
        ours = [self.stack.log_file(part) for part in ("handlers", dialler)]
        text = "\n".join(log.read_text(errors="replace") for log in ours)
        assert "report recorded" in text, "else nothing was logged"
        digits = [phone.removeprefix("+1") for phone in [*self.phones, CALLER_ID]]
        words = [*digits, *NAMES, NO_PHONE, "carillon_"]
        assert [word for word in words if word in text] == []


def told(line: str) -> None:
    """Note a figure: pytest shows it with a failure, and with `-s`."""
    print(line)  # noqa: T201 - pytest captures it


def now_ms() -> int:
    """This instant as the carrier's journal writes it."""
    return time.time_ns() // 1_000_000


def calls_of(seen: Seen) -> list[Mapping[str, Any]]:
    """All calls of a campaign, as the API shows them."""
    return [call for calls in seen.calls_by_task.values() for call in calls]


def outcomes_of(seen: Seen) -> Counter[str]:
    """How the calls of a campaign ended, and why where an outcome does not say."""
    calls = calls_of(seen)
    return Counter(f"{call['outcome']} {call.get('reason') or ''}".strip() for call in calls)
