"""interfaces.shared.spool.store: messages that are put, taken and settled, through restarts and failures."""

import asyncio
import os
import shutil
from collections import Counter
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interfaces.shared.errors import ConfigError
from interfaces.shared.spool import letters, store
from interfaces.shared.spool.records import HEAD, PUT, TOP, mark_of, record
from interfaces.shared.spool.store import Rules, Spool
from tests.http_ws.harness import scene


class Clock:
    """Unix seconds, as a test says."""

    now = 1000.0

    def __call__(self):
        return self.now


@asynccontextmanager
async def opened(folder, *, segment=16 * 2**20, clock=None, **rules):
    """A spool, with what it has counted."""
    counts = Counter()
    spool = Spool(
        Path(folder),
        rules=Rules(**rules),
        clock=clock or Clock(),
        count=lambda name, by: counts.update({name: by}),
    )
    spool.segments.segment = segment
    spool.counts = counts
    await spool.open()
    try:
        yield spool
    finally:
        await spool.close()


async def put(spool, *heads, content=b"", **more):
    """Put one after the other; whether each is kept."""
    loop, found = asyncio.get_running_loop(), []
    for head in heads:
        future = loop.create_future()
        taken = spool.put(head, content, future.set_result, **more)
        found.append(await future if taken else None)
    return found


async def heads(spool, n=99):
    """Take what is there now."""
    kept = await asyncio.wait_for(spool.take(n), 5)
    return kept, [(await spool.load(one)).head for one in kept]


@scene
async def test_what_is_put_is_taken(tmp_path):
    """In its order, with its content and the time; once dealt with it is gone, on the disk too."""
    async with opened(tmp_path) as spool:
        assert await put(spool, b"one", b"two", content=b"text") == [True, True]
        kept, found = await heads(spool)
        assert found == [b"one", b"two"] and (await spool.load(kept[0])).content == b"text"
        assert [(one.attempt, one.put_at) for one in kept] == [(1, 1000.0)] * 2
        for one in kept:
            spool.done(one)
        assert len(spool) == 0 and spool.size == 0
    async with opened(tmp_path) as spool:
        assert len(spool) == 0 and "from before" not in spool.describe()


@scene
async def test_what_is_not_dealt_with_comes_again(tmp_path):
    """After a restart: in its order; what had been begun counts its attempt, what is given back does not."""
    async with opened(tmp_path, at_once=1) as spool:
        await put(spool, b"one", b"two", b"three", content=b"text")
        await spool.take(2)
        shutil.copytree(tmp_path, tmp_path.parent / "killed")
    async with opened(tmp_path) as spool:  # it was closed: all of it was given back
        kept, found = await heads(spool)
        assert found == [b"one", b"two", b"three"] and [one.attempt for one in kept] == [1, 1, 1]
    async with opened(tmp_path.parent / "killed") as spool:
        assert "3 from before" in spool.describe()
        kept, found = await heads(spool)
        assert found == [b"one", b"two", b"three"] and [one.attempt for one in kept] == [2, 2, 1]
        assert (await spool.load(kept[2])).content == b"text"


@scene
async def test_what_may_end_the_process_waits_longer_each_time(tmp_path):
    """After its second death it is not begun at once, so that others are not dragged along."""
    folders = [tmp_path / name for name in "abc"]
    async with opened(folders[0]) as spool:
        await put(spool, b"poison")
        await spool.take(1)
        shutil.copytree(folders[0], folders[1])
    async with opened(folders[1]) as spool:
        (one,) = await spool.take(1)
        assert one.attempt == 2
        shutil.copytree(folders[1], folders[2])
    clock = Clock()
    async with opened(folders[2], clock=clock) as spool:
        await put(spool, b"other")
        assert (await heads(spool))[1] == [b"other"]
        clock.now += 10
        (one,) = await spool.take(1)
        assert one.attempt == 3


@scene
async def test_one_that_ends_the_process_drags_no_others_along(tmp_path):
    """Those that were begun beside it twice are begun one after the other: each has its own attempts."""
    folders = [tmp_path / name for name in "abc"]
    async with opened(folders[0]) as spool:
        await put(spool, b"one", b"poison", b"two")
        await spool.take(3)
        shutil.copytree(folders[0], folders[1])
    async with opened(folders[1]) as spool:
        assert len(await spool.take(9)) == 3
        shutil.copytree(folders[1], folders[2])
    clock = Clock()
    async with opened(folders[2], clock=clock) as spool:
        clock.now += 10
        for left in (3, 2, 1):
            (one,) = await spool.take(9)
            assert (one.attempt, len(spool)) == (3, left)
            spool.done(one)


@scene
async def test_later_is_when_it_is_due(tmp_path):
    """With the note of its owner, and after a restart."""
    clock = Clock()
    async with opened(tmp_path, clock=clock) as spool:
        await put(spool, b"one")
        (one,) = await spool.take(1)
        spool.later(one, 5.0, b"note")
    async with opened(tmp_path, clock=clock) as spool:
        taking = asyncio.ensure_future(spool.take(1))
        await asyncio.sleep(0)
        assert not taking.done()
        taking.cancel()
        await asyncio.wait({taking})
        clock.now += 5
        (one,) = await spool.take(1)
        assert (one.note, one.attempt) == (b"note", 2)


@scene
async def test_a_conversation_keeps_its_order(tmp_path):
    """The second waits for the first, also when both were there before."""
    async with opened(tmp_path) as spool:
        await put(spool, b"one", b"two", conversation="talk")
    async with opened(tmp_path) as spool:
        (one,), found = await heads(spool)
        assert found == [b"one"]
        spool.done(one)
        assert (await heads(spool))[1] == [b"two"]


@scene
async def test_one_fsync_serves_a_group(tmp_path, monkeypatch):
    """What comes in one turn of the loop, and what comes while that is written, are two groups."""
    async with opened(tmp_path) as spool:
        syncs, real = [], os.fdatasync
        monkeypatch.setattr(os, "fdatasync", lambda out: (syncs.append(out), real(out)))
        told = []
        done = asyncio.get_running_loop().create_future()

        def kept(ok):
            told.append(ok)
            if len(told) == 50:  # these come while the first group is being written, at the latest
                for _ in range(50):
                    spool.put(b"again", b"", kept)
            elif len(told) == 100:
                done.set_result(None)

        for _ in range(50):
            spool.put(b"head", b"", kept)
        await done
        assert told == [True] * 100 and len(syncs) == 2


@scene
async def test_there_is_room_for_so_many(tmp_path):
    """Messages and bytes have a bound; beyond nothing is called, and what leaves makes room."""
    async with opened(tmp_path, max_messages=2, max_size=100) as spool:
        assert await put(spool, b"one", b"x" * 98, b"two") == [True, None, True]
        assert await put(spool, b"three") == [None] and spool.counts["spool.refused"] == 2
        (one, _) = await spool.take(2)
        spool.done(one)
        assert await put(spool, b"three") == [True]


@scene
async def test_a_disk_that_is_full(tmp_path, monkeypatch):
    """What could not be written is told so and is not there later; what was done meanwhile is written in the end."""
    monkeypatch.setattr("interfaces.shared.spool.writer.PAUSE", 0.01)
    async with opened(tmp_path) as spool:
        await put(spool, b"one")
        (one,) = await spool.take(1)

        def full(*words):
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patched:
            patched.setattr(os, "pwritev", full)
            spool.done(one)
            assert await put(spool, b"two") == [False]
        assert await put(spool, b"three") == [True]
    async with opened(tmp_path) as spool:
        assert (await heads(spool))[1] == [b"three"]


@scene
async def test_a_full_disk_gets_its_room_back(tmp_path, monkeypatch):
    """What is there is handled although nothing can be written, also what had to wait; then its segments go."""
    monkeypatch.setattr("interfaces.shared.spool.writer.PAUSE", 0.001)
    async with opened(tmp_path, at_once=1) as spool:
        await put(spool, b"one", b"two", b"three")

        def full(*words):
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patched:
            patched.setattr(os, "pwritev", full)
            for name in (b"one", b"two", b"three"):
                (one,), found = await heads(spool, 1)
                assert found == [name]
                spool.done(one)
            while list(tmp_path.glob("0000000001.log")):
                await asyncio.sleep(0)
        assert await put(spool, b"four") == [True]
        assert (await heads(spool))[1] == [b"four"]


@scene
async def test_a_large_content_is_a_file(tmp_path):
    """It is there until the message is dealt with, also after a restart; then it is gone."""
    async with opened(tmp_path) as spool:
        source = os.open(tmp_path, os.O_TMPFILE | os.O_RDWR, 0o600)
        os.write(source, b"large")
        assert await put(spool, b"one", source=source, size=5) == [True]
        os.close(source)
    (tmp_path / "files" / "orphan").touch()
    async with opened(tmp_path) as spool:
        (one,) = await spool.take(1)
        assert spool.path(one).read_bytes() == b"large" and len(list((tmp_path / "files").iterdir())) == 1
        spool.done(one)
    assert list((tmp_path / "files").iterdir()) == []


@scene
async def test_what_is_given_up_can_be_tried_again(tmp_path, monkeypatch):
    """It is a letter with its reason; handed back, it comes as if it were new, and is a letter no more."""
    monkeypatch.setattr(store, "LOOK", 0.01)
    async with opened(tmp_path) as spool:
        await put(spool, b"one", content=b"text", conversation="talk")
        (one,) = await spool.take(1)
        spool.dead(one, "refused")
        while len(spool):
            await asyncio.sleep(0)
        (name,) = letters.names(tmp_path / "dead")
        letter, _ = letters.read(tmp_path / "dead", name)
        assert (letter.reason, letter.head, letter.content, letter.attempts) == (
            "refused",
            b"one",
            b"text",
            1,
        )
        letters.replay(tmp_path, name)
        (one,), found = await heads(spool)
        assert (found, one.attempt, one.conversation) == ([b"one"], 1, "talk")
        while list((tmp_path / "again").iterdir()):
            await asyncio.sleep(0)


@scene
async def test_a_copy_of_what_was_given_up(tmp_path):
    """A part of a message may be, while the rest goes on."""
    async with opened(tmp_path) as spool:
        await put(spool, b"one")
        (one,) = await spool.take(1)
        spool.dead(one, "a part", copy=True)
        while not list(letters.names(tmp_path / "dead")):
            await asyncio.sleep(0)
        assert len(spool) == 1 and spool.held == {one}


@scene
async def test_what_is_settled_twice_counts_once(tmp_path):
    """The first time."""
    async with opened(tmp_path) as spool:
        await put(spool, b"one")
        (one,) = await spool.take(1)
        spool.later(one, 0.0)
        spool.done(one)
        assert len(spool) == 1 and (await heads(spool))[1] == [b"one"]


@scene
async def test_one_that_stays_does_not_hold_the_disk(tmp_path):
    """It is moved, with its attempts and its note, and the segments that it was in front of go."""
    clock = Clock()
    async with opened(tmp_path, segment=2000, clock=clock) as spool:
        await put(spool, b"stays", content=b"y" * 100)
        (stays,) = await spool.take(1)
        spool.later(stays, 500.0, b"note")
        for _ in range(60):
            await put(spool, b"goes", content=b"x" * 500)
            (one,) = await spool.take(1)
            spool.done(one)
        while len(spool.segments.sizes) > 4:
            await asyncio.sleep(0)
        assert 1 not in spool.segments.sizes and stays.place.segment != 1
    async with opened(tmp_path, clock=clock) as spool:
        clock.now += 500
        (stays,), found = await heads(spool)
        assert (found, stays.attempt, stays.note) == ([b"stays"], 2, b"note")
        assert (await spool.load(stays)).content == b"y" * 100


@scene
async def test_segments_go_when_all_is_dealt_with(tmp_path):
    """A start clears away what was left of them."""
    async with opened(tmp_path, segment=500) as spool:
        await put(spool, *(b"%d" % number for number in range(20)), content=b"x" * 100)
        for one in await spool.take(20):
            spool.done(one)
    async with opened(tmp_path) as spool:
        while spool.segments.sizes:
            await asyncio.sleep(0)
    assert list(tmp_path.glob("*.log")) == []


@scene
async def test_a_folder_of_another_is_refused(tmp_path):
    """With the reason, and the first goes on."""
    async with opened(tmp_path) as spool:
        with pytest.raises(ConfigError, match="another server's"):
            async with opened(tmp_path):
                pass
        assert await put(spool, b"one") == [True]


@scene
async def test_damage_is_told_and_the_rest_is_delivered(tmp_path, caplog):
    """What lies behind a wrong byte is found; the segment is kept for somebody to look at."""
    async with opened(tmp_path) as spool:
        await put(spool, b"one", b"two")
        (first, _) = await spool.take(2)
    data = bytearray((tmp_path / "0000000001.log").read_bytes())
    data[first.place.at + 30] ^= 1
    (tmp_path / "0000000001.log").write_bytes(data)
    async with opened(tmp_path) as spool:
        assert (await heads(spool))[1] == [b"two"]
    assert "is damaged" in caplog.text and len(list(tmp_path.glob("*.damaged"))) == 1


@scene
async def test_what_is_damaged_meanwhile_is_given_up(tmp_path):
    """A message that cannot be read any more is a letter that says so."""
    async with opened(tmp_path, at_once=0) as spool:
        await put(spool, b"one")
        (one,) = await spool.take(1)
        os.truncate(spool.segments.path(1), 60)
        with pytest.raises(OSError, match="cannot be read"):
            await spool.load(one)
        spool.dead(one, "damaged")
        while len(spool):
            await asyncio.sleep(0)
        (name,) = letters.names(tmp_path / "dead")
        assert "cannot be read" in letters.read(tmp_path / "dead", name)[0].reason


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["put", "done", "later", "back"]), min_size=1, max_size=12), st.data())
def test_a_crash_at_any_byte_loses_nothing_that_was_told(deeds, choose):
    """Cut the log anywhere behind what fsync has kept, with a part of a record behind: all that was told comes again.

    In its order, once, and no other; what was dealt with may.
    """
    kept, real = {}, os.fdatasync

    def noted(out):
        real(out)
        kept[Path(f"/proc/self/fd/{out}").readlink().name] = os.fstat(out).st_size

    async def main(folder):
        promised, settled = [], set()
        async with opened(folder / "a", segment=300) as spool:
            for number, deed in enumerate(deeds):
                if deed == "put" or not promised:
                    await put(spool, b"%d" % number)
                    promised.append(b"%d" % number)
                    continue
                for one in await spool.take(1) if spool._schedule.ready else []:
                    if deed == "done":
                        settled.add((await spool.load(one)).head)
                        spool.done(one)
                    elif deed == "later":
                        spool.later(one, 0.0)
                    else:
                        spool.give_back(one)
        if {*promised} == settled:
            assert list((folder / "a").glob("*.log")) == []
            return
        path = max((folder / "a").glob("*.log"))
        data = path.read_bytes()
        cut = choose.draw(st.integers(kept.get(path.name, TOP), len(data)))
        torn = record(mark_of(data), PUT, 999, b"torn")[: choose.draw(st.integers(0, HEAD + 3))]
        path.write_bytes(data[:cut] + torn)
        clock = Clock()
        async with opened(folder / "a", clock=clock) as spool:
            found, clock.now = [], clock.now + 10_000
            while spool._schedule.ready or spool._schedule.due() is not None:
                for one in await spool.take(99):
                    found.append((one.number, (await spool.load(one)).head))
                    spool.done(one)
            names = [name for _, name in sorted(found)]
            assert [name for name in names if name not in settled] == [
                name for name in promised if name not in settled
            ]
            assert {*names} <= {*promised} and len(names) == len({*names})

    with TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "fdatasync", noted)
        asyncio.run(main(Path(name)))
