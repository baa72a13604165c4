"""`python -m bench.latency [CALLS_PER_S]`: how long things take while many calls are made.

One workspace makes so many calls a second. Beside it, others wait for tasks to become due, push
some, free a slot, pause: each time measured until the carrier is asked, by its own journal.
"""

import argparse
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from statistics import quantiles
from typing import Any

from bench.report import load, save
from bench.throughput import APART
from local.carrier.journal import read_lines
from local.settings import ROOT
from local.stack import Stack
from local.trial import Customer, own_stack, phones

DATA = ROOT / ".local" / "latency"
ALWAYS = "completed=100,no-answer=0,busy=0,voicemail=0,failed=0"
CARRIER = ("-m", "local.carrier", "--no-rules", "--ring=0.1", "--talk=0.9", f"--weights={ALWAYS}")

#: The load that is aimed at; and of what this machine was seen to make, what it is given.
AIM_PER_S = 50
SHARE = 0.6
UNKNOWN_PER_S = 10

#: How long it is watched, and how long the load goes on before and after.
WATCHED_S = 60
WARM_S = 5

#: Calls at the same time in the workspace that pauses, and how long it calls and rests.
PAUSING_LIMIT = 5
CALLING_S, PAUSED_S = 3.0, 2.0

DUE_TASKS = 50
PUSH_EVERY_S = 1.0
NUMBERS = count()

Line = Mapping[str, Any]


@dataclass
class Watched:
    """What was asked for, and when, in milliseconds since 1970; and what the carrier heard."""

    load_per_s: int
    began_ms: float = 0
    ended_ms: float = 0
    due: dict[str, float] = field(default_factory=dict)  #: By number.
    pushed: dict[str, float] = field(default_factory=dict)  #: When the push was sent.
    paused: list[float] = field(default_factory=list)  #: When the answer to a pause had come.
    agents: dict[str, str] = field(default_factory=dict)  #: Of each workspace.
    lines: Sequence[Line] = ()

    def heard(self, workspace: str, event: str) -> list[float]:
        """When the carrier heard of something in one of the workspaces."""
        agent = self.agents[workspace]
        return [
            line["t"] for line in self.lines if (line["agent"], line["event"]) == (agent, event)
        ]


def now_ms() -> float:
    """The clock that the carrier has, too."""
    return time.time() * 1000


def numbers(how_many: int) -> list[str]:
    """Numbers that nobody else has."""
    return [phones(1, next(NUMBERS))[0] for _ in range(how_many)]


class Workspaces:
    """Who makes calls in one run."""

    def __init__(self, stack: Stack, watched: Watched) -> None:
        self._stack = stack
        self._watched = watched

    def load(self) -> None:
        """Begin to make calls, so many a second."""
        per_s = self._watched.load_per_s
        customer = self._customer("load", concurrency_limit=6 * per_s, calls_per_second=per_s)
        self._batch(customer, per_s * (WATCHED_S + 4 * WARM_S))

    def freed(self) -> None:
        """Begin to make calls one after the other."""
        self._batch(self._customer("freed", concurrency_limit=1), WATCHED_S)

    def pausing(self) -> Callable[[], None]:
        """What pauses a campaign and resumes it."""
        customer = self._customer("paused", concurrency_limit=PAUSING_LIMIT)
        campaign_id = self._batch(customer, PAUSING_LIMIT * WATCHED_S)

        def pause() -> None:
            time.sleep(CALLING_S)
            customer.steer("pause", campaign_id)
            self._watched.paused.append(now_ms())
            time.sleep(PAUSED_S)
            customer.steer("resume", campaign_id)

        return pause

    def pushing(self) -> Callable[[], None]:
        """What pushes a task that is due at once."""
        push = self._realtime("pushed")

        def push_one() -> None:
            (number,) = numbers(1)
            self._watched.pushed[number] = now_ms()
            push(number)
            time.sleep(PUSH_EVERY_S)

        return push_one

    def due(self) -> None:
        """Push tasks that become due one by one while it is watched."""
        push = self._realtime("due")
        begin = datetime.now(UTC) + timedelta(seconds=3 * WARM_S)
        for place, number in enumerate(numbers(DUE_TASKS)):
            due_at = begin + timedelta(milliseconds=place * 700 * WATCHED_S // DUE_TASKS)
            self._watched.due[number] = due_at.timestamp() * 1000
            push(number, start_after=due_at.isoformat())

    def _customer(self, name: str, **limits: int) -> Customer:
        customer = Customer(self._stack, **limits)  # type: ignore[arg-type]
        self._watched.agents[name] = customer.agent_id
        return customer

    def _realtime(self, name: str) -> Callable[..., None]:
        customer = self._customer(name, concurrency_limit=50)
        campaign_id = customer.campaign(type="realtime")
        customer.steer("start", campaign_id)

        def push(number: str, **more: str) -> None:
            customer.client.post("/tasks", {"campaign": campaign_id, "phone": number, **more})

        return push

    def _batch(self, customer: Customer, contacts: int) -> str:
        campaign_id = customer.campaign()
        customer.bring(campaign_id, numbers(contacts))
        customer.steer("start", campaign_id)
        return campaign_id


def repeated(act: Callable[[], None], until: float) -> threading.Thread:
    """Do something until a moment, beside everything else."""

    def run() -> None:
        while time.monotonic() < until:
            act()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def watch(per_s: int) -> Watched:
    """Run everything beside everything else."""
    watched = Watched(load_per_s=per_s)
    with own_stack(DATA, carrier=CARRIER, told={}, tick_s=60, apart=APART) as stack:
        workspaces = Workspaces(stack, watched)
        acts = [workspaces.pausing(), workspaces.pushing()]
        workspaces.freed()
        workspaces.load()
        workspaces.due()
        time.sleep(WARM_S)
        watched.began_ms, until = now_ms(), time.monotonic() + WATCHED_S
        for thread in [repeated(act, until) for act in acts]:
            thread.join()
        watched.ended_ms = now_ms()
        time.sleep(WARM_S)
        watched.lines = list(read_lines(stack.settings.data / "carrier" / "journal.jsonl"))
    return watched


def until_asked(since: Mapping[str, float], lines: Iterable[Line]) -> list[float]:
    """From some moment of each number until the carrier is asked to call it."""
    asked = {line["to"]: line["t"] for line in lines if line["event"] == "requested"}
    return [asked[number] - at for number, at in since.items() if number in asked]


def until_refilled(ends: Sequence[float], asked: Sequence[float]) -> list[float]:
    """From the end of each call until the next is asked for, where there is one at a time."""
    return [later - end for end, later in zip(ends, asked[1:], strict=False)]


def until_still(pauses: Sequence[float], asked: Sequence[float]) -> list[float]:
    """From the answer to each pause until the last call that is asked for in spite of it."""
    late = [
        [at - answered for at in asked if answered < at < answered + PAUSED_S * 1000]
        for answered in pauses
    ]
    return [max(ones, default=0) for ones in late]


def spread(values: Sequence[float]) -> dict[str, float]:
    """The middle of some durations, and what one in a hundred exceeds."""
    if len(values) < 2:  # noqa: PLR2004 - of one there is nothing to be told
        return {"n": len(values)}
    cuts = quantiles(values, n=100, method="inclusive")
    return {"n": len(values), "p50_ms": round(cuts[49]), "p99_ms": round(cuts[98])}


def figures(watched: Watched) -> dict[str, Any]:
    """How long each thing took."""
    seconds = (watched.ended_ms - watched.began_ms) / 1000
    asked = [line["t"] for line in watched.lines if line["event"] == "requested"]
    made = sum(watched.began_ms <= at <= watched.ended_ms for at in asked)
    freed = until_refilled(watched.heard("freed", "ended"), watched.heard("freed", "requested"))
    still = until_still(watched.paused, watched.heard("paused", "requested"))
    return {
        "due_to_dial": spread(until_asked(watched.due, watched.lines)),
        "freed_to_dial": spread(freed),
        "pause_to_last_dial": spread(still),
        "push_to_dial": spread(until_asked(watched.pushed, watched.lines)),
        "load_calls_per_s": watched.load_per_s,
        "calls_per_s": round(made / seconds, 1),
        "never_dialled": {
            "due": len(watched.due) - len(until_asked(watched.due, watched.lines)),
            "pushed": len(watched.pushed) - len(until_asked(watched.pushed, watched.lines)),
        },
    }


def usual_load() -> int:
    """As much as is aimed at, or as this machine was seen to bear."""
    seen = load("throughput").get("calls_per_s")
    return min(AIM_PER_S, round(SHARE * seen)) if seen else UNKNOWN_PER_S


def main() -> None:
    """Print and write down the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("calls_per_s", type=int, nargs="?", help="the load")
    save("latency", figures(watch(parser.parse_args().calls_per_s or usual_load())))


if __name__ == "__main__":
    main()
