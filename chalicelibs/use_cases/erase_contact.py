"""Erase a person from a workspace: tasks, calls and rejected rows keep counting, without them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chalicelibs.domain.campaign import Campaign
from chalicelibs.domain.erasing import Erased, Place, could_mean
from chalicelibs.domain.errors import Stale
from chalicelibs.domain.exports import Export, ExportStatus
from chalicelibs.domain.imports import RejectedRow
from chalicelibs.domain.naming import task_id_for_phone
from chalicelibs.domain.search import TaskFilter
from chalicelibs.domain.task import Task, tally_of
from chalicelibs.ports.calls import Calls
from chalicelibs.ports.campaigns import Campaigns
from chalicelibs.ports.exports import Exports, Parts
from chalicelibs.ports.imports import Imports
from chalicelibs.ports.pages import Page
from chalicelibs.ports.surroundings import Clock
from chalicelibs.ports.tasks import Tasks

#: Parts of lists looked at in one request; each is one search or less.
MOST_LOOKS = 40

#: Tasks or rows that one look finds at most.
AT_ONCE = 50

#: How often to try again when somebody else moves the task at the same moment.
TRIES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseContact:
    """Go through all campaigns, newest first, as far as one request may."""

    campaigns: Campaigns
    tasks: Tasks
    calls: Calls
    imports: Imports
    exports: Exports
    parts: Parts
    clock: Clock

    def __call__(self, workspace_id: str, phone: str, place: Place | None = None) -> Erased:
        """Erase what is found from a place on; harmless when repeated, there or from the start."""
        done = Erased(place=place or Place())
        for _ in range(MOST_LOOKS):
            if done.place is None:
                break
            done = self._look(workspace_id, phone, done, done.place)
        return done

    def _look(self, workspace_id: str, phone: str, done: Erased, place: Place) -> Erased:
        page = self.campaigns.page(workspace_id, cursor=place.after or None, limit=1)
        if not page.items:
            return replace(done, place=None)
        [campaign] = page.items
        if place.is_among_rows:
            return self._look_at_rows(campaign, phone, done, place)
        return self._look_at_tasks(campaign, phone, done, place)

    def _look_at_tasks(self, campaign: Campaign, phone: str, done: Erased, place: Place) -> Erased:
        found = self._tasks(campaign, phone, place.task_id or None)
        if any(not task.is_erased for task in found.items):
            self._withdraw_exports(campaign)
        for task in found.items:
            done = self._erase(task, done)
        if found.cursor is not None:
            return replace(done, place=place._replace(task_id=found.cursor))
        imports = self._imports(campaign)
        return replace(done, place=place_in(campaign, place, imports))

    def _tasks(self, campaign: Campaign, phone: str, cursor: str | None) -> Page[Task]:
        """The tasks with this number: where that tells their ids, they are not searched for."""
        if campaign.knows_by_number:
            return Page(self.tasks.get_all([task_id_for_phone(campaign.campaign_id, phone)]), None)
        wanted = TaskFilter(phone=phone)
        return self.tasks.page(campaign.campaign_id, wanted, cursor=cursor, limit=AT_ONCE)

    def _erase(self, task: Task, done: Erased) -> Erased:
        """Erase a task, its calls first: while its number stands, it is found again."""
        calls = 0
        for _ in range(TRIES):
            if task.is_erased:
                return replace(done, calls=done.calls + calls)
            calls += self._erase_calls(task)
            erased = task.erased()
            try:
                self.tasks.settle(erased, tally_of(task, erased, now=self.clock.now()))
            except Stale:
                task = self._again(task)
                continue
            return replace(
                done,
                tasks=done.tasks + 1,
                calls=done.calls + calls,
                in_flight=done.in_flight + (erased.call is not None),
            )
        raise Stale(task.task_id)

    def _again(self, task: Task) -> Task:
        """The task as somebody else left it."""
        found = self.tasks.get(task.task_id)
        assert found is not None, "tasks are never removed"
        return found

    def _erase_calls(self, task: Task) -> int:
        calls = self.calls.get_all(task.workspace_id, task.ended_calls)
        personal = [call for call in calls if not call.is_erased]
        for call in personal:
            self.calls.save(task.workspace_id, call.erased())
        # Whoever erased them before may have died before this.
        self.calls.forget_results(task.workspace_id, task.task_id)
        return len(personal)

    def _withdraw_exports(self, campaign: Campaign) -> None:
        """Take back the files that may hold somebody, before what leads to them is erased."""
        for export in self.exports.of_campaign(campaign.workspace_id, campaign.campaign_id):
            if export.is_open or export.status is ExportStatus.COMPLETED:
                self._withdraw(export)

    def _withdraw(self, export: Export) -> None:
        found: Export | None = export
        for _ in range(TRIES):
            if found is None:
                return
            self.parts.keep(found.key, b"")  # an address that was given leads to nothing now
            try:
                self.exports.save(found.withdrawn())
            except Stale:
                # A worker has stored a part meanwhile, or the last one.
                found = self.exports.get(export.workspace_id, export.campaign_id, export.export_id)
            else:
                return
        raise Stale(export.export_id)

    def _look_at_rows(self, campaign: Campaign, phone: str, done: Erased, place: Place) -> Erased:
        ids = self._imports(campaign)
        if place.import_id not in ids:  # not a place that was given
            return replace(done, place=Place(after=campaign.campaign_id))
        rows = self.imports.rejected(place.import_id, cursor=place.row or None, limit=AT_ONCE)
        known_by = task_id_for_phone(campaign.campaign_id, phone)
        found = [row for row in rows.items if is_of(row, phone, known_by)]
        if found:
            self._withdraw_exports(campaign)
        for row in found:
            self.imports.erase_row(place.import_id, row.line)
        done = replace(done, rows=done.rows + len(found))
        if rows.cursor is not None:
            return replace(done, place=place._replace(row=rows.cursor))
        later = ids[ids.index(place.import_id) + 1 :]
        return replace(done, place=place_in(campaign, place, later))

    def _imports(self, campaign: Campaign) -> Sequence[str]:
        jobs = self.imports.of_campaign(campaign.campaign_id)
        return [job.import_id for job in jobs if job.workspace_id == campaign.workspace_id]


def is_of(row: RejectedRow, phone: str, known_by: str) -> bool:
    """Whether a row is somebody's: by its number, or by what may have been written for it."""
    return row.task_id == known_by or (row.value is not None and could_mean(row.value, phone))


def place_in(campaign: Campaign, place: Place, imports: Sequence[str]) -> Place:
    """The rows of the first of these imports, or the next campaign."""
    if imports:
        return Place(after=place.after, import_id=imports[0])
    return Place(after=campaign.campaign_id)
