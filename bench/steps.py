"""The functions themselves, called one at a time over an engine: what each step asks of AWS.

Queues, table and bucket are those of the template, the handlers are resolved by their names, and
requests come through the gateway: only the carrier is ours, and nothing happens by itself.
"""

import importlib
import io
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3
from botocore.config import Config

from bench.meter import Meter
from chalicelibs import bootstrap
from chalicelibs.adapters.carriers.known import KnownCarriers
from chalicelibs.config import Settings as ServiceSettings
from chalicelibs.domain.call import Call
from chalicelibs.domain.call_event import CallEvent, EventKind
from chalicelibs.domain.deadlines import Deadlines
from chalicelibs.domain.outcome import Outcome
from chalicelibs.ports.carriers import (
    Accepted,
    DialRequest,
    FetchAnswer,
    NeverSeen,
    PlaceAnswer,
    TooLate,
    Webhook,
    WithdrawAnswer,
)
from client.api import Api
from client.transport import Answer
from local import functions, keys, resources, wiring
from local.bucket import drop
from local.events import schedule_event
from local.functions import Function
from local.gateway import Gateway
from local.gateway_errors import Refusals
from local.handlers import engine_environment, service_environment
from local.holds import Holds
from local.pumps import DropPump, QueuePump, Source
from local.settings import Settings
from local.trial import CALLER_ID, own_engine

#: The engine looks at every item of a partition: for a page of a million tasks, at 60,000.
ENGINE_ANSWERS_WITHIN_S = 60


@dataclass
class Obliging:
    """A carrier that takes every call and says of it what it is told to say."""

    asked: list[str] = field(default_factory=list)  #: The calls, in order.

    def place(self, request: DialRequest) -> PlaceAnswer:
        """See the port."""
        self.asked.append(request.call_id)
        return Accepted("CA0123456789abcdef0123456789abcdef")

    def fetch(self, call: Call) -> FetchAnswer:
        """See the port."""
        del call
        return NeverSeen()

    def withdraw(self, call: Call) -> WithdrawAnswer:
        """See the port."""
        del call
        return TooLate()

    def read(self, webhook: Webhook) -> CallEvent | None:
        """See the port."""
        told = json.loads(webhook.body)
        return CallEvent(
            call_id=told["call_id"],
            kind=EventKind(told["kind"]),
            at=datetime.now(UTC),
            outcome=told.get("outcome"),
        )


@dataclass
class Shifted:
    """The time, some way ahead."""

    ahead: timedelta = timedelta(0)

    def now(self) -> datetime:
        """See the port."""
        return datetime.now(UTC) + self.ahead


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """One run of a function."""

    step: str
    function: str
    messages: int
    cpu_ms: float
    log_bytes: int


class InProcess:
    """How a request reaches the gateway without a connection."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: Any) -> Answer:
        """See `client.transport`."""
        path = "/" + url.split("/", 3)[3]
        answer = self._gateway.answer(method, path, dict(headers), body)
        own = {name.lower(): value for name, value in (answer.get("headers") or {}).items()}
        return Answer(answer["statusCode"], own, answer["body"].encode())


class Steps:
    """The service of one process, moved step by step."""

    def __init__(self, settings: Settings, written: io.StringIO) -> None:
        os.environ.update(engine_environment(settings, {}))
        boto3.setup_default_session()
        self.meter = Meter(boto3.DEFAULT_SESSION)
        self.invocations: list[Invocation] = []
        self._settings = settings
        self._written = written
        self.clients = resources.Clients.of(boto3.Session(), config=Config(user_agent="bench"))
        created = resources.create(
            resources.load(settings.project), self.clients, visibility_s=settings.visibility_s
        )
        os.environ.update(service_environment(settings, created, {}))
        declared = functions.load(settings.project, os.environ)  # type: ignore[arg-type]
        self._ready(declared, created)

    def _ready(self, declared: functions.Declared, created: resources.Created) -> None:
        app = importlib.import_module("app")
        known = ServiceSettings.from_environment(os.environ)
        self.carrier, self.clock = Obliging(), Shifted()
        self.ports = replace(
            bootstrap.aws_ports(known),
            carriers=KnownCarriers({"simulated": self.carrier}),
            clock=self.clock,
        )
        service = bootstrap.wire(
            self.ports, deadlines=Deadlines(), bootstrap_key_hash=known.bootstrap_key_hash
        )
        app.service = lambda: service  # type: ignore[attr-defined]
        self.service = service
        holds = Holds(self.clients.sqs)
        self._pumps = {
            function.name: self._pump(QueuePump, function, source, holds)
            for function, _, source in wiring.queues(declared, created, self.clients)
        }
        for function, source in wiring.drops(declared, created, self.clients, self._settings):
            self._pumps[function.name] = self._pump(DropPump, function, source, holds)
        self._tick = next(function for function, _ in declared.schedules)
        gateway = Gateway(declared.app, declared.config, Refusals(created.resources))
        self._transport = InProcess(gateway)

    def _pump(
        self, kind: type[QueuePump], function: Function, source: Source, holds: Holds
    ) -> tuple[Source, QueuePump]:
        def invoke(event: dict[str, Any]) -> Any:
            return self._noted(
                function.name, len(event["Records"]), lambda: function.invoke(event)
            )

        return source, kind(self.clients.sqs, source, invoke, holds)

    def _noted(self, function: str, messages: int, act: Callable[[], Any]) -> Any:
        cpu, written = time.process_time(), self._written.tell()
        answer = act()
        self.invocations.append(
            Invocation(
                step=self.meter.step,
                function=function,
                messages=messages,
                cpu_ms=(time.process_time() - cpu) * 1000,
                log_bytes=self._written.tell() - written,
            )
        )
        return answer

    def drain(self, function: str, step: str) -> int:
        """Have a function take all batches that wait for it now; gives how many there were."""
        source, pump = self._pumps[function]
        batches = 0
        with self.meter.during(step):
            while self._waiting(source):
                pump.pump()
                batches += 1
        return batches

    def _waiting(self, source: Source) -> bool:
        name = "ApproximateNumberOfMessages"
        told = self.clients.sqs.get_queue_attributes(QueueUrl=source.url, AttributeNames=[name])
        return int(told["Attributes"][name]) > 0

    def tick(self, step: str) -> None:
        """Let a minute begin."""
        with self.meter.during(step):
            event = schedule_event(self._tick.name, datetime.now(UTC))
            self._noted(self._tick.name, 1, lambda: self._tick.invoke(event))

    def webhook(self, step: str, call_id: str, kind: str, outcome: Outcome | None = None) -> None:
        """Have the carrier tell of a call."""
        body = json.dumps({"call_id": call_id, "kind": kind, "outcome": outcome}).encode()
        url, headers = "http://local/webhooks/simulated", {"Content-Type": "application/json"}
        with self.meter.during(step):
            answer = self._noted(
                "receive_report", 1, lambda: self._transport("POST", url, headers, body)
            )
        assert answer.status < 300, answer  # noqa: PLR2004 - everybody knows what it means

    def api(self, key: str) -> Api:
        """A client of the routes; what it asks for is metered under the step of the moment."""
        return Api("http://local", key, transport=self._transport)

    def operator(self) -> Api:
        """The client of whoever runs the service."""
        return self.api(keys.load(self._settings.data).bootstrap_key)

    def drop(self, workspace_id: str, campaign_id: str, contacts: bytes) -> None:
        """Drop a CSV."""
        drop(self._settings, workspace_id, campaign_id, contacts)


class Customer:
    """A workspace of its own, with an agent and a number."""

    def __init__(self, steps: Steps, *, concurrency_limit: int) -> None:
        opened = steps.operator().post(
            "/workspaces", {"name": "bench", "concurrency_limit": concurrency_limit}
        )
        self.workspace_id: str = opened["workspace"]["id"]
        self.api = steps.api(opened["api_key"])
        agent = {"name": "Ada", "carrier": "simulated", "prompt": "Say hello to {{first_name}}."}
        self.agent_id: str = self.api.post("/agents", agent)["id"]
        self.api.post("/numbers", {"phone": CALLER_ID, "carrier": "simulated"})

    def campaign(self, **more: Any) -> str:
        """Draft a batch campaign."""
        body = {"name": "bench", "agent_id": self.agent_id, "caller_id": CALLER_ID, **more}
        campaign_id: str = self.api.post("/campaigns", body)["id"]
        return campaign_id


@contextmanager
def steps() -> Iterator[Steps]:
    """The service over an engine of its own. Once in a process: it is told by the environment."""
    written = io.StringIO()
    bootstrap.ANSWERS_WITHIN_S = ENGINE_ANSWERS_WITHIN_S
    with (
        TemporaryDirectory() as folder,
        own_engine(Path(folder)) as settings,
        redirect_stdout(written),
    ):
        yield Steps(settings, written)
