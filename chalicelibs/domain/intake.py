"""Which rows of a file become tasks, and which do not and why."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelibs.domain.campaign import Campaign
from chalicelibs.domain.contacts_file import PHONE, BadRow, Contact
from chalicelibs.domain.context import UnusableContext, check_context
from chalicelibs.domain.imports import AcceptedRow, Chunk, Import, RejectedRow
from chalicelibs.domain.instants import with_lot
from chalicelibs.domain.naming import task_id_for_phone
from chalicelibs.domain.phone import InvalidPhone, parse_phone
from chalicelibs.domain.task import Task
from chalicelibs.domain.template import MissingVariables, require

#: Of a value that cannot be a phone number, what is enough to find it.
MOST_SHOWN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What every row of a file is judged by."""

    job: Import
    campaign: Campaign
    needed_variables: tuple[str, ...]
    now: datetime
    draw_lot: Callable[[], int]

    def judge(self, rows: Sequence[Contact | BadRow], *, rows_before: int, shard: int) -> Chunk:
        """Some rows in a row, as they are to be saved."""
        accepted: dict[str, AcceptedRow] = {}
        rejected: list[RejectedRow] = []
        for row in rows:
            judged = self.judge_row(row, shard)
            if isinstance(judged, RejectedRow):
                rejected.append(judged)
            elif judged.task.task_id in accepted:
                rejected.append(judged.as_duplicate())
            else:
                accepted[judged.task.task_id] = judged
        return Chunk(
            import_id=self.job.import_id,
            campaign_id=self.campaign.campaign_id,
            rows_before=rows_before,
            rows_after=rows_before + len(rows),
            accepted=list(accepted.values()),
            rejected=rejected,
        )

    def judge_row(self, row: Contact | BadRow, shard: int) -> AcceptedRow | RejectedRow:
        """One row as a task, or with the reason why it is none."""
        if isinstance(row, BadRow):
            return RejectedRow(row.row, row.line, row.code, row.message)
        try:
            phone = parse_phone(row.phone)
            check_context(row.context)
            require(self.needed_variables, row.context)
        except InvalidPhone as error:
            shown = row.phone[:MOST_SHOWN]
            return RejectedRow(row.row, row.line, "invalid_phone", str(error), PHONE, shown)
        except UnusableContext as error:
            return RejectedRow(row.row, row.line, "unusable_context", str(error))
        except MissingVariables as error:
            names = ", ".join(error.names)
            return RejectedRow(row.row, row.line, "missing_variables", str(error), names)
        return AcceptedRow(row.row, row.line, self.task(phone, row, shard))

    def task(self, phone: str, contact: Contact, shard: int) -> Task:
        """The task of a contact: all of a campaign start equal, so their order is a lot."""
        campaign = self.campaign
        return Task(
            task_id=task_id_for_phone(campaign.campaign_id, phone),
            workspace_id=campaign.workspace_id,
            campaign_id=campaign.campaign_id,
            phone=phone,
            context=contact.context,
            shard=shard,
            due_at=with_lot(campaign.created_at, self.draw_lot()),
            created_at=self.now,
        )
