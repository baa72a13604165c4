"""Receive a file of contacts through the API: its import is known before the file is there."""

from dataclasses import dataclass, replace
from typing import NamedTuple

from chalicelibs.domain.errors import NotFound
from chalicelibs.domain.imports import UPLOAD_TIME, Import, ImportStatus, key_for
from chalicelibs.domain.reading import PLAIN, Duplicates, Reading
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveContacts:
    """Give a file its place in the bucket. Whatever arrives there is imported, by one path."""

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
            Invalid: when it takes no files.
        """
        job = self.imports.get(workspace_id, import_id)  # the same request may have been here
        if job is None:
            self._check(workspace_id, campaign_id)
            self._prepare(workspace_id, campaign_id, sent.reading)
            job = self.imports.start(self._job(workspace_id, campaign_id, sent, import_id))
        if sent.content is not None:
            self.files.put(job.source, sent.content)
            return Received(job, None)
        now = self.clock.now()
        return Received(job, self.files.upload(job.source, now=now, valid_for=UPLOAD_TIME))

    def _check(self, workspace_id: str, campaign_id: str) -> None:
        campaign = self.campaigns.get(workspace_id, campaign_id)
        if campaign is None:
            raise NotFound("campaign", campaign_id)
        campaign.check_takes_contacts(self.clock.now())

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
