"""Files cut into chunks."""

from collections.abc import Iterator

import pytest

from chalicelibs.domain import chunks
from chalicelibs.domain.chunks import cut
from chalicelibs.domain.csv_rows import LONGEST_LINE, read_blocks
from chalicelibs.domain.imports import Chunk, missing_in
from tests.builders import a_chunk, an_import

ROW = b"+34600000001,Ana\n"


def cut_up(*pieces: bytes) -> list[Chunk]:
    blocks = read_blocks(pieces, encoding="utf-8", delimiter=",", start=10, line=2)
    return list(cut(an_import(), blocks, number=3))


def test_chunks_follow_one_another_to_the_end_of_the_file() -> None:
    content = ROW * 30_000

    found = cut_up(content)

    assert [chunk.number for chunk in found] == [3, 4, 5, 6]
    assert (found[0].start, found[0].line, found[0].done_line) == (10, 2, 1)
    assert [one.start for one in found[1:]] == [one.end for one in found[:-1]]
    assert [one.line for one in found[1:]] == [one.end_line for one in found[:-1]]
    assert (found[-1].end, found[-1].end_line) == (10 + len(content), 30_002)
    assert sum(chunk.rows for chunk in found) == 30_000
    assert all(chunks.CHUNK_ROWS <= chunk.rows <= 10_000 for chunk in found[:-1])


@pytest.mark.parametrize("content", [b"", b"\n\r\n\n"], ids=["nothing", "empty lines"])
def test_a_file_without_rows_has_no_chunks(content: bytes) -> None:
    assert cut_up(content) == []


def test_long_rows_make_chunks_of_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 300_000)

    found = cut_up((b"x," * 10_000 + b"\n") * 100)

    assert sum(chunk.rows for chunk in found) == 100
    assert all(chunk.end - chunk.start < 450_000 for chunk in found)


def test_a_line_that_is_too_long_ends_its_chunk() -> None:
    found = cut_up(ROW + b"x" * (3 * LONGEST_LINE), b"x" * LONGEST_LINE + b"\n" + ROW)

    assert [chunk.rows for chunk in found] == [2, 1]
    assert found[1].start == 10 + len(ROW) + 4 * LONGEST_LINE + 1


def test_memory_does_not_grow_with_the_file() -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield ROW * 60_000

    found = cut(an_import(), read_blocks(endless(), encoding="utf-8", delimiter=","), number=0)

    assert [next(found).number for _ in range(20)] == [*range(20)]


def test_lines_that_are_missing_are_told_together() -> None:
    done = a_chunk(line=2, end_line=102, done=100)
    begun = a_chunk(number=1, line=102, end_line=202, done=50, done_line=151)
    open_ = a_chunk(number=2, line=202, end_line=302, done_line=201)
    dead = a_chunk(number=3, line=302, end_line=402, done_line=301, reason="ValueError: no")

    assert missing_in([done, begun, open_, dead]) == [
        (152, 301, None),
        (302, 401, "ValueError: no"),
    ]
