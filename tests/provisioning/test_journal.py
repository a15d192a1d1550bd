"""A journal keeps what it said it wrote, whatever happens to the process."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from didww_async.errors import ConfigurationError
from didww_async.provisioning.journal import Journal


async def written(path: Path, *lines: int) -> Journal:
    journal = await Journal.open(path, "digest")
    for line in lines:
        await journal.write(line=line)
    journal.close()
    return journal


async def test_what_was_written_is_read_again_and_the_id_stays(tmp_path: Path) -> None:
    first = await written(tmp_path / "journal", 1, 2)
    again = await Journal.open(tmp_path / "journal", "digest")
    again.close()
    assert [line["line"] for line in again.lines] == [1, 2]
    assert again.id == first.id


async def test_a_line_that_was_cut_off_by_a_crash_is_gone_and_the_next_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    await written(path, 1, 2)
    path.write_bytes(path.read_bytes()[:-5])
    await written(path, 3)
    last = await Journal.open(path, "digest")
    last.close()
    assert [line["line"] for line in last.lines] == [1, 3]


def test_wherever_a_crash_cuts_the_file_the_whole_lines_before_it_are_kept(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = tmp_path_factory.mktemp("journals") / "journal"
    asyncio.run(written(path, 1, 2, 3))
    whole = path.read_bytes()
    ends = [index + 1 for index, byte in enumerate(whole) if byte == ord("\n")]

    @given(st.integers(0, len(whole)))
    @settings(deadline=None, max_examples=40)
    def cut(length: int) -> None:
        path.write_bytes(whole[:length])
        journal = asyncio.run(Journal.open(path, "digest"))
        journal.close()
        assert [line["line"] for line in journal.lines] == [1, 2, 3][: max(0, sum(end <= length for end in ends) - 1)]

    cut()


async def test_every_line_is_on_the_disk_before_write_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    really = os.fsync

    def fsync(file: int) -> None:
        synced.append(os.fstat(file).st_size)
        really(file)

    journal = await Journal.open(tmp_path / "journal", "digest")
    monkeypatch.setattr(os, "fsync", fsync)
    await journal.write(line=1)
    assert synced == [(tmp_path / "journal").stat().st_size]
    journal.close()


async def test_a_line_that_fits_no_more_on_the_disk_leaves_no_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "journal"
    journal = await Journal.open(path, "digest")
    before = path.read_bytes()
    really = os.write

    def write(file: int, data: bytes) -> int:
        return really(file, data[:7])

    monkeypatch.setattr(os, "write", write)
    with pytest.raises(OSError, match="7 of"):
        await journal.write(line=1)
    journal.close()
    assert path.read_bytes() == before


async def test_two_runs_at_once_with_one_journal_are_refused(tmp_path: Path) -> None:
    journal = await Journal.open(tmp_path / "journal", "digest")
    with pytest.raises(ConfigurationError, match="in use"):
        await Journal.open(tmp_path / "journal", "digest")
    journal.close()


async def test_a_journal_of_other_work_is_refused(tmp_path: Path) -> None:
    await written(tmp_path / "journal")
    with pytest.raises(ConfigurationError, match="another plan"):
        await Journal.open(tmp_path / "journal", "another digest")


@pytest.mark.parametrize("content", ["hello\n", '{"a": 1}\n', "[]\n"])
async def test_a_file_that_is_no_journal_is_refused_and_left_alone(tmp_path: Path, content: str) -> None:
    path = tmp_path / "notes.txt"
    path.write_text(content)
    with pytest.raises(ConfigurationError, match=r"notes\.txt"):
        await Journal.open(path, "digest")
    assert path.read_text() == content


async def test_a_damaged_line_in_the_middle_is_named(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    await written(path, 1, 2)
    path.write_bytes(path.read_bytes().replace(b'{"line":1', b'{"line"!1'))
    with pytest.raises(ConfigurationError, match="line 2"):
        await Journal.open(path, "digest")


async def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="No such file"):
        await Journal.open(tmp_path / "nowhere" / "journal", "digest")


async def test_a_journal_that_is_closed_takes_no_more(tmp_path: Path) -> None:
    journal = await written(tmp_path / "journal", 1)
    with pytest.raises(ConfigurationError, match="closed"):
        await journal.write(line=2)
