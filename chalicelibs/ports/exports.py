"""Files on their way out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from chalicelibs.domain.exports import Export, ExportFormat


class Exports(Protocol):
    """Files of a campaign's tasks, calls or rejected rows, and how far each has come."""

    def add(self, new: Export) -> Export:
        """Store an export unless it exists; gives the one that is stored."""

    def get(self, workspace_id: str, campaign_id: str, export_id: str) -> Export | None:
        """An export of this workspace as it stands now."""

    def of_campaign(self, workspace_id: str, campaign_id: str) -> Sequence[Export]:
        """The exports of a campaign, newest first."""

    def save(self, export: Export) -> Export:
        """Replace it, if it is still the version that was read; gives the new version.

        Raises:
            Stale: when it is not.
        """


@dataclass(frozen=True, slots=True)
class Download:
    """Where a file can be had by HTTP GET, by whoever knows the address."""

    url: str
    expires_at: datetime


#: The smallest that a part may be that is not the last; S3 wants it so.
PART_BYTES = 5 * 1024 * 1024


class Parts(Protocol):
    """Files that are written part by part, and whole or not there at all."""

    def begin(self, key: str, ending: ExportFormat) -> str:
        """Begin a file; gives what its parts belong to."""

    def add(self, key: str, upload: str, number: int, content: bytes) -> str:
        """Store a part, from 1 on, at least `PART_BYTES` each but for the last.

        Gives what it is known by. A repeated one replaces itself.

        Raises:
            UploadGone: when the file is whole by now, or was given up.
        """

    def complete(self, key: str, upload: str, parts: Sequence[str]) -> None:
        """Make these parts the file.

        Raises:
            UploadGone: when that cannot be: they are not the ones that are stored.
        """

    def is_there(self, key: str) -> bool:
        """Whether there is such a file."""

    def keep(self, key: str, content: bytes) -> None:
        """Store what does not fill a part yet; or nothing, so that a file is empty."""

    def kept(self, key: str) -> bytes:
        """What was stored so."""

    def download(self, key: str, *, name: str, now: datetime, valid_for: timedelta) -> Download:
        """An address at which this one file is had, under this name."""


class UploadGone(Exception):
    """The parts of a file are not there any more: it is whole, or has to be written anew."""
