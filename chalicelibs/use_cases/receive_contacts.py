"""Receive a file of contacts through the API: its import is known before the file is there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from chalicelibs.domain.campaign import Campaign
from chalicelibs.domain.errors import NotAllowed, NotFound
from chalicelibs.domain.imports import (
    UPLOAD_TIME,
    Import,
    ImportStatus,
    Parts,
    key_for,
    part_sizes,
)
from chalicelibs.domain.reading import PLAIN, Duplicates, Reading
from chalicelibs.domain.rehearsal import Rehearsal
from chalicelibs.ports.campaigns import Campaigns
from chalicelibs.ports.imports import Files, Imports, Upload
from chalicelibs.ports.surroundings import Clock


class Sent(NamedTuple):
    """A file by its name, its content where that came with it, and how it is to be read."""

    file: str
    content: bytes | None
    reading: Reading = PLAIN
    size: int | None = None  #: In bytes, of one that is to be uploaded in parts.


class Part(NamedTuple):
    """A part of a file that is uploaded for itself."""

    number: int
    size: int  #: In bytes.
    upload: Upload


class Received(NamedTuple):
    """An import that waits for its file, and where to send that; None: it is here."""

    job: Import
    upload: Upload | None
    parts: Sequence[Part] = ()  #: Where to send the file instead, part by part.
    rehearsal: Rehearsal | None = None  #: What would become of its rows; then it was not stored.


#: What finds out what would become of a file, see `RehearseImport`.
Rehearse = Callable[[Import, Campaign, bytes], Rehearsal]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveContacts:
    """Give a file its place in the bucket. Whatever arrives there is imported, by one path.

    A small file of which only is asked what would become of it gets no place, but the answer.
    """

    rehearse: Rehearse
    campaigns: Campaigns
    imports: Imports
    files: Files
    clock: Clock

    def __call__(
        self, workspace_id: str, campaign_id: str, sent: Sent, *, import_id: str
    ) -> Received:
        """Announce a file, or store it where it came with the request.

        Raises:
            NotFound: when the workspace has no such campaign.
            NotAllowed: when the campaign is over.
            Invalid: when it takes no files, or a file that is not stored cannot be used.
        """
        if sent.content is not None and sent.reading.is_dry_run:
            campaign = self._campaign(workspace_id, campaign_id)
            job = self._job(workspace_id, campaign_id, sent, import_id)
            done = self.rehearse(job, campaign, sent.content)
            return Received(job, None, rehearsal=done)
        return self._received(workspace_id, campaign_id, sent, import_id)

    def origin(self) -> str:
        """Where files are sent to: scheme and host, for a page that must say so beforehand."""
        source = self.files.source("imports/any.csv")
        given = self.files.upload(source, now=self.clock.now(), valid_for=UPLOAD_TIME)
        scheme, _, host, *_ = given.url.split("/")
        return f"{scheme}//{host}"

    def _received(
        self, workspace_id: str, campaign_id: str, sent: Sent, import_id: str
    ) -> Received:
        job = self.imports.get(workspace_id, import_id)  # the same request may have been here
        if job is None:
            self._campaign(workspace_id, campaign_id)
            self._prepare(workspace_id, campaign_id, sent.reading)
            job = self.imports.start(
                self._in_parts(self._job(workspace_id, campaign_id, sent, import_id), sent.size)
            )
        if sent.content is not None:
            self.files.put(job.source, sent.content)
            return Received(job, None)
        now = self.clock.now()
        if job.parts is not None:
            return Received(job, None, self._parts(job.source, job.parts, now))
        return Received(job, self.files.upload(job.source, now=now, valid_for=UPLOAD_TIME))

    def _in_parts(self, job: Import, size: int | None) -> Import:
        """The import, of a file that comes in parts if its size was said."""
        if size is None:
            return job
        part_sizes(size)
        return replace(job, parts=Parts(self.files.begin_parts(job.source), size))

    def _parts(self, source: str, parts: Parts, now: datetime) -> Sequence[Part]:
        sizes = part_sizes(parts.size)
        uploads = self.files.uploads(
            source, parts.upload_id, len(sizes), now=now, valid_for=UPLOAD_TIME
        )
        pairs = zip(sizes, uploads, strict=True)
        return [Part(number, *pair) for number, pair in enumerate(pairs, start=1)]

    def _campaign(self, workspace_id: str, campaign_id: str) -> Campaign:
        """The campaign, which takes contacts."""
        campaign = self.campaigns.get(workspace_id, campaign_id)
        if campaign is None:
            raise NotFound("campaign", campaign_id)
        campaign.check_takes_contacts(self.clock.now())
        return campaign

    def _prepare(self, workspace_id: str, campaign_id: str, reading: Reading) -> None:
        """Have the campaign know, before any task of the file is there, what they may be like."""
        if reading.duplicates is Duplicates.ALLOW and not reading.is_dry_run:
            self.campaigns.edit(
                workspace_id, campaign_id, lambda found: replace(found, repeats_numbers=True)
            )

    def _job(self, workspace_id: str, campaign_id: str, sent: Sent, import_id: str) -> Import:
        return Import(
            import_id=import_id,
            workspace_id=workspace_id,
            campaign_id=campaign_id,
            source=self.files.source(key_for(workspace_id, campaign_id, import_id, sent.file)),
            reading=sent.reading,
            status=ImportStatus.WAITING,
            created_at=self.clock.now(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinParts:
    """Put the parts of a file together; what then lies in the bucket is imported."""

    imports: Imports
    files: Files

    def __call__(self, workspace_id: str, import_id: str) -> Import:
        """Join the parts that have come; gives the import.

        Raises:
            NotFound: when the workspace has no such import.
            NotAllowed: when its file does not come in parts, or some are missing.
        """
        job = self.imports.get(workspace_id, import_id)
        if job is None:
            raise NotFound("import", import_id)
        if job.parts is None:
            raise NotAllowed("this file does not come in parts: send it as a whole", "upload")
        self.files.join(job.source, job.parts.upload_id, job.parts.size)
        return job
