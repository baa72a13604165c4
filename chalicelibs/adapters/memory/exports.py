"""Exports and their files in memory."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import md5
from itertools import count

from chalicelibs.adapters.memory.store import MemoryStore
from chalicelibs.domain.errors import Stale
from chalicelibs.domain.exports import Export, ExportFormat
from chalicelibs.ports.exports import PART_BYTES, Download, UploadGone


class MemoryExports:
    """The twin of the exports in the table."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def add(self, new: Export) -> Export:
        """See the port."""
        with self._store.lock:
            return self._store.exports.setdefault(new.export_id, new)

    def get(self, workspace_id: str, campaign_id: str, export_id: str) -> Export | None:
        """See the port."""
        found = self._store.exports.get(export_id)
        owner = (workspace_id, campaign_id)
        return found if found and (found.workspace_id, found.campaign_id) == owner else None

    def of_campaign(self, workspace_id: str, campaign_id: str) -> Sequence[Export]:
        """See the port."""
        with self._store.lock:
            ids = sorted(self._store.exports, reverse=True)
            found = [self.get(workspace_id, campaign_id, one) for one in ids]
            return [export for export in found if export is not None]

    def save(self, export: Export) -> Export:
        """See the port."""
        with self._store.lock:
            stored = self._store.exports.get(export.export_id)
            if stored is None or stored.version != export.version:
                raise Stale(export.export_id)
            saved = replace(export, version=export.version + 1)
            self._store.exports[export.export_id] = saved
            return saved


@dataclass
class MemoryParts:
    """The twin of the bucket that exports are written to."""

    content_by_key: dict[str, bytes] = field(default_factory=dict)
    parts_by_upload: dict[tuple[str, str], dict[int, bytes]] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def begin(self, key: str, ending: ExportFormat) -> str:
        """See the port."""
        upload = f"{ending}-{next(self.numbers)}"
        self.parts_by_upload[key, upload] = {}
        return upload

    def add(self, key: str, upload: str, number: int, content: bytes) -> str:
        """See the port."""
        self._parts(key, upload)[number] = content
        return tag_of(content)

    def complete(self, key: str, upload: str, parts: Sequence[str]) -> None:
        """See the port."""
        stored = self._parts(key, upload)
        contents = [stored.get(number, b"") for number in range(1, len(parts) + 1)]
        is_small = any(len(content) < PART_BYTES for content in contents[:-1])
        if [tag_of(content) for content in contents] != list(parts) or is_small:
            raise UploadGone(key)
        self.content_by_key[key] = b"".join(contents)
        del self.parts_by_upload[key, upload]

    def is_there(self, key: str) -> bool:
        """See the port."""
        return key in self.content_by_key

    def keep(self, key: str, content: bytes) -> None:
        """See the port."""
        self.content_by_key[key] = content

    def kept(self, key: str) -> bytes:
        """See the port."""
        return self.content_by_key[key]

    def download(self, key: str, *, name: str, now: datetime, valid_for: timedelta) -> Download:
        """See the port; nobody listens at this address."""
        return Download(f"https://memory.invalid/{key}?name={name}", now + valid_for)

    def _parts(self, key: str, upload: str) -> dict[int, bytes]:
        if (key, upload) not in self.parts_by_upload:
            raise UploadGone(key)
        return self.parts_by_upload[key, upload]


def tag_of(content: bytes) -> str:
    """What a part with this content is known by."""
    return f'"{md5(content, usedforsecurity=False).hexdigest()}"'
