"""Messages that no function could process, and why."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from chalicelibs.domain.naming import is_call_id, is_plain_id


class QueueName(StrEnum):
    """A queue whose messages may end as dead letters."""

    NUDGES = "nudges"
    CALLS = "calls"
    CALL_EVENTS = "call-events"
    IMPORT_CHUNKS = "import-chunks"
    EXPORTS = "exports"
    IMPORTS = "imports"  #: Not ours: Lambda's own, of files that are to be imported.


#: How often a message is received before it is a dead letter: `maxReceiveCount` of the queues.
MOST_RECEIVES = 5

#: As long as a queue keeps a dead letter.
KEPT_FOR = timedelta(days=14)

#: More of what an error says is no longer a reason.
LONGEST_TEXT = 300

#: Errors that quote what the code asked for; the others quote what they were given.
NAMING = frozenset({"AttributeError", "KeyError", "NameError", "TypeError"})

QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
NAME = re.compile(r"['\"][A-Za-z_][A-Za-z0-9_.()]{0,60}['\"]")
NUMBER = re.compile(r"\+?\d[\d ()./-]{4,}\d")
ADDRESS = re.compile(r"\S+@\S+")
WORD = re.compile(r"[a-z][a-z_]{0,39}")

#: What a message may name, and how each looks; anything else may be a person's.
IDS = {
    "workspace_id": is_plain_id,
    "campaign_id": is_plain_id,
    "import_id": is_plain_id,
    "call_id": is_call_id,
    "export_id": is_plain_id,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a function could not process a message."""

    queue: QueueName
    message_id: str
    function: str
    error: str  #: The error's class.
    message: str  #: What the error says, without what it was given.
    receives: int  #: The how-manieth time it was that the message came.
    at: datetime

    @property
    def is_last(self) -> bool:
        """Whether the message does not come again by itself."""
        return self.receives >= MOST_RECEIVES


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message that was given up."""

    queue: QueueName
    message_id: str
    sent_at: datetime
    kind: str | None = None  #: What its body says it is; None: nothing that can be shown.
    ids: Mapping[str, str] = field(default_factory=dict)  #: What it is about.
    failure: Failure | None = None  #: None: nobody lived to tell.


def kind_in(message: object) -> str | None:
    """The kind that a body names."""
    kind = message.get("kind") if isinstance(message, Mapping) else None
    return kind if isinstance(kind, str) and WORD.fullmatch(kind) else None


def ids_in(message: object) -> dict[str, str]:
    """The ids that a body names, and nothing else of it."""
    if not isinstance(message, Mapping):
        return {}
    named = ((name, message.get(name), is_id) for name, is_id in IDS.items())
    return {name: one for name, one, is_id in named if isinstance(one, str) and is_id(one)}


def told(error: str, message: str) -> str:
    """What an error of this class says, without personal data.

    Quoted values go, unless they are names that the code asked for; numbers and addresses go
    wherever they stand.
    """

    def kept(quoted: re.Match[str]) -> str:
        is_name = error in NAMING and NAME.fullmatch(quoted[0])
        return quoted[0] if is_name else "'…'"

    bounded = message[: 4 * LONGEST_TEXT]
    text = ADDRESS.sub("…", NUMBER.sub("…", QUOTED.sub(kept, bounded)))
    return text[:LONGEST_TEXT]
