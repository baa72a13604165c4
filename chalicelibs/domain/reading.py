"""How a file of contacts is to be read, as whoever sends it says."""

import codecs
import re
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


#: Columns that we wrote ourselves, into a file of rows to be corrected: they say nothing.
CORRECTION_COLUMNS = ("carillon_code", "carillon_reason")

#: What every encoding must write as it is: line ends are looked for in bytes.
ASCII = bytes(range(128))

#: Encodings in which what a byte means depends on all that came before.
SHIFTING = ("iso2022", "hz")

#: How encodings are called; longer names are none.
ENCODING = re.compile(r"[A-Za-z0-9][A-Za-z0-9._ -]{0,39}")

#: A file is read by its header alone.
PLAIN = Reading()


def encoding_named(text: str) -> str:
    """An encoding in which a file can be read.

    Raises:
        Invalid: when there is none of this name, or lines cannot be found in its texts.
    """
    try:
        name = codecs.lookup(text).name if ENCODING.fullmatch(text) else ""
        is_plain = not name.startswith(SHIFTING) and ASCII.decode(name) == ASCII.decode()
        can_be_read = name.startswith("utf-16") or is_plain
    except (LookupError, ValueError):
        can_be_read = False
    if not can_be_read:
        raise Invalid("must be an encoding like utf-8, windows-1252 or utf-16", "encoding")
    return name
