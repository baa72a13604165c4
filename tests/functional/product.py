"""The whole service in memory, reached as the world reaches it: by HTTP and by events."""

import hmac
import importlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any, NamedTuple
from urllib.parse import parse_qs, quote, unquote, unquote_plus, urlsplit

from chalice.config import Config
from chalice.local import LambdaContext
from urllib3 import PoolManager

import app
from chalicelibs.adapters import memory
from chalicelibs.adapters.carriers.accounts import AccountCarriers
from chalicelibs.adapters.carriers.asking import Line
from chalicelibs.adapters.carriers.known import KnownCarriers
from chalicelibs.adapters.carriers.simulated import SimulatedCarrier
from chalicelibs.adapters.ids import RandomIds
from chalicelibs.adapters.threads import in_threads
from chalicelibs.api.journal import LoggedJournal
from chalicelibs.bootstrap import Ports, Service, wire
from chalicelibs.config import SimulatedCarrierSettings
from chalicelibs.domain.call import Call
from chalicelibs.domain.call_event import CallEvent
from chalicelibs.domain.deadlines import Deadlines
from chalicelibs.domain.instants import epoch_ms
from chalicelibs.ports.carriers import (
    Accepted,
    DialRequest,
    FetchAnswer,
    NeverSeen,
    PlaceAnswer,
    Webhook,
    WithdrawAnswer,
)
from chalicelibs.ports.imports import Upload
from local.events import schedule_event
from local.gateway import Gateway, Refused
from local.gateway_errors import Refusals
from tests.builders import NOON
from tests.functional.described import check

OPERATOR_KEY = "the-operators-key"
CARRIER_SECRET = "the-carriers-secret"
TEMPLATE = json.loads((Path(__file__).parents[2] / ".chalice" / "resources.json").read_text())
CALLER_ID = "+34910000000"
PUBLIC_URL = "https://carillon.test"
BUCKET_URL = "https://bucket.test"


@dataclass
class FixedClock:
    """Stands still until it is moved."""

    at: datetime = NOON

    def now(self) -> datetime:
        return self.at

    def pass_(self, time: timedelta) -> None:
        self.at += time


class FairIds(RandomIds):
    """Draws the first lot for everybody: what starts now is due now, although the clock stands."""

    def lot(self) -> int:
        return 0


class Bucket(memory.MemoryFiles):
    """Files that remember who arrived, with addresses that last as long as they should."""

    def __init__(self) -> None:
        self.bytes_by_source: dict[str, bytes] = {}
        self.arrived: list[str] = []  #: Stored, and the importer not told yet.
        super().__init__(self.bytes_by_source)

    def upload(self, source: str, *, now: datetime, valid_for: timedelta) -> Upload:
        place = quote(source.removeprefix("s3://"))
        url = f"{BUCKET_URL}/{place}?until={epoch_ms(now + valid_for)}"
        return Upload(url=url, headers={"Content-Type": "text/csv"}, expires_at=now + valid_for)

    def uploads(
        self, source: str, upload_id: str, count: int, *, now: datetime, valid_for: timedelta
    ) -> Sequence[Upload]:
        whole = self.upload(source, now=now, valid_for=valid_for)
        query = f"&upload={quote(upload_id)}&number="
        return [
            replace(whole, url=f"{whole.url}{query}{one}", headers={})
            for one in range(1, count + 1)
        ]

    def put(self, source: str, content: bytes) -> None:
        super().put(source, content)
        self.arrived.append(source)


@dataclass
class ScriptedCarrier:
    """Answers as it was told to, then accepts; its webhooks are those of the simulated carrier."""

    webhooks: SimulatedCarrier
    answers: list[PlaceAnswer] = field(default_factory=list)
    states: dict[str, FetchAnswer] = field(default_factory=dict)
    asked: list[DialRequest] = field(default_factory=list)

    def place(self, request: DialRequest) -> PlaceAnswer:
        self.asked.append(request)
        return self.answers.pop(0) if self.answers else Accepted(f"sim-{request.call_id}")

    def fetch(self, call: Call) -> FetchAnswer:
        return self.states.get(call.call_id, NeverSeen())

    def withdraw(self, call: Call) -> WithdrawAnswer:
        return self.webhooks.withdraw(call)

    def read(self, webhook: Webhook) -> CallEvent | None:
        return self.webhooks.read(webhook)


class StatusAndBody(NamedTuple):
    """What most tests look at, and compare."""

    status: int
    body: Any


class Answer(StatusAndBody):
    """What came back: a status and a body, and the headers beside them."""

    headers: Mapping[str, str]

    def __new__(cls, status: int, body: Any, headers: Mapping[str, str] | None = None) -> "Answer":
        answer = super().__new__(cls, status, body)
        answer.headers = headers or {}
        return answer

    @property
    def error(self) -> Any:
        """The error, which has exactly one shape."""
        assert self.body.keys() == {"error"}, self.body
        error = self.body["error"]
        assert error.keys() == {"code", "message", "param", "type"}, error
        assert all(isinstance(error[name], str) for name in ("code", "message", "type")), error
        assert error["param"] is None or isinstance(error["param"], str), error
        return error


class Api:
    """A client of the routes, behind a gateway that refuses as API Gateway does."""

    def __init__(self, key: str | None = None) -> None:
        self._gateway = Gateway(app.app, Config(), Refusals(TEMPLATE["Resources"]))
        self.key = key

    def ask(self, method: str, path: str, raw: bytes | None, headers: Mapping[str, str]) -> Answer:
        """Send a request; its answer is one that the API's description allows."""
        answer = self._asked(method, path, raw, headers)
        check(method, path, answer.status, answer.body)
        return answer

    def _asked(
        self, method: str, path: str, raw: bytes | None, headers: Mapping[str, str]
    ) -> Answer:
        try:
            answer = self._gateway.answer(method, path, dict(headers), raw)
        except Refused as refused:
            refusal = self._gateway.refusals.of(refused.kind)
            return Answer(refusal.status, json.loads(refusal.body), refusal.headers)
        return Answer(answer["statusCode"], json.loads(answer["body"]), answer["headers"])

    def page(self, path: str) -> tuple[dict[str, str], str]:
        """The headers and the text of what is shown to anybody."""
        answer = self._gateway.answer("GET", path, {}, None)
        assert answer["statusCode"] == 200, answer
        return answer["headers"], answer["body"]

    def get(self, path: str) -> Answer:
        return self.ask("GET", path, None, self._headers())

    def post(self, path: str, body: object = None, *, once: str | None = None) -> Answer:
        """Send a body: bytes as they are, None as none at all, anything else as JSON.

        `once` is the key by which a repetition is known.
        """
        headers = {} if once is None else {"Idempotency-Key": once}
        return self.ask("POST", path, raw_of(body), self._headers() | headers)

    def post_csv(
        self, path: str, content: bytes, *, once: str | None = None, media_type: str = "text/csv"
    ) -> Answer:
        """Send a file as it is."""
        headers = {} if once is None else {"Idempotency-Key": once}
        headers |= {"Content-Type": media_type}
        return self.ask("POST", path, content, self._headers() | headers)

    def put(self, path: str, body: object) -> Answer:
        return self.ask("PUT", path, raw_of(body), self._headers())

    def patch(self, path: str, body: object, *, if_match: str | None = None) -> Answer:
        condition = {} if if_match is None else {"If-Match": if_match}
        return self.ask("PATCH", path, raw_of(body), self._headers() | condition)

    def delete(self, path: str) -> Answer:
        return self.ask("DELETE", path, None, self._headers())

    def tag(self, path: str) -> str:
        """The ETag of what is shown there."""
        return self.ask("GET", path, None, self._headers()).headers["ETag"]

    def made(self, path: str, body: object) -> Any:
        """What a request made that nothing is wrong with."""
        status, answer = self.post(path, body)
        assert status == 201, answer
        return answer

    def shown(self, path: str) -> Any:
        """What a request shows that nothing is wrong with."""
        status, answer = self.get(path)
        assert status == 200, answer
        return answer

    def _headers(self) -> dict[str, str]:
        return {} if self.key is None else {"Authorization": f"Bearer {self.key}"}


def raw_of(body: object) -> bytes | None:
    if body is None or isinstance(body, bytes):
        return body
    return json.dumps(body).encode()


class Acme(Api):
    """A workspace with an agent and a number, and what its owner does."""

    def __init__(self, workspace_id: str, key: str) -> None:
        super().__init__(key)
        self.workspace_id = workspace_id
        agent = {"name": "Ana", "carrier": "simulated", "prompt": "Say hello to {{name}}."}
        self.agent_id: str = self.made("/agents", agent)["id"]
        self.made("/numbers", {"phone": CALLER_ID, "carrier": "simulated"})

    def carrier(self, name: str = "voice", **changes: Any) -> str:
        """A carrier that the workspace brings; gives its name."""
        body = {"kind": "http", "url": "https://voice.test/calls", "secrets": {"webhook": "hooks"}}
        answer = self.put(f"/workspace/carriers/{name}", {**body, **changes})
        assert answer.status == 200, answer
        return name

    def batch(self, **changes: Any) -> dict[str, Any]:
        """The body of a batch campaign."""
        who = {"agent_id": self.agent_id, "caller_id": CALLER_ID}
        return {"name": "Renewals", "type": "batch", **who, **changes}

    def realtime(self, **changes: Any) -> dict[str, Any]:
        """The body of a realtime campaign."""
        return {**self.batch(), "name": "Leads", "type": "realtime", **changes}

    def task(self, campaign_id: str, **changes: Any) -> dict[str, Any]:
        """The body of a task."""
        context = {"name": "Eva"}
        return {"phone": "+34600000001", "campaign": campaign_id, "context": context, **changes}

    def campaign(self, **changes: Any) -> str:
        """A new realtime campaign, running unless said otherwise."""
        return str(self.made("/campaigns", self.realtime(**changes))["id"])

    def pushed(self, campaign_id: str, **changes: Any) -> str:
        """A new task."""
        return str(self.made("/tasks", self.task(campaign_id, **changes))["task"]["id"])


@dataclass(kw_only=True)
class Product:
    """The service on twins, and everything that can happen to it."""

    store: memory.MemoryStore
    queue: memory.MemoryQueue
    dead_letters: memory.MemoryDeadLetters
    clock: FixedClock
    carrier: ScriptedCarrier
    bucket: Bucket
    parts: memory.MemoryParts
    secrets: dict[tuple[str, str], str]
    own_carriers: AccountCarriers
    service: Service

    @classmethod
    def new(cls) -> "Product":
        store, queue, clock, bucket = (
            memory.MemoryStore(),
            memory.MemoryQueue(),
            FixedClock(),
            Bucket(),
        )
        dead_letters, parts = memory.MemoryDeadLetters(), memory.MemoryParts()
        settings = SimulatedCarrierSettings(
            url="http://127.0.0.1:9", key="k", secret=CARRIER_SECRET
        )
        webhooks = SimulatedCarrier(settings, webhook_url="", http=PoolManager(), now=clock.now)
        carrier = ScriptedCarrier(webhooks)
        accounts, secrets = memory.MemoryAccounts(store), dict[tuple[str, str], str]()
        carriers = AccountCarriers(
            accounts,
            memory.MemorySecrets(secrets),
            own=KnownCarriers({"simulated": carrier}),
            line=Line(allows_private=True),
            public_url=PUBLIC_URL,
            now=clock.now,
        )
        ports = Ports(
            workspaces=memory.MemoryWorkspaces(store),
            agents=memory.MemoryAgents(store),
            accounts=accounts,
            campaigns=memory.MemoryCampaigns(store),
            gauges=memory.MemoryGauges(store),
            tasks=memory.MemoryTasks(store),
            calls=memory.MemoryCalls(store),
            slots=memory.MemorySlots(store),
            pacing=memory.MemoryPacing(store),
            imports=memory.MemoryImports(store),
            activities=memory.MemoryActivities(store),
            answers=memory.MemoryAnswers(store),
            requests=memory.MemoryRequests(store),
            sessions=memory.MemorySessions(store),
            failures=memory.MemoryFailures(store),
            files=bucket,
            exports=memory.MemoryExports(store),
            parts=parts,
            queue=queue,
            dead_letters=dead_letters,
            carriers=carriers,
            clock=clock,
            ids=FairIds(clock, Random(1)),
            journal=LoggedJournal(),
            side_by_side=in_threads,
        )
        key_hash = sha256(OPERATOR_KEY.encode()).hexdigest()
        service = wire(
            ports, deadlines=Deadlines(), bootstrap_key_hash=key_hash, public_url=PUBLIC_URL
        )
        return cls(
            store=store,
            queue=queue,
            dead_letters=dead_letters,
            clock=clock,
            carrier=carrier,
            bucket=bucket,
            parts=parts,
            secrets=secrets,
            own_carriers=carriers,
            service=service,
        )

    def workspace(self, name: str = "Acme") -> Acme:
        opened = Api(OPERATOR_KEY).made("/workspaces", {"name": name})
        return Acme(opened["workspace"]["id"], opened["api_key"])

    def everything(self) -> dict[str, Any]:
        """All that is stored and queued, to compare with later; empty shelves do not count.

        How often keys have asked is left out: it changes with every request.
        """
        shelves = {one.name: getattr(self.store, one.name) for one in fields(self.store)}
        del shelves["lock"], shelves["requests"]
        kept = {
            name: {k: repr(v) for k, v in shelf.items() if v} for name, shelf in shelves.items()
        }
        return {**kept, "queue": repr(self.queue), "asked": len(self.carrier.asked)}

    # --- events, as Lambda hands them over ---

    def invoke(self, handler: str, event: Mapping[str, Any]) -> Any:
        """Call what a handler string names, with JSON in and JSON out."""
        module, _, attribute = handler.rpartition(".")
        function = getattr(importlib.import_module(module), attribute)
        answer = function(json.loads(json.dumps(event)), LambdaContext(attribute, 128))
        return json.loads(json.dumps(answer))

    def deliver(self, handler: str, bodies: Sequence[object], *, receives: int = 1) -> list[str]:
        """Deliver a batch; gives the ids of the messages that failed, of m0, m1 and so on.

        `receives` is how often the messages have come by now.
        """
        if not bodies:
            return []
        records = [sqs_record(f"m{at}", body, receives) for at, body in enumerate(bodies)]
        answer = self.invoke(handler, {"Records": records})
        return [failed["itemIdentifier"] for failed in answer["batchItemFailures"]]

    def tick(self) -> None:
        """The minute has passed: the schedule, and what it sends to the nudges queue."""
        self.invoke("app.tick", schedule_event("tick", self.clock.at))
        ticks, self.queue.ticks = self.queue.ticks, []
        bodies = [{"workspace_id": workspace_id, "kind": "tick"} for workspace_id in ticks]
        assert self.deliver("app.dispatch", bodies) == []

    def run(self) -> None:
        """Deliver what is queued until nothing is; nudges that should wait are lost."""
        queue = self.queue
        while (
            queue.nudges
            or queue.placing
            or queue.reports
            or queue.importing
            or self.is_withdrawing()
        ):
            self.import_chunks()
            nudges, queue.nudges = queue.nudges, []
            bodies = [{"workspace_id": one, "kind": "nudge"} for one, delay in nudges if not delay]
            assert self.deliver("app.dispatch", bodies) == []
            placing, queue.placing = queue.placing, []
            assert self.deliver("app.place_call", [asdict(one) for one, _ in placing]) == []
            self.withdraw()
            reports, queue.reports = queue.reports, []
            messages = [report.to_message() for report in reports]
            assert self.deliver("app.record_call_event", messages) == []

    def is_withdrawing(self) -> bool:
        return any(not delay for _, delay in self.queue.withdrawing)

    def withdraw(self) -> None:
        """Deliver what is queued to be taken back from carriers; what should wait is lost."""
        messages, self.queue.withdrawing = self.queue.withdrawing, []
        bodies = [{"kind": "withdraw", **asdict(one)} for one, delay in messages if not delay]
        assert self.deliver("app.place_call", bodies) == []

    def write_exports(self) -> None:
        """Deliver what is queued for exports until nothing is; delays have passed."""
        while self.queue.exports:
            messages, self.queue.exports = self.queue.exports, []
            bodies = [asdict(message) for message, _ in messages]
            assert self.deliver("app.write_export", bodies) == []

    def import_chunks(self) -> None:
        """Deliver the chunks of files that were cut."""
        chunks, self.queue.importing = self.queue.importing, []
        assert self.deliver("app.import_chunk", [asdict(one) for one in chunks]) == []

    def drop(self, source: str, content: bytes) -> None:
        """Put a file into the bucket and have it imported."""
        self.bucket.bytes_by_source[source] = content
        self.invoke_import(quote(source, safe=":/"))

    def upload(self, target: Mapping[str, Any], content: bytes) -> None:
        """Send a file to the address that the API gave; the importer hears of it at once."""
        assert (target["method"], target["headers"]) == ("PUT", {"Content-Type": "text/csv"})
        address = urlsplit(target["url"])
        assert epoch_ms(self.clock.at) < int(parse_qs(address.query)["until"][0])
        self.bucket.put(f"s3:/{unquote(address.path)}", content)
        self.let_in()

    def upload_part(self, part: Mapping[str, Any], content: bytes) -> None:
        """Send a part of a file to the address that the API gave."""
        assert len(content) == part["bytes"]
        asked = parse_qs(urlsplit(part["url"]).query)
        assert epoch_ms(self.clock.at) < int(asked["until"][0])
        self.bucket.put_part(asked["upload"][0], int(asked["number"][0]), content)

    def let_in(self) -> None:
        """Tell the importer of every file that was stored."""
        while self.bucket.arrived:
            self.invoke_import(quote(self.bucket.arrived.pop(0), safe=":/"))

    def plan_import(self, source: str, *, etag: str | None = None) -> None:
        """Tell the importer of a file, by its key as S3 writes it."""
        bucket, _, key = source.removeprefix("s3://").partition("/")
        content = self.bucket.bytes_by_source.get(f"s3://{bucket}/{unquote_plus(key)}", b"")
        self.invoke("app.import_csv", s3_event(bucket, key, etag or memory.version_of(content)))

    def invoke_import(self, source: str, *, etag: str | None = None) -> None:
        """The same, and have its chunks imported."""
        self.plan_import(source, etag=etag)
        self.import_chunks()

    # --- webhooks ---

    def webhook(self, report: object, **changes: Any) -> Answer:
        """A report as its carrier sends it, or with something wrong about it."""
        raw = raw_of(report) or b""
        path = changes.pop("path", "/webhooks/simulated")
        return Api().ask("POST", path, raw, signed(raw, at=self.clock.at, **changes))

    def ended(self, call_id: str, status: str = "completed", **changes: Any) -> Answer:
        """The carrier reports the end of a call."""
        return self.webhook({**report_of_end(call_id, self.clock.at, status), **changes})


def report_of_end(call_id: str, at: datetime, status: str = "completed") -> dict[str, Any]:
    """The body of a webhook, as `local/carrier` writes it."""
    return {
        "event_id": "evt_1",
        "type": "ended",
        "call_id": f"sim-{call_id}",
        "correlation_id": call_id,
        "sequence": 2,
        "at": epoch_ms(at),
        "status": status,
        "permanent": False,
        "duration_ms": 30_000,
        "cost": {"amount": "0.0450", "currency": "USD"},
        "recording_url": None,
        "analysis_follows": False,
    }


def signed(
    raw: bytes, *, at: datetime, secret: str = CARRIER_SECRET, timestamp: str | None = None
) -> dict[str, str]:
    """The headers of a webhook, worked out from the carrier's documentation."""
    stamp = str(epoch_ms(at)) if timestamp is None else timestamp
    digest = hmac.new(secret.encode(), stamp.encode() + b"." + raw, "sha256").hexdigest()
    return {
        "Content-Type": "application/json",
        "X-Carrier-Timestamp": stamp,
        "X-Carrier-Signature": f"sha256={digest}",
    }


def sqs_record(message_id: str, body: object, receives: int = 1) -> dict[str, Any]:
    """One message as Lambda delivers it; text is a body as it is."""
    return {
        "messageId": message_id,
        "receiptHandle": "r",
        "body": body if isinstance(body, str) else json.dumps(body),
        "attributes": {"ApproximateReceiveCount": str(receives), "SentTimestamp": "0"},
        "messageAttributes": {},
        "md5OfBody": "",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-south-2:123456789012:calls",
        "awsRegion": "eu-south-2",
    }


def s3_event(bucket: str, key: str, etag: str) -> dict[str, Any]:
    """What S3 tells of a new object."""
    item = {"key": key, "size": 1, "eTag": etag, "sequencer": "0"}
    record = {"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": bucket}, "object": item}}
    return {"Records": [record]}
