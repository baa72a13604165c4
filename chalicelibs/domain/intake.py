"""Which rows of a file become tasks, and which do not and why."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from chalicelibs.domain.campaign import Campaign
from chalicelibs.domain.columns import PHONE, Columns, Contact, UnusableRow
from chalicelibs.domain.context import UnusableContext, check_context
from chalicelibs.domain.csv_rows import BadRecord, Record
from chalicelibs.domain.imports import AcceptedRow, Import, RejectedRow
from chalicelibs.domain.instants import with_lot
from chalicelibs.domain.naming import task_id_for_phone, task_id_for_row
from chalicelibs.domain.phone import InvalidPhone, parse_phone
from chalicelibs.domain.reading import Duplicates
from chalicelibs.domain.task import Task
from chalicelibs.domain.template import MissingVariables, require

#: Of a value that cannot be a phone number, what is enough to find it.
MOST_SHOWN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What every row of a file is judged by."""

    job: Import
    campaign: Campaign
    columns: Columns
    needed_variables: tuple[str, ...]
    now: datetime
    draw_lot: Callable[[], int]

    def judge_row(self, record: Record | BadRecord, shard: int) -> AcceptedRow | RejectedRow:
        """One row as a task, or with the reason why it is none."""
        if isinstance(record, BadRecord):
            return RejectedRow(record.line, record.code, record.message)
        try:
            return AcceptedRow(record.line, self._judged(record, shard))
        except UnusableRow as error:
            return RejectedRow(record.line, error.code, error.message, error.param, error.value)

    def _judged(self, record: Record, shard: int) -> Task:
        contact = self.columns.contact(record.cells)
        try:
            phone = parse_phone(contact.phone)
            check_context(contact.context)
            require(self.needed_variables, contact.context)
        except InvalidPhone as error:
            shown = contact.phone[:MOST_SHOWN]
            raise UnusableRow("invalid_phone", str(error), PHONE, shown) from error
        except UnusableContext as error:
            raise UnusableRow("unusable_context", str(error)) from error
        except MissingVariables as error:
            raise UnusableRow("missing_variables", str(error), ", ".join(error.names)) from error
        return self.task(phone, contact, shard, self._task_id(phone, record.line))

    def _task_id(self, phone: str, line: int) -> str:
        if self.job.reading.duplicates is Duplicates.ALLOW:
            return task_id_for_row(self.campaign.campaign_id, self.job.import_id, line)
        return task_id_for_phone(self.campaign.campaign_id, phone)

    def task(self, phone: str, contact: Contact, shard: int, task_id: str) -> Task:
        """The task of a contact: all of a campaign start equal, so their order is a lot."""
        campaign = self.campaign
        return Task(
            task_id=task_id,
            workspace_id=campaign.workspace_id,
            campaign_id=campaign.campaign_id,
            phone=phone,
            context=contact.context,
            shard=shard,
            due_at=with_lot(campaign.created_at, self.draw_lot()),
            created_at=self.now,
        )
