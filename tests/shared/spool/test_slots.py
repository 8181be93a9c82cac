"""interfaces.shared.spool.slots: a folder that several processes share."""

import asyncio

import pytest

from interfaces.shared.errors import ConfigError
from interfaces.shared.spool import slots as module
from interfaces.shared.spool.slots import Slots, folders
from interfaces.shared.spool.store import Spool
from tests.http_ws.harness import scene


def slots(folder):
    """Those of a process."""
    return Slots(folder, Spool)


async def put(spool):
    """A message, which is kept."""
    done = asyncio.get_running_loop().create_future()
    assert spool.put(b"head", b"content", done.set_result) and await done


@scene
async def test_each_has_its_own(tmp_path):
    """The first that is free; one that was let go is the next one's."""
    first, second = slots(tmp_path), slots(tmp_path)
    one, two = await first.own(), await second.own()
    assert [spool.segments.folder.name for spool in (one, two)] == ["0", "1"]
    await first.close(one)
    again = await first.own()
    assert again.segments.folder.name == "0"
    await first.close(again)
    await second.close(two)
    assert folders(tmp_path) == [tmp_path / "0", tmp_path / "1"]


@scene
async def test_there_is_an_end(tmp_path, monkeypatch):
    """One line."""
    monkeypatch.setattr(module, "SLOTS", 1)
    one = await slots(tmp_path).own()
    with pytest.raises(ConfigError, match="is used by 1 processes"):
        await slots(tmp_path).own()
    await one.close()


@scene
async def test_what_is_left_is_found_once_it_is_free(tmp_path):
    """Not while its process lives, nor when it has nothing, nor what is ours."""
    first, second = slots(tmp_path), slots(tmp_path)
    one, two = await first.own(), await second.own()
    await put(two)
    assert await first.left() is None
    await second.close(two)
    found = await first.left()
    assert found.segments.folder.name == "1" and len(found) == 1
    assert await first.left() is None
    (kept,) = await found.take(1)
    found.done(kept)
    await first.close(found)
    assert await first.left() is None
    await first.close(one)


@scene
async def test_what_is_to_be_tried_again_is_left_too(tmp_path):
    """In a folder that has nothing else."""
    first = slots(tmp_path)
    one = await first.own()
    (tmp_path / "7" / "again").mkdir(parents=True)
    (tmp_path / "7" / "again" / "x.letter").touch()
    found = await first.left()
    assert found.segments.folder.name == "7"
    await first.close(found)
    await first.close(one)
