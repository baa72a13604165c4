"""Schemathesis, let loose on a service that holds something: what it asks, and what it finds."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from schemathesis.engine.recorder import ScenarioRecorder

from client.api import Api

#: What the command line of Schemathesis goes by when it runs here.
CONFIG = Path(__file__).parents[2] / "schemathesis.toml"

#: How often an id or a number is one that exists; else only 404 would be explored.
KNOWN = 0.6

#: Which parameters and fields hold what, of all that a workspace has.
PLACES: Mapping[str, tuple[str, ...]] = {
    "agents": (
        *("path.agent_id", "query.agent_id", "body.agent_id", "body.agent"),
        *("query.assistant_id", "body.assistant_id"),
    ),
    "numbers": (
        *("path.phone", "body.caller_id", "body.from"),
        *("body.number_id", "body.phone_number_id"),
    ),
    "campaigns": ("path.campaign_id", "query.campaign_id", "body.campaign"),
    "tasks": ("path.task_id", "path.lead_id"),
    "calls": ("path.call_id",),
    "carriers": ("path.name",),
    "imports": ("path.import_id",),
    "contacts": ("query.phone", "body.phone", "body.phone_number"),
}


@dataclass
class Findings:
    """What came of it."""

    wrong: list[str] = field(default_factory=list)  #: Answers that must not be, and how to ask.
    requests: int = 0
    answered: set[str] = field(default_factory=set)  #: Operations that did as they were asked.

    def note(self, event: events.EngineEvent) -> None:
        """Take in what was seen."""
        if isinstance(event, events.NonFatalError | events.FatalError):
            self.wrong.append(str(event))
        if isinstance(event, events.ScenarioFinished):
            self._look_at(event.recorder)

    def _look_at(self, recorder: ScenarioRecorder) -> None:
        for case_id, one in recorder.interactions.items():
            self.requests += 1
            if one.response is not None and one.response.status_code < HTTPStatus.MULTIPLE_CHOICES:
                self.answered.add(recorder.cases[case_id].value.operation.label)
        for check in (check for checks in recorder.checks.values() for check in checks):
            if check.failure_info is not None:
                failure = check.failure_info.failure
                self.wrong.append(
                    f"{check.name}: {failure.title}: {failure.message}\n"
                    f"{check.failure_info.code_sample}"
                )


def explore(url: str, key: str, *, examples: int, is_repeatable: bool = False) -> Findings:
    """Ask every operation many things, with data that fits its description and data that does not.

    Args:
        url: where the service is.
        key: a workspace's key, which is not revoked.
        examples: how many requests each operation gets in each phase.
        is_repeatable: whether to ask the same each time.
    """
    settings = settings_of(known_by(Api(url, key)), key, examples, is_repeatable=is_repeatable)
    config = SchemathesisConfig.from_dict(settings)
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json", config=config)
    own_key = key.split("_")[1]

    @schema.hook
    def filter_case(_: Any, case: Any) -> bool:
        return bool((case.path_parameters or {}).get("key_id") != own_key)

    findings = Findings()
    for event in from_schema(schema).execute():
        findings.note(event)
    return findings


def settings_of(
    known: Mapping[str, Sequence[str]], key: str, examples: int, *, is_repeatable: bool
) -> dict[str, Any]:
    """What Schemathesis goes by: the same as its command line, and what there is to be found."""
    kept = {what: list(values) for what, values in known.items() if values}
    parameters = {
        place: {"dictionary": what, "probability": KNOWN}
        for what in kept
        for place in PLACES[what]
    }
    return {
        **tomllib.loads(CONFIG.read_text(encoding="utf-8")),
        **({"seed": 1} if is_repeatable else {}),
        "headers": {"Authorization": f"Bearer {key}"},
        "continue-on-failure": True,
        "dictionaries": {what: {"values": values} for what, values in kept.items()},
        "parameters": parameters,
        "generation": {
            "max-examples": examples,
            "deterministic": is_repeatable,
            "database": "none",
        },
    }


def known_by(api: Api) -> dict[str, list[str]]:
    """What a workspace has, by kind: ids, and the numbers of its contacts."""
    campaigns = [one["id"] for one in api.get("/campaigns")["campaigns"]]
    tasks = [
        task for one in campaigns for task in api.get(f"/campaigns/{one}/tasks", limit=30)["tasks"]
    ]
    imports = [job for one in campaigns for job in api.get(f"/campaigns/{one}/imports")["imports"]]
    calls = [*api.get("/calls")["calls"], *api.get("/calls/current")["calls"]]
    return {
        "agents": ids(api.get("/agents")["agents"]),
        "numbers": [one["phone"] for one in api.get("/numbers")["numbers"]],
        "carriers": [one["name"] for one in api.get("/workspace/carriers")["carriers"]],
        "campaigns": campaigns,
        "tasks": ids(tasks),
        "calls": ids(calls),
        "imports": ids(imports),
        "contacts": ["+34600000001", "+919876543210", *(task["phone"] for task in tasks)],
    }


def ids(things: Iterable[Mapping[str, Any]]) -> list[str]:
    """The ids of some things."""
    return [one["id"] for one in things]
