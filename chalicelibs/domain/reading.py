"""How a file of contacts is to be read, as whoever sends it says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from chalicelibs.domain.errors import Invalid


class UnusableFile(Invalid):
    """The file as a whole cannot be imported."""


class Duplicates(StrEnum):
    """What becomes of a row whose number the campaign has already."""

    SKIP = "skip"  #: It is reported and left out.
    ALLOW = "allow"  #: It becomes a task of its own: the number is called once more.
    UPDATE = "update"  #: The task that waits for its first call gets the context of this row.


class Meaning(StrEnum):
    """What a column may say besides a word for the prompt, in the names of `POST /tasks`."""

    PHONE = "phone"
    TIMEZONE = "timezone"  #: Of the contact, an IANA name.
    START_AFTER = "start_after"  #: No call before that.
    PRIORITY = "priority"  #: A number, or a word as campaigns have it.
    EXTERNAL_ID = "external_id"  #: What the sender calls the contact.


#: Between the cells of a row.
DELIMITERS = ",;\t|"

#: What a column is called that a file does not have: its meaning is looked for no further.
NO_COLUMN = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a file does not say itself; without any of it, it is read by its header alone."""

    columns: Mapping[Meaning, str] = field(default_factory=dict)  #: Their names in the file.
    region: str | None = None  #: Of national numbers, like `DE`; None: they are not taken.
    encoding: str | None = None  #: None: UTF-8, or what the first bytes say.
    delimiter: str | None = None  #: None: it is found in the header.
    duplicates: Duplicates = Duplicates.SKIP
    is_dry_run: bool = False  #: Everything is judged and nothing becomes a task.


#: A file is read by its header alone.
PLAIN = Reading()
