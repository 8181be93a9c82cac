"""interfaces.shared.spool.writer: groups, and what cannot be written."""

import asyncio
import errno
from contextlib import asynccontextmanager

import pytest

from interfaces.shared.spool import writer as module
from interfaces.shared.spool.records import DONE, PUT
from interfaces.shared.spool.segments import Segments, Write
from interfaces.shared.spool.writer import Writer
from tests.http_ws.harness import scene


class Disk(Segments):
    """Notes its groups; what is in ``fails`` fails, one after the other."""

    def __init__(self, folder):
        super().__init__(folder)
        self.groups, self.fails = [], []

    def add(self, writes):
        """As usual, unless it fails."""
        self.groups.append([one.number for one in writes])
        if self.fails and self.fails.pop(0):
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().add(writes)


@asynccontextmanager
async def writing(folder):
    """A writer, with its disk."""
    disk = Disk(folder)
    disk.open()
    writer = Writer(disk, asyncio.get_running_loop())
    try:
        yield writer, disk
    finally:
        await writer.close()
        disk.close()


def put(number):
    """A message."""
    return Write(PUT, number, b"body", sync=True, again=False)


def done(number):
    """What became of one."""
    return Write(DONE, number, b"")


async def added(writer, *writes):
    """Add them in one turn; where each is, or None."""
    loop = asyncio.get_running_loop()
    futures = [loop.create_future() for _ in writes]
    for write, future in zip(writes, futures, strict=True):
        writer.add(write, future.set_result)
    return [await future for future in futures]


@scene
async def test_one_turn_is_one_group(tmp_path):
    """In the order in which they were added, and each is told its place."""
    async with writing(tmp_path) as (writer, disk):
        places = await added(writer, put(1), put(2), done(1))
        assert disk.groups == [[1, 2, 1]]
        assert [place.at for place in places] == sorted(place.at for place in places)


@scene
async def test_a_group_has_a_bound(tmp_path, monkeypatch):
    """The others are the next."""
    monkeypatch.setattr(module, "GROUP", 2)
    async with writing(tmp_path) as (writer, disk):
        await added(writer, put(1), put(2), put(3))
        assert disk.groups == [[1, 2], [3]]


@scene
async def test_a_message_that_cannot_be_written_is_told_so(tmp_path, monkeypatch):
    """And what became of others is tried again, in front of all else, until it is written."""
    monkeypatch.setattr(module, "PAUSE", 0.001)
    async with writing(tmp_path) as (writer, disk):
        disk.fails = [True, True, False]
        first, second = await added(writer, put(1), done(7))
        assert first is None and second is not None
        assert disk.groups == [[1, 7], [7], [7]]


@scene
async def test_jobs_come_between_groups(tmp_path):
    """One at a time, with what they return, or what they raised."""
    async with writing(tmp_path) as (writer, disk):
        told = []

        def fails():
            raise OSError(errno.EIO, "broken")

        writer.job(lambda: len(disk.groups), told.append)
        writer.job(fails, told.append)
        await added(writer, put(1))
        assert told[0] == 0 and isinstance(told[1], OSError)
        assert await writer.run(lambda: 5) == 5


@scene
async def test_closing_writes_what_is_left(tmp_path):
    """And gives up what the disk does not take."""
    told = []
    async with writing(tmp_path) as (writer, disk):
        writer.add(put(1), told.append)
    assert disk.groups == [[1]] and told[0] is not None
    async with writing(tmp_path / "other") as (writer, disk):
        disk.fails = [True]
        writer.add(done(1), told.append)
    assert told[1] is None


@scene
async def test_a_mistake_of_ours_is_shown(tmp_path, caplog):
    """With its frames; a disk's is one line."""
    async with writing(tmp_path) as (writer, _):
        told = []
        writer.job(lambda: 1 / 0, told.append)
        await added(writer, put(1))
        assert "ZeroDivisionError" in caplog.text
    with pytest.raises(RuntimeError):
        await writer.run(lambda: 1)
