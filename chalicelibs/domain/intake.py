"""Which rows of a file become tasks, and which do not and why."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from chalicelibs.domain.campaign import Campaign
from chalicelibs.domain.columns import Columns, Contact
from chalicelibs.domain.context import UnusableContext, check_context
from chalicelibs.domain.csv_rows import BadRecord, Record
from chalicelibs.domain.imports import AcceptedRow, Import, RejectedRow
from chalicelibs.domain.instants import with_lot
from chalicelibs.domain.naming import task_id_for_phone, task_id_for_row
from chalicelibs.domain.overrides import NONE, Overrides
from chalicelibs.domain.reading import Duplicates, Meaning
from chalicelibs.domain.row_codes import RowCode, UnusableRow, listed
from chalicelibs.domain.row_values import external_id_in, priorities_in, start_in, zone_in
from chalicelibs.domain.task import Task
from chalicelibs.domain.written_phone import read_phone

Value = TypeVar("Value")

#: What a row may say that becomes a setting of its task.
OWN = frozenset({Meaning.TIMEZONE, Meaning.PRIORITY})


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
        contact = None
        try:
            contact = self.columns.contact(record.cells)
            task = self._task(contact, record.line, shard)
        except UnusableRow as error:
            row = RejectedRow(record.line, error.code, error.message, error.param, error.value)
            return row if contact is None else row._replace(task_id=self._known_by(contact))
        return AcceptedRow(record.line, task, self.columns.name(Meaning.PHONE))

    def _task(self, contact: Contact, line: int, shard: int) -> Task:
        """The task of a contact: all of a campaign start equal, so their order is a lot."""
        campaign = self.campaign
        phone, own = self._phone(contact), self._own(contact)
        start_at = self._start_at(contact, own.zone or campaign.zone)
        external_id = self._said(contact, Meaning.EXTERNAL_ID, external_id_in)
        self._check(contact.context)
        return Task(
            task_id=self._task_id(phone, line),
            workspace_id=campaign.workspace_id,
            campaign_id=campaign.campaign_id,
            phone=phone,
            context=contact.context,
            external_id=external_id,
            own=own,
            start_at=start_at,
            shard=shard,
            due_at=with_lot(start_at or campaign.created_at, self.draw_lot()),
            created_at=self.now,
        )

    def _task_id(self, phone: str, line: int) -> str:
        if self.job.reading.duplicates is Duplicates.ALLOW:
            return task_id_for_row(self.campaign.campaign_id, self.job.import_id, line)
        return task_id_for_phone(self.campaign.campaign_id, phone)

    def _known_by(self, contact: Contact) -> str | None:
        """What a row is found by whose contact is to be erased; None: its number is none."""
        try:
            return task_id_for_phone(self.campaign.campaign_id, self._phone(contact))
        except UnusableRow:
            return None

    def _phone(self, contact: Contact) -> str:
        region = self.job.reading.region
        written = contact.said.get(Meaning.PHONE, "")
        return self._read(Meaning.PHONE, written, lambda text: read_phone(text, region))

    def _own(self, contact: Contact) -> Overrides:
        """What a row sets for itself."""
        if not OWN & contact.said.keys():
            return NONE
        attempts = self.campaign.max_attempts
        priorities = self._said(
            contact, Meaning.PRIORITY, lambda text: priorities_in(text, attempts)
        )
        return Overrides(
            zone=self._said(contact, Meaning.TIMEZONE, zone_in),
            max_attempts=None if priorities is None else attempts,
            priorities=priorities,
        )

    def _start_at(self, contact: Contact, zone: str) -> datetime | None:
        return self._said(contact, Meaning.START_AFTER, lambda text: start_in(text, zone))

    def _said(
        self, contact: Contact, meaning: Meaning, read: Callable[[str], Value]
    ) -> Value | None:
        """What a row says in a column, if it says anything."""
        text = contact.said.get(meaning)
        return None if text is None else self._read(meaning, text, read)

    def _read(self, meaning: Meaning, text: str, read: Callable[[str], Value]) -> Value:
        try:
            return read(text)
        except UnusableRow as error:
            name = self.columns.name(meaning)
            raise UnusableRow(error.code, error.message, name, text) from error

    def _check(self, context: Mapping[str, str]) -> None:
        """Refuse a context that the prompt cannot be filled with, or that cannot be kept.

        Raises:
            UnusableRow: saying what is wrong with it.
        """
        missing = [name for name in self.needed_variables if not context.get(name)]
        if missing:
            names = listed(missing)
            message = f"the agent's prompt needs {names}: fill it in for this contact"
            raise UnusableRow(RowCode.MISSING_VARIABLES, message, names)
        try:
            check_context(context)
        except UnusableContext as error:
            raise UnusableRow(RowCode.CONTEXT_TOO_LARGE, error.message) from error
