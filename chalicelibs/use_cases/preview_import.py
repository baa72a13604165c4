"""Show what the agent would be told for the first rows of a file that was uploaded."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chalicelibs.domain.campaign import Campaign
from chalicelibs.domain.errors import Invalid, NotAllowed, NotFound
from chalicelibs.domain.imports import Import
from chalicelibs.domain.rehearsal import Preview
from chalicelibs.ports.campaigns import Campaigns
from chalicelibs.ports.imports import Files, Imports, UnreadableFile

#: Of the file, what is read to find the first rows that can become tasks.
BEGINNING = 256 * 1024

#: What fills in the prompts, see `RehearseImport`.
Prompts = Callable[[Import, Campaign, bytes], Sequence[Preview]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewImport:
    """Read the beginning of a file once more, and fill in the prompt."""

    prompts: Prompts
    campaigns: Campaigns
    imports: Imports
    files: Files

    def __call__(self, workspace_id: str, import_id: str) -> Sequence[Preview]:
        """The first prompts of an import.

        Raises:
            NotFound: when the workspace has no such import.
            NotAllowed: when its file has not come, is gone, or cannot be used.
        """
        job = self.imports.get(workspace_id, import_id)
        campaign = None if job is None else self.campaigns.get(workspace_id, job.campaign_id)
        if job is None or campaign is None:
            raise NotFound("import", import_id)
        if job.version is None or campaign.rules is None:
            raise NotAllowed("the file has not come yet: upload it first", "status")
        try:
            beginning = self.files.read(job.source, job.version, start=0, size=BEGINNING)
            return self.prompts(job, campaign, beginning)
        except (UnreadableFile, Invalid) as error:
            raise NotAllowed(str(error), "file") from error
