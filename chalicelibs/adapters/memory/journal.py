"""Decisions in memory."""

from dataclasses import dataclass, field

from chalicelibs.domain.journal import Note


@dataclass(frozen=True, slots=True)
class MemoryJournal:
    """Keeps what was decided, first to last."""

    notes: list[Note] = field(default_factory=list)

    def tell(self, note: Note) -> None:
        """See the port."""
        self.notes.append(note)
