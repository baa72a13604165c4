"""Receive a file of contacts through the API: its import is known before the file is there."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

from chalicelibs.domain.campaign import Campaign
from chalicelibs.domain.errors import NotFound
from chalicelibs.domain.imports import UPLOAD_TIME, Import, ImportStatus, key_for
from chalicelibs.domain.reading import PLAIN, Duplicates, Reading
from chalicelibs.domain.rehearsal import Rehearsal
from chalicelibs.ports import Campaigns, Clock, Files, Imports, Upload


class Sent(NamedTuple):
    """A file by its name, its content where that came with it, and how it is to be read."""

    file: str
    content: bytes | None
    reading: Reading = PLAIN


class Received(NamedTuple):
    """An import that waits for its file, and where to send that; None: it is here."""

    job: Import
    upload: Upload | None
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
            return Received(job, None, self.rehearse(job, campaign, sent.content))
        return self._received(workspace_id, campaign_id, sent, import_id)

    def _received(
        self, workspace_id: str, campaign_id: str, sent: Sent, import_id: str
    ) -> Received:
        job = self.imports.get(workspace_id, import_id)  # the same request may have been here
        if job is None:
            self._campaign(workspace_id, campaign_id)
            self._prepare(workspace_id, campaign_id, sent.reading)
            job = self.imports.start(self._job(workspace_id, campaign_id, sent, import_id))
        if sent.content is not None:
            self.files.put(job.source, sent.content)
            return Received(job, None)
        now = self.clock.now()
        return Received(job, self.files.upload(job.source, now=now, valid_for=UPLOAD_TIME))

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
