"""The Lambda functions of a Chalice app, found and called as Lambda does."""

import importlib
import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chalice.app import Chalice, ScheduledEventConfig, SQSEventConfig
from chalice.cli.factory import CLIFactory
from chalice.config import Config
from chalice.local import LambdaContext

#: Chalice's own defaults, in `chalice.constants`, where a stage says nothing.
_TIMEOUT_S = 60
_MEMORY_MB = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One Lambda function."""

    name: str
    #: `module.attribute`, as Lambda is told.
    handler: str
    timeout_s: int = _TIMEOUT_S
    memory_mb: int = _MEMORY_MB

    def invoke(self, event: Mapping[str, Any]) -> Any:
        """Call the handler with an event and a context of its own, and return its answer.

        Both ways pass through JSON, as in Lambda: no invocation shares an object with another,
        and an answer that JSON cannot hold fails here, too.
        """
        context = LambdaContext(self.name, self.memory_mb, self.timeout_s * 1000)
        answer = self.resolve()(json.loads(json.dumps(event)), context)
        return json.loads(json.dumps(answer))

    def resolve(self) -> Any:
        """Find what the handler string names."""
        module, _, attribute = self.handler.rpartition(".")
        return getattr(importlib.import_module(module), attribute)


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A Chalice app with the triggers it declares."""

    app: Chalice
    config: Config
    schedules: list[tuple[Function, ScheduledEventConfig]]
    queues: list[tuple[Function, SQSEventConfig]]
    #: Plain functions by name: the bucket's trigger is one of them.
    functions: dict[str, Function]
    #: Names of triggers that nothing delivers here.
    ignored: list[str]


def load(project: Path, environ: dict[str, str], stage: str = "dev") -> Declared:
    """Import the project's `app` and read what it declares.

    The stage's own variables are the weakest: what `environ` says already, stays.
    """
    # Chalice writes the stage's variables over `environ` when it imports the app; so it gets a
    # throw-away one, and the real one is filled before.
    config: Config = CLIFactory(str(project), environ={}).create_config_obj(stage)
    for name, value in config.environment_variables.items():
        environ.setdefault(name, value)
    sys.path.insert(0, str(project))
    app: Chalice = config.chalice_app

    def function(name: str, handler: str) -> Function:
        scoped = config.scope(stage, name)
        for variable, value in scoped.environment_variables.items():
            environ.setdefault(variable, value)
        return Function(
            name=name,
            handler=handler,
            timeout_s=scoped.lambda_timeout or _TIMEOUT_S,
            memory_mb=scoped.lambda_memory_size or _MEMORY_MB,
        )

    def sources(kind: type) -> Iterable[Any]:
        return (source for source in app.event_sources if isinstance(source, kind))

    return Declared(
        app=app,
        config=config,
        schedules=[
            (function(source.name, source.handler_string), source)
            for source in sources(ScheduledEventConfig)
        ],
        queues=[
            (function(source.name, source.handler_string), source)
            for source in sources(SQSEventConfig)
        ],
        functions={
            pure.name: function(pure.name, pure.handler_string)
            for pure in app.pure_lambda_functions
        },
        ignored=[
            source.name
            for source in app.event_sources
            if not isinstance(source, ScheduledEventConfig | SQSEventConfig)
        ],
    )
