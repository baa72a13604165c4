"""JSON in, domain values out, and back: everything between HTTP or a trigger and the use cases.

The modules load when they are first used. Every Lambda function imports `app.py`, but only the one
behind API Gateway should pay for pydantic at its cold start.
"""

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalicelibs.api import activity as activity
    from chalicelibs.api import agents as agents
    from chalicelibs.api import calls as calls
    from chalicelibs.api import campaign_settings as campaign_settings
    from chalicelibs.api import campaigns as campaigns
    from chalicelibs.api import carriers as carriers
    from chalicelibs.api import console as console
    from chalicelibs.api import contacts as contacts
    from chalicelibs.api import dead_letters as dead_letters
    from chalicelibs.api import dialects as dialects
    from chalicelibs.api import explanations as explanations
    from chalicelibs.api import exports as exports
    from chalicelibs.api import http as http
    from chalicelibs.api import imports as imports
    from chalicelibs.api import keys as keys
    from chalicelibs.api import once as once
    from chalicelibs.api import pages as pages
    from chalicelibs.api import pushes as pushes
    from chalicelibs.api import rates as rates
    from chalicelibs.api import scopes as scopes
    from chalicelibs.api import searches as searches
    from chalicelibs.api import sessions as sessions
    from chalicelibs.api import sovereign as sovereign
    from chalicelibs.api import tasks as tasks
    from chalicelibs.api import triggers as triggers
    from chalicelibs.api import workspaces as workspaces


def __getattr__(name: str) -> ModuleType:
    try:
        return import_module(f"{__name__}.{name}")
    except ModuleNotFoundError as error:
        raise AttributeError(name) from error
